//! `cargo learn` without a command: one exercise after the other, checked on every save.

use std::fs;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::process::ExitCode;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Result;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use learn::book::section;
use learn::catalogue::Exercise;
use learn::check::Waiting;
use learn::desk::Desk;
use learn::interruption;
use learn::page::Page;
use learn::sources::may_have_hole;
use learn::state::{Progress, Standing, State};

use super::{list, news, single};

/// How often keys and the file are looked at.
const TICK: Duration = Duration::from_millis(100);

const KEYS: &str = "h hint  s solution  c check  n next  l list  q leave";

/// Goes on where the learner is; without a terminal it says where that is.
pub fn run(desk: &Desk) -> Result<ExitCode> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        where_you_are(desk);
        return Ok(ExitCode::SUCCESS);
    }
    let _raw = Raw::on()?;
    interruption::install();
    Session { desk, page: Page::new().raw() }.run()?;
    Ok(ExitCode::SUCCESS)
}

fn where_you_are(desk: &Desk) {
    let state = desk.state();
    let page = Page::new();
    if let Ok(Some(hunt)) = desk.folder.hunt() {
        page.prose(&format!(
            "A mistake is planted in lesson {0}: `cargo learn bug {0}` says how the hunt stands.",
            hunt.lesson
        ));
    }
    let Some(exercise) = desk.next(&state) else {
        nothing_is_left(page, &state);
        return;
    };
    let standing = state.of(&exercise.id).state;
    let (id, title) = (&exercise.id, &exercise.title);
    if standing == Standing::Open {
        page.prose(&format!("{id} {title} is open in {}.", single::place(exercise)));
        page.prose("`cargo learn check` says how it stands.");
    } else {
        page.prose(&format!("Next is {id} {title}: `cargo learn open {id}`."));
    }
}

fn nothing_is_left(page: Page, state: &State) {
    let passed = |(id, progress): (&String, &Progress)| progress.skipped.then(|| id.clone());
    let passed: Vec<String> = state.exercises.iter().filter_map(passed).collect();
    if passed.is_empty() {
        page.prose("Nothing is left. `cargo learn report` says what you wrote.");
    } else {
        page.prose(&format!(
            "Nothing is left but what you passed over: {}. `cargo learn open {}` goes back.",
            passed.join(", "),
            passed[0]
        ));
    }
}

/// A terminal that hands over every key, given back when this is dropped.
struct Raw;

impl Raw {
    fn on() -> Result<Self> {
        enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
    }
}

/// What a learner asks for.
#[derive(Clone, Copy, PartialEq)]
enum Wish {
    Hint,
    Solution,
    Check,
    Next,
    List,
    Leave,
    Answer,
    Yes,
    Other,
}

/// What to do after an exercise.
enum Then {
    Next,
    Leave,
}

struct Session<'a> {
    desk: &'a Desk,
    page: Page,
}

impl Session<'_> {
    fn run(&self) -> Result<()> {
        loop {
            let state = self.desk.state();
            let Some(exercise) = self.desk.next(&state) else {
                nothing_is_left(self.page, &state);
                return Ok(());
            };
            if let Then::Leave = self.work_on(exercise, &state)? {
                self.page.prose("`cargo learn` goes on here.");
                return Ok(());
            }
        }
    }

    fn work_on(&self, exercise: &Exercise, state: &State) -> Result<Then> {
        let page = self.page;
        page.gap();
        let section = section(&self.desk.catalogue, exercise);
        page.task(exercise, &self.desk.source(exercise)?, section.as_deref());
        page.gap();
        let build = Build::begin(exercise);
        if !state.of(&exercise.id).asked && !self.ask(exercise)? {
            return Ok(Then::Leave);
        }
        let opened = self.desk.open(exercise)?;
        page.prose(&single::said(self.desk, exercise, opened)?);
        page.prose("The check runs on every save.");
        page.aside(KEYS);
        self.watch(exercise, build)
    }

    /// The question before, and its answer after a key; false where the learner leaves.
    fn ask(&self, exercise: &Exercise) -> Result<bool> {
        let page = self.page;
        page.title("Before you write:");
        page.prose(&exercise.before.question);
        page.aside("Say your answer, then press Enter.");
        loop {
            match self.wish()? {
                Some(Wish::Answer) => break,
                Some(Wish::Leave) => return Ok(false),
                _ => {}
            }
        }
        page.indented("  ", &exercise.before.answer);
        page.gap();
        self.desk.change(&exercise.id, |progress| progress.asked = true)?;
        Ok(true)
    }

    /// Checks on every save until the learner goes on or leaves.
    fn watch(&self, exercise: &Exercise, mut build: Build) -> Result<Then> {
        let path = exercise.source(&self.desk.catalogue.root);
        // What stood there before is checked at once, unless it is the hole.
        let mut checked = Vec::new();
        if may_have_hole(&self.desk.catalogue.root, exercise) {
            checked = fs::read(&path).unwrap_or_default();
        }
        let mut answer_is_due = false;
        loop {
            build.tell_when_done(self.page);
            let wish = self.wish()?;
            // An editor that saves by renaming leaves no file for a moment.
            let saved = fs::read(&path).ok().filter(|text| *text != checked);
            if saved.is_some() || wish == Some(Wish::Check) {
                if let Some(text) = saved {
                    checked = text;
                }
                match self.check(exercise, &mut checked) {
                    Ok(Checked::Right) => answer_is_due = true,
                    Ok(Checked::NotRight) => {}
                    Ok(Checked::Leave) => return Ok(Then::Leave),
                    Err(error) => self.page.prose(&format!("error: {error:#}")),
                }
                continue;
            }
            let done = match wish {
                Some(Wish::Hint) => self.hint(exercise),
                Some(Wish::Solution) => self.solution(exercise),
                _ => Ok(()),
            };
            if let Err(error) = done {
                self.page.prose(&format!("error: {error:#}"));
            }
            match wish {
                Some(Wish::List) => self.list(),
                Some(Wish::Leave) => return Ok(Then::Leave),
                Some(Wish::Answer) if answer_is_due => {
                    self.page.indented("  ", &exercise.after.answer);
                    self.page.aside(KEYS);
                    answer_is_due = false;
                }
                Some(Wish::Next) => {
                    if self.desk.state().of(&exercise.id).state == Standing::Open {
                        if !self
                            .agrees("It is not solved yet. Pass it over? y, or any other key")?
                        {
                            continue;
                        }
                        if let Err(error) = self.desk.skip(exercise) {
                            self.page.prose(&format!("error: {error:#}"));
                            continue;
                        }
                        self.page.prose("Passed over; what you wrote is kept.");
                    }
                    return Ok(Then::Next);
                }
                _ => {}
            }
        }
    }

    fn check(&self, exercise: &Exercise, checked: &mut Vec<u8>) -> Result<Checked> {
        let path = exercise.source(&self.desk.catalogue.root);
        loop {
            let mut during = During { session: self, path: &path, checked, wish: None };
            self.page.status("checking");
            let verdict = self.desk.check(exercise, &mut during);
            let wish = during.wish;
            self.page.status("");
            let Some(verdict) = verdict? else {
                if wish == Some(Wish::Leave) {
                    return Ok(Checked::Leave);
                }
                // Saved again meanwhile: what was being checked is old.
                *checked = fs::read(&path).unwrap_or_default();
                continue;
            };
            self.page.gap();
            self.page.verdict(&verdict);
            if !verdict.is_right() {
                return Ok(Checked::NotRight);
            }
            self.page.gap();
            self.page.title("Now that it is right:");
            self.page.prose(&exercise.after.question);
            self.page.aside("Say your answer, then press Enter. n goes on to the next.");
            return Ok(Checked::Right);
        }
    }

    fn hint(&self, exercise: &Exercise) -> Result<()> {
        self.page.prose(&single::next_hint(self.desk, exercise)?);
        Ok(())
    }

    fn solution(&self, exercise: &Exercise) -> Result<()> {
        let open = self.desk.state().of(&exercise.id).state == Standing::Open;
        if open && !self.agrees("It is not solved yet. See the solution? y, or any other key")? {
            return Ok(());
        }
        single::show_solution(self.page, self.desk, exercise)
    }

    /// Whether the learner presses y.
    fn agrees(&self, question: &str) -> Result<bool> {
        self.page.prose(question);
        loop {
            if let Some(wish) = self.wish()? {
                return Ok(wish == Wish::Yes);
            }
        }
    }

    fn list(&self) {
        let state = self.desk.state();
        let all: Vec<&Exercise> = match state.path {
            Some(choice) => self.desk.catalogue.on(choice),
            None => self.desk.catalogue.exercises.iter().collect(),
        };
        list::print(self.page, &state, &all);
    }

    /// The key that comes within a tick.
    fn wish(&self) -> Result<Option<Wish>> {
        // A terminal that was closed is none any more.
        if interruption::came() || !stdin().is_terminal() {
            return Ok(Some(Wish::Leave));
        }
        if !event::poll(TICK)? {
            return Ok(None);
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => Ok(Some(wish(key))),
            _ => Ok(None),
        }
    }
}

fn wish(key: KeyEvent) -> Wish {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'd') if control => Wish::Leave,
        // Enter, pressed before the terminal handed over every key.
        KeyCode::Char('j') if control => Wish::Answer,
        KeyCode::Char('h') => Wish::Hint,
        KeyCode::Char('s') => Wish::Solution,
        KeyCode::Char('c') => Wish::Check,
        KeyCode::Char('n') => Wish::Next,
        KeyCode::Char('l') => Wish::List,
        KeyCode::Char('q') => Wish::Leave,
        KeyCode::Char('y') => Wish::Yes,
        KeyCode::Enter => Wish::Answer,
        _ => Wish::Other,
    }
}

enum Checked {
    Right,
    NotRight,
    Leave,
}

/// While a check runs: keys are read, and another save ends it.
struct During<'a> {
    session: &'a Session<'a>,
    path: &'a std::path::Path,
    checked: &'a [u8],
    wish: Option<Wish>,
}

impl Waiting for During<'_> {
    fn hears(&mut self, line: &str) {
        if let Some(news) = news(line) {
            self.session.page.status(&news);
        }
    }

    fn goes_on(&mut self) -> bool {
        if interruption::came() || !stdin().is_terminal() {
            self.wish = Some(Wish::Leave);
        } else if event::poll(Duration::ZERO).unwrap_or(false)
            && let Ok(Event::Key(key)) = event::read()
            && wish(key) == Wish::Leave
        {
            self.wish = Some(Wish::Leave);
        }
        let saved = fs::read(self.path).is_ok_and(|text| text != self.checked);
        self.wish != Some(Wish::Leave) && !saved
    }
}

/// The lesson's tests, built while the task is read.
struct Build {
    thread: Option<JoinHandle<()>>,
}

impl Build {
    fn begin(exercise: &Exercise) -> Self {
        let exercise = exercise.clone();
        let thread = thread::spawn(move || {
            // What goes wrong is said by the first check.
            if let Ok(desk) = Desk::here() {
                let _ = desk.build(&exercise, &mut Status);
            }
        });
        Self { thread: Some(thread) }
    }

    fn tell_when_done(&mut self, page: Page) {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            self.thread = None;
            page.status("");
        }
    }
}

/// Says what is built in the terminal's last line.
struct Status;

impl Waiting for Status {
    fn hears(&mut self, line: &str) {
        if let Some(news) = news(line) {
            Page::new().status(&news);
        }
    }

    fn goes_on(&mut self) -> bool {
        let _ = stdout().flush();
        true
    }
}

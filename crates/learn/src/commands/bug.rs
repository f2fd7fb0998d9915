//! `bug`: a mistake is planted, and hunted.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Result, bail};
use learn::catalogue::Bug;
use learn::desk::Desk;
use learn::page::Page;
use learn::sources::{self, Mistake};
use learn::state::{Hunt, Standing};

use super::OnStandardError;

/// Plants a mistake, or says how the hunt stands.
pub fn run(desk: &Desk, lesson: &str, give_up: bool) -> Result<ExitCode> {
    let lesson = format!("{lesson:0>2}");
    let lock = desk.folder.lock()?;
    match desk.folder.hunt()? {
        None if give_up => bail!("no mistake is planted: `cargo learn bug {lesson}` plants one"),
        None => plant(desk, &lesson),
        Some(hunt) if hunt.lesson != lesson => bail!(
            "a mistake is planted in lesson {0} already: find it first, or `cargo learn bug {0} \
             --give-up`",
            hunt.lesson
        ),
        Some(hunt) if give_up => {
            end(desk, &hunt)?;
            Page::new().prose("What stood there before stands there again.");
            Ok(ExitCode::SUCCESS)
        }
        Some(hunt) => {
            drop(lock); // which the check takes
            look(desk, &hunt)
        }
    }
}

/// Plants a mistake. The caller holds the lock.
fn plant(desk: &Desk, lesson: &str) -> Result<ExitCode> {
    let state = desk.state();
    let (mut bugs, mut fresh) = (Vec::new(), Vec::new());
    for bug in &desk.catalogue.bugs {
        if desk.catalogue.find(&bug.exercise)?.number() != lesson {
            continue;
        }
        if state.of(&bug.exercise).state == Standing::Open {
            bail!("{} is open: finish it, or `cargo learn reset {}`", bug.exercise, bug.exercise);
        }
        bugs.push(bug);
        let theirs = state.of(&bug.exercise).state == Standing::Solved;
        if !theirs && !state.found.contains(bug) {
            fresh.push(bug);
        }
    }
    // Those that were found, and functions that the learner knows, come when no other is left.
    let choice = if fresh.is_empty() { &bugs } else { &fresh };
    if choice.is_empty() {
        bail!("lesson {lesson} has no mistakes to plant: `cargo learn list` has the lessons");
    }
    let bug = choice[by_the_clock(choice.len())];
    let exercise = desk.catalogue.find(&bug.exercise)?;
    let mistake = mistake(desk, bug)?;
    let mut source = desk.source(exercise)?;
    let ours = desk.ours(exercise, &source)?; // kept before anything else stands there
    let solved = state.of(&exercise.id).state == Standing::Solved;
    let body = if solved { source.body().to_string() } else { ours };
    if source.body() != body {
        desk.folder.keep_attempt(&exercise.id, source.body())?;
    }
    desk.folder.begin_hunt(&Hunt { bug: bug.clone(), lesson: lesson.to_string(), body })?;
    if let Err(error) = source.put(&mistake.body) {
        desk.folder.end_hunt()?;
        return Err(error);
    }
    let page = Page::new();
    page.title(&format!("A mistake is planted in lesson {lesson}."));
    page.prose(&bug.symptom);
    page.gap();
    page.prose(&format!(
        "`cargo test -p lesson-{lesson}` shows what it breaks; the chapter's \"What goes wrong in \
         practice\" tells of its kind. Mend it in the source, without git's help, and call `cargo \
         learn bug {lesson}` again."
    ));
    Ok(ExitCode::SUCCESS)
}

/// One of so many numbers that nobody can foresee.
fn by_the_clock(choices: usize) -> usize {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    time.subsec_micros() as usize % choices
}

/// Checks the function that the mistake was planted in, without saying which it is as long as it
/// is wrong.
fn look(desk: &Desk, hunt: &Hunt) -> Result<ExitCode> {
    let exercise = desk.catalogue.find(&hunt.bug.exercise)?;
    let mut waiting = OnStandardError::new();
    let verdict = desk.check(exercise, &mut waiting)?;
    waiting.clear();
    let page = Page::new();
    match verdict {
        None => eprintln!("interrupted: nothing was changed"),
        Some(verdict) if verdict.is_right() => {
            let _lock = desk.folder.lock()?;
            if desk.folder.hunt()?.is_none() {
                bail!("the hunt was ended meanwhile");
            }
            page.title("Found.");
            end(desk, hunt)?;
            page.prose("What stood there before stands there again; your mend is kept in .learn/.");
            let mut state = desk.state();
            if !state.found.contains(&hunt.bug) {
                state.found.push(hunt.bug.clone());
            }
            desk.folder.keep(&state)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(verdict) if verdict.verdict == "does not compile" => page.verdict(&verdict),
        Some(_) => {
            page.prose(&format!("It is still there. {}", hunt.bug.symptom));
            page.prose(&format!(
                "`cargo test -p lesson-{0}` shows what it breaks; `cargo learn bug {0} --give-up` \
                 says what it is.",
                hunt.lesson
            ));
        }
    }
    Ok(ExitCode::FAILURE)
}

/// Puts back what stood there, and says what the mistake was. The caller holds the lock.
fn end(desk: &Desk, hunt: &Hunt) -> Result<()> {
    let exercise = desk.catalogue.find(&hunt.bug.exercise)?;
    let mistake = mistake(desk, &hunt.bug)?;
    let mut source = desk.source(exercise)?;
    if source.body() != hunt.body && source.body() != mistake.body {
        desk.folder.keep_attempt(&exercise.id, source.body())?;
    }
    source.put(&hunt.body)?;
    desk.folder.end_hunt()?;
    let page = Page::new();
    page.prose(&format!("It was in `{}`: {}.", exercise.item, mistake.phrase()));
    page.prose(&mistake.about);
    Ok(())
}

fn mistake(desk: &Desk, bug: &Bug) -> Result<Mistake> {
    let exercise = desk.catalogue.find(&bug.exercise)?;
    Mistake::find(sources::mistakes(&desk.catalogue.root, exercise)?, &bug.mistake)
}

//! In a terminal: keys, saves, resizes, Ctrl-C.

use std::fs;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty};

use crate::toy::Toy;

/// How long something may take to appear: a cold build of the toy on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// `cargo learn` in a terminal of 60 columns.
struct Terminal {
    pty: Arc<Pty>,
    child: std::process::Child,
    screen: Arc<Mutex<String>>,
    seen: usize,
}

impl Terminal {
    fn start(toy: &Toy, extra: &[(&str, &str)]) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(24, 60)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_learn"));
        command = command.current_dir(toy.root()).env("TERM", "xterm-256color");
        command = command.envs(toy.environment()).envs(extra.iter().copied());
        let child = command.spawn(pts).unwrap();
        let (pty, screen) = (Arc::new(pty), Arc::new(Mutex::new(String::new())));
        let (reader, written) = (pty.clone(), screen.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It fails when the program has ended.
            while let Ok(count @ 1..) = (&*reader).read(&mut bytes) {
                written.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { pty, child, screen, seen: 0 }
    }

    fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
    }

    /// Resizes the window, and lets the program hear of it: crossterm drops a key that comes in the
    /// same moment, until the next one.
    fn resize(&self, size: Size) {
        self.pty.resize(size).unwrap();
        thread::sleep(Duration::from_millis(200));
    }

    /// Waits for words that appear after all that was waited for before.
    #[track_caller]
    fn expect(&mut self, words: &str) {
        let began = Instant::now();
        loop {
            let screen = self.screen.lock().unwrap().clone();
            if let Some(at) = screen[self.seen..].find(words) {
                self.seen += at + words.len();
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{words:?} does not appear in\n{screen}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn ends(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().clone()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_asks_opens_checks_on_every_save_and_goes_on() {
    let toy = Toy::new();
    let mut terminal = Terminal::start(&toy, &[]);
    terminal.expect("01.1 Number 1");
    terminal.expect("What is 2 times 3?");
    assert!(!toy.text().contains("todo!"), "the hole is opened after the question");
    terminal.press("\r");
    terminal.expect("It is six.");
    terminal.expect("lessons/01-toy/src/lib.rs:4");
    terminal.expect("h hint");
    assert!(toy.text().contains("todo!(\"01.1\")"));
    terminal.press("h");
    terminal.expect("1 of 3: first nudge");

    toy.edit("todo!(\"01.1\")", "x + 2");
    terminal.expect("01.1 is wrong");
    // An editor that writes a new file and renames it.
    let aside = toy.source().with_extension("swp");
    fs::write(&aside, toy.text().replace("x + 2", "x + x")).unwrap();
    fs::rename(&aside, toy.source()).unwrap();
    terminal.expect("01.1 is right");
    terminal.expect("Why twice?");
    terminal.press("\r");
    terminal.expect("Because of two.");
    terminal.resize(Size::new(40, 100));
    terminal.press("l");
    terminal.expect("2 of 3 left");
    terminal.press("n");
    terminal.expect("01.2 Number 2");
    terminal.press("q");
    terminal.expect("goes on here");
    assert_eq!(terminal.ends(), Some(0));
    assert_eq!((toy.state("01.1").as_str(), toy.state("01.2").as_str()), ("solved", "todo"));
}

#[test]
fn ctrl_c_in_the_middle_of_a_check_leaves_at_once_and_loses_nothing() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.learn(&["check"]);
    let mut terminal = Terminal::start(&toy, &[("TOY_SLEEPS", "30")]);
    terminal.press("\r");
    terminal.expect("h hint");
    toy.edit("todo!(\"01.1\")", "x + 5");
    terminal.expect("checking");
    thread::sleep(Duration::from_millis(1500));
    let pressed = Instant::now();
    terminal.press("\x03");
    assert_eq!(terminal.ends(), Some(0));
    assert!(pressed.elapsed() < Duration::from_secs(5), "{:?}", pressed.elapsed());
    assert!(toy.text().contains("x + 5"));
    assert_eq!(toy.state("01.1"), "open");
}

#[test]
fn a_save_during_a_check_begins_it_anew() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.learn(&["check"]);
    let mut terminal = Terminal::start(&toy, &[("TOY_SLEEPS", "3")]);
    terminal.press("\r");
    terminal.expect("h hint");
    toy.edit("todo!(\"01.1\")", "x + 2");
    terminal.expect("checking");
    thread::sleep(Duration::from_millis(500));
    toy.edit("x + 2", "x + x");
    terminal.expect("01.1 is right");
    assert!(!terminal.text().contains("01.1 is wrong"), "{}", terminal.text());
}

#[test]
fn sixty_columns_and_no_colour_are_kept() {
    let toy = Toy::new();
    let mut terminal = Terminal::start(&toy, &[("NO_COLOR", "1")]);
    terminal.expect("What is 2 times 3?");
    terminal.press("\r");
    terminal.expect("h hint");
    toy.edit("todo!(\"01.1\")", "y");
    terminal.expect("does not compile");
    terminal.expect("cannot find value");
    terminal.press("q");
    terminal.ends();
    let text = terminal.text().replace("\r\x1b[K", "\n");
    assert!(!text.contains('\x1b'), "{text:?}");
    // The compiler's own lines are as wide as it makes them.
    let ours = text.split("does not compile").next().unwrap();
    for line in ours.lines() {
        assert!(line.trim_end().chars().count() <= 60, "{line:?}");
    }
}

#[test]
fn a_second_one_beside_it_is_no_harm() {
    let toy = Toy::new();
    let mut terminal = Terminal::start(&toy, &[]);
    terminal.press("\r");
    terminal.expect("h hint");
    let said = toy.learn(&["check"]);
    assert!(said.out.contains("01.1 is not begun"), "{said:?}");
    toy.edit("todo!(\"01.1\")", "x + x");
    assert_eq!(toy.verdict("01.1")["verdict"], "right");
    terminal.expect("01.1 is right");
    terminal.press("q");
    assert_eq!(terminal.ends(), Some(0));
}

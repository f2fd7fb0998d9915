//! A file a command, or a few that belong together.

pub mod book;
pub mod bug;
pub mod list;
pub mod prove;
pub mod report;
pub mod single;
pub mod watch;

use std::io::{IsTerminal, Write, stderr};

use learn::check::Waiting;
use learn::interruption;

/// What cargo says while somebody waits, in one line that is written over; Ctrl-C ends it.
pub struct OnStandardError {
    shown: bool,
}

impl OnStandardError {
    pub fn new() -> Self {
        interruption::install();
        Self { shown: false }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
            self.shown = false;
        }
    }
}

impl Waiting for OnStandardError {
    fn hears(&mut self, line: &str) {
        let Some(news) = news(line) else { return };
        if stderr().is_terminal() {
            let _ = write!(stderr(), "\r\x1b[K{news}");
            self.shown = true;
        } else if is_waiting(line) {
            eprintln!("{news}");
        }
    }

    fn goes_on(&mut self) -> bool {
        !interruption::came()
    }
}

/// What a line of cargo's tells a learner, short enough for one line of a terminal.
pub fn news(line: &str) -> Option<String> {
    if is_waiting(line) {
        return Some("waiting: another cargo builds here, often the editor's".into());
    }
    let line = line.trim();
    let line = line.strip_prefix("Compiling ").or_else(|| line.strip_prefix("Downloaded "))?;
    let package = line.split(' ').next().unwrap_or_default();
    Some(format!("building: {package}"))
}

/// Whether cargo waits for another's build. The lock of its packages is held for a moment only.
fn is_waiting(line: &str) -> bool {
    line.contains("waiting for file lock") && !line.contains("package cache")
}

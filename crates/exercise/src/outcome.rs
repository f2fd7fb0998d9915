//! What becomes of a function that is asked.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use guard::Panic;

use crate::Probe;
use crate::answer::Answer;

/// How long a function may take over one probe.
pub const LONGEST: Duration = Duration::from_secs(10);

/// How the message of `todo!("08.1")` begins.
const HOLE: &str = "not yet implemented: ";

/// What became of a function on one probe.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Answered(Answer),
    /// It panicked, with these words.
    Panicked(String),
    /// It came upon the hole of the exercise with this number.
    NotBegun(String),
    TooSlow,
}

impl Outcome {
    /// Whether both answered alike; two panics are alike whatever they say.
    pub(crate) fn same(&self, other: &Self, tolerance: f64) -> bool {
        match (self, other) {
            (Self::Answered(answer), Self::Answered(other)) => answer.same(other, tolerance),
            (Self::Panicked(_), Self::Panicked(_)) => true,
            _ => false,
        }
    }
}

/// The words of a panic, and where it stood if that is in the course: cargo gives the files of the
/// workspace relative paths, and those of libraries absolute ones.
fn told(panic: Panic) -> String {
    if panic.place.starts_with('/') {
        return panic.words;
    }
    format!("{} ({})", panic.words, panic.place)
}

/// Asks `function`, plain (`kernels::plain`), on a thread of its own. One that does not come back
/// in time ends with the process.
pub(crate) fn of<F: Copy + Send + 'static>(
    probe: &Probe<F>,
    function: F,
    longest: Duration,
) -> Outcome {
    let ask = probe.ask.clone();
    let (answers, answer) = mpsc::channel();
    thread::spawn(move || {
        let _plain = kernels::plain_here();
        // Nobody listens any more where it took too long.
        let _ = answers.send(guard::caught(|| ask(function)));
    });
    match answer.recv_timeout(longest) {
        Ok(Ok(answer)) => Outcome::Answered(answer),
        Ok(Err(panic)) => match panic.message.strip_prefix(HOLE) {
            Some(hole) => Outcome::NotBegun(hole.to_string()),
            None => Outcome::Panicked(told(panic)),
        },
        Err(_) => Outcome::TooSlow,
    }
}

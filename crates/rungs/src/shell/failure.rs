//! How a command says that it failed: one line of error, at most one of help.

use std::fmt::{Display, Formatter, Result};
use std::io;

use data::DataError;

/// An error with its remedy on a line of its own.
#[derive(Debug)]
pub struct Helpful {
    /// Error: what was expected and what was found.
    pub error: String,
    /// Remedy: what to do about it.
    pub help: String,
}

impl Display for Helpful {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.error)
    }
}

impl std::error::Error for Helpful {}

/// Says an error as `error: ...`, with its remedy as `help: ...` where it has one.
pub fn say(error: &anyhow::Error) {
    note!("error: {}", printable(&error.to_string()));
    if let Some(Helpful { help, .. }) = error.downcast_ref() {
        note!("help: {}", printable(help));
    } else if let Some(help) = error.downcast_ref().and_then(DataError::help) {
        note!("help: {}", printable(&help));
    }
}

/// Returns `text` without line breaks or anything else that could steer a terminal.
pub fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Whether the reader of standard output went away, as `head` does.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

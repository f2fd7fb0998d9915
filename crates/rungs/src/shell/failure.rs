//! How a command says that it failed: one line of error, at most one of help.

use std::fmt::{Display, Formatter, Result};
use std::io::{self, Write};

use clap::builder::Styles;
use clap::builder::styling::Style;
use data::DataError;

use crate::shell::progress;

/// Where standard input lies, for what is read by its path.
pub const STANDARD_INPUT: &str = "/dev/stdin";

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
    let styles = Styles::styled();
    // what is read by its path is named by it
    let said = error.to_string().replace(STANDARD_INPUT, "standard input");
    say_line("error:", styles.get_error(), &said);
    if let Some(Helpful { help, .. }) = error.downcast_ref() {
        say_line("help:", styles.get_valid(), help);
    } else if let Some(help) = error.downcast_ref().and_then(DataError::help) {
        say_line("help:", styles.get_valid(), &help);
    }
}

/// Prints a line on standard error, above all bars, its first word as clap colours its own: on a
/// terminal that shows colours, and not where `NO_COLOR` is set.
fn say_line(word: &str, style: &Style, text: &str) {
    let line = progress::folded(&format!("{word} {}", printable(text)));
    let text = &line[word.len()..];
    let print = || writeln!(anstream::stderr().lock(), "{style}{word}{style:#}{text}");
    let _ = progress::above(print); // where it cannot be printed, the exit code says it
}

/// Returns `text` without line breaks or anything else that could steer a terminal.
pub fn printable(text: &str) -> String {
    text.replace(files::steers_terminal, " ")
}

/// Whether the reader of standard output went away, as `head` does.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

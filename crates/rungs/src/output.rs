//! How the commands speak.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::cli::Format;

/// An error with its remedy on a line of its own.
#[derive(Debug)]
pub struct Helpful {
    /// What is wrong.
    pub error: String,
    /// What to do.
    pub help: String,
}

impl Display for Helpful {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

impl std::error::Error for Helpful {}

/// `text` without line breaks or anything that could steer a terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Whether the reader of standard output went away, as `head` does.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints one line of results.
pub fn line(text: impl Display) -> Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Prints rows: as `text` for people, as one JSON array, or as one JSON object a line.
pub fn rows<T: Serialize>(format: Format, rows: &[T], text: impl FnOnce() -> String) -> Result<()> {
    match format {
        Format::Text => write!(io::stdout().lock(), "{}", text())?,
        Format::Json => line(serde_json::to_string_pretty(rows)?)?,
        Format::Jsonl => rows.iter().try_for_each(|row| line(serde_json::to_string(row)?))?,
    }
    Ok(())
}

/// Prints one result: as `text` for people, or as one JSON object.
pub fn object<T: Serialize>(format: Format, value: &T, text: impl FnOnce() -> String) -> Result<()> {
    match format {
        Format::Text => write!(io::stdout().lock(), "{}", text())?,
        Format::Json | Format::Jsonl => line(serde_json::to_string(value)?)?,
    }
    Ok(())
}

/// A bar for work of known length on standard error, drawn once it has lasted a second; nothing where standard error
/// is no terminal.
pub fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("templates are written in this crate");
    progress(ProgressBar::with_draw_target(Some(length), target()).with_style(style))
}

/// A spinner for work of unknown length, on the same terms.
pub fn spinner(message: String) -> ProgressBar {
    progress(ProgressBar::with_draw_target(None, target()).with_message(message))
}

fn target() -> ProgressDrawTarget {
    // Results that are piped may share the terminal with the bar: draw none then.
    if io::stdout().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}

fn progress(bar: ProgressBar) -> ProgressBar {
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

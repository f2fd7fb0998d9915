//! How the commands speak.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use course::Figure;
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

/// Writes a file aside and renames it, so that a kill leaves the old file or the new one.
pub fn aside<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let expected = || format!("{}: expected a file to write", path.display());
    files::aside(path, |part| {
        let mut file = BufWriter::new(File::create(part).with_context(expected)?);
        let written = write(&mut file)?;
        file.flush().with_context(expected)?;
        Ok(written)
    })
}

/// Writes a text aside and renames it.
pub fn text(path: &Path, text: &str) -> Result<()> {
    aside(path, |file| Ok(file.write_all(text.as_bytes())?))
}

/// Writes a figure's data and the drawing of them into `folder`: NAME.json, NAME.svg.
pub fn figure(folder: &Path, figure: &Figure) -> Result<()> {
    let data = serde_json::to_string_pretty(figure)?;
    let path = |extension: &str| folder.join(format!("{}.{extension}", figure.name));
    text(&path("json"), &format!("{data}\n"))?;
    // Drawn from what was written: the last bit of a number may get lost on the way into JSON and back.
    text(&path("svg"), &figures::svg(&serde_json::from_str(&data)?))
}

/// Makes a folder to write into, if it is not there.
pub fn folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("{}: expected a folder to write into", folder.display()))
}

/// Refuses a path to write to that lies in no folder, before work is done for it.
pub fn check_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
        bail!(
            "{}: expected a file in a folder that exists; create the folder or name another",
            path.display()
        );
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

//! Results on standard output, and files that a command writes.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Error, Result, anyhow};
use course::{Figure, Table};
use serde::Serialize;
use terminal_size::{Width, terminal_size_of};

use crate::shell::failure::Helpful;
use crate::shell::options::Format;
use crate::shell::progress;

/// Prints one line of results, above all bars where both are on a terminal.
pub fn line(text: impl Display) -> Result<()> {
    print(format_args!("{text}\n"))
}

/// Prints whole lines of results.
fn print(lines: impl Display) -> Result<()> {
    let print = || write!(io::stdout().lock(), "{lines}");
    written(if io::stdout().is_terminal() { progress::above(print) } else { print() })
}

/// Prints a text as lines of results. What a model writes in it cannot steer a terminal.
pub fn lines(text: &str) -> Result<()> {
    if io::stdout().is_terminal() { line(files::for_terminal(text)) } else { line(text) }
}

/// What became of results on their way to standard output. A reader that went away is no failure of
/// the command's.
fn written(outcome: io::Result<()>) -> Result<()> {
    outcome.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => error.into(),
        _ => anyhow!(
            "standard output: expected room for the results: {error}; free some space, or send \
                them elsewhere"
        ),
    })
}

/// Prints one value as a JSON line of its own.
pub fn json_line(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string(value)?)
}

/// Prints a piece of text at once, with no line end of its own. What a model writes cannot steer a
/// terminal; anywhere else it is printed as it is.
pub fn piece(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() { &files::for_terminal(text) } else { text };
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints a text for people: what a file says in it cannot steer the terminal.
fn text(for_people: &str) -> Result<()> {
    print(files::for_terminal(for_people))
}

/// Columns of the terminal that standard output goes to, if it goes to one.
pub fn columns() -> Option<usize> {
    let (Width(columns), _) = terminal_size_of(io::stdout())?;
    Some(columns.into())
}

/// A table for people, which fits the terminal if it goes to one.
pub fn fitted(table: &Table) -> String {
    match columns() {
        Some(columns) => table.fitted(columns),
        None => table.to_string(),
    }
}

/// Prints rows: as the text `for_people`, as one JSON array, or as one JSON object per line.
pub fn rows<T: Serialize>(
    format: Format,
    rows: &[T],
    for_people: impl FnOnce() -> String,
) -> Result<()> {
    match format {
        Format::Text => text(&for_people())?,
        Format::Json => line(serde_json::to_string_pretty(rows)?)?,
        Format::Jsonl => {
            for row in rows {
                json_line(row)?;
            }
        }
    }
    Ok(())
}

/// Prints one result: as the text `for_people`, or as one JSON object.
pub fn object<T: Serialize>(
    format: Format,
    value: &T,
    for_people: impl FnOnce() -> String,
) -> Result<()> {
    match format {
        Format::Text => text(&for_people())?,
        Format::Json | Format::Jsonl => json_line(value)?,
    }
    Ok(())
}

/// Whether a place to write to is standard output.
pub fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Returns what messages call a place to write to.
pub fn name(out: &Path) -> String {
    if is_stdout(out) { "standard output".into() } else { out.display().to_string() }
}

/// Says what was written to `out`: on standard error where that is standard output.
pub fn summary<T: Serialize>(
    out: &Path,
    format: Format,
    value: &T,
    for_people: impl FnOnce() -> String,
) -> Result<()> {
    if is_stdout(out) {
        note!("{}", for_people().trim_end());
        return Ok(());
    }
    object(format, value, for_people)
}

/// Runs another program to its end, without its standard output: only results go there.
pub fn quiet(program: &mut Command) -> io::Result<ExitStatus> {
    program.stdout(Stdio::null()).status()
}

/// Opens a page in the browser, which this does not wait for.
///
/// # Errors
///
/// A browser that cannot be started.
pub fn open_in_browser(page: &Path) -> Result<()> {
    opener::open_browser(page).map_err(|error| {
        let help = format!("open {} yourself", page.display());
        Helpful { error: format!("expected a browser to open: {error}"), help }.into()
    })
}

/// Root of the clone that this binary was built in.
///
/// # Errors
///
/// A clone that is no longer there, as where the binary was installed and the clone removed.
pub fn clone() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).expect("this crate lies in crates/rungs");
    if root.join("book/src").is_dir() {
        return Ok(root.into());
    }
    Err(anyhow!(
        "{}: expected the clone that this program was built in, with the book's sources, found \
            none; run the command in a clone, by `cargo rungs`",
        root.display()
    ))
}

/// Writes a file aside and renames it, so that a kill leaves the old file or the new one; `-` is
/// standard output.
pub fn aside<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    if is_stdout(path) {
        let mut out = BufWriter::new(io::stdout().lock());
        let outcome = write(&mut out)?;
        written(out.flush())?;
        return Ok(outcome);
    }
    files::aside(path, |part| {
        let file = File::create(part).map_err(|error| not_writable(path, &error))?;
        let mut file = BufWriter::new(file);
        let written = write(&mut file).map_err(|error| match error.downcast::<io::Error>() {
            Ok(error) => not_writable(path, &error),
            Err(error) => error,
        })?;
        file.flush().map_err(|error| not_writable(path, &error))?;
        Ok(written)
    })
}

/// Writes a text aside and renames it.
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    aside(path, |file| Ok(file.write_all(text.as_bytes())?))
}

/// Writes a figure's data and the drawing of them into `folder`: NAME.json, NAME.svg.
pub fn write_figure(folder: &Path, figure: &Figure) -> Result<()> {
    let data = serde_json::to_string_pretty(figure)?;
    write_text(&folder.join(format!("{}.json", figure.name)), &format!("{data}\n"))?;
    // Drawn from what was written: the last bit of a number may get lost on the way into JSON and
    // back.
    let drawing = figures::svg(&serde_json::from_str(&data)?);
    write_text(&folder.join(format!("{}.svg", figure.name)), &drawing)
}

/// Makes a folder to write into, if it is not there, and tries to write there.
pub fn folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .and_then(|()| try_writing(&folder.join("trial")))
        .map_err(|error| no_folder(folder, &error))
}

/// Makes the part of a file and takes it away again.
pub fn try_writing(path: &Path) -> io::Result<()> {
    let part = files::part_of(path);
    match OpenOptions::new().write(true).create_new(true).open(&part) {
        Ok(_) => fs::remove_file(&part),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()), // a killed run left it
        Err(error) => Err(error),
    }
}

/// The error of a file that cannot be written.
pub fn not_writable(path: &Path, error: &io::Error) -> Error {
    let place = path.display();
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir())
        && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
    {
        return no_parent(path, folder);
    }
    anyhow!("{place}: expected a file to write: {error}; {}", files::io_remedy(error))
}

/// The error of a place in a folder that is not there.
pub fn no_parent(path: &Path, folder: &Path) -> Error {
    let found = if folder.exists() { "a file" } else { "none" };
    let (place, folder) = (path.display(), folder.display());
    let error = format!("{place}: expected a folder {folder} to write into, found {found}");
    Helpful { error, help: format!("make {folder}, or name another place") }.into()
}

/// The error of a folder that cannot be made or written to.
pub fn no_folder(folder: &Path, error: &io::Error) -> Error {
    let place = folder.display();
    if folder.is_file() {
        return anyhow!("{place}: expected a folder to write into, found a file; name a folder");
    }
    anyhow!("{place}: expected a folder to write into: {error}; {}", files::io_remedy(error))
}

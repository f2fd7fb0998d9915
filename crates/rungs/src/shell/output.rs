//! Results on standard output, and files that a command writes.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use classify::checkpoint::ABOUT_FILE;
use course::Figure;
use serde::Serialize;

use crate::shell::options::Format;

/// Prints one line of results.
pub fn line(text: impl Display) -> Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Prints one value as a JSON line of its own.
pub fn json_line(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string(value)?)
}

/// Prints a piece of text at once, with no line end of its own.
pub fn piece(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints rows: as `text` for people, as one JSON array, or as one JSON object a line.
pub fn rows<T: Serialize>(format: Format, rows: &[T], text: impl FnOnce() -> String) -> Result<()> {
    match format {
        Format::Text => write!(io::stdout().lock(), "{}", text())?,
        Format::Json => line(serde_json::to_string_pretty(rows)?)?,
        Format::Jsonl => rows.iter().try_for_each(json_line)?,
    }
    Ok(())
}

/// Prints one result: as `text` for people, or as one JSON object.
pub fn object<T: Serialize>(
    format: Format,
    value: &T,
    text: impl FnOnce() -> String,
) -> Result<()> {
    match format {
        Format::Text => write!(io::stdout().lock(), "{}", text())?,
        Format::Json | Format::Jsonl => json_line(value)?,
    }
    Ok(())
}

/// Writes a file aside and renames it, so that a kill leaves the old file or the new one.
pub fn aside<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<T> {
    let expected =
        |error: io::Error| anyhow!("{}: expected a file to write: {error}", path.display());
    files::aside(path, |part| {
        let mut file = BufWriter::new(File::create(part).map_err(expected)?);
        let written = write(&mut file)?;
        file.flush().map_err(expected)?;
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
    // Drawn from what was written: the last bit of a number may get lost on the way into JSON and
    // back.
    text(&path("svg"), &figures::svg(&serde_json::from_str(&data)?))
}

/// Makes a folder to write into, if it is not there.
pub fn folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .map_err(|error| anyhow!("{}: expected a folder to write into: {error}", folder.display()))
}

/// Makes a folder for a new model, before work is done for it; one that holds a model or a
/// classifier is refused.
pub fn new_folder(path: &Path) -> Result<()> {
    for file in ["config.json", "model.safetensors", ABOUT_FILE] {
        if path.join(file).exists() {
            bail!("{}: expected a new folder, found one with {file}; name another", path.display());
        }
    }
    folder(path)
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

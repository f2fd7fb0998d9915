//! Texts that a command reads: from a file or from standard input, and perhaps only their
//! beginning.

use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::Path;

use anyhow::{Error, Result, anyhow};
use data::{Columns, Corpus, DataError, Noted, Table};
use files::FilesError;
use sentences::SentenceEncoder;
use tempfile::NamedTempFile;
use tokens::Tokenizer;

use crate::shell::failure::{Helpful, STANDARD_INPUT};

/// What is expected of a file.
const EXPECTED: &str = "a text in UTF-8";

/// What a correlation of ratings with cosines needs.
pub const NEEDED_TO_CORRELATE: &str =
    "a correlation needs two rows with different ratings and different cosines";

/// Opens a file, or standard input for `-`; what gives itself away as no text is refused.
pub fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path != Path::new("-") {
        return Ok(Box::new(files::text(path, EXPECTED)?));
    }
    note_waiting();
    let mut reader = BufReader::new(io::stdin());
    files::refuse_no_text(Path::new("standard input"), &mut reader, EXPECTED)?;
    Ok(Box::new(reader))
}

/// The lines of a file, or of standard input for `-`, one after the other; an error names the file.
pub fn lines(
    path: &Path,
) -> Result<impl Iterator<Item = Result<String, DataError>> + Send + use<>> {
    let name = name(path);
    let lines = data::lines(open(path)?);
    Ok(lines.map(move |line| line.map_err(|error| error.in_file(Path::new(&name)))))
}

/// Reads a whole file, or standard input for `-`, as a table that may be a text a line.
pub fn table(path: &Path) -> Result<Table> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).map_err(FilesError::io(path, "reading"))?;
    Ok(Table::of(Path::new(&name(path)), bytes)?)
}

/// Reads the texts of a file or of standard input: of a table its column of texts, else every line.
pub fn texts(path: &Path, columns: Option<&Columns>) -> Result<Vec<String>> {
    let table = table(path)?;
    if has_columns(&table, path, columns)? {
        return Ok(noted(table.texts(columns)?));
    }
    Ok(table.lines().collect::<Result<_, _>>()?)
}

/// Whether the table read from `path` is one, not a text a line: what only looks like a table is
/// noted on standard error.
pub fn has_columns(table: &Table, path: &Path, columns: Option<&Columns>) -> Result<bool> {
    if columns.is_some() || table.has_columns()? {
        return Ok(true);
    }
    if table.has_bars() {
        note!(
            "note: {}: `|` stands in every line; each is read as a text, as no tab stands there",
            name(path)
        );
    }
    Ok(false)
}

/// The rows of a table; what about it a reader should know goes to standard error.
pub fn noted<T>(read: Noted<T>) -> Vec<T> {
    if let Some(note) = read.note {
        note!("note: {note}");
    }
    read.rows
}

/// Refuses a name under which no file lies, and by which one of these was likely meant.
pub fn check_meant(name: &Path, known: &[&str]) -> Result<()> {
    let near = rungs::nearest(&name.to_string_lossy(), known);
    let Some(near) = near.filter(|near| name != Path::new(near) && !name.exists()) else {
        return Ok(());
    };
    let error = format!("{name:?}: expected {} or a file, found nothing", known.join(", "));
    Err(Helpful { error, help: format!("did you mean {near}?") }.into())
}

/// The path that a file is read by: for `-` that of standard input.
pub fn path(path: &Path) -> &Path {
    if path != Path::new("-") {
        return path;
    }
    note_waiting();
    Path::new(STANDARD_INPUT)
}

/// The corpus called `name`: `toy`, `docs`, a file, or standard input for `-`.
pub fn corpus(name: &str, seed: u64) -> Result<Corpus> {
    check_meant(Path::new(name), &CORPORA)?;
    Ok(match Corpus::named(name, seed) {
        Corpus::File(file) => Corpus::File(path(&file).into()),
        corpus => corpus,
    })
}

/// The corpora that have a name of their own.
pub const CORPORA: [&str; 2] = ["toy", "docs"];

/// Standard input in a file, for what is read twice.
pub fn saved() -> Result<NamedTempFile> {
    note_waiting();
    let mut file = NamedTempFile::new().map_err(not_saved)?;
    io::copy(&mut io::stdin().lock(), &mut file).map_err(not_saved)?;
    Ok(file)
}

/// The error of standard input that finds no room on the disk.
fn not_saved(error: io::Error) -> Error {
    anyhow!(
        "standard input: expected room for it in the folder of temporary files: {error}; save it \
            as a file, and name that"
    )
}

/// Says where a terminal is read from, which waits for what is typed.
fn note_waiting() {
    if io::stdin().is_terminal() {
        note!("reading what you type, a text a line; Ctrl-D ends it");
    }
}

/// Returns what messages call a file.
pub fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}

/// Notes on standard error how many of these texts the encoder truncates, if any.
pub fn note_truncation(encoder: &SentenceEncoder, texts: &[&str]) -> Result<()> {
    let mut truncated = 0;
    for text in texts {
        truncated += usize::from(encoder.encode(text)?.truncated);
    }
    note_truncated(truncated, encoder.limit());
    Ok(())
}

/// Notes on standard error that this many texts were truncated, if any.
pub fn note_truncated(texts: usize, limit: usize) {
    if texts > 0 {
        let were = if texts == 1 { "was" } else { "were" };
        let texts = files::counted(texts, "text");
        note!("note: {texts} {were} longer than {limit} tokens; only the beginning was read");
    }
}

/// Notes on standard error that the query was truncated, if it was.
pub fn note_truncated_query(encoder: &SentenceEncoder, query: &str) -> Result<()> {
    if encoder.encode(query)?.truncated {
        let limit = encoder.limit();
        note!("note: the query is longer than {limit} tokens; only its beginning was read");
    }
    Ok(())
}

/// Most parts of a text that a note shows.
const SHOWN_PARTS: usize = 5;

/// Notes on standard error which parts of a text the model has no token for, if there are any: it
/// reads them as its unknown token or not at all.
pub fn note_lost(tokenizer: &Tokenizer, text: &str) -> Result<()> {
    let mut parts = tokenizer.lost(text)?;
    let count = parts.len();
    parts.sort_unstable();
    parts.dedup();
    let mut shown = Vec::new();
    for part in parts.into_iter().take(SHOWN_PARTS) {
        shown.push(format!("\"{}\"", files::one_line(part)));
    }
    if count > 0 {
        let parts = if count == 1 { "part has" } else { "parts have" };
        note!(
            "note: {count} {parts} no token in this model's vocabulary, read as unknown or not at \
                all: {}",
            shown.join(", ")
        );
    }
    Ok(())
}

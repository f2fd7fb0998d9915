//! Texts of others: UTF-8, whole or from the beginning on.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::error::FilesError;
use crate::lookalike::{Lookalike, PICKLE, lookalike, refuse};
use crate::open::{TextFile, not_opened, open_text};

/// Opens the text at `path`, which is `expected` there, to be read from its beginning on: as
/// [`open_text`], and what gives itself away as no text in UTF-8 is refused by what it is.
///
/// # Errors
///
/// As [`open_text`], and a gzip file, a web page, text in UTF-16 and their like.
pub fn text(path: &Path, expected: &'static str) -> Result<BufReader<TextFile>, FilesError> {
    if path.is_dir() {
        let (found, remedy) = ("a directory".into(), "check the path: give that of a file in it");
        return Err(FilesError::NotThat { path: path.into(), expected, found, remedy });
    }
    let file = open_text(path).map_err(|source| not_opened(path, expected, source))?;
    let mut reader = BufReader::new(file);
    refuse_no_text(path, &mut reader, expected)?;
    Ok(reader)
}

/// Refuses a text whose beginning gives it away as something else; none of it is taken from
/// `reader`.
///
/// # Errors
///
/// As [`text`], or a reader that fails.
pub fn refuse_no_text(
    path: &Path,
    reader: &mut impl BufRead,
    expected: &'static str,
) -> Result<(), FilesError> {
    let beginning = reader.fill_buf().map_err(FilesError::io(path, "reading"))?;
    let told = lookalike(beginning).map(|told| match told {
        PICKLE => Lookalike { remedy: "save what it holds as text in UTF-8", ..told },
        told => told,
    });
    refuse(path, expected, told)
}

/// Reads the whole text at `path`, as [`text`] opens it, without a byte order mark.
///
/// # Errors
///
/// As [`text`], and bytes that are not UTF-8, or a zero, which no text holds.
pub fn read_text(path: &Path, expected: &'static str) -> Result<String, FilesError> {
    let mut bytes = Vec::new();
    text(path, expected)?.read_to_end(&mut bytes).map_err(FilesError::io(path, "reading"))?;
    utf_8(path, expected, bytes)
}

/// The text that `bytes` are, without a byte order mark.
///
/// # Errors
///
/// Bytes that are not UTF-8, or a zero, which no text holds: with their line and offset.
pub fn utf_8(path: &Path, expected: &'static str, bytes: Vec<u8>) -> Result<String, FilesError> {
    let told = lookalike(&bytes);
    refuse(path, expected, told)?;
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            return not_text(path, expected, error.as_bytes(), at);
        }
    };
    if let Some(at) = text.find('\0') {
        return not_text(path, expected, text.as_bytes(), at);
    }
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// The error of a byte that no text in UTF-8 holds, where it stands.
fn not_text<T>(
    path: &Path,
    expected: &'static str,
    bytes: &[u8],
    at: usize,
) -> Result<T, FilesError> {
    let mut line = 1;
    for &byte in &bytes[..at] {
        line += usize::from(byte == b'\n');
    }
    let found = match bytes[at] {
        0 => format!("line {line}: a zero at byte {at}"),
        byte => format!("line {line}: invalid UTF-8 at byte {at}: 0x{byte:02x}"),
    };
    let remedy = byte_remedy(bytes[at]);
    Err(FilesError::NotThat { path: path.into(), expected, found, remedy })
}

/// What to do about a byte that no text in UTF-8 holds.
pub fn byte_remedy(byte: u8) -> &'static str {
    match byte {
        0 => "take it out, if it is a text (for instance `tr -d '\\0'`)",
        _ => "save it again as UTF-8 (for instance `iconv -f WINDOWS-1252 -t UTF-8`)",
    }
}

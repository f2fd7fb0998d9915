//! Tables of texts with tabs between the columns.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::{DataError, lines};

/// Two texts that belong together, and perhaps one that does not though it may look like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Text that is asked, or stands first.
    pub query: String,
    /// Text that belongs to the query.
    pub meant: String,
    /// Text that does not belong to it, though it may look like it.
    pub other: Option<String>,
}

/// A text and the name of what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Text of the row.
    pub text: String,
    /// Label of the text, any string that is not empty.
    pub label: String,
}

/// Reads rows of `text TAB text`, or `text TAB text TAB text that does not belong to the first`;
/// empty lines are passed over.
///
/// # Errors
///
/// A file that cannot be read, a row of another number of columns or with an empty one, or no row.
pub fn related(path: &Path) -> Result<Vec<Related>, DataError> {
    const EXPECTED: &str =
        "a text, a tab, a text, and perhaps a tab and a text that does not belong";
    rows(path, EXPECTED, |columns| match columns {
        [query, meant] => {
            Some(Related { query: query.to_string(), meant: meant.to_string(), other: None })
        }
        [query, meant, other] => Some(Related {
            query: query.to_string(),
            meant: meant.to_string(),
            other: Some(other.to_string()),
        }),
        _ => None,
    })
}

/// Reads rows of `text TAB label`; empty lines are passed over.
///
/// # Errors
///
/// A file that cannot be read, a row of another number of columns or with an empty one, or no row.
pub fn labelled(path: &Path) -> Result<Vec<Labelled>, DataError> {
    rows(path, "a text, a tab and a label", |columns| match columns {
        [text, label] => Some(Labelled { text: text.to_string(), label: label.to_string() }),
        _ => None,
    })
}

/// Reads a table row by row; `read` makes a row of the columns, or nothing where they are too many
/// or too few.
fn rows<T>(
    path: &Path,
    expected: &'static str,
    read: impl Fn(&[&str]) -> Option<T>,
) -> Result<Vec<T>, DataError> {
    let file = File::open(path).map_err(|source| DataError::Open { path: path.into(), source })?;
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(lines(BufReader::new(file))) {
        let line =
            line.map_err(|error| DataError::InFile { path: path.into(), error: error.into() })?;
        if line.trim().is_empty() {
            continue;
        }
        let mut columns = Vec::new();
        let mut empty = 0;
        for column in line.split('\t') {
            let column = column.trim();
            if column.is_empty() {
                empty += 1;
            }
            columns.push(column);
        }
        match read(&columns) {
            Some(row) if empty == 0 => rows.push(row),
            _ => {
                let found = format!("{} columns, {empty} of them empty", columns.len());
                return Err(DataError::Row { path: path.into(), line: number, expected, found });
            }
        }
    }
    if rows.is_empty() {
        let found = "no row".into();
        return Err(DataError::Row { path: path.into(), line: 1, expected, found });
    }
    Ok(rows)
}

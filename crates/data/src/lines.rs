//! One passage a line.

use std::io::{BufRead, Read};

use crate::DataError;

/// The longest line accepted, in bytes: larger than any book's chapter, small enough to hold.
pub const LONGEST_LINE: usize = 16 << 20;

/// The lines of a text; see [`lines`].
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    line: usize,
    ended: bool,
}

/// The lines of a text without their ends (`\n` or `\r\n`) and without a byte order mark; empty
/// lines count. A zero, which no text holds, and a carriage return that ends no line are errors.
///
/// After an error it ends: what follows a broken line could not be trusted to be a line.
pub fn lines<R: BufRead>(reader: R) -> Lines<R> {
    Lines { reader, line: 0, ended: false }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<String, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        self.line += 1;
        let line = self.read().transpose();
        self.ended = !matches!(line, Some(Ok(_)));
        line
    }
}

impl<R: BufRead> Lines<R> {
    fn read(&mut self) -> Result<Option<String>, DataError> {
        let (line, limit) = (self.line, LONGEST_LINE);
        let mut bytes = Vec::new();
        let most = limit as u64 + 2; // the line's end does not count
        self.reader
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| DataError::Read { line, source })?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() > limit {
            return Err(DataError::TooLong { line, limit });
        }
        let text = std::str::from_utf8(text).map_err(|error| {
            let at = error.valid_up_to();
            DataError::NotUtf8 { line, byte: text[at], column: at + 1 }
        })?;
        if let Some(at) = text.find(['\0', '\r']) {
            let column = at + 1;
            return Err(match text.as_bytes()[at] {
                0 => DataError::NotUtf8 { line, byte: 0, column },
                _ => DataError::CarriageReturn { line, column },
            });
        }
        let text = if line == 1 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        Ok(Some(text.to_string()))
    }
}

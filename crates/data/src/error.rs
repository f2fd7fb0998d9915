//! What can be wrong with a text or a table.

use std::io;
use std::path::PathBuf;

/// Why a text or a table could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Reading stopped.
    #[error("line {line}: reading failed: {source}; check the file and its permissions")]
    Read {
        /// Counted from 1.
        line: usize,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not text.
    #[error(
        "line {line}: expected UTF-8, found byte 0x{byte:02x} at column {column}; convert the file, for instance with `iconv -t UTF-8`"
    )]
    NotUtf8 {
        /// Counted from 1.
        line: usize,
        /// The first byte that is none.
        byte: u8,
        /// Its place in the line, counted from 1.
        column: usize,
    },
    /// A line is longer than any passage.
    #[error("line {line}: expected at most {limit} bytes, found more; break it into lines")]
    TooLong {
        /// Counted from 1.
        line: usize,
        /// The largest accepted.
        limit: usize,
    },
    /// A table could not be opened.
    #[error("{path:?}: expected a readable table: {source}; check the path")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row does not hold what it should.
    #[error("{path:?}, line {line}: expected {expected}, found {found}; correct the row or remove it")]
    Row {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What should stand there.
        expected: &'static str,
        /// What does.
        found: String,
    },
}

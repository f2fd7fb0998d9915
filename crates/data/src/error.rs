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
        "line {line}: expected UTF-8, found byte 0x{byte:02x} at column {column}; convert the \
            file, for instance with `iconv -t UTF-8`"
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
    /// What is wrong with a file's text.
    #[error("{path:?}, {error}")]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        #[source]
        error: Box<DataError>,
    },
    /// A file could not be opened.
    #[error("{path:?}: expected a readable file: {source}; check the path")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file stopped in the middle.
    #[error(
        "{path:?}, byte offset {offset}: reading failed: {source}; check the file and its \
            permissions"
    )]
    Stopped {
        /// The file.
        path: PathBuf,
        /// Bytes read before.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no text.
    #[error(
        "{path:?}, byte offset {offset}: expected UTF-8 text, found byte 0x{byte:02x}; convert \
            the file, for instance with `iconv -t UTF-8`"
    )]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where the first byte stands that is none, counted from 0.
        offset: u64,
        /// That byte.
        byte: u8,
    },
    /// A file in which nothing stands.
    #[error(
        "{path:?}: expected text, found {bytes} bytes with nothing but blanks; name a file with \
            text in it"
    )]
    NoText {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The sources of a package of the docs corpus are not there.
    #[error(
        "docs corpus: expected the sources of {package}: {found}; run `cargo fetch` in the clone, \
            after a `cargo update` also `cargo rungs record docs`"
    )]
    NoSource {
        /// `name version`.
        package: String,
        /// What was found instead.
        found: String,
    },
    /// The sources are there and say something else.
    #[error(
        "docs corpus: expected a text of sha256 {expected}, found {found}: a package's sources \
            were changed; run `cargo fetch` in the clone after removing them from cargo's \
            registry folder"
    )]
    OtherDocs {
        /// As committed.
        expected: String,
        /// As read.
        found: String,
    },
    /// The list of the docs corpus could not be written.
    #[error(transparent)]
    List(files::FilesError),
    /// The words' numbers could not be kept on disk.
    #[error("temporary file: {source}; free some space in the system's folder for temporary files")]
    Temporary {
        /// What the system said.
        source: io::Error,
    },
    /// A row does not hold what it should.
    #[error(
        "{path:?}, line {line}: expected {expected}, found {found}; correct the row or remove it"
    )]
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

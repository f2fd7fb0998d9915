//! What can be wrong with a text or a table.

use std::io;
use std::path::{Path, PathBuf};

use files::{byte_remedy, io_remedy};

/// Why a text or a table could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Reading the text failed in the middle.
    #[error("line {line}: reading failed: {source}; {}", io_remedy(source))]
    Read {
        /// Number of the line, counted from 1.
        line: usize,
        /// Answer of the operating system.
        source: io::Error,
    },
    /// A line is not UTF-8 text.
    #[error(
        "line {line}: expected UTF-8, found byte 0x{byte:02x} at column {column}; {}",
        byte_remedy(*byte)
    )]
    NotUtf8 {
        /// Number of the line, counted from 1.
        line: usize,
        /// First byte that is not UTF-8.
        byte: u8,
        /// Column of that byte, counted from 1.
        column: usize,
    },
    /// A line holds a carriage return, which may end a line or not.
    #[error(
        "line {line}: expected lines that end in \\n or \\r\\n, found a carriage return at column \
            {column}; convert the file, for instance with `tr '\\r' '\\n'`"
    )]
    CarriageReturn {
        /// Number of the line, counted from 1.
        line: usize,
        /// Column of the first one, in bytes from 1.
        column: usize,
    },
    /// A line is longer than any passage.
    #[error("line {line}: expected at most {limit} bytes, found more; break it into lines")]
    TooLong {
        /// Number of the line, counted from 1.
        line: usize,
        /// Largest number of bytes that is accepted.
        limit: usize,
    },
    /// A line of the file is wrong.
    #[error("{path:?}, {error}")]
    InFile {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong, and in which line.
        #[source]
        error: Box<DataError>,
    },
    /// A file could not be read, or is another than it should be.
    #[error(transparent)]
    File(#[from] files::FilesError),
    /// Another kind of table than those that are read.
    #[error("{path:?}: {problem}")]
    OtherTable {
        /// Path of the file.
        path: PathBuf,
        /// What was expected, what the file holds, and what to do next.
        problem: String,
    },
    /// Columns of a table that may not be what they are taken for.
    #[error("{path:?}: {problem}")]
    Doubtful {
        /// Path of the file.
        path: PathBuf,
        /// What was expected, and what the table holds.
        problem: String,
        /// Names by which a user says what the columns are.
        names: &'static str,
    },
    /// Names of columns that lack one that is needed.
    #[error("columns {given:?}: expected names like {names:?}, each once, - for one passed over")]
    Columns {
        /// The names as given.
        given: String,
        /// Names that would do.
        names: &'static str,
    },
    /// Reading the file failed in the middle.
    #[error("{path:?}, byte offset {offset}: reading failed: {source}; {}", io_remedy(source))]
    Stopped {
        /// Path of the file.
        path: PathBuf,
        /// Number of bytes read before that.
        offset: u64,
        /// Answer of the operating system.
        source: io::Error,
    },
    /// The file is not UTF-8 text.
    #[error(
        "{path:?}, byte offset {offset}: expected UTF-8 text, found byte 0x{byte:02x}; {}",
        byte_remedy(*byte)
    )]
    NotText {
        /// Path of the file.
        path: PathBuf,
        /// Offset of the first invalid byte, counted from 0.
        offset: u64,
        /// Value of that byte.
        byte: u8,
    },
    /// The file holds no word.
    #[error(
        "{path:?}: expected text, found {bytes} bytes with nothing but blanks; name a file with \
            text in it"
    )]
    NoText {
        /// Path of the file.
        path: PathBuf,
        /// Size of the file in bytes.
        bytes: u64,
    },
    /// The sources of a package of the docs corpus are not there.
    #[error(
        "docs corpus: expected the sources of {package}: {found}; run `cargo fetch` in the clone, \
            after a `cargo update` also `cargo rungs record docs`"
    )]
    NoSource {
        /// Name and version of the package.
        package: String,
        /// What was found instead.
        found: String,
    },
    /// The sources of the docs corpus are others than those of the list.
    #[error(
        "docs corpus: expected a text of sha256 {expected}, found {found}: a package's sources \
            were changed; run `cargo fetch` in the clone after removing them from cargo's \
            registry folder"
    )]
    OtherDocs {
        /// Digest in the committed list.
        expected: String,
        /// Digest of what was read.
        found: String,
    },
    /// The list of the docs corpus could not be written.
    #[error(transparent)]
    List(files::FilesError),
    /// The ids of the words could not be kept on disk.
    #[error(
        "temporary file in {}: {source}; free some space there, or name another folder in TMPDIR",
        std::env::temp_dir().display()
    )]
    Temporary {
        /// Answer of the operating system.
        source: io::Error,
    },
    /// A table has no rows.
    #[error("{path:?}: expected rows of {expected}, found no row; name a table with rows in it")]
    NoRows {
        /// Path of the file.
        path: PathBuf,
        /// What a row should hold.
        expected: &'static str,
    },
    /// A table lacks the column that a user names.
    #[error(
        "{path:?}, line {line}: expected a column {label}, found {}; name one of them, or its \
            number from 1",
        files::shortened(found)
    )]
    NoColumn {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line that lacks it, counted from 1.
        line: u64,
        /// Name or number of the column.
        label: String,
        /// The columns that are there.
        found: String,
    },
    /// A row of a table does not hold what it should.
    #[error(
        "{path:?}, line {line}: expected {expected}, found {}; correct the row or remove it",
        files::shortened(found)
    )]
    Row {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, counted from 1.
        line: u64,
        /// What the row should hold.
        expected: &'static str,
        /// What the row holds instead.
        found: String,
    },
}

impl DataError {
    /// This error of a line, of the file at `path`.
    #[must_use]
    pub fn in_file(self, path: &Path) -> Self {
        DataError::InFile { path: path.into(), error: Box::new(self) }
    }

    /// What a user can say so that the file is read, where there is such a thing.
    pub fn help(&self) -> Option<String> {
        let DataError::Doubtful { names, .. } = self else { return None };
        Some(format!(
            "`--columns` says what the columns are, as in `--columns {names}`, with - for one that \
             is passed over; a first line of such names does so too"
        ))
    }
}

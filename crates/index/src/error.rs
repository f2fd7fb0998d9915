//! The errors of an index.

use std::path::PathBuf;

use files::{byte_remedy, one_line};

/// Why an index could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// There is no index.
    #[error("{path:?}: expected an index, found nothing; build one there first")]
    Missing {
        /// Path where it was looked for.
        path: PathBuf,
    },
    /// The file is of another kind.
    #[error(
        "{path:?}: expected an index, found {}; name the file that `index build` wrote",
        one_line(found)
    )]
    NoIndex {
        /// Path of the file.
        path: PathBuf,
        /// What the file is instead.
        found: String,
    },
    /// A disk or another program damaged the index.
    #[error(
        "{path:?}: expected a whole index, found a damaged one ({}); delete it and build it anew",
        one_line(why)
    )]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with the index.
        why: String,
    },
    /// Another process has the index open.
    #[error("{path:?}: in use by another process; wait until that is done")]
    InUse {
        /// Path of the index.
        path: PathBuf,
    },
    /// The index has a format of another version.
    #[error(
        "{path:?}: expected an index of format {expected}, found format {found}; build it anew"
    )]
    Format {
        /// Path of the index.
        path: PathBuf,
        /// Format that this program reads.
        expected: u32,
        /// Format of the file.
        found: u32,
    },
    /// The vectors are another model's.
    #[error(
        "{path:?}: expected the vectors of its model \"{}\", found those of \"{}\", which are \
            others ({why}); name the index's own, `--model {0}`, or build another index",
        one_line(expected),
        one_line(found)
    )]
    OtherModel {
        /// Path of the index.
        path: PathBuf,
        /// Name of the model whose vectors the index holds.
        expected: String,
        /// Name of the model that was given.
        found: String,
        /// How the two differ, in numbers.
        why: String,
    },
    /// A vector cannot be kept.
    #[error(
        "vector of {text:?}: expected {expected} finite numbers, found {found}; look at the model"
    )]
    Vector {
        /// The beginning of the text.
        text: String,
        /// Width of the index's vectors.
        expected: usize,
        /// What was found instead.
        found: String,
    },
    /// The store could not be read or written.
    #[error(
        "{path:?}: {action} failed: {}; check the file, its permissions and the free space",
        one_line(&source.to_string())
    )]
    Store {
        /// Path of the index.
        path: PathBuf,
        /// Action that was tried.
        action: &'static str,
        /// Error of the store.
        source: Box<redb::Error>,
    },
    /// The file of a new index cannot be written.
    #[error(transparent)]
    Files(#[from] files::FilesError),
    /// A file or directory to read is not there.
    #[error("{}: expected a file or a directory, found nothing; check the path", path.display())]
    NoSource {
        /// Path where it was looked for.
        path: PathBuf,
    },
    /// Among what was named is no file to read.
    #[error("expected files that end in .{}, found none", crate::EXTENSIONS.join(", ."))]
    NoFiles,
    /// A file or directory cannot be read.
    #[error("{}: expected a readable {expected}: {found}", path.display())]
    Unreadable {
        /// Path of the file or directory.
        path: PathBuf,
        /// Kind of entry that was expected.
        expected: &'static str,
        /// Error of the system.
        found: String,
    },
    /// A file is not UTF-8 text.
    #[error(
        "{}, byte offset {offset}: expected UTF-8 text, found byte 0x{byte:02x}; {}",
        path.display(), byte_remedy(*byte)
    )]
    NotText {
        /// Path of the file.
        path: PathBuf,
        /// Offset of the first invalid byte.
        offset: usize,
        /// The first invalid byte.
        byte: u8,
    },
    /// A file to take out of an index is not in it.
    #[error(
        "{}: expected a file or directory of {}, found none there",
        path.display(), index.display()
    )]
    NotInIndex {
        /// Path of the file.
        path: PathBuf,
        /// Path of the index.
        index: PathBuf,
    },
}

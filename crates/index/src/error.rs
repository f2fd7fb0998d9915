//! What can be wrong with an index.

use std::path::PathBuf;

/// Why an index could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// There is none.
    #[error("{path:?}: expected an index, found nothing; build one there first")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file of another kind.
    #[error("{path:?}: expected an index, found {found}; name the file that `index build` wrote")]
    NoIndex {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// A disk or another program changed it.
    #[error(
        "{path:?}: expected a whole index, found a damaged one ({why}); delete it and build it anew"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another process has it.
    #[error("{path:?}: in use by another process; wait until that is done")]
    InUse {
        /// The index.
        path: PathBuf,
    },
    /// A format of the future.
    #[error(
        "{path:?}: expected an index of format {expected}, found format {found}; build it anew"
    )]
    Format {
        /// The index.
        path: PathBuf,
        /// What this program reads.
        expected: u32,
        /// What the file is.
        found: u32,
    },
    /// Another model's vectors.
    #[error(
        "{path:?}: expected the vectors of its model {expected:?}, found those of {found:?}, \
            which are others ({why}); use the index's own model, or build another index"
    )]
    OtherModel {
        /// The index.
        path: PathBuf,
        /// Whose vectors it holds.
        expected: String,
        /// Whose came.
        found: String,
        /// In numbers.
        why: String,
    },
    /// A vector that cannot be kept.
    #[error(
        "vector of {text:?}: expected {expected} finite numbers, found {found}; look at the model"
    )]
    Vector {
        /// The beginning of the text.
        text: String,
        /// The index's width.
        expected: usize,
        /// What came.
        found: String,
    },
    /// The store failed.
    #[error(
        "{path:?}: {action} failed: {source}; check the file, its permissions and the free space"
    )]
    Store {
        /// The index.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the store said.
        source: Box<redb::Error>,
    },
    /// A file or directory to read is not there.
    #[error("{}: expected a file or a directory, found nothing; check the path", path.display())]
    NoSource {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Among what was named is no file to read.
    #[error("expected files that end in .{}, found none", crate::sync::READ.join(", ."))]
    NoFiles,
    /// A file or directory cannot be read.
    #[error("{}: expected a readable {expected}: {found}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// Which of them it is.
        expected: &'static str,
        /// What the system said.
        found: String,
    },
    /// A file is not UTF-8 text.
    #[error(
        "{}, byte offset {offset}: expected UTF-8 text, found byte 0x{byte:02x}; convert the file",
        path.display()
    )]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where the first invalid byte stands.
        offset: usize,
        /// The first invalid byte.
        byte: u8,
    },
    /// A file to take out of an index is not in it.
    #[error("{}: expected a file or directory of {}, found none there", path.display(), index.display())]
    NotInIndex {
        /// The file.
        path: PathBuf,
        /// The index.
        index: PathBuf,
    },
}

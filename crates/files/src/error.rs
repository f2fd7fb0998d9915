//! The error of files. Each text is one line: where, what was expected, what came, what to do next.
//!
//! Names and texts that stand in a file may hold control characters; they are shown escaped (`{:?}`
//! or [`one_line`]), so that a file cannot steer the terminal.

use std::io;
use std::path::{Path, PathBuf};

use crate::line::{one_line, shortened};

/// Why a file was refused, or could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// Nothing lies at a path.
    #[error("{path:?} does not exist: expected {expected}")]
    NotFound {
        /// The path where it was looked for.
        path: PathBuf,
        /// What should be there, and how to get it.
        expected: String,
    },
    /// The operating system refused to read or write.
    #[error(
        "{path:?}: {action} failed: {}; {}",
        one_line(&source.to_string()), io_remedy(source)
    )]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: "reading".
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is something else than the file that was asked for.
    #[error("{path:?}: expected {expected}, found {}; {remedy}", shortened(found))]
    NotThat {
        /// Path of the file.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
        /// What the file holds instead.
        found: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// A JSON file that does not say what its reader needs.
    #[error(
        "{path:?}: at {}: {}; correct the file or fetch it again",
        one_line(key),
        shortened(problem)
    )]
    Json {
        /// Path of the file.
        path: PathBuf,
        /// The place in the file: `layers[2].size`, or the top level.
        key: String,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// No place to keep downloads in.
    #[error(
        "no cache folder is known for this user: expected the environment variable RUNGS_HOME or \
            HOME; set RUNGS_HOME to a folder"
    )]
    NoHome,
}

/// What to do about an answer of the operating system.
pub fn io_remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            "change its permissions or its folder's (`chmod`), or ask its owner"
        }
        io::ErrorKind::ResourceBusy => "read it when nothing writes to it, or a copy of it",
        _ => "check the path, its permissions and the free space",
    }
}

impl FilesError {
    /// The error for `map_err` when `action` ("reading") fails on `path`.
    pub fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> FilesError {
        let path = path.to_path_buf();
        move |source| FilesError::Io { path, action, source }
    }
}

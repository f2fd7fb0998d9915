//! The error of fetching. Each text is one line: where, what was expected, what came, what to do
//! next.

use std::path::PathBuf;

use checkpoint::CheckpointError;
use files::FilesError;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// A file could not be read or written, or is another file.
    #[error(transparent)]
    File(#[from] FilesError),
    /// The weights that came are not well-formed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Something that cannot be fetched.
    #[error(
        "cannot fetch {given:?}: {problem}; expected minilm, smollm2, wordllama, glove, stsb, \
            questions-words, tinyshakespeare, katex or hf:OWNER/NAME[@COMMIT]"
    )]
    Source {
        /// What was asked for.
        given: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A server answered with an error.
    #[error("{url:?} answered {status}{}; {remedy}", found_kind(found))]
    Http {
        /// What was asked for.
        url: String,
        /// HTTP status of the answer.
        status: u16,
        /// What came instead of the file, if that could be told.
        found: &'static str,
        /// What to do next.
        remedy: &'static str,
    },
    /// The network failed, even after some attempts.
    #[error(
        "{url:?}: {problem} ({attempts} attempts); check the network and run the same command \
            again: it resumes, or give local files with --from"
    )]
    Network {
        /// What was asked for.
        url: String,
        /// What went wrong, in words.
        problem: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// An address that is not followed.
    #[error("{url:?} is not followed: {problem}; check RUNGS_HUB, or give local files with --from")]
    Address {
        /// Address that was asked.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file that is not the one that was asked for.
    #[error("{file:?} from {origin:?}: expected {expected}, found {found}; {remedy}")]
    NotAsPinned {
        /// Name of the file in its source.
        file: String,
        /// Address or path that it came from.
        origin: String,
        /// Size or sha256 as pinned.
        expected: String,
        /// Size or sha256 of what came.
        found: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// Local files that lack one of the files asked for.
    #[error(
        "{origin:?} has no {file:?}: expected {expected}; give the right --from, or leave it out \
            to download"
    )]
    NotInOrigin {
        /// The folder, archive or repository.
        origin: String,
        /// The file that was looked for.
        file: String,
        /// What should have been there.
        expected: &'static str,
    },
    /// Another process is fetching the same file.
    #[error(
        "{path:?} is being written by another fetch; wait for it to end, then run the command again"
    )]
    Busy {
        /// Path of the unfinished file.
        path: PathBuf,
    },
}

fn found_kind(found: &str) -> String {
    if found.is_empty() { String::new() } else { format!(" with {found}") }
}

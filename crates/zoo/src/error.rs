//! The one error of this crate. Each text is one line: where, what was expected, what came, what to do next.
//!
//! Names and texts that stand in a file may hold control characters; they are shown escaped (`{:?}` or
//! [`one_line`]), so that a file cannot steer the terminal.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file was refused, or could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZooError {
    /// Nothing lies at a path.
    #[error("{path:?} does not exist: expected {expected}")]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
        /// What should be there, and how to get it.
        expected: String,
    },
    /// The operating system refused to read or write.
    #[error("{path:?}: {action} failed: {}; check the path, its permissions and the free space", one_line(&source.to_string()))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: "reading".
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is something else than the file that was asked for.
    #[error("{path:?}: expected {expected}, found {found}; {remedy}")]
    NotThat {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// A file of word vectors that does not hold what it says.
    #[error(
        "{path:?}, {place}: {problem}; get the file again, or save it again in word2vec's format (.bin is binary, anything else text)"
    )]
    Vectors {
        /// The file.
        path: PathBuf,
        /// `line 3` of a text file, `byte offset 40` of a binary one.
        place: String,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// A safetensors header that does not describe its file.
    #[error(
        "{path:?}: damaged safetensors header: {problem}; fetch the file again, or save it again with safetensors"
    )]
    Header {
        /// The file.
        path: PathBuf,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// One tensor of a safetensors header is described wrongly.
    #[error(
        "{path:?}: tensor {tensor:?}: {problem}; fetch the file again, or save it again with safetensors"
    )]
    Entry {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// An index of shards that does not agree with the shards.
    #[error("{path:?}: {problem}; fetch the index and all its shards again")]
    Index {
        /// The index file.
        path: PathBuf,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// Two stored tensors that become one name without their prefix, or with `gamma`/`beta` read as `weight`/`bias`.
    #[error(
        "{path:?}: tensors {first:?} and {second:?} both mean {tensor:?}: expected one of them; remove the other from the file"
    )]
    TwoNames {
        /// The model's file.
        path: PathBuf,
        /// The name that both become.
        tensor: String,
        /// One stored name.
        first: String,
        /// The other stored name.
        second: String,
    },
    /// A tensor that the architecture needs and the file lacks.
    #[error("{path:?}: tensor {tensor:?} is missing{}{}; check that the checkpoint and its config are of this architecture and size", and_more(*more), nearest_one(nearest.as_deref()))]
    Missing {
        /// The model's file.
        path: PathBuf,
        /// The first one missing.
        tensor: String,
        /// How many more are.
        more: usize,
        /// The name in the file that is most like it.
        nearest: Option<String>,
    },
    /// A tensor that the file holds and the architecture has no place for.
    #[error("{path:?}: tensor {tensor:?} has no place in this architecture{}{}; check the config's number of layers and its model_type", and_more(*more), nearest_one(nearest.as_deref()))]
    Unused {
        /// The model's file.
        path: PathBuf,
        /// The first unused name.
        tensor: String,
        /// How many more there are.
        more: usize,
        /// The expected name that is most like it.
        nearest: Option<String>,
    },
    /// A tensor of another shape than the architecture's.
    #[error(
        "{path:?}: tensor {tensor:?}: expected shape {expected:?}, found {found:?}; check that the config belongs to this checkpoint"
    )]
    Shape {
        /// The model's file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The shape by the config.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor stored in numbers that are not read here.
    #[error(
        "{path:?}: tensor {tensor:?}: expected F32, F16 or BF16, found {found}; save it again in one of these (`tensor.to(torch.float32)`)"
    )]
    Dtype {
        /// The model's file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The dtype in the file.
        found: &'static str,
    },
    /// A weight that is NaN or infinite.
    #[error(
        "{path:?}: tensor {tensor:?}: expected finite numbers, found {value} at position {position}; the training that made it diverged or the file is damaged: fetch it again or take an earlier checkpoint"
    )]
    NotFinite {
        /// The model's file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// NaN or an infinity.
        value: f32,
        /// Which number of the tensor, counted in storage order.
        position: usize,
    },
    /// The layers in the file are not those of the config.
    #[error(
        "{path:?}: expected {expected} layers under {prefix:?} as its config says, found {found}; check that the config belongs to this checkpoint"
    )]
    Layers {
        /// The model's file.
        path: PathBuf,
        /// What stands before a layer's number.
        prefix: String,
        /// Layers by the config.
        expected: usize,
        /// Layers in the file.
        found: usize,
    },
    /// A stored copy of a shared table that is not a copy.
    #[error(
        "{path:?}: tensor {copy:?}: expected a copy of {table:?}, to which it is tied, found other values; set tie_word_embeddings to false if that is meant"
    )]
    NotTied {
        /// The model's file.
        path: PathBuf,
        /// The name of the copy.
        copy: String,
        /// The name of the shared table.
        table: String,
    },
    /// A JSON file that does not say what its reader needs.
    #[error("{path:?}: at {key}: {problem}; correct the file or fetch it again")]
    Json {
        /// The file.
        path: PathBuf,
        /// Where in the file: `layers[2].size`, or the top level.
        key: String,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// No place to keep downloads in.
    #[error(
        "no cache folder is known for this user: expected the environment variable RUNGS_HOME or HOME; set RUNGS_HOME to a folder"
    )]
    NoHome,
    /// Something that cannot be fetched.
    #[error(
        "cannot fetch {given:?}: {problem}; expected minilm, stsb, questions-words, tinyshakespeare or hf:OWNER/NAME[@COMMIT]"
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
        /// The HTTP status.
        status: u16,
        /// What came instead of the file, if that could be told.
        found: &'static str,
        /// What to do next.
        remedy: &'static str,
    },
    /// The network failed, even after some attempts.
    #[error(
        "{url:?}: {problem} ({attempts} attempts); check the network and run the same command again: it resumes, or give local files with --from"
    )]
    Network {
        /// What was asked for.
        url: String,
        /// What happened.
        problem: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// An address that is not followed.
    #[error("{url:?} is not followed: {problem}; check RUNGS_HUB, or give local files with --from")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file that is not the one that was asked for.
    #[error("{file:?} from {origin:?}: expected {expected}, found {found}; {remedy}")]
    NotAsPinned {
        /// The file's name in its source.
        file: String,
        /// Where it came from.
        origin: String,
        /// Its size or sha256, as pinned.
        expected: String,
        /// Its size or sha256, as it came.
        found: String,
        /// What to do next.
        remedy: &'static str,
    },
    /// Local files that lack one of the files asked for.
    #[error(
        "{origin:?} has no {file:?}: expected {expected}; give the right --from, or leave it out to download"
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
    #[error("{path:?} is being written by another fetch; wait for it to end, then run the command again")]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
}

impl ZooError {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> ZooError {
        let path = path.to_path_buf();
        move |source| ZooError::Io { path, action, source }
    }
}

/// `text` in one line of bounded length, with everything unprintable escaped.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut line = String::new();
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => line.push(c),
            _ => line.extend(c.escape_debug()),
        }
        if line.len() > LONGEST {
            line.push_str("...");
            break;
        }
    }
    line
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(", and {more} more are") }
}

fn nearest_one(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (nearest: {name:?})")).unwrap_or_default()
}

fn found_kind(found: &str) -> String {
    if found.is_empty() { String::new() } else { format!(" with {found}") }
}

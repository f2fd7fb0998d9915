//! The error of checkpoints. Each text is one line: where, what was expected, what came, what to do
//! next.
//!
//! Names that stand in a file may hold control characters; they are shown escaped, so that a file
//! cannot steer the terminal.

use std::path::PathBuf;

use files::{FilesError, one_line, shortened};

/// Why a checkpoint or a file of word vectors was refused, or could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file of the checkpoint could not be read or written, or is another file.
    #[error(transparent)]
    File(#[from] FilesError),
    /// A file of word vectors that does not hold what it says.
    #[error(
        "{path:?}, {place}: {}; get the file again, or save it again in word2vec's format \
            (.bin is binary, anything else text)",
        shortened(problem)
    )]
    Vectors {
        /// Path of the file.
        path: PathBuf,
        /// `line 3` of a text file, `byte offset 40` of a binary one.
        place: String,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// A safetensors header that does not describe its file.
    #[error(
        "{path:?}: damaged safetensors header: {}; fetch the file again, or save it again with \
            safetensors",
        shortened(problem)
    )]
    Header {
        /// Path of the file.
        path: PathBuf,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// One tensor of a safetensors header is described wrongly.
    #[error(
        "{path:?}: tensor {tensor:?}: {}; fetch the file again, or save it again with safetensors",
        shortened(problem)
    )]
    Entry {
        /// Path of the file.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// A GGUF header that does not describe its file, or describes what is not read here.
    #[error(
        "{path:?}: GGUF: {}; fetch the file again, or take another of this model (Q8_0, Q4_K_M, \
            F16)",
        shortened(problem)
    )]
    Gguf {
        /// Path of the file.
        path: PathBuf,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// An index of shards that does not agree with the shards.
    #[error("{path:?}: {}; fetch the index and all its shards again", shortened(problem))]
    Index {
        /// Path of the index of shards.
        path: PathBuf,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// Two stored tensors that become one name without their prefix, or with `gamma`/`beta` read as
    /// `weight`/`bias`.
    #[error(
        "{path:?}: tensors {first:?} and {second:?} both mean {tensor:?}: expected one of them; \
            remove the other from the file"
    )]
    TwoNames {
        /// Path of the model's weights.
        path: PathBuf,
        /// The name that both become.
        tensor: String,
        /// One of the two names as stored.
        first: String,
        /// The other stored name.
        second: String,
    },
    /// A configuration of another architecture than is read.
    #[error(
        "{path:?}: at model_type: expected {expected}, found {}; take a model of these \
            architectures, others are not read",
        one_line(found)
    )]
    Architecture {
        /// Path of the configuration.
        path: PathBuf,
        /// The architectures that are read.
        expected: String,
        /// The one that the file names, or that it names none.
        found: String,
    },
    /// A setting of this architecture that is not read here.
    #[error(
        "{path:?}: at {}: {}; take a model without it, it is not read here",
        one_line(key),
        shortened(problem)
    )]
    Setting {
        /// Path of the configuration.
        path: PathBuf,
        /// Key of the setting.
        key: String,
        /// What was expected, and what stands there.
        problem: String,
    },
    /// A tensor that the architecture needs and the file lacks.
    #[error("{path:?}: tensor {tensor:?} is missing{}{}; check that the checkpoint and its config \
        are of this architecture and size", and_more(*more), nearest_one(nearest.as_deref()))]
    Missing {
        /// Path of the model's weights.
        path: PathBuf,
        /// Name of the first missing tensor.
        tensor: String,
        /// Number of further missing tensors.
        more: usize,
        /// The name in the file that is most like it.
        nearest: Option<String>,
    },
    /// A tensor that the file holds and the architecture has no place for.
    #[error(
        "{path:?}: tensor {tensor:?} has no place in this architecture{}{}; transformers passes \
            such tensors over with a warning: if the model is the same without, save it anew from \
            there (save_pretrained), which leaves them out, else it is of another architecture \
            than its config says, which is not read here",
        and_more(*more), nearest_one(nearest.as_deref())
    )]
    Unused {
        /// Path of the model's weights.
        path: PathBuf,
        /// Name of the first unused tensor.
        tensor: String,
        /// Number of further unused tensors.
        more: usize,
        /// The expected name that is most like it.
        nearest: Option<String>,
    },
    /// A tensor of another shape than the architecture's.
    #[error(
        "{path:?}: tensor {tensor:?}: expected shape {expected:?}, found {found:?}; check that \
            the config belongs to this checkpoint"
    )]
    Shape {
        /// Path of the model's weights.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// The shape by the config.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor of a dtype that is not read here.
    #[error(
        "{path:?}: tensor {tensor:?}: expected F32, F16 or BF16, found {found}; save it again in \
            one of these (`tensor.to(torch.float32)`)"
    )]
    Dtype {
        /// Path of the model's weights.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// The dtype in the file.
        found: &'static str,
    },
    /// A weight that is NaN or infinite.
    #[error(
        "{path:?}: tensor {tensor:?}: expected finite numbers, found {value} at position \
            {position}; the training that made it diverged or the file is damaged: fetch it again \
            or take an earlier checkpoint"
    )]
    NotFinite {
        /// Path of the model's weights.
        path: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// NaN or an infinity.
        value: f32,
        /// Place of the number in the tensor, in storage order.
        position: usize,
    },
    /// The layers in the file are not those of the config.
    #[error(
        "{path:?}: expected {expected} layers under {prefix:?} as its config says, found {found}; \
            check that the config belongs to this checkpoint"
    )]
    Layers {
        /// Path of the model's weights.
        path: PathBuf,
        /// What stands before a layer's number.
        prefix: String,
        /// Number of layers by the config.
        expected: usize,
        /// Number of layers in the file.
        found: usize,
    },
    /// A stored copy of a shared table that is not a copy.
    #[error(
        "{path:?}: tensor {copy:?}: expected a copy of {table:?}, to which it is tied, found \
            other values; set tie_word_embeddings to false if that is meant"
    )]
    NotTied {
        /// Path of the model's weights.
        path: PathBuf,
        /// The name of the copy.
        copy: String,
        /// The name of the shared table.
        table: String,
    },
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(", and {more} more are") }
}

fn nearest_one(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (nearest: {name:?})")).unwrap_or_default()
}

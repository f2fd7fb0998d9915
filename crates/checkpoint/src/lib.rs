//! # Weights and word vectors, in the forms that others read
//!
//! A checkpoint is untrusted input. A wrong number in it raises no alarm: the model runs and
//! answers nonsense. So a file is read right, or refused in one line that says what was expected,
//! what came and what to do next.
//!
//! - [`Weights`]: a model folder's tensors by name, in one file or shards. Opening reads and checks
//!   the [`header`] alone; [`Weights::matches`] compares it with what an architecture expects; only
//!   then is data read.
//! - [`gguf::Gguf`]: the one file in which llama.cpp keeps a model; its tensors are [`Weights`] too.
//! - [`Walk`]: the published names of an architecture, said once. [`Expect`] lists them, [`Load`]
//!   fills a model, [`Save`] collects what is written.
//! - [`Checks`]: what every architecture asks of its `config.json`.
//! - [`write_weights`]: weights as a safetensors file.
//! - [`WordVectors`]: files of word vectors, read and written.
//!
//! ```no_run
//! # fn main() -> Result<(), checkpoint::CheckpointError> {
//! # let device = burn::tensor::Device::default();
//! let weights = checkpoint::Weights::open("path/to/model".as_ref())?.strip_prefix("bert.")?;
//! let table = weights.tensor("embeddings.word_embeddings.weight", [30_522, 384], &device)?;
//! # Ok(())
//! # }
//! ```
//!
//! **Deliberately absent**: pickle (it can run code), memory maps (a file that shrinks would kill
//! the process), and any guess about what a misnamed tensor may have meant.

mod config;
mod error;
pub mod gguf;
pub mod header;
mod linear;
mod vectors;
mod walk;
mod weights;
mod write;

pub use config::Checks;
pub use error::CheckpointError;
pub use vectors::WordVectors;
pub use walk::{Expect, Load, Save, Under, Walk};
pub use weights::{INDEX_FILE, SINGLE_FILE, Weights, shard_names};
pub use write::write_weights;

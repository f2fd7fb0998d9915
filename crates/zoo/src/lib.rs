//! # Files of others: fetched, pinned, checked, read
//!
//! A checkpoint is untrusted input. A wrong number in it raises no alarm: the model runs and answers nonsense. So a
//! file is read right, or refused in one line that says what was expected, what came and what to do next.
//!
//! - [`Weights`]: a model folder's tensors by name, in one file or shards. Opening reads and checks the
//!   [`header`] alone; [`Weights::matches`] compares it with what an architecture expects; only then is data read.
//! - [`read_json`]: configurations, with the key named in every error.
//! - [`write_weights`]: weights in the form that others read; [`aside`]: any file, the old one kept until the new one is whole.
//! - [`WordVectors`]: files of word vectors, read and written.
//! - [`Fetch`]: known models by name, others from the hub, or local files; kept in [`Home`].
//!
//! ```no_run
//! # fn main() -> Result<(), zoo::ZooError> {
//! # let device = burn::tensor::Device::default();
//! let weights = zoo::Weights::open("path/to/model".as_ref())?.strip_prefix("bert.")?;
//! let table = weights.tensor("embeddings.word_embeddings.weight", [30_522, 384], &device)?;
//! let layer = weights.under("encoder.layer.0.");
//! let query = layer.linear("attention.self.query", 384, 384, &device)?;
//! # Ok(())
//! # }
//! ```
//!
//! **Deliberately absent**: pickle (it can run code), memory maps (a file that shrinks would kill the process),
//! and any guess about what a misnamed tensor may have meant.

mod aside;
mod config;
mod error;
pub mod fetch;
mod file;
pub mod header;
mod home;
mod json;
mod vectors;
mod weights;
mod write;

pub use aside::aside;
pub use config::Checks;
pub use error::ZooError;
pub use fetch::{Fetch, Progress, Source};
pub use home::{HOME_VARIABLE, Home};
pub use json::read_json;
pub use vectors::WordVectors;
pub use weights::{INDEX_FILE, SINGLE_FILE, Under, Weights, side_by_side};
pub use write::{columns, linear_tensors, write_json, write_weights};

//! # Models and data of others, fetched and kept
//!
//! [`Fetch`] gets known models by name, others from the hub, or local files, over HTTPS or from
//! this machine, into [`files::Home`]. Each file is checked before it gets its name.
//!
//! A file is written as `NAME.rungs-part`, checked (size and SHA-256 where they are pinned, the
//! safetensors header where not), flushed to the disk and renamed. Whenever the process dies, a
//! name holds the old file or the new one, and the next run resumes the part. What is complete
//! needs no network.
//!
//! ```no_run
//! # fn main() -> Result<(), fetch::FetchError> {
//! let fetch = fetch::Fetch::new(files::Home::from_env()?);
//! let folder = fetch.run(&fetch::Source::Minilm, &mut |_| {})?;
//! # Ok(())
//! # }
//! ```

mod error;
mod fetching;
mod kept;
mod local;
mod part;
mod request;
mod sources;
mod web;

pub use error::FetchError;
pub use fetching::RECORD;
pub use kept::{Kept, kept};
pub use request::{Fetch, HUB_VARIABLE, Progress};
pub use sources::{GLOVE_FILE, HUB, Hosts, NAMES, NPM, Pin, RAW, SMOLLM2_FILE, STANFORD, Source};

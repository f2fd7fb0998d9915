//! # Passages and their vectors, kept on disk
//!
//! An [`Index`] is one file: which files were read, what each says in which line, and a vector for
//! every different text. [`Index::put`] renews files, [`Index::remove`] takes them out,
//! [`Index::load_vectors`] brings all vectors into memory, and [`VectorTable::nearest`] compares a
//! query with every one of them: exact, no neighbour is missed.
//!
//! **A text is embedded once.** Vectors are kept by a hash of the text, wherever and however often
//! it stands; a file of which one line changed costs one vector.
//!
//! **All or nothing.** A file's new passages become visible together, in one transaction of the
//! store ([redb], B-trees that are copied on write). What a killed run had embedded of files that
//! were not done is kept apart, and the next run takes it from there. One process at a time writes;
//! a second is refused by name.
//!
//! **Kept up to date.** [`renew`] makes an index hold what the files on disk say; a file that did
//! not change is not even split into passages.
//!
//! **No model.** The crate is handed vectors and knows its model by one of them: that of [`PROBE`],
//! which another model, another pooling or other weights do not reproduce.
//!
//! # Layout
//!
//! - `store`: [`Index`], the file, opened, changed and read
//! - `tables`: how passages and vectors lie in it
//! - `vectors`: [`VectorTable`], the vectors in memory and the exact search
//! - `sync`: [`find_files`] and [`renew`], which follow files on disk
//!
//! [redb]: https://www.redb.org

mod error;
mod store;
mod sync;
mod tables;
mod vectors;

use data::Passage;
use serde::{Deserialize, Serialize};

pub use error::IndexError;
pub use store::{Hit, Index, Info, Put, StoredPassage};
pub use sync::{
    FileProgress, FoundFiles, Renewal, Renewed, SourceFile, absolute, find_files, remove_files,
    renew,
};
pub use vectors::{Neighbour, VectorTable};

/// Extensions of the files that are read where a directory is named.
pub const EXTENSIONS: [&str; 4] = ["md", "markdown", "rs", "txt"];

/// Text by whose vector a model is known again.
pub const PROBE: &str = "The quick brown fox jumps over the lazy dog.";

/// Least cosine of two vectors of [`PROBE`] that one model made: devices differ in the sixth digit,
/// models in the first.
const SAME_MODEL: f32 = 0.999;

/// Identity of the model whose vectors an index holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Name that a user gives the model.
    pub name: String,
    /// Text that the model reads before every passage; empty in an index of before there were any.
    #[serde(default)]
    pub prompt: String,
    /// Vector that the model gives [`PROBE`], of any length.
    pub probe: Vec<f32>,
}

impl Model {
    /// Why the vectors of `other` are not this model's, in numbers; `None` if they are.
    pub fn differs(&self, other: &Model) -> Option<String> {
        if self.prompt != other.prompt {
            return Some(format!("the prompt {:?} in place of {:?}", other.prompt, self.prompt));
        }
        let (own, other) = (&self.probe, &other.probe);
        if own.len() != other.len() {
            return Some(format!("{} numbers in place of {}", other.len(), own.len()));
        }
        let mut cosine = 0.0;
        for (a, b) in unit_vector(own.clone()).iter().zip(unit_vector(other.clone())) {
            cosine += a * b;
        }
        if cosine >= SAME_MODEL {
            return None;
        }
        Some(format!("a cosine of {cosine:.3} between the two vectors of one sentence"))
    }
}

/// A file and its passages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePassages {
    /// Path that answers name; a file of the same path is replaced.
    pub path: String,
    /// Digest of the file's bytes, and of how they were made passages: as long as it is the same,
    /// the file counts as unchanged.
    pub digest: [u8; 32],
    /// Passages of the file, in any order.
    pub passages: Vec<Passage>,
}

/// `vector` at unit length; a vector of zeros stays one, and is at right angles to every query.
fn unit_vector(mut vector: Vec<f32>) -> Vec<f32> {
    let mut squares: f32 = 0.0;
    for x in &vector {
        squares += x * x;
    }
    let length = squares.sqrt();
    if length > 0.0 {
        for x in &mut vector {
            *x /= length;
        }
    }
    vector
}

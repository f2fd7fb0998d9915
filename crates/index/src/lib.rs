//! # Passages and their vectors, kept on disk
//!
//! An [`Index`] is one file: which files were read, what each says in which line, and a vector for
//! every text that is said. [`Index::put`] renews files, [`Index::remove`] takes them out,
//! [`Index::scan`] brings all vectors into memory, and [`Scan::nearest`] compares a query with
//! every one of them: exact, no neighbour is missed.
//!
//! **A text is embedded once.** Vectors are kept by the text's own sum, wherever and however often
//! it is said; a file of which one line changed costs one vector.
//!
//! **All or nothing.** A file's new passages become visible together, in one transaction of the
//! store ([redb], B-trees that are copied on write). What a killed run had embedded of files that
//! were not done is kept aside, and the next run takes it from there. One process at a time writes;
//! a second is refused by name.
//!
//! **Kept up to date.** [`renew`] makes an index hold what the files on disk say; a file that did
//! not change is not even split into passages.
//!
//! **No model.** The crate is handed vectors and knows its model by one of them: that of [`PROBE`],
//! which another model, another pooling or other weights do not reproduce.
//!
//! [redb]: https://www.redb.org

mod error;
mod scan;
mod store;
mod sync;
mod tables;

use data::Passage;
use serde::{Deserialize, Serialize};

pub use error::IndexError;
pub use scan::{Near, Scan};
pub use store::{Hit, Index, Info, Put};
pub use sync::{
    Event, Found, READ, Renewal, Renewed, SourceFile, absolute, find_files, remove_files, renew,
};

/// The text by whose vector a model is known again.
pub const PROBE: &str = "The quick brown fox jumps over the lazy dog.";

/// The least cosine of two vectors of [`PROBE`] that one model made: devices differ in the sixth
/// digit, models in the first.
const SAME: f32 = 0.999;

/// Whose vectors an index holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// What a user calls it.
    pub name: String,
    /// Its vector of [`PROBE`], of any length.
    pub probe: Vec<f32>,
}

impl Model {
    /// Why the vectors of `other` are not this model's, in numbers; nothing if they are.
    pub fn differs(&self, other: &Model) -> Option<String> {
        let (own, other) = (&self.probe, &other.probe);
        if own.len() != other.len() {
            return Some(format!("{} numbers in place of {}", other.len(), own.len()));
        }
        let cosine: f32 =
            unit(own.clone()).iter().zip(unit(other.clone())).map(|(a, b)| a * b).sum();
        let same = cosine >= SAME;
        (!same).then(|| format!("a cosine of {cosine:.3} between the two vectors of one sentence"))
    }
}

/// A file and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is called in answers; another of this path is replaced.
    pub path: String,
    /// Of its bytes, and of how they were made passages: as long as it stays, the file counts as
    /// unchanged.
    pub digest: [u8; 32],
    /// In any order.
    pub passages: Vec<Passage>,
}

/// `vector` at unit length; a vector of zeros stays one, and is at right angles to every query.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    vector
}

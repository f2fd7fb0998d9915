//! A checkpoint's tensors by name: checked as a whole first, then read one by one.
//!
//! A loader says what it expects with [`Weights::matches`], then asks for each tensor by the
//! checkpoint's own name. Each is read from its place in the file straight into its own buffer, so
//! peak memory stays near the model's size; f16 and bf16 become f32; NaN and infinity are refused.

mod expect;
mod open;
mod read;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::header::Entry;

pub use open::shard_names;

/// The name of the weights in a model folder.
pub const SINGLE_FILE: &str = "model.safetensors";
/// The name of the list of shards, where the weights are split.
pub const INDEX_FILE: &str = "model.safetensors.index.json";

/// A checkpoint, its headers checked and its data not yet read.
#[derive(Debug)]
pub struct Weights {
    /// What errors name: the file, or the index of its shards.
    pub(crate) path: PathBuf,
    pub(crate) shards: Vec<Shard>,
    pub(crate) tensors: BTreeMap<String, Stored>,
    /// Texts that a single file holds beside its tensors.
    pub(crate) metadata: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
}

#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) shard: usize,
    pub(crate) entry: Entry,
}

impl Weights {
    /// What errors call this checkpoint: its file, or the index of its shards.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A text that whoever wrote the file put beside the tensors; shards have none.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).map(String::as_str)
    }

    /// Every tensor's name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Whether there is a tensor called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The shape of the tensor called `name`, if there is one.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|stored| stored.entry.shape.as_slice())
    }

    /// How the numbers of the tensor called `name` are stored (`F32`), if there is one.
    pub fn dtype(&self, name: &str) -> Option<&'static str> {
        self.tensors.get(name).map(|stored| stored.entry.dtype.name)
    }
}

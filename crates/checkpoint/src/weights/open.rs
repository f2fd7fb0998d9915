//! Opening a checkpoint: one file, or the shards that an index lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use files::{FilesError, Lookalike, PICKLE, read_json};
use serde::Deserialize;

use super::{INDEX_FILE, SINGLE_FILE, Shard, Stored, Weights};
use crate::error::CheckpointError;
use crate::header::Header;

/// Every shard stays open, and a process may hold about 1,000 files open.
const MOST_SHARDS: usize = 512;

impl Weights {
    /// Opens the weights of a model folder: `model.safetensors`, or the shards that
    /// `model.safetensors.index.json` lists. Given a file, opens that. Reads and checks headers
    /// only.
    ///
    /// `gamma` and `beta` of a normalisation, as older checkpoints name them, are `weight` and
    /// `bias` from here on.
    ///
    /// # Errors
    ///
    /// Every header that does not describe its file; a pickle instead of safetensors; an index that
    /// disagrees with its shards; two tensors of one name.
    pub fn open(path: &Path) -> Result<Weights, CheckpointError> {
        let single = path.join(SINGLE_FILE);
        let index = path.join(INDEX_FILE);
        let (path, found) = if !path.is_dir() {
            (path.to_path_buf(), open_single(path)?)
        } else if !single.exists() && index.exists() {
            let found = open_shards(path, &index)?;
            (index, found)
        } else {
            refuse_pickles_only(path, &single)?;
            let found = open_single(&single)?;
            (single, found)
        };
        let Found { shards, stored, metadata } = found;
        let mut weights = Weights { path, shards, tensors: BTreeMap::new(), metadata };
        for one in stored {
            let name = modern_name(&one.entry.name);
            weights.insert(name, one)?;
        }
        Ok(weights)
    }

    /// The same tensors with `prefix` taken off the names that begin with it: checkpoints come with
    /// an architecture's prefix (`bert.`) or without.
    ///
    /// # Errors
    ///
    /// If a name without its prefix is already there.
    pub fn strip_prefix(self, prefix: &str) -> Result<Weights, CheckpointError> {
        self.renamed(|name| name.strip_prefix(prefix).unwrap_or(name).into())
    }

    /// The same tensors under other names.
    ///
    /// # Errors
    ///
    /// If two tensors get one name.
    pub fn renamed(
        mut self,
        new_name: impl Fn(&str) -> String,
    ) -> Result<Weights, CheckpointError> {
        for (name, stored) in std::mem::take(&mut self.tensors) {
            self.insert(new_name(&name), stored)?;
        }
        Ok(self)
    }

    fn insert(&mut self, name: String, stored: Stored) -> Result<(), CheckpointError> {
        let second = stored.entry.name.clone();
        match self.tensors.insert(name.clone(), stored) {
            None => Ok(()),
            Some(first) => Err(CheckpointError::TwoNames {
                path: self.path.clone(),
                tensor: name,
                first: first.entry.name,
                second,
            }),
        }
    }
}

struct Found {
    shards: Vec<Shard>,
    stored: Vec<Stored>,
    metadata: BTreeMap<String, String>,
}

fn open_single(path: &Path) -> Result<Found, CheckpointError> {
    let (header, file) = Header::open(path)?;
    let mut stored = Vec::new();
    for entry in header.entries {
        stored.push(Stored { shard: 0, entry });
    }
    Ok(Found { shards: vec![Shard { path: path.into(), file }], stored, metadata: header.metadata })
}

/// What an index file says: which shard holds which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The names of the shards that the index at `path` lists, sorted, each once.
///
/// # Errors
///
/// An index that is no such JSON, lists nothing, or names something else than a safetensors file
/// beside it.
pub fn shard_names(path: &Path) -> Result<Vec<String>, CheckpointError> {
    let index: Index = read_json(path)?;
    check_shard_names(path, &index)
}

fn check_shard_names(path: &Path, index: &Index) -> Result<Vec<String>, CheckpointError> {
    let names: BTreeSet<&String> = index.weight_map.values().collect();
    if names.is_empty() || names.len() > MOST_SHARDS {
        let problem = format!("expected 1 to {MOST_SHARDS} shards, found {}", names.len());
        return refuse_index(path, problem);
    }
    let mut plain_names = Vec::new();
    for name in names {
        let named = name.ends_with(".safetensors") && !name.starts_with('.') && name.len() <= 255;
        if !named || !name.chars().all(is_plain) {
            let expected = "expected the plain name of a .safetensors file beside it";
            return refuse_index(path, format!("{expected}, found {name:?}"));
        }
        plain_names.push(name.clone());
    }
    Ok(plain_names)
}

/// Whether a character may stand in the name of a shard.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

fn refuse_index<T>(path: &Path, problem: String) -> Result<T, CheckpointError> {
    Err(CheckpointError::Index { path: path.into(), problem })
}

fn open_shards(folder: &Path, path: &Path) -> Result<Found, CheckpointError> {
    let mut index: Index = read_json(path)?;
    let (mut shards, mut stored) = (Vec::new(), Vec::new());
    for name in check_shard_names(path, &index)? {
        let shard = folder.join(&name);
        let (header, file) = Header::open(&shard)?;
        for entry in header.entries {
            match index.weight_map.remove(&entry.name) {
                Some(expected) if expected == name => {}
                Some(expected) => {
                    let problem =
                        format!("expected {:?} in {expected:?}, found it in {name:?}", entry.name);
                    return refuse_index(path, problem);
                }
                None => {
                    let problem =
                        format!("{:?} in {name:?} is not in the index, or is twice", entry.name);
                    return refuse_index(path, problem);
                }
            }
            stored.push(Stored { shard: shards.len(), entry });
        }
        shards.push(Shard { path: shard, file });
    }
    match index.weight_map.first_key_value() {
        None => Ok(Found { shards, stored, metadata: BTreeMap::new() }),
        Some((tensor, shard)) => {
            let problem = format!("expected {tensor:?} in {shard:?}, which does not hold it");
            refuse_index(path, problem)
        }
    }
}

/// A folder with a pickle and without safetensors gets told so, rather than that a file is missing.
fn refuse_pickles_only(folder: &Path, single: &Path) -> Result<(), CheckpointError> {
    if single.exists() {
        return Ok(());
    }
    let Lookalike { found, remedy } = PICKLE;
    for name in ["pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt"] {
        let pickle = folder.join(name);
        if pickle.exists() {
            return Err(FilesError::NotThat {
                path: pickle,
                expected: "model.safetensors in this folder",
                found: found.into(),
                remedy,
            }
            .into());
        }
    }
    Ok(())
}

/// `LayerNorm.gamma` and `LayerNorm.beta` are how TensorFlow names what PyTorch calls `weight` and
/// `bias`.
fn modern_name(name: &str) -> String {
    let Some((module, last)) = name.rsplit_once('.') else { return name.into() };
    let parent = module.rsplit('.').next().unwrap_or(module).to_ascii_lowercase();
    let is_norm = parent.contains("norm") || parent.starts_with("ln");
    match last {
        "gamma" if is_norm => format!("{module}.weight"),
        "beta" if is_norm => format!("{module}.bias"),
        _ => name.into(),
    }
}

//! A checkpoint's tensors by name: checked as a whole first, then read one by one.
//!
//! A loader says what it expects with [`Weights::matches`], then asks for each tensor by the checkpoint's own
//! name. Each is read from its place in the file straight into its own buffer, so peak memory stays near the
//! model's size; f16 and bf16 become f32; NaN and infinity are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use files::{FilesError, Lookalike, PICKLE, read_json};
use half::{bf16, f16};
use serde::Deserialize;

use crate::error::CheckpointError;
use crate::header::{Entry, Header};

/// The name of the weights in a model folder.
pub const SINGLE_FILE: &str = "model.safetensors";
/// The name of the list of shards, where the weights are split.
pub const INDEX_FILE: &str = "model.safetensors.index.json";

/// Every shard stays open, and a process may hold about 1,000 files open.
const MOST_SHARDS: usize = 512;
/// Names compared when a missing one's nearest is looked for: enough for any model, and still quick.
const MOST_COMPARED: usize = 5_000;
/// A name less like the missing one than this is no help (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.7;

/// A checkpoint, its headers checked and its data not yet read.
#[derive(Debug)]
pub struct Weights {
    /// What errors name: the file, or the index of its shards.
    path: PathBuf,
    shards: Vec<Shard>,
    tensors: BTreeMap<String, Stored>,
    /// Of a single file.
    metadata: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    file: File,
}

#[derive(Debug)]
struct Stored {
    shard: usize,
    entry: Entry,
}

impl Weights {
    /// Opens the weights of a model folder: `model.safetensors`, or the shards that
    /// `model.safetensors.index.json` lists. Given a file, opens that. Reads and checks headers only.
    ///
    /// `gamma` and `beta` of a normalisation, as older checkpoints name them, are `weight` and `bias` from here on.
    ///
    /// # Errors
    ///
    /// Every header that does not describe its file; a pickle instead of safetensors; an index that disagrees with
    /// its shards; two tensors of one name.
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

    /// The same tensors with `prefix` taken off the names that begin with it: checkpoints come with an
    /// architecture's prefix (`bert.`) or without.
    ///
    /// # Errors
    ///
    /// If a name without its prefix is already there.
    pub fn strip_prefix(mut self, prefix: &str) -> Result<Weights, CheckpointError> {
        for (name, stored) in std::mem::take(&mut self.tensors) {
            let name = name.strip_prefix(prefix).map(str::to_string).unwrap_or(name);
            self.insert(name, stored)?;
        }
        Ok(self)
    }

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

    /// How many numbered layers there are under `prefix` (`encoder.layer.`).
    pub fn layers(&self, prefix: &str) -> usize {
        let mut numbers = BTreeSet::new();
        for name in self.names() {
            if let Some((number, _)) = name.strip_prefix(prefix).and_then(|rest| rest.split_once('.'))
                && let Ok(number) = number.parse::<usize>()
            {
                numbers.insert(number);
            }
        }
        numbers.len()
    }

    /// Checks that the file has as many layers under `prefix` as its config says. Ask before listing what is
    /// expected of each: a config may say 10^9.
    ///
    /// # Errors
    ///
    /// If the numbers differ, with both.
    pub fn expect_layers(&self, prefix: &str, expected: usize) -> Result<(), CheckpointError> {
        let found = self.layers(prefix);
        if found == expected {
            return Ok(());
        }
        Err(CheckpointError::Layers { path: self.path.clone(), prefix: prefix.into(), expected, found })
    }

    /// Checks the whole checkpoint against what an architecture expects, before any data is read: every expected
    /// tensor is there in its shape and in floats, and nothing else is, except what `allowed` names (`*` stands for
    /// any text: `pooler.*`). Returns the allowed names that are there and not expected, so that a caller can say
    /// what is skipped.
    ///
    /// # Errors
    ///
    /// The first missing name, unused name, wrong shape or unreadable dtype, in this order.
    pub fn matches(
        &self,
        expected: &[(String, Vec<usize>)],
        allowed: &[&str],
    ) -> Result<Vec<String>, CheckpointError> {
        let wanted: BTreeSet<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
        let (skipped, unused): (Vec<&str>, Vec<&str>) = self
            .names()
            .filter(|name| !wanted.contains(name))
            .partition(|name| allowed.iter().any(|pattern| fits(pattern, name)));
        let missing: Vec<&str> =
            expected.iter().map(|(name, _)| name.as_str()).filter(|name| !self.has(name)).collect();
        if let Some(first) = missing.first() {
            return Err(self.missing(first, missing.len() - 1, unused.iter().copied()));
        }
        if let Some(first) = unused.first() {
            return Err(CheckpointError::Unused {
                path: self.path.clone(),
                tensor: (*first).into(),
                more: unused.len() - 1,
                nearest: nearest(first, wanted.iter().copied()),
            });
        }
        for (name, shape) in expected {
            self.expect(name, shape)?;
        }
        Ok(skipped.into_iter().map(str::to_string).collect())
    }

    /// Reads the tensor called `name`, which must have the shape given, as f32.
    ///
    /// # Errors
    ///
    /// A missing name (with the nearest), another shape, numbers other than F32, F16 and BF16, NaN or infinity, or
    /// a file that shrank since it was opened.
    pub fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>, CheckpointError> {
        let values = self.values(name, &shape)?;
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    }

    /// Reads a matrix that PyTorch's `Linear` stored as `[d_out, d_in]` the way burn's multiplies with it:
    /// `[d_in, d_out]`, laid out anew.
    ///
    /// # Errors
    ///
    /// As [`tensor`](Self::tensor).
    pub fn transposed(
        &self,
        name: &str,
        [d_in, d_out]: [usize; 2],
        device: &Device,
    ) -> Result<Tensor<2>, CheckpointError> {
        let values = self.values(name, &[d_out, d_in])?;
        let values = transpose(&values, d_out, d_in);
        Ok(Tensor::from_data(TensorData::new(values, [d_in, d_out]), device))
    }

    /// The numbers of the tensor called `name` in storage order, as f32.
    ///
    /// # Errors
    ///
    /// As [`tensor`](Self::tensor).
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, CheckpointError> {
        let Stored { shard, entry } = self.stored(name, shape)?;
        let shard = &self.shards[*shard];
        let values = match entry.dtype.name {
            "F32" => read(shard, entry, f32::from_le_bytes),
            "F16" => read(shard, entry, |bytes| f16::from_le_bytes(bytes).to_f32()),
            _ => read(shard, entry, |bytes| bf16::from_le_bytes(bytes).to_f32()),
        };
        let values = values.map_err(FilesError::io(&shard.path, "reading"))?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(position) => Err(CheckpointError::NotFinite {
                path: shard.path.clone(),
                tensor: name.into(),
                value: values[position],
                position,
            }),
        }
    }

    /// Checks that `copy`, if the file has it, equals `table`: output weights that are tied to the token table are
    /// sometimes stored twice.
    ///
    /// # Errors
    ///
    /// If they differ in shape or in any number, or cannot be read.
    pub fn expect_tied(&self, copy: &str, table: &str) -> Result<(), CheckpointError> {
        let Some(shape) = self.shape(copy) else { return Ok(()) };
        if self.values(copy, shape)? == self.values(table, shape)? {
            return Ok(());
        }
        Err(CheckpointError::NotTied { path: self.path.clone(), copy: copy.into(), table: table.into() })
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

    /// Checks that the tensor called `name` is there, in this shape and in floats. A size that a config claims is
    /// asked for so before anything is made of that size.
    ///
    /// # Errors
    ///
    /// A missing name (with the nearest), another shape, or numbers other than F32, F16 and BF16.
    pub fn expect(&self, name: &str, shape: &[usize]) -> Result<(), CheckpointError> {
        self.stored(name, shape).map(drop)
    }

    fn stored(&self, name: &str, shape: &[usize]) -> Result<&Stored, CheckpointError> {
        let stored = self.tensors.get(name).ok_or_else(|| self.missing(name, 0, self.names()))?;
        let path = || self.shards[stored.shard].path.clone();
        let Entry { shape: found, dtype, .. } = &stored.entry;
        if found != shape {
            return Err(CheckpointError::Shape {
                path: path(),
                tensor: name.into(),
                expected: shape.into(),
                found: found.clone(),
            });
        }
        match dtype.name {
            "F32" | "F16" | "BF16" => Ok(stored),
            found => Err(CheckpointError::Dtype { path: path(), tensor: name.into(), found }),
        }
    }

    fn missing<'a>(
        &self,
        name: &str,
        more: usize,
        candidates: impl Iterator<Item = &'a str>,
    ) -> CheckpointError {
        CheckpointError::Missing {
            path: self.path.clone(),
            tensor: name.into(),
            more,
            nearest: nearest(name, candidates),
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
    let stored = header.entries.into_iter().map(|entry| Stored { shard: 0, entry }).collect();
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
/// An index that is no such JSON, lists nothing, or names something else than a safetensors file beside it.
pub fn shard_names(path: &Path) -> Result<Vec<String>, CheckpointError> {
    let index: Index = read_json(path)?;
    check_shard_names(path, &index)
}

fn check_shard_names(path: &Path, index: &Index) -> Result<Vec<String>, CheckpointError> {
    let refuse = |problem| Err(CheckpointError::Index { path: path.into(), problem });
    let names: BTreeSet<&String> = index.weight_map.values().collect();
    if names.is_empty() || names.len() > MOST_SHARDS {
        return refuse(format!("expected 1 to {MOST_SHARDS} shards, found {}", names.len()));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    for name in &names {
        let named = name.ends_with(".safetensors") && !name.starts_with('.') && name.len() <= 255;
        if !named || !name.chars().all(plain) {
            return refuse(format!(
                "expected the plain name of a .safetensors file beside it, found {name:?}"
            ));
        }
    }
    Ok(names.into_iter().cloned().collect())
}

fn open_shards(folder: &Path, path: &Path) -> Result<Found, CheckpointError> {
    let refuse = |problem| Err(CheckpointError::Index { path: path.into(), problem });
    let mut index: Index = read_json(path)?;
    let (mut shards, mut stored) = (Vec::new(), Vec::new());
    for name in check_shard_names(path, &index)? {
        let shard = folder.join(&name);
        let (header, file) = Header::open(&shard)?;
        for entry in header.entries {
            match index.weight_map.remove(&entry.name) {
                Some(expected) if expected == name => {}
                Some(expected) => {
                    return refuse(format!(
                        "expected {:?} in {expected:?}, found it in {name:?}",
                        entry.name
                    ));
                }
                None => {
                    return refuse(format!("{:?} in {name:?} is not in the index, or is twice", entry.name));
                }
            }
            stored.push(Stored { shard: shards.len(), entry });
        }
        shards.push(Shard { path: shard, file });
    }
    match index.weight_map.first_key_value() {
        None => Ok(Found { shards, stored, metadata: BTreeMap::new() }),
        Some((tensor, shard)) => refuse(format!("expected {tensor:?} in {shard:?}, which does not hold it")),
    }
}

/// A folder with a pickle and without safetensors gets told so, rather than that a file is missing.
fn refuse_pickles_only(folder: &Path, single: &Path) -> Result<(), CheckpointError> {
    if single.exists() {
        return Ok(());
    }
    let Lookalike { found, remedy } = PICKLE;
    match ["pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt"]
        .iter()
        .find(|n| folder.join(n).exists())
    {
        None => Ok(()),
        Some(name) => Err(FilesError::NotThat {
            path: folder.join(name),
            expected: "model.safetensors in this folder",
            found: found.into(),
            remedy,
        }
        .into()),
    }
}

/// `LayerNorm.gamma` and `LayerNorm.beta` are how TensorFlow names what PyTorch calls `weight` and `bias`.
fn modern_name(name: &str) -> String {
    let modern = |(module, last): (&str, &str)| {
        let parent = module.rsplit('.').next()?.to_ascii_lowercase();
        let last = match last {
            "gamma" => "weight",
            "beta" => "bias",
            _ => return None,
        };
        (parent.contains("norm") || parent.starts_with("ln")).then(|| format!("{module}.{last}"))
    };
    name.rsplit_once('.').and_then(modern).unwrap_or_else(|| name.into())
}

/// Whether `name` fits `pattern`, in which one `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
    }
}

fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    candidates
        .take(MOST_COMPARED)
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(alike, _)| *alike > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_string())
}

/// Reads one tensor, `N` bytes a number.
fn read<const N: usize>(
    shard: &Shard,
    entry: &Entry,
    number: impl Fn([u8; N]) -> f32,
) -> std::io::Result<Vec<f32>> {
    const CHUNK: usize = 1 << 18;
    let mut file = &shard.file;
    file.seek(SeekFrom::Start(entry.start))?;
    let mut left = entry.bytes as usize;
    let mut values = Vec::with_capacity(left / N);
    let mut chunk = vec![0; CHUNK.min(left)];
    while left > 0 {
        let now = &mut chunk[..CHUNK.min(left)];
        file.read_exact(now)?;
        values.extend(now.as_chunks::<N>().0.iter().map(|&bytes| number(bytes)));
        left -= now.len();
    }
    Ok(values)
}

/// `[rows, columns]` laid out as `[columns, rows]`, in blocks that stay in the cache.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let mut out = vec![0.0; values.len()];
    for row_block in (0..rows).step_by(BLOCK) {
        for column_block in (0..columns).step_by(BLOCK) {
            let rows_here = row_block..rows.min(row_block + BLOCK);
            for column in column_block..columns.min(column_block + BLOCK) {
                for row in rows_here.clone() {
                    out[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
    out
}

//! GGUF, the one file in which llama.cpp keeps a model: metadata (sizes, tokenizer, template) and
//! tensors, most of them in blocks of small integers.
//!
//! A file is a magic number, a version, two counts, the metadata, the description of every tensor,
//! then the tensors' bytes, each at a multiple of the alignment. Everything that the file claims is
//! checked against its size before anything is kept for it, in bounded time and memory. Format:
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

pub mod blocks;
mod reader;

use std::collections::BTreeMap;
use std::path::Path;

use files::one_line;
use serde_json::{Map, Value};

use crate::error::CheckpointError;
use crate::header::{Dtype, Entry, check_name};
use crate::weights::{Shard, Stored, Weights};
use blocks::BlockType;
use reader::Reader;

/// First bytes of a GGUF file.
pub const MAGIC: [u8; 4] = *b"GGUF";
/// Versions that are read: version 1 had shorter counts.
const VERSIONS: [u32; 2] = [2, 3];
const MOST_TENSORS: u64 = 100_000;
const MOST_KEYS: u64 = 10_000;
/// The most axes of a tensor (`GGML_MAX_DIMS`).
const MOST_AXES: u32 = 4;
/// Key of the number that every tensor's place is a multiple of, and the number where it is missing.
const ALIGNMENT: (&str, u64) = ("general.alignment", 32);

/// A GGUF file: its header is checked and its tensors are not yet read.
#[derive(Debug)]
pub struct Gguf {
    /// Metadata by key: numbers, texts, and lists of them.
    pub metadata: Map<String, Value>,
    /// The tensors by the names that llama.cpp gives them.
    pub weights: Weights,
}

impl Gguf {
    /// Opens the GGUF file at `path` and checks its header.
    ///
    /// # Errors
    ///
    /// What is no GGUF file, one of another version or of another byte order, a header that does
    /// not describe this file, a tensor in blocks that are not read here.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let mut reader = Reader::open(path)?;
        if reader.bytes::<4>("the magic number")? != MAGIC {
            return reader.refuse("expected a file that begins with GGUF, found another");
        }
        check_version(&mut reader)?;
        let tensors = reader.count("tensors", MOST_TENSORS)?;
        let keys = reader.count("keys", MOST_KEYS)?;
        let metadata = read_metadata(&mut reader, keys)?;
        let mut entries = Vec::new();
        for _ in 0..tensors {
            entries.push(read_entry(&mut reader)?);
        }
        place(&reader, &mut entries, alignment(&reader, &metadata)?)?;
        let mut tensors = BTreeMap::new();
        for entry in entries {
            let name = entry.name.clone();
            if tensors.insert(name.clone(), Stored { shard: 0, entry }).is_some() {
                return reader.refuse_tensor(&name, "expected each name once, found it again");
            }
        }
        let shards = vec![Shard { path: path.into(), file: reader.into_file() }];
        let weights = Weights { path: path.into(), shards, tensors, metadata: BTreeMap::new() };
        Ok(Self { metadata, weights })
    }
}

/// Whether a file is GGUF by its name, so that a broken one is said to be broken, or else by its
/// first bytes.
pub fn is_gguf(path: &Path) -> bool {
    use std::io::Read;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf")) {
        return true;
    }
    let mut beginning = [0; MAGIC.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && beginning == MAGIC
}

fn check_version(reader: &mut Reader<'_>) -> Result<(), CheckpointError> {
    let version = reader.u32("the version")?;
    if VERSIONS.contains(&version) {
        return Ok(());
    }
    if VERSIONS.contains(&version.swap_bytes()) {
        return reader.refuse("expected the little end first, found the big end first");
    }
    reader.refuse(&format!("expected version 2 or 3, found {version}"))
}

fn read_metadata(
    reader: &mut Reader<'_>,
    keys: u64,
) -> Result<Map<String, Value>, CheckpointError> {
    let mut metadata = Map::new();
    for _ in 0..keys {
        let key = reader.text("a key")?;
        if let Err(problem) = check_name(&key) {
            return reader.refuse(&format!("a key like a tensor's name: {problem}"));
        }
        let value = reader.value(&key)?;
        if metadata.insert(key.clone(), value).is_some() {
            return reader.refuse(&format!("expected each key once, found {key:?} again"));
        }
    }
    Ok(metadata)
}

fn alignment(reader: &Reader<'_>, metadata: &Map<String, Value>) -> Result<u64, CheckpointError> {
    let (key, usual) = ALIGNMENT;
    match metadata.get(key) {
        None => Ok(usual),
        Some(value) => match value.as_u64() {
            Some(alignment) if alignment.is_power_of_two() && alignment <= 1 << 20 => Ok(alignment),
            _ => reader.refuse(&format!("expected a power of two at {key}, found {value}")),
        },
    }
}

/// The description of one tensor; its place counts from the first byte of the data.
fn read_entry(reader: &mut Reader<'_>) -> Result<Entry, CheckpointError> {
    let name = reader.text("a tensor's name")?;
    if let Err(problem) = check_name(&name) {
        return reader.refuse(&problem);
    }
    let rank = reader.u32("a rank")?;
    if rank > MOST_AXES {
        let problem = format!("expected a rank of at most {MOST_AXES}, found {rank}");
        return reader.refuse_tensor(&name, &problem);
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        shape.push(reader.u64("an axis")?);
    }
    let number = reader.u32("a type")?;
    let start = reader.u64("a place")?;
    let Some(kind) = BlockType::of(number) else {
        let problem = format!("expected {}, found {}", BlockType::names(), blocks::name_of(number));
        return reader.refuse_tensor(&name, &problem);
    };
    let Some(bytes) = kind.bytes(&shape) else {
        let problem = format!(
            "expected rows of whole blocks of {} numbers of {}, found the shape {shape:?} (first \
             axis first)",
            kind.numbers, kind.name
        );
        return reader.refuse_tensor(&name, &problem);
    };
    // The axis that runs fastest stands first here, last everywhere else.
    shape.reverse();
    let shape = shape.into_iter().map(|axis| axis as usize).collect();
    Ok(Entry { name, dtype: Dtype { name: kind.name }, shape, start, bytes })
}

/// Turns places in the data into places in the file, once it is sure that each lies in the file, at
/// a multiple of the alignment, and that no two overlap.
fn place(
    reader: &Reader<'_>,
    entries: &mut [Entry],
    alignment: u64,
) -> Result<(), CheckpointError> {
    let data_start = reader.position().next_multiple_of(alignment);
    let data_bytes = reader.size().saturating_sub(data_start);
    entries.sort_by_key(|entry| (entry.start, entry.bytes));
    let mut end = 0;
    for entry in entries {
        let Entry { name, start, bytes, .. } = entry;
        if !start.is_multiple_of(alignment) {
            let problem = format!("expected a multiple of {alignment} as its place, found {start}");
            return reader.refuse_tensor(name, &problem);
        }
        if *start < end {
            let problem =
                format!("expected its data from byte {end} on, found an overlap: {start}");
            return reader.refuse_tensor(name, &problem);
        }
        end = match start.checked_add(*bytes) {
            Some(end) if end <= data_bytes => end,
            _ => {
                let problem = format!(
                    "expected {bytes} bytes of data from byte {start} on, found {data_bytes} bytes \
                     of data in all"
                );
                return reader.refuse_tensor(name, &problem);
            }
        };
        entry.start += data_start;
    }
    Ok(())
}

/// The value that stands under `key`, for an error.
pub fn found(metadata: &Map<String, Value>, key: &str) -> String {
    metadata.get(key).map_or("no such key".into(), |value| one_line(&value.to_string()))
}

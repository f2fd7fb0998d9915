//! The header of a safetensors file, read once and checked before anything trusts it.
//!
//! A file is eight bytes of length (little-endian), a JSON object of that length that describes
//! every tensor, then the tensors' bytes. Whatever follows reads by the header, so everything the
//! header claims is checked here against the file's size, in bounded time and memory. Format:
//! <https://github.com/huggingface/safetensors>, section "Format".
//!
//! **Why not the safetensors library's own check.** It takes the last of two tensors of one name,
//! any name and any rank, and where it refuses it says of a hole, an overlap or a wrong size
//! neither what was expected nor what was found.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use files::{FilesError, one_line};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::CheckpointError;

/// A dense model's header is under 200 KB, a mixture of experts' a few MB.
const MOST_HEADER_BYTES: u64 = 16 << 20;
const MOST_TENSORS: usize = 100_000;
const MOST_AXES: usize = 8;
const LONGEST_NAME: usize = 256;
/// The length field before the header.
const LENGTH_BYTES: u64 = 8;

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dtype {
    /// The name in the header: `F32`.
    pub name: &'static str,
}

/// Every dtype that safetensors 0.8 knows, with its width in bits.
const DTYPES: [(&str, u64); 20] = [
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

/// One tensor as its file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, as stored.
    pub name: String,
    /// How its numbers are stored.
    pub dtype: Dtype,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Where its bytes begin, from the start of the file.
    pub start: u64,
    /// How many bytes it takes.
    pub bytes: u64,
}

/// A checked header: its tensors fill the rest of the file without gap or overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The tensors in the order of their bytes.
    pub entries: Vec<Entry>,
    /// Texts by name, which whoever wrote the file put beside them.
    pub metadata: BTreeMap<String, String>,
}

impl Header {
    /// Opens the safetensors file at `path` and checks its header.
    ///
    /// # Errors
    ///
    /// Whatever is not a well-formed safetensors file, by what it is: missing, a folder, empty, a
    /// pickle, a web page, a Git-LFS pointer, a header that does not describe this file.
    pub fn open(path: &Path) -> Result<(Header, File), CheckpointError> {
        let (mut file, size) = files::open(path, "a safetensors file")?;
        files::refuse_lookalikes(path, &mut file)?;
        let text = header_text(path, &mut file, size)?;
        let data_start = LENGTH_BYTES + text.len() as u64;
        Ok((header(path, &text, data_start, size)?, file))
    }
}

fn header_text(path: &Path, file: &mut File, size: u64) -> Result<String, CheckpointError> {
    let refuse = |problem: String| Err(CheckpointError::Header { path: path.into(), problem });
    if size < LENGTH_BYTES {
        return refuse(format!("expected at least {LENGTH_BYTES} bytes, found {size}"));
    }
    let mut length = [0; LENGTH_BYTES as usize];
    file.seek(SeekFrom::Start(0)).map_err(FilesError::io(path, "reading"))?;
    file.read_exact(&mut length).map_err(FilesError::io(path, "reading"))?;
    let length = u64::from_le_bytes(length);
    if length == 0 || length > MOST_HEADER_BYTES {
        return refuse(format!(
            "expected a length of 1 to {MOST_HEADER_BYTES} bytes, found {length}"
        ));
    }
    if length > size - LENGTH_BYTES {
        let left = size - LENGTH_BYTES;
        return refuse(format!(
            "expected {length} bytes of header as its length says, found {left}"
        ));
    }
    let mut text = vec![0; length as usize];
    file.read_exact(&mut text).map_err(FilesError::io(path, "reading"))?;
    String::from_utf8(text).or_else(|error| {
        let position = error.utf8_error().valid_up_to();
        refuse(format!("expected UTF-8, found another byte at position {position}"))
    })
}

fn header(path: &Path, text: &str, data_start: u64, size: u64) -> Result<Header, CheckpointError> {
    let table: Table = serde_json::from_str(text).map_err(|error| CheckpointError::Header {
        path: path.into(),
        problem: format!(
            "expected a JSON object of tensors, found {}",
            one_line(&error.to_string())
        ),
    })?;
    let data_bytes = size - data_start;
    let mut entries = Vec::with_capacity(table.entries.len());
    for (name, raw) in table.entries {
        let entry = check(&raw, data_start, data_bytes).map_err(|problem| {
            CheckpointError::Entry { path: path.into(), tensor: name.clone(), problem }
        })?;
        entries.push(Entry { name, ..entry });
    }
    entries.sort_by_key(|entry| (entry.start, entry.bytes));
    check_gaps(path, &entries, data_start, data_bytes)?;
    Ok(Header { entries, metadata: table.metadata })
}

/// One entry by itself: its dtype is known, its offsets lie in the file and are as wide as its
/// shape.
fn check(raw: &RawEntry, data_start: u64, data_bytes: u64) -> Result<Entry, String> {
    let &(name, width) = DTYPES.iter().find(|(name, _)| *name == raw.dtype).ok_or_else(|| {
        format!("expected a known dtype such as F32, found {:?}", one_line(&raw.dtype))
    })?;
    let [start, end] = raw.data_offsets;
    if start > end {
        return Err(format!("expected offsets that rise, found [{start}, {end}]"));
    }
    if end > data_bytes {
        return Err(format!(
            "expected data up to byte {end}, found a file with {data_bytes} bytes of data"
        ));
    }
    let axes = &raw.shape.0;
    // Axes of zero hide an overflow of the others, so the others are multiplied on their own.
    let bits = axes
        .iter()
        .try_fold(width, |product, &axis| product.checked_mul(axis.max(1)))
        .filter(|bits| bits % 8 == 0 && usize::try_from(*bits).is_ok())
        .ok_or_else(|| format!("expected a size in whole bytes, found shape {axes:?} of {name}"))?;
    let bytes = if axes.contains(&0) { 0 } else { bits / 8 };
    if bytes != end - start {
        let found = end - start;
        return Err(format!("expected {bytes} bytes for shape {axes:?} of {name}, found {found}"));
    }
    let shape = axes.iter().map(|&axis| axis as usize).collect();
    Ok(Entry {
        name: String::new(),
        dtype: Dtype { name },
        shape,
        start: data_start + start,
        bytes,
    })
}

/// All entries together: they follow each other from the first byte of the data to the last of the
/// file.
fn check_gaps(
    path: &Path,
    entries: &[Entry],
    data_start: u64,
    data_bytes: u64,
) -> Result<(), CheckpointError> {
    let mut end = data_start;
    for entry in entries {
        if entry.start != end {
            let what = if entry.start > end { "a hole" } else { "an overlap" };
            let (expected, found) = (end - data_start, entry.start - data_start);
            return Err(CheckpointError::Entry {
                path: path.into(),
                tensor: entry.name.clone(),
                problem: format!(
                    "expected its data at byte {expected}, found {what}: it begins at {found}"
                ),
            });
        }
        end += entry.bytes;
    }
    let used = end - data_start;
    if used != data_bytes {
        let problem = format!(
            "expected {used} bytes of data, found {data_bytes}: bytes after the last tensor"
        );
        return Err(CheckpointError::Header { path: path.into(), problem });
    }
    Ok(())
}

/// The JSON object as it stands, each bound checked while it is read.
struct Table {
    entries: Vec<(String, RawEntry)>,
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    dtype: String,
    shape: Axes,
    data_offsets: [u64; 2],
}

struct Axes(Vec<u64>);

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TableVisitor;

        impl<'de> Visitor<'de> for TableVisitor {
            type Value = Table;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Table, M::Error> {
                let (mut entries, mut metadata) = (Vec::new(), BTreeMap::new());
                let mut seen = HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    check_name(&name).map_err(M::Error::custom)?;
                    if !seen.insert(name.clone()) {
                        return Err(M::Error::custom(format!("tensor {name:?} twice")));
                    }
                    if entries.len() == MOST_TENSORS {
                        return Err(M::Error::custom(format!("more than {MOST_TENSORS} tensors")));
                    }
                    if name == "__metadata__" {
                        metadata = map.next_value::<Metadata>()?.0;
                    } else {
                        let entry = map.next_value::<RawEntry>();
                        let entry =
                            entry.map_err(|e| M::Error::custom(format!("tensor {name:?}: {e}")))?;
                        entries.push((name, entry));
                    }
                }
                Ok(Table { entries, metadata })
            }
        }

        from.deserialize_map(TableVisitor)
    }
}

/// A name that can be printed and cannot be mistaken for a way through folders.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(format!("a tensor name of {} bytes, expected 1 to {LONGEST_NAME}", name.len()));
    }
    if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("the tensor name {name:?}, expected printable ASCII without spaces"));
    }
    if name.starts_with('/') || name.split(['/', '\\']).any(|part| part == "..") {
        return Err(format!("the tensor name {name:?}, expected no path"));
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Axes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AxesVisitor;

        impl<'de> Visitor<'de> for AxesVisitor {
            type Value = Axes;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "a list of at most {MOST_AXES} sizes")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Axes, S::Error> {
                let mut axes = Vec::new();
                while let Some(axis) = list.next_element()? {
                    if axes.len() == MOST_AXES {
                        return Err(S::Error::custom(format!("a rank above {MOST_AXES}")));
                    }
                    axes.push(axis);
                }
                Ok(Axes(axes))
            }
        }

        from.deserialize_seq(AxesVisitor)
    }
}

/// `__metadata__`: texts by name.
struct Metadata(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct MetadataVisitor;

        impl<'de> Visitor<'de> for MetadataVisitor {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("texts by name in __metadata__")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Metadata, M::Error> {
                let mut texts = BTreeMap::new();
                while let Some((key, text)) = map.next_entry::<String, String>()? {
                    if texts.insert(key.clone(), text).is_some() {
                        return Err(M::Error::custom(format!("{key:?} twice in __metadata__")));
                    }
                }
                Ok(Metadata(texts))
            }
        }

        from.deserialize_map(MetadataVisitor)
    }
}

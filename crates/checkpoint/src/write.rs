//! Weights in the form that others read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use burn::tensor::{DType, TensorData};
use files::{FilesError, aside};
use serde_json::{Map, Value, json};

use crate::error::CheckpointError;

/// What transformers looks for before it reads a file: the library that laid it out.
const LAID_OUT_BY: (&str, &str) = ("format", "pt");
/// The tensors' bytes begin at a multiple of this (safetensors, section "Format").
const ALIGNED: usize = 8;

/// Writes tensors of f32 by name, and texts by name beside them, as a safetensors file, aside and
/// renamed: a kill leaves the old file or the new one. (The library's own writer goes by a
/// temporary file of another name each time, which a kill leaves behind, and which only its owner
/// may read.)
///
/// # Errors
///
/// If the folder cannot be written to, or is full; the old file stays then, and nothing of the new
/// one.
///
/// # Panics
///
/// If a tensor holds other numbers than f32, or two have one name.
pub fn write_weights(
    path: &Path,
    tensors: &[(String, TensorData)],
    metadata: &[(&str, &str)],
) -> Result<(), CheckpointError> {
    let mut header = Map::new();
    let mut texts = Map::new();
    texts.insert(LAID_OUT_BY.0.into(), LAID_OUT_BY.1.into());
    for &(name, text) in metadata {
        texts.insert(name.into(), text.into());
    }
    header.insert("__metadata__".into(), Value::Object(texts));
    let mut end = 0;
    for (name, data) in tensors {
        assert!(data.dtype() == DType::F32, "{name}: expected f32, found {:?}", data.dtype());
        let start = end;
        end += data.as_bytes().len();
        let entry =
            json!({"dtype": "F32", "shape": data.shape().to_vec(), "data_offsets": [start, end]});
        assert!(header.insert(name.clone(), entry).is_none(), "two tensors are called {name}");
    }
    let mut header = Value::Object(header).to_string();
    header.push_str(&" ".repeat(header.len().next_multiple_of(ALIGNED) - header.len()));
    aside(path, |part| {
        write_file(part, &header, tensors).map_err(FilesError::io(path, "writing"))
    })?;
    Ok(())
}

/// The length of the header, the header, and the tensors' bytes in their order.
fn write_file(path: &Path, header: &str, tensors: &[(String, TensorData)]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    for (_, data) in tensors {
        out.write_all(data.as_bytes())?;
    }
    out.flush()
}

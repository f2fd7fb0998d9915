//! Every malformed file gets one clear line; every well-formed one is read right.

mod config;
mod container;
mod exercises;
mod gguf;
mod meaning;
mod vectors;
mod walk;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use checkpoint::CheckpointError;
use tempfile::TempDir;

/// A small real checkpoint, recorded from PyTorch.
pub fn golden_bert() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/bert"))
}

/// A folder with `bytes` as its `model.safetensors`.
pub fn model(bytes: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.safetensors"), bytes).unwrap();
    folder
}

/// A safetensors file of this header and this much zeroed data.
pub fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

/// A safetensors file with f32 tensors.
pub fn floats(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), bytes)| {
        (
            name.to_string(),
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes)
                .unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}

/// Asserts that an error is one printable line that holds each of `texts` and ends in advice.
#[track_caller]
pub fn assert_says<T>(result: Result<T, CheckpointError>, texts: &[&str]) {
    let line = match result {
        Ok(_) => panic!("it was accepted; expected an error with {texts:?}"),
        Err(error) => error.to_string(),
    };
    for text in texts {
        assert!(line.contains(text), "expected {text:?} in: {line}");
    }
    assert!(!line.chars().any(char::is_control), "control characters in: {line:?}");
    assert!(line.len() < 1500, "too long: {line}");
}

/// Opens a model folder, for its error.
pub fn open(path: &Path) -> Result<checkpoint::Weights, CheckpointError> {
    checkpoint::Weights::open(path)
}

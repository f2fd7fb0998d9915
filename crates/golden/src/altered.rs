//! A recorded model with something changed: what a test of bad files begins with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use tempfile::TempDir;

/// A tensor as it is stored: its type, its shape, its bytes.
pub type Stored = (Dtype, Vec<usize>, Vec<u8>);

/// A copy of the recorded model `name` whose configuration and weights were changed.
///
/// # Panics
///
/// If the recorded files are not there, or what is changed cannot be written.
pub fn altered(
    name: &str,
    config: impl FnOnce(&mut Value),
    weights: impl FnOnce(&mut BTreeMap<String, Stored>),
) -> TempDir {
    let from = crate::directory().join(name);
    let to = tempfile::tempdir().expect("a folder for the copy");
    for file in ["cases.json", "expected.safetensors"] {
        fs::copy(from.join(file), to.path().join(file)).expect("a recorded file");
    }
    let json = fs::read(from.join("config.json")).expect("a recorded file");
    let mut json: Value = serde_json::from_slice(&json).expect("a recorded configuration");
    config(&mut json);
    fs::write(to.path().join("config.json"), json.to_string()).expect("the copy's configuration");
    let bytes = fs::read(from.join("model.safetensors")).expect("a recorded file");
    let recorded = SafeTensors::deserialize(&bytes).expect("recorded weights");
    let mut tensors = BTreeMap::new();
    for (name, view) in recorded.iter() {
        let stored = (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        tensors.insert(name.to_string(), stored);
    }
    weights(&mut tensors);
    store(&tensors, &to.path().join("model.safetensors"));
    to
}

/// Writes tensors as a safetensors file.
///
/// # Panics
///
/// If a shape does not fit its bytes, or the file cannot be written.
pub fn store(tensors: &BTreeMap<String, Stored>, path: &Path) {
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).expect("bytes of the shape"))
    });
    safetensors::serialize_to_file(views, None, path).expect("the copy's weights");
}

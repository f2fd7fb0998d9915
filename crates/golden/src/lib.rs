//! # Recorded reference values
//!
//! What PyTorch and transformers answered, read back into tensors. The files lie in `tests/golden/`
//! together with the scripts that made them; nothing here needs Python.
//!
//! Masks in these files are PyTorch's (1 = keep), those of the course are burn's (`true` = hidden):
//! tests turn them round where they read them.

mod altered;
mod carried;
mod compare;
mod draw;
mod folder;
mod inputs;

use std::path::PathBuf;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use files::Home;
use serde_json::Value;

pub use altered::{Stored, altered, store};
pub use carried::carried_bert;
pub use compare::{
    assert_close, assert_data_close, assert_gradients_close, max_abs_error, max_abs_error_of_data,
};
pub use draw::draw_in_order;
pub use folder::{Case, Folder, GoldenError};

/// Where the recorded files lie in the repository.
pub fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden"))
}

/// The folder of all-MiniLM-L6-v2, whose answers lie in `tests/golden/minilm/`;
/// `cargo rungs fetch minilm` puts it there.
///
/// # Panics
///
/// If no folder of downloads is known for this user.
pub fn minilm() -> PathBuf {
    Home::from_env().unwrap_or_else(|error| panic!("{error}")).model("minilm")
}

/// The GGUF file of SmolLM2-135M-Instruct, whose answers lie in `tests/golden/smollm2/`;
/// `cargo rungs fetch smollm2` puts it there.
///
/// # Panics
///
/// If no folder of downloads is known for this user.
pub fn smollm2() -> PathBuf {
    let home = Home::from_env().unwrap_or_else(|error| panic!("{error}"));
    home.model("smollm2").join("SmolLM2-135M-Instruct.Q4_1.gguf")
}

/// The folder of WordLlama's table, whose answers lie in `tests/golden/wordllama/`;
/// `cargo rungs fetch wordllama` puts it there.
///
/// # Panics
///
/// If no folder of downloads is known for this user.
pub fn wordllama() -> PathBuf {
    Home::from_env().unwrap_or_else(|error| panic!("{error}")).model("wordllama")
}

/// One file of `tests/golden/parts/`: the values of one part of a transformer.
#[derive(Debug, Clone)]
pub struct Part {
    name: String,
    value: Value,
}

/// Reads `tests/golden/parts/{name}.json`.
///
/// # Panics
///
/// If the file is missing or not JSON: it is part of the repository.
pub fn part(name: &str) -> Part {
    file(&format!("parts/{name}.json"))
}

/// Reads a JSON file of `tests/golden/`.
///
/// # Panics
///
/// If the file is missing or not JSON: it is part of the repository.
pub fn file(name: &str) -> Part {
    let path = directory().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Part { name: name.into(), value }
}

impl Part {
    /// The value at a JSON pointer without its leading slash: `cases/causal/output`.
    ///
    /// # Panics
    ///
    /// If nothing is there.
    pub fn at(&self, pointer: &str) -> &Value {
        self.value
            .pointer(&format!("/{pointer}"))
            .unwrap_or_else(|| panic!("{} has nothing at {pointer:?}", self.name))
    }

    /// A number.
    ///
    /// # Panics
    ///
    /// If there is none at the pointer.
    pub fn number(&self, pointer: &str) -> f64 {
        self.at(pointer)
            .as_f64()
            .unwrap_or_else(|| panic!("{}: {pointer:?} is no number", self.name))
    }

    /// How far an f32 computation may lie from these values, as the file itself says.
    pub fn tolerance(&self) -> f32 {
        self.number("tolerance_for_f32") as f32
    }

    /// Nested lists as a float tensor of rank `D`.
    ///
    /// # Panics
    ///
    /// If the lists do not nest to `D` levels of equal lengths.
    pub fn tensor<const D: usize>(&self, pointer: &str, device: &Device) -> Tensor<D> {
        let (values, shape) = self.array::<D>(pointer);
        let values: Vec<f32> = values.into_iter().map(|x| x as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// Nested lists of whole numbers as an integer tensor of rank `D`.
    ///
    /// # Panics
    ///
    /// If the lists do not nest to `D` levels of equal lengths.
    pub fn ids<const D: usize>(&self, pointer: &str, device: &Device) -> Tensor<D, Int> {
        let (values, shape) = self.array::<D>(pointer);
        let values: Vec<i64> = values.into_iter().map(|x| x as i64).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// A recorded mask (1 = keep) as the course's (`true` = hidden).
    ///
    /// # Panics
    ///
    /// If the lists do not nest to `D` levels of equal lengths.
    pub fn mask<const D: usize>(&self, pointer: &str, device: &Device) -> Tensor<D, Bool> {
        self.ids::<D>(pointer, device).equal_scalar(0)
    }

    fn array<const D: usize>(&self, pointer: &str) -> (Vec<f64>, [usize; D]) {
        let value = self.at(pointer);
        let mut shape = [0; D];
        let mut inner = value;
        for axis in &mut shape {
            let list = inner.as_array().unwrap_or_else(|| panic!("{pointer:?} has rank below {D}"));
            *axis = list.len();
            inner = &list[0];
        }
        let mut values = Vec::new();
        flatten(value, &mut values);
        assert_eq!(
            values.len(),
            shape.iter().product::<usize>(),
            "{pointer:?} is ragged or of rank above {D}"
        );
        (values, shape)
    }
}

fn flatten(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Array(list) => list.iter().for_each(|inner| flatten(inner, into)),
        number => into.push(number.as_f64().expect("recorded arrays hold numbers")),
    }
}

//! A whole model and what it answered: `config.json`, weights, `cases.json`, `expected.safetensors`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use zoo::ZooError;
use zoo::header::Header;

/// Why a folder is not a recorded model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoldenError {
    /// One of its files.
    #[error(transparent)]
    File(#[from] ZooError),
    /// The recorded tensors cannot be read.
    #[error("{path:?}: reading failed: {source}; check the path and its permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A tensor that `cases.json` names and `expected.safetensors` lacks, or holds in another form.
    #[error("{path:?}: tensor {tensor:?}: expected {expected}, found {found}; record the folder again")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// Its name, `case.tensor`.
        tensor: String,
        /// What `cases.json` says.
        expected: String,
        /// What is there.
        found: String,
    },
}

/// One recorded run of the model.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Its name.
    pub case: String,
    /// What went in, with shapes.
    pub inputs: BTreeMap<String, Vec<usize>>,
    /// What came out, with shapes.
    pub outputs: BTreeMap<String, Vec<usize>>,
    /// Which positions count: `all positions`, `where attention_mask is 1`, or `exact`.
    pub compare: String,
}

#[derive(Debug, Deserialize)]
struct Cases {
    suggested_tolerance: Tolerance,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Tolerance {
    max_abs: f32,
}

/// A recorded model.
#[derive(Debug)]
pub struct Folder {
    /// Where it lies.
    pub path: PathBuf,
    /// How far an f32 run may be off, as the folder itself says.
    pub tolerance: f32,
    /// The recorded runs.
    pub cases: Vec<Case>,
    recorded: Vec<u8>,
}

impl Folder {
    /// Reads `cases.json` and checks `expected.safetensors`.
    ///
    /// # Errors
    ///
    /// A file that is missing or not what it should be.
    pub fn open(path: &Path) -> Result<Self, GoldenError> {
        let cases: Cases = zoo::read_json(&path.join("cases.json"))?;
        let expected = path.join("expected.safetensors");
        Header::open(&expected)?; // our own check before the library reads it
        let recorded =
            std::fs::read(&expected).map_err(|source| GoldenError::Io { path: expected, source })?;
        Ok(Self {
            path: path.into(),
            tolerance: cases.suggested_tolerance.max_abs,
            cases: cases.cases,
            recorded,
        })
    }

    /// A recorded input or output of `case`, f32 or i64.
    ///
    /// # Errors
    ///
    /// If it is not there, or of another shape than `cases.json` says.
    pub fn tensor(&self, case: &Case, name: &str) -> Result<TensorData, GoldenError> {
        let key = format!("{}.{name}", case.case);
        let refuse = |expected: String, found: String| GoldenError::Tensor {
            path: self.path.join("expected.safetensors"),
            tensor: key.clone(),
            expected,
            found,
        };
        let all = SafeTensors::deserialize(&self.recorded)
            .map_err(|error| refuse("a safetensors file".into(), error.to_string()))?;
        let view = all.tensor(&key).map_err(|_| refuse("a recorded tensor".into(), "none".into()))?;
        let shape = case.inputs.get(name).or_else(|| case.outputs.get(name));
        if let Some(shape) = shape.filter(|shape| *shape != view.shape()) {
            return Err(refuse(format!("shape {shape:?}"), format!("{:?}", view.shape())));
        }
        let shape = view.shape().to_vec();
        match view.dtype() {
            Dtype::F32 => Ok(TensorData::new(read(view.data(), f32::from_le_bytes), shape)),
            Dtype::I64 => Ok(TensorData::new(read(view.data(), i64::from_le_bytes), shape)),
            other => Err(refuse("F32 or I64".into(), format!("{other:?}"))),
        }
    }

    /// An input of `case`, or `None` where the run was not given it.
    ///
    /// # Errors
    ///
    /// As [`Folder::tensor`].
    pub fn input(&self, case: &Case, name: &str) -> Result<Option<TensorData>, GoldenError> {
        case.inputs.contains_key(name).then(|| self.tensor(case, name)).transpose()
    }
}

fn read<const N: usize, T>(bytes: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
    bytes.chunks_exact(N).map(|chunk| from(chunk.try_into().expect("chunks of N bytes"))).collect()
}

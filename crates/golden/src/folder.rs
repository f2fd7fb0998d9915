//! A whole model and what it answered: `config.json`, weights, `cases.json`,
//! `expected.safetensors`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use checkpoint::header::Header;
use checkpoint::{CheckpointError, Weights};
use files::{FilesError, one_line, shortened};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

/// Why a folder is not a recorded model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoldenError {
    /// A file of the folder could not be read, or is another file.
    #[error(transparent)]
    File(#[from] FilesError),
    /// Tensors that are not well-formed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A tensor that `cases.json` names and `expected.safetensors` lacks, or holds in another form.
    #[error(
        "{path:?}: tensor \"{}\": expected {}, found {}; record the folder again",
        files::one_line(tensor),
        files::one_line(expected),
        files::one_line(found)
    )]
    Tensor {
        /// File that should hold the tensor.
        path: PathBuf,
        /// Name of the tensor, `case.tensor`.
        tensor: String,
        /// Form that `cases.json` gives.
        expected: String,
        /// Form that the file holds.
        found: String,
    },
    /// An input that does not fit the model, or a case that says something that cannot be.
    #[error(
        "{path:?}: case \"{}\", {}: {}; record the folder again",
        one_line(case),
        one_line(input),
        shortened(problem)
    )]
    Input {
        /// Path of the list of cases.
        path: PathBuf,
        /// Name of the case.
        case: String,
        /// Name of the input, or of another key of the case.
        input: String,
        /// What was expected, and what came.
        problem: String,
    },
}

/// What [`Case::compare`] may say.
const COMPARE: [&str; 3] = ["all positions", ONLY_KEPT, "exact"];
/// Says that answers at tokens which the attention mask hides are not compared.
const ONLY_KEPT: &str = "where attention_mask is 1";

/// One recorded run of the model.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Name of the case.
    pub case: String,
    /// Names of what went in, with shapes.
    pub inputs: BTreeMap<String, Vec<usize>>,
    /// Names of what came out, with shapes.
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

/// A recorded model and what it answered.
///
/// ```no_run
/// let folder = golden::Folder::open("tests/golden/tiny-bert".as_ref())?;
/// for case in &folder.cases {
///     let ids = folder.tensor(case, "input_ids")?;
///     println!("{}: ids of shape {:?}", case.case, ids.shape());
/// }
/// # Ok::<(), golden::GoldenError>(())
/// ```
#[derive(Debug)]
pub struct Folder {
    /// Folder that holds the model.
    pub path: PathBuf,
    /// How far an f32 run may be off, as the folder itself says.
    pub tolerance: f32,
    /// Recorded runs of the model.
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
        let list = path.join("cases.json");
        let cases: Cases = files::read_json(&list)?;
        let tolerance = cases.suggested_tolerance.max_abs;
        if !tolerance.is_finite() || tolerance < 0.0 {
            let problem = format!("expected a finite number from 0 on, found {tolerance}");
            let key = "suggested_tolerance.max_abs".into();
            return Err(FilesError::Json { path: list, key, problem }.into());
        }
        let expected = path.join("expected.safetensors");
        Header::open(&expected)?; // our own check before the library reads it
        let recorded = std::fs::read(&expected).map_err(FilesError::io(&expected, "reading"))?;
        let folder = Self { path: path.into(), tolerance, cases: cases.cases, recorded };
        folder.check_cases()?;
        Ok(folder)
    }

    /// Checks what the cases say of themselves: names that differ, something to compare, and a way
    /// to compare it that is known.
    fn check_cases(&self) -> Result<(), GoldenError> {
        let mut names = BTreeSet::new();
        for case in &self.cases {
            if !names.insert(&case.case) {
                return self.refuse(case, "case", "expected another name, found it twice".into());
            }
            if case.outputs.is_empty() {
                return self.refuse(case, "outputs", "expected answers, found none".into());
            }
            if !COMPARE.contains(&case.compare.as_str()) {
                let expected = COMPARE.map(|known| format!("{known:?}")).join(", ");
                let problem = format!("expected one of {expected}, found {:?}", case.compare);
                return self.refuse(case, "compare", problem);
            }
        }
        Ok(())
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
        let view =
            all.tensor(&key).map_err(|_| refuse("a recorded tensor".into(), "none".into()))?;
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

    /// The largest error of an answer to `case` where it counts: not at tokens that the attention
    /// mask hides, which libraries leave to chance.
    ///
    /// # Errors
    ///
    /// As [`Folder::tensor`], or if the answer has another shape than what is recorded.
    pub fn error(&self, case: &Case, name: &str, answer: &TensorData) -> Result<f32, GoldenError> {
        let expected = self.tensor(case, name)?;
        if answer.shape() != expected.shape() {
            return Err(GoldenError::Tensor {
                path: self.path.join("expected.safetensors"),
                tensor: format!("{}.{name}", case.case),
                expected: format!("an answer of shape {:?}", expected.shape()),
                found: format!("{:?}", answer.shape()),
            });
        }
        match (case.compare.as_str(), self.input(case, "attention_mask")?) {
            (ONLY_KEPT, Some(mask)) if has_tokens(answer, &mask) => {
                Ok(largest_where_kept(answer, &expected, &mask))
            }
            _ => Ok(crate::max_abs_error_of_data(answer, &expected)),
        }
    }

    /// The largest error of every gradient by the checkpoint's own names, or `None` where the
    /// folder records none.
    ///
    /// # Errors
    ///
    /// A file that is not what it should be; a gradient that is recorded and not answered, or of
    /// another shape.
    pub fn gradient_errors(
        &self,
        answers: &[(String, TensorData)],
    ) -> Result<Option<Vec<(String, f32)>>, GoldenError> {
        let path = self.path.join("gradients.safetensors");
        if !path.exists() {
            return Ok(None);
        }
        let recorded = Weights::open(&path)?;
        let mut errors = Vec::new();
        for name in recorded.names() {
            let shape = recorded.shape(name).unwrap_or_default();
            let found =
                answers.iter().find(|(answer, data)| answer == name && data.shape()[..] == *shape);
            let Some((_, answer)) = found else {
                return Err(GoldenError::Tensor {
                    path: path.clone(),
                    tensor: name.into(),
                    expected: format!("a gradient of shape {shape:?}"),
                    found: "no such answer".into(),
                });
            };
            let expected = TensorData::new(recorded.values(name, shape)?, shape.to_vec());
            errors.push((name.to_string(), crate::max_abs_error_of_data(answer, &expected)));
        }
        Ok(Some(errors))
    }

    /// How far this answer to `case` may be off on a device that is allowed `tolerance`: not at all
    /// where IDs were recorded.
    pub fn allowed(&self, case: &Case, tolerance: f32) -> f32 {
        if case.compare == "exact" { 0.0 } else { tolerance }
    }

    /// An input of `case`, or `None` where the run was not given it.
    ///
    /// # Errors
    ///
    /// As [`Folder::tensor`].
    pub fn input(&self, case: &Case, name: &str) -> Result<Option<TensorData>, GoldenError> {
        if !case.inputs.contains_key(name) {
            return Ok(None);
        }
        self.tensor(case, name).map(Some)
    }
}

/// Whether an answer is one of tokens that `kept`, `[batch, tokens]`, says something of:
/// `[batch, tokens, ..]` or `[batch, heads, tokens, ..]`.
fn has_tokens(answer: &TensorData, kept: &TensorData) -> bool {
    let [batch, tokens] = kept.shape()[..] else { return false };
    match answer.shape()[..] {
        [b, _, queries, _] => b == batch && queries == tokens,
        [b, t, ..] => b == batch && t == tokens,
        _ => false,
    }
}

/// The largest difference in the rows of tokens that `kept`, `[batch, tokens]`, keeps of
/// `[batch, tokens, ..]` or `[batch, heads, tokens, ..]`.
fn largest_where_kept(answer: &TensorData, expected: &TensorData, kept: &TensorData) -> f32 {
    let shape = answer.shape();
    let (heads, inner) = match shape[..] {
        [_, heads, _, keys] => (heads, keys),
        _ => (1, shape[2..].iter().product()),
    };
    let tokens = kept.shape()[1];
    let kept: Vec<i64> = kept.iter().collect();
    let mut worst: f32 = 0.0;
    for (i, (found, expected)) in answer.iter::<f32>().zip(expected.iter::<f32>()).enumerate() {
        let row = i / inner;
        if kept[row / tokens / heads * tokens + row % tokens] == 1 {
            worst = worst.max(crate::compare::difference(found, expected));
        }
    }
    worst
}

fn read<const N: usize, T>(bytes: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
    bytes.chunks_exact(N).map(|chunk| from(chunk.try_into().expect("chunks of N bytes"))).collect()
}

//! A table of token vectors with the tokenizer beside it: a module of `modules.json`, or a folder of
//! nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use checkpoint::{CheckpointError, Checks, Load, Walk, Weights};
use files::FilesError;
use lookup::TokenEmbedding;
use tokens::Tokenizer;

use crate::error::SentenceError;
use crate::{Body, Reading, SentenceEncoder, VectorStage};

/// Name of a table's tensor.
const TABLE: &str = "embedding.weight";
/// Name of a table's tensor as model2vec writes it.
const MODEL2VEC_TABLE: &str = "embeddings";
/// File of the tokenizer.
const TOKENIZER: &str = "tokenizer.json";

/// Whether a folder holds a tokenizer and weights, and nothing that says what model they are of:
/// then they are read as a table of token vectors.
pub fn is_table(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).exists();
    has(TOKENIZER)
        && !has("config.json")
        && !has("modules.json")
        && !weight_files(folder).is_empty()
}

impl SentenceEncoder {
    /// Loads a table of which nothing more is said: texts are read by the mean, at unit length.
    pub(super) fn open_bare_table(folder: &Path, device: &Device) -> Result<Self, SentenceError> {
        let files = weight_files(folder);
        let [file] = &files[..] else {
            let mut names = Vec::with_capacity(files.len());
            for file in &files {
                names.push(file.file_name().unwrap_or_default().to_string_lossy());
            }
            let error = FilesError::NotThat {
                path: folder.into(),
                expected: "one safetensors file, the table that tokenizer.json is of",
                found: format!("{}: {names:?}", files.len()),
                remedy: "put the table and its tokenizer into a folder of their own",
            };
            return Err(error.into());
        };
        let encoder = Self::open_table(folder, file, device)?;
        let reading = Reading { stages: vec![VectorStage::Normalise], ..encoder.reading() };
        Ok(encoder.with_reading(reading))
    }

    /// Loads the table in `file`, and the tokenizer in `folder`.
    pub(super) fn open_table(
        folder: &Path,
        file: &Path,
        device: &Device,
    ) -> Result<Self, SentenceError> {
        let (tokenizer, limit) = Tokenizer::open_alone(&folder.join(TOKENIZER))?;
        let weights = Weights::open(file)?;
        let (name, [vocab, d_model]) = table_of(&weights)?;
        weights.matches(&[(name.into(), vec![vocab, d_model])], &[])?;
        let mut table =
            TokenEmbedding { weight: Param::from_tensor(Tensor::zeros([vocab, d_model], device)) };
        Load::new(&weights, device).tensor(name, &mut table.weight)?;
        tokenizer.check_vocab(vocab)?;
        Ok(Self::with_body(tokenizer, Body::Table(table), limit, 0, device))
    }
}

/// Name and sizes of the table in a file.
fn table_of(weights: &Weights) -> Result<(&'static str, [usize; 2]), CheckpointError> {
    let checks = Checks::of(weights.path());
    let name = if weights.has(MODEL2VEC_TABLE) { MODEL2VEC_TABLE } else { TABLE };
    match weights.shape(name) {
        Some(&[vocab, d_model]) if vocab > 0 && d_model > 0 => Ok((name, [vocab, d_model])),
        Some(shape) => {
            let problem = format!("expected a table, [tokens, width], found the shape {shape:?}");
            checks.refuse(name, problem)
        }
        None => {
            let first = weights.names().next().unwrap_or("no tensor");
            let problem = format!(
                "expected a table of token vectors under this name or {MODEL2VEC_TABLE:?}, found \
                 {first:?} first; a model that is no table has a config.json beside it"
            );
            checks.refuse(name, problem)
        }
    }
}

/// The safetensors files of a folder, by name.
fn weight_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "safetensors") {
            files.push(path);
        }
    }
    files.sort();
    files
}

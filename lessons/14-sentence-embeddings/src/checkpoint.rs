//! A sentence model's folder, which holds more than an encoder.
//!
//! `modules.json` says what follows the encoder, `1_Pooling/config.json` how it pools,
//! `sentence_bert_config.json` how long a text may be and whether it is lower-cased. A model that
//! pools by `[CLS]` and is read as mean-pooled is silently wrong, so all of these files are read,
//! and a setting that is not known here is refused by its name.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use burn::tensor::Device;
use checkpoint::CheckpointError;
use encoder::Bert;
use encoder::checkpoint::{LoadedBert, load_bert};
use files::FilesError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokens::{Tokenizer, TokensError};

use crate::{Pooling, Reading, SentenceEncoder};

/// Number of texts that go through the encoder together by default, as in the
/// sentence-transformers library.
const BATCH: usize = 32;
/// Number of special tokens of a text: `[CLS]` and `[SEP]`.
const SPECIAL_TOKENS: usize = 2;

/// Why a folder is not a sentence encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SentenceError {
    /// One of its files could not be read or written, or holds a value that cannot be.
    #[error(transparent)]
    File(#[from] FilesError),
    /// Its encoder could not be read or written.
    #[error(transparent)]
    Encoder(#[from] CheckpointError),
    /// Its tokenizer could not be read or written.
    #[error(transparent)]
    Tokenizer(#[from] TokensError),
}

/// One line of `modules.json`.
#[derive(Debug, Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Name of the file that says how much of a text is read, see [`Limits`].
const LIMITS: &str = "sentence_bert_config.json";

/// What `sentence_bert_config.json` says.
#[derive(Debug, Default, Deserialize)]
struct Limits {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// What `config_sentence_transformers.json` says of prompts.
#[derive(Debug, Default, Deserialize)]
struct Prompts {
    default_prompt_name: Option<String>,
}

/// What `tokenizer_config.json` says of lengths; libraries write 1e30 for "no limit".
#[derive(Debug, Default, Deserialize)]
struct TokenizerLimit {
    model_max_length: Option<f64>,
}

/// What `1_Pooling/config.json` says: the newer form names the mode, the older has a switch for
/// each.
#[derive(Debug, Deserialize)]
struct PoolingConfig {
    #[serde(alias = "embedding_dimension")]
    word_embedding_dimension: Option<usize>,
    pooling_mode: Option<String>,
    #[serde(flatten)]
    switches: BTreeMap<String, Value>,
}

/// What `modules.json` describes.
struct Pipeline {
    transformer: PathBuf,
    pooling: Pooling,
    unit: bool,
    /// The file that configures the pooling, and the encoder's width by it.
    width: Option<(PathBuf, usize)>,
}

impl SentenceEncoder {
    /// Loads a sentence model, or a plain BERT folder (then: mean pooling, vectors of any length).
    ///
    /// # Errors
    ///
    /// A file that is missing or not what it should be, a module, pooling or architecture not known
    /// here, a tokenizer with ids beyond the token table.
    pub fn open(folder: &Path, device: &Device) -> Result<Self, SentenceError> {
        let Pipeline { transformer, pooling, unit, width } = pipeline(folder)?;
        let LoadedBert { model, config, .. } = load_bert(&transformer, device)?;
        if let Some((path, width)) = width
            && width != config.d_model
        {
            let problem = format!("expected the encoder's width {}, found {width}", config.d_model);
            return Err(refused(&path, "word_embedding_dimension", problem).into());
        }
        let encoder = Self::new(Tokenizer::open(&transformer)?, model, device)?;
        let reading = Reading { pooling, unit, ..encoder.reading };
        Ok(encoder.with_limits_of(&transformer)?.with_reading(reading))
    }

    /// The encoder with the limit and the lower-casing of a folder that
    /// [`SentenceEncoder::save_tokenizer`] wrote.
    ///
    /// # Errors
    ///
    /// A file that is not what it should be, or a limit that leaves room for no token.
    pub fn with_limits_of(self, folder: &Path) -> Result<Self, FilesError> {
        let limits: Limits = read_optional(&folder.join(LIMITS))?;
        let limit = limit(folder, &limits, self.limit)?;
        Ok(Self { limit, lower_case: limits.do_lower_case, ..self })
    }

    /// An encoder of one's own: mean pooling, vectors of any length, texts as long as there are
    /// positions.
    ///
    /// # Errors
    ///
    /// A tokenizer without `[PAD]`, or with ids beyond the token table.
    pub fn new(tokenizer: Tokenizer, bert: Bert, device: &Device) -> Result<Self, TokensError> {
        tokenizer.check_vocab(bert.embeddings.tokens.vocab())?;
        let pad = tokenizer.pad_id()?;
        Ok(Self {
            tokenizer,
            reading: Reading { layers: bert.layers.len(), pooling: Pooling::Mean, unit: false },
            limit: bert.max_tokens(),
            lower_case: false,
            pad,
            batch: BATCH,
            bert,
            device: device.clone(),
        })
    }
}

impl SentenceEncoder {
    /// Writes the whole model into `folder`, which the sentence-transformers library opens too.
    ///
    /// # Errors
    ///
    /// A folder that cannot be made or written to.
    pub fn save(&self, folder: &Path) -> Result<(), SentenceError> {
        let pooling = folder.join("1_Pooling");
        if let Err(source) = std::fs::create_dir_all(&pooling) {
            let error = FilesError::Io { path: pooling, action: "making the folder", source };
            return Err(error.into());
        }
        encoder::checkpoint::save(&self.bert, folder)?;
        self.save_tokenizer(folder)?;
        let config = self.reading.pooling.config(self.bert.d_model());
        files::write_json(&pooling.join("config.json"), &config)?;
        let mut modules = vec![module(0, "Transformer", ""), module(1, "Pooling", "1_Pooling")];
        if self.reading.unit {
            modules.push(module(2, "Normalize", "2_Normalize"));
        }
        // Last: a folder without it would be read as a plain encoder.
        Ok(files::write_json(&folder.join("modules.json"), &json!(modules))?)
    }

    /// Writes the tokenizer, the limit and the lower-casing.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written to.
    pub fn save_tokenizer(&self, folder: &Path) -> Result<(), SentenceError> {
        self.tokenizer.save(folder, self.limit)?;
        let limits = json!({"max_seq_length": self.limit, "do_lower_case": self.lower_case});
        Ok(files::write_json(&folder.join(LIMITS), &limits)?)
    }
}

/// One line of `modules.json`, as [`Module`] reads it.
fn module(idx: usize, kind: &str, path: &str) -> Value {
    let kind = format!("sentence_transformers.models.{kind}");
    json!({"idx": idx, "name": idx.to_string(), "path": path, "type": kind})
}

impl Pooling {
    /// What [`PoolingConfig`] reads, in the older form, which every version knows.
    fn config(self, width: usize) -> Value {
        json!({
            "word_embedding_dimension": width,
            "pooling_mode_cls_token": self == Pooling::Cls,
            "pooling_mode_mean_tokens": self == Pooling::Mean,
            "pooling_mode_max_tokens": self == Pooling::Max,
        })
    }
}

/// The most tokens of a text: by the sentence model, else by its tokenizer, and never more than
/// there are positions.
fn limit(folder: &Path, limits: &Limits, max_tokens: usize) -> Result<usize, FilesError> {
    let tokenizer: TokenizerLimit = read_optional(&folder.join("tokenizer_config.json"))?;
    let limit = match (limits.max_seq_length, tokenizer.model_max_length) {
        (Some(tokens), _) => tokens.min(max_tokens),
        (None, Some(tokens)) if tokens >= 1.0 => (tokens as usize).min(max_tokens),
        (None, _) => max_tokens,
    };
    if limit < SPECIAL_TOKENS {
        let path = folder.join(LIMITS);
        let problem =
            format!("expected room for [CLS] and [SEP] ({SPECIAL_TOKENS} tokens), found {limit}");
        return Err(refused(&path, "max_seq_length", problem));
    }
    Ok(limit)
}

/// Reads `modules.json` and what it points to; without it the folder is a plain encoder.
fn pipeline(folder: &Path) -> Result<Pipeline, FilesError> {
    let path = folder.join("modules.json");
    let mut pipeline = Pipeline {
        transformer: folder.to_path_buf(),
        pooling: Pooling::Mean,
        unit: false,
        width: None,
    };
    if !path.exists() {
        return Ok(pipeline);
    }
    refuse_prompts(folder)?;
    let modules: Vec<Module> = files::read_json(&path)?;
    let mut kinds = Vec::with_capacity(modules.len());
    for module in &modules {
        let (_, kind) = module.kind.rsplit_once('.').unwrap_or(("", &module.kind));
        kinds.push(kind);
    }
    match kinds[..] {
        ["Transformer", "Pooling"] => {}
        ["Transformer", "Pooling", "Normalize"] => pipeline.unit = true,
        _ => {
            let problem =
                format!("expected Transformer, Pooling and perhaps Normalize, found {kinds:?}");
            return Err(refused(&path, "type", problem));
        }
    }
    pipeline.transformer = inside(folder, &modules[0].path, &path)?;
    let pooling = inside(folder, &modules[1].path, &path)?.join("config.json");
    let config: PoolingConfig = files::read_json(&pooling)?;
    pipeline.pooling = config.pooling(&pooling)?;
    if let Some(width) = config.word_embedding_dimension {
        pipeline.width = Some((pooling, width));
    }
    Ok(pipeline)
}

// ANCHOR: read_pooling
impl PoolingConfig {
    /// The one pooling that is switched on; `path` is where this was read.
    fn pooling(&self, path: &Path) -> Result<Pooling, FilesError> {
        let mut modes: Vec<&str> = Vec::new();
        modes.extend(self.pooling_mode.as_deref());
        if modes.is_empty() {
            for (key, on) in &self.switches {
                if let Some(mode) = key.strip_prefix("pooling_mode_")
                    && *on == Value::Bool(true)
                {
                    modes.push(mode);
                }
            }
        }
        match modes[..] {
            ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
            ["cls" | "cls_token"] => Ok(Pooling::Cls),
            ["max" | "max_tokens"] => Ok(Pooling::Max),
            _ => {
                let problem = format!("expected one of mean, cls and max, found {modes:?}");
                Err(refused(path, "pooling_mode", problem))
            }
        }
    }
}
// ANCHOR_END: read_pooling

/// Refuses a model with a default prompt: a text put before every other changes every vector.
fn refuse_prompts(folder: &Path) -> Result<(), FilesError> {
    let path = folder.join("config_sentence_transformers.json");
    let prompts: Prompts = read_optional(&path)?;
    match prompts.default_prompt_name {
        Some(name) => {
            Err(refused(&path, "default_prompt_name", format!("expected null, found {name:?}")))
        }
        None => Ok(()),
    }
}

/// The longest name of a module's folder, in bytes: that of the usual file systems.
const LONGEST_NAME: usize = 255;

/// A folder that a module names, which must lie inside the model's own.
fn inside(folder: &Path, name: &str, named_by: &Path) -> Result<PathBuf, FilesError> {
    if name.len() > LONGEST_NAME {
        let found = name.len();
        let problem = format!("expected a name of at most {LONGEST_NAME} bytes, found {found}");
        return Err(refused(named_by, "path", problem));
    }
    for part in Path::new(name).components() {
        if !matches!(part, Component::Normal(_) | Component::CurDir) {
            let problem = format!("expected a folder inside the model's, found {name:?}");
            return Err(refused(named_by, "path", problem));
        }
    }
    Ok(folder.join(name))
}

fn read_optional<T: Default + DeserializeOwned>(path: &Path) -> Result<T, FilesError> {
    if path.exists() { files::read_json(path) } else { Ok(T::default()) }
}

fn refused(path: &Path, key: &str, problem: String) -> FilesError {
    FilesError::Json { path: path.into(), key: key.into(), problem }
}

//! A sentence model's folder: more than its encoder.
//!
//! `modules.json` says what follows the encoder, `1_Pooling/config.json` how it pools,
//! `sentence_bert_config.json` how long a text may be and whether it is lower-cased. A model that
//! pools by `[CLS]` and is read as mean-pooled is silently wrong, so all of it is read, and what is
//! not known here is refused by its name.

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

use crate::{Pooling, SentenceEncoder};

/// Texts that go through the encoder together, unless said otherwise.
const BATCH: usize = 32;
/// `[CLS]` and `[SEP]`.
const SPECIAL_TOKENS: usize = 2;

/// Why a folder is not a sentence encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SentenceError {
    /// One of its files could not be read or written, or says what cannot be.
    #[error(transparent)]
    File(#[from] FilesError),
    /// Its encoder.
    #[error(transparent)]
    Encoder(#[from] CheckpointError),
    /// Its tokenizer.
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

/// How much of a text is read, see [`Limits`].
const LIMITS: &str = "sentence_bert_config.json";

/// `sentence_bert_config.json`.
#[derive(Debug, Default, Deserialize)]
struct Limits {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// `config_sentence_transformers.json`.
#[derive(Debug, Default, Deserialize)]
struct Prompts {
    default_prompt_name: Option<String>,
}

/// `tokenizer_config.json`, as far as lengths go; libraries write 1e30 for "no limit".
#[derive(Debug, Default, Deserialize)]
struct TokenizerLimit {
    model_max_length: Option<f64>,
}

/// `1_Pooling/config.json`: the newer form names the mode, the older has a switch for each.
#[derive(Debug, Deserialize)]
struct PoolingConfig {
    #[serde(alias = "embedding_dimension")]
    word_embedding_dimension: Option<usize>,
    pooling_mode: Option<String>,
    #[serde(flatten)]
    switches: BTreeMap<String, serde_json::Value>,
}

/// What `modules.json` describes.
struct Pipeline {
    transformer: PathBuf,
    pooling: Pooling,
    unit: bool,
    /// What the pooling's configuration says of the encoder's width, and where.
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
        if let Some((path, width)) = width.filter(|&(_, width)| width != config.d_model) {
            let problem = format!("expected the encoder's width {}, found {width}", config.d_model);
            return Err(refused(&path, "word_embedding_dimension", problem).into());
        }
        let encoder = Self::new(Tokenizer::open(&transformer)?, model, device)?;
        Ok(Self { pooling, unit, ..encoder.with_limits_of(&transformer)? })
    }

    /// Reads as much of a text, and in such letters, as a folder says that
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
            layers: bert.layers.len(),
            limit: bert.embeddings.positions.weight.dims()[0],
            bert,
            pooling: Pooling::Mean,
            unit: false,
            batch: BATCH,
            parallel: false,
            lower_case: false,
            pad,
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
        let refused =
            |source| FilesError::Io { path: pooling.clone(), action: "making the folder", source };
        std::fs::create_dir_all(&pooling).map_err(refused)?;
        encoder::checkpoint::save(&self.bert, folder)?;
        self.save_tokenizer(folder)?;
        files::write_json(&pooling.join("config.json"), &self.pooling.config(self.bert.d_model()))?;
        let kinds = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")];
        let modules = kinds.iter().take(if self.unit { 3 } else { 2 }).enumerate();
        let modules: Vec<_> = modules
            .map(|(idx, (kind, path))| {
                let kind = format!("sentence_transformers.models.{kind}");
                json!({"idx": idx, "name": idx.to_string(), "path": path, "type": kind})
            })
            .collect();
        // Last: a folder without it would be read as a plain encoder.
        Ok(files::write_json(&folder.join("modules.json"), &json!(modules))?)
    }

    /// Writes the tokenizer, and how much of a text is read in which letters.
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

impl Pooling {
    /// What [`PoolingConfig`] reads, in the older form, which every version knows.
    fn config(self, width: usize) -> Value {
        json!({
            "word_embedding_dimension": width, "pooling_mode_cls_token": self == Pooling::Cls,
            "pooling_mode_mean_tokens": self == Pooling::Mean, "pooling_mode_max_tokens": self == Pooling::Max,
        })
    }
}

/// The most tokens of a text: what the sentence model says, else its tokenizer, and never more than
/// there are positions.
fn limit(folder: &Path, limits: &Limits, max_tokens: usize) -> Result<usize, FilesError> {
    let tokenizer: TokenizerLimit = read_optional(&folder.join("tokenizer_config.json"))?;
    let longest = tokenizer.model_max_length.filter(|&n| n >= 1.0).map(|n| n as usize);
    let limit = limits.max_seq_length.or(longest).unwrap_or(max_tokens).min(max_tokens);
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
    let kinds: Vec<&str> =
        modules.iter().map(|m| m.kind.rsplit('.').next().unwrap_or_default()).collect();
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
    pipeline.width = config.word_embedding_dimension.map(|width| (pooling, width));
    Ok(pipeline)
}

// ANCHOR: read_pooling
impl PoolingConfig {
    fn pooling(&self, path: &Path) -> Result<Pooling, FilesError> {
        let switched = self.switches.iter().filter(|(_, on)| **on == serde_json::Value::Bool(true));
        let modes: Vec<&str> = match &self.pooling_mode {
            Some(mode) => vec![mode],
            None => switched.filter_map(|(key, _)| key.strip_prefix("pooling_mode_")).collect(),
        };
        match modes[..] {
            ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
            ["cls" | "cls_token"] => Ok(Pooling::Cls),
            ["max" | "max_tokens"] => Ok(Pooling::Max),
            _ => Err(refused(
                path,
                "pooling_mode",
                format!("expected one of mean, cls and max, found {modes:?}"),
            )),
        }
    }
}
// ANCHOR_END: read_pooling

/// A text that a model silently puts before every other would change every vector.
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

/// A folder that a module names, which must lie inside the model's own.
fn inside(folder: &Path, name: &str, named_by: &Path) -> Result<PathBuf, FilesError> {
    if Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    {
        return Ok(folder.join(name));
    }
    Err(refused(named_by, "path", format!("expected a folder inside the model's, found {name:?}")))
}

fn read_optional<T: Default + DeserializeOwned>(path: &Path) -> Result<T, FilesError> {
    if path.exists() { files::read_json(path) } else { Ok(T::default()) }
}

fn refused(path: &Path, key: &str, problem: String) -> FilesError {
    FilesError::Json { path: path.into(), key: key.into(), problem }
}

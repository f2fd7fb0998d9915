//! What a folder says of prompts, lengths and lower-casing.

use std::collections::BTreeMap;
use std::path::Path;

use files::FilesError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::refused;
use crate::Prompts;

/// Number of special tokens of a text: `[CLS]` and `[SEP]`.
const SPECIAL_TOKENS: usize = 2;

/// File that says what a whole model is, see [`ModelConfig`].
pub(super) const MODEL: &str = "config_sentence_transformers.json";
/// The one kind of model that is read here, which a file that names none means too.
const SENTENCE_TRANSFORMER: &str = "SentenceTransformer";
/// Name of the cosine in [`MODEL`].
pub(super) const COSINE: &str = "cosine";
/// Name of the dot product in [`MODEL`].
pub(super) const DOT: &str = "dot";
/// Names of functions that compare two vectors; the library passes over any other.
const SIMILARITIES: [&str; 4] = [COSINE, DOT, "euclidean", "manhattan"];

/// Names of the file that says how much of a text is read, see [`Limits`]: the first that is there
/// and not empty counts (sentence-transformers 6.2, `Transformer.load_config`).
pub(super) const LIMITS: [&str; 7] = [
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
];

/// What [`MODEL`] says (sentence-transformers 6.2, `BaseModel._parse_model_config` and
/// `SentenceTransformer._parse_model_config`).
#[derive(Debug, Default, Deserialize)]
pub(super) struct ModelConfig {
    model_type: Option<String>,
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
    similarity_fn_name: Option<String>,
    pub truncate_dim: Option<usize>,
}

impl ModelConfig {
    /// Reads and checks the file of a folder, which may lack it.
    pub fn read(folder: &Path) -> Result<Self, FilesError> {
        let path = folder.join(MODEL);
        let config: Self = read_optional(&path)?;
        if let Some(found) = &config.model_type
            && found != SENTENCE_TRANSFORMER
        {
            let problem = format!("expected {SENTENCE_TRANSFORMER:?}, found {found:?}");
            return Err(refused(&path, "model_type", problem));
        }
        if config.truncate_dim == Some(0) {
            let problem = "expected at least one number of a vector, found 0".into();
            return Err(refused(&path, "truncate_dim", problem));
        }
        let prompts = config.prompts(true);
        if let Some(name) = &prompts.default
            && !prompts.by_name.contains_key(name)
        {
            let known: Vec<&String> = prompts.by_name.keys().collect();
            let problem = format!("expected one of the prompts {known:?}, found {name:?}");
            return Err(refused(&path, "default_prompt_name", problem));
        }
        Ok(config)
    }

    /// The prompts by name, those of the file before the empty ones of every model.
    pub fn prompts(&self, pooled: bool) -> Prompts {
        let mut prompts =
            Prompts { default: self.default_prompt_name.clone(), pooled, ..Prompts::default() };
        for (name, text) in &self.prompts {
            prompts.by_name.insert(name.clone(), text.clone().unwrap_or_default());
        }
        prompts
    }

    /// Name of the function that vectors are compared by.
    pub fn similarity(&self) -> String {
        match self.similarity_fn_name.as_deref() {
            Some(name) if SIMILARITIES.contains(&name) => name.into(),
            _ => COSINE.into(),
        }
    }
}

/// What a file of [`LIMITS`] says of lengths.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Limits {
    max_seq_length: Option<usize>,
    #[serde(default)]
    pub do_lower_case: bool,
}

impl Limits {
    /// Reads the file of a folder that counts, and its name.
    pub fn read(folder: &Path) -> Result<(&'static str, Self), FilesError> {
        for name in LIMITS {
            let path = folder.join(name);
            let keys: BTreeMap<String, Value> = read_optional(&path)?;
            if !keys.is_empty() {
                check_keys(&path, &keys)?;
                return Ok((name, files::read_json(&path)?));
            }
        }
        Ok((LIMITS[0], Self::default()))
    }
}

/// Refuses what would change the vectors and is not done here: the keys are the parameters of the
/// library's `Transformer`, and one that it does not have is an error there too.
fn check_keys(path: &Path, keys: &BTreeMap<String, Value>) -> Result<(), FilesError> {
    for (key, found) in keys {
        let expected = match key.as_str() {
            // A GPU's fast attention may leave padding out: the same vectors.
            "max_seq_length" | "do_lower_case" | "unpad_inputs" => continue,
            "transformer_task" => json!("feature-extraction"),
            "module_output_name" => json!("token_embeddings"),
            "modality_config" => {
                json!({"text": {"method": "forward", "method_output_name": "last_hidden_state"}})
            }
            _ => Value::Null,
        };
        if *found != expected && !says_nothing(found) {
            let problem = format!("expected {expected}, found {found}");
            return Err(refused(path, key, problem));
        }
    }
    Ok(())
}

/// Whether a value is null, or an object of nothing but `trust_remote_code`, which the library
/// takes out.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(keys) => keys.keys().all(|key| key == "trust_remote_code"),
        _ => false,
    }
}

/// What `tokenizer_config.json` says of lengths; libraries write 1e30 for "no limit".
#[derive(Debug, Default, Deserialize)]
struct TokenizerLimit {
    model_max_length: Option<f64>,
}

/// The most tokens of a text: by the sentence model, else by its tokenizer, and never more than
/// there are positions. `name` is the file that says the first.
pub(super) fn limit(
    folder: &Path,
    name: &str,
    limits: &Limits,
    max_tokens: usize,
) -> Result<usize, FilesError> {
    let tokenizer: TokenizerLimit = read_optional(&folder.join("tokenizer_config.json"))?;
    let limit = match (limits.max_seq_length, tokenizer.model_max_length) {
        (Some(tokens), _) => tokens.min(max_tokens),
        (None, Some(tokens)) if tokens >= 1.0 => (tokens as usize).min(max_tokens),
        (None, _) => max_tokens,
    };
    if limit < SPECIAL_TOKENS {
        let problem =
            format!("expected room for [CLS] and [SEP] ({SPECIAL_TOKENS} tokens), found {limit}");
        return Err(refused(&folder.join(name), "max_seq_length", problem));
    }
    Ok(limit)
}

/// Reads a JSON file that may be missing.
fn read_optional<T: Default + DeserializeOwned>(path: &Path) -> Result<T, FilesError> {
    if path.exists() { files::read_json(path) } else { Ok(T::default()) }
}

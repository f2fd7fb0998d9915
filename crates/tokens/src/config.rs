//! What the files around a tokenizer's vocabulary say, and which of them holds.
//!
//! The order of precedence is that of the transformers library, 5.24
//! (`PreTrainedTokenizerBase._from_pretrained` and `TokenizersBackend.__init__`):
//!
//! 1. `tokenizer_config.json` says the settings. `add_bos_token` and `add_eos_token` hold only where
//!    there is no tokenizer.json: its `post_processor` says it otherwise.
//! 2. Where `tokenizer_config.json` has an `added_tokens_decoder`, it alone says how tokens are
//!    added, and `special_tokens_map.json` and `added_tokens.json` are not read. Without it
//!    `special_tokens_map.json` goes over `tokenizer_config.json`, and `added_tokens` of
//!    tokenizer.json over `added_tokens.json`.
//! 3. `truncation_side` and `padding_side`: `tokenizer_config.json`, else `direction` in
//!    tokenizer.json, else what the class has.
//! 4. The class: see `Class::choose`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use files::one_line;
use serde_json::{Map, Value};
use tokenizers::AddedToken;

use crate::error::TokensError;

/// The roles of special tokens, in the order in which transformers adds them
/// (`SPECIAL_TOKENS_ATTRIBUTES`).
pub(crate) const ROLES: [&str; 7] = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"];

/// What older libraries call the special tokens without a name.
const OLDER_EXTRA: &str = "additional_special_tokens";

/// The file in which older libraries wrote the special tokens.
const MAP: &str = "special_tokens_map.json";

/// What the files of a folder say of its tokenizer, tokenizer.json itself left out.
#[derive(Default)]
pub(crate) struct Config {
    /// Path of tokenizer_config.json, for errors.
    pub path: PathBuf,
    /// Content of tokenizer_config.json, with that of special_tokens_map.json where it holds.
    values: Map<String, Value>,
    /// Keys of which the value is that of special_tokens_map.json.
    in_map: BTreeSet<String>,
    /// Added tokens by ID, as tokenizer_config.json or added_tokens.json have them.
    pub added: BTreeMap<u64, AddedToken>,
    /// Whether tokenizer_config.json alone says how tokens are added.
    pub has_added_tokens_decoder: bool,
    /// Kind of the model in config.json.
    pub model_type: Option<String>,
    /// Name of the tokenizer's class, by tokenizer_config.json, else by config.json.
    pub class: Option<String>,
    /// File and key that say the class, else the kind of model, else that could: for errors.
    class_place: (PathBuf, &'static str),
}

impl Config {
    /// Reads the files of a folder, as far as they are there.
    pub fn read(folder: &Path) -> Result<Self, TokensError> {
        let path = folder.join("tokenizer_config.json");
        let model_path = folder.join("config.json");
        let model = read_object(&model_path)?.unwrap_or_default();
        let values = read_object(&path)?.unwrap_or_default();
        let mut config = Self { path, values, ..Self::default() };
        config.model_type = model.get("model_type").and_then(Value::as_str).map(String::from);
        let by_model = model.get("tokenizer_class").and_then(Value::as_str).map(String::from);
        let own = config.text("tokenizer_class")?;
        config.class_place = match (&own, &by_model) {
            (Some(_), _) => (config.path.clone(), "tokenizer_class"),
            (None, Some(_)) => (model_path, "tokenizer_class"),
            (None, None) if model_path.exists() => (model_path, "model_type"),
            (None, None) if config.path.exists() => (config.path.clone(), "tokenizer_class"),
            (None, None) => (folder.into(), "tokenizer_class"),
        };
        config.class = own.or(by_model);
        config.read_values(Some(folder))?;
        Ok(config)
    }

    /// The same of values that stand at `path` in another form.
    pub fn of(path: &Path, values: Map<String, Value>) -> Result<Self, TokensError> {
        let mut config = Self {
            path: path.into(),
            class_place: (path.into(), "tokenizer_class"),
            values,
            ..Self::default()
        };
        config.read_values(None)?;
        Ok(config)
    }

    /// Checks the values and takes the added tokens from them or from the folder's older files.
    fn read_values(&mut self, folder: Option<&Path>) -> Result<(), TokensError> {
        for key in ["do_lower_case", "strip_accents", "tokenize_chinese_chars"] {
            self.flag(key)?; // also where the class does not ask
        }
        match self.values.get("added_tokens_decoder") {
            None => folder.map_or(Ok(()), |folder| self.read_older_files(folder))?,
            Some(Value::Object(tokens)) => {
                self.has_added_tokens_decoder = true;
                for (id, value) in tokens {
                    let expected = format!("an id and its token at added_tokens_decoder.{id}");
                    let (Ok(id), Some(token)) = (id.parse(), added_token(value, false)) else {
                        return Err(wrong(&self.path, expected, &value.to_string()));
                    };
                    self.added.insert(id, token);
                }
            }
            Some(other) => {
                let expected = "tokens by id at \"added_tokens_decoder\"".into();
                return Err(wrong(&self.path, expected, &other.to_string()));
            }
        }
        Ok(())
    }

    /// Takes over special_tokens_map.json and added_tokens.json, as older libraries wrote them.
    fn read_older_files(&mut self, folder: &Path) -> Result<(), TokensError> {
        for (key, mut value) in read_object(&folder.join(MAP))?.unwrap_or_default() {
            self.in_map.insert(key.clone());
            if let Some(token) = value.as_object_mut() {
                token.insert("special".into(), Value::Bool(true));
            }
            if key == OLDER_EXTRA {
                if self.has_named_extra() || self.extra_values().is_empty() {
                    self.values.insert(key, value);
                }
                continue;
            }
            match (self.values.get_mut(&key), &value) {
                (Some(Value::Array(tokens)), Value::Array(more)) => tokens.extend(more.clone()),
                _ => drop(self.values.insert(key, value)),
            }
        }
        let path = folder.join("added_tokens.json");
        for (text, id) in read_object(&path)?.unwrap_or_default() {
            let Some(id) = id.as_u64() else {
                return Err(wrong(&path, format!("an id at {text:?}"), &id.to_string()));
            };
            let special = self.names(&text);
            if let Some(other) = self.added.insert(id, AddedToken::from(text.clone(), special)) {
                let (first, second) = (other.content, text);
                return Err(TokensError::DuplicateId { path, id, first, second });
            }
        }
        Ok(())
    }

    /// The error of a class by which the files are not read.
    pub fn refused_class(&self, expected: String) -> TokensError {
        let (path, key) = self.class_place.clone();
        let name = self.class.as_ref().or(self.model_type.as_ref());
        let found = name.map_or("none".into(), |name| format!("{name:?}"));
        TokensError::Class { path, key, expected, found }
    }

    /// Whether a special token is said to have this text.
    fn names(&self, text: &str) -> bool {
        let mut named = self.extra_values();
        for role in ROLES {
            named.extend(self.values.get(&format!("{role}_token")));
        }
        let mut tokens = named.into_iter().filter_map(|value| added_token(value, true));
        tokens.any(|token| token.content == text)
    }

    /// The flag at a key, if there is one.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, TokensError> {
        match self.values.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => {
                let expected = format!("true or false at {key:?}");
                Err(self.wrong_at(key, expected, other))
            }
        }
    }

    /// The error of a value, by the file that it stands in.
    fn wrong_at(&self, key: &str, expected: String, found: &Value) -> TokensError {
        let in_map = self.in_map.contains(key);
        let path = if in_map { self.path.with_file_name(MAP) } else { self.path.clone() };
        wrong(&path, expected, &found.to_string())
    }

    /// The text at a key, if there is one.
    pub fn text(&self, key: &str) -> Result<Option<String>, TokensError> {
        match self.values.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.wrong_at(key, format!("a text at {key:?}"), other)),
        }
    }

    /// The texts of the list at a key, if there is one.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<String>>, TokensError> {
        let Some(value) = self.values.get(key).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|_| self.wrong_at(key, format!("a list of texts at {key:?}"), value))
    }

    /// Whether the files say what kind of tokenizer it is, or of model.
    pub fn says_kind(&self) -> bool {
        self.class.is_some() || self.model_type.is_some()
    }

    /// Whether there is anything but null at a key.
    pub fn has(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|value| !value.is_null())
    }

    /// What is said of a role's token: nothing, that there is none, or the token and whether it is
    /// a text alone.
    #[allow(clippy::option_option, reason = "null says that there is no such token")]
    pub fn role(&self, role: &str) -> Result<Option<Option<(AddedToken, bool)>>, TokensError> {
        let key = format!("{role}_token");
        match self.values.get(&key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => match added_token(value, value.is_string()) {
                Some(token) => Ok(Some(Some((token, value.is_string())))),
                None => Err(self.wrong_at(&key, format!("a token's text at {key:?}"), value)),
            },
        }
    }

    /// Special tokens by names of the model's own: whatever else is called a token.
    pub fn named(&self) -> Vec<AddedToken> {
        let mut tokens = Vec::new();
        let extra = self.values.get("extra_special_tokens").and_then(Value::as_object);
        for (key, value) in &self.values {
            let is_role = key.strip_suffix("_token").is_some_and(|role| ROLES.contains(&role));
            if key.ends_with("_token") && !is_role {
                tokens.extend(value.as_str().map(|text| AddedToken::from(text, true)));
            }
        }
        for value in extra.into_iter().flat_map(Map::values) {
            tokens.extend(added_token(value, true));
        }
        tokens
    }

    /// Special tokens without a name: `extra_special_tokens` or, as they were called before,
    /// `additional_special_tokens`.
    pub fn extra(&self) -> Result<Vec<AddedToken>, TokensError> {
        let mut tokens = Vec::new();
        for value in self.extra_values() {
            match added_token(value, true) {
                Some(token) => tokens.push(token),
                None => {
                    let expected = "texts in the list of special tokens without a name".into();
                    return Err(self.wrong_at(OLDER_EXTRA, expected, value));
                }
            }
        }
        Ok(tokens)
    }

    /// The entries of the list of special tokens without a name. The older list holds where the
    /// newer one is empty or has named tokens instead.
    fn extra_values(&self) -> Vec<&Value> {
        for key in ["extra_special_tokens", OLDER_EXTRA] {
            if let Some(Value::Array(values)) = self.values.get(key)
                && !values.is_empty()
            {
                return values.iter().collect();
            }
        }
        Vec::new()
    }

    /// Whether `extra_special_tokens` has named tokens.
    fn has_named_extra(&self) -> bool {
        let extra = self.values.get("extra_special_tokens").and_then(Value::as_object);
        extra.is_some_and(|named| !named.is_empty())
    }
}

/// A token from its text, or from an object that says more of it.
pub(crate) fn added_token(value: &Value, special: bool) -> Option<AddedToken> {
    if let Some(text) = value.as_str() {
        return Some(AddedToken::from(text, special));
    }
    let text = value.get("content")?.as_str()?;
    let special = value["special"].as_bool().unwrap_or(special);
    Some(
        AddedToken::from(text, special)
            .single_word(value["single_word"].as_bool().unwrap_or_default())
            .lstrip(value["lstrip"].as_bool().unwrap_or_default())
            .rstrip(value["rstrip"].as_bool().unwrap_or_default())
            .normalized(value["normalized"].as_bool().unwrap_or(!special)),
    )
}

/// Reads a file that holds a JSON object, if it is there.
pub(crate) fn read_object(path: &Path) -> Result<Option<Map<String, Value>>, TokensError> {
    if !path.exists() {
        return Ok(None);
    }
    match files::read_json(path)? {
        Value::Object(object) => Ok(Some(object)),
        other => Err(wrong(path, "a JSON object".into(), &other.to_string())),
    }
}

/// The error of a file that does not hold what it should.
pub(crate) fn wrong(path: &Path, expected: String, found: &str) -> TokensError {
    TokensError::Content { path: path.into(), expected, found: one_line(found) }
}

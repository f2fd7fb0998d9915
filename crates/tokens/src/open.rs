//! Files of others as one tokenizer.

use std::path::{Path, PathBuf};

use files::one_line;
use serde_json::Value;
use tokenizers::{
    ModelWrapper, NormalizerWrapper, PostProcessorWrapper, Tokenizer as Library,
    TruncationDirection,
};

use crate::check::Outline;
use crate::class::Class;
use crate::config::{Config, wrong};
use crate::error::TokensError;
use crate::special::SpecialTokens;
use crate::vocab::{Source, parsed};
use crate::{Tokenizer, clean_up, pipeline, quietly, trial};

impl Tokenizer {
    /// Opens the tokenizer in `folder`: tokenizer.json or, as in older checkpoints, vocab.txt (BERT)
    /// or vocab.json and merges.txt (GPT-2, RoBERTa), with what the files around it say:
    /// tokenizer_config.json, special_tokens_map.json, added_tokens.json and, for the kind of model,
    /// config.json. The order of precedence is that of the transformers library.
    ///
    /// The file's own padding and truncation are dropped, their sides apart: they belong to the
    /// training that it comes from, and a fixed padding without its mask ruins every vector.
    ///
    /// # Errors
    ///
    /// Files that are missing, unreadable, too large or malformed; vocabularies that contradict
    /// themselves or the files around them; a class that is not known here; special tokens that are
    /// needed and missing.
    pub fn open(folder: &Path) -> Result<Self, TokensError> {
        let config = Config::read(folder)?;
        let source = Source::find(folder, &config)?;
        Self::from_parts(config, source)
    }

    /// The tokenizer of a vocabulary and of what the files around it say.
    pub(crate) fn from_parts(config: Config, source: Source) -> Result<Self, TokensError> {
        let Source { bytes, path, is_tokenizer_json, class } = source;
        let outline = Outline::read(&bytes, &path)?;
        let mut added = config.added.clone();
        if !config.has_added_tokens_decoder {
            added.extend(outline.added());
        }
        let padding = match class {
            Class::File | Class::Llama => outline.padding["pad_token"].as_str(),
            _ => None,
        };
        let specials = SpecialTokens::read(&config, class, &added, padding)?;
        let kind = outline.kind();
        outline.check(&path, &specials.required(class, config.says_kind(), kind))?;
        let mut library = if class == Class::File {
            load(&bytes, &path)?
        } else {
            let mut json = parsed(&bytes, &path)?;
            pipeline::build(&mut json, class, &config, &specials, kind)?;
            load(json.to_string().as_bytes(), &path)?
        };
        specials.add_to(&mut library, &added, class, &config.path)?;
        for (id, token) in added {
            let place = match config.added.contains_key(&id) {
                true if config.has_added_tokens_decoder => "added_tokens_decoder",
                true => "added_tokens.json",
                false => "added_tokens",
            };
            check_id(&library, &token.content, id, place, &path)?;
        }
        let framing =
            pipeline::framing(class, &config, &specials, &library, &path, is_tokenizer_json)?;
        if let Some(framing) = framing {
            library.with_post_processor(Some(part::<PostProcessorWrapper>(framing, &path)?));
        }
        let truncation = side(&config, "truncation_side", &outline.truncation, &path)?;
        let padding = side(&config, "padding_side", &outline.padding, &path)?;
        let by_class = if class == Class::Llama { Side::Left } else { Side::Right };
        library.set_encode_special_tokens(config.flag("split_special_tokens")?.unwrap_or(false));
        let is_bpe = matches!(library.get_model(), ModelWrapper::BPE(_));
        let cleans_up = clean_up::is_asked_for(&config, is_bpe)?;
        let mut tokenizer = Self::new(library, specials, path);
        tokenizer.cleans_up = cleans_up;
        tokenizer.gives_segments = gives_segments(&config, class)?;
        if truncation == Some(Side::Left) {
            tokenizer.truncation = TruncationDirection::Left;
        }
        tokenizer.pads_left = padding.unwrap_or(by_class) == Side::Left;
        tokenizer.tried()
    }

    /// A tokenizer from the bytes of a tokenizer.json of our own making.
    pub(crate) fn from_bytes(
        bytes: &[u8],
        path: PathBuf,
        specials: SpecialTokens,
    ) -> Result<Self, TokensError> {
        let outline = Outline::read(bytes, &path)?;
        outline.check(&path, &[])?;
        Self::new(load(bytes, &path)?, specials, path).tried()
    }

    /// A tokenizer that cuts and pads at the end.
    fn new(library: Library, specials: SpecialTokens, path: PathBuf) -> Self {
        let truncation = TruncationDirection::Right;
        Self {
            library,
            specials,
            path,
            truncation,
            pads_left: false,
            cleans_up: false,
            gives_segments: true,
        }
    }

    /// The tokenizer with texts lower-cased before anything else is done to them, special tokens
    /// left as they are; the same one where its file lower-cases already.
    ///
    /// This is what `do_lower_case` of a sentence model means (sentence-transformers 6.2,
    /// `Transformer.__init__` and `_has_lowercase`).
    ///
    /// # Errors
    ///
    /// A failure of the library.
    pub fn lowercased(mut self) -> Result<Self, TokensError> {
        let normalizer = match self.library.get_normalizer() {
            None => Value::Null,
            Some(normalizer) => serde_json::to_value(normalizer)
                .map_err(|error| refused(&self.path, &error.to_string()))?,
        };
        let mut parts = vec![serde_json::json!({"type": "Lowercase"})];
        match &normalizer["normalizers"] {
            Value::Array(inner) if inner.iter().any(is_lowercase) => return Ok(self),
            Value::Array(inner) => parts.extend(inner.clone()),
            _ if is_lowercase(&normalizer) => return Ok(self),
            _ if normalizer.is_null() => {}
            _ => parts.push(normalizer),
        }
        let sequence = serde_json::json!({"type": "Sequence", "normalizers": parts});
        let sequence: NormalizerWrapper = part(sequence, &self.path)?;
        if let Err(error) = self.library.with_normalizer(Some(sequence)) {
            return Err(refused(&self.path, &error.to_string()));
        }
        Ok(self)
    }
}

/// Whether the model is given the segments of the file's template: where `model_input_names` has
/// `token_type_ids` or, without such a list, where the class is BERT's and not DistilBERT's
/// (transformers 5.24, `TokenizersBackend`, `BertTokenizer` and `DistilBertTokenizer`); a
/// tokenizer.json that stands alone is taken as it is.
fn gives_segments(config: &Config, class: Class) -> Result<bool, TokensError> {
    if let Some(names) = config.texts("model_input_names")? {
        return Ok(names.iter().any(|name| name == "token_type_ids"));
    }
    match config.class.as_ref().or(config.model_type.as_ref()) {
        Some(name) if name.to_lowercase().starts_with("distilbert") => Ok(false),
        Some(_) => Ok(class == Class::Bert),
        None => Ok(true),
    }
}

/// Whether a normaliser only lower-cases.
fn is_lowercase(normalizer: &Value) -> bool {
    normalizer["type"] == "Lowercase"
}

/// An end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The side that a setting names, by tokenizer_config.json, else by tokenizer.json, which lies at
/// `path`.
fn side(
    config: &Config,
    key: &str,
    in_tokenizer: &Value,
    path: &Path,
) -> Result<Option<Side>, TokensError> {
    let said = config.text(key)?;
    let (path, key) =
        if said.is_some() { (config.path.as_path(), key) } else { (path, "direction") };
    match said.as_deref().or(in_tokenizer["direction"].as_str()) {
        None => Ok(None),
        Some("left" | "Left") => Ok(Some(Side::Left)),
        Some("right" | "Right") => Ok(Some(Side::Right)),
        Some(other) => Err(wrong(path, format!("left or right at {key:?}"), other)),
    }
}

/// The library's tokenizer of a tokenizer.json, its padding and truncation dropped.
fn load(bytes: &[u8], path: &Path) -> Result<Library, TokensError> {
    trial::check_growth(bytes, path)?;
    let mut library = match quietly(|| Library::from_bytes(bytes)) {
        Ok(library) => library,
        Err(reason) => return Err(TokensError::Refused { path: path.into(), reason }),
    };
    library.with_padding(None);
    match library.with_truncation(None) {
        Ok(_) => Ok(library),
        Err(error) => Err(refused(path, &error.to_string())),
    }
}

/// A part of the library's tokenizer from its JSON.
fn part<T: serde::de::DeserializeOwned>(json: Value, path: &Path) -> Result<T, TokensError> {
    serde_json::from_value(json).map_err(|error| refused(path, &error.to_string()))
}

/// Checks that the library gave a token the ID that a file says.
fn check_id(
    library: &Library,
    token: &str,
    found: u64,
    place: &'static str,
    path: &Path,
) -> Result<(), TokensError> {
    let given = library.token_to_id(token);
    if given.map(u64::from) == Some(found) {
        return Ok(());
    }
    let expected = given.map_or_else(|| "none".into(), |id| id.to_string());
    Err(TokensError::OtherId { path: path.into(), place, token: token.into(), expected, found })
}

/// The error of what the library refuses.
fn refused(path: &Path, reason: &str) -> TokensError {
    TokensError::Refused { path: path.into(), reason: one_line(reason) }
}

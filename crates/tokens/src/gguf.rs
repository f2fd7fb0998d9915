//! The tokenizer in the metadata of a GGUF file.
//!
//! Keys and kinds of token: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, section
//! "Tokenizer"; how a text is split before byte pairs are joined: llama.cpp, `llama-vocab.cpp`,
//! under the names of `tokenizer.ggml.pre`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use files::one_line;
use serde_json::{Map, Value, json};

use crate::class::Class;
use crate::config::Config;
use crate::error::TokensError;
use crate::pipeline::{QWEN2_PATTERN, byte_level, nfc, sequence};
use crate::vocab::Source;
use crate::{Tokenizer, config};

const KIND: &str = "tokenizer.ggml.model";
const SPLIT: &str = "tokenizer.ggml.pre";
const TOKENS: &str = "tokenizer.ggml.tokens";
const TYPES: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";
const SCORES: &str = "tokenizer.ggml.scores";

/// Kinds of token: the unknown one, those that steer a model, those that a user added.
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const ADDED: u64 = 4;

/// Keys of the IDs of special tokens, and what tokenizer_config.json calls the tokens.
const ROLES: [(&str, &str); 4] = [
    ("tokenizer.ggml.bos_token_id", "bos_token"),
    ("tokenizer.ggml.eos_token_id", "eos_token"),
    ("tokenizer.ggml.unknown_token_id", "unk_token"),
    ("tokenizer.ggml.padding_token_id", "pad_token"),
];
/// Flags, and what tokenizer_config.json calls them.
const FLAGS: [(&str, &str); 3] = [
    ("tokenizer.ggml.add_bos_token", "add_bos_token"),
    ("tokenizer.ggml.add_eos_token", "add_eos_token"),
    ("tokenizer.ggml.add_space_prefix", "add_prefix_space"),
];

/// The pattern by which Llama 3 splits a text (`LLAMA_VOCAB_PRE_TYPE_LLAMA3`).
const LLAMA3_PATTERN: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);

impl Tokenizer {
    /// The tokenizer that the GGUF file at `path` keeps in its metadata: GPT-2's byte pairs, or
    /// LLaMA's pairs of characters with scores.
    ///
    /// # Errors
    ///
    /// Metadata without a tokenizer, or with one of another kind; lists that do not fit each other;
    /// whatever [`Tokenizer::open`] refuses.
    pub fn from_gguf(path: &Path, metadata: &Map<String, Value>) -> Result<Self, TokensError> {
        let metadata = Metadata { path, values: metadata };
        let vocabulary = Vocabulary::read(&metadata)?;
        Self::from_parts(vocabulary.config()?, vocabulary.source()?)
    }
}

/// What a file says of its tokenizer.
struct Metadata<'a> {
    path: &'a Path,
    values: &'a Map<String, Value>,
}

impl<'a> Metadata<'a> {
    fn refuse<T>(&self, key: &str, expected: &str) -> Result<T, TokensError> {
        let found = self.values.get(key).map_or("no such key".into(), ToString::to_string);
        Err(config::wrong(self.path, format!("{expected} at {key}"), &one_line(&found)))
    }

    fn text(&self, key: &str) -> Result<&'a str, TokensError> {
        match self.values.get(key).and_then(Value::as_str) {
            Some(text) => Ok(text),
            None => self.refuse(key, "a name"),
        }
    }

    /// A list of `count` values, each of which `of` gives.
    fn list<T>(
        &self,
        key: &str,
        of: impl Fn(&'a Value) -> Option<T>,
        count: Option<usize>,
    ) -> Result<Vec<T>, TokensError> {
        let Some(values) = self.values.get(key).and_then(Value::as_array) else {
            return self.refuse(key, "a list");
        };
        if let Some(count) = count
            && values.len() != count
        {
            let expected = format!("{count} values, one for each token, at {key}");
            return Err(config::wrong(self.path, expected, &values.len().to_string()));
        }
        let list: Option<Vec<T>> = values.iter().map(of).collect();
        list.map_or_else(|| self.refuse(key, "a list of one kind"), Ok)
    }
}

/// The vocabulary of a file: a token's ID is its place.
struct Vocabulary<'a> {
    metadata: &'a Metadata<'a>,
    tokens: Vec<&'a str>,
    types: Vec<u64>,
    /// Whether it holds pairs of characters with scores; else it holds byte pairs.
    has_scores: bool,
}

impl<'a> Vocabulary<'a> {
    fn read(metadata: &'a Metadata<'a>) -> Result<Self, TokensError> {
        let has_scores = match metadata.text(KIND)? {
            "gpt2" => false,
            "llama" => true,
            _ => return metadata.refuse(KIND, "gpt2 or llama"),
        };
        let tokens = metadata.list(TOKENS, Value::as_str, None)?;
        let types = metadata.list(TYPES, Value::as_u64, Some(tokens.len()))?;
        Ok(Self { metadata, tokens, types, has_scores })
    }

    /// What tokenizer_config.json says of such a tokenizer.
    fn config(&self) -> Result<Config, TokensError> {
        let mut values = Map::new();
        for (key, name) in ROLES {
            let Some(value) = self.metadata.values.get(key) else { continue };
            let token = value.as_u64().and_then(|id| self.tokens.get(id as usize));
            let Some(token) = token else {
                let expected = format!("an id below {}", self.tokens.len());
                return self.metadata.refuse(key, &expected);
            };
            values.insert(name.into(), json!(token));
        }
        for (key, name) in FLAGS {
            if let Some(value) = self.metadata.values.get(key) {
                values.insert(name.into(), value.clone());
            }
        }
        if self.has_scores {
            // llama.cpp puts a blank after every special token, as LLaMA's older class does.
            values.insert("legacy".into(), true.into());
            values.entry("add_bos_token").or_insert(true.into());
        }
        let mut decoder = Map::new();
        for (id, token) in self.added() {
            decoder.insert(id.to_string(), token);
        }
        values.insert("added_tokens_decoder".into(), Value::Object(decoder));
        Config::of(self.metadata.path, values)
    }

    /// The tokens that no text is split into: by ID, as added_tokens_decoder has them.
    fn added(&self) -> Vec<(usize, Value)> {
        let mut added = Vec::new();
        for (id, (token, kind)) in self.tokens.iter().zip(&self.types).enumerate() {
            if [UNKNOWN, CONTROL, ADDED].contains(kind) {
                let special = *kind != ADDED;
                added.push((
                    id,
                    json!({
                        "content": token, "special": special, "normalized": false,
                        "single_word": false, "lstrip": false, "rstrip": false,
                    }),
                ));
            }
        }
        added
    }

    /// The vocabulary in the form of tokenizer.json.
    fn source(&self) -> Result<Source, TokensError> {
        let mut ids = BTreeMap::new();
        for (id, token) in self.tokens.iter().enumerate() {
            if let Some(first) = ids.insert(*token, id as u64) {
                return Err(TokensError::DuplicateToken {
                    path: self.metadata.path.into(),
                    token: (*token).into(),
                    first,
                    second: id as u64,
                });
            }
        }
        let (json, class) = if self.has_scores {
            let merges = self.merges_by_score()?;
            (json!({"model": {"type": "BPE", "vocab": ids, "merges": merges}}), Class::Llama)
        } else {
            (self.byte_pairs(&ids)?, Class::File)
        };
        Ok(Source {
            bytes: json.to_string().into_bytes(),
            path: self.metadata.path.into(),
            is_tokenizer_json: false,
            class,
        })
    }

    /// Byte pairs, with the way in which a text is split before.
    fn byte_pairs(&self, ids: &BTreeMap<&str, u64>) -> Result<Value, TokensError> {
        let metadata = self.metadata;
        let merges = metadata.list(MERGES, |merge| merge.as_str()?.split_once(' '), None)?;
        let digits = json!({"type": "Digits", "individual_digits": true});
        let (normalizer, split) = match metadata.text(SPLIT)? {
            "gpt-2" => (Value::Null, byte_level(false, true)),
            "smollm" => {
                (Value::Null, sequence("pretokenizers", &[digits, byte_level(false, true)]))
            }
            "llama-bpe" | "llama3" => (Value::Null, by_pattern(LLAMA3_PATTERN)),
            "qwen2" => (nfc(), by_pattern(QWEN2_PATTERN)),
            _ => return metadata.refuse(SPLIT, "gpt-2, smollm, llama-bpe or qwen2"),
        };
        Ok(json!({
            "normalizer": normalizer, "pre_tokenizer": split,
            "decoder": byte_level(true, true),
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null,
                "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
                "byte_fallback": false, "vocab": ids, "merges": merges,
                "ignore_merges": metadata.text(SPLIT)?.starts_with("llama"),
            },
        }))
    }

    /// The merges that scores stand for: every way to make a token of two others, the best score
    /// first (transformers 5.24, `tokenization_utils_sentencepiece`, `generate_merges`).
    fn merges_by_score(&self) -> Result<Vec<(&'a str, &'a str)>, TokensError> {
        let scores = self.metadata.list(SCORES, Value::as_f64, Some(self.tokens.len()))?;
        let ids: HashMap<&str, usize> =
            self.tokens.iter().enumerate().map(|(id, token)| (*token, id)).collect();
        let mut merges = Vec::new();
        for (token, &score) in self.tokens.iter().zip(&scores) {
            let mut ways = Vec::new();
            for (middle, _) in token.char_indices().skip(1) {
                let (left, right) = token.split_at(middle);
                if let (Some(&left_id), Some(&right_id)) = (ids.get(left), ids.get(right)) {
                    ways.push((left_id, right_id, (left, right)));
                }
            }
            ways.sort_unstable();
            for (_, _, way) in ways {
                merges.push((score, way));
            }
        }
        let length = |text: &str| text.chars().count();
        merges.sort_by(|(score, (left, right)), (other, (other_left, other_right))| {
            let lengths = (length(other_left), length(other_right));
            other.total_cmp(score).then(lengths.cmp(&(length(left), length(right))))
        });
        Ok(merges.into_iter().map(|(_, merge)| merge).collect())
    }
}

/// How a text is split where a pattern says what stays together.
fn by_pattern(pattern: &str) -> Value {
    let split = json!({
        "type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false,
    });
    sequence("pretokenizers", &[split, byte_level(false, false)])
}

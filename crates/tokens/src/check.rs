//! A tokenizer.json, checked before the library sees it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;

use files::one_line;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use tokenizers::AddedToken;

use crate::config::wrong;
use crate::error::TokensError;
use crate::vocab::instead_of_text;

/// Most characters of a word that a file may ask to be matched: greedy matching takes time cubic in
/// them. BERT's own code says 200 (`WordpieceTokenizer`), most files 100.
const LONGEST_WORD: u64 = 200;

/// The part of a tokenizer.json that the checks need; the library reads the rest.
#[derive(Deserialize)]
pub(crate) struct Outline {
    #[serde(default)]
    added_tokens: Vec<AddedEntry>,
    #[serde(default)]
    post_processor: Value,
    model: ModelSection,
    /// How texts are padded, by this file.
    #[serde(default)]
    pub padding: Value,
    /// How texts are shortened, by this file.
    #[serde(default)]
    pub truncation: Value,
}

/// A token that is added to the model's vocabulary, or names one of it as special.
#[derive(Deserialize)]
struct AddedEntry {
    id: u64,
    #[serde(flatten)]
    token: AddedToken,
}

/// The model of a tokenizer.json: its vocabulary and its merges.
#[derive(Deserialize)]
struct ModelSection {
    #[serde(rename = "type", default)]
    kind: String,
    vocab: Vocab,
    #[serde(default)]
    merges: Vec<Merge>,
    max_input_chars_per_word: Option<u64>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
}

/// A merge in one of the two forms that files have.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    /// Both halves in one text, with a space between.
    Joined(String),
    /// Both halves as a list.
    Pair(String, String),
}

/// Entries of a vocabulary, repeated keys included.
struct Vocab(Vec<(String, u64)>);

impl<'de> Deserialize<'de> for Vocab {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Visitor of a vocabulary in one of the two forms that files have.
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vocab;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a vocabulary: a map of tokens to ids, or a list of [piece, score]")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocab, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Vocab(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vocab, A::Error> {
                let mut entries = Vec::new();
                while let Some((piece, _score)) = list.next_element::<(String, f64)>()? {
                    entries.push((piece, entries.len() as u64));
                }
                Ok(Vocab(entries))
            }
        }
        deserializer.deserialize_any(Entries)
    }
}

impl Outline {
    /// Reads a tokenizer.json.
    pub fn read(bytes: &[u8], path: &Path) -> Result<Self, TokensError> {
        serde_json::from_slice(bytes).map_err(|error| TokensError::Content {
            path: path.into(),
            expected: "a tokenizer.json".into(),
            found: instead_of_text(bytes).unwrap_or_else(|| one_line(&error.to_string())),
        })
    }

    /// Kind of the model; empty where the file does not say it.
    pub fn kind(&self) -> &str {
        &self.model.kind
    }

    /// Added tokens by ID.
    pub fn added(&self) -> BTreeMap<u64, AddedToken> {
        self.added_tokens.iter().map(|entry| (entry.id, entry.token.clone())).collect()
    }

    /// Checks everything that the library would accept in silence and get wrong; `required` are
    /// the special tokens without which the tokenizer cannot be used, by role.
    pub fn check(&self, path: &Path, required: &[(&'static str, &str)]) -> Result<(), TokensError> {
        let ids = one_id_each(self, path)?;
        for &(role, token) in required {
            if !ids.contains_key(token) {
                return Err(TokensError::NoSpecial {
                    path: path.into(),
                    role,
                    token: token.into(),
                });
            }
        }
        check_merges(&self.model, &ids, path)?;
        check_template(&self.post_processor, &ids, path)?;
        let longest = self.model.max_input_chars_per_word.unwrap_or_default();
        if longest > LONGEST_WORD {
            let expected = format!("max_input_chars_per_word of at most {LONGEST_WORD}");
            return Err(wrong(path, expected, &longest.to_string()));
        }
        Ok(())
    }
}

/// Checks that every token has one ID and every ID one token; returns the ID of each token.
fn one_id_each<'a>(
    outline: &'a Outline,
    path: &Path,
) -> Result<HashMap<&'a str, u64>, TokensError> {
    let path = path.to_path_buf();
    let (mut ids, mut tokens) = (HashMap::new(), HashMap::new());
    for (token, id) in &outline.model.vocab.0 {
        if let Some(first) = ids.insert(token.as_str(), *id) {
            return Err(TokensError::DuplicateToken {
                path,
                token: token.clone(),
                first,
                second: *id,
            });
        }
        if let Some(first) = tokens.insert(*id, token.as_str()) {
            let (first, second) = (first.to_string(), token.clone());
            return Err(TokensError::DuplicateId { path, id: *id, first, second });
        }
    }
    for AddedEntry { id, token: AddedToken { content, .. } } in &outline.added_tokens {
        match ids.insert(content, *id) {
            Some(first) if first != *id => {
                let (token, found) = (content.clone(), *id);
                let (place, expected) = ("added_tokens", first.to_string());
                return Err(TokensError::OtherId { path, place, token, expected, found });
            }
            _ => {}
        }
        if let Some(first) = tokens.insert(*id, content)
            && first != content
        {
            let (first, second) = (first.to_string(), content.clone());
            return Err(TokensError::DuplicateId { path, id: *id, first, second });
        }
    }
    Ok(ids)
}

/// Checks that the vocabulary has the halves of every merge and what they make.
fn check_merges(
    model: &ModelSection,
    ids: &HashMap<&str, u64>,
    path: &Path,
) -> Result<(), TokensError> {
    let prefix = model.continuing_subword_prefix.as_deref().unwrap_or_default();
    for (number, merge) in model.merges.iter().enumerate() {
        let (left, right) = match merge {
            Merge::Pair(left, right) => (left.as_str(), right.as_str()),
            Merge::Joined(both) => both.split_once(' ').unwrap_or((both, "")),
        };
        let joined = format!("{left}{}", right.strip_prefix(prefix).unwrap_or(right));
        for token in [left, right, &joined] {
            if !ids.contains_key(token) {
                let (merge, token) = (format!("{left} {right}"), token.to_string());
                return Err(TokensError::MergeOfAbsent { path: path.into(), number, merge, token });
            }
        }
    }
    Ok(())
}

/// Checks that a template's own IDs of special tokens are the vocabulary's.
fn check_template(
    processor: &Value,
    ids: &HashMap<&str, u64>,
    path: &Path,
) -> Result<(), TokensError> {
    if let Some(specials) = processor["special_tokens"].as_object() {
        for special in specials.values() {
            for (token, id) in list(&special["tokens"]).iter().zip(list(&special["ids"])) {
                let (token, id) = (token.as_str().unwrap_or_default(), id.as_u64());
                check_id(token, id.unwrap_or(u64::MAX), ids, path)?;
            }
        }
    }
    for role in ["cls", "sep"] {
        let pair = &processor[role];
        if let (Some(token), Some(id)) = (pair[0].as_str(), pair[1].as_u64()) {
            check_id(token, id, ids, path)?;
        }
    }
    for inner in list(&processor["processors"]) {
        check_template(inner, ids, path)?;
    }
    Ok(())
}

/// Checks that a template's ID of a token is the vocabulary's.
fn check_id(
    token: &str,
    found: u64,
    ids: &HashMap<&str, u64>,
    path: &Path,
) -> Result<(), TokensError> {
    let expected = match ids.get(token) {
        Some(&id) if id == found => return Ok(()),
        Some(id) => id.to_string(),
        None => "none".into(),
    };
    let (path, place, token) = (path.into(), "post_processor", token.into());
    Err(TokensError::OtherId { path, place, token, expected, found })
}

/// The values of a JSON list; none where there is no list.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        _ => &[],
    }
}

//! A tokenizer's files, read within bounds and checked before the library sees them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use files::one_line;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use crate::error::TokensError;

/// Size of the largest tokenizer file accepted. The largest in wide use, of a vocabulary of
/// 262,144, has 33 MB.
const LARGEST_FILE: u64 = 64 << 20;

/// Most characters of a word that a file may ask to be matched: greedy matching takes time cubic in
/// them. BERT's own code says 200 (`WordpieceTokenizer`), most files 100.
const LONGEST_WORD: u64 = 200;

/// Tokenizer classes whose vocab.txt means WordPiece and `[CLS] A [SEP] B [SEP]`.
const BERT_CLASSES: [&str; 4] =
    ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"];

/// The texts of the special tokens by role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpecialTokens {
    /// Text of the unknown token.
    pub unk: String,
    /// Text of the padding token.
    pub pad: String,
    /// Text of the classification token, which opens a text.
    pub cls: String,
    /// Text of the separator token, which closes a text.
    pub sep: String,
    /// Text of the mask token.
    pub mask: String,
}

impl Default for SpecialTokens {
    /// BERT's special tokens (Devlin et al. 2019).
    fn default() -> Self {
        let [unk, pad, cls, sep, mask] =
            ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"].map(String::from);
        Self { unk, pad, cls, sep, mask }
    }
}

impl SpecialTokens {
    /// The special tokens, each after the name of its role in `tokenizer_config.json`.
    pub fn by_role(&self) -> [(&'static str, &str); 5] {
        let Self { unk, pad, cls, sep, mask } = self;
        [("unk", unk), ("pad", pad), ("cls", cls), ("sep", sep), ("mask", mask)]
    }
}

/// The part of a tokenizer.json that the checks need; the library reads the rest.
#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    #[serde(default)]
    post_processor: Value,
    model: ModelSection,
}

/// A token that is added to the model's vocabulary, or names one of it as special.
#[derive(Deserialize)]
pub(crate) struct AddedToken {
    /// ID of the token.
    pub id: u64,
    /// Text of the token.
    pub content: String,
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

/// Reads a folder's tokenizer: its bytes as tokenizer.json, the file that they come from, and the
/// special tokens.
pub(crate) fn read_tokenizer(
    folder: &Path,
) -> Result<(Vec<u8>, PathBuf, SpecialTokens), TokensError> {
    let (json_file, vocab_file) = (folder.join("tokenizer.json"), folder.join("vocab.txt"));
    let config = Config::read(folder)?;
    let specials = config.specials.clone();
    let (bytes, path) = if json_file.exists() {
        (read_bounded(&json_file)?, json_file)
    } else if vocab_file.exists() {
        (from_vocab_txt(&vocab_file, &config)?, vocab_file)
    } else {
        return Err(TokensError::NoFile { folder: folder.into() });
    };
    Ok((bytes, path, specials))
}

/// A BERT tokenizer as tokenizer.json: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]` with segments 0
/// and 1 (Devlin et al. 2019, figure 2).
pub(crate) fn bert_json(
    model: Value,
    ids: &HashMap<&str, u64>,
    specials: &SpecialTokens,
    normalizer: Value,
) -> Value {
    let SpecialTokens { unk, pad, cls, sep, mask } = specials;
    let mut added = Vec::new();
    for token in [pad, unk, cls, sep, mask] {
        if let Some(id) = ids.get(token.as_str()) {
            added.push(json!({
                "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            }));
        }
    }
    let (open, first, close) = (special(cls, 0), sequence("A", 0), special(sep, 0));
    let (second, close_second) = (sequence("B", 1), special(sep, 1));
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": normalizer, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [open, first, close],
            "pair": [open, first, close, second, close_second],
            "special_tokens": {
                cls: {"id": cls, "ids": [ids.get(cls.as_str())], "tokens": [cls]},
                sep: {"id": sep, "ids": [ids.get(sep.as_str())], "tokens": [sep]},
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": model,
    })
}

/// A special token of a template.
fn special(token: &str, segment: u32) -> Value {
    json!({"SpecialToken": {"id": token, "type_id": segment}})
}

/// A text of a template.
fn sequence(name: &str, segment: u32) -> Value {
    json!({"Sequence": {"id": name, "type_id": segment}})
}

/// Checks everything in a tokenizer.json that the library would accept in silence and get wrong;
/// returns the added tokens that it names.
pub(crate) fn check_tokenizer(
    bytes: &[u8],
    path: &Path,
    specials: &SpecialTokens,
) -> Result<Vec<AddedToken>, TokensError> {
    let outline: Outline = serde_json::from_slice(bytes).map_err(|error| TokensError::Content {
        path: path.into(),
        expected: "a tokenizer.json".into(),
        found: instead_of_text(bytes).unwrap_or_else(|| one_line(&error.to_string())),
    })?;
    let ids = one_id_each(&outline, path)?;
    if ["WordPiece", "WordLevel"].contains(&outline.model.kind.as_str()) {
        let SpecialTokens { unk, pad, cls, sep, .. } = specials;
        for (role, token) in [("unk", unk), ("pad", pad), ("cls", cls), ("sep", sep)] {
            if !ids.contains_key(token.as_str()) {
                return Err(TokensError::NoSpecial {
                    path: path.into(),
                    role,
                    token: token.clone(),
                });
            }
        }
    }
    check_merges(&outline.model, &ids, path)?;
    check_template(&outline.post_processor, &ids, path)?;
    let longest = outline.model.max_input_chars_per_word.unwrap_or_default();
    if longest > LONGEST_WORD {
        return Err(TokensError::Content {
            path: path.into(),
            expected: format!("max_input_chars_per_word of at most {LONGEST_WORD}"),
            found: longest.to_string(),
        });
    }
    drop(ids);
    Ok(outline.added_tokens)
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
    for AddedToken { id, content } in &outline.added_tokens {
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

/// The part of a tokenizer_config.json that matters here.
#[derive(Default)]
struct Config {
    specials: SpecialTokens,
    /// Name of the tokenizer's class.
    class: Option<String>,
    /// Whether texts are lower-cased.
    lowercase: Option<bool>,
    /// Whether accents are taken off letters.
    strip_accents: Option<bool>,
    /// Whether each Chinese character is a word.
    chinese: Option<bool>,
}

impl Config {
    /// Reads the configuration of a folder, as far as there is one.
    fn read(folder: &Path) -> Result<Self, TokensError> {
        let mut config = Self::default();
        for name in ["special_tokens_map.json", "tokenizer_config.json"] {
            let path = folder.join(name);
            if path.exists() {
                config.update(&read_object(&path)?, &path)?;
            }
        }
        Ok(config)
    }

    /// Takes over what a file of the folder says.
    fn update(&mut self, value: &Value, path: &Path) -> Result<(), TokensError> {
        let SpecialTokens { unk, pad, cls, sep, mask } = &mut self.specials;
        for (key, token) in [
            ("unk_token", unk),
            ("pad_token", pad),
            ("cls_token", cls),
            ("sep_token", sep),
            ("mask_token", mask),
        ] {
            if let Some(text) = text(value, key, path)? {
                *token = text;
            }
        }
        self.class = text(value, "tokenizer_class", path)?.or(self.class.take());
        self.lowercase = flag(value, "do_lower_case", path)?.or(self.lowercase);
        self.strip_accents = flag(value, "strip_accents", path)?.or(self.strip_accents);
        self.chinese = flag(value, "tokenize_chinese_chars", path)?.or(self.chinese);
        Ok(())
    }
}

/// The flag at a key of a configuration, if there is one.
pub fn flag(config: &Value, key: &str, path: &Path) -> Result<Option<bool>, TokensError> {
    match &config[key] {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        other => Err(wrong(path, format!("true or false at {key:?}"), &other.to_string())),
    }
}

/// The text at a key of a configuration, if there is one; a token's text may stand in an object.
fn text(config: &Value, key: &str, path: &Path) -> Result<Option<String>, TokensError> {
    match &config[key] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => match other["content"].as_str() {
            Some(text) => Ok(Some(text.into())),
            None => Err(wrong(path, format!("a text at {key:?}"), &other.to_string())),
        },
    }
}

/// The error of a file that does not hold what it should.
fn wrong(path: &Path, expected: String, found: &str) -> TokensError {
    TokensError::Content { path: path.into(), expected, found: one_line(found) }
}

/// Reads a vocab.txt of one token per line, whose ID is the number of the line, as the
/// tokenizer.json of the same tokenizer.
fn from_vocab_txt(path: &Path, config: &Config) -> Result<Vec<u8>, TokensError> {
    if let Some(class) = &config.class {
        let class = class.trim_end_matches("Fast");
        if !BERT_CLASSES.contains(&class) {
            return Err(TokensError::Content {
                path: path.with_file_name("tokenizer_config.json"),
                expected: format!("tokenizer_class {} for a vocab.txt", BERT_CLASSES.join(", ")),
                found: format!("{class:?}"),
            });
        }
    }
    let bytes = read_bounded(path)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| wrong(path, "UTF-8".into(), &error.to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> =
        text.split_terminator('\n').map(|line| line.trim_end_matches('\r')).collect();
    if let (true, Some(found)) = (lines.len() < 2, instead_of_text(&bytes)) {
        return Err(wrong(path, "one token a line".into(), &found));
    }
    let mut ids = HashMap::new();
    for (id, token) in lines.iter().enumerate() {
        if let Some(first) = ids.insert(*token, id as u64) {
            let (token, second) = (token.to_string(), id as u64);
            return Err(TokensError::DuplicateToken { path: path.into(), token, first, second });
        }
    }
    let specials = &config.specials;
    for (role, token) in [("unk", &specials.unk), ("cls", &specials.cls), ("sep", &specials.sep)] {
        if !ids.contains_key(token.as_str()) {
            return Err(TokensError::NoSpecial { path: path.into(), role, token: token.clone() });
        }
    }
    let normalizer = json!({
        "type": "BertNormalizer", "clean_text": true,
        "handle_chinese_chars": config.chinese.unwrap_or(true),
        "strip_accents": config.strip_accents, "lowercase": config.lowercase.unwrap_or(true),
    });
    let model = json!({
        "type": "WordPiece", "unk_token": specials.unk, "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": ids,
    });
    Ok(bert_json(model, &ids, specials, normalizer).to_string().into_bytes())
}

/// Reads a file that holds a JSON object.
pub fn read_object(path: &Path) -> Result<Value, TokensError> {
    let value: Value = files::read_json(path)?;
    if value.is_object() {
        return Ok(value);
    }
    let (expected, found) = ("a JSON object".into(), one_line(&value.to_string()));
    Err(TokensError::Content { path: path.into(), expected, found })
}

/// Reads a file of a tokenizer, up to [`LARGEST_FILE`].
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, TokensError> {
    Ok(files::read(path, "a tokenizer's file", LARGEST_FILE)?)
}

/// What a failed download left in place of a file, and what to do about it.
fn instead_of_text(bytes: &[u8]) -> Option<String> {
    let lookalike = files::lookalike(bytes)?;
    Some(format!("{} ({})", lookalike.found, lookalike.remedy))
}

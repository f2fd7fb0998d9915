//! A tokenizer's files, read within bounds and checked before the library sees them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use files::one_line;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use crate::error::TokensError;

/// The largest tokenizer file accepted. The largest in wide use, of a vocabulary of 262,144, has 33
/// MB.
const LARGEST_FILE: u64 = 64 << 20;

/// Greedy matching of one word takes time cubic in its length, so a file may not ask for more.
/// BERT's own code says 200 (`WordpieceTokenizer`), most files 100.
const LONGEST_WORD: u64 = 200;

/// The tokenizer classes whose vocab.txt means: WordPiece, `[CLS] A [SEP] B [SEP]`.
const BERT_CLASSES: [&str; 4] =
    ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"];

/// The texts of the special tokens by role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Specials {
    pub unk: String,
    pub pad: String,
    pub cls: String,
    pub sep: String,
    pub mask: String,
}

impl Default for Specials {
    /// BERT's (Devlin et al. 2019).
    fn default() -> Self {
        let [unk, pad, cls, sep, mask] =
            ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"].map(String::from);
        Self { unk, pad, cls, sep, mask }
    }
}

impl Specials {
    /// The name that `tokenizer_config.json` has for each.
    pub fn by_role(&self) -> [(&'static str, &str); 5] {
        let Self { unk, pad, cls, sep, mask } = self;
        [("unk", unk), ("pad", pad), ("cls", cls), ("sep", sep), ("mask", mask)]
    }
}

/// What the checks need of a tokenizer.json; the library reads the rest.
#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    post_processor: Value,
    model: Model,
}

#[derive(Deserialize)]
pub(crate) struct Added {
    pub id: u64,
    pub content: String,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type", default)]
    kind: String,
    vocab: Vocab,
    #[serde(default)]
    merges: Vec<Merge>,
    max_input_chars_per_word: Option<u64>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Joined(String),
    Pair(String, String),
}

/// Every entry of a vocabulary, repeated keys included.
struct Vocab(Vec<(String, u64)>);

impl<'de> Deserialize<'de> for Vocab {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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

/// The bytes of a folder's tokenizer as tokenizer.json; which file they come from; the special
/// tokens.
pub(crate) fn read(folder: &Path) -> Result<(Vec<u8>, PathBuf, Specials), TokensError> {
    let (json_file, vocab_file) = (folder.join("tokenizer.json"), folder.join("vocab.txt"));
    let config = Config::read(folder)?;
    let specials = config.specials.clone();
    let (bytes, path) = if json_file.exists() {
        (bounded(&json_file)?, json_file)
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
    specials: &Specials,
    normalizer: Value,
) -> Value {
    let Specials { unk, pad, cls, sep, mask } = specials;
    let added: Vec<Value> = [pad, unk, cls, sep, mask]
        .iter()
        .filter_map(|token| ids.get(token.as_str()).map(|id| (token, id)))
        .map(|(token, id)| {
            json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                   "normalized": false, "special": true})
        })
        .collect();
    let special =
        |token: &str, segment: u32| json!({"SpecialToken": {"id": token, "type_id": segment}});
    let sequence = |name: &str, segment: u32| json!({"Sequence": {"id": name, "type_id": segment}});
    let entry = |token: &str| json!({"id": token, "ids": [ids.get(token)], "tokens": [token]});
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": normalizer, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special(cls, 0), sequence("A", 0), special(sep, 0)],
            "pair": [special(cls, 0), sequence("A", 0), special(sep, 0), sequence("B", 1), special(sep, 1)],
            "special_tokens": {cls: entry(cls), sep: entry(sep)},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": model,
    })
}

/// Everything in tokenizer.json that the library would accept in silence and get wrong; the added
/// tokens it names.
pub(crate) fn check(
    bytes: &[u8],
    path: &Path,
    specials: &Specials,
) -> Result<Vec<Added>, TokensError> {
    let outline: Outline = serde_json::from_slice(bytes).map_err(|error| TokensError::Content {
        path: path.into(),
        expected: "a tokenizer.json".into(),
        found: instead_of_text(bytes).unwrap_or_else(|| one_line(&error.to_string())),
    })?;
    let ids = one_id_each(&outline, path)?;
    if ["WordPiece", "WordLevel"].contains(&outline.model.kind.as_str()) {
        let Specials { unk, pad, cls, sep, .. } = specials;
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
    if let Some(found) = outline.model.max_input_chars_per_word.filter(|&most| most > LONGEST_WORD)
    {
        return Err(TokensError::Content {
            path: path.into(),
            expected: format!("max_input_chars_per_word of at most {LONGEST_WORD}"),
            found: found.to_string(),
        });
    }
    drop(ids);
    Ok(outline.added_tokens)
}

fn one_id_each<'a>(
    outline: &'a Outline,
    path: &Path,
) -> Result<HashMap<&'a str, u64>, TokensError> {
    let path = || path.to_path_buf();
    let (mut ids, mut tokens) = (HashMap::new(), HashMap::new());
    for (token, id) in &outline.model.vocab.0 {
        if let Some(first) = ids.insert(token.as_str(), *id) {
            return Err(TokensError::DuplicateToken {
                path: path(),
                token: token.clone(),
                first,
                second: *id,
            });
        }
        if let Some(first) = tokens.insert(*id, token.as_str()) {
            let (first, second) = (first.to_string(), token.clone());
            return Err(TokensError::DuplicateId { path: path(), id: *id, first, second });
        }
    }
    for Added { id, content } in &outline.added_tokens {
        match ids.insert(content, *id) {
            Some(first) if first != *id => {
                let (token, found) = (content.clone(), *id);
                let (place, expected) = ("added_tokens", first.to_string());
                return Err(TokensError::OtherId { path: path(), place, token, expected, found });
            }
            _ => {}
        }
        if let Some(first) = tokens.insert(*id, content).filter(|first| first != content) {
            let (first, second) = (first.to_string(), content.clone());
            return Err(TokensError::DuplicateId { path: path(), id: *id, first, second });
        }
    }
    Ok(ids)
}

fn check_merges(model: &Model, ids: &HashMap<&str, u64>, path: &Path) -> Result<(), TokensError> {
    let prefix = model.continuing_subword_prefix.as_deref().unwrap_or_default();
    for (number, merge) in model.merges.iter().enumerate() {
        let (left, right) = match merge {
            Merge::Pair(left, right) => (left.as_str(), right.as_str()),
            Merge::Joined(both) => both.split_once(' ').unwrap_or((both, "")),
        };
        let joined = format!("{left}{}", right.strip_prefix(prefix).unwrap_or(right));
        if let Some(token) =
            [left, right, &joined].into_iter().find(|token| !ids.contains_key(token))
        {
            let (merge, token) = (format!("{left} {right}"), token.to_string());
            return Err(TokensError::MergeOfAbsent { path: path.into(), number, merge, token });
        }
    }
    Ok(())
}

/// The template's own ids of special tokens must be the vocabulary's.
fn check_template(
    processor: &Value,
    ids: &HashMap<&str, u64>,
    path: &Path,
) -> Result<(), TokensError> {
    let check = |token: &str, id: u64| match ids.get(token) {
        Some(&own) if own == id => Ok(()),
        own => Err(TokensError::OtherId {
            path: path.into(),
            place: "post_processor",
            token: token.into(),
            expected: own.map_or("none".into(), u64::to_string),
            found: id,
        }),
    };
    for special in processor["special_tokens"].as_object().into_iter().flatten() {
        let list = |key: &str| special.1[key].as_array().cloned().unwrap_or_default();
        for (token, id) in list("tokens").iter().zip(&list("ids")) {
            check(token.as_str().unwrap_or_default(), id.as_u64().unwrap_or(u64::MAX))?;
        }
    }
    for role in ["cls", "sep"] {
        if let (Some(token), Some(id)) = (processor[role][0].as_str(), processor[role][1].as_u64())
        {
            check(token, id)?;
        }
    }
    processor["processors"]
        .as_array()
        .into_iter()
        .flatten()
        .try_for_each(|inner| check_template(inner, ids, path))
}

/// What tokenizer_config.json says that matters here.
#[derive(Default)]
struct Config {
    specials: Specials,
    class: Option<String>,
    lowercase: Option<bool>,
    strip_accents: Option<bool>,
    chinese: Option<bool>,
}

impl Config {
    fn read(folder: &Path) -> Result<Self, TokensError> {
        let mut config = Self::default();
        for name in ["special_tokens_map.json", "tokenizer_config.json"] {
            let path = folder.join(name);
            if path.exists() {
                config.take(&object(&path)?, &path)?;
            }
        }
        Ok(config)
    }

    fn take(&mut self, value: &Value, path: &Path) -> Result<(), TokensError> {
        let wrong = |key: &str, expected: &str| TokensError::Content {
            path: path.into(),
            expected: format!("{expected} at {key:?}"),
            found: one_line(&value[key].to_string()),
        };
        let flag = |key: &str| match &value[key] {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            _ => Err(wrong(key, "true or false")),
        };
        let text = |key: &str| match &value[key] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Object(token) if token.get("content").is_some_and(Value::is_string) => {
                Ok(token["content"].as_str().map(String::from))
            }
            _ => Err(wrong(key, "a text")),
        };
        let Specials { unk, pad, cls, sep, mask } = &mut self.specials;
        for (key, slot) in [
            ("unk_token", unk),
            ("pad_token", pad),
            ("cls_token", cls),
            ("sep_token", sep),
            ("mask_token", mask),
        ] {
            if let Some(token) = text(key)? {
                *slot = token;
            }
        }
        self.class = text("tokenizer_class")?.or(self.class.take());
        self.lowercase = flag("do_lower_case")?.or(self.lowercase);
        self.strip_accents = flag("strip_accents")?.or(self.strip_accents);
        self.chinese = flag("tokenize_chinese_chars")?.or(self.chinese);
        Ok(())
    }
}

/// A vocabulary of one token a line, its id the number of the line, as the JSON of the same
/// tokenizer.
fn from_vocab_txt(path: &Path, config: &Config) -> Result<Vec<u8>, TokensError> {
    let class = config.class.as_deref().map(|class| class.trim_end_matches("Fast"));
    if let Some(class) = class.filter(|class| !BERT_CLASSES.contains(class)) {
        return Err(TokensError::Content {
            path: path.with_file_name("tokenizer_config.json"),
            expected: format!("tokenizer_class {} for a vocab.txt", BERT_CLASSES.join(", ")),
            found: format!("{class:?}"),
        });
    }
    let bytes = bounded(path)?;
    let content = |expected: &str, found: String| TokensError::Content {
        path: path.into(),
        expected: expected.into(),
        found: one_line(&found),
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| content("UTF-8", error.to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> =
        text.split_terminator('\n').map(|line| line.trim_end_matches('\r')).collect();
    if let (true, Some(found)) = (lines.len() < 2, instead_of_text(&bytes)) {
        return Err(content("one token a line", found));
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
        "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": config.chinese.unwrap_or(true),
        "strip_accents": config.strip_accents, "lowercase": config.lowercase.unwrap_or(true),
    });
    let model = json!({
        "type": "WordPiece", "unk_token": specials.unk, "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": ids,
    });
    Ok(bert_json(model, &ids, specials, normalizer).to_string().into_bytes())
}

fn object(path: &Path) -> Result<Value, TokensError> {
    let value: Value = files::read_json(path)?;
    if value.is_object() {
        return Ok(value);
    }
    let (expected, found) = ("a JSON object".into(), one_line(&value.to_string()));
    Err(TokensError::Content { path: path.into(), expected, found })
}

fn bounded(path: &Path) -> Result<Vec<u8>, TokensError> {
    Ok(files::read(path, "a tokenizer's file", LARGEST_FILE)?)
}

/// What a download that went wrong left in place of a file, and what to do about it.
fn instead_of_text(bytes: &[u8]) -> Option<String> {
    files::lookalike(bytes).map(|told| format!("{} ({})", told.found, told.remedy))
}

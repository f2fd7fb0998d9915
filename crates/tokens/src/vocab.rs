//! The vocabulary's files: tokenizer.json, or the older ones in its form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::class::Class;
use crate::config::{Config, wrong};
use crate::error::TokensError;

/// Size of the largest tokenizer file accepted. The largest in wide use, of a vocabulary of
/// 262,144, has 33 MB.
const LARGEST_FILE: u64 = 64 << 20;

/// Names under which a sentencepiece model lies beside a checkpoint.
const SENTENCEPIECE: [&str; 5] = [
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "sentencepiece.model",
];

/// A tokenizer as it lies in a folder.
pub(crate) struct Source {
    /// Content in the form of tokenizer.json.
    pub bytes: Vec<u8>,
    /// File that the vocabulary comes from.
    pub path: PathBuf,
    /// Whether that file is tokenizer.json.
    pub is_tokenizer_json: bool,
    /// Class that reads it.
    pub class: Class,
}

impl Source {
    /// Finds a folder's tokenizer: tokenizer.json or, where there is none, the vocabulary's files
    /// of the class.
    pub fn find(folder: &Path, config: &Config) -> Result<Self, TokensError> {
        let path = folder.join("tokenizer.json");
        if path.exists() {
            let bytes = read_bounded(&path)?;
            let class = Class::choose(config, Some(&bytes))?;
            return Ok(Self { bytes, path, is_tokenizer_json: true, class });
        }
        let (words, pairs, merges) =
            (folder.join("vocab.txt"), folder.join("vocab.json"), folder.join("merges.txt"));
        let class = match Class::choose(config, None)? {
            Class::File if !config.says_kind() && words.exists() => Class::Bert,
            class => class,
        };
        let (bytes, path) = match class {
            Class::Bert if words.exists() => (from_vocab_txt(&words)?, words),
            Class::Gpt2 | Class::Roberta | Class::Qwen2 | Class::GptNeoX
                if pairs.exists() && merges.exists() =>
            {
                (from_vocab_json(&pairs, &merges)?, pairs)
            }
            _ => return Err(nothing_to_read(folder, config)),
        };
        Ok(Self { bytes, path, is_tokenizer_json: false, class })
    }
}

/// The error of a folder without a tokenizer.json and without the files of its class.
fn nothing_to_read(folder: &Path, config: &Config) -> TokensError {
    for name in SENTENCEPIECE {
        let path = folder.join(name);
        if path.exists() {
            return TokensError::SentencePiece { path };
        }
    }
    for (names, classes) in [
        (&["vocab.txt"][..], "BertTokenizer, DistilBertTokenizer, ElectraTokenizer"),
        (&["vocab.json", "merges.txt"], "GPT2Tokenizer, RobertaTokenizer, Qwen2Tokenizer"),
    ] {
        if names.iter().all(|name| folder.join(name).exists()) {
            return config.refused_class(format!("{classes} for {}", names.join(" and ")));
        }
    }
    TokensError::NoFile { folder: folder.into() }
}

/// Reads a vocab.txt of one token per line, whose ID is the number of the line (`WordPiece::read_file`
/// of the tokenizers library). Of a token that stands twice the last line counts, and the other ID has
/// no token, there and in transformers 5.24.
fn from_vocab_txt(path: &Path) -> Result<Vec<u8>, TokensError> {
    let text = read_text(path)?;
    let lines: Vec<&str> = text.split_terminator('\n').map(str::trim_end).collect();
    if let (true, Some(found)) = (lines.len() < 2, instead_of_text(text.as_bytes())) {
        return Err(wrong(path, "one token a line".into(), &found));
    }
    let mut ids = BTreeMap::new();
    for (id, token) in lines.iter().enumerate() {
        ids.insert(*token, id as u64);
    }
    let json = json!({"model": {"type": "WordPiece", "unk_token": "", "vocab": ids}});
    Ok(json.to_string().into_bytes())
}

/// Reads GPT-2's own files: ids by token, and one merge a line below a line of the version
/// (`BPE::read_file` of the tokenizers library).
fn from_vocab_json(vocab: &Path, merges: &Path) -> Result<Vec<u8>, TokensError> {
    let ids = read_text(vocab)?;
    if !ids.trim_start().starts_with('{') {
        let found = instead_of_text(ids.as_bytes()).unwrap_or_else(|| "another text".into());
        return Err(wrong(vocab, "a JSON object of ids by token".into(), &found));
    }
    let mut pairs: Vec<[&str; 2]> = Vec::new();
    let text = read_text(merges)?;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("#version") {
            continue;
        }
        match line.split(' ').collect::<Vec<_>>()[..] {
            [left, right] => pairs.push([left, right]),
            _ => {
                let expected = format!("two tokens with a space between at line {}", number + 1);
                return Err(wrong(merges, expected, &format!("{line:?}")));
            }
        }
    }
    let merges = json!(pairs).to_string();
    // as text: a token that stands twice must stay so until the check
    Ok(format!(r#"{{"model": {{"type": "BPE", "vocab": {ids}, "merges": {merges}}}}}"#)
        .into_bytes())
}

/// Reads a file of text, up to [`LARGEST_FILE`], a byte order mark left out.
fn read_text(path: &Path) -> Result<String, TokensError> {
    let text = String::from_utf8(read_bounded(path)?)
        .map_err(|error| wrong(path, "UTF-8".into(), &error.to_string()))?;
    Ok(text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text))
}

/// Reads a file of a tokenizer, up to [`LARGEST_FILE`].
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, TokensError> {
    Ok(files::read(path, "a tokenizer's file", LARGEST_FILE)?)
}

/// What a failed download left in place of a file, and what to do about it.
pub(crate) fn instead_of_text(bytes: &[u8]) -> Option<String> {
    let lookalike = files::lookalike(bytes)?;
    Some(format!("{} ({})", lookalike.found, lookalike.remedy))
}

/// The JSON of a checked tokenizer.json.
pub(crate) fn parsed(bytes: &[u8], path: &Path) -> Result<Value, TokensError> {
    serde_json::from_slice(bytes)
        .map_err(|error| wrong(path, "a tokenizer.json".into(), &error.to_string()))
}

//! What of a tokenizer.json shows only with a text: the library would fail on every text, or make
//! far more of it than there is, and say nothing of the file.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tokenizers::PostProcessor;
use tokenizers::models::ModelWrapper;

use crate::Tokenizer;
use crate::error::TokensError;

/// Texts that any tokenizer encodes; the second one's token may be unknown.
const TEXTS: [&str; 2] = ["", "a"];

/// The most bytes that a file may make of one byte of a text, by all of its replacements together.
/// Those in use make 12: a `▁` for a space, and one before the text.
const MOST_GROWTH: f64 = 1000.0;

/// The most bytes of regular expressions in a file, all together. GPT-4o's, the longest in wide use,
/// has 300; each `\p{L}` of one takes some 100 KB when it is compiled.
const LONGEST_PATTERNS: usize = 4096;

/// The longest text that a file may put before or after every part of a word, in bytes. Those in
/// use have 4 (`##`, `</w>`), and each part that is tried is copied with it.
const LONGEST_AFFIX: usize = 64;

/// The most special tokens that a file may put around a pair of texts. Those in use put up to six.
const MOST_SPECIAL: usize = 64;

/// The parts of a tokenizer.json that decide how much it makes of a text. A vocabulary is passed
/// over: of the largest, each entry as a value would take more room than the library's own tables.
#[derive(Deserialize)]
struct Steps {
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    decoder: Value,
    model: Affixes,
}

/// What a model puts before or after the parts of a word.
#[derive(Deserialize)]
struct Affixes {
    #[serde(default)]
    continuing_subword_prefix: Value,
    #[serde(default)]
    end_of_word_suffix: Value,
}

impl Tokenizer {
    /// Encodes a text and a pair, so that a file that fails on every text is refused by its path.
    pub(crate) fn tried(self) -> Result<Self, TokensError> {
        if let Some(unknown) = self.unknown_text()
            && self.id(unknown).is_none()
        {
            let expected = "the model's unk_token in the vocabulary".into();
            let (path, found) = (self.path.clone(), format!("no {unknown:?} there"));
            return Err(TokensError::Content { path, expected, found });
        }
        let special = self.library.get_post_processor().map_or(0, |frame| frame.added_tokens(true));
        if special > MOST_SPECIAL {
            let expected = format!("at most {MOST_SPECIAL} special tokens around a pair of texts");
            let (path, found) = (self.path.clone(), special.to_string());
            return Err(TokensError::Content { path, expected, found });
        }
        for text in TEXTS {
            let outcome = self.encode(text, usize::MAX).map(drop);
            match outcome.and_then(|()| self.encode_pair(text, text, usize::MAX)) {
                Ok(encoding) => drop(self.decode(&encoding.ids)),
                Err(TokensError::Encode { reason, .. }) => {
                    return Err(TokensError::Refused { path: self.path, reason });
                }
                Err(other) => return Err(other),
            }
        }
        Ok(self)
    }

    /// Text of the token that the library's model puts in place of an unknown one; a Unigram has an
    /// ID for it instead.
    pub(crate) fn unknown_text(&self) -> Option<&str> {
        match self.library.get_model() {
            ModelWrapper::WordPiece(model) => Some(&model.unk_token),
            ModelWrapper::WordLevel(model) => Some(&model.unk_token),
            ModelWrapper::BPE(model) => model.unk_token.as_deref(),
            ModelWrapper::Unigram(_) => None,
        }
    }
}

/// Checks that neither a text becomes so long by what a tokenizer.json puts into it, nor its
/// regular expressions so large when they are compiled, that memory ends.
pub(crate) fn check_growth(bytes: &[u8], path: &Path) -> Result<(), TokensError> {
    let Ok(Steps { normalizer, pre_tokenizer, decoder, model }) = serde_json::from_slice(bytes)
    else {
        return Ok(()); // refused by the library
    };
    for (part, step) in
        [("normalizer", &normalizer), ("pre_tokenizer", &pre_tokenizer), ("decoder", &decoder)]
    {
        let growth = growth(step);
        if growth > MOST_GROWTH {
            return Err(TokensError::Content {
                path: path.into(),
                expected: format!("a {part} that makes a text {MOST_GROWTH} times as long at most"),
                found: format!("one that may make it {growth:.0} times as long"),
            });
        }
    }
    let mut patterns = 0;
    for step in [&normalizer, &pre_tokenizer, &decoder] {
        patterns += pattern_bytes(step);
    }
    if patterns > LONGEST_PATTERNS {
        return Err(TokensError::Content {
            path: path.into(),
            expected: format!("regular expressions of at most {LONGEST_PATTERNS} bytes together"),
            found: format!("{patterns} bytes"),
        });
    }
    for (affix, value) in [
        ("continuing_subword_prefix", &model.continuing_subword_prefix),
        ("end_of_word_suffix", &model.end_of_word_suffix),
    ] {
        let length = value.as_str().unwrap_or_default().len();
        if length > LONGEST_AFFIX {
            return Err(TokensError::Content {
                path: path.into(),
                expected: format!("{affix} of at most {LONGEST_AFFIX} bytes"),
                found: format!("{length} bytes"),
            });
        }
    }
    Ok(())
}

/// The bytes of all regular expressions in a part of a tokenizer.json.
fn pattern_bytes(part: &Value) -> usize {
    let mut bytes = part["Regex"].as_str().unwrap_or_default().len();
    match part {
        Value::Array(list) => bytes += list.iter().map(pattern_bytes).sum::<usize>(),
        Value::Object(map) => bytes += map.values().map(pattern_bytes).sum::<usize>(),
        _ => {}
    }
    bytes
}

/// The bytes of a text in a tokenizer.json; none where it is no text.
fn length(value: &Value) -> f64 {
    value.as_str().unwrap_or_default().len() as f64
}

/// How many bytes a normalizer or decoder may make of one.
fn growth(step: &Value) -> f64 {
    match step["type"].as_str() {
        Some("Sequence") => {
            let mut product = 1.0;
            for list in [&step["normalizers"], &step["pretokenizers"], &step["decoders"]] {
                for step in list.as_array().into_iter().flatten() {
                    product *= growth(step);
                }
            }
            product
        }
        Some("ByteLevel") => 2.0, // a byte may become a letter of two
        Some("Metaspace") => 3.0, // a blank becomes a `▁`
        Some("Prepend") => 1.0 + length(&step["prepend"]),
        Some("Replace") => match length(&step["pattern"]["String"]) {
            0.0 => 1.0 + length(&step["content"]), // one that may match nothing, anywhere
            replaced => (length(&step["content"]) / replaced).max(1.0),
        },
        _ => 1.0,
    }
}

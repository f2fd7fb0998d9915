//! Tokenizers of our own making, in the form that others read.

use std::path::Path;

use files::one_line;
use serde_json::{Map, Value, json};
use tokenizers::TruncationDirection;

use crate::Tokenizer;
use crate::config::ROLES;
use crate::error::TokensError;
use crate::pipeline::{special, template, text};
use crate::special::SpecialTokens;

/// First of the characters by which GPT-2 shows bytes that are no visible characters of their own,
/// one after the other (Radford et al. 2019, published code, `bytes_to_unicode`).
const FIRST_STAND_IN: u32 = 0x100;

impl Tokenizer {
    /// A lower-casing tokenizer of whole words: `[PAD] [UNK] [CLS] [SEP] [MASK]` get the IDs 0 to
    /// 4, then each of `words` the next in order, repeats left out. Punctuation splits off, so it
    /// belongs among the words. Texts are framed as BERT's are: `[CLS] A [SEP]` and
    /// `[CLS] A [SEP] B [SEP]` with segments 0 and 1 (Devlin et al. 2019, figure 2).
    ///
    /// # Errors
    ///
    /// A word that no text could produce, since it would be split.
    pub fn word_level(words: &[impl AsRef<str>]) -> Result<Self, TokensError> {
        let lower: Vec<String> = words.iter().map(|word| word.as_ref().to_lowercase()).collect();
        let (mut ids, mut added) = (Map::new(), Vec::new());
        for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] {
            let id = ids.len();
            added.push(json!({
                "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            }));
            ids.insert(token.into(), json!(id));
        }
        for word in &lower {
            let next = ids.len();
            ids.entry(word.as_str()).or_insert_with(|| json!(next));
        }
        let (open, close) = (("[CLS]".to_string(), 2), ("[SEP]".to_string(), 3));
        let framing = template(
            &[special(&open, 0), text("A", 0), special(&close, 0)],
            &[text("B", 1), special(&close, 1)],
            &[open, close],
        );
        let value = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
            "normalizer": {
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": false, "lowercase": true,
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": framing,
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
            "model": {"type": "WordLevel", "vocab": ids, "unk_token": "[UNK]"},
        });
        let specials = SpecialTokens::bert();
        let bytes = value.to_string().into_bytes();
        let tokenizer = Self::from_bytes(&bytes, "word list".into(), specials)?;
        for word in &lower {
            if tokenizer.encode(word, 3)?.ids.get(1) != tokenizer.id(word).as_ref() {
                return Err(TokensError::NotAWord { word: word.clone() });
            }
        }
        Ok(tokenizer)
    }

    /// A tokenizer of single characters, whose IDs are their positions in `alphabet`; any other
    /// character cannot be encoded.
    ///
    /// # Errors
    ///
    /// A character that stands twice.
    pub fn characters(alphabet: &[char]) -> Result<Self, TokensError> {
        let tokens = alphabet.iter().map(char::to_string).collect();
        Self::from_merges(tokens, Vec::new(), Value::Null, json!({"type": "Fuse"}), "alphabet")
    }

    /// A tokenizer of byte pairs: `tokens` by ID, single bytes where no merge makes them, and
    /// `merges` by the IDs of what they join, in the order in which they apply. Texts are split
    /// into words as GPT-2 splits them.
    ///
    /// # Errors
    ///
    /// A token that stands twice, or a merge that joins or makes a token that is missing.
    pub fn byte_pairs(tokens: &[&[u8]], merges: &[(u32, u32)]) -> Result<Self, TokensError> {
        let texts: Vec<String> = tokens.iter().map(|token| visible_text(token)).collect();
        let mut pairs = Vec::with_capacity(merges.len());
        for &(left, right) in merges {
            pairs.push([left, right].map(|id| match texts.get(id as usize) {
                Some(text) => text.clone(),
                None => String::new(), // refused as a token that is missing
            }));
        }
        let bytes = json!({
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false,
            "use_regex": true,
        });
        Self::from_merges(texts, pairs, bytes.clone(), bytes, "merges")
    }

    /// A tokenizer of byte pair encoding; `name` stands for its file in errors.
    fn from_merges(
        tokens: Vec<String>,
        merges: Vec<[String; 2]>,
        pre_tokenizer: Value,
        decoder: Value,
        name: &str,
    ) -> Result<Self, TokensError> {
        let mut ids = Map::new();
        for (id, token) in tokens.iter().enumerate() {
            if let Some(first) = ids.insert(token.clone(), json!(id)) {
                let (path, token, second) = (name.into(), token.clone(), id as u64);
                let first = first.as_u64().unwrap_or_default();
                return Err(TokensError::DuplicateToken { path, token, first, second });
            }
        }
        let value = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": null, "pre_tokenizer": pre_tokenizer, "post_processor": null,
            "decoder": decoder,
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null,
                "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
                "byte_fallback": false, "ignore_merges": false, "vocab": ids, "merges": merges,
            },
        });
        Self::from_bytes(value.to_string().as_bytes(), name.into(), SpecialTokens::default())
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json` into `folder`, which other libraries
    /// open; `longest` is the longest text of the model, in tokens.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written to.
    pub fn save(&self, folder: &Path, longest: usize) -> Result<(), TokensError> {
        let path = folder.join("tokenizer.json");
        let json = match self.library.to_string(true) {
            Ok(json) => json,
            Err(error) => {
                let reason = one_line(&error.to_string());
                return Err(TokensError::Refused { path, reason });
            }
        };
        let mut config = json!({
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": longest,
            "clean_up_tokenization_spaces": self.cleans_up,
            "model_input_names": match self.gives_segments {
                true => vec!["input_ids", "token_type_ids", "attention_mask"],
                false => vec!["input_ids", "attention_mask"],
            },
        });
        // what tokenizer.json has no place for
        if self.truncation == TruncationDirection::Left {
            config["truncation_side"] = json!("left");
        }
        if self.pads_left() {
            config["padding_side"] = json!("left");
        }
        if self.library.get_encode_special_tokens() {
            config["split_special_tokens"] = json!(true);
        }
        let pre_tokenizer = self.library.get_pre_tokenizer().map(serde_json::to_string);
        if let Some(Ok(parts)) = pre_tokenizer
            && parts.contains(r#""add_prefix_space":true"#)
        {
            // for a kind of model whose class is built anew whatever is named here, as Qwen2's
            config["add_prefix_space"] = json!(true);
        }
        for role in ROLES {
            // by these names other libraries find the padding token and the mask token
            if let Some(token) = self.specials.get(role)
                && self.id(token).is_some()
            {
                config[format!("{role}_token")] = json!(token);
            }
        }
        files::write(&path, format!("{json}\n"))?;
        Ok(files::write_json(&folder.join("tokenizer_config.json"), &config)?)
    }
}

/// Bytes as GPT-2's vocabulary shows them: one character each.
fn visible_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        text.push(if is_visible(byte) { char::from(byte) } else { stand_in(byte) });
    }
    text
}

/// The bytes that a text of [`visible_text`] shows; `None` if it has another character.
pub(crate) fn bytes_of(visible: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(visible.len());
    for character in visible.chars() {
        let shown_by = |byte: &u8| visible_text(&[*byte]).starts_with(character);
        bytes.push((0..=u8::MAX).find(shown_by)?);
    }
    Some(bytes)
}

/// Whether GPT-2's vocabulary shows a byte as the character of the same number.
fn is_visible(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..)
}

/// The character that stands for a byte that is not visible.
fn stand_in(byte: u8) -> char {
    let mut number = FIRST_STAND_IN;
    for other in 0..byte {
        number += u32::from(!is_visible(other));
    }
    char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
}

//! Tokenizers of our own making, in the form that others read.

use std::path::Path;

use files::one_line;
use serde_json::{Map, Value, json};

use crate::Tokenizer;
use crate::error::TokensError;
use crate::file::Specials;

/// GPT-2 shows a byte that is no visible character of its own as the n-th character from here on
/// (Radford et al. 2019, published code, `bytes_to_unicode`).
const FIRST_STAND_IN: u32 = 0x100;

impl Tokenizer {
    /// One token a character, its ID the place in `alphabet`, and no other: what is not in it
    /// cannot be encoded.
    ///
    /// # Errors
    ///
    /// A character that stands twice.
    pub fn characters(alphabet: &[char]) -> Result<Self, TokensError> {
        let tokens = alphabet.iter().map(char::to_string).collect();
        Self::of_merges(tokens, Vec::new(), Value::Null, json!({"type": "Fuse"}), "alphabet")
    }

    /// Byte pairs: `tokens` by ID, those that no merge makes being single bytes; `merges` by the
    /// IDs of what they join, in the order in which they apply; text cut where GPT-2 cuts it.
    ///
    /// # Errors
    ///
    /// A token that stands twice, or a merge that joins or makes one that is not there.
    pub fn byte_pairs(tokens: &[&[u8]], merges: &[(u32, u32)]) -> Result<Self, TokensError> {
        let texts: Vec<String> = tokens.iter().map(|token| shown(token)).collect();
        let text = |id: u32| texts.get(id as usize).cloned().unwrap_or_default();
        let merges = merges.iter().map(|&(left, right)| [text(left), text(right)]).collect();
        let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true});
        Self::of_merges(texts, merges, bytes.clone(), bytes, "merges")
    }

    fn of_merges(
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
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": pre_tokenizer, "post_processor": null, "decoder": decoder,
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": ids, "merges": merges,
            },
        });
        Self::from_bytes(value.to_string().as_bytes(), name.into(), Specials::default())
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json` into `folder`, which other libraries
    /// open; `longest` is the longest text of the model, in tokens.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written to.
    pub fn save(&self, folder: &Path, longest: usize) -> Result<(), TokensError> {
        let path = folder.join("tokenizer.json");
        let refused = |error: tokenizers::Error| TokensError::Refused {
            path: path.clone(),
            reason: one_line(&error.to_string()),
        };
        let json = self.library.to_string(true).map_err(refused)?;
        let mut config = json!({
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
            "model_max_length": longest,
        });
        for (role, token) in self.specials.by_role() {
            if self.id(token).is_some() {
                // others pad and mask by these names
                config[format!("{role}_token")] = json!(token);
            }
        }
        files::write(&path, format!("{json}\n"))?;
        Ok(files::write_json(&folder.join("tokenizer_config.json"), &config)?)
    }
}

/// Bytes as GPT-2's vocabulary shows them: one character each.
fn shown(bytes: &[u8]) -> String {
    let visible = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..);
    let stand_in = |byte: u8| {
        let before = (0..byte).filter(|&other| !visible(other)).count() as u32;
        char::from_u32(FIRST_STAND_IN + before).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    bytes
        .iter()
        .map(|&byte| if visible(byte) { char::from(byte) } else { stand_in(byte) })
        .collect()
}

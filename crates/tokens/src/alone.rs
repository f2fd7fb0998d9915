//! A tokenizer.json read by itself, and texts encoded without special tokens: as models that are a
//! table of token vectors take both (sentence-transformers 6.2, `StaticEmbedding`).

use std::path::Path;

use serde_json::Value;

use crate::special::SpecialTokens;
use crate::vocab::read_bounded;
use crate::{Encoding, Tokenizer, TokensError};

impl Tokenizer {
    /// Opens one tokenizer.json, whatever other files of its folder say, and the most tokens of a
    /// text by it.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); no special token is needed but the unknown one.
    pub fn open_alone(path: &Path) -> Result<(Self, usize), TokensError> {
        let bytes = read_bounded(path)?;
        // What is no JSON at all is refused by the checks that follow.
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let specials = SpecialTokens::of_unknown(value["model"]["unk_token"].as_str());
        let longest = value["truncation"]["max_length"].as_u64();
        let longest = longest.map_or(usize::MAX, |tokens| tokens as usize);
        Ok((Self::from_bytes(&bytes, path.into(), specials)?, longest))
    }

    /// Encodes a text without special tokens around it, as at most `limit` tokens.
    ///
    /// # Errors
    ///
    /// A text above [`LARGEST_TEXT`](crate::LARGEST_TEXT) whose beginning does not settle the
    /// tokens that are kept, or a failure of the library.
    pub fn encode_unframed(&self, text: &str, limit: usize) -> Result<Encoding, TokensError> {
        let mut tokens = self.encode_beginning(text, limit)?;
        let truncated = tokens.len() > limit;
        if truncated {
            tokens.truncate(limit, 0, self.truncation);
            tokens.take_overflowing();
        }
        Ok(Encoding {
            ids: tokens.get_ids().to_vec(),
            segments: self.segments(&tokens),
            tokens: tokens.get_tokens().to_vec(),
            offsets: tokens.get_offsets().to_vec(),
            truncated,
        })
    }
}

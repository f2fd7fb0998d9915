//! The beginning of a text that is far longer than what is kept of its tokens.

use tokenizers::{Encoding, TruncationDirection};

use crate::Tokenizer;
use crate::error::TokensError;

/// Bytes that are read for every token that is kept, at first. English has four or five to a token.
const BYTES_PER_TOKEN: usize = 32;
/// The least that is read of a text.
const LEAST: usize = 1 << 16;
/// Bytes by which the kept tokens end before what is not read: more than any added token has, or
/// any run of blanks that a pattern looks ahead over.
const MARGIN: usize = 1 << 10;

impl Tokenizer {
    /// Encodes a text without special tokens, or so much of its beginning that the first `room`
    /// tokens and one more are those of the whole text.
    pub(crate) fn encode_beginning(
        &self,
        text: &str,
        room: usize,
    ) -> Result<Encoding, TokensError> {
        let read = text.floor_char_boundary(room.saturating_mul(BYTES_PER_TOKEN).max(LEAST));
        if read < text.len() && self.truncation == TruncationDirection::Right {
            let tokens = self.on_text(read, || self.library.encode(&text[..read], false))?;
            if are_settled(&tokens, room, read) {
                return Ok(tokens);
            }
        }
        self.encode_bare(text)
    }
}

/// Whether no text after the first `read` bytes changes the first `room` tokens and the one after.
/// Each word becomes tokens by itself, so that these stay once their words have ended; a
/// tokenizer that makes no words has one word, which may change as a whole.
fn are_settled(tokens: &Encoding, room: usize, read: usize) -> bool {
    let words = tokens.get_word_ids();
    let (Some(word), Some(last)) = (words.get(room), words.last()) else { return false };
    let (_, end) = tokens.get_offsets()[room];
    word != last && end + MARGIN <= read
}

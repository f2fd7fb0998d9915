//! A text of any length, encoded a piece at a time.

use std::ops::Range;

use tokenizers::Encoding;

use crate::Tokenizer;
use crate::error::TokensError;

/// Bytes on both sides of a cut that both pieces are encoded with: more than any added token has, or
/// nearly any word.
const AROUND: usize = 1 << 10;

impl Tokenizer {
    /// Encodes a text of any length for a causal language model, in pieces of some `piece` bytes, at
    /// least 4 KiB: memory is that of one piece. The special tokens that the file puts around a text
    /// are left out.
    ///
    /// A text is cut after a line end; where there is none in a piece, after a blank; else anywhere.
    /// Each piece is encoded with 1 KiB of text on both sides of it, and has the tokens that begin
    /// in it. So the IDs are those of the whole text where no token depends on text that is more
    /// than 1 KiB away, as if words become tokens by themselves and none is so long; and where no
    /// token depends on another line, and no line is longer than a piece. Else tokens at the cuts
    /// may be others than the whole text has there.
    ///
    /// # Errors
    ///
    /// As [`encode_whole`](Self::encode_whole).
    pub fn encode_in_pieces(&self, text: &str, piece: usize) -> Result<Vec<u32>, TokensError> {
        let mut ids = Vec::new();
        let mut begin = 0;
        while begin < text.len() {
            let end = end_of_piece(text, begin, begin + piece.max(4 * AROUND));
            self.encode_within(text, begin..end, &mut ids)?;
            begin = end;
        }
        Ok(ids)
    }

    /// Encodes a piece of a text with what stands around it, and keeps the tokens that begin in it.
    fn encode_within(
        &self,
        text: &str,
        piece: Range<usize>,
        ids: &mut Vec<u32>,
    ) -> Result<(), TokensError> {
        let before = text.floor_char_boundary(piece.start.saturating_sub(AROUND));
        let after = text.ceil_char_boundary((piece.end + AROUND).min(text.len()));
        let part = &text[before..after];
        let tokens = self.encode_bare(part)?;
        self.check_dropped(part, tokens.get_ids(), before)?;
        let first = tokens_before(&tokens, piece.start - before);
        let last = match piece.end == text.len() {
            true => tokens.len(),
            false => tokens_before(&tokens, piece.end - before),
        };
        ids.extend(&tokens.get_ids()[first..last]);
        Ok(())
    }
}

/// Number of tokens up to the last one that begins before a place in the text.
fn tokens_before(tokens: &Encoding, place: usize) -> usize {
    let last = tokens.get_offsets().iter().rposition(|&(start, _)| start < place);
    last.map_or(0, |last| last + 1)
}

/// Where a piece ends that is to have no byte from `limit` on: after its last line end, or blank.
fn end_of_piece(text: &str, begin: usize, limit: usize) -> usize {
    if limit >= text.len() {
        return text.len();
    }
    let limit = text.floor_char_boundary(limit);
    let piece = &text[begin..limit];
    let end = piece.rfind('\n').or_else(|| piece.rfind(' '));
    end.map_or(limit, |at| begin + at + 1)
}

//! Text that grows by tokens.

use crate::Tokenizer;
use crate::clean_up::{cleaned, settled};
use crate::error::TokensError;

/// Tokens that are decoded again with every new one. What comes later depends on none before them:
/// a character has at most four bytes, and so takes at most four tokens.
const REACH: usize = 16;

/// The text of tokens that come one by one. It is handed out by whole characters, as soon as no
/// later token can change it; the pieces together are what [`Tokenizer::decode`] makes of all
/// tokens.
///
/// ```
/// use tokens::{TextStream, Tokenizer};
///
/// let bytes: Vec<u8> = (0..=255).collect();
/// let tokens: Vec<&[u8]> = bytes.iter().map(std::slice::from_ref).collect();
/// let tokenizer = Tokenizer::byte_pairs(&tokens, &[])?;
/// let mut stream = TextStream::new(&tokenizer);
/// assert_eq!(stream.push(&[b'a'.into(), 0xc3])?, "a"); // the first half of é
/// assert_eq!(stream.push(&[0xa9])?, "é");
/// assert_eq!(stream.end()?, "");
/// # Ok::<(), tokens::TokensError>(())
/// ```
#[derive(Debug)]
pub struct TextStream<'a> {
    tokenizer: &'a Tokenizer,
    /// IDs of the last tokens.
    ids: Vec<u32>,
    /// Number of those tokens that stand before an open run of bytes.
    settled: usize,
    /// Beginning of the text of those tokens that was handed out.
    handed: String,
}

impl<'a> TextStream<'a> {
    /// An empty text.
    pub fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, ids: Vec::new(), settled: 0, handed: String::new() }
    }

    /// Adds tokens; returns the text that they settle.
    ///
    /// # Errors
    ///
    /// A failure of the library.
    pub fn push(&mut self, ids: &[u32]) -> Result<String, TokensError> {
        for &id in ids {
            self.ids.push(id);
            if !self.is_in_a_run(id) {
                self.settled = self.ids.len();
            }
        }
        let text = self.tokenizer.decode_uncleaned(&self.ids[..self.settled])?;
        // The bytes of one character may be spread over tokens: what is not whole yet waits.
        let mut whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        let clean_up = self.tokenizer.cleans_up;
        if clean_up {
            whole = settled(whole);
        }
        let piece = if clean_up { self.hand_out(&cleaned(whole)) } else { self.hand_out(whole) };
        if whole.len() == text.len() && self.settled == self.ids.len() {
            self.forget()?;
        }
        Ok(piece)
    }

    /// Ends the text; returns what waited for more tokens.
    ///
    /// # Errors
    ///
    /// A failure of the library.
    pub fn end(mut self) -> Result<String, TokensError> {
        let text = self.tokenizer.decode(&self.ids)?;
        Ok(self.hand_out(&text))
    }

    /// Whether the newest token belongs to a run of bytes (`<0xF0>`): the library's `ByteFallback`
    /// makes characters of such a run or of no byte of it, so no earlier than it ends is any byte
    /// known. A token without text ends no run.
    fn is_in_a_run(&self, id: u32) -> bool {
        if !self.tokenizer.is_shown(id) {
            return self.settled + 1 < self.ids.len();
        }
        let token = self.tokenizer.token(id).unwrap_or_default();
        token.len() == "<0xF0>".len() && token.starts_with("<0x") && token.ends_with('>')
    }

    /// What follows in the text after what was handed out.
    fn hand_out(&mut self, text: &str) -> String {
        if self.handed.starts_with(text) {
            return String::new();
        }
        let mut common = 0;
        for ((at, old), new) in self.handed.char_indices().zip(text.chars()) {
            if old != new {
                break;
            }
            common = at + old.len_utf8();
        }
        self.handed = text.into();
        text[common..].into()
    }

    /// Forgets the tokens out of [`REACH`], once all text of them was handed out.
    fn forget(&mut self) -> Result<(), TokensError> {
        if self.ids.len() < 2 * REACH {
            return Ok(());
        }
        let last = &self.ids[self.ids.len() - REACH..];
        let text = self.tokenizer.decode(last)?;
        // A text's first token may lose its blank: one has to stand before those that come.
        if !text.is_empty() {
            self.ids = last.to_vec();
            self.settled = REACH;
            self.handed = text;
        }
        Ok(())
    }
}

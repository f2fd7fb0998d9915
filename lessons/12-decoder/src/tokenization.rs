//! From a text to the token IDs that a model is trained on.

use lookup::character_ids;
use subwords::Bpe;
use tokens::{Tokenizer, TokensError};

/// Bytes of a text that a model's own tokenizer encodes at once. It takes some 150 bytes of memory
/// for each.
const PIECE: usize = 1 << 20;

/// Characters of a text that are held back from a trained model at most: all of them are read at
/// every evaluation, and a trained model is large.
const MOST_HELD_BACK: usize = 1 << 17;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokenization {
    /// A character: the vocabulary is every character that the text has.
    Characters,
    /// A byte pair: the vocabulary is learned from the text and has this many tokens, at least the
    /// 256 bytes.
    BytePairs(usize),
}

/// A text as token IDs, its last tenth held back for measuring.
#[derive(Debug, Clone)]
pub struct TokenizedCorpus {
    /// Turns text into these IDs and back.
    pub tokenizer: Tokenizer,
    /// Token IDs that a model is trained on.
    pub training: Vec<u32>,
    /// Token IDs that are held back: measured on, never trained on.
    pub validation: Vec<u32>,
    /// How many characters the held-back text has.
    pub validation_characters: usize,
}

impl Tokenization {
    /// Learns a vocabulary from a text and splits it after nine tenths of its characters.
    ///
    /// # Errors
    ///
    /// If the tokenizers library, which other programs read the vocabulary with, refuses it.
    pub fn split(self, text: &str) -> Result<TokenizedCorpus, TokensError> {
        let characters = text.chars().count();
        let trained = characters * 9 / 10;
        let (tokenizer, training, validation) = match self {
            Self::Characters => {
                let (alphabet, mut training) = character_ids(text);
                let validation = training.split_off(trained);
                (Tokenizer::characters(&alphabet)?, training, validation)
            }
            Self::BytePairs(vocab) => {
                let bpe = Bpe::train([text], vocab);
                let (training, validation) = text.split_at(byte_of_character(text, trained));
                (
                    tokenizer_of(&bpe)?,
                    bpe.encode(training.as_bytes()),
                    bpe.encode(validation.as_bytes()),
                )
            }
        };
        Ok(TokenizedCorpus {
            tokenizer,
            training,
            validation,
            validation_characters: characters - trained,
        })
    }
}

impl TokenizedCorpus {
    /// Holds back the last tenth of a text's characters, or the last 131,072 if that is less, and
    /// encodes both parts with a model's own tokenizer, a piece at a time, without the tokens that
    /// it puts around a text.
    ///
    /// # Errors
    ///
    /// A character that the tokenizer has no token for, or a failure of the library.
    pub fn of(tokenizer: Tokenizer, text: &str) -> Result<Self, TokensError> {
        let characters = text.chars().count();
        let trained = (characters * 9 / 10).max(characters.saturating_sub(MOST_HELD_BACK));
        let (training, validation) = text.split_at(byte_of_character(text, trained));
        Ok(Self {
            training: tokenizer.encode_in_pieces(training, PIECE)?,
            validation: tokenizer.encode_in_pieces(validation, PIECE)?,
            validation_characters: characters - trained,
            tokenizer,
        })
    }
}

/// Where a character begins, in bytes; the text's length if it has no such character.
fn byte_of_character(text: &str, character: usize) -> usize {
    match text.char_indices().nth(character) {
        Some((byte, _)) => byte,
        None => text.len(),
    }
}

/// Lesson 02's vocabulary in the form that other programs read.
fn tokenizer_of(bpe: &Bpe) -> Result<Tokenizer, TokensError> {
    let tokens: Vec<&[u8]> = (0..bpe.vocab() as u32).map(|id| bpe.token(id)).collect();
    Tokenizer::byte_pairs(&tokens, bpe.merges())
}

//! From a text to what a model learns from.

use lookup::character_ids;
use subwords::Bpe;
use tokens::{Tokenizer, TokensError};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokenization {
    /// Each character that the text has.
    Characters,
    /// Byte pairs, so many in all, learnt from the text; at least the 256 bytes.
    BytePairs(usize),
}

/// A text as token IDs, its last tenth held back.
#[derive(Debug, Clone)]
pub struct TokenizedCorpus {
    /// What turns text into these IDs and back.
    pub tokenizer: Tokenizer,
    /// What is learnt from.
    pub training: Vec<u32>,
    /// What is never learnt from.
    pub validation: Vec<u32>,
    /// Characters of it.
    pub validation_characters: usize,
}

impl Tokenization {
    /// Makes tokens of a text, and IDs of its first nine tenths and its last.
    ///
    /// # Errors
    ///
    /// If the library that other programs read the vocabulary with refuses it.
    pub fn split(self, text: &str) -> Result<TokenizedCorpus, TokensError> {
        let characters = text.chars().count();
        let learnt = characters * 9 / 10;
        let at = text.char_indices().nth(learnt).map_or(text.len(), |(at, _)| at);
        let (tokenizer, training, validation) = match self {
            Self::Characters => {
                let (alphabet, ids) = character_ids(text);
                let (training, validation) = ids.split_at(learnt);
                (Tokenizer::characters(&alphabet)?, training.to_vec(), validation.to_vec())
            }
            Self::BytePairs(vocab) => {
                let bpe = Bpe::train([text], vocab);
                let tokens: Vec<&[u8]> = (0..bpe.vocab() as u32).map(|id| bpe.token(id)).collect();
                let encode = |part: &str| bpe.encode(part.as_bytes());
                (
                    Tokenizer::byte_pairs(&tokens, bpe.merges())?,
                    encode(&text[..at]),
                    encode(&text[at..]),
                )
            }
        };
        Ok(TokenizedCorpus {
            tokenizer,
            training,
            validation,
            validation_characters: characters - learnt,
        })
    }
}

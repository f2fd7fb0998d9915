//! What a tokenizer of our own making is made of, for programs that encode without the library.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokenizers::{PostProcessor, PostProcessorWrapper};

use crate::Tokenizer;
use crate::write::bytes_of;

/// What [`Tokenizer::characters`] or [`Tokenizer::byte_pairs`] made a tokenizer of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// Characters by ID.
    Characters(Vec<char>),
    /// Byte pairs.
    BytePairs {
        /// Bytes of each token, by ID.
        tokens: Vec<Vec<u8>>,
        /// Merges by the IDs of what they join, in the order in which they apply.
        merges: Vec<(u32, u32)>,
    },
}

/// The part of a tokenizer.json that differs between tokenizers of our own.
#[derive(Deserialize)]
struct File {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    vocab: BTreeMap<String, u32>,
    #[serde(default)]
    merges: Vec<[String; 2]>,
}

impl Tokenizer {
    /// What the tokenizer is made of, if it is one of [`Tokenizer::characters`] or
    /// [`Tokenizer::byte_pairs`], saved and opened perhaps; `None` for any other.
    pub fn own_vocabulary(&self) -> Option<Vocabulary> {
        let json = self.json_without_framing()?;
        let File { model } = serde_json::from_str(&json).ok()?;
        for vocabulary in [characters(&model), byte_pairs(&model)].into_iter().flatten() {
            // Made again it is the same tokenizer: nothing else is in the file.
            let again = vocabulary.tokenizer()?;
            if !self.cleans_up && again.json_without_framing()? == json {
                return Some(vocabulary);
            }
        }
        None
    }

    /// The tokenizer's file, less what would put tokens around a text; `None` where that puts some.
    fn json_without_framing(&self) -> Option<String> {
        let mut library = self.library.clone();
        let framing = library.get_post_processor();
        if framing.is_some_and(|framing| framing.added_tokens(false) > 0) {
            return None;
        }
        library.with_post_processor(None::<PostProcessorWrapper>);
        library.to_string(false).ok()
    }
}

impl Vocabulary {
    /// The tokenizer that is made of it.
    fn tokenizer(&self) -> Option<Tokenizer> {
        match self {
            Self::Characters(characters) => Tokenizer::characters(characters).ok(),
            Self::BytePairs { tokens, merges } => {
                let tokens: Vec<&[u8]> = tokens.iter().map(Vec::as_slice).collect();
                Tokenizer::byte_pairs(&tokens, merges).ok()
            }
        }
    }
}

/// The tokens of a model by ID, if their IDs count from 0 and leave none out.
fn by_id(model: &Model) -> Option<Vec<&str>> {
    let mut tokens: Vec<(u32, &str)> = Vec::with_capacity(model.vocab.len());
    for (token, id) in &model.vocab {
        tokens.push((*id, token));
    }
    tokens.sort_unstable();
    let is_dense = tokens.last().is_some_and(|(last, _)| *last as usize + 1 == tokens.len());
    is_dense.then(|| tokens.into_iter().map(|(_, token)| token).collect())
}

/// The characters that a model's tokens are, if each is one.
fn characters(model: &Model) -> Option<Vocabulary> {
    let mut characters = Vec::new();
    for token in by_id(model)? {
        let mut of_token = token.chars();
        characters.push(of_token.next()?);
        if of_token.next().is_some() {
            return None;
        }
    }
    Some(Vocabulary::Characters(characters))
}

/// The bytes that a model's tokens show, and what its merges join.
fn byte_pairs(model: &Model) -> Option<Vocabulary> {
    let mut tokens = Vec::new();
    for token in by_id(model)? {
        tokens.push(bytes_of(token)?);
    }
    let mut merges = Vec::new();
    for [left, right] in &model.merges {
        merges.push((*model.vocab.get(left)?, *model.vocab.get(right)?));
    }
    Some(Vocabulary::BytePairs { tokens, merges })
}

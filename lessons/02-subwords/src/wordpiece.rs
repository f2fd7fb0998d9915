//! WordPiece: a given vocabulary, read greedily.

use std::collections::HashMap;

/// The unknown token, which stands for a word that the vocabulary cannot spell (Devlin et al. 2019,
/// published vocabularies).
const UNKNOWN: &str = "[UNK]";
/// Mark that opens a token which continues a word (Devlin et al. 2019, published vocabularies).
const CONTINUES: &str = "##";
/// Number of characters of the longest word that is split at all (Devlin et al. 2019, published
/// code).
const LONGEST_WORD: usize = 100;

/// A vocabulary in which a token either begins a word or, led by `##`, continues one.
// ANCHOR: wordpiece
#[derive(Debug, Clone)]
pub struct WordPiece {
    /// The text of each token, by ID.
    tokens: Vec<String>,
    /// The ID of each token.
    ids: HashMap<String, u32>,
    /// The ID of the unknown token, `[UNK]`.
    unknown: u32,
}

impl WordPiece {
    /// Makes a vocabulary of tokens in the order of their IDs, as the lines of BERT's
    /// `vocab.txt`.
    ///
    /// # Panics
    ///
    /// If `[UNK]` is not in it.
    pub fn new(vocabulary: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut tokens: Vec<String> = Vec::new();
        let mut ids = HashMap::new();
        for token in vocabulary {
            let token = token.into();
            ids.insert(token.clone(), tokens.len() as u32);
            tokens.push(token);
        }
        let unknown = *ids.get(UNKNOWN).expect("a WordPiece vocabulary holds [UNK]");
        Self { tokens, ids, unknown }
    }

    /// Encodes one word: the longest token that it begins with, then the same for the
    /// rest (Devlin et al. 2019, published code). A word for which this finds no match,
    /// or of more than 100 characters, is `[UNK]` as a whole.
    pub fn encode(&self, word: &str) -> Vec<u32> {
        let too_long = word.chars().nth(LONGEST_WORD).is_some();
        if too_long {
            return vec![self.unknown];
        }
        match self.longest_matches(word) {
            Some(ids) => ids,
            None => vec![self.unknown],
        }
    }

    /// Spells a word from the left, each time with the longest token that fits; `None`
    /// where none does. A word without characters needs no token.
    pub fn longest_matches(&self, word: &str) -> Option<Vec<u32>> {
        let mut ids = Vec::new();
        let mut start = 0;
        while start < word.len() {
            let (id, end) = self.longest_match(word, start)?;
            ids.push(id);
            start = end;
        }
        Some(ids)
    }

    /// Finds the longest token that the word holds from the byte `start` on: its ID, and
    /// the byte before which it ends. At 0 that is a token that begins a word, elsewhere
    /// one that continues it and is written with `##`; `None` where there is none.
    pub fn longest_match(&self, word: &str, start: usize) -> Option<(u32, usize)> {
        let mark = if start == 0 { "" } else { CONTINUES };
        for (at, character) in word[start..].char_indices().rev() {
            let end = start + at + character.len_utf8();
            if let Some(id) = self.id(&format!("{mark}{}", &word[start..end])) {
                return Some((id, end));
            }
        }
        None
    }

    /// The ID of a token by its text, `##` included; `None` where the vocabulary has no
    /// such token.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// The text of a token, `##` included.
    ///
    /// # Panics
    ///
    /// If `id` is not below the number of tokens.
    pub fn token(&self, id: u32) -> &str {
        match self.tokens.get(id as usize) {
            Some(token) => token,
            None => panic!("ID {id} in a vocabulary of {}", self.tokens.len()),
        }
    }
}
// ANCHOR_END: wordpiece

//! WordPiece: a given vocabulary, read greedily.

use std::collections::HashMap;

/// What a word becomes that the vocabulary cannot spell (Devlin et al. 2019, published
/// vocabularies).
const UNKNOWN: &str = "[UNK]";
/// What a token opens with that continues a word (as above).
const CONTINUES: &str = "##";
/// Characters of the longest word that is split at all (as above, published code).
const LONGEST_WORD: usize = 100;

// ANCHOR: wordpiece
/// A vocabulary in which a token either begins a word or, led by `##`, continues one.
#[derive(Debug, Clone)]
pub struct WordPiece {
    /// By ID.
    tokens: Vec<String>,
    /// The way back.
    ids: HashMap<String, u32>,
    unknown: u32,
}

impl WordPiece {
    /// A vocabulary in the order of its IDs, as a line each in BERT's `vocab.txt`.
    ///
    /// # Panics
    ///
    /// If `[UNK]` is not in it.
    pub fn new(vocabulary: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let tokens: Vec<String> = vocabulary.into_iter().map(Into::into).collect();
        let ids: HashMap<String, u32> = tokens.iter().cloned().zip(0..).collect();
        let unknown = *ids.get(UNKNOWN).expect("a WordPiece vocabulary holds [UNK]");
        Self { tokens, ids, unknown }
    }

    /// The IDs of one word: the longest token that it begins with, then the same for the rest
    /// (Devlin et al. 2019, published code). A word that this leads to no match, or of more than
    /// 100 characters, is `[UNK]` as a whole.
    pub fn encode(&self, word: &str) -> Vec<u32> {
        let short = word.chars().nth(LONGEST_WORD).is_none();
        short.then(|| self.longest_matches(word)).flatten().unwrap_or_else(|| vec![self.unknown])
    }

    fn longest_matches(&self, word: &str) -> Option<Vec<u32>> {
        let (mut ids, mut start) = (Vec::new(), 0);
        while start < word.len() {
            let prefix = if start == 0 { "" } else { CONTINUES };
            let ends = word[start..].char_indices().map(|(at, c)| start + at + c.len_utf8());
            let known =
                |end| Some((*self.ids.get(&format!("{prefix}{}", &word[start..end]))?, end));
            let (id, end) = ends.rev().find_map(known)?;
            ids.push(id);
            start = end;
        }
        Some(ids)
    }

    /// The text of a token, `##` included.
    ///
    /// # Panics
    ///
    /// If `id` is not below the number of tokens.
    pub fn token(&self, id: u32) -> &str {
        let vocab = self.tokens.len();
        self.tokens.get(id as usize).unwrap_or_else(|| panic!("ID {id} in a vocabulary of {vocab}"))
    }
}
// ANCHOR_END: wordpiece

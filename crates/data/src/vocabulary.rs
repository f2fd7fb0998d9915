//! The words of a corpus.

use std::collections::HashMap;

use crate::{DataError, words};

/// Words that stand in a corpus often enough, most frequent first; equally frequent ones in
/// alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// Words of the vocabulary; the id of a word is its place.
    pub words: Vec<String>,
    /// Number of times that each word stands in the corpus.
    pub counts: Vec<u64>,
    /// Number of words in the corpus, rare ones included.
    pub corpus_words: u64,
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// Counts the words of a corpus, and forgets those that stand there fewer than `min_count`
    /// times: there is little to learn about them, and there are many of them.
    ///
    /// # Errors
    ///
    /// What the passages end with.
    pub fn count(
        passages: impl Iterator<Item = Result<String, DataError>>,
        min_count: u64,
    ) -> Result<Self, DataError> {
        let mut counts: HashMap<String, u64> = HashMap::new();
        let mut corpus_words = 0;
        for passage in passages {
            for word in words(&passage?) {
                corpus_words += 1;
                *counts.entry(word).or_default() += 1;
            }
        }
        counts.retain(|_, count| *count >= min_count);
        let mut kept: Vec<(String, u64)> = counts.into_iter().collect();
        kept.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut vocabulary =
            Self { words: Vec::new(), counts: Vec::new(), corpus_words, ids: HashMap::new() };
        for (word, count) in kept {
            vocabulary.ids.insert(word.clone(), vocabulary.words.len() as u32);
            vocabulary.words.push(word);
            vocabulary.counts.push(count);
        }
        Ok(vocabulary)
    }

    /// Id of a word, if it is in the vocabulary.
    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }
}

//! The words of a corpus.

use std::collections::HashMap;

use crate::{DataError, Passages, words};

/// The words that were said often enough, most frequent first; equally frequent ones in
/// alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// Each word; its id is its place.
    pub words: Vec<String>,
    /// How often each was said.
    pub counts: Vec<u64>,
    /// Words in the corpus, rare ones included.
    pub said: u64,
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// Counts the words of a corpus, and forgets those said fewer than `min_count` times: there is
    /// little to learn about them, and there are many of them.
    ///
    /// # Errors
    ///
    /// What the passages end with.
    pub fn count(passages: Passages, min_count: u64) -> Result<Self, DataError> {
        let mut counts: HashMap<String, u64> = HashMap::new();
        let mut said = 0;
        for passage in passages {
            for word in words(&passage?) {
                said += 1;
                *counts.entry(word).or_default() += 1;
            }
        }
        let mut kept: Vec<(String, u64)> =
            counts.into_iter().filter(|&(_, count)| count >= min_count).collect();
        kept.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let ids = kept.iter().zip(0..).map(|((word, _), id)| (word.clone(), id)).collect();
        let (words, counts) = kept.into_iter().unzip();
        Ok(Self { words, counts, said, ids })
    }

    /// A word's id.
    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }
}

//! Which pair is the most frequent, kept up to date from merge to merge.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::{Bpe, TokenPair, neighbours, pieces, replace};

/// Every pair of neighbours in a text, counted.
// ANCHOR: pair_counts
pub(crate) struct PairCounts {
    /// The distinct pieces of the text.
    words: Vec<Word>,
    /// The count of each pair, and where it stands.
    pairs: HashMap<TokenPair, PairCount>,
    /// Pairs by count, the highest first, of equal counts the lower IDs. A count here may
    /// be out of date, but only too high: it is put right when its turn comes.
    queue: BinaryHeap<(u64, Reverse<TokenPair>)>,
}

/// A distinct piece of the text.
struct Word {
    /// The tokens that it consists of by now.
    tokens: Vec<u32>,
    /// How often it comes in the text.
    times: u64,
}

/// How often a pair comes, and where.
#[derive(Default)]
struct PairCount {
    count: u64,
    /// Indices into the words that hold the pair, and of some that no longer do.
    words: Vec<usize>,
}
// ANCHOR_END: pair_counts

impl PairCount {
    /// Counts the pair `times` more, in the word at this index.
    fn add(&mut self, word: usize, times: u64) {
        self.count += times;
        if self.words.last() != Some(&word) {
            self.words.push(word);
        }
    }
}

impl PairCounts {
    /// Counts the pairs of bytes in the pieces of texts.
    pub(crate) fn new(bpe: &Bpe, texts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut words = Vec::new();
        let mut pairs: HashMap<TokenPair, PairCount> = HashMap::new();
        for (piece, times) in distinct(texts) {
            let tokens = bpe.spell(&piece);
            for pair in neighbours(&tokens) {
                pairs.entry(pair).or_default().add(words.len(), times);
            }
            words.push(Word { tokens, times });
        }
        let mut queue = BinaryHeap::with_capacity(pairs.len());
        for (&pair, counted) in &pairs {
            queue.push((counted.count, Reverse(pair)));
        }
        Self { words, pairs, queue }
    }
}

impl PairCounts {
    /// Finds the pair with the highest count above zero; of equal counts the pair of lower IDs.
    // ANCHOR: most_frequent
    pub(crate) fn most_frequent(&mut self) -> Option<TokenPair> {
        while let Some((count, Reverse(pair))) = self.queue.pop() {
            match self.pairs[&pair].count {
                0 => {}
                now if now == count => return Some(pair),
                now => self.queue.push((now, Reverse(pair))),
            }
        }
        None
    }
    // ANCHOR_END: most_frequent
}

impl PairCounts {
    /// Makes `token` of every `pair`: only the words that hold it are counted anew.
    // ANCHOR: merge
    pub(crate) fn merge(&mut self, pair: TokenPair, token: u32) {
        let holders = std::mem::take(&mut self.pairs.entry(pair).or_default().words);
        let mut made = HashSet::new();
        for index in holders {
            let word = &mut self.words[index];
            for old in neighbours(&word.tokens) {
                self.pairs.entry(old).or_default().count -= word.times;
            }
            replace(&mut word.tokens, pair, token);
            for new in neighbours(&word.tokens) {
                let counted = self.pairs.entry(new).or_default();
                if new.0 == token || new.1 == token {
                    counted.add(index, word.times);
                    made.insert(new);
                } else {
                    counted.count += word.times;
                }
            }
        }
        for pair in made {
            self.queue.push((self.pairs[&pair].count, Reverse(pair)));
        }
    }
    // ANCHOR_END: merge
}

/// Counts how often each distinct piece comes in texts.
fn distinct(texts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> HashMap<Vec<u8>, u64> {
    let mut counts: HashMap<Vec<u8>, u64> = HashMap::new();
    for text in texts {
        for piece in pieces(text.as_ref()) {
            match counts.get_mut(piece) {
                Some(count) => *count += 1,
                None => _ = counts.insert(piece.to_vec(), 1),
            }
        }
    }
    counts
}

//! Which pair is the most frequent, kept up to date from merge to merge.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::{Bpe, TokenPair, neighbours, pieces, replace};

// ANCHOR: pair_counts
/// Every pair of neighbours in a text, counted.
pub(crate) struct PairCounts {
    /// Each distinct piece of the text, as the tokens it consists of by now, and how often it
    /// comes.
    words: Vec<(Vec<u32>, u64)>,
    pairs: HashMap<TokenPair, Found>,
    /// Highest count first, of equal ones the lower IDs. A count here may be out of date, but only
    /// too high: it is put right when its turn comes.
    queue: BinaryHeap<(u64, Reverse<TokenPair>)>,
}

/// What is known of a pair.
#[derive(Default)]
struct Found {
    count: u64,
    /// Places in `words` that hold it, and some that no longer do.
    words: Vec<usize>,
}
// ANCHOR_END: pair_counts

impl Found {
    fn add(&mut self, word: usize, times: u64) {
        self.count += times;
        if self.words.last() != Some(&word) {
            self.words.push(word);
        }
    }
}

impl PairCounts {
    pub(crate) fn new(bpe: &Bpe, texts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let words = distinct(texts).into_iter().map(|(piece, times)| (bpe.spell(&piece), times));
        let words: Vec<(Vec<u32>, u64)> = words.collect();
        let mut pairs: HashMap<TokenPair, Found> = HashMap::new();
        for (at, (word, times)) in words.iter().enumerate() {
            neighbours(word).for_each(|pair| pairs.entry(pair).or_default().add(at, *times));
        }
        let queue = pairs.iter().map(|(&pair, found)| (found.count, Reverse(pair))).collect();
        Self { words, pairs, queue }
    }
}

// ANCHOR: most_frequent
impl PairCounts {
    /// The pair with the highest count above zero.
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
}
// ANCHOR_END: most_frequent

// ANCHOR: merge
impl PairCounts {
    /// Makes `token` of every `pair`: only the words that hold it are counted anew.
    pub(crate) fn merge(&mut self, pair: TokenPair, token: u32) {
        let holders = std::mem::take(&mut self.pairs.entry(pair).or_default().words);
        let mut made = HashSet::new();
        for at in holders {
            let (word, times) = &mut self.words[at];
            for old in neighbours(word) {
                self.pairs.entry(old).or_default().count -= *times;
            }
            replace(word, pair, token);
            for new in neighbours(word) {
                let found = self.pairs.entry(new).or_default();
                if new.0 == token || new.1 == token {
                    found.add(at, *times);
                    made.insert(new);
                } else {
                    found.count += *times;
                }
            }
        }
        self.queue.extend(made.into_iter().map(|pair| (self.pairs[&pair].count, Reverse(pair))));
    }
}
// ANCHOR_END: merge

/// The pieces of texts and how often each comes.
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

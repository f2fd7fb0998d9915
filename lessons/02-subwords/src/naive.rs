//! The same training with every pair counted anew for every merge: what the fast one is held
//! against.

use std::collections::BTreeMap;

use crate::{Bpe, TokenPair, neighbours, pieces, replace};

/// Trains as [`Bpe::train`] does, in time proportional to the text times the merges.
// ANCHOR: train
pub fn train(texts: &[&[u8]], vocab: usize) -> Bpe {
    let mut bpe = Bpe::untrained(vocab);
    let mut words = Vec::new();
    for text in texts {
        for piece in pieces(text) {
            words.push(bpe.spell(piece));
        }
    }
    while bpe.vocab() < vocab
        && let Some(pair) = most_frequent(&words)
    {
        let token = bpe.learn(pair);
        for word in &mut words {
            replace(word, pair, token);
        }
    }
    bpe
}

/// Finds the pair of neighbours that comes most often in the words; of equal counts the
/// pair of lower IDs; `None` where no word has two tokens.
///
/// Sennrich et al. 2016, algorithm 1 (`get_stats` and the maximum of it). A word that
/// comes twice stands in `words` twice.
///
/// # Shapes
///
/// - words: `[words][tokens]`, the IDs of each word's tokens
pub fn most_frequent(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for word in words {
        for pair in neighbours(word) {
            *counts.entry(pair).or_default() += 1;
        }
    }
    let mut best = None;
    let mut most = 0;
    for (pair, count) in counts {
        // in the order of their IDs: of equal counts the first stays
        if count > most {
            (best, most) = (Some(pair), count);
        }
    }
    best
}
// ANCHOR_END: train

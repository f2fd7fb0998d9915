//! The same training with every pair counted anew for every merge: what the fast one is held
//! against.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::{Bpe, TokenPair, pieces};

// ANCHOR: train
/// As [`Bpe::train`], in time proportional to the text times the merges.
pub fn train(texts: &[&[u8]], vocab: usize) -> Bpe {
    let mut bpe = Bpe::untrained(vocab);
    let mut words: Vec<Vec<u32>> =
        texts.iter().flat_map(|text| pieces(text)).map(|piece| bpe.spell(piece)).collect();
    while bpe.vocab() < vocab {
        let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
        for word in &words {
            for pair in word.windows(2) {
                *counts.entry((pair[0], pair[1])).or_default() += 1;
            }
        }
        let Some((_, Reverse(pair))) = counts.into_iter().map(|(pair, n)| (n, Reverse(pair))).max()
        else {
            break;
        };
        let token = bpe.learn(pair);
        words = words.iter().map(|word| merge(word, pair, token)).collect();
    }
    bpe
}

fn merge(word: &[u32], pair: TokenPair, token: u32) -> Vec<u32> {
    match word {
        [a, b, rest @ ..] if (*a, *b) == pair => [vec![token], merge(rest, pair, token)].concat(),
        [a, rest @ ..] => [vec![*a], merge(rest, pair, token)].concat(),
        [] => Vec::new(),
    }
}
// ANCHOR_END: train

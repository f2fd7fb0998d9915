//! Which words are trained on, and which are noise.

use rand::{Rng, RngExt};

/// The power that flattens word frequencies into the noise distribution. Found by trying: Mikolov
/// et al. 2013b, section 2.2, report it far better than the frequencies themselves and than all
/// words alike; there is no derivation.
const FLATTENING: f64 = 0.75;

/// The words in reach of the one at `at`: up to `reach` before it, up to `reach` after it.
///
/// # Panics
///
/// If the sentence has no word there.
pub fn around(sentence: &[u32], at: usize, reach: usize) -> (&[u32], &[u32]) {
    (&sentence[at.saturating_sub(reach)..at], &sentence[at + 1..sentence.len().min(at + 1 + reach)])
}

// ANCHOR: noise
/// How often each word is drawn as noise: p_i = count_i^(3/4) / sum_j count_j^(3/4) (Mikolov et al.
/// 2013b, section 2.2).
pub fn noise(counts: &[u64]) -> Vec<f64> {
    let weights: Vec<f64> = counts.iter().map(|&count| (count as f64).powf(FLATTENING)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
// ANCHOR_END: noise

// ANCHOR: keep
/// The share of its occurrences at which a frequent word is trained on: (sqrt(f/t) + 1) t/f, at
/// most 1, for a word that makes up the share `f` of the corpus.
///
/// As word2vec.c and gensim have it. The paper's own formula, sqrt(t/f) (Mikolov et al. 2013b,
/// section 2.3, equation 5), keeps a little less. A `t` of 0 keeps everything.
pub fn keep_probability(f: f64, t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { (((f / t).sqrt() + 1.0) * t / f).min(1.0) }
}
// ANCHOR_END: keep

/// Draws words by their [`noise`] probability in constant time: one die says which word, another
/// whether it or its alias (Walker 1977, "An Efficient Method for Generating Discrete Random
/// Variables with General Distributions").
#[derive(Debug)]
pub struct NoiseTable {
    /// For each word how often the die stays with it, and the word it goes to otherwise.
    words: Vec<(f32, u32)>,
}

// ANCHOR: alias
impl NoiseTable {
    /// The table of words that were said so often.
    pub fn new(counts: &[u64]) -> Self {
        // Scaled so that a fair share is 1. What a word lacks of it, one that has more than its
        // share fills up.
        let mut share: Vec<f64> = noise(counts).iter().map(|p| p * counts.len() as f64).collect();
        let mut words: Vec<(f32, u32)> = (0..counts.len() as u32).map(|word| (1.0, word)).collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) =
            (0..share.len()).partition(|&word| share[word] < 1.0);
        while let (Some(lacks), Some(has)) = (poor.pop(), rich.pop()) {
            words[lacks] = (share[lacks] as f32, has as u32);
            share[has] -= 1.0 - share[lacks];
            if share[has] < 1.0 { poor.push(has) } else { rich.push(has) }
        }
        Self { words }
    }

    /// Draws a word's id.
    pub fn draw(&self, random: &mut impl Rng) -> u32 {
        let word = random.random_range(0..self.words.len());
        let (stays, alias) = self.words[word];
        if random.random::<f32>() < stays { word as u32 } else { alias }
    }
}
// ANCHOR_END: alias

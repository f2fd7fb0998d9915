//! Which words are trained on, and which are noise.

use rand::{Rng, RngExt};

/// The power that flattens word frequencies into the noise distribution. Found by trying: Mikolov
/// et al. 2013b, section 2.2, report it far better than the frequencies themselves and than all
/// words alike; there is no derivation.
const FLATTENING: f64 = 0.75;

/// The context words of a window: up to `reach` words before the one at `position`, and up to
/// `reach` after it.
///
/// # Panics
///
/// If the sentence has no word at `position`.
pub fn around(sentence: &[u32], position: usize, reach: usize) -> (&[u32], &[u32]) {
    let first = position.saturating_sub(reach);
    let end = sentence.len().min(position + 1 + reach);
    (&sentence[first..position], &sentence[position + 1..end])
}

// ANCHOR: noise
/// The probability of each word to be drawn as noise: p_i = count_i^(3/4) / sum_j count_j^(3/4)
/// (Mikolov et al. 2013b, section 2.2).
pub fn noise(counts: &[u64]) -> Vec<f64> {
    let mut noise = Vec::with_capacity(counts.len());
    let mut sum = 0.0;
    for &count in counts {
        let weight = (count as f64).powf(FLATTENING);
        noise.push(weight);
        sum += weight;
    }
    for probability in &mut noise {
        *probability /= sum;
    }
    noise
}
// ANCHOR_END: noise

// ANCHOR: keep
/// The probability that an occurrence of a word is trained on, if the word makes up the share `f`
/// of the corpus: (sqrt(f/t) + 1) t/f, at most 1.
///
/// As word2vec.c and gensim have it. The paper's own formula, sqrt(t/f) (Mikolov et al. 2013b,
/// section 2.3, equation 5), keeps a little less. A `t` of 0 keeps everything.
pub fn keep_probability(f: f64, t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { (((f / t).sqrt() + 1.0) * t / f).min(1.0) }
}
// ANCHOR_END: keep

/// Draws words by their [`noise`] probability in constant time: one die picks a word, another
/// decides between it and its alias (Walker 1977, "An Efficient Method for Generating Discrete
/// Random Variables with General Distributions").
#[derive(Debug)]
pub struct NoiseTable {
    /// For each word the probability that the second die stays with it, and its alias.
    words: Vec<(f32, u32)>,
}

// ANCHOR: alias
impl NoiseTable {
    /// The table for words of these counts.
    pub fn new(counts: &[u64]) -> Self {
        // Probabilities are scaled so that a fair share is 1. What a poor word lacks of its fair
        // share, a rich one fills up.
        let mut share = noise(counts);
        let mut words = Vec::with_capacity(counts.len());
        let (mut poor, mut rich) = (Vec::new(), Vec::new());
        for (word, share) in share.iter_mut().enumerate() {
            *share *= counts.len() as f64;
            words.push((1.0, word as u32));
            if *share < 1.0 { poor.push(word) } else { rich.push(word) }
        }
        while let (Some(lacks), Some(has)) = (poor.pop(), rich.pop()) {
            words[lacks] = (share[lacks] as f32, has as u32);
            share[has] -= 1.0 - share[lacks];
            if share[has] < 1.0 { poor.push(has) } else { rich.push(has) }
        }
        Self { words }
    }

    /// Draws the id of a word.
    pub fn draw(&self, random: &mut impl Rng) -> u32 {
        let word = random.random_range(0..self.words.len());
        let (stays, alias) = self.words[word];
        if random.random::<f32>() < stays { word as u32 } else { alias }
    }
}
// ANCHOR_END: alias

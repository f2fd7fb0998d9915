//! How often a word is trained on, and how often it is drawn as noise.

use rand::{Rng, RngExt};

/// The power that flattens word frequencies into the noise distribution. Found by trying: Mikolov
/// et al. 2013b, section 2.2, report that it did far better than the frequencies themselves and
/// than a uniform distribution; there is no derivation.
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

/// The probability of each word to be drawn as noise: p_i = count_i^(3/4) / sum_j count_j^(3/4)
/// (Mikolov et al. 2013b, section 2.2).
// ANCHOR: noise
pub fn noise_distribution(counts: &[u64]) -> Vec<f64> {
    let mut probabilities = Vec::with_capacity(counts.len());
    let mut sum = 0.0;
    for &count in counts {
        let weight = (count as f64).powf(FLATTENING);
        probabilities.push(weight);
        sum += weight;
    }
    for probability in &mut probabilities {
        *probability /= sum;
    }
    probabilities
}
// ANCHOR_END: noise

/// The probability that an occurrence of a word is trained on, if the word makes up the share `f`
/// of the corpus: (sqrt(f/t) + 1) t/f, at most 1.
///
/// word2vec.c and gensim compute it so. It is sqrt(t/f) + t/f; the paper's own formula has the
/// first term alone (Mikolov et al. 2013b, section 2.3, equation 5). A `t` of 0 keeps everything.
// ANCHOR: keep
pub fn keep_probability(f: f64, t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { (((f / t).sqrt() + 1.0) * t / f).min(1.0) }
}
// ANCHOR_END: keep

/// Draws words by their [`noise_distribution`] in constant time: one die picks a word, another
/// decides between it and its alias (Walker 1977, "An Efficient Method for Generating Discrete
/// Random Variables with General Distributions").
#[derive(Debug)]
pub struct NoiseTable {
    /// For each word the probability that the second die stays with it, and its alias.
    pub entries: Vec<(f32, u32)>,
}

// ANCHOR: alias
impl NoiseTable {
    /// Builds the table for words of these counts.
    pub fn new(counts: &[u64]) -> Self {
        // Probabilities are scaled so that a fair share is 1. A poor word has less than that, and
        // what it lacks is filled up by a rich word, its alias.
        let mut scaled = noise_distribution(counts);
        let mut entries = Vec::with_capacity(counts.len());
        let (mut poor, mut rich) = (Vec::new(), Vec::new());
        for (word, share) in scaled.iter_mut().enumerate() {
            *share *= counts.len() as f64;
            entries.push((1.0, word as u32));
            if *share < 1.0 { poor.push(word) } else { rich.push(word) }
        }
        while let (Some(poor_word), Some(rich_word)) = (poor.pop(), rich.pop()) {
            entries[poor_word] = (scaled[poor_word] as f32, rich_word as u32);
            scaled[rich_word] -= 1.0 - scaled[poor_word];
            if scaled[rich_word] < 1.0 { poor.push(rich_word) } else { rich.push(rich_word) }
        }
        Self { entries }
    }

    /// Draws the id of a word.
    pub fn draw(&self, random: &mut impl Rng) -> u32 {
        let word = random.random_range(0..self.entries.len());
        let (stays, alias) = self.entries[word];
        if random.random::<f32>() < stays { word as u32 } else { alias }
    }
}
// ANCHOR_END: alias

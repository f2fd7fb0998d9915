//! From logits to one token.

use std::cmp::Ordering;

use rand::RngExt;
use rand::rngs::StdRng;

/// How the next token is drawn from its logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
}

/// Invalid sampling settings.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// The temperature is NaN, negative or infinite.
    #[error(
        "temperature: expected a number of 0 or more, found {0}; 0 always takes the likeliest token"
    )]
    Temperature(f64),
    /// Top-k is 0, which leaves no token to draw from.
    #[error(
        "top-k: expected at least 1 token to draw from, found 0; leave it out to draw from all"
    )]
    TopK,
    /// Top-p is no share of the probability.
    #[error("top-p: expected a share above 0 and at most 1, found {0}; 1 draws from all")]
    TopP(f64),
}

impl Default for Sampling {
    /// Draws from the model's own probabilities.
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: 1.0 }
    }
}

impl Sampling {
    /// Always takes the likeliest token.
    pub const GREEDY: Self = Self { temperature: 0.0, top_k: None, top_p: 1.0 };

    /// Sampling at a temperature, from the likeliest tokens only.
    ///
    /// - temperature: 1 draws from the model's probabilities; less favours the likely tokens, more
    ///   evens them out, 0 always takes the likeliest
    /// - top_k: how many of the likeliest tokens may be drawn; `None` means all
    /// - top_p: the share of the probability that the tokens which may be drawn reach together; 1
    ///   means all
    ///
    /// # Errors
    ///
    /// A temperature below 0 or not finite, a `top_k` of 0, a `top_p` outside of (0, 1].
    pub fn new(temperature: f64, top_k: Option<usize>, top_p: f64) -> Result<Self, SamplingError> {
        if !(temperature >= 0.0 && temperature.is_finite()) {
            return Err(SamplingError::Temperature(temperature));
        }
        if top_k == Some(0) {
            return Err(SamplingError::TopK);
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return Err(SamplingError::TopP(top_p));
        }
        Ok(Self { temperature, top_k, top_p })
    }

    /// What the logits are divided by; 0 always takes the likeliest token.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// How many of the likeliest tokens may be drawn; `None` means all.
    pub fn top_k(&self) -> Option<usize> {
        self.top_k
    }

    /// The share of the probability that the tokens which may be drawn reach together.
    pub fn top_p(&self) -> f64 {
        self.top_p
    }
}

// ANCHOR: sampling
impl Sampling {
    /// Draws one of [`Sampling::candidates`], each as often as its probability says.
    ///
    /// # Shapes
    ///
    /// - logits: `[vocab]`
    /// - output: a token ID in `0..vocab`
    ///
    /// # Panics
    ///
    /// If there are no logits.
    pub fn draw(&self, logits: &[f32], rng: &mut StdRng) -> u32 {
        let candidates = self.candidates(logits);
        // A random point between 0 and 1, along which the probabilities are laid end to
        // end: taking them away one after the other ends below 0 at the token in whose
        // stretch the point lies.
        let mut point = rng.random::<f64>();
        for &(token, probability) in &candidates {
            point -= probability;
            if point < 0.0 {
                return token;
            }
        }
        candidates[0].0 // rounding may leave a sliver at the end
    }

    /// The tokens that may be drawn and their probabilities, the likeliest first.
    ///
    /// p_i = exp(logit_i / temperature) / sum over the kept j of exp(logit_j /
    /// temperature), in this order: the temperature divides the logits, the `top_k`
    /// highest are kept (Fan et al. 2018, "Hierarchical Neural Story Generation", section
    /// 5.4), then of those the fewest whose probabilities sum to `top_p` (Holtzman et al.
    /// 2020, "The Curious Case of Neural Text Degeneration", section 3.1).
    ///
    /// # Shapes
    ///
    /// - logits: `[vocab]`
    /// - output: `[candidates]` of (token ID, probability); the probabilities sum to 1
    ///
    /// # Panics
    ///
    /// If there are no logits.
    pub fn candidates(&self, logits: &[f32]) -> Vec<(u32, f64)> {
        let greedy = self.temperature == 0.0 || self.top_k == Some(1);
        if greedy {
            let likeliest = top_k(logits, 1)[0]; // a temperature of 0 cannot divide the logits
            return vec![(likeliest, 1.0)];
        }
        // The temperature keeps the order of the logits, so the k highest are found
        // before it acts.
        let tokens = top_k(logits, self.top_k.unwrap_or(logits.len()));
        let weights = exponentials(logits, &tokens, self.temperature);
        let kept = &weights[..nucleus_size(&weights, self.top_p)];
        let sum: f64 = kept.iter().sum();
        let mut candidates = Vec::with_capacity(kept.len());
        for (&token, weight) in tokens.iter().zip(kept) {
            candidates.push((token, weight / sum));
        }
        candidates
    }
}

/// The `k` tokens of the highest logits, or all if there are fewer, the highest first.
///
/// # Panics
///
/// If there are logits and `k` is 0.
pub fn top_k(logits: &[f32], k: usize) -> Vec<u32> {
    let mut tokens: Vec<u32> = (0..logits.len() as u32).collect();
    if k < tokens.len() {
        // Puts the k likeliest in front, in any order: a vocabulary need not be sorted
        // for a few.
        tokens.select_nth_unstable_by(k - 1, |&a, &b| likelier_first(logits, a, b));
        tokens.truncate(k);
    }
    tokens.sort_unstable_by(|&a, &b| likelier_first(logits, a, b));
    tokens
}

/// Orders two tokens by their logits, the higher first; of equals the lower ID comes
/// first.
fn likelier_first(logits: &[f32], a: u32, b: u32) -> Ordering {
    logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b))
}

/// Unnormalised probabilities of tokens that are sorted by their logits: exp((logit -
/// highest) / temperature), which is 1 for the first.
///
/// # Panics
///
/// If there are no tokens, or one without a logit.
pub fn exponentials(logits: &[f32], tokens: &[u32], temperature: f64) -> Vec<f64> {
    let highest = f64::from(logits[tokens[0] as usize]);
    let mut numbers = Vec::with_capacity(tokens.len());
    for &token in tokens {
        let logit = f64::from(logits[token as usize]);
        numbers.push(((logit - highest) / temperature).exp());
    }
    numbers
}

/// How many of the unnormalised probabilities, the largest first, it takes to reach a
/// share `top_p` of their sum. The one that crosses the line is counted.
pub fn nucleus_size(exponentials: &[f64], top_p: f64) -> usize {
    let enough = top_p * exponentials.iter().sum::<f64>();
    let mut reached = 0.0;
    let mut size = 0;
    while size < exponentials.len() && reached < enough {
        reached += exponentials[size];
        size += 1;
    }
    size
}
// ANCHOR_END: sampling

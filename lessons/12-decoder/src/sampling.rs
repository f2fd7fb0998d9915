//! From scores to one token.

use rand::RngExt;
use rand::rngs::StdRng;

/// How a token is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
}

/// A way to draw that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// Not a number, negative or infinite.
    #[error(
        "temperature: expected a number of 0 or more, found {0}; 0 always takes the likeliest token"
    )]
    Temperature(f64),
    /// None left to draw from.
    #[error(
        "top-k: expected at least 1 token to draw from, found 0; leave it out to draw from all"
    )]
    TopK,
    /// No share.
    #[error("top-p: expected a share above 0 and at most 1, found {0}; 1 draws from all")]
    TopP(f64),
}

impl Default for Sampling {
    /// From the model's own probabilities.
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: 1.0 }
    }
}

impl Sampling {
    /// Always the likeliest token.
    pub const GREEDY: Self = Self { temperature: 0.0, top_k: None, top_p: 1.0 };

    /// Draws at a temperature: 1 as the model says, less is bolder in favour of the likely, more
    /// evens out, 0 always takes the likeliest; from the `top_k` likeliest tokens only; and from
    /// the smallest set of likeliest tokens whose share reaches `top_p`.
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

    // ANCHOR: sampling
    /// The tokens that may be drawn and their probabilities, the likeliest first.
    ///
    /// p_i = exp(logit_i / temperature) / sum over the kept j of exp(logit_j / temperature): first
    /// the `top_k` highest are kept (Fan et al. 2018, "Hierarchical Neural Story Generation",
    /// section 5.4), then of those the fewest whose probabilities sum to `top_p` (Holtzman et al.
    /// 2020, "The Curious Case of Neural Text Degeneration", section 3.1).
    ///
    /// # Panics
    ///
    /// If there are no logits.
    pub fn candidates(&self, logits: &[f32]) -> Vec<(u32, f64)> {
        let likelier =
            |a: &u32, b: &u32| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b));
        let mut tokens: Vec<u32> = (0..logits.len() as u32).collect();
        let kept = if self.temperature == 0.0 {
            1
        } else {
            self.top_k.unwrap_or(logits.len()).min(logits.len())
        };
        if kept < tokens.len() {
            tokens.select_nth_unstable_by(kept - 1, likelier);
            tokens.truncate(kept);
        }
        tokens.sort_unstable_by(likelier);
        let highest = f64::from(logits[tokens[0] as usize]);
        let weigh =
            |token: &u32| ((f64::from(logits[*token as usize]) - highest) / self.temperature).exp();
        let weights: Vec<f64> =
            if kept == 1 { vec![1.0] } else { tokens.iter().map(weigh).collect() };
        let nucleus = self.top_p * weights.iter().sum::<f64>();
        let mut reached = 0.0;
        let inside = weights.iter().take_while(|&&weight| {
            let before = reached;
            reached += weight;
            before < nucleus // the token that crosses the line stays
        });
        let inside: Vec<f64> = inside.copied().collect();
        let sum: f64 = inside.iter().sum();
        tokens.into_iter().zip(inside.into_iter().map(|weight| weight / sum)).collect()
    }

    /// One of [`Sampling::candidates`], as often as its probability says.
    ///
    /// # Panics
    ///
    /// If there are no logits.
    pub fn draw(&self, logits: &[f32], rng: &mut StdRng) -> u32 {
        let candidates = self.candidates(logits);
        // of the way from 0 to 1 along the probabilities laid end to end
        let mut left = rng.random::<f64>();
        let drawn = candidates.iter().find(|(_, probability)| {
            left -= probability;
            left < 0.0
        });
        drawn.unwrap_or(&candidates[0]).0 // rounding may leave a sliver at the end
    }
    // ANCHOR_END: sampling
}

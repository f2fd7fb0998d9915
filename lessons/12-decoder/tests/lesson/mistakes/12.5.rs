//! Mistakes in `Sampling::candidates`.

use decoder::{Sampling, exponentials, nucleus_size, top_k};

/// The temperature then works the other way round: 0.5 evens the probabilities out.
pub fn multiplied_by_the_temperature(this: &Sampling, logits: &[f32]) -> Vec<(u32, f64)> {
    if this.temperature() == 0.0 {
        return vec![(top_k(logits, 1)[0], 1.0)];
    }
    let tokens = top_k(logits, this.top_k().unwrap_or(logits.len()));
    let weights = exponentials(logits, &tokens, 1.0 / this.temperature());
    let kept = &weights[..nucleus_size(&weights, this.top_p())];
    let sum: f64 = kept.iter().sum();
    tokens.iter().zip(kept).map(|(&token, weight)| (token, weight / sum)).collect()
}

/// What was cut off is still part of the whole, and whoever draws by these numbers draws nothing
/// now and then.
pub fn not_brought_back_to_a_sum_of_1(this: &Sampling, logits: &[f32]) -> Vec<(u32, f64)> {
    if this.temperature() == 0.0 {
        return vec![(top_k(logits, 1)[0], 1.0)];
    }
    let all = top_k(logits, logits.len());
    let sum: f64 = exponentials(logits, &all, this.temperature()).iter().sum();
    let tokens = top_k(logits, this.top_k().unwrap_or(logits.len()));
    let weights = exponentials(logits, &tokens, this.temperature());
    let kept = &weights[..nucleus_size(&weights, this.top_p())];
    tokens.iter().zip(kept).map(|(&token, weight)| (token, weight / sum)).collect()
}

/// A low temperature makes the model surer, and top-p does not hear of it.
pub fn top_p_before_the_temperature(this: &Sampling, logits: &[f32]) -> Vec<(u32, f64)> {
    if this.temperature() == 0.0 {
        return vec![(top_k(logits, 1)[0], 1.0)];
    }
    let tokens = top_k(logits, this.top_k().unwrap_or(logits.len()));
    let size = nucleus_size(&exponentials(logits, &tokens, 1.0), this.top_p());
    let weights = exponentials(logits, &tokens[..size], this.temperature());
    let sum: f64 = weights.iter().sum();
    tokens.iter().zip(weights).map(|(&token, weight)| (token, weight / sum)).collect()
}

/// Top-p is then a share of all tokens and not of what top-k has left.
pub fn top_p_before_top_k(this: &Sampling, logits: &[f32]) -> Vec<(u32, f64)> {
    if this.temperature() == 0.0 {
        return vec![(top_k(logits, 1)[0], 1.0)];
    }
    let tokens = top_k(logits, logits.len());
    let weights = exponentials(logits, &tokens, this.temperature());
    let size = nucleus_size(&weights, this.top_p()).min(this.top_k().unwrap_or(logits.len()));
    let kept = &weights[..size];
    let sum: f64 = kept.iter().sum();
    tokens.iter().zip(kept).map(|(&token, weight)| (token, weight / sum)).collect()
}

/// 0 / 0 is NaN: so is every probability.
pub fn divided_by_a_temperature_of_0(this: &Sampling, logits: &[f32]) -> Vec<(u32, f64)> {
    let tokens = top_k(logits, this.top_k().unwrap_or(logits.len()));
    let weights = exponentials(logits, &tokens, this.temperature());
    let size =
        if this.top_p() < 1.0 { nucleus_size(&weights, this.top_p()) } else { weights.len() };
    let kept = &weights[..size];
    let sum: f64 = kept.iter().sum();
    tokens.iter().zip(kept).map(|(&token, weight)| (token, weight / sum)).collect()
}

/// The right tokens with the right probabilities, and the first is not the likeliest.
pub fn in_the_order_of_the_vocabulary(this: &Sampling, logits: &[f32]) -> Vec<(u32, f64)> {
    if this.temperature() == 0.0 {
        return vec![(top_k(logits, 1)[0], 1.0)];
    }
    let tokens = top_k(logits, this.top_k().unwrap_or(logits.len()));
    let weights = exponentials(logits, &tokens, this.temperature());
    let kept = &weights[..nucleus_size(&weights, this.top_p())];
    let sum: f64 = kept.iter().sum();
    let mut candidates = Vec::with_capacity(kept.len());
    for (&token, weight) in tokens.iter().zip(kept) {
        candidates.push((token, weight / sum));
    }
    candidates.sort_by_key(|&(token, _)| token);
    candidates
}

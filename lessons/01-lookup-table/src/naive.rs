//! The lesson's maths in plain loops over `f64`: what the tensor versions are held against.

/// Looks up the row of each ID: `W[id]`.
// ANCHOR: lookup
pub fn lookup(table: &[Vec<f64>], ids: &[u32]) -> Vec<Vec<f64>> {
    let mut vectors = Vec::with_capacity(ids.len());
    for &id in ids {
        vectors.push(table[id as usize].clone());
    }
    vectors
}
// ANCHOR_END: lookup

/// Cross entropy in nats per token: `-(1/tokens) sum_t log softmax(logits_t)[target_t]`.
// ANCHOR: surprise
pub fn cross_entropy(logits: &[Vec<f64>], targets: &[u32]) -> f64 {
    let mut nats = 0.0;
    for (row, &target) in logits.iter().zip(targets) {
        nats -= log_softmax(row)[target as usize];
    }
    nats / targets.len() as f64
}

/// Turns the logits of one token into log-probabilities:
/// `z_j - m - log sum_k exp(z_k - m)` with `m = max_k z_k`.
pub fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let mut max = f64::NEG_INFINITY;
    for &logit in logits {
        max = max.max(logit);
    }
    let mut sum = 0.0;
    for logit in logits {
        sum += (logit - max).exp();
    }
    let mut log_probabilities = Vec::with_capacity(logits.len());
    for logit in logits {
        log_probabilities.push(logit - max - sum.ln());
    }
    log_probabilities
}
// ANCHOR_END: surprise

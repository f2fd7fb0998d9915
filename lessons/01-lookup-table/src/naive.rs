//! The lesson's maths in plain loops over `f64`: what the tensor versions are held against.

// ANCHOR: lookup
/// `W[id]` for every id.
pub fn lookup(table: &[Vec<f64>], ids: &[u32]) -> Vec<Vec<f64>> {
    ids.iter().map(|&id| table[id as usize].clone()).collect()
}
// ANCHOR_END: lookup

// ANCHOR: surprise
/// `-(1/tokens) sum_t log softmax(logits_t)[target_t]`, nats.
pub fn cross_entropy(logits: &[Vec<f64>], targets: &[u32]) -> f64 {
    let surprise = |row: &[f64], target: u32| {
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|z| (z - max).exp()).sum();
        -(row[target as usize] - max - sum.ln())
    };
    let total: f64 = logits.iter().zip(targets).map(|(row, &target)| surprise(row, target)).sum();
    total / targets.len() as f64
}
// ANCHOR_END: surprise

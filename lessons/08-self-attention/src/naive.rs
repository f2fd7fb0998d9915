//! The same equation in plain loops: slow, and nothing to trust but arithmetic. The tests' oracle.

/// A matrix as rows.
pub type Rows = Vec<Vec<f32>>;

// ANCHOR: loops
/// q k^T / sqrt(d_head): `[queries][d_head]` and `[keys][d_head]` give `[queries][keys]`.
pub fn scores(q: &[Vec<f32>], k: &[Vec<f32>]) -> Rows {
    let mut scores = vec![vec![0.0; k.len()]; q.len()];
    for (query, row) in q.iter().zip(&mut scores) {
        for (key, score) in k.iter().zip(row) {
            for (a, b) in query.iter().zip(key) {
                *score += a * b;
            }
            *score /= (query.len() as f32).sqrt();
        }
    }
    scores
}

/// Softmax of every row: `[queries][keys]`, rows sum to 1.
pub fn weights(scores: &[Vec<f32>]) -> Rows {
    let mut weights = scores.to_vec();
    for row in &mut weights {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in row.iter_mut() {
            *score = (*score - largest).exp();
            sum += *score;
        }
        for weight in row.iter_mut() {
            *weight /= sum;
        }
    }
    weights
}

/// Means of the values: `[queries][keys]` and `[keys][d_head]` give `[queries][d_head]`.
pub fn attend(weights: &[Vec<f32>], v: &[Vec<f32>]) -> Rows {
    let d_head = v.first().map_or(0, Vec::len);
    let mut output = vec![vec![0.0; d_head]; weights.len()];
    for (row, mean) in weights.iter().zip(&mut output) {
        for (weight, value) in row.iter().zip(v) {
            for (sum, number) in mean.iter_mut().zip(value) {
                *sum += weight * number;
            }
        }
    }
    output
}
// ANCHOR_END: loops

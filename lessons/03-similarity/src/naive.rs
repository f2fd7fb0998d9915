//! The same measures in plain loops: what the tests hold the tensors to.

// ANCHOR: loops
/// Dot product: sum_i a_i b_i.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (x, y) in a.iter().zip(b) {
        sum += x * y;
    }
    sum
}

/// Cosine: dot(a, b) / (|a| |b|), 0 where either vector is zero.
pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths == 0.0 { 0.0 } else { dot(a, b) / lengths }
}

/// Euclidean distance: |a - b|.
pub fn euclidean(a: &[f64], b: &[f64]) -> f64 {
    let mut squared = 0.0;
    for (x, y) in a.iter().zip(b) {
        squared += (x - y).powi(2);
    }
    squared.sqrt()
}
// ANCHOR_END: loops

//! The map's side of t-SNE as its equations stand, pair by pair in f64: what the tests hold the
//! loops to.

// ANCHOR: loops
/// w_ij = 1 / (1 + |y_i - y_j|^2), 0 for a point and itself
fn w(y: &[[f64; 2]], i: usize, j: usize) -> f64 {
    let squared = (y[i][0] - y[j][0]).powi(2) + (y[i][1] - y[j][1]).powi(2);
    if i == j { 0.0 } else { 1.0 / (1.0 + squared) }
}

/// q_ij = w_ij / sum_kl w_kl
pub fn q(y: &[[f64; 2]]) -> Vec<Vec<f64>> {
    let points = 0..y.len();
    let z: f64 = points.clone().flat_map(|i| points.clone().map(move |j| w(y, i, j))).sum();
    points.clone().map(|i| points.clone().map(|j| w(y, i, j) / z).collect()).collect()
}

/// sum_ij p_ij ln(p_ij / q_ij), a pair with p_ij = 0 counting nothing
pub fn kl(p: &[Vec<f64>], q: &[Vec<f64>]) -> f64 {
    let pairs = p.iter().flatten().zip(q.iter().flatten());
    pairs.filter(|(p, _)| **p > 0.0).map(|(p, q)| p * (p / q).ln()).sum()
}

/// 4 sum_j (p_ij - q_ij) w_ij (y_i - y_j), point by point
pub fn gradient(p: &[Vec<f64>], y: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let q = q(y);
    let pull = |i: usize, axis: usize| -> f64 {
        (0..y.len())
            .map(|j| 4.0 * (p[i][j] - q[i][j]) * w(y, i, j) * (y[i][axis] - y[j][axis]))
            .sum()
    };
    (0..y.len()).map(|i| [pull(i, 0), pull(i, 1)]).collect()
}
// ANCHOR_END: loops

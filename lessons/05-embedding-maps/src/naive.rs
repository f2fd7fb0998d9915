//! The map's side of t-SNE as its equations stand, pair by pair in f64: what the tests hold the
//! loops to.

// ANCHOR: loops
/// w_ij = 1 / (1 + |y_i - y_j|^2), 0 for a point and itself
pub fn w(y: &[[f64; 2]], i: usize, j: usize) -> f64 {
    let squared = (y[i][0] - y[j][0]).powi(2) + (y[i][1] - y[j][1]).powi(2);
    if i == j { 0.0 } else { 1.0 / (1.0 + squared) }
}

/// q_ij = w_ij / sum_kl w_kl
pub fn q(y: &[[f64; 2]]) -> Vec<Vec<f64>> {
    let mut q = Vec::new();
    let mut z = 0.0;
    for i in 0..y.len() {
        let mut row = Vec::new();
        for j in 0..y.len() {
            row.push(w(y, i, j));
            z += w(y, i, j);
        }
        q.push(row);
    }
    for row in &mut q {
        for q in row {
            *q /= z;
        }
    }
    q
}

/// sum_ij p_ij ln(p_ij / q_ij), a pair with p_ij = 0 counting nothing
pub fn kl(p: &[Vec<f64>], q: &[Vec<f64>]) -> f64 {
    let mut nats = 0.0;
    for i in 0..p.len() {
        for j in 0..p.len() {
            if p[i][j] > 0.0 {
                nats += p[i][j] * (p[i][j] / q[i][j]).ln();
            }
        }
    }
    nats
}

/// 4 sum_j (p_ij - q_ij) w_ij (y_i - y_j), point by point
pub fn gradient(p: &[Vec<f64>], y: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let q = q(y);
    let mut gradient = vec![[0.0; 2]; y.len()];
    for i in 0..y.len() {
        for j in 0..y.len() {
            for axis in 0..2 {
                gradient[i][axis] +=
                    4.0 * (p[i][j] - q[i][j]) * w(y, i, j) * (y[i][axis] - y[j][axis]);
            }
        }
    }
    gradient
}
// ANCHOR_END: loops

//! The same gradient in plain loops: what the tests hold the fast one to.

// ANCHOR: loops
/// Loss (nats), dL/dv and dL/du of a window whose every row of `v` predicts the first row of `u`
/// and none of the others.
///
/// # Shapes
///
/// - v: `[contexts, d_model]` row by row
/// - u: `[1 + k, d_model]` row by row
pub fn gradient(v: &[f32], u: &[f32], d_model: usize) -> (f64, Vec<f32>, Vec<f32>) {
    let (mut loss, mut of_v, mut of_u) = (0.0, vec![0.0; v.len()], vec![0.0; u.len()]);
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (row_i, row_j) = (i * d_model, j * d_model);
            let score: f64 =
                (0..d_model).map(|d| f64::from(v[row_i + d]) * f64::from(u[row_j + d])).sum();
            let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
            let is_neighbour = if j == 0 { 1.0 } else { 0.0 };
            loss -= if j == 0 { sigmoid(score).ln() } else { sigmoid(-score).ln() };
            let error = (sigmoid(score) - is_neighbour) as f32;
            for d in 0..d_model {
                of_v[row_i + d] += error * u[row_j + d];
                of_u[row_j + d] += error * v[row_i + d];
            }
        }
    }
    (loss, of_v, of_u)
}
// ANCHOR_END: loops

//! The gradient of a window, derived by hand.
//!
//! A window is trained as a whole: each context word predicts the centre word, all of them
//! against the same noise words (Ji et al. 2016, "Parallelizing Word2Vec in Shared and Distributed
//! Memory", section 3). Each pair's gradient is that of the equation; what is shared is the choice
//! of the noise words, so that a row is fetched and written back once per window, not once per
//! pair.

/// Loss and gradient of a window, as [`gradient`] computes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// The loss in nats, summed over the pairs.
    pub loss: f64,
    /// dL/dv, `[contexts, d_model]` row by row.
    pub v: Vec<f32>,
    /// dL/du, `[1 + k, d_model]` row by row.
    pub u: Vec<f32>,
}

/// Loss and gradient of a window: every row v_i of `v` predicts u_0, the first row of `u`, and
/// none of the other u_j.
///
/// e_ij = sigmoid(u_j . v_i) - t_j with t_0 = 1 and all others 0, dL/dv_i = sum_j e_ij u_j and
/// dL/du_j = sum_i e_ij v_i (Mikolov et al. 2013b, equation 4, derived). [`kernels::window`] does
/// the same with eight numbers side by side, and tests hold the two equal.
///
/// # Shapes
///
/// - v: `[contexts, d_model]` row by row
/// - u: `[1 + k, d_model]` row by row: the centre word's, then those of the noise words
/// - output: the loss in nats, and gradients of the same shapes
///
/// # Panics
///
/// If `v` or `u` does not consist of whole rows of `d_model` numbers.
// ANCHOR: gradient
pub fn gradient(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let v_i = &v[i * d_model..][..d_model];
            let u_j = &u[j * d_model..][..d_model];
            let score = dot(u_j, v_i);
            // In f64 a sigmoid is 0, and its logarithm infinite, only from scores of -710 down. No
            // training gets there, so the equation can stand as it is, without `log_sigmoid`.
            let error = if j == 0 {
                found.loss -= sigmoid(score).ln();
                sigmoid(score) - 1.0
            } else {
                found.loss -= sigmoid(-score).ln();
                sigmoid(score)
            };
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u_j[d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// sum_d a_d b_d
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0;
    for d in 0..a.len() {
        sum += f64::from(a[d]) * f64::from(b[d]);
    }
    sum
}

/// 1 / (1 + e^-x), the probability of "yes" that a score stands for.
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
// ANCHOR_END: gradient

//! LayerNorm in plain loops over f64: what the tests hold [`crate::LayerNorm`] against.

// ANCHOR: loops
/// One token's vector brought to mean 0 and variance 1, then scaled and shifted.
pub fn layer_norm(x: &[f64], weight: &[f64], bias: &[f64], epsilon: f64) -> Vec<f64> {
    let d_model = x.len() as f64;

    let mut sum = 0.0;
    for value in x {
        sum += value;
    }
    let mean = sum / d_model;

    let mut squares = 0.0;
    for value in x {
        squares += (value - mean).powi(2);
    }
    let variance = squares / d_model;

    let spread = (variance + epsilon).sqrt();
    let mut y = Vec::with_capacity(x.len());
    for (i, value) in x.iter().enumerate() {
        y.push((value - mean) / spread * weight[i] + bias[i]);
    }
    y
}
// ANCHOR_END: loops

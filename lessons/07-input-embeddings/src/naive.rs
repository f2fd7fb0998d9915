//! LayerNorm in plain loops over f64: what the tests hold [`crate::LayerNorm`] against.

// ANCHOR: loops
/// One token's vector brought to mean 0 and variance 1, then scaled and shifted.
pub fn layer_norm(x: &[f64], weight: &[f64], bias: &[f64], epsilon: f64) -> Vec<f64> {
    let d_model = x.len() as f64;
    let mean = x.iter().sum::<f64>() / d_model;
    let variance = x.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / d_model;
    let spread = (variance + epsilon).sqrt();
    x.iter().zip(weight).zip(bias).map(|((value, w), b)| (value - mean) / spread * w + b).collect()
}
// ANCHOR_END: loops

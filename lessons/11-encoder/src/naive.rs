//! A linear map in plain loops, over numbers as a checkpoint stores them: what the loader is tested
//! against.

/// A linear map whose matrix lies as PyTorch stores it, a row for each output.
///
/// y_o = sum_i stored_{o,i} x_i + bias_o
///
/// # Shapes
///
/// - stored: `[d_out, d_in]`
/// - bias: `[d_out]`
/// - x: `[d_in]`
/// - output: `[d_out]`
///
/// # Panics
///
/// If a row is not as long as x, or there are more or fewer rows than numbers in the bias.
// ANCHOR: naive_linear
pub fn linear(stored: &[Vec<f32>], bias: &[f32], x: &[f32]) -> Vec<f32> {
    assert_eq!(stored.len(), bias.len(), "as many rows as numbers in the bias");
    let mut y = bias.to_vec();
    for (output, row) in y.iter_mut().zip(stored) {
        assert_eq!(row.len(), x.len(), "a row is as long as x");
        for (weight, number) in row.iter().zip(x) {
            *output += weight * number;
        }
    }
    y
}
// ANCHOR_END: naive_linear

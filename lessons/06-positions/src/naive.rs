//! RoPE in plain loops over numbers: what the tests hold [`crate::Rope`] against.

/// One head's vector at `position`, its pairs turned by position * frequency.
///
/// # Shapes
///
/// - vector: `[d_head]`
/// - pairs: `[d_head / 2]`, which two entries each pair consists of
/// - frequencies: `[d_head / 2]`, radians per position
/// - output: `[d_head]`
///
/// # Panics
///
/// If a pair lies outside the vector.
// ANCHOR: rotate
pub fn rotate(
    vector: &[f64],
    position: usize,
    pairs: &[(usize, usize)],
    frequencies: &[f64],
) -> Vec<f64> {
    let mut turned = vector.to_vec();
    for (&(a, b), frequency) in pairs.iter().zip(frequencies) {
        let (sin, cos) = (position as f64 * frequency).sin_cos();
        turned[a] = vector[a] * cos - vector[b] * sin;
        turned[b] = vector[b] * cos + vector[a] * sin;
    }
    turned
}
// ANCHOR_END: rotate

/// The pairs of a head of `d_head` numbers stored half by half: (i, i + d_head / 2).
pub fn half_split_pairs(d_head: usize) -> Vec<(usize, usize)> {
    (0..d_head / 2).map(|i| (i, i + d_head / 2)).collect()
}

/// The pairs of a head of `d_head` numbers stored side by side: (2i, 2i + 1).
pub fn interleaved_pairs(d_head: usize) -> Vec<(usize, usize)> {
    (0..d_head / 2).map(|i| (2 * i, 2 * i + 1)).collect()
}

//! Squared distances: what t-SNE, k-means and the silhouette all ask for.

use burn::tensor::Tensor;

/// Reads the points of a matrix from its device, one row each.
///
/// # Shapes
///
/// - x: `[points, d_model]`
/// - output: `[points][d_model]`
///
/// # Panics
///
/// If there are no points, or a number is NaN or infinite: no distance to it would mean anything.
pub(crate) fn rows(x: Tensor<2>) -> Vec<Vec<f32>> {
    let [points, d_model] = x.dims();
    assert!(points > 0 && d_model > 0, "{points} x {d_model} numbers hold no point");
    let values: Vec<f32> = x.into_data().iter::<f32>().collect();
    let mut rows = Vec::with_capacity(points);
    for (point, row) in values.chunks(d_model).enumerate() {
        for value in row {
            assert!(value.is_finite(), "point {point} is not finite");
        }
        rows.push(row.to_vec());
    }
    rows
}

/// |point - other|^2 for every other.
///
/// By differences and not as |a|^2 - 2ab + |b|^2, which leaves points that coincide a little apart.
///
/// # Shapes
///
/// - point: `[d_model]`
/// - others: `[points][d_model]`
/// - output: `[points]`
pub fn squared_distances(point: &[f32], others: &[Vec<f32>]) -> Vec<f32> {
    let mut squared = Vec::with_capacity(others.len());
    for other in others {
        let mut sum = 0.0;
        for (a, b) in point.iter().zip(other) {
            sum += (a - b) * (a - b);
        }
        squared.push(sum);
    }
    squared
}

/// A function of the signature of [`squared_distances`].
pub(crate) type SquaredDistances = fn(&[f32], &[Vec<f32>]) -> Vec<f32>;

/// The function that runs: [`kernels::distances`], sixteen numbers at a time, or the plain
/// [`squared_distances`] under [`kernels::plain`]; a test holds the two equal.
///
/// Asked before a loop is shared out among threads, as the switch may be that of this thread alone.
pub(crate) fn fast_or_plain() -> SquaredDistances {
    if kernels::plain() { squared_distances } else { kernels::distances::squared_distances }
}

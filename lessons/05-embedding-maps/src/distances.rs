//! Squared distances in plain loops: what t-SNE, k-means and the silhouette all ask for.

use burn::tensor::Tensor;
use pulp::Arch;

/// Sums that grow side by side: 16 f32 fill one register of AVX-512 or two of AVX. The number is
/// fixed, so that the same points give the same sum, bit for bit, on every processor and any number
/// of threads.
pub(crate) const LANES: usize = 16;

/// The rows of a matrix, read from its device.
///
/// # Panics
///
/// If a number is infinite or NaN: no distance to it would mean anything.
pub(crate) fn rows(x: Tensor<2>) -> Vec<Vec<f32>> {
    let [points, d_model] = x.dims();
    assert!(points > 0 && d_model > 0, "{points} x {d_model} numbers hold no point");
    let values: Vec<f32> = x.into_data().iter::<f32>().collect();
    let finite = values.iter().position(|value| !value.is_finite());
    assert!(finite.is_none(), "point {} is not finite", finite.unwrap_or_default() / d_model);
    values.chunks(d_model).map(<[f32]>::to_vec).collect()
}

/// |a - b|^2, of two points of one width.
///
/// By differences and not as |a|^2 - 2ab + |b|^2, which leaves points that coincide a little apart.
#[inline(always)] // into the body of a dispatch, which alone is compiled for wide registers
pub(crate) fn squared(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum();
    sums.iter().sum::<f32>() + rest
}

/// |point - other|^2 for every other.
pub(crate) fn squared_from(point: &[f32], others: &[Vec<f32>]) -> Vec<f32> {
    Arch::new().dispatch(|| others.iter().map(|other| squared(point, other)).collect())
}

//! Squared distances from one point to many, sixteen numbers at a time.

use pulp::Arch;

/// Sums that grow side by side: 16 f32 fill one register of AVX-512 or two of AVX.
///
/// The number is fixed, so that the same points give the same sum, bit for bit, on every processor
/// and any number of threads.
pub(crate) const LANES: usize = 16;

/// |point - other|^2 for every other.
///
/// Lesson 05 holds it equal to its plain `squared_distances`.
///
/// # Shapes
///
/// - point: `[d_model]`
/// - others: `[points][d_model]`
/// - output: `[points]`
pub fn squared_distances(point: &[f32], others: &[Vec<f32>]) -> Vec<f32> {
    Arch::new().dispatch(|| others.iter().map(|other| squared_distance(point, other)).collect())
}

/// |a - b|^2 of two points of one width.
#[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
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

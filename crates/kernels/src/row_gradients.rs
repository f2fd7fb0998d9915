//! What a row passes back through its norm or its softmax.

use crate::distances::LANES;
use crate::rows::{rms_factor, sum};

/// What all rows pass back to the scale and the shift of their norm.
#[derive(Debug, Clone)]
pub(crate) struct ScaleGradients {
    /// Gradient of the scale of each column.
    pub(crate) weight: Vec<f32>,
    /// Gradient of the shift of each column.
    pub(crate) bias: Vec<f32>,
}

impl ScaleGradients {
    /// Those of no row.
    pub(crate) fn zeros(width: usize) -> Self {
        Self { weight: vec![0.0; width], bias: vec![0.0; width] }
    }

    /// Adds those of other rows.
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, number) in self.weight.iter_mut().zip(&other.weight) {
            *sum += number;
        }
        for (sum, number) in self.bias.iter_mut().zip(&other.bias) {
            *sum += number;
        }
    }
}

/// Turns the gradient of a layer norm's output into that of its input `x`, and adds what the row
/// passes to scale and shift.
///
/// With n = (x - mean) factor and u = gradient weight, the input's is
/// factor (u - mean(u) - n mean(u n)).
#[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
pub(crate) fn layer_norm(
    x: &[f32],
    gradient: &mut [f32],
    weight: &[f32],
    epsilon: f32,
    sums: &mut ScaleGradients,
) {
    let width = x.len() as f32;
    let mean = sum(x, |x| x) / width;
    let variance = sum(x, |x| (x - mean) * (x - mean)) / width;
    let factor = 1.0 / (variance + epsilon).sqrt();
    for ((total, x), up) in sums.weight.iter_mut().zip(x).zip(&*gradient) {
        *total += up * ((x - mean) * factor);
    }
    for ((total, up), weight) in sums.bias.iter_mut().zip(&mut *gradient).zip(weight) {
        *total += *up;
        *up *= weight;
    }
    let of_mean = sum(gradient, |up| up) / width;
    let of_spread = sum_of_products(gradient, x, |x| (x - mean) * factor) / width;
    for (up, x) in gradient.iter_mut().zip(x) {
        *up = factor * (*up - of_mean - (x - mean) * factor * of_spread);
    }
}

/// Turns the gradient of an RMSNorm's output into that of its input `x`, and adds what the row
/// passes to the scale.
///
/// With n = x factor and u = gradient weight, the input's is factor (u - n mean(u n)).
#[inline(always)] // as above
pub(crate) fn rms_norm(
    x: &[f32],
    gradient: &mut [f32],
    weight: &[f32],
    epsilon: f32,
    sums: &mut ScaleGradients,
) {
    let factor = rms_factor(x, epsilon);
    let scales = sums.weight.iter_mut().zip(weight);
    for (((total, weight), up), x) in scales.zip(&mut *gradient).zip(x) {
        *total += *up * x * factor;
        *up *= weight;
    }
    let of_spread = sum_of_products(gradient, x, |x| x * factor) / x.len() as f32;
    for (up, x) in gradient.iter_mut().zip(x) {
        *up = factor * (*up - x * factor * of_spread);
    }
}

/// Turns the gradient of a softmax's output into that of its scores: shares (gradient - sum(gradient
/// shares)).
#[inline(always)] // as above
pub(crate) fn softmax(shares: &[f32], gradient: &mut [f32]) {
    let common = sum_of_products(gradient, shares, |share| share);
    for (up, share) in gradient.iter_mut().zip(shares) {
        *up = share * (*up - common);
    }
}

/// sum_i a_i term(b_i)
#[inline(always)] // as above
pub(crate) fn sum_of_products(a: &[f32], b: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * term(b[lane]);
        }
    }
    let mut total = 0.0;
    for sum in sums {
        total += sum;
    }
    for (a, &b) in a_rest.iter().zip(b_rest) {
        total += a * term(b);
    }
    total
}

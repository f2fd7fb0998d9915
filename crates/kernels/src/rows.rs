//! What is done to every row of a matrix by itself: the norm of its numbers, or their softmax.
//!
//! Numbers that lie sixteen apart are added first, and one after the other what is left over, so
//! that the same row gives the same bits on every processor.

use crate::distances::LANES;
use crate::exp::exp_of_negative;

/// What a layer norm brings its rows to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scales<'a> {
    /// Scale of each column.
    pub(crate) weight: &'a [f32],
    /// Shift of each column.
    pub(crate) bias: &'a [f32],
    /// Added to the variance.
    pub(crate) epsilon: f32,
}

/// Brings a row to mean 0 and variance 1, then scales and shifts it.
#[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
pub(crate) fn layer_norm(row: &mut [f32], scales: Scales) {
    let width = row.len() as f32;
    let mean = sum(row, |x| x) / width;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / width;
    let factor = 1.0 / (variance + scales.epsilon).sqrt();
    for ((x, weight), bias) in row.iter_mut().zip(scales.weight).zip(scales.bias) {
        *x = (*x - mean) * factor * weight + bias;
    }
}

/// Brings the mean square of a row to 1, then scales it.
#[inline(always)] // as above
pub(crate) fn rms_norm(row: &mut [f32], weight: &[f32], epsilon: f32) {
    let factor = rms_factor(row, epsilon);
    for (x, weight) in row.iter_mut().zip(weight) {
        *x *= factor * weight;
    }
}

/// 1 / sqrt(mean(x^2) + epsilon)
#[inline(always)] // as above
pub(crate) fn rms_factor(row: &[f32], epsilon: f32) -> f32 {
    let mean_square = sum(row, |x| x * x) / row.len() as f32;
    1.0 / (mean_square + epsilon).sqrt()
}

/// Adds one row to another.
#[inline(always)] // as above
pub(crate) fn add(row: &mut [f32], other: &[f32]) {
    for (x, y) in row.iter_mut().zip(other) {
        *x += y;
    }
}

/// Turns the numbers of a row into shares of 1, each by its exponential.
#[inline(always)] // as above
pub(crate) fn softmax(row: &mut [f32]) {
    let largest = largest(row);
    let total = exponentials(row, largest);
    let factor = 1.0 / total;
    for number in row {
        *number *= factor;
    }
}

/// The cross entropy of a row of logits, -log softmax(row)\[target\]; what is left in the row is its
/// gradient times `share`: the softmax, less 1 at the target.
#[inline(always)] // as above
pub(crate) fn cross_entropy(row: &mut [f32], target: usize, share: f32) -> f32 {
    let largest = largest(row);
    let of_target = row[target] - largest;
    let total = exponentials(row, largest);
    let factor = share / total;
    for number in &mut *row {
        *number *= factor;
    }
    row[target] -= share;
    total.ln() - of_target
}

/// Turns every number of a row into e^(number - largest), and adds them up.
#[inline(always)] // as above
pub(crate) fn exponentials(row: &mut [f32], largest: f32) -> f32 {
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = exp_of_negative(chunk[lane] - largest);
            sums[lane] += chunk[lane];
        }
    }
    // What is left over is computed side by side too.
    let mut last = [0.0; LANES];
    last[..rest.len()].copy_from_slice(rest);
    for number in &mut last {
        *number = exp_of_negative(*number - largest);
    }
    rest.copy_from_slice(&last[..rest.len()]);
    let mut total = total(&sums);
    for number in rest {
        total += *number;
    }
    total
}

/// The largest number of a row, NaN left out.
#[inline(always)] // as above
pub(crate) fn largest(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            largest[lane] = larger(largest[lane], chunk[lane]);
        }
    }
    for (largest, &x) in largest.iter_mut().zip(rest) {
        *largest = larger(*largest, x);
    }
    // Half with half: a comparison waits for four others and not for fifteen.
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            largest[lane] = larger(largest[lane], largest[lane + half]);
        }
        half /= 2;
    }
    largest[0]
}

/// The larger of two numbers, or the first where the second is NaN.
#[inline(always)] // as above
fn larger(x: f32, y: f32) -> f32 {
    if y > x { y } else { x }
}

/// sum_i term(x_i)
#[inline(always)] // as above
pub(crate) fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += term(chunk[lane]);
        }
    }
    let mut sum = total(&sums);
    for &x in rest {
        sum += term(x);
    }
    sum
}

/// The sum of the sums, from the first to the last.
#[inline(always)] // as above
fn total(sums: &[f32; LANES]) -> f32 {
    let mut total = 0.0;
    for sum in sums {
        total += sum;
    }
    total
}

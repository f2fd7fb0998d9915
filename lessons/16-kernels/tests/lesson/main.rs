//! Lesson 16's tests.

mod by_hand;
mod exercises;
mod laws;
mod parity;

use pulp::Arch;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Random numbers in -2..2, the same for the same seed.
fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-2.0..2.0)).collect()
}

/// The registers of this processor, and the portable way.
fn archs() -> [Arch; 2] {
    [Arch::new(), Arch::Scalar]
}

/// Asserts that numbers lie within `tolerance` of the expected ones, a share of those above 1; NaN
/// is expected as NaN.
#[track_caller]
fn assert_near(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(found) - expected).abs();
        let near = off <= tolerance * expected.abs().max(1.0);
        assert!(
            near || found.is_nan() && expected.is_nan(),
            "{what}, number {i}: expected {expected}, found {found}"
        );
    }
}

/// Softmax of a row in f64, 0 where the score is hidden.
fn softmax64(row: &[f32]) -> Vec<f64> {
    let mut largest = f64::NEG_INFINITY;
    for &score in row {
        largest = largest.max(f64::from(score));
    }
    let mut shares = Vec::new();
    let mut sum = 0.0;
    for &score in row {
        let hidden = score == f32::NEG_INFINITY;
        let share = if hidden { 0.0 } else { (f64::from(score) - largest).exp() };
        shares.push(share);
        sum += share;
    }
    for share in &mut shares {
        *share = if sum == 0.0 { 0.0 } else { *share / sum };
    }
    if sum.is_nan() { vec![f64::NAN; row.len()] } else { shares }
}

/// GELU's tanh form in f64 (Hendrycks and Gimpel 2016, section 2).
fn gelu64(x: f32) -> f64 {
    let x = f64::from(x);
    let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
    0.5 * x * (1.0 + inner.tanh())
}

/// A product in f64.
fn product64(a: &[f32], b: &[f32], [rows, inner, columns]: [usize; 3]) -> Vec<f64> {
    let mut output = vec![0.0; rows * columns];
    for row in 0..rows {
        for column in 0..columns {
            for i in 0..inner {
                output[row * columns + column] +=
                    f64::from(a[row * inner + i]) * f64::from(b[i * columns + column]);
            }
        }
    }
    output
}

/// Attention of one head in f64: scores, softmax, means of the values.
fn attention64([q, k, v]: [&[f32]; 3], hidden: &[bool], d_head: usize) -> Vec<f64> {
    let mut output = Vec::new();
    for query in q.chunks(d_head) {
        let mut scores = Vec::new();
        for (key, &hidden) in k.chunks(d_head).zip(hidden) {
            let dot: f64 = query.iter().zip(key).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let score = (dot / (d_head as f64).sqrt()) as f32;
            scores.push(if hidden { f32::NEG_INFINITY } else { score });
        }
        let mut mean = vec![0.0; d_head];
        for (share, value) in softmax64(&scores).iter().zip(v.chunks(d_head)) {
            for (mean, value) in mean.iter_mut().zip(value) {
                *mean += share * f64::from(*value);
            }
        }
        output.extend(mean);
    }
    output
}

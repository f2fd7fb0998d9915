//! Softmax by rows: over each row three times, or with a largest and a sum that run along.
//!
//! A score of minus infinity is hidden: its share is 0. A row of such scores alone gets zeros, as in
//! lesson 09.

use std::iter::zip;

use pulp::Arch;
use rayon::prelude::*;

use crate::exponential::exp;

/// Numbers that are added or compared on their own, so that none waits for the other.
const LANES: usize = 16;

/// Rows that a core takes at once.
const ROWS: usize = 64;

// ANCHOR: running
/// The largest score so far, and the sum of e^(score - largest) so far: all that a softmax has to
/// know of the scores that went by (Milakov and Gimelshein 2018, "Online normalizer calculation for
/// softmax", algorithm 3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running {
    /// The largest score so far.
    pub largest: f32,
    /// Sum of e^(score - largest) over the scores so far.
    pub sum: f32,
}

impl Running {
    /// Before the first score.
    pub const NOTHING: Self = Self { largest: f32::NEG_INFINITY, sum: 0.0 };
}
// ANCHOR_END: running

impl Running {
    /// Takes one more score in. A larger one than any before it makes the sum smaller first, by
    /// e^(old largest - new largest); a hidden one changes nothing.
    // ANCHOR: add
    pub fn add(&mut self, score: f32) {
        if score == f32::NEG_INFINITY {
            return;
        }
        if score > self.largest {
            self.sum *= (self.largest - score).exp();
            self.largest = score;
        }
        self.sum += (score - self.largest).exp();
    }
    // ANCHOR_END: add

    /// The share of a score among all that were taken in; 0 where there were none.
    pub fn share(&self, score: f32) -> f32 {
        if self.sum == 0.0 { 0.0 } else { (score - self.largest).exp() / self.sum }
    }
}

/// Softmax of a row, which is read twice: for the largest with the sum, and for the shares.
// ANCHOR: online
pub fn softmax_online(row: &mut [f32]) {
    let mut running = Running::NOTHING;
    for &score in row.iter() {
        running.add(score);
    }
    for score in row {
        *score = running.share(*score);
    }
}
// ANCHOR_END: online

/// Softmax of every row, fast: rows on every core, numbers of a row side by side.
///
/// # Shapes
///
/// - scores: `[rows, columns]`, row by row
// ANCHOR: fast
pub fn softmax_rows(scores: &mut [f32], columns: usize) {
    if scores.is_empty() {
        return;
    }
    let arch = Arch::new();
    scores.par_chunks_mut(ROWS * columns).for_each(|rows| softmax_of(arch, rows, columns));
}

/// Softmax of rows on one core, in the registers of `arch`. The exponentials of all rows are taken as
/// one list: a row of 31 is no multiple of anything, and the dear part should have no odd ends.
pub fn softmax_of(arch: Arch, scores: &mut [f32], columns: usize) {
    arch.dispatch(|| {
        for row in scores.chunks_exact_mut(columns) {
            let from = finite(largest(row));
            for score in row {
                *score -= from;
            }
        }
        for score in scores.iter_mut() {
            *score = exp(*score);
        }
        for row in scores.chunks_exact_mut(columns) {
            let sum = sum(row);
            let share = if sum == 0.0 { 0.0 } else { 1.0 / sum };
            for score in row {
                *score *= share;
            }
        }
    });
}
// ANCHOR_END: fast

/// What is taken from every score: the largest, or 0 where all are hidden and there is none.
#[inline(always)]
pub(crate) fn finite(largest: f32) -> f32 {
    if largest == f32::NEG_INFINITY { 0.0 } else { largest }
}

/// The largest number of a row; one that is NaN is passed over, and shows in the sum.
#[inline(always)]
pub(crate) fn largest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (largest, &score) in zip(&mut lanes, chunk) {
            *largest = larger(*largest, score);
        }
    }
    for (largest, &score) in zip(&mut lanes, rest) {
        *largest = larger(*largest, score);
    }
    let mut half = LANES / 2;
    while half > 0 {
        let (left, right) = lanes.split_at_mut(half);
        for (left, right) in zip(left, right) {
            *left = larger(*left, *right);
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// The sum of a row.
#[inline(always)]
pub(crate) fn sum(row: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (sum, number) in zip(&mut lanes, chunk) {
            *sum += number;
        }
    }
    for (sum, number) in zip(&mut lanes, rest) {
        *sum += number;
    }
    let mut half = LANES / 2;
    while half > 0 {
        let (left, right) = lanes.split_at_mut(half);
        for (left, right) in zip(left, right) {
            *left += *right;
        }
        half /= 2;
    }
    lanes[0]
}

//! A window of word2vec (lesson 04), fast.
//!
//! The context words' rows v and the targets' rows u are copied out of two [`SharedTable`]s once,
//! worked on as plain arrays in the widest registers of this processor, and written back once.
//! Rows are padded with zeros to a multiple of eight numbers, so that no loop over them has an odd
//! end.
//!
//! The crate pulp finds the registers: `dispatch` compiles its closure several times, once for each
//! set of vector instructions that a processor may have, and runs the version for the processor at
//! hand. A function is compiled along only if it is inlined into the closure, hence the
//! `#[inline(always)]` on all that it calls.

use std::iter::zip;

use pulp::Arch;

use crate::lanes::{LANES, padded};
use crate::shared_table::SharedTable;

/// Loss and gradient of a window on its rows alone: what lesson 04 holds equal to its plain
/// `gradient`.
///
/// # Shapes
///
/// - v: `[contexts, d_model]` row by row
/// - u: `[1 + k, d_model]` row by row: the centre word's, then those of the noise words
/// - output: the loss in nats, dL/dv `[contexts, d_model]` and dL/du `[1 + k, d_model]`
pub fn gradient(v: &[f32], u: &[f32], d_model: usize) -> (f64, Vec<f32>, Vec<f32>) {
    let mut buffers = WindowBuffers::new(d_model);
    buffers.v = pad(v, d_model);
    buffers.u = pad(u, d_model);
    let arch = buffers.arch;
    arch.dispatch(|| buffers.compute_gradient());
    let v_gradient = without_padding(&buffers.v_gradient, d_model);
    let u_gradient = without_padding(&buffers.u_gradient, d_model);
    (buffers.loss(), v_gradient, u_gradient)
}

/// The buffers in which a thread trains one window after another, so that none of them allocates
/// memory of its own.
#[derive(Debug)]
pub struct WindowBuffers {
    /// The widest vector instructions of this processor.
    arch: Arch,
    /// How many numbers a row has, padding included.
    width: usize,
    /// The context words' rows.
    v: Vec<f32>,
    /// The targets' rows: the centre word's, then those of the noise words.
    u: Vec<f32>,
    /// Every v_i . u_j, one context word after the other.
    scores: Vec<f32>,
    /// sigmoid(v_i . u_j) - t_j, in the same order.
    errors: Vec<f32>,
    /// dL/dv, rows as in `v`.
    v_gradient: Vec<f32>,
    /// dL/du, rows as in `u`.
    u_gradient: Vec<f32>,
}

impl WindowBuffers {
    /// Empty buffers for windows over rows of `d_model` numbers.
    pub fn new(d_model: usize) -> Self {
        Self {
            arch: Arch::new(),
            width: padded(d_model),
            v: Vec::new(),
            u: Vec::new(),
            scores: Vec::new(),
            errors: Vec::new(),
            v_gradient: Vec::new(),
            u_gradient: Vec::new(),
        }
    }

    /// Trains one window: fetches its rows, computes their gradients and goes one step of `rate`
    /// against them.
    ///
    /// `contexts` are rows of `input`, `targets` rows of `output`, the centre word first.
    ///
    /// # Panics
    ///
    /// If there is no target, or an id is not a row of its table.
    pub fn train_window(
        &mut self,
        input: &SharedTable,
        output: &SharedTable,
        contexts: &[u32],
        targets: &[u32],
        rate: f32,
    ) {
        let arch = self.arch;
        arch.dispatch(|| {
            input.fetch(contexts, &mut self.v);
            output.fetch(targets, &mut self.u);
            self.compute_gradient();
            input.apply_gradient(contexts, rate, &self.v_gradient);
            output.apply_gradient(targets, rate, &self.u_gradient);
        });
    }

    /// -log sigmoid(v_i . u_0) - sum_j log sigmoid(-v_i . u_j), summed over the context words of
    /// the window that was trained last: nats, as they were before its step.
    pub fn loss(&self) -> f64 {
        let targets = self.u.len() / self.width;
        let mut loss = 0.0;
        for scores in self.scores.chunks_exact(targets) {
            let mut noise_loss = 0.0;
            for &score in &scores[1..] {
                noise_loss += softplus(score);
            }
            loss += softplus(-scores[0]) + noise_loss;
        }
        loss
    }

    /// The gradient of the window: e_ij = sigmoid(v_i . u_j) - t_j, then dL/dv_i = sum_j e_ij u_j
    /// and dL/du_j = sum_i e_ij v_i.
    #[inline(always)]
    fn compute_gradient(&mut self) {
        let Self { width, v, u, scores, errors, v_gradient, u_gradient, .. } = self;
        let (width, targets) = (*width, u.len() / *width);
        scores.clear();
        for v_i in v.chunks_exact(width) {
            for u_j in u.chunks_exact(width) {
                scores.push(dot(v_i, u_j));
            }
        }
        errors.clear();
        for &score in scores.iter() {
            errors.push(sigmoid(score));
        }
        for errors_i in errors.chunks_exact_mut(targets) {
            errors_i[0] -= 1.0; // t_0 = 1: the centre word is the right answer
        }
        reset(v_gradient, v.len());
        reset(u_gradient, u.len());
        for (i, errors_i) in errors.chunks_exact(targets).enumerate() {
            let row_i = i * width..(i + 1) * width;
            let (v_i, v_gradient_i) = (&v[row_i.clone()], &mut v_gradient[row_i]);
            for (j, &e_ij) in errors_i.iter().enumerate() {
                let row_j = j * width..(j + 1) * width;
                add(v_gradient_i, e_ij, &u[row_j.clone()]);
                add(&mut u_gradient[row_j], e_ij, v_i);
            }
        }
    }
}

/// Rows of `d_model` numbers, each with zeros behind it up to the padded width.
fn pad(rows: &[f32], d_model: usize) -> Vec<f32> {
    let mut padded_rows = Vec::new();
    for row in rows.chunks_exact(d_model) {
        padded_rows.extend_from_slice(row);
        padded_rows.resize(padded_rows.len().next_multiple_of(LANES), 0.0);
    }
    padded_rows
}

/// Padded rows without their padding: `d_model` numbers each.
fn without_padding(padded_rows: &[f32], d_model: usize) -> Vec<f32> {
    let mut rows = Vec::new();
    for row in padded_rows.chunks_exact(padded(d_model)) {
        rows.extend_from_slice(&row[..d_model]);
    }
    rows
}

/// 1 / (1 + e^-x)
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// log(1 + e^x) = -log sigmoid(-x), in the form in which no exponential overflows.
fn softplus(x: f32) -> f64 {
    f64::from(x.max(0.0) + (-x.abs()).exp().ln_1p())
}

/// sum_i a_i b_i, in [`LANES`] sums side by side.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for (a, b) in zip(a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

/// Adds a x to y, number by number.
#[inline(always)]
fn add(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in zip(y, x) {
        *y += a * x;
    }
}

/// Makes `numbers` a list of `length` zeros.
#[inline(always)]
fn reset(numbers: &mut Vec<f32>, length: usize) {
    numbers.clear();
    numbers.resize(length, 0.0);
}

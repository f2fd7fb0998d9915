//! A window of word2vec (lesson 04), fast.
//!
//! The context words' rows v and the targets' rows u are copied out of two [`SharedTable`]s once,
//! worked on as plain arrays in the widest registers of this processor, and written back once.
//! Rows are padded with zeros to a multiple of eight numbers, so that no loop over them has an odd
//! end.

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
/// - u: `[1 + k, d_model]` row by row: the neighbour's, then those of the noise words
/// - output: the loss in nats, dL/dv `[contexts, d_model]` and dL/du `[1 + k, d_model]`
pub fn gradient(v: &[f32], u: &[f32], d_model: usize) -> (f64, Vec<f32>, Vec<f32>) {
    let mut window = Window::new(d_model);
    window.v = pad(v, d_model);
    window.u = pad(u, d_model);
    let arch = window.arch;
    arch.dispatch(|| window.descend());
    let (v_gradient, u_gradient) =
        (uphill(&window.v_step, d_model), uphill(&window.u_step, d_model));
    (window.loss(), v_gradient, u_gradient)
}

/// What a thread needs to train one window after another; its room is used again.
#[derive(Debug)]
pub struct Window {
    /// The widest instructions of this processor.
    arch: Arch,
    /// Numbers in a row, padding included.
    width: usize,
    /// The context words' rows.
    v: Vec<f32>,
    /// The targets' rows: the neighbour's, then those of the noise words.
    u: Vec<f32>,
    /// Every v_i . u_j, one context word after the other.
    scores: Vec<f32>,
    /// t_j - sigmoid(v_i . u_j), in the same order.
    errors: Vec<f32>,
    /// -dL/dv
    v_step: Vec<f32>,
    /// -dL/du
    u_step: Vec<f32>,
}

impl Window {
    /// Room for windows over rows of `d_model` numbers.
    pub fn new(d_model: usize) -> Self {
        Self {
            arch: Arch::new(),
            width: padded(d_model),
            v: Vec::new(),
            u: Vec::new(),
            scores: Vec::new(),
            errors: Vec::new(),
            v_step: Vec::new(),
            u_step: Vec::new(),
        }
    }

    /// Trains one window: fetches its rows, finds the steepest way down and adds `rate` times it.
    ///
    /// `contexts` are rows of `input`, `targets` rows of `output`, the neighbour first.
    ///
    /// # Panics
    ///
    /// If there is no target, or a table has not so many rows.
    pub fn train(
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
            self.descend();
            input.add(contexts, rate, &self.v_step);
            output.add(targets, rate, &self.u_step);
        });
    }

    /// -log sigmoid(v_i . u_0) - sum_j log sigmoid(-v_i . u_j), summed over the context words of
    /// the window that was trained last: nats, as they were before its step.
    pub fn loss(&self) -> f64 {
        let targets = self.u.len() / self.width;
        let mut loss = 0.0;
        for scores in self.scores.chunks_exact(targets) {
            let mut noise = 0.0;
            for &score in &scores[1..] {
                noise += softplus(score);
            }
            loss += softplus(-scores[0]) + noise;
        }
        loss
    }

    /// The steepest way down from here: e_ij = t_j - sigmoid(v_i . u_j), then sum_j e_ij u_j for
    /// every v_i and sum_i e_ij v_i for every u_j.
    #[inline(always)]
    fn descend(&mut self) {
        let Self { width, v, u, scores, errors, v_step, u_step, .. } = self;
        let (width, targets) = (*width, u.len() / *width);
        scores.clear();
        for v_i in v.chunks_exact(width) {
            for u_j in u.chunks_exact(width) {
                scores.push(dot(v_i, u_j));
            }
        }
        errors.clear();
        for &score in scores.iter() {
            errors.push(-sigmoid(score));
        }
        for errors_i in errors.chunks_exact_mut(targets) {
            errors_i[0] += 1.0; // the neighbour's
        }
        reset(v_step, v.len());
        reset(u_step, u.len());
        for (i, errors_i) in errors.chunks_exact(targets).enumerate() {
            let row_i = i * width..(i + 1) * width;
            let (v_i, v_step_i) = (&v[row_i.clone()], &mut v_step[row_i]);
            for (j, &e_ij) in errors_i.iter().enumerate() {
                let row_j = j * width..(j + 1) * width;
                add(v_step_i, e_ij, &u[row_j.clone()]);
                add(&mut u_step[row_j], e_ij, v_i);
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

/// Steps downhill turned into the gradient, which points uphill, without the padding.
fn uphill(steps: &[f32], d_model: usize) -> Vec<f32> {
    let mut gradient = Vec::new();
    for step in steps.chunks_exact(padded(d_model)) {
        for number in &step[..d_model] {
            gradient.push(-number);
        }
    }
    gradient
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

/// Adds a x to y.
#[inline(always)]
fn add(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in zip(y, x) {
        *y += a * x;
    }
}

/// Makes `steps` so many zeros.
#[inline(always)]
fn reset(steps: &mut Vec<f32>, length: usize) {
    steps.clear();
    steps.resize(length, 0.0);
}

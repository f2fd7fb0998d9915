//! The gradient, derived by hand.
//!
//! A window is trained as a whole: each context word predicts the word in the middle, all of them
//! against the same noise words (Ji et al. 2016, "Parallelizing Word2Vec in Shared and Distributed
//! Memory", section 3). Each pair's gradient is that of the equation; what is shared is the choice
//! of the noise, so that a row is fetched and written back once a window, not once a pair.

/// Rows are padded with zeros to a multiple of this, so that loops over them have no odd end: the
/// numbers that a processor with AVX adds at once.
pub(crate) const LANES: usize = 8;

/// Loss and gradient of a window; see [`gradient`].
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// Nats, summed over the pairs.
    pub loss: f64,
    /// dL/dv, `[contexts, d_model]` row by row.
    pub v: Vec<f32>,
    /// dL/du, `[1 + k, d_model]` row by row.
    pub u: Vec<f32>,
}

/// Loss and gradient of the pairs of a window: every row of `v` predicts `u_0` and none of the
/// other `u_j`.
///
/// # Shapes
///
/// - v: `[contexts, d_model]` row by row
/// - u: `[1 + k, d_model]` row by row: the neighbour's, then those of the noise
///
/// # Panics
///
/// If a row is cut off.
pub fn gradient(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole = |rows: &[f32]| rows.len().is_multiple_of(d_model);
    assert!(whole(v) && whole(u), "expected rows of {d_model} numbers each");
    let mut window = Window::new(d_model);
    let zeros = vec![0.0; window.width - d_model];
    let pad =
        |rows: &[f32]| rows.chunks_exact(d_model).flat_map(|row| [row, &zeros].concat()).collect();
    (window.v, window.u) = (pad(v), pad(u));
    window.descend();
    let cut = |steps: &[f32]| {
        steps.chunks_exact(window.width).flat_map(|step| &step[..d_model]).map(|x| -x).collect()
    };
    Gradient { loss: window.loss(), v: cut(&window.v_step), u: cut(&window.u_step) }
}

/// A window on its way: the rows that were fetched, and the steps to take.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Numbers in a row, padding included.
    pub width: usize,
    /// The context words' rows.
    pub v: Vec<f32>,
    /// The targets' rows: the middle word's, then those of the noise.
    pub u: Vec<f32>,
    scores: Vec<f32>,
    errors: Vec<f32>,
    /// -dL/dv
    pub v_step: Vec<f32>,
    /// -dL/du
    pub u_step: Vec<f32>,
}

// ANCHOR: descend
impl Window {
    /// The steepest way down from here: e_ij = t_j - sigmoid(v_i . u_j), then sum_j e_ij u_j for
    /// every v_i and sum_i e_ij v_i for every u_j.
    #[inline(always)]
    pub fn descend(&mut self) {
        let Self { width, v, u, scores, errors, v_step, u_step } = self;
        let (width, targets) = (*width, u.len() / *width);
        scores.clear();
        v.chunks_exact(width)
            .for_each(|v_i| scores.extend(u.chunks_exact(width).map(|u_j| dot(v_i, u_j))));
        errors.clear();
        errors.extend(scores.iter().map(|&score| -sigmoid(score)));
        errors.iter_mut().step_by(targets).for_each(|of_the_neighbour| *of_the_neighbour += 1.0);
        reset(v_step, v.len());
        reset(u_step, u.len());
        let context = v.chunks_exact(width).zip(v_step.chunks_exact_mut(width));
        for ((v_i, v_step_i), errors_i) in context.zip(errors.chunks_exact(targets)) {
            let target = u.chunks_exact(width).zip(u_step.chunks_exact_mut(width));
            for ((u_j, u_step_j), &e_ij) in target.zip(errors_i) {
                add(v_step_i, e_ij, u_j);
                add(u_step_j, e_ij, v_i);
            }
        }
    }
}
// ANCHOR_END: descend

impl Window {
    pub fn new(d_model: usize) -> Self {
        Self { width: d_model.next_multiple_of(LANES), ..Self::default() }
    }

    /// -log sigmoid(v_i . u_0) - sum_j log sigmoid(-v_i . u_j), summed over the context words:
    /// nats.
    pub fn loss(&self) -> f64 {
        // = -log sigmoid(-x)
        let softplus = |x: f32| f64::from(x.max(0.0) + (-x.abs()).exp().ln_1p());
        let targets = self.u.len() / self.width;
        let of_a_word = |scores: &[f32]| {
            softplus(-scores[0]) + scores[1..].iter().map(|&x| softplus(x)).sum::<f64>()
        };
        self.scores.chunks_exact(targets).map(of_a_word).sum()
    }
}

/// 1 / (1 + e^-x)
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// sum_i a_i b_i, in [`LANES`] sums side by side.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

/// y + a x
#[inline(always)]
fn add(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[inline(always)]
fn reset(steps: &mut Vec<f32>, length: usize) {
    steps.clear();
    steps.resize(length, 0.0);
}

//! The two tables as plain numbers, and one step of their training.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::gradient;

/// Two vectors per word, those of [`crate::SkipGram`] as plain numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct WordTables {
    /// v of every word, `[vocab, d_model]` row by row.
    pub input: Vec<f32>,
    /// u of every word, `[vocab, d_model]` row by row.
    pub output: Vec<f32>,
    /// How many numbers a vector has.
    pub d_model: usize,
}

impl WordTables {
    /// Makes fresh tables: v uniform in (-1/2, 1/2) / d_model, u zero, as word2vec.c begins.
    pub fn init(vocab: usize, d_model: usize, seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut input = Vec::with_capacity(vocab * d_model);
        for _ in 0..vocab * d_model {
            input.push(random.random_range(-0.5..0.5) / d_model as f32);
        }
        Self { input, output: vec![0.0; vocab * d_model], d_model }
    }
}

// ANCHOR: step
impl WordTables {
    /// Trains one window and returns its loss before the step, in nats.
    ///
    /// `contexts` are ids in `0..vocab`, and so are `targets`: the centre word first, then the
    /// noise words. The rows are copied out before any of them changes, so a word that comes twice
    /// takes two steps from the same place. The fast version is
    /// [`kernels::window::WindowBuffers::train_window`].
    pub fn train_window(&mut self, contexts: &[u32], targets: &[u32], rate: f32) -> f64 {
        let v = rows_of(&self.input, contexts, self.d_model);
        let u = rows_of(&self.output, targets, self.d_model);
        let found = gradient(&v, &u, self.d_model);
        apply_gradient(&mut self.input, contexts, &found.v, self.d_model, rate);
        apply_gradient(&mut self.output, targets, &found.u, self.d_model, rate);
        found.loss
    }
}

/// Copies of the rows of these ids: `[ids, d_model]` row by row.
fn rows_of(table: &[f32], ids: &[u32], d_model: usize) -> Vec<f32> {
    let mut rows = Vec::with_capacity(ids.len() * d_model);
    for &id in ids {
        rows.extend_from_slice(&table[id as usize * d_model..][..d_model]);
    }
    rows
}

/// Goes one step against the gradient: the row of each id loses `rate` times its row of
/// `gradient`.
fn apply_gradient(table: &mut [f32], ids: &[u32], gradient: &[f32], d_model: usize, rate: f32) {
    for (i, &id) in ids.iter().enumerate() {
        for d in 0..d_model {
            table[id as usize * d_model + d] -= rate * gradient[i * d_model + d];
        }
    }
}
// ANCHOR_END: step

//! # 04 word2vec
//!
//! **Question.** Can neighbours alone teach meaning?
//!
//! "You shall know a word by the company it keeps" (Firth 1957). Take that as a training task:
//! given a word, tell the words that stood beside it from words picked at random. Nothing else is
//! taught, and the vectors that solve it put `apple` beside `orange`, and `king - man + woman` near
//! `queen`.
//!
//! **Equation.** Skip-gram with negative sampling (Mikolov et al. 2013b, "Distributed
//! Representations of Words and Phrases and their Compositionality", equation 4): for a word with
//! vector v, a neighbour with vector u_0, and k noise words u_1 .. u_k,
//!
//! ```text
//! L       = -log sigmoid(u_0 . v) - sum_j log sigmoid(-u_j . v)          nats
//! dL/dv   = sum_j (sigmoid(u_j . v) - t_j) u_j        t_0 = 1, all others 0
//! dL/du_j = (sigmoid(u_j . v) - t_j) v
//! ```
//!
//! **Builds on.**
//! - `lookup::TokenEmbedding::forward(&self, ids: Tensor<2, Int>) -> Tensor<3>`: both tables
//!   (lesson 01);
//! - `similarity::nearest(queries: Tensor<2>, table: Tensor<2>, k: usize) -> Vec<Vec<(usize,
//!   f32)>>` (lesson 03);
//! - `similarity::normalise(x: Tensor<2>) -> Tensor<2>` (lesson 03).
//!
//! **Leaves you with.** [`SkipGram`], the equation as autodiff reads it; [`train`], the same
//! gradient by hand on as many threads as you ask for; and [`Space`], which answers analogies.
//!
//! **Try.** Train with a window of 1, then of 10, and ask for the neighbours of a verb: which of
//! the two finds its other tenses, and which the things it is done to?

mod analogy;
pub mod demo;
mod gradient;
mod hogwild;
mod sampling;
mod tables;
pub mod toy;

use std::f64::consts::LN_2;

use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::{Device, Int, Tensor, activation, assert_shape};
use lookup::TokenEmbedding;

pub use analogy::{Score, Space, leave_out};
pub use gradient::{Gradient, gradient};
pub use hogwild::{TrainedVectors, Word2VecConfig, Word2VecProgress, train};
pub use sampling::{NoiseTable, around, keep_probability, noise_distribution};
pub use tables::WordTables;

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "04-word2vec",
    question: "Can neighbours alone teach meaning?",
    leaves_you_with: "word vectors of your own text, trained on every core, and a fair score for \
        analogies",
    minilm: false,
};

/// The axis of `[pairs, k, d_model]` along which the noise words lie.
const NOISE_AXIS: usize = 1;
/// The axis of `[pairs, k, d_model]` along which a vector lies.
const VECTOR_AXIS: usize = 2;

/// Two vectors per word: one for when it predicts, one for when it is predicted.
// ANCHOR: skip_gram
#[derive(Module, Debug)]
pub struct SkipGram {
    /// Vectors v, for the word that predicts: `[vocab, d_model]`. This table is kept after
    /// training.
    pub input: TokenEmbedding,
    /// Vectors u, for the word that is predicted: `[vocab, d_model]`.
    pub output: TokenEmbedding,
}

impl SkipGram {
    /// Makes fresh tables: v uniform in (-1/2, 1/2) / d_model, u zero, as in word2vec.c.
    pub fn init(vocab: usize, d_model: usize, device: &Device) -> Self {
        let limit = 0.5 / d_model as f64;
        let uniform = Initializer::Uniform { min: -limit, max: limit };
        Self {
            input: TokenEmbedding { weight: uniform.init([vocab, d_model], device) },
            output: TokenEmbedding { weight: Initializer::Zeros.init([vocab, d_model], device) },
        }
    }

    /// The loss of each pair: -log sigmoid(u_0 . v) - sum_j log sigmoid(-u_j . v).
    ///
    /// This is equation 4 of Mikolov et al. 2013b. Every noise word counts, even one that happens
    /// to be the predicted word; [`train`] drops such a draw. burn's fused `log_sigmoid` runs in
    /// place of [`log_sigmoid`], unless [`kernels::plain`] is true; a test holds the two equal.
    ///
    /// # Shapes
    ///
    /// - word: `[pairs]`, ids in `0..vocab`
    /// - neighbour: `[pairs]`, ids in `0..vocab`
    /// - negatives: `[pairs, k]`, ids in `0..vocab`
    /// - output: `[pairs]`, nats
    pub fn forward(
        &self,
        word: Tensor<1, Int>,
        neighbour: Tensor<1, Int>,
        negatives: Tensor<2, Int>,
    ) -> Tensor<1> {
        let [pairs, _k] = negatives.dims();
        assert_shape!(word, [pairs]);
        let log_probability = if kernels::plain() { log_sigmoid } else { activation::log_sigmoid };
        let v = self.input.forward(word.reshape([pairs, 1]));
        let u_0 = self.output.forward(neighbour.reshape([pairs, 1]));
        let u = self.output.forward(negatives);
        let score = (u_0 * v.clone()).sum_dim(VECTOR_AXIS); // [pairs, 1, 1]
        let noise_scores = (u * v).sum_dim(VECTOR_AXIS); // [pairs, k, 1]
        let yes = log_probability(score); // [pairs, 1, 1]
        let no = log_probability(-noise_scores).sum_dim(NOISE_AXIS); // [pairs, 1, 1]
        -(yes + no).reshape([pairs])
    }
}
// ANCHOR_END: skip_gram

/// The logarithm of the sigmoid: log(1 / (1 + e^-x)) = -log(e^0 + e^-x).
///
/// Lesson 01's trick keeps it finite: the larger of the two exponents is taken out of the sum, so
/// that no exponential overflows. It is detached, since its gradient would cancel out.
///
/// # Shapes
///
/// - x: scores of any shape
/// - output: the same shape, nats, none above 0
// ANCHOR: log_sigmoid
pub fn log_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let largest = (-x.clone()).clamp_min(0.0).detach();
    let sum = (-largest.clone()).exp() + (-x - largest.clone()).exp();
    -(largest + sum.log())
}
// ANCHOR_END: log_sigmoid

/// The loss of a pair against `k` noise words before the first step, in nats: u is all zeros then,
/// so each of 1 + k answers has the probability 1/2 and costs ln 2.
pub fn fresh_loss(k: usize) -> f64 {
    (k + 1) as f64 * LN_2
}

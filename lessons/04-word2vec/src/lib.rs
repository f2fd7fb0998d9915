//! # 04 · word2vec
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
//! - `similarity::nearest(queries: Tensor<2>, table: Tensor<2>, k: usize) -> Vec<Vec<(usize, f32)>>` (lesson 03);
//! - `similarity::normalise(x: Tensor<2>) -> Tensor<2>` (lesson 03).
//!
//! **Leaves you with** [`SkipGram`], the equation as autodiff reads it; [`train`], the same
//! gradient by hand on every core; and [`Space`], which answers analogies.
//!
//! **Try.** Train with a window of 1, then of 10, and ask for the neighbours of a verb: which of
//! the two finds its other tenses, and which the things it is done to?

mod analogy;
pub mod demo;
mod gradient;
mod hogwild;
pub mod naive;
mod sampling;
pub mod toy;

use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Device, Int, Tensor, assert_shape};
use lookup::TokenEmbedding;

pub use analogy::{Score, Space};
pub use gradient::{Gradient, gradient};
pub use hogwild::{TrainedVectors, Word2VecConfig, Word2VecProgress, train};
pub use sampling::{NoiseTable, around, keep_probability, noise};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "04-word2vec",
    question: "Can neighbours alone teach meaning?",
    leaves_you_with: "word vectors of your own text, trained on every core, and a fair score for \
        analogies",
    minilm: false,
};

/// Axes of `[pairs, k, d_model]`.
const K: usize = 1;
const D_MODEL: usize = 2;

// ANCHOR: skip_gram
/// Two vectors a word: one for when it is looked from, one for when it is looked for.
#[derive(Module, Debug)]
pub struct SkipGram {
    /// v, of the word that predicts: `[vocab, d_model]`. The one that is kept.
    pub input: TokenEmbedding,
    /// u, of the word that is predicted: `[vocab, d_model]`.
    pub output: TokenEmbedding,
}

impl SkipGram {
    /// Fresh tables: v uniform noise as small as one row's share, u zero, as in word2vec.c.
    pub fn init(vocab: usize, d_model: usize, device: &Device) -> Self {
        let (noise, zeros) = (0.5 / d_model as f64, Initializer::Zeros);
        let noise = Initializer::Uniform { min: -noise, max: noise };
        let table =
            |start: &Initializer| TokenEmbedding { weight: start.init([vocab, d_model], device) };
        Self { input: table(&noise), output: table(&zeros) }
    }

    /// How badly each pair is told from noise: -log sigmoid(u_0 . v) - sum_j log sigmoid(-u_j . v).
    ///
    /// Mikolov et al. 2013b, equation 4.
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
        let v = self.input.forward(word.reshape([pairs, 1]));
        let u_0 = self.output.forward(neighbour.reshape([pairs, 1]));
        let u = self.output.forward(negatives);
        let told = log_sigmoid((u_0 * v.clone()).sum_dim(D_MODEL)); // [pairs, 1, 1]
        let not_fooled = log_sigmoid(-(u * v).sum_dim(D_MODEL)).sum_dim(K); // [pairs, 1, 1]
        -(told + not_fooled).reshape([pairs])
    }
}
// ANCHOR_END: skip_gram

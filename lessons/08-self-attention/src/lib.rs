//! # 08 Self-attention
//!
//! **Question.** How does a vector come to depend on its neighbours?
//!
//! **Equation.** Attention(Q, K, V) = softmax(Q K^T / sqrt(d_head)) V
//! (Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1, equation 1): each query is
//! compared with every key, the comparisons become weights that sum to one, and the output is the
//! values' mean under these weights.
//!
//! **Builds on.** The demo looks up words and adds positions:
//! - `lookup::TokenEmbedding::forward(&self, ids: Tensor<2, Int>) -> Tensor<3>` (lesson 01)
//! - `positions::sinusoidal(tokens: usize, d_model: usize, device: &Device) -> Tensor<2>` (lesson
//!   06)
//!
//! **Leaves you with.** [`scores`], [`weights`] and [`attend`], the three steps of the equation:
//! lesson 09 puts its masks between the first two. [`entropy`] says how many keys a query really
//! looks at.
//!
//! **Try.** `cargo rungs run 08`. Then take the scale out of [`scores`] and predict what becomes of
//! the entropy at d_head 512.

pub mod demo;
pub mod naive;

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, assert_shape};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "08-self-attention",
    question: "How does a vector come to depend on its neighbours?",
    leaves_you_with: "scores, weights, attend: attention in three functions, and one head made of \
        them",
    minilm: false,
};

/// Configuration of a [`SelfAttention`].
#[derive(Config, Debug)]
pub struct SelfAttentionConfig {
    /// Width of the model: how many numbers a token has.
    pub d_model: usize,
    /// Width of the head: how many numbers a query, a key or a value has.
    pub d_head: usize,
}

// ANCHOR: head
/// One head that looks at every token of its own sequence.
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// Projection to the queries, what a token looks for: `[d_model, d_head]`.
    pub query: Linear,
    /// Projection to the keys, what a token is found by: `[d_model, d_head]`.
    pub key: Linear,
    /// Projection to the values, what a token passes on: `[d_model, d_head]`.
    pub value: Linear,
}
// ANCHOR_END: head

impl SelfAttentionConfig {
    /// A fresh head: three projections without bias, by burn's default initializer of a linear map.
    ///
    /// # Panics
    ///
    /// If `d_model` or `d_head` is zero.
    pub fn init(&self, device: &Device) -> SelfAttention {
        let Self { d_model, d_head } = *self;
        assert!(
            d_model > 0 && d_head > 0,
            "d_model and d_head must be above 0, not {d_model} and {d_head}"
        );
        let projection = LinearConfig::new(d_model, d_head).with_bias(false);
        SelfAttention {
            query: projection.init(device),
            key: projection.init(device),
            value: projection.init(device),
        }
    }
}

impl SelfAttention {
    /// Every token becomes a mean of all tokens' values, weighted by how well its query fits their
    /// keys.
    ///
    /// softmax(x W_q (x W_k)^T / sqrt(d_head)) x W_v (Vaswani et al. 2017, equation 1)
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - output: `[batch, tokens, d_head]`
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    // ANCHOR: forward
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let v = self.value.forward(x.clone());
        attend(self.weights(x), v)
    }
    // ANCHOR_END: forward

    /// Who looks at whom: the attention weights inside [`SelfAttention::forward`].
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - output: `[batch, queries, keys]`, probabilities, rows sum to 1
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    // ANCHOR: own_weights
    pub fn weights(&self, x: Tensor<3>) -> Tensor<3> {
        let q = self.query.forward(x.clone());
        let k = self.key.forward(x);
        weights(scores(q, k))
    }
    // ANCHOR_END: own_weights
}

/// How well each query fits each key.
///
/// q k^T / sqrt(d_head) (Vaswani et al. 2017, section 3.2.1). The dot product of two vectors of
/// d_head numbers of variance 1 has variance d_head; the scale brings it back to 1, whatever the
/// width.
///
/// # Shapes
///
/// - q: `[.., queries, d_head]`
/// - k: `[.., keys, d_head]`, the other axes as those of q
/// - output: `[.., queries, keys]`
///
/// # Panics
///
/// If q and k differ in `d_head` or in a leading axis.
// ANCHOR: scores
pub fn scores<const D: usize>(q: Tensor<D>, k: Tensor<D>) -> Tensor<D> {
    let d_head = q.dims()[D - 1];
    assert_shape!(k, [.., d_head]);
    q.matmul(k.transpose()) / (d_head as f64).sqrt()
}
// ANCHOR_END: scores

/// Scores turned into shares of attention: [`softmax`], by [`kernels::softmax`] unless
/// [`kernels::plain`]; a test holds the two equal.
///
/// # Shapes
///
/// - scores: `[.., queries, keys]`
/// - output: the same, probabilities, rows sum to 1
// ANCHOR: weights
pub fn weights<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    if kernels::plain() { softmax(scores) } else { kernels::softmax::softmax(scores) }
}
// ANCHOR_END: weights

/// The softmax spelt out over the last axis.
///
/// softmax(s)_i = exp(s_i) / sum_j exp(s_j) (Vaswani et al. 2017, equation 1; Bridle 1990)
///
/// # Shapes
///
/// - scores: `[.., queries, keys]`
/// - output: the same, probabilities, rows sum to 1
// ANCHOR: softmax
pub fn softmax<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    // exp(89) overflows f32. The same number taken from every score of a row cancels out
    // of the fraction.
    let largest = scores.clone().detach().max_dim(D - 1);
    let exponentials = (scores - largest).exp();
    exponentials.clone() / exponentials.sum_dim(D - 1)
}
// ANCHOR_END: softmax

/// The mean of the values under the weights.
///
/// # Shapes
///
/// - weights: `[.., queries, keys]`
/// - v: `[.., keys, d_head]`, where d_head may differ from that of queries and keys
/// - output: `[.., queries, d_head]`
///
/// # Panics
///
/// If there are not as many values as keys, or a leading axis differs.
// ANCHOR: attend
pub fn attend<const D: usize>(weights: Tensor<D>, v: Tensor<D>) -> Tensor<D> {
    let (keys, values) = (weights.dims()[D - 1], v.dims()[D - 2]);
    assert_eq!(keys, values, "attention weighs {keys} keys, but has {values} values");
    weights.matmul(v)
}
// ANCHOR_END: attend

/// How spread the weights of each query are: 0 for one key only, ln(keys) for all alike.
///
/// H = -sum_j w_j ln w_j, with 0 ln 0 = 0 (Shannon 1948)
///
/// # Shapes
///
/// - weights: `[.., queries, keys]`, probabilities
/// - output: `[.., queries, 1]`, nats
// ANCHOR: entropy
pub fn entropy<const D: usize>(weights: Tensor<D>) -> Tensor<D> {
    let logarithms = weights.clone().clamp_min(f32::MIN_POSITIVE).log();
    -(weights * logarithms).sum_dim(D - 1)
}
// ANCHOR_END: entropy

//! # 10 The transformer layer
//!
//! **Question.** What makes it deep and trainable?
//!
//! **Equation.** Two sub-layers, each with a residual around it and a norm beside it
//! (Vaswani et al. 2017, "Attention Is All You Need", section 3.1; Xiong et al. 2020, "On Layer
//! Normalization in the Transformer Architecture", table 1):
//! - post-norm: x <- norm(x + attention(x)), x <- norm(x + feed_forward(x));
//! - pre-norm: x <- x + attention(norm(x)), x <- x + feed_forward(norm(x)).
//!
//! **Builds on.**
//! - `heads::MultiHeadAttention` with
//!   `forward(&self, x: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<3>`,
//!   `forward_with_weights` and `forward_cached`,
//!   `causal_mask(queries: usize, keys: usize, device: &Device) -> Tensor<4, Bool>` and
//!   `KeyValueCache`, `linear_map(map: &Linear, x: Tensor<D>) -> Tensor<D>` (lesson 09)
//! - `inputs::LayerNorm` with `forward(&self, x: Tensor<D>) -> Tensor<D>` and
//!   `forward_sum(&self, x: Tensor<D>, residual: Tensor<D>) -> Tensor<D>` (lesson 07)
//! - `kernels::gelu`, the fast forms of [`gelu_exact`] and [`gelu_tanh`], and `kernels::plain`,
//!   which says when to leave fast forms out
//! - the demo: `lookup::TokenEmbedding` and `cross_entropy` (lesson 01), `similarity::pairwise`
//!   (lesson 03), `positions` (lesson 06)
//!
//! **Leaves you with.** [`EncoderLayer`], which BERT stacks in lesson 11, and [`DecoderLayer`],
//! which GPT stacks.
//!
//! **Try.** `cargo rungs run 10`. Then take the residual out of [`EncoderLayer`] and predict what
//! becomes of the tokens.

mod activation;
mod decoder;
pub mod demo;
mod encoder;
mod feed_forward;
mod norm;

pub use activation::{Activation, gelu_exact, gelu_quick, gelu_tanh, relu, silu};
pub use decoder::{DecoderLayer, DecoderLayerConfig};
pub use encoder::{EncoderLayer, EncoderLayerConfig, Placement, residual};
pub use feed_forward::{
    FeedForward, FeedForwardConfig, FeedForwardKind, SwiGlu, SwiGluConfig, Transform, activated_map,
};
pub use norm::{Norm, NormKind, RmsNorm, RmsNormConfig, rms_norm};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "10-transformer-layer",
    question: "What makes it deep and trainable?",
    leaves_you_with: "EncoderLayer and DecoderLayer: feed-forward, residuals and norms around the \
        attention",
    minilm: false,
};

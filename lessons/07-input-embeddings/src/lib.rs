//! # 07 Input embeddings
//!
//! **Question.** What else does a token need to say? Its word is in the table of lesson 01; where
//! it stands and whose it is are not.
//!
//! **Equation.** input = LayerNorm(token + position + segment) (Devlin et al. 2019, "BERT", section
//! 3, figure 2), with LayerNorm(x) = (x - mean) / sqrt(variance + epsilon) * weight + bias (Ba et
//! al. 2016, "Layer Normalization", equation 4).
//!
//! **Builds on.**
//! - `lookup::TokenEmbedding::forward(&self, ids: Tensor<2, Int>) -> Tensor<3>`: one row of a table
//!   per token (lesson 01)
//! - `positions::LearnedPositions::forward(&self, tokens: usize) -> Tensor<2>`: one row per
//!   position, and `forward_at(&self, positions: Tensor<2, Int>) -> Tensor<3>`: rows of one's own
//!   choice (lesson 06)
//!
//! **Leaves you with.** [`BertEmbeddings`], the first stage of the encoder in lesson 11, into which
//! real weights load; [`LayerNorm`], which every layer after it uses; [`Role`], the same idea for a
//! chat.
//!
//! **Try.** `cargo rungs run 07`. Then give [`segment_ids`] a second sentence of no tokens and
//! predict its length.

pub mod demo;
mod embeddings;
pub mod naive;
mod norm;
mod segments;

pub use embeddings::{BertEmbeddings, BertEmbeddingsConfig, positions_after_padding};
pub use norm::{LayerNorm, LayerNormConfig, layer_norm};
pub use segments::{Role, role_ids, segment_ids};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "07-input-embeddings",
    question: "What else does a token need to say?",
    leaves_you_with: "BertEmbeddings: token + position + segment, normalised",
    minilm: false,
};

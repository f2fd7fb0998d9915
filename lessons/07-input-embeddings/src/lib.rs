//! # 07 Input embeddings
mod norm;

pub use norm::{LayerNorm, LayerNormConfig, layer_norm};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "07-input-embeddings",
    question: "What else does a token need to say?",
    leaves_you_with: "BertEmbeddings: token + position + segment, normalised",
};

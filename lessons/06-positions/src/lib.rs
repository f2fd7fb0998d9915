//! # 06 Positions
//!
//! **Question.** How does a set become a sequence? Attention adds up its inputs in any order, so
//! order must be written into the numbers. Four ways to write it.
//!
//! **Equation.**
//! - sinusoidal: PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i + 1) = cos(pos /
//!   10000^(2i / d_model)) (Vaswani et al. 2017, "Attention Is All You Need", section 3.5);
//! - learned: row pos of a table that training fills (Gehring et al. 2017, section 3.1; Devlin et
//!   al. 2019);
//! - RoPE: q turned by the angles pos * theta^(-2i / d_head), pair by pair (Su et al. 2021,
//!   "RoFormer", section 3.2, equation 15), so that q.k depends on the offset alone (equation 16);
//! - ALiBi: score + slope * (key - query), slope = 2^(-8h / heads) (Press et al. 2022, "Train
//!   Short, Test Long", section 3).
//!
//! **Builds on.** Nothing but tensors.
//!
//! **Leaves you with.** [`sinusoidal`] and [`LearnedPositions`], added to a token's vector (lesson
//! 07); [`Rope`], which turns queries and keys, and [`alibi_bias`], added to their scores (lesson
//! 09).
//!
//! **Try.** `cargo rungs run 06`. Then set `theta` of a [`RopeConfig`] to 100 and predict what
//! becomes of the score at distance 50.

mod added;
pub mod demo;
pub mod naive;
mod relative;

pub use added::{LearnedPositions, LearnedPositionsConfig, sinusoid, sinusoidal};
pub use relative::{
    Rope, RopeConfig, RopeLayout, RopeScaling, alibi_bias, alibi_slopes, rope_frequencies,
};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "06-positions",
    question: "How does a set become a sequence?",
    leaves_you_with: "positions: learned, sinusoidal, RoPE and ALiBi",
    minilm: false,
};

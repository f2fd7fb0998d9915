//! The fast versions of what the lessons show, and the switch that leaves them out.
//!
//! A lesson shows a function in plain code, and the lesson's tests hold it equal to its fast
//! version here or in burn, gradients included. Its structs run the fast one, unless [`plain`] says
//! otherwise: then what runs is what the chapter shows, and nothing of this crate.
//!
//! # Layout
//!
//! - [`plain`]: the switch
//! - `adamw`, `gradients`, with the feature `tensors`: the optimiser's step, and the length of a
//!   gradient, in place (crate `training`)
//! - [`distances`]: squared distances from one point to many (lesson 05)
//! - [`dot`]: dot product of long vectors (the search of crate `index`)
//! - `dropout`, with the feature `tensors`: zeros drawn by a thread's own seed (crate `training`)
//! - `memory`, with the feature `tensors`: which devices' tensors are arrays of this process
//! - [`repulsion`]: the push of all points of a t-SNE map on one (lesson 05)
//! - [`tally`]: where the time goes, on the plain road too (`rungs bench --profile`)
//! - [`window`]: the gradient of a window, eight numbers side by side (lesson 04)
//! - [`shared_table`]: rows that threads train without waiting for each other (lesson 04)
//!
//! With the feature `tensors`, on tensors of every backend and faster on flex:
//!
//! - `attention`: scores, shares and means of all heads in one (lesson 09)
//! - `cross_entropy`: of logits (lesson 01)
//! - `gelu`: both forms of GELU (lesson 10)
//! - `linear`: a product with weights and its bias (lessons 09 and 10)
//! - `norm`: layer norm, alone or after a residual (lessons 07 and 10), and RMSNorm (lessons 09 and
//!   10)
//! - `softmax`: the softmax of rows (lesson 08)
//! - `trained_attention`: all heads of a text, forward and back (lesson 09)

#[cfg(feature = "tensors")]
pub mod adamw;
#[cfg(feature = "tensors")]
pub mod attention;
#[cfg(feature = "tensors")]
mod awake;
#[cfg(feature = "tensors")]
pub mod cross_entropy;
pub mod distances;
pub mod dot;
#[cfg(feature = "tensors")]
pub mod dropout;
#[cfg(feature = "flex")]
mod exp;
#[cfg(feature = "flex")]
mod few_rows;
#[cfg(feature = "flex")]
mod flex;
#[cfg(feature = "tensors")]
pub mod gelu;
#[cfg(feature = "tensors")]
pub mod gradients;
#[cfg(feature = "flex")]
mod head_gradients;
#[cfg(feature = "flex")]
mod heads;
mod lanes;
#[cfg(feature = "tensors")]
pub mod linear;
#[cfg(feature = "tensors")]
pub mod memory;
#[cfg(feature = "tensors")]
pub mod norm;
#[cfg(feature = "flex")]
mod normal;
mod plain;
#[cfg(feature = "flex")]
mod product;
pub mod repulsion;
#[cfg(feature = "flex")]
mod row_gradients;
#[cfg(feature = "flex")]
mod rows;
pub mod shared_table;
#[cfg(feature = "tensors")]
pub mod softmax;
pub mod tally;
#[cfg(feature = "flex")]
mod tanh_form;
#[cfg(feature = "flex")]
mod tiles;
#[cfg(feature = "tensors")]
pub mod trained_attention;
pub mod window;

pub use plain::{
    EverywhereGuard, PLAIN_VARIABLE, PlainGuard, calls_here, make_plain, plain, plain_everywhere,
    plain_here,
};

//! Numbers that say how good a model is.

mod classification;
mod correlation;
mod retrieval;

pub use classification::{Confusion, Scores, accuracy};
pub use correlation::{pearson, spearman};
pub use retrieval::{ndcg_at, recall_at, reciprocal_rank};

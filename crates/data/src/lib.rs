//! # Corpora and data sets
//!
//! - [`lines`]: a text of one passage a line, of any size, checked as it is read.
//! - [`sts`]: sentence pairs that people have rated.

mod error;
mod lines;
mod sts;

pub use error::DataError;
pub use lines::{LONGEST_LINE, Lines, lines};
pub use sts::{Pair, sts};

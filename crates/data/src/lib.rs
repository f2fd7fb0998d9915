//! # Corpora and data sets
//!
//! - [`lines`]: a text of one passage a line, of any size, checked as it is read.
//! - [`sts`]: sentence pairs that people have rated.
//! - [`World`]: plain English sentences about a small world, any number of them, each word with its part of speech.

mod error;
mod lines;
mod sts;
mod world;

pub use error::DataError;
pub use lines::{LONGEST_LINE, Lines, lines};
pub use sts::{Pair, sts};
pub use world::{Sense, Sentence, Sentences, Tag, Topic, Word, World};

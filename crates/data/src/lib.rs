//! # Corpora and data sets
//!
//! - [`Corpus`]: text by the passage, from a file, from the documentation of the workspace's own
//!   dependencies, or from the small world; [`words`] splits it, and a [`Vocabulary`] counts
//!   what it says.
//! - [`Ids`]: a corpus as numbers of a vocabulary, on disk, read by several threads at once.
//! - [`World`]: plain English sentences about a small world, any number of them, each word with its
//!   part of speech.
//! - [`lines`]: a text of one passage a line, of any size, checked as it is read.
//! - [`passages`]: what a file says, by the line; [`docs_files`]: the files of the documentation
//!   corpus.
//! - [`questions`]: analogies in sections.
//! - [`sts`]: sentence pairs that people have rated; [`related`]: texts that belong together;
//!   [`labelled`]: texts and what they are. All three are a [`Table`], whose [`Columns`] its first
//!   line names, or a user.
//!
//! ```
//! use data::{Corpus, Vocabulary, words};
//!
//! let corpus = Corpus::Toy { seed: 7, sentences: 100 };
//! let first = corpus.passages()?.next().expect("a hundred sentences")?;
//! println!("{first} has {} words", words(&first).len());
//!
//! let vocabulary = Vocabulary::count(corpus.passages()?, 2)?;
//! println!("most frequent: {}, {} times", vocabulary.words[0], vocabulary.counts[0]);
//! # Ok::<(), data::DataError>(())
//! ```

mod columns;
mod corpus;
mod docs;
mod doubts;
mod error;
mod header;
mod ids;
mod lines;
mod passages;
mod questions;
mod quotes;
mod roles;
mod rows;
mod sts;
mod table;
pub mod textbook;
mod tsv;
mod vocabulary;
mod world;

pub use columns::{Columns, Noted};
pub use corpus::{Corpus, Passages, TOY_SENTENCES, words};
pub use docs::{docs_files, renew_docs};
pub use error::DataError;
pub use ids::{IdSentences, Ids};
pub use lines::{LONGEST_LINE, Lines, lines};
pub use passages::{Passage, Split, passages};
pub use questions::{Section, questions};
pub use sts::{Pair, sts};
pub use table::Table;
pub use tsv::{Labelled, Related, labelled, related};
pub use vocabulary::Vocabulary;
pub use world::{Sense, Sentence, Sentences, Tag, Topic, Word, World};

//! The commands. A file, or a folder of its own, holds a command's arguments, its work and what it
//! prints; commands that belong together share a file. No command imports another.
//!
//! Everywhere `for_people` is the text of a result for people, beside its JSON.

pub mod bench;
pub mod book;
pub mod completions;
pub mod devices;
pub mod fetch;
pub mod lessons;
pub mod parity;

/// Encoders and what they make of texts.
pub mod texts {
    pub mod classify;
    pub mod embed;
    pub mod index;
    pub mod map;
    pub mod search;
    pub mod sts;
    pub mod tune;
}

/// Corpora and the vectors of their words.
pub mod words {
    pub mod corpus;
    pub mod neighbours;
    pub mod word2vec;
}

/// Causal language models.
pub mod models {
    pub mod chat;
    pub mod generate;
    pub mod kept;
    pub mod page;
    pub mod perplexity;
    pub mod train;
}

//! Pairs of texts about feelings: sayings with plain sentences of the same feeling, and with
//! sentences in which the words of the saying mean something else.
//!
//! Neither the four sentences of the textbook's search nor others of the same meaning are among
//! them.

use data::Related;
use tokens::TokensError;

use crate::SentenceEncoder;

/// Table of `feeling, sentence`: a feeling in plain words.
const STATEMENTS: &str = include_str!("statements.tsv");
/// Table of `feeling, saying, sentence`: a saying for the feeling, and a sentence about something
/// else with a word of the saying.
const SAYINGS: &str = include_str!("sayings.tsv");
/// Table of `query, meant, other`: searches that should find `meant` before `other`, fixed before
/// anything was trained. No saying of the pairs is among them.
const CASES: &str = include_str!("cases.tsv");

/// Query of the textbook's search.
pub const QUERY: &str = "feeling down";
/// Texts of the textbook's search, which says that the first is found.
pub const TEXTS: [&str; 3] = ["I'm sad today", "The stock went down", "Happy birthday!"];

/// Sentences around a saying, which stands at `{}`.
const FRAMES: [&str; 4] =
    ["feeling {}", "I feel {}", "I am feeling {} today", "she feels rather {}"];

/// Pairs to learn from. The first are every saying in every frame with a plain sentence of the same
/// feeling, and with the sentence in which its words mean something else as the hard negative; then
/// follows every plain sentence with the next of its feeling.
pub fn pairs() -> Vec<Related> {
    let statements: Vec<[&str; 2]> = rows(STATEMENTS);
    let sayings: Vec<[&str; 3]> = rows(SAYINGS);
    let mut pairs = Vec::new();
    for (i, [feeling, saying, other]) in sayings.into_iter().enumerate() {
        let plain = sentences_on(feeling, &statements);
        for (j, frame) in FRAMES.iter().enumerate() {
            pairs.push(Related {
                query: frame.replace("{}", saying),
                meant: plain[(i + j) % plain.len()].into(),
                other: Some(other.into()),
            });
        }
    }
    for [feeling, sentence] in &statements {
        let plain = sentences_on(feeling, &statements);
        let i = plain.iter().position(|other| other == sentence).unwrap_or_default();
        pairs.push(Related {
            query: sentence.to_string(),
            meant: plain[(i + 1) % plain.len()].into(),
            other: None,
        });
    }
    pairs
}

/// The plain sentences on one feeling.
fn sentences_on<'a>(feeling: &str, statements: &[[&'a str; 2]]) -> Vec<&'a str> {
    let mut sentences = Vec::new();
    for [about, sentence] in statements {
        if *about == feeling {
            sentences.push(*sentence);
        }
    }
    sentences
}

/// Searches that a shared word misleads: a query, the text that is meant, and one that shares a
/// word with the query. The first is the textbook's.
pub fn cases() -> Vec<[&'static str; 3]> {
    rows(CASES)
}

/// How many of the [`cases`] an encoder gets right: the query is nearer to the text that is meant
/// than to the one that shares its word.
///
/// # Errors
///
/// A text that the tokenizer refuses.
pub fn told_apart(encoder: &SentenceEncoder) -> Result<usize, TokensError> {
    let mut right = 0;
    for [query, meant, other] in cases() {
        right += usize::from(encoder.search(query, &[meant, other], 1)?[0].0 == 0);
    }
    Ok(right)
}

/// The cosines of [`QUERY`] with each of [`TEXTS`].
///
/// # Errors
///
/// A text that the tokenizer refuses.
pub fn textbook(encoder: &SentenceEncoder) -> Result<[f32; 3], TokensError> {
    let found = encoder.search(QUERY, &TEXTS, TEXTS.len())?;
    let mut cosines = [0.0; 3];
    for (i, cosine) in found {
        cosines[i] = cosine;
    }
    Ok(cosines)
}

/// The rows of a table of this folder, a line each.
fn rows<const N: usize>(table: &'static str) -> Vec<[&'static str; N]> {
    let mut rows = Vec::new();
    for line in table.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        rows.push(columns.try_into().expect("a table of this folder has its columns"));
    }
    rows
}

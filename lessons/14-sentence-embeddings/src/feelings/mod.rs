//! Feelings in plain words, in sayings, and what the words of a saying mean where nobody feels
//! anything.
//!
//! Neither the four sentences of the textbook's search nor others that say the same are among them.

use data::Related;
use tokens::TokensError;

use crate::SentenceEncoder;

/// `feeling, sentence`: feelings in plain words.
const STATEMENTS: &str = include_str!("statements.tsv");
/// `feeling, saying, sentence`: how one may feel, and a sentence with a word of the saying that is
/// about something else.
const SAYINGS: &str = include_str!("sayings.tsv");
/// `query, meant, other`: what a search should tell apart, fixed before anything was trained; no
/// saying stands in both.
const CASES: &str = include_str!("cases.tsv");

/// The textbook's search: its query, and its three texts, the first of which it says is found.
pub const QUERY: &str = "feeling down";
/// See [`QUERY`].
pub const TEXTS: [&str; 3] = ["I'm sad today", "The stock went down", "Happy birthday!"];

/// How a saying is used.
const FRAMES: [&str; 4] =
    ["feeling {}", "I feel {}", "I am feeling {} today", "she feels rather {}"];

/// Pairs to learn from: every saying in every frame with a plain sentence of the same feeling and
/// the other meaning of its words, then every plain sentence with the next of its feeling.
pub fn pairs() -> Vec<Related> {
    let statements: Vec<[&str; 2]> = rows(STATEMENTS);
    let of = |feeling: &str| -> Vec<&str> {
        statements.iter().filter(|[of, _]| *of == feeling).map(|[_, sentence]| *sentence).collect()
    };
    let sayings: Vec<[&str; 3]> = rows(SAYINGS);
    let mut pairs = Vec::new();
    for (i, [feeling, saying, other]) in sayings.into_iter().enumerate() {
        let plain = of(feeling);
        for (j, frame) in FRAMES.iter().enumerate() {
            pairs.push(Related {
                query: frame.replace("{}", saying),
                meant: plain[(i + j) % plain.len()].into(),
                other: Some(other.into()),
            });
        }
    }
    for [feeling, sentence] in &statements {
        let plain = of(feeling);
        let at = plain.iter().position(|other| other == sentence).unwrap_or_default();
        pairs.push(Related {
            query: sentence.to_string(),
            meant: plain[(at + 1) % plain.len()].into(),
            other: None,
        });
    }
    pairs
}

/// Searches that go wrong by a shared word: a query, what is meant by it, and what shares its word.
/// The first is the textbook's.
pub fn cases() -> Vec<[&'static str; 3]> {
    rows(CASES)
}

/// How many of the [`cases`] an encoder gets right: the query is nearer to what is meant than to
/// what shares its word.
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
    found.into_iter().for_each(|(i, cosine)| cosines[i] = cosine);
    Ok(cosines)
}

/// The columns of a table of this folder.
fn rows<const N: usize>(table: &'static str) -> Vec<[&'static str; N]> {
    let columns = |line: &'static str| line.split('\t').collect::<Vec<_>>().try_into();
    table
        .lines()
        .map(|line| columns(line).expect("a table of this folder has its columns"))
        .collect()
}

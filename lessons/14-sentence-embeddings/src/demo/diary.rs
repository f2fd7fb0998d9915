//! What the widget of the diary searches: the vectors of its lines, and of what a reader may look
//! for.

use anyhow::Result;
use course::Report;
use serde::Serialize;

use super::{QUERIES, ROUNDING};
use crate::SentenceEncoder;

/// The diary of the book, one thought per line.
const DIARY: &str = include_str!("../../../../book/src/diary.txt");
/// What a reader may look for, besides [`QUERIES`]: words of the lines, and words that are not.
const WORDS: [&str; 56] = [
    "down",
    "sad",
    "sadness",
    "unhappy",
    "crying",
    "happy",
    "joy",
    "tired",
    "angry",
    "fear",
    "love",
    "today",
    "feelings",
    "stock",
    "shares",
    "market",
    "prices",
    "economy",
    "money",
    "finance",
    "investment",
    "interest",
    "loan",
    "mortgage",
    "central bank",
    "bank",
    "river",
    "water",
    "shore",
    "fishing",
    "picnic",
    "walk",
    "nature",
    "summer",
    "friends",
    "birthday",
    "party",
    "cake",
    "present",
    "celebration",
    "congratulations",
    "dog",
    "puppy",
    "cat",
    "pet",
    "animal",
    "homework",
    "school",
    "teacher",
    "excuse",
    "lesson",
    "food",
    "eating",
    "lunch",
    "a lazy afternoon outdoors",
    "good news",
];
/// Letters that stand for six bits each, those of base 64.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// A number of a vector as a whole number is at most this large: three letters are 18 bits.
const LARGEST: f32 = 131_071.0;

/// Texts and their vectors, all of unit length.
#[derive(Serialize)]
struct Vectors<'a> {
    lines: Vec<&'a str>,
    queries: Vec<&'a str>,
    /// What the largest whole number stands for.
    widest: f32,
    /// The vector of each line, then that of each query: three letters a number.
    vectors: Vec<String>,
}

/// Records the vectors of the diary's lines and of the queries.
pub(super) fn vectors(encoder: &SentenceEncoder, report: &mut Report) -> Result<()> {
    let lines: Vec<&str> = DIARY.lines().collect();
    let queries = [&QUERIES[..], &WORDS[..]].concat();
    let embedded = encoder.embed(&[&lines[..], &queries[..]].concat())?;
    let mut widest = 0.0_f32;
    for text in &embedded {
        for number in &text.vector {
            widest = widest.max(number.abs());
        }
    }
    let vectors = embedded.iter().map(|text| letters(&text.vector, widest)).collect();
    report.band(f64::INFINITY); // rounding changes letters that say nearly the same
    report.data(
        "diary",
        "vectors of the diary's lines and of queries",
        &Vectors { lines, queries, widest, vectors },
    );
    report.band(ROUNDING);
    Ok(())
}

/// The numbers of a vector, three letters each: a whole number from 0, which is -`widest`, to twice
/// [`LARGEST`], highest bits first.
fn letters(vector: &[f32], widest: f32) -> String {
    let mut letters = String::new();
    for number in vector {
        let whole = (number / widest * LARGEST + LARGEST).round() as usize;
        for six_bits in [whole >> 12, whole >> 6, whole] {
            letters.push(char::from(LETTERS[six_bits & 63]));
        }
    }
    letters
}

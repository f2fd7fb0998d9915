//! Where a text is cut before anything is counted: at GPT-2's places.

use std::sync::LazyLock;

/// Endings that are pieces of their own, as in "don't": Radford et al. 2019, published code.
const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// Code points, in hexadecimal, where Unicode's general category L begins and ends, in turns, from
/// Unicode 16.0's `DerivedGeneralCategory.txt`. It is a file and not `char::is_alphabetic`, which
/// is another set (marks of Indic scripts are in it) and follows the compiler's Unicode: a
/// vocabulary must not change its meaning with the compiler.
static LETTERS: LazyLock<Vec<u32>> = LazyLock::new(|| code_points(include_str!("letters.txt")));
/// Code points where Unicode's general category N begins and ends, written as [`LETTERS`] are.
static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| code_points(include_str!("numbers.txt")));

// ANCHOR: pieces
/// Cuts bytes into the pieces inside which tokens are made: a run of letters, of digits
/// or of other signs, each with the space before it; a contraction; a run of blanks. What
/// is not valid UTF-8 is cut into single bytes.
///
/// The pieces in order are the bytes again. For valid UTF-8 they are the matches of
/// GPT-2's expression (Radford et al. 2019, published code):
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
pub fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    for chunk in bytes.utf8_chunks() {
        let mut text = chunk.valid();
        while !text.is_empty() {
            let (piece, rest) = text.split_at(first_piece(text));
            pieces.push(piece.as_bytes());
            text = rest;
        }
        pieces.extend(chunk.invalid().chunks(1));
    }
    pieces
}

/// Number of bytes in the first piece of a text that is not empty.
fn first_piece(text: &str) -> usize {
    for ending in CONTRACTIONS {
        if text.starts_with(ending) {
            return ending.len();
        }
    }
    let space = usize::from(text.starts_with(' '));
    let Some(first) = text[space..].chars().next() else { return blanks(text) };
    match Kind::from_char(first) {
        Kind::Blank => blanks(text),
        kind => space + run(&text[space..], kind),
    }
}

/// Number of bytes in the run of blanks that a text begins with, less its last blank
/// where a word follows: that one goes with the word, or is alone.
fn blanks(text: &str) -> usize {
    let all = run(text, Kind::Blank);
    let Some(last) = text[..all].chars().next_back() else { return all };
    let before_last = all - last.len_utf8();
    if all == text.len() || before_last == 0 { all } else { before_last }
}

/// Number of bytes that are of one kind at the beginning of a text.
fn run(text: &str, kind: Kind) -> usize {
    for (at, character) in text.char_indices() {
        if Kind::from_char(character) != kind {
            return at;
        }
    }
    text.len()
}
// ANCHOR_END: pieces

/// Kind of a character, as far as the cut looks at it.
#[derive(PartialEq, Eq)]
enum Kind {
    Letter,
    Number,
    Blank,
    Other,
}

impl Kind {
    fn from_char(character: char) -> Self {
        match character {
            'a'..='z' | 'A'..='Z' => Kind::Letter, // most of most texts: spare them the search
            _ if character.is_whitespace() => Kind::Blank,
            _ if contains(&LETTERS, character) => Kind::Letter,
            _ if contains(&NUMBERS, character) => Kind::Number,
            _ => Kind::Other,
        }
    }
}

/// Whether a character lies in one of the stretches that begin and end, in turns, at `turns`: then
/// an odd number of turns lie at or below it.
fn contains(turns: &[u32], character: char) -> bool {
    turns.partition_point(|&turn| turn <= character as u32) % 2 == 1
}

/// Reads code points written in hexadecimal.
fn code_points(hexadecimal: &str) -> Vec<u32> {
    let mut code_points = Vec::new();
    for number in hexadecimal.split_whitespace() {
        let code_point = u32::from_str_radix(number, 16);
        code_points.push(code_point.expect("a file of this crate holds hexadecimal numbers"));
    }
    code_points
}

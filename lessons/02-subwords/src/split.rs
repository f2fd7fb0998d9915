//! Where a text is cut before anything is counted: at GPT-2's places.

use std::sync::LazyLock;

/// Endings that are pieces of their own, as in "don't": Radford et al. 2019, published code.
const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// Code points, in hexadecimal, where Unicode's general category L begins and ends, in turns, from
/// Unicode 16.0's `DerivedGeneralCategory.txt`. It is a file and not `char::is_alphabetic`, which
/// is another set (marks of Indic scripts are in it) and follows the compiler's Unicode: a
/// vocabulary must not change its meaning with the compiler.
static LETTERS: LazyLock<Vec<u32>> = LazyLock::new(|| code_points(include_str!("letters.txt")));
/// The same for category N.
static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| code_points(include_str!("numbers.txt")));

// ANCHOR: pieces
/// Cuts bytes into the pieces inside of which tokens are made: a run of letters, of digits or of
/// other signs, each with the space before it; a contraction; a run of blanks. What is not valid
/// UTF-8 is cut into single bytes.
///
/// The pieces in order are the bytes again. For valid UTF-8 they are the matches of GPT-2's
/// expression (Radford et al. 2019, published code):
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
pub fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let mut rest = chunk.valid();
        let valid = std::iter::from_fn(move || {
            let (piece, after) = rest.split_at(first_piece(rest));
            rest = after;
            (!piece.is_empty()).then_some(piece.as_bytes())
        });
        valid.chain(chunk.invalid().chunks(1))
    })
}

/// How many bytes the first piece of a text takes.
fn first_piece(text: &str) -> usize {
    if let Some(ending) = CONTRACTIONS.iter().find(|ending| text.starts_with(**ending)) {
        return ending.len();
    }
    let space = usize::from(text.starts_with(' '));
    match text[space..].chars().next().map(Kind::of) {
        None | Some(Kind::Blank) => blanks(text),
        Some(kind) => space + run(&text[space..], kind),
    }
}

/// A run of blanks, but for its last one where a word follows: that one goes with the word, or is
/// alone.
fn blanks(text: &str) -> usize {
    let all = run(text, Kind::Blank);
    let last = text[..all].chars().next_back().map_or(0, char::len_utf8);
    if all == text.len() || all == last { all } else { all - last }
}

/// How many bytes at the beginning of a text are of one kind.
fn run(text: &str, kind: Kind) -> usize {
    text.find(|c| Kind::of(c) != kind).unwrap_or(text.len())
}
// ANCHOR_END: pieces

/// What a character is for the cut.
#[derive(PartialEq, Eq)]
enum Kind {
    Letter,
    Number,
    Blank,
    Other,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            'a'..='z' | 'A'..='Z' => Kind::Letter, // most of most texts: spare them the search
            c if c.is_whitespace() => Kind::Blank,
            c if holds(&LETTERS, c) => Kind::Letter,
            c if holds(&NUMBERS, c) => Kind::Number,
            _ => Kind::Other,
        }
    }
}

/// Whether as many stretches have begun before `c` as have not ended.
fn holds(turns: &[u32], c: char) -> bool {
    turns.partition_point(|&turn| turn <= c as u32) % 2 == 1
}

fn code_points(hexadecimal: &str) -> Vec<u32> {
    let numbers = hexadecimal.split_whitespace().map(|number| u32::from_str_radix(number, 16));
    numbers.collect::<Result<_, _>>().expect("a file of this crate holds hexadecimal numbers")
}

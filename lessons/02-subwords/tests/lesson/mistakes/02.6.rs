//! Mistakes in `WordPiece::longest_match`.

use subwords::WordPiece;

/// Mark that opens a token which continues a word.
const CONTINUES: &str = "##";

/// "s" that begins a word and "##s" that continues one are two tokens, with two rows.
pub fn no_mark_for_what_continues_a_word(
    this: &WordPiece,
    word: &str,
    start: usize,
) -> Option<(u32, usize)> {
    for (at, character) in word[start..].char_indices().rev() {
        let end = start + at + character.len_utf8();
        if let Some(id) = this.id(&word[start..end]) {
            return Some((id, end));
        }
    }
    None
}

/// No word begins with ##, so that every word is unknown.
pub fn the_mark_at_the_beginning_of_a_word_too(
    this: &WordPiece,
    word: &str,
    start: usize,
) -> Option<(u32, usize)> {
    for (at, character) in word[start..].char_indices().rev() {
        let end = start + at + character.len_utf8();
        if let Some(id) = this.id(&format!("{CONTINUES}{}", &word[start..end])) {
            return Some((id, end));
        }
    }
    None
}

/// Words fall into letters wherever the vocabulary has the letters.
pub fn the_shortest_that_fits(this: &WordPiece, word: &str, start: usize) -> Option<(u32, usize)> {
    let mark = if start == 0 { "" } else { CONTINUES };
    for (at, character) in word[start..].char_indices() {
        let end = start + at + character.len_utf8();
        if let Some(id) = this.id(&format!("{mark}{}", &word[start..end])) {
            return Some((id, end));
        }
    }
    None
}

/// A token that ends before the word does is never found.
pub fn only_all_of_the_rest(this: &WordPiece, word: &str, start: usize) -> Option<(u32, usize)> {
    let mark = if start == 0 { "" } else { CONTINUES };
    let id = this.id(&format!("{mark}{}", &word[start..]))?;
    Some((id, word.len()))
}

/// At 0 both are one number. Anywhere else the next token begins too far left.
pub fn the_length_of_the_match_and_not_its_end(
    this: &WordPiece,
    word: &str,
    start: usize,
) -> Option<(u32, usize)> {
    let mark = if start == 0 { "" } else { CONTINUES };
    for (at, character) in word[start..].char_indices().rev() {
        let end = start + at + character.len_utf8();
        if let Some(id) = this.id(&format!("{mark}{}", &word[start..end])) {
            return Some((id, end - start));
        }
    }
    None
}

/// Right for English. With the first accent the end lies inside a character.
pub fn the_end_counted_in_characters_and_not_in_bytes(
    this: &WordPiece,
    word: &str,
    start: usize,
) -> Option<(u32, usize)> {
    let mark = if start == 0 { "" } else { CONTINUES };
    for (at, character) in word[start..].char_indices().rev() {
        let end = start + at + character.len_utf8();
        if let Some(id) = this.id(&format!("{mark}{}", &word[start..end])) {
            return Some((id, word[..end].chars().count()));
        }
    }
    None
}

/// A slice that ends inside a character panics, and in English no character has an inside.
pub fn cut_between_bytes_and_not_between_characters(
    this: &WordPiece,
    word: &str,
    start: usize,
) -> Option<(u32, usize)> {
    let mark = if start == 0 { "" } else { CONTINUES };
    for end in (start + 1..=word.len()).rev() {
        if let Some(id) = this.id(&format!("{mark}{}", &word[start..end])) {
            return Some((id, end));
        }
    }
    None
}

/// Where a character begins is not where it ends: the last one is never part of the match.
pub fn the_last_character_left_out(
    this: &WordPiece,
    word: &str,
    start: usize,
) -> Option<(u32, usize)> {
    let mark = if start == 0 { "" } else { CONTINUES };
    for (at, _) in word[start..].char_indices().rev() {
        let end = start + at;
        if let Some(id) = this.id(&format!("{mark}{}", &word[start..end])) {
            return Some((id, end));
        }
    }
    None
}

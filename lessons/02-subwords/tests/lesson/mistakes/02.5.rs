//! Mistakes in `WordPiece::longest_matches`.

use subwords::WordPiece;

/// The token that stands for an unknown word.
const UNKNOWN: &str = "[UNK]";

/// "trainx" is read as "train", and nothing says that something is missing.
pub fn half_a_word_kept_as_if_it_were_whole(this: &WordPiece, word: &str) -> Option<Vec<u32>> {
    let mut ids = Vec::new();
    let mut start = 0;
    while start < word.len() {
        let Some((id, end)) = this.longest_match(word, start) else { break };
        ids.push(id);
        start = end;
    }
    Some(ids)
}

/// BERT was trained on one [UNK] for the whole word, and here it reads four tokens.
pub fn unknown_for_the_rest_of_the_word_only(this: &WordPiece, word: &str) -> Option<Vec<u32>> {
    let mut ids = Vec::new();
    let mut start = 0;
    while start < word.len() {
        let Some((id, end)) = this.longest_match(word, start) else {
            ids.extend(this.id(UNKNOWN));
            break;
        };
        ids.push(id);
        start = end;
    }
    Some(ids)
}

/// A split that exists is found. The published models were trained on what greed finds.
pub fn goes_back_and_tries_a_shorter_one(this: &WordPiece, word: &str) -> Option<Vec<u32>> {
    fn spelt(vocabulary: &WordPiece, word: &str, start: usize) -> Option<Vec<u32>> {
        if start == word.len() {
            return Some(Vec::new());
        }
        let mark = if start == 0 { "" } else { "##" };
        for (at, character) in word[start..].char_indices().rev() {
            let end = start + at + character.len_utf8();
            let Some(id) = vocabulary.id(&format!("{mark}{}", &word[start..end])) else { continue };
            if let Some(mut ids) = spelt(vocabulary, word, end) {
                ids.insert(0, id);
                return Some(ids);
            }
        }
        None
    }
    spelt(this, word, 0)
}

/// What continues a word is marked with ##, and is looked for without it.
pub fn the_rest_read_as_a_word_of_its_own(this: &WordPiece, word: &str) -> Option<Vec<u32>> {
    let mut ids = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (id, end) = this.longest_match(rest, 0)?;
        ids.push(id);
        rest = &rest[end..];
    }
    Some(ids)
}

/// No characters need no token. An empty text would cost one, and an [UNK] at that.
pub fn a_word_without_characters_refused(this: &WordPiece, word: &str) -> Option<Vec<u32>> {
    let mut ids = Vec::new();
    let (id, mut start) = this.longest_match(word, 0)?;
    ids.push(id);
    while start < word.len() {
        let (id, end) = this.longest_match(word, start)?;
        ids.push(id);
        start = end;
    }
    Some(ids)
}

/// "trainxs" is read as "trains", a word that nobody wrote.
pub fn a_character_that_fits_nowhere_stepped_over(
    this: &WordPiece,
    word: &str,
) -> Option<Vec<u32>> {
    let mut ids = Vec::new();
    let mut start = 0;
    while start < word.len() {
        match this.longest_match(word, start) {
            Some((id, end)) => {
                ids.push(id);
                start = end;
            }
            None => start += word[start..].chars().next().map_or(1, char::len_utf8),
        }
    }
    Some(ids)
}

/// One token, and the rest of the word is never asked for.
pub fn only_the_first_token(this: &WordPiece, word: &str) -> Option<Vec<u32>> {
    let mut ids = Vec::new();
    if !word.is_empty() {
        let (id, _end) = this.longest_match(word, 0)?;
        ids.push(id);
    }
    Some(ids)
}

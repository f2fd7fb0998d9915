//! A text of any length, encoded a piece at a time: the tokens are those of the whole text.

use proptest::prelude::*;
use tokens::{LARGEST_TEXT, Tokenizer};

use crate::gguf::{byte_pairs, open, scored};
use crate::{bert, folders};

/// The smallest piece.
const PIECE: usize = 4 << 10;

/// Byte pairs by four rules of what a word is, and words.
fn tokenizers() -> Vec<Tokenizer> {
    let mut tokenizers = Vec::new();
    for rule in ["gpt-2", "smollm", "llama-bpe", "qwen2"] {
        tokenizers.push(open(&byte_pairs(rule)).unwrap());
    }
    tokenizers.push(crate::open(&bert()).unwrap());
    tokenizers
}

fn whole(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.encode_unframed(text, usize::MAX).unwrap().ids
}

#[test]
fn five_megabytes_have_the_tokens_of_their_lines() {
    let tokenizer = open(&byte_pairs("smollm")).unwrap();
    let (mut text, mut expected) = (String::new(), Vec::<u32>::new());
    let mut lines = Vec::new();
    for number in 0..97 {
        let line = format!("abab 12 cabs 😀 and {number} {}.\n", "more ab ".repeat(number % 7));
        lines.push((whole(&tokenizer, &line), line));
    }
    while text.len() < 5 << 20 {
        for (ids, line) in &lines {
            text += line;
            expected.extend(ids);
        }
    }
    assert!(text.len() > LARGEST_TEXT && tokenizer.encode_whole(&text).is_err());
    assert!(tokenizer.encode_in_pieces(&text, 1 << 20).unwrap() == expected);
}

#[test]
fn the_texts_of_every_recorded_tokenizer_have_the_tokens_of_the_whole() {
    for (name, tokenizer, texts) in folders::recorded() {
        for between in ["\n", " ", "\n\n"] {
            let text = texts.join(between) + between;
            let text = text.repeat(3 * PIECE / text.len() + 1);
            let found = tokenizer.encode_in_pieces(&text, PIECE).unwrap();
            let expected = whole(&tokenizer, &text);
            assert!(found == expected, "{name}, {between:?} between texts");
        }
    }
}

#[test]
fn a_text_that_is_one_word_of_pieces_by_their_scores_is_cut_where_it_makes_no_difference() {
    let tokenizer = open(&scored()).unwrap();
    let text = "ab cab abc b aa ".repeat(PIECE / 4);
    let found = tokenizer.encode_in_pieces(&text, PIECE).unwrap();
    assert!(found == whole(&tokenizer, &text));
}

#[test]
fn a_text_without_a_line_end_or_a_blank_is_cut_all_the_same() {
    for tokenizer in tokenizers() {
        for text in ["ab cab ", "abc", "a\u{301}b😀", "שלום ab"] {
            let text = text.repeat(3 * PIECE / text.len());
            let ids = tokenizer.encode_in_pieces(&text, PIECE).unwrap();
            let expected = whole(&tokenizer, &text);
            assert!(ids.len().abs_diff(expected.len()) < 9, "{} {}", ids.len(), expected.len());
        }
    }
}

#[test]
fn a_character_without_a_token_is_named_with_its_place_in_the_whole_text() {
    let tokenizer = Tokenizer::characters(&['a', '\n']).unwrap();
    let text = "aaa\n".repeat(PIECE) + "b\n";
    let error = tokenizer.encode_in_pieces(&text, PIECE).unwrap_err().to_string();
    assert!(error.contains("'b'") && error.contains("16384"), "{error}");
}

#[test]
fn an_empty_text_has_no_token() {
    for tokenizer in tokenizers() {
        assert_eq!(tokenizer.encode_in_pieces("", PIECE).unwrap(), [0; 0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_text_of_words_and_blanks_has_the_tokens_of_the_whole(
        parts in prop::collection::vec("[a-c ]{1,9}|\n|\n\n|  \n |\r\n|12 12|\t|😀|é|\\[MASK\\]|<\\|end\\|>", 40..90),
    ) {
        let text = parts.concat();
        let text = text.repeat(4 * PIECE / text.len() + 1);
        for tokenizer in tokenizers() {
            let expected = whole(&tokenizer, &text);
            prop_assert_eq!(tokenizer.encode_in_pieces(&text, PIECE).unwrap(), expected);
        }
    }
}

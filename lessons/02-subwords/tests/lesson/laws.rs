//! What holds for every text.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use subwords::{BYTES, Bpe, WordPiece, naive, pieces};

/// A vocabulary with merges of letters, spaces, digits, line ends and bytes inside of characters.
fn trained() -> Bpe {
    let text =
        "low lower lowest, newer newest: 1999 1999\n\nдом дома домов λόγος λόγου    don't won't";
    Bpe::train([text], BYTES + 60)
}

/// Texts in which few letters repeat often, so that pairs overlap and tie.
fn repetitive() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(vec(prop::sample::select(b"aabc ".as_slice()), 0..30), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_byte_string_comes_back(bytes in vec(any::<u8>(), 0..200)) {
        let bpe = trained();
        prop_assert_eq!(bpe.decode(&bpe.encode(&bytes)), bytes);
    }

    #[test]
    fn every_text_comes_back_from_ids_of_the_vocabulary(text in any::<String>()) {
        let bpe = trained();
        let ids = bpe.encode(text.as_bytes());
        prop_assert!(ids.iter().all(|&id| (id as usize) < bpe.vocab()));
        prop_assert!(ids.len() <= text.len());
        prop_assert_eq!(bpe.decode(&ids), text.into_bytes());
    }

    #[test]
    fn pieces_in_order_are_the_text(bytes in vec(any::<u8>(), 0..200)) {
        let cut = pieces(&bytes);
        prop_assert!(cut.iter().all(|piece| !piece.is_empty()));
        prop_assert_eq!(cut.concat(), bytes);
    }

    #[test]
    fn counting_what_changed_is_counting_everything(texts in repetitive(), merges in 0..40_usize) {
        let borrowed: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let (fast, slow) = (Bpe::train(&texts, BYTES + merges), naive::train(&borrowed, BYTES + merges));
        prop_assert_eq!(fast.merges(), slow.merges());
    }

    #[test]
    fn no_two_tokens_are_the_same_bytes(texts in repetitive()) {
        let bpe = Bpe::train(&texts, 1000);
        let different: HashSet<&[u8]> = (0..bpe.vocab() as u32).map(|id| bpe.token(id)).collect();
        prop_assert_eq!(different.len(), bpe.vocab());
    }

    #[test]
    fn trained_to_the_end_every_piece_is_one_token(texts in repetitive()) {
        let bpe = Bpe::train(&texts, 1000);
        for piece in texts.iter().flat_map(|text| pieces(text)) {
            prop_assert_eq!(bpe.encode(piece).len(), 1, "{:?}", piece);
        }
    }

    #[test]
    fn a_smaller_vocabulary_is_the_beginning_of_a_larger_one(texts in repetitive(), merges in 0..20_usize) {
        let (smaller, larger) = (Bpe::train(&texts, BYTES + merges), Bpe::train(&texts, BYTES + 20));
        let cut = larger.with_vocab(BYTES + merges);
        prop_assert_eq!(cut.merges(), smaller.merges());
    }

    #[test]
    fn a_larger_vocabulary_never_takes_more_tokens(texts in repetitive(), text in "[abc ]{0,40}") {
        let bpe = Bpe::train(&texts, BYTES + 20);
        let lengths: Vec<usize> =
            (BYTES..=bpe.vocab()).map(|vocab| bpe.with_vocab(vocab).encode(text.as_bytes()).len()).collect();
        prop_assert!(lengths.is_sorted_by(|smaller, larger| smaller >= larger), "{lengths:?}");
    }

    #[test]
    fn the_order_of_the_texts_does_not_matter(texts in repetitive()) {
        let reversed: Vec<&Vec<u8>> = texts.iter().rev().collect();
        let (one, other) = (Bpe::train(&texts, BYTES + 20), Bpe::train(reversed, BYTES + 20));
        prop_assert_eq!(one.merges(), other.merges());
    }

    #[test]
    fn no_token_reaches_over_a_piece(texts in repetitive(), text in "[abc ]{0,40}") {
        let bpe = Bpe::train(&texts, BYTES + 20);
        let apart: Vec<u32> = pieces(text.as_bytes()).into_iter().flat_map(|piece| bpe.encode(piece)).collect();
        prop_assert_eq!(bpe.encode(text.as_bytes()), apart);
    }

    #[test]
    fn wordpieces_spell_the_word_or_nothing(word in "[abé]{1,12}") {
        let wordpiece = WordPiece::new(["[UNK]", "a", "ab", "éa", "##a", "##b", "##ba", "##éb", "##aab"]);
        let tokens: Vec<&str> = wordpiece.encode(&word).iter().map(|&id| wordpiece.token(id)).collect();
        let spelt: String = tokens.iter().map(|token| token.trim_start_matches('#')).collect();
        prop_assert!(tokens == ["[UNK]"] || spelt == word, "{tokens:?}");
    }
}

#[test]
fn nothing_to_train_on_leaves_the_bytes() {
    let bpe = Bpe::train(Vec::<&str>::new(), 1000);
    assert_eq!(bpe.vocab(), BYTES);
    assert!(bpe.encode(b"").is_empty());
}

#[test]
#[should_panic(expected = "a vocabulary holds the 256 bytes, asked for 255 tokens")]
fn a_vocabulary_without_all_bytes_is_refused() {
    Bpe::train(["a"], 255);
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn an_id_outside_the_vocabulary_stands_for_nothing() {
    Bpe::train(["a"], BYTES).decode(&[256]);
}

#[test]
#[should_panic(expected = "a WordPiece vocabulary holds [UNK]")]
fn a_wordpiece_vocabulary_without_unk_is_refused() {
    WordPiece::new(["a", "##b"]);
}

//! Against the tokenizers library (0.23.2), which knows nothing of this lesson.

use std::collections::HashMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;
use subwords::{BYTES, Bpe, WordPiece, naive, pieces};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::wordpiece::WordPiece as LibraryWordPiece;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{
    Model, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer,
};

use crate::docs;

/// Bytes of text that both are trained on.
const TEXT: usize = 1_000_000;
const VOCAB: usize = 2000;

/// Ours and the library's, trained on the same text.
static TRAINED: LazyLock<(Bpe, Tokenizer)> = LazyLock::new(|| {
    let (texts, _) = docs(TEXT);
    (Bpe::train(&texts, VOCAB), library(&texts, VOCAB))
});

fn byte_level() -> ByteLevel {
    ByteLevel::default().add_prefix_space(false).use_regex(true)
}

fn library(texts: &[String], vocab: usize) -> Tokenizer {
    let mut tokenizer = Tokenizer::new(BPE::default());
    tokenizer.with_pre_tokenizer(Some(byte_level()));
    let trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(vocab)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect());
    let mut trainer = TrainerWrapper::BpeTrainer(trainer.build());
    tokenizer.train(&mut trainer, texts.iter()).unwrap();
    tokenizer
}

/// A token as the library writes it: a byte without a visible character of its own in Latin-1 is
/// written as one from U+0100 on, in the order of the bytes.
fn written(token: &[u8]) -> String {
    let visible = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..);
    let place = |byte: u8| (0..byte).filter(|&other| !visible(other)).count() as u32;
    let character = |&byte: &u8| {
        if visible(byte) { char::from(byte) } else { char::from_u32(256 + place(byte)).unwrap() }
    };
    token.iter().map(character).collect()
}

fn library_pieces(text: &str) -> Vec<String> {
    let mut text = PreTokenizedString::from(text);
    byte_level().pre_tokenize(&mut text).unwrap();
    let pieces = text.get_splits(OffsetReferential::Original, OffsetType::Byte);
    pieces.into_iter().map(|(piece, _, _)| piece.to_string()).collect()
}

fn our_pieces(text: &str) -> Vec<String> {
    pieces(text.as_bytes()).into_iter().map(written).collect()
}

fn library_ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.encode_fast(text, false).unwrap().get_ids().to_vec()
}

/// Both halves of each merge, as the library writes them.
fn library_merges(tokenizer: &Tokenizer) -> Vec<[String; 2]> {
    let model = serde_json::to_value(tokenizer.get_model()).unwrap();
    serde_json::from_value(model["merges"].clone()).unwrap()
}

fn our_merges(bpe: &Bpe) -> Vec<[String; 2]> {
    bpe.merges().iter().map(|&(a, b)| [a, b].map(|id| written(bpe.token(id)))).collect()
}

fn library_wordpiece(vocabulary: &[String]) -> LibraryWordPiece {
    let ids: HashMap<&String, usize> = vocabulary.iter().zip(0..).collect();
    let model = json!({
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": ids,
    });
    serde_json::from_str(&model.to_string()).unwrap() // it wants to borrow from a text
}

#[test]
fn a_megabyte_of_text_teaches_both_the_same_merges_and_ids() {
    let (ours, theirs) = &*TRAINED;
    assert_eq!(our_merges(ours), library_merges(theirs));
    let vocab: HashMap<String, u32> =
        (0..ours.vocab() as u32).map(|id| (written(ours.token(id)), id)).collect();
    assert_eq!(vocab, theirs.get_vocab(false));
    assert_eq!(ours.vocab(), VOCAB);
}

#[test]
fn unseen_text_has_the_same_ids() {
    let (ours, theirs) = &*TRAINED;
    let (_, unseen) = docs(TEXT);
    for text in unseen.iter().step_by(5) {
        assert_eq!(ours.encode(text.as_bytes()), library_ids(theirs, text), "{text:?}");
    }
}

#[test]
fn every_character_is_cut_as_by_the_library() {
    // All up to the last letter that Unicode has, then one in a hundred of those that mean nothing
    // yet.
    let last = '\u{3347f}';
    let all = ('\0'..=last).chain((last..=char::MAX).step_by(100)).collect::<Vec<char>>();
    for characters in all.chunks(1000) {
        let text: String = characters.iter().map(|c| format!("a{c}0{c}!{c} ")).collect();
        if our_pieces(&text) != library_pieces(&text) {
            let odd = characters.iter().find(|c| {
                let text = format!("a{c}0{c}!{c} ");
                our_pieces(&text) != library_pieces(&text)
            });
            panic!("cut otherwise: {odd:?}");
        }
    }
}

#[test]
fn counting_everything_anew_teaches_the_same_on_real_text() {
    let (texts, _) = docs(20_000);
    let borrowed: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    assert_eq!(Bpe::train(&texts, 400).merges(), naive::train(&borrowed, 400).merges());
}

/// Texts made of what the cut looks at: letters and marks, digits, blanks of several kinds,
/// apostrophes, endings.
fn tricky() -> impl Strategy<Value = String> {
    let parts = [
        "a",
        "the",
        "I",
        "é",
        "e\u{301}",
        "λόγος",
        "हि",
        "中文",
        "1",
        "42",
        "²",
        "Ⅳ",
        "٣",
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\u{a0}",
        "\u{3000}",
        "\u{200b}",
        "'",
        "'s",
        "'re",
        "'LL",
        "n't",
        "’s",
        "_",
        "-",
        "...",
        "🦀",
        "\0",
    ];
    proptest::collection::vec(prop::sample::select(parts.to_vec()), 0..20)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_cut_as_by_the_library(text in any::<String>()) {
        prop_assert_eq!(our_pieces(&text), library_pieces(&text));
    }

    #[test]
    fn tricky_text_is_cut_as_by_the_library(text in tricky()) {
        prop_assert_eq!(our_pieces(&text), library_pieces(&text));
    }

    #[test]
    fn any_text_teaches_both_the_same_merges(texts in proptest::collection::vec("[aabc ]{0,30}|[a-e é\u{301}]{0,40}", 0..6)) {
        let vocab = BYTES + 30;
        prop_assert_eq!(our_merges(&Bpe::train(&texts, vocab)), library_merges(&library(&texts, vocab)));
    }

    #[test]
    fn any_text_has_the_same_ids(text in any::<String>()) {
        let (ours, theirs) = &*TRAINED;
        prop_assert_eq!(ours.encode(text.as_bytes()), library_ids(theirs, &text));
    }

    #[test]
    fn tricky_text_has_the_same_ids(text in tricky()) {
        let (ours, theirs) = &*TRAINED;
        prop_assert_eq!(ours.encode(text.as_bytes()), library_ids(theirs, &text));
    }

    #[test]
    fn runs_of_few_letters_have_the_same_ids(text in "[aeinrst]{0,200}") {
        let (ours, theirs) = &*TRAINED;
        prop_assert_eq!(ours.encode(text.as_bytes()), library_ids(theirs, &text));
    }

    #[test]
    fn any_vocabulary_is_matched_as_by_the_library(
        tokens in proptest::collection::btree_set("(##)?[abé#]{1,4}", 0..40),
        words in proptest::collection::vec("[abé#]{0,12}|a{95,105}", 20),
    ) {
        let vocabulary: Vec<String> = std::iter::once("[UNK]".to_string()).chain(tokens).collect();
        let theirs = library_wordpiece(&vocabulary);
        let ours = WordPiece::new(vocabulary);
        for word in words {
            let expected: Vec<u32> = theirs.tokenize(&word).unwrap().iter().map(|token| token.id).collect();
            prop_assert_eq!(ours.encode(&word), expected, "{}", word);
        }
    }
}

//! Texts: every one has an answer, in bounded time.
use proptest::prelude::*;
use tokens::{LARGEST_TEXT, Tokenizer, TokensError};

use crate::{bert, open};

fn tokenizer() -> Tokenizer {
    open(&bert()).unwrap()
}

#[test]
fn an_empty_text_is_its_frame() {
    for text in ["", " ", " \t\n\u{a0}\u{3000} "] {
        let encoding = tokenizer().encode(text, 10).unwrap();
        assert_eq!(encoding.ids, [2, 3], "{text:?}");
        assert_eq!(encoding.offsets, [(0, 0), (0, 0)]);
        assert!(!encoding.truncated);
    }
}

#[test]
fn a_text_longer_than_the_limit_keeps_both_ends_of_its_frame() {
    let text = "cat ".repeat(50);
    let encoding = tokenizer().encode(&text, 5).unwrap();
    assert_eq!(encoding.tokens, ["[CLS]", "cat", "cat", "cat", "[SEP]"]);
    assert!(encoding.truncated);
    let exact = tokenizer().encode("cat cat cat", 5).unwrap();
    assert!(!exact.truncated);
    assert_eq!(exact.ids, encoding.ids);
    let nothing_but_the_frame = tokenizer().encode("cat", 2).unwrap();
    assert_eq!(nothing_but_the_frame.ids, [2, 3]);
    assert!(nothing_but_the_frame.truncated);
}

#[test]
fn a_limit_without_room_for_the_frame_is_an_error() {
    let error = tokenizer().encode("cat", 1).unwrap_err();
    assert!(matches!(error, TokensError::LimitTooSmall { limit: 1, needed: 2, .. }));
    assert!(
        tokenizer().encode_pair("cat", "dog", 2).unwrap_err().to_string().contains("at least 3")
    );
}

#[test]
fn a_pair_gets_segments_and_the_longer_text_gives_way() {
    let pair = tokenizer().encode_pair("cat", "dogs", 20).unwrap();
    assert_eq!(pair.tokens.join(" "), "[CLS] cat [SEP] dog ##s [SEP]");
    assert_eq!(pair.segments, [0, 0, 0, 1, 1, 1]);
    let shortened = tokenizer().encode_pair("cat", "dog dog dog dog dog", 6).unwrap();
    assert_eq!(shortened.tokens.join(" "), "[CLS] cat [SEP] dog dog [SEP]");
    assert!(shortened.truncated);
    let both = tokenizer().encode_pair("cat cat cat cat", "dog dog dog dog", 8).unwrap();
    assert_eq!(both.tokens.join(" "), "[CLS] cat cat [SEP] dog dog dog [SEP]", "as the library");
}

#[test]
fn offsets_point_into_the_text() {
    let text = "Dogs  é .";
    let encoding = tokenizer().encode(text, 20).unwrap();
    let pieces: Vec<&str> =
        encoding.offsets.iter().map(|&(start, end)| &text[start..end]).collect();
    assert_eq!(pieces, ["", "Dog", "s", "é", ".", ""]);
}

#[test]
fn a_literal_mask_is_the_mask() {
    let encoding = tokenizer().encode("the [MASK] cat", 20).unwrap();
    assert_eq!(encoding.ids, [2, 1, 4, 5, 3]);
}

#[test]
fn texts_of_every_script_have_an_answer() {
    for text in [
        "a\0b",
        "e\u{301}\u{302}\u{303}".repeat(100).as_str(),
        "👩‍👩‍👧‍👦 👍🏽",
        "שלום עולם \u{202e}abc",
        "你好世界",
        "\u{feff}cat",
        "\u{1f468}\u{200d}",
        "\u{fffd}\u{10ffff}",
    ] {
        let encoding = tokenizer().encode(text, 30).unwrap();
        assert!(encoding.ids.starts_with(&[2]) && encoding.ids.ends_with(&[3]), "{text:?}");
        assert!(encoding.ids.len() <= 30);
    }
}

#[test]
fn a_megabyte_without_a_space_is_one_unknown_word() {
    let encoding = tokenizer().encode(&"x".repeat(1 << 20), 256).unwrap();
    assert_eq!(encoding.ids, [2, 1, 3]);
}

#[test]
fn a_megabyte_of_words_is_cut_at_the_limit() {
    let encoding = tokenizer().encode(&"cats ".repeat(200_000), 256).unwrap();
    assert_eq!((encoding.ids.len(), encoding.truncated), (256, true));
}

#[test]
fn of_a_text_far_longer_than_the_limit_only_the_beginning_is_read() {
    let part = "cats  un unknown. [MASK] 😀 ";
    let text = part.repeat(LARGEST_TEXT / 10);
    assert!(text.len() > 2 * LARGEST_TEXT);
    let start = std::time::Instant::now();
    let encoding = tokenizer().encode(&text, 256).unwrap();
    assert!(start.elapsed().as_secs() < 5, "took {:?}", start.elapsed());
    assert_eq!(encoding, tokenizer().encode(&part.repeat(100), 256).unwrap());
    assert!(encoding.truncated);
    let unframed = tokenizer().encode_unframed(&text, 254).unwrap();
    assert_eq!(unframed.ids, encoding.ids[1..255]);
}

#[test]
fn a_text_that_is_read_whole_and_is_beyond_the_bound_is_named_by_its_beginning() {
    let spaces = "cat".to_string() + &" ".repeat(LARGEST_TEXT);
    let error = tokenizer().encode(&spaces, 256).unwrap_err();
    assert!(matches!(error, TokensError::TextTooLong { .. }));
    let line = error.to_string();
    for part in ["\"cat  ", "at most 4194304 bytes", "4194307", "split it"] {
        assert!(line.contains(part) && line.len() < 300, "{line}");
    }
    let words = "cat ".repeat(LARGEST_TEXT / 4 + 1);
    assert!(tokenizer().encode(&words, usize::MAX).is_err());
    assert!(tokenizer().encode_whole(&words).is_err());
}

#[test]
fn a_text_that_is_cut_at_its_beginning_is_read_whole() {
    let mut json = bert();
    json["truncation"]["direction"] = "Left".into();
    let tokenizer = open(&json).unwrap();
    let text = "dog ".repeat(50_000) + "cat";
    let encoding = tokenizer.encode(&text, 4).unwrap();
    assert_eq!(encoding.tokens, ["[CLS]", "dog", "cat", "[SEP]"]);
}

#[test]
fn a_batch_is_its_texts_one_by_one() {
    let texts = ["cat", "", "dogs dogs dogs"];
    let batch = tokenizer().encode_batch(&texts, 5).unwrap();
    let single: Vec<_> = texts.iter().map(|text| tokenizer().encode(text, 5).unwrap()).collect();
    assert_eq!(batch, single);
}

#[test]
fn a_word_list_becomes_a_tokenizer() {
    let tokenizer = Tokenizer::word_level(&["The", "cat", "the", "sleeps", "."]).unwrap();
    assert_eq!(tokenizer.vocab_size(), 9);
    assert_eq!(
        [tokenizer.pad_id().unwrap(), tokenizer.unk_id().unwrap(), tokenizer.cls_id().unwrap()],
        [0, 1, 2]
    );
    assert_eq!([tokenizer.sep_id().unwrap(), tokenizer.mask_id().unwrap()], [3, 4]);
    let encoding = tokenizer.encode("THE cat [MASK] runs.", 20).unwrap();
    assert_eq!(encoding.ids, [2, 5, 6, 4, 1, 8, 3]);
    assert_eq!(tokenizer.decode(&encoding.ids).unwrap(), "the cat.");
    assert_eq!(tokenizer.encode_pair("cat", "the", 9).unwrap().segments, [0, 0, 0, 1, 1]);
    assert_eq!(tokenizer.token(7).as_deref(), Some("sleeps"));
}

#[test]
fn a_word_list_of_what_is_no_word_is_refused() {
    for word in ["two words", "don't", "", " "] {
        let error = Tokenizer::word_level(&[word]).unwrap_err();
        assert!(matches!(error, TokensError::NotAWord { .. }), "{word:?}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_stays_within_any_limit(text in any::<String>(), limit in 2_usize..40) {
        let encoding = tokenizer().encode(&text, limit).unwrap();
        let count = encoding.ids.len();
        prop_assert!(count <= limit);
        prop_assert!(encoding.ids[0] == 2 && encoding.ids[count - 1] == 3);
        prop_assert_eq!(
            [encoding.segments.len(), encoding.tokens.len(), encoding.offsets.len()],
            [count; 3]
        );
        prop_assert!(encoding.offsets.iter().all(|&(start, end)| text.get(start..end).is_some()));
    }

    #[test]
    fn any_pair_stays_within_any_limit(first in any::<String>(), second in any::<String>(), limit in 3_usize..40) {
        let encoding = tokenizer().encode_pair(&first, &second, limit).unwrap();
        prop_assert!(encoding.ids.len() <= limit);
        prop_assert!(encoding.truncated || tokenizer().encode_pair(&first, &second, 4096).unwrap() == encoding);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn the_rest_of_a_long_text_changes_no_token_that_is_kept(
        words in prop::collection::vec("[a-z .]{0,12}|cats|\\[MASK\\]|é|  ", 1..40), limit in 2_usize..900,
    ) {
        let text = words.join(" ").repeat(70_000 / words.join(" ").len().max(1) + 1);
        let whole = tokenizer().encode(&text, usize::MAX).unwrap();
        let short = tokenizer().encode(&text, limit).unwrap();
        prop_assert_eq!(&short.ids[..short.ids.len() - 1], &whole.ids[..short.ids.len() - 1]);
        prop_assert_eq!(short.truncated, whole.ids.len() > limit);
    }
}

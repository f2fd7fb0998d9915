//! The chapter's own small numbers.

use subwords::demo::PAPER;
use subwords::{BYTES, Bpe, WordPiece, pieces};

/// The ID of a visible ASCII character: they come first, and `!` (33) is the first of them.
fn id(c: char) -> u32 {
    c as u32 - 33
}

#[test]
fn four_merges_of_seven_words() {
    // r a: 3 + 2 + 1 + 1 = 7    a i: 6    i n: 6    t r: 3    a n: 1    n s: 1      r + a becomes
    // 256 ra i: 6    i n: 6    t ra: 3    ra n: 1    n s: 1                            i + n
    // becomes 257: of two pairs
    //                                           with 6 the lower IDs, and i is 72, a byte; ra is
    //                                           256
    // ra in: 6    t ra: 3    ra n: 1    in s: 1                                    ra + in becomes
    // 258 t rain: 3    rain s: 1    ra n: 1                                            t + rain
    // becomes 259
    let bpe = Bpe::train(PAPER, BYTES + 4);
    assert_eq!(bpe.merges(), [(id('r'), id('a')), (id('i'), id('n')), (256, 257), (id('t'), 258)]);
    let made: Vec<&[u8]> = (256..260).map(|id| bpe.token(id)).collect();
    assert_eq!(made, ["ra", "in", "rain", "train"].map(str::as_bytes));
}

#[test]
fn each_merge_takes_away_as_many_tokens_as_the_pair_had_places() {
    // 3 * 4 + 2 * 5 + 6 + 3 = 31 bytes, then 31 - 7 = 24, 24 - 6 = 18, 18 - 6 = 12, 12 - 3 = 9.
    let left = |merges: usize| -> usize {
        let bpe = Bpe::train(PAPER, BYTES + merges);
        PAPER.iter().map(|word| bpe.encode(word.as_bytes()).len()).sum()
    };
    assert_eq!([0, 1, 2, 3, 4].map(left), [31, 24, 18, 12, 9]);
}

#[test]
fn words_never_seen_are_made_of_known_parts() {
    let bpe = Bpe::train(PAPER, BYTES + 4);
    assert_eq!(bpe.encode(b"strain"), [id('s'), 259], "s train");
    assert_eq!(bpe.encode(b"drains"), [id('d'), 258, id('s')], "d rain s");
    assert_eq!(bpe.encode(b"tin"), [id('t'), 257], "t in");
    assert_eq!(bpe.decode(&[id('s'), 259]), b"strain");
}

#[test]
fn training_ends_when_no_two_tokens_are_neighbours() {
    // After those four, train s and ra n are left, once each. ra is the lower ID: 260 is ran and
    // 261 trains, and then every word is one token.
    let bpe = Bpe::train(PAPER, 1000);
    assert_eq!(bpe.vocab(), BYTES + 6);
    assert_eq!((bpe.token(260), bpe.token(261)), ("ran".as_bytes(), "trains".as_bytes()));
}

#[test]
fn what_was_learnt_first_is_merged_first_where_wordpiece_takes_the_longest_start() {
    // b c: 3, then a b: 2.
    let bpe = Bpe::train(["bc", "bc", "bc", "ab", "ab"], BYTES + 2);
    assert_eq!([bpe.token(256), bpe.token(257)], ["bc", "ab"].map(str::as_bytes));
    assert_eq!(bpe.encode(b"abc"), [id('a'), 256], "a bc");
    let wordpiece = WordPiece::new(["[UNK]", "a", "ab", "##bc", "##c"]);
    assert_eq!(split(&wordpiece, "abc"), "ab ##c");
}

#[test]
fn of_three_equal_letters_the_left_two_are_merged() {
    let bpe = Bpe::train(["aaa"], BYTES + 1);
    assert_eq!(bpe.encode(b"aaa"), [256, id('a')]);
    assert_eq!(bpe.encode(b"aaaa"), [256, 256]);
}

#[test]
fn a_text_is_cut_before_words_and_a_word_keeps_its_space() {
    let cut = |text: &'static str| -> Vec<&str> {
        pieces(text.as_bytes()).map(|piece| std::str::from_utf8(piece).unwrap()).collect()
    };
    assert_eq!(cut("I don't know 42 cats!?"), ["I", " don", "'t", " know", " 42", " cats", "!?"]);
    assert_eq!(cut("a  b"), ["a", " ", " b"], "the last of two spaces goes with the word");
    assert_eq!(cut("a \n b \n"), ["a", " \n", " b", " \n"]);
    assert_eq!(
        cut("a\nb\n\nc"),
        ["a", "\n", "b", "\n", "\n", "c"],
        "only a space goes with a word"
    );
    assert_eq!(
        cut("'sure' 's"),
        ["'s", "ure", "'", " '", "s"],
        "an ending is not looked for after a space"
    );
    assert_eq!(cut("x²+Ⅳ"), ["x", "²", "+", "Ⅳ"]);
}

#[test]
fn what_is_no_utf8_is_cut_into_bytes() {
    // e2 82 opens the euro sign, whose last byte is missing
    let bytes = [b'a', b'b', 0xff, 0xe2, 0x82, b' ', b'c'];
    let cut: Vec<&[u8]> = pieces(&bytes).collect();
    assert_eq!(cut, [&b"ab"[..], &[0xff], &[0xe2], &[0x82], b" c"]);
}

fn split(wordpiece: &WordPiece, word: &str) -> String {
    wordpiece.encode(word).iter().map(|&id| wordpiece.token(id)).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_longest_match_comes_first() {
    let wordpiece = WordPiece::new(["[UNK]", "t", "train", "rain", "##s", "##er", "##e", "##ers"]);
    assert_eq!(wordpiece.encode("trains"), [2, 4]);
    assert_eq!(split(&wordpiece, "trainers"), "train ##ers");
    assert_eq!(split(&wordpiece, "rain"), "rain");
    assert_eq!(split(&wordpiece, "strain"), "[UNK]", "##s only continues a word");
    assert_eq!(split(&wordpiece, ""), "");
}

#[test]
fn greed_can_miss_a_split_that_exists() {
    let wordpiece = WordPiece::new(["[UNK]", "tr", "tra", "##ain"]);
    assert_eq!(
        split(&wordpiece, "train"),
        "[UNK]",
        "tra leaves ##in; tr and ##ain would have done"
    );
}

#[test]
fn the_mark_alone_continues_nothing() {
    let wordpiece = WordPiece::new(["[UNK]", "a", "#", "##"]);
    assert_eq!(split(&wordpiece, "ab"), "[UNK]");
    assert_eq!(split(&wordpiece, "#"), "#");
}

#[test]
fn a_word_of_more_than_a_hundred_characters_is_unknown() {
    let wordpiece = WordPiece::new(["[UNK]", "é", "##é"]);
    assert_eq!(wordpiece.encode(&"é".repeat(100)).len(), 100);
    assert_eq!(wordpiece.encode(&"é".repeat(101)), [0]);
}

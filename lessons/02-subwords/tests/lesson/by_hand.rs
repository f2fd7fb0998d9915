//! The chapter's own small numbers.

use subwords::demo::PAPER;
use subwords::{BYTES, Bpe, TokenPair, WordPiece, naive, pieces, replace};

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
fn the_bytes_without_a_visible_character_come_after_the_188_with_one() {
    let bpe = Bpe::train(PAPER, BYTES);
    assert_eq!(bpe.encode(b"!~"), [0, u32::from(b'~' - b'!')]);
    // 0 is the first without one, and up to the space there is no other kind. GPT-2's IDs of the
    // space and of the line end are these.
    assert_eq!(bpe.encode(b"\0\n "), [188, 188 + 10, 188 + 32]);
    assert_eq!(bpe.encode(&[0xff]), [187], "the last byte with one");
}

/// Words as one token for each byte, for words of visible ASCII characters.
fn spelt(words: &[&str]) -> Vec<Vec<u32>> {
    words.iter().map(|word| word.chars().map(id).collect()).collect()
}

/// Holds the first pair of a training to the one expected, counted anew and counted fast.
fn assert_first_pair(words: &[&str], expected: TokenPair) {
    assert_eq!(naive::most_frequent(&spelt(words)), Some(expected), "counted anew");
    assert_eq!(Bpe::train(words, BYTES + 1).merges(), [expected], "counted fast");
}

#[test]
fn of_two_pairs_that_come_as_often_the_one_of_lower_ids_wins() {
    // The seven words after r + a became 256: ra i and i n come 6 times each, and i is 72.
    let mut words = spelt(&PAPER);
    for word in &mut words {
        replace(word, (id('r'), id('a')), 256);
    }
    assert_eq!(naive::most_frequent(&words), Some((72, 77)));
}

#[test]
fn a_word_counts_as_often_as_it_comes() {
    // a b comes five times, all in one word; c d stands in three different words.
    assert_first_pair(&["ab", "ab", "ab", "ab", "ab", "cd", "cde", "cdf"], (64, 65));
}

#[test]
fn no_pair_is_counted_across_the_border_of_two_words() {
    // Every pair comes once, and b v has the lowest IDs. Across the borders a b would come three
    // times.
    assert_first_pair(&["xa", "by", "za", "bw", "qa", "bv"], (65, 85));
    // The same inside one text, where a piece ends at a line's end.
    assert_eq!(Bpe::train(["xa\nby\nza\nbw\nqa\nbv"], BYTES + 1).merges(), [(65, 85)]);
}

#[test]
fn words_of_one_token_hold_no_pair() {
    assert_eq!(naive::most_frequent(&spelt(&["a", "b", "a"])), None);
    assert_eq!(naive::most_frequent(&[]), None);
    assert_eq!(Bpe::train(["a", "b", "a"], 1000).vocab(), BYTES);
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
fn every_place_of_a_pair_is_merged_and_the_earliest_merge_goes_first() {
    let bpe = Bpe::train(PAPER, BYTES + 4);
    assert_eq!(bpe.encode(b"rainrain"), [258, 258], "both places, and not one merge alone");
    let bpe = Bpe::train(["bc", "bc", "bc", "ab", "ab"], BYTES + 2);
    assert_eq!(bpe.encode(b"abc"), [64, 256], "bc was learned before ab");
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
fn what_was_learned_first_is_merged_first_where_wordpiece_takes_the_longest_start() {
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
fn a_pair_is_replaced_from_the_left_everywhere_and_leaves_the_rest() {
    let (a, b, x) = (1, 2, 9);
    for (before, after) in [
        (vec![a, a, a, b, a, a], vec![x, a, b, x]),
        (vec![a, b], vec![a, b]),
        (vec![b, a, a], vec![b, x]),
        (vec![], vec![]),
    ] {
        let mut tokens = before;
        replace(&mut tokens, (a, a), x);
        assert_eq!(tokens, after);
    }
}

#[test]
fn a_text_is_cut_before_words_and_a_word_keeps_its_space() {
    let cut = |text: &'static str| -> Vec<&str> {
        pieces(text.as_bytes())
            .into_iter()
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect()
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
    assert_eq!(pieces(&bytes), [&b"ab"[..], &[0xff], &[0xe2], &[0x82], b" c"]);
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
    assert_eq!(wordpiece.encode("trainers"), [2, 7]);
    assert_eq!(split(&wordpiece, "strain"), "[UNK]", "##s only continues a word");
    assert_eq!(split(&wordpiece, "trainx"), "[UNK]", "half a word known is a word unknown");
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
fn a_word_is_split_between_characters_and_not_between_bytes() {
    let wordpiece = WordPiece::new(["[UNK]", "é", "##é"]);
    assert_eq!(wordpiece.encode("éé"), [1, 2]);
    assert_eq!(wordpiece.encode("éa"), [0]);
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

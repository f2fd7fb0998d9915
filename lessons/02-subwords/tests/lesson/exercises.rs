//! What a learner writes here, checked: `cargo learn open 02.1`.
//!
//! Vocabularies are trained inside the probes, on words small enough to be counted by hand.

use std::collections::HashMap;

use exercise::{Exercise, Probe, mistakes, refused};
use rand::RngExt;
use rand::rngs::StdRng;
use subwords::demo::PAPER;
use subwords::naive::most_frequent;
use subwords::{BYTES, Bpe, TokenPair, WordPiece, replace};

#[path = "mistakes/02.1.rs"]
mod mistakes_02_1;
#[path = "mistakes/02.2.rs"]
mod mistakes_02_2;
#[path = "mistakes/02.3.rs"]
mod mistakes_02_3;
#[path = "mistakes/02.4.rs"]
mod mistakes_02_4;
#[path = "mistakes/02.5.rs"]
mod mistakes_02_5;
#[path = "mistakes/02.6.rs"]
mod mistakes_02_6;

/// What the chapter's seven words teach: ra, in, rain, train, ran, trains.
const MERGES: [TokenPair; 6] = [(81, 64), (72, 77), (256, 257), (83, 258), (256, 77), (259, 82)];
/// The tokens of a small WordPiece vocabulary, by ID.
const TOKENS: [&str; 9] = ["[UNK]", "t", "train", "rain", "##s", "##er", "##e", "##ers", "ra"];
/// Its tra hides that tr and ##ain would spell "train".
const GREEDY: [&str; 4] = ["[UNK]", "tr", "tra", "##ain"];
/// Characters of two bytes.
const ACCENTS: [&str; 4] = ["[UNK]", "é", "##é", "##éa"];

type MostFrequent = fn(&[Vec<u32>]) -> Option<TokenPair>;
type Replace = fn(&mut Vec<u32>, TokenPair, u32);
type LearnedFirst = fn(&Bpe, &[u32]) -> Option<(TokenPair, u32)>;
type Decode = fn(&Bpe, &[u32]) -> Vec<u8>;
type LongestMatches = fn(&WordPiece, &str) -> Option<Vec<u32>>;
type LongestMatch = fn(&WordPiece, &str, usize) -> Option<(u32, usize)>;

#[test]
fn exercise_02_1() {
    most_frequent_02_1().check();
}

#[test]
fn exercise_02_2() {
    replace_02_2().check();
}

#[test]
fn exercise_02_3() {
    learned_first_02_3().check();
}

#[test]
fn exercise_02_4() {
    decode_02_4().check();
}

#[test]
fn exercise_02_5() {
    longest_matches_02_5().check();
}

#[test]
fn exercise_02_6() {
    longest_match_02_6().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    most_frequent_02_1().tell_mistakes_apart();
    replace_02_2().tell_mistakes_apart();
    learned_first_02_3().tell_mistakes_apart();
    decode_02_4().tell_mistakes_apart();
    longest_matches_02_5().tell_mistakes_apart();
    longest_match_02_6().tell_mistakes_apart();
}

fn most_frequent_02_1() -> Exercise<MostFrequent> {
    let exercise = Exercise::new("02.1", "most_frequent", most_frequent as MostFrequent)
        .probe(
            "r + a is 256 already: [256 72 77] three times, [83 256 72 77] twice,\n[83 256 72 77 \
             82] and [256 77] once: two pairs come six times",
            |most_frequent: MostFrequent| {
                let (rain, train) = (vec![256, 72, 77], vec![83, 256, 72, 77]);
                let trains = vec![83, 256, 72, 77, 82];
                let mut words = vec![rain; 3];
                words.extend([train.clone(), train, trains, vec![256, 77]]);
                most_frequent(&words)
            },
            (72, 77),
        )
        .probe(
            "words: ab five times, cd, cde, cdf (a is 64, b is 65, ..)",
            counted(&["ab", "ab", "ab", "ab", "ab", "cd", "cde", "cdf"]),
            (64, 65),
        )
        .probe(
            "words: xa by za bw qa bv (a is 64, .., z is 89)",
            counted(&["xa", "by", "za", "bw", "qa", "bv"]),
            (65, 85),
        )
        .probe(
            "words: hdhdhd gc gc (c is 66, .., h is 71)",
            counted(&["hdhdhd", "gc", "gc"]),
            (71, 67),
        )
        .probe(
            "words: bbb cd cd: b b has two places, which overlap (b is 65)",
            counted(&["bbb", "cd", "cd"]),
            (65, 65),
        )
        .probe("words: a b a, one token each", counted(&["a", "b", "a"]), "None")
        .random(random_most_frequent);
    mistakes!(
        exercise,
        mistakes_02_1: of_equal_counts_the_higher_ids,
        of_equal_counts_the_one_that_is_met_first,
        each_different_word_counted_once,
        counted_across_the_border_of_two_words,
        the_rarest_and_not_the_most_frequent,
        counted_once_in_each_word_that_holds_it,
        a_pair_and_its_reverse_counted_together,
        places_that_overlap_counted_once,
        unwrapped_where_there_is_no_pair,
    )
}

/// Asks which pair comes most often in words of visible ASCII characters.
fn counted(words: &[&str]) -> impl Fn(MostFrequent) -> Option<TokenPair> + Send + Sync + use<> {
    let words: Vec<Vec<u32>> = words.iter().map(|word| spelt(word)).collect();
    move |most_frequent| most_frequent(&words)
}

/// One token for each character of a word: `!` (33) has ID 0.
fn spelt(word: &str) -> Vec<u32> {
    word.bytes().map(|byte| u32::from(byte) - 33).collect()
}

/// Up to seven words of up to six tokens, of which there are four: ties abound.
fn random_most_frequent(rng: &mut StdRng) -> Probe<MostFrequent> {
    let mut words: Vec<Vec<u32>> = Vec::new();
    for _ in 0..rng.random_range(1..8) {
        let length = rng.random_range(0..7);
        words.push((0..length).map(|_| rng.random_range(300..304)).collect());
    }
    let mut counts: HashMap<TokenPair, usize> = HashMap::new();
    for word in &words {
        for at in 1..word.len() {
            *counts.entry((word[at - 1], word[at])).or_default() += 1;
        }
    }
    let most = counts.values().max().copied();
    let winners = counts.iter().filter(|&(_, &count)| Some(count) == most);
    let expected = winners.map(|(&pair, _)| pair).min();
    let given = format!("words = {words:?}");
    Probe::new(given, move |most_frequent: MostFrequent| most_frequent(&words), expected)
}

fn replace_02_2() -> Exercise<Replace> {
    let exercise = Exercise::new("02.2", "replace", replace as Replace)
        .probe(
            "tokens = [1, 1, 1, 2, 1, 1], pair = (1, 1), token = 9",
            |replace: Replace| replaced(replace, &[1, 1, 1, 2, 1, 1], (1, 1), 9),
            [9, 1, 2, 9],
        )
        .probe(
            "tokens = [1, 2, 1, 2, 2, 1], pair = (2, 1), token = 9",
            |replace: Replace| replaced(replace, &[1, 2, 1, 2, 2, 1], (2, 1), 9),
            [1, 9, 2, 9],
        )
        .probe(
            "tokens = [1, 1, 1, 1], pair = (1, 1), token = 9",
            |replace: Replace| replaced(replace, &[1, 1, 1, 1], (1, 1), 9),
            [9, 9],
        )
        .probe(
            "tokens = [1, 2], pair = (1, 1), token = 9: it is not there",
            |replace: Replace| replaced(replace, &[1, 2], (1, 1), 9),
            [1, 2],
        )
        .probe(
            "no tokens, pair = (1, 1), token = 9",
            |replace: Replace| replaced(replace, &[], (1, 1), 9),
            Vec::<u32>::new(),
        )
        .random(random_replace);
    mistakes!(
        exercise,
        mistakes_02_2: from_the_right,
        the_second_token_of_a_place_visited_again,
        the_first_place_only,
        the_end_not_cut_off,
        a_last_token_that_stands_alone_lost,
        the_pair_replaced_in_reverse_order_too,
        the_token_after_a_place_not_looked_at,
    )
}

/// What is left of `tokens`.
fn replaced(replace: Replace, tokens: &[u32], pair: TokenPair, token: u32) -> Vec<u32> {
    let mut tokens = tokens.to_vec();
    replace(&mut tokens, pair, token);
    tokens
}

/// Up to twelve tokens of two kinds, written anew one by one.
fn random_replace(rng: &mut StdRng) -> Probe<Replace> {
    let length = rng.random_range(0..13);
    let tokens: Vec<u32> = (0..length).map(|_| rng.random_range(1..3)).collect();
    let pair = (rng.random_range(1..3), rng.random_range(1..3));
    let mut expected = Vec::new();
    let mut rest = &tokens[..];
    while let [first, more @ ..] = rest {
        if more.first() == Some(&pair.1) && *first == pair.0 {
            expected.push(9);
            rest = &more[1..];
        } else {
            expected.push(*first);
            rest = more;
        }
    }
    let given = format!("tokens = {tokens:?}, pair = {pair:?}, token = 9");
    Probe::new(given, move |replace: Replace| replaced(replace, &tokens, pair, 9), expected)
}

fn learned_first_02_3() -> Exercise<LearnedFirst> {
    let exercise = Exercise::new("02.3", "Bpe::learned_first", Bpe::learned_first as LearnedFirst)
        .probe(
            "learned: b c as 256, then a b as 257 (a is 64, ..); tokens = [64, 65, 66]",
            |learned_first: LearnedFirst| {
                let bpe = Bpe::train(["bc", "bc", "bc", "ab", "ab"], BYTES + 2);
                learned_first(&bpe, &[64, 65, 66])
            },
            ((65, 66), 256),
        )
        .probe(
            given(&[83, 258, 81, 64, 82]),
            |learned_first: LearnedFirst| learned_first(&seven_words(), &[83, 258, 81, 64, 82]),
            ((81, 64), 256),
        )
        .probe(
            given(&[72, 77, 81, 64, 77]),
            |learned_first: LearnedFirst| learned_first(&seven_words(), &[72, 77, 81, 64, 77]),
            ((81, 64), 256),
        )
        .probe(
            given(&[83, 258, 256, 257, 83, 258]),
            |learned_first: LearnedFirst| {
                learned_first(&seven_words(), &[83, 258, 256, 257, 83, 258])
            },
            ((256, 257), 258),
        )
        .probe(
            given(&[256, 257, 256, 77]),
            |learned_first: LearnedFirst| learned_first(&seven_words(), &[256, 257, 256, 77]),
            ((256, 257), 258),
        )
        .probe(
            given(&[256, 77, 256, 257]),
            |learned_first: LearnedFirst| learned_first(&seven_words(), &[256, 77, 256, 257]),
            ((256, 257), 258),
        )
        .probe(
            given(&[81, 83, 64]),
            |learned_first: LearnedFirst| learned_first(&seven_words(), &[81, 83, 64]),
            "None",
        )
        .probe(given(&[]), |learned_first: LearnedFirst| learned_first(&seven_words(), &[]), "None")
        .random(random_learned_first);
    mistakes!(
        exercise,
        mistakes_02_3: the_first_in_reading_order,
        the_last_in_reading_order,
        the_one_learned_last,
        the_pair_of_lower_ids,
        the_one_that_makes_the_longest_token,
        the_most_frequent_in_the_piece,
        tokens_that_are_not_neighbours,
        the_rank_and_not_the_id,
    )
}

/// Up to nine tokens of the seven words, looked for in the list of merges.
fn random_learned_first(rng: &mut StdRng) -> Probe<LearnedFirst> {
    let known = [64, 72, 77, 81, 82, 83, 256, 257, 258, 259];
    let length = rng.random_range(0..10);
    let tokens: Vec<u32> = (0..length).map(|_| known[rng.random_range(0..known.len())]).collect();
    let mut expected = None;
    for (merge, id) in MERGES.iter().zip(256_u32..) {
        for at in 1..tokens.len() {
            if expected.is_none() && (tokens[at - 1], tokens[at]) == *merge {
                expected = Some((*merge, id));
            }
        }
    }
    let ask = {
        let tokens = tokens.clone();
        move |learned_first: LearnedFirst| learned_first(&seven_words(), &tokens)
    };
    Probe::new(given(&tokens), ask, expected)
}

/// What the chapter's seven words teach.
fn seven_words() -> Bpe {
    Bpe::train(PAPER, BYTES + MERGES.len())
}

fn given(tokens: &[u32]) -> String {
    let mut merges = Vec::new();
    for ((a, b), id) in MERGES.iter().zip(256..) {
        merges.push(format!("{a} {b} as {id}"));
    }
    format!("learned: {}\ntokens = {tokens:?}", merges.join(", "))
}

fn decode_02_4() -> Exercise<Decode> {
    let exercise = Exercise::new("02.4", "Bpe::decode", Bpe::decode as Decode)
        .probe(
            "ids = [82, 259], the vocabulary of the seven words",
            |decode: Decode| decoded(decode, &[82, 259]),
            "strain",
        )
        .probe(
            "ids = [256, 77, 220, 257]: 220 is the space",
            |decode: Decode| decoded(decode, &[256, 77, 220, 257]),
            "ran in",
        )
        .probe(
            "ids = [138, 119], the two bytes of a λ",
            |decode: Decode| decoded(decode, &[138, 119]),
            r"\xce\xbb",
        )
        .probe(
            "ids = [138], the first byte of a λ",
            |decode: Decode| decoded(decode, &[138]),
            r"\xce",
        )
        .probe("no ids", |decode: Decode| decoded(decode, &[]), "")
        .probe(
            "ids = [82, 262] in a vocabulary of 262: is it refused?",
            |decode: Decode| refused(|| decoded(decode, &[82, 262])),
            "refused",
        )
        .random(random_decode);
    mistakes!(
        exercise,
        mistakes_02_4: each_token_made_text_by_itself,
        all_of_it_made_valid_text,
        a_space_between_tokens,
        ids_below_256_taken_for_bytes,
        ids_below_256_taken_for_bytes_from_33_on,
        an_id_outside_the_vocabulary_left_out,
    )
}

/// The bytes of some IDs of the seven words' vocabulary, those that are not ASCII as `\x..`.
fn decoded(decode: Decode, ids: &[u32]) -> String {
    decode(&seven_words(), ids).escape_ascii().to_string()
}

/// Up to nine tokens whose bytes are known.
fn random_decode(rng: &mut StdRng) -> Probe<Decode> {
    let known: [(u32, &[u8]); 10] = [
        (0, b"!"),
        (64, b"a"),
        (188, b"\0"),
        (220, b" "),
        (187, b"\xff"),
        (106, b"\xae"),
        (256, b"ra"),
        (258, b"rain"),
        (260, b"ran"),
        (261, b"trains"),
    ];
    let mut ids = Vec::new();
    let mut bytes = Vec::new();
    for _ in 0..rng.random_range(1..10) {
        let (id, token) = known[rng.random_range(0..known.len())];
        ids.push(id);
        bytes.extend_from_slice(token);
    }
    let given = format!("ids = {ids:?}");
    let expected = bytes.escape_ascii().to_string();
    Probe::new(given, move |decode: Decode| decoded(decode, &ids), expected)
}

fn longest_matches_02_5() -> Exercise<LongestMatches> {
    let exercise = Exercise::new(
        "02.5",
        "WordPiece::longest_matches",
        WordPiece::longest_matches as LongestMatches,
    )
    .probe(
        format!("word = \"trainers\", tokens by ID: {}", TOKENS.join(" ")),
        |longest_matches: LongestMatches| longest_matches(&vocabulary(&TOKENS), "trainers"),
        [2, 7],
    )
    .probe(
        format!("word = \"trainx\", tokens: {}", TOKENS.join(" ")),
        |longest_matches: LongestMatches| longest_matches(&vocabulary(&TOKENS), "trainx"),
        "None",
    )
    .probe(
        format!("word = \"trainxs\", tokens: {}", TOKENS.join(" ")),
        |longest_matches: LongestMatches| longest_matches(&vocabulary(&TOKENS), "trainxs"),
        "None",
    )
    .probe(
        format!("word = \"train\", tokens: {}", GREEDY.join(" ")),
        |longest_matches: LongestMatches| longest_matches(&vocabulary(&GREEDY), "train"),
        "None",
    )
    .probe(
        format!("word = \"éé\", tokens by ID: {}", ACCENTS.join(" ")),
        |longest_matches: LongestMatches| longest_matches(&vocabulary(&ACCENTS), "éé"),
        [1, 2],
    )
    .probe(
        "a word without characters",
        |longest_matches: LongestMatches| longest_matches(&vocabulary(&TOKENS), ""),
        Vec::<u32>::new(),
    )
    .random(random_longest_matches);
    mistakes!(
        exercise,
        mistakes_02_5: half_a_word_kept_as_if_it_were_whole,
        unknown_for_the_rest_of_the_word_only,
        goes_back_and_tries_a_shorter_one,
        the_rest_read_as_a_word_of_its_own,
        a_word_without_characters_refused,
        a_character_that_fits_nowhere_stepped_over,
        only_the_first_token,
    )
}

/// A random word of a, b and é, spelled with random tokens in plain loops.
fn random_longest_matches(rng: &mut StdRng) -> Probe<LongestMatches> {
    let (tokens, word) = (random_tokens(rng), random_word(rng, 0..8));
    let characters: Vec<char> = word.chars().collect();
    let (mut expected, mut start) = (Some(Vec::new()), 0);
    while start < characters.len()
        && let Some(ids) = &mut expected
    {
        match longest_of(&tokens, &characters, start) {
            Some((id, end)) => {
                ids.push(id);
                start = end;
            }
            None => expected = None,
        }
    }
    let given = format!("word = {word:?}, tokens by ID: {}", tokens.join(" "));
    let ask = move |longest_matches: LongestMatches| {
        longest_matches(&WordPiece::new(tokens.clone()), &word)
    };
    Probe::new(given, ask, expected)
}

fn longest_match_02_6() -> Exercise<LongestMatch> {
    let exercise =
        Exercise::new("02.6", "WordPiece::longest_match", WordPiece::longest_match as LongestMatch)
            .probe(
                format!("word = \"trainers\", start = 0, tokens by ID: {}", TOKENS.join(" ")),
                |longest_match: LongestMatch| longest_match(&vocabulary(&TOKENS), "trainers", 0),
                (2, 5),
            )
            .probe(
                format!("word = \"trainers\", start = 5, tokens by ID: {}", TOKENS.join(" ")),
                |longest_match: LongestMatch| longest_match(&vocabulary(&TOKENS), "trainers", 5),
                (7, 8),
            )
            .probe(
                format!("word = \"strain\", start = 1, tokens by ID: {}", TOKENS.join(" ")),
                |longest_match: LongestMatch| longest_match(&vocabulary(&TOKENS), "strain", 1),
                "None",
            )
            .probe(
                format!("word = \"séab\", start = 1, tokens by ID: {}", ACCENTS.join(" ")),
                |longest_match: LongestMatch| longest_match(&vocabulary(&ACCENTS), "séab", 1),
                (3, 4),
            )
            .probe(
                format!("word = \"éé\", start = 0, tokens by ID: {}", ACCENTS.join(" ")),
                |longest_match: LongestMatch| longest_match(&vocabulary(&ACCENTS), "éé", 0),
                (1, 2),
            )
            .random(random_longest_match);
    mistakes!(
        exercise,
        mistakes_02_6: no_mark_for_what_continues_a_word,
        the_mark_at_the_beginning_of_a_word_too,
        the_shortest_that_fits,
        only_all_of_the_rest,
        the_length_of_the_match_and_not_its_end,
        the_end_counted_in_characters_and_not_in_bytes,
        cut_between_bytes_and_not_between_characters,
        the_last_character_left_out,
    )
}

/// A random place in a random word, and random tokens.
fn random_longest_match(rng: &mut StdRng) -> Probe<LongestMatch> {
    let (tokens, word) = (random_tokens(rng), random_word(rng, 1..8));
    let characters: Vec<char> = word.chars().collect();
    let start = rng.random_range(0..characters.len());
    let expected =
        longest_of(&tokens, &characters, start).map(|(id, end)| (id, bytes(&characters[..end])));
    let start = bytes(&characters[..start]);
    let given = format!("word = {word:?}, start = {start}, tokens by ID: {}", tokens.join(" "));
    let ask = move |longest_match: LongestMatch| {
        longest_match(&WordPiece::new(tokens.clone()), &word, start)
    };
    Probe::new(given, ask, expected)
}

/// Bytes of some characters in UTF-8.
fn bytes(characters: &[char]) -> usize {
    characters.iter().map(|character| character.len_utf8()).sum()
}

/// The ID of the longest token at a character of a word, and the character before which it ends:
/// every token is tried.
fn longest_of(tokens: &[String], characters: &[char], start: usize) -> Option<(u32, usize)> {
    let mut longest: Option<(u32, usize)> = None;
    for (id, token) in (0_u32..).zip(tokens) {
        let text = match token.strip_prefix("##") {
            Some(text) if start > 0 => text,
            None if start == 0 => token.as_str(),
            _ => continue,
        };
        let text: Vec<char> = text.chars().collect();
        let end = start + text.len();
        let is_longer = longest.is_none_or(|(_, other)| end > other);
        if characters[start..].starts_with(&text) && is_longer {
            longest = Some((id, end));
        }
    }
    longest
}

fn vocabulary(tokens: &[&str]) -> WordPiece {
    WordPiece::new(tokens.iter().copied())
}

/// `[UNK]` and up to fourteen tokens of one to three characters, no two alike.
fn random_tokens(rng: &mut StdRng) -> Vec<String> {
    let mut tokens = vec!["[UNK]".to_string()];
    for _ in 0..rng.random_range(0..15) {
        let mark = ["", "##"][rng.random_range(0..2)];
        let token = format!("{mark}{}", random_word(rng, 1..4));
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    tokens
}

/// A word of so many characters.
fn random_word(rng: &mut StdRng, lengths: std::ops::Range<usize>) -> String {
    let length = rng.random_range(lengths);
    (0..length).map(|_| ['a', 'b', 'é'][rng.random_range(0..3)]).collect()
}

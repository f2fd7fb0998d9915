//! Mistakes in `most_frequent`.

use std::collections::BTreeMap;

use subwords::TokenPair;

/// Another vocabulary from the first tie on, and every ID after it stands for something else.
pub fn of_equal_counts_the_higher_ids(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts = std::collections::HashMap::<TokenPair, u64>::new();
    for word in words {
        for pair in word.windows(2) {
            *counts.entry((pair[0], pair[1])).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|&(pair, count)| (count, pair)).map(|(pair, _)| pair)
}

/// The order of the texts decides: read them the other way round, and the vocabulary is another.
pub fn of_equal_counts_the_one_that_is_met_first(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: Vec<(TokenPair, u64)> = Vec::new();
    for word in words {
        for pair in word.windows(2) {
            let pair = (pair[0], pair[1]);
            match counts.iter_mut().find(|(known, _)| *known == pair) {
                Some((_, count)) => *count += 1,
                None => counts.push((pair, 1)),
            }
        }
    }
    let mut best = None;
    let mut most = 0;
    for (pair, count) in counts {
        if count > most {
            (best, most) = (Some(pair), count);
        }
    }
    best
}

/// A word that is said a thousand times weighs as much as a name that is said once.
pub fn each_different_word_counted_once(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut seen = std::collections::HashSet::<&Vec<u32>>::new();
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for word in words {
        if seen.insert(word) {
            for pair in word.windows(2) {
                *counts.entry((pair[0], pair[1])).or_default() += 1;
            }
        }
    }
    let mut best = None;
    let mut most = 0;
    for (pair, count) in counts {
        if count > most {
            (best, most) = (Some(pair), count);
        }
    }
    best
}

/// Tokens grow over the border of two words, which encoding never sees side by side.
pub fn counted_across_the_border_of_two_words(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for pair in words.concat().windows(2) {
        *counts.entry((pair[0], pair[1])).or_default() += 1;
    }
    let mut best = None;
    let mut most = 0;
    for (pair, count) in counts {
        if count > most {
            (best, most) = (Some(pair), count);
        }
    }
    best
}

/// Each merge then saves one token or two, and no text ever gets shorter.
pub fn the_rarest_and_not_the_most_frequent(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for word in words {
        for pair in word.windows(2) {
            *counts.entry((pair[0], pair[1])).or_default() += 1;
        }
    }
    let mut best = None;
    let mut least = u64::MAX;
    for (pair, count) in counts {
        if count < least {
            (best, least) = (Some(pair), count);
        }
    }
    best
}

/// In "banana" a n comes twice: how many words hold a pair is another question.
pub fn counted_once_in_each_word_that_holds_it(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for word in words {
        let mut pairs = std::collections::HashSet::<TokenPair>::new();
        for pair in word.windows(2) {
            pairs.insert((pair[0], pair[1]));
        }
        for pair in pairs {
            *counts.entry(pair).or_default() += 1;
        }
    }
    let mut best = None;
    let mut most = 0;
    for (pair, count) in counts {
        if count > most {
            (best, most) = (Some(pair), count);
        }
    }
    best
}

/// a b and b a are two pairs: a merge keeps the order of what it joins.
pub fn a_pair_and_its_reverse_counted_together(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for word in words {
        for pair in word.windows(2) {
            *counts.entry((pair[0].min(pair[1]), pair[0].max(pair[1]))).or_default() += 1;
        }
    }
    let mut best = None;
    let mut most = 0;
    for (pair, count) in counts {
        if count > most {
            (best, most) = (Some(pair), count);
        }
    }
    best
}

/// Training to the end always comes to words of one token: it panics instead of stopping.
pub fn unwrapped_where_there_is_no_pair(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for word in words {
        for pair in word.windows(2) {
            *counts.entry((pair[0], pair[1])).or_default() += 1;
        }
    }
    let most = *counts.values().max().expect("no pairs");
    counts.into_iter().find(|&(_, count)| count == most).map(|(pair, _)| pair)
}

/// In "bbb" b has two neighbours that are b. Which of the two can be merged is asked later.
pub fn places_that_overlap_counted_once(words: &[Vec<u32>]) -> Option<TokenPair> {
    let mut counts: BTreeMap<TokenPair, u64> = BTreeMap::new();
    for word in words {
        let mut ends = std::collections::HashMap::<TokenPair, usize>::new();
        for (at, pair) in word.windows(2).enumerate() {
            let pair = (pair[0], pair[1]);
            if ends.get(&pair).is_none_or(|&end| end <= at) {
                ends.insert(pair, at + 2);
                *counts.entry(pair).or_default() += 1;
            }
        }
    }
    let mut best = None;
    let mut most = 0;
    for (pair, count) in counts {
        if count > most {
            (best, most) = (Some(pair), count);
        }
    }
    best
}

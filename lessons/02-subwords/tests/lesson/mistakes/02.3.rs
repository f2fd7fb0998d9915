//! Mistakes in `Bpe::learned_first`.

use subwords::{BYTES, Bpe, TokenPair};

/// The text comes back all the same, and a model reads splits that it was not trained on.
pub fn the_first_in_reading_order(this: &Bpe, tokens: &[u32]) -> Option<(TokenPair, u32)> {
    for pair in tokens.windows(2) {
        let pair = (pair[0], pair[1]);
        if let Some(rank) = this.merges().iter().position(|&merge| merge == pair) {
            return Some((pair, (BYTES + rank) as u32));
        }
    }
    None
}

/// Reading order again, from the other end.
pub fn the_last_in_reading_order(this: &Bpe, tokens: &[u32]) -> Option<(TokenPair, u32)> {
    let mut last = None;
    for pair in tokens.windows(2) {
        let pair = (pair[0], pair[1]);
        if let Some(rank) = this.merges().iter().position(|&merge| merge == pair) {
            last = Some((pair, (BYTES + rank) as u32));
        }
    }
    last
}

/// The highest rank: what training did last is done first.
pub fn the_one_learned_last(this: &Bpe, tokens: &[u32]) -> Option<(TokenPair, u32)> {
    let mut latest: Option<(TokenPair, u32)> = None;
    for pair in tokens.windows(2) {
        let pair = (pair[0], pair[1]);
        if let Some(rank) = this.merges().iter().position(|&merge| merge == pair) {
            let token = (BYTES + rank) as u32;
            if latest.is_none_or(|(_, other)| token > other) {
                latest = Some((pair, token));
            }
        }
    }
    latest
}

/// Of two neighbours the lower IDs decide a tie in training. In encoding there is no tie.
pub fn the_pair_of_lower_ids(this: &Bpe, tokens: &[u32]) -> Option<(TokenPair, u32)> {
    let mut lowest: Option<(TokenPair, u32)> = None;
    for pair in tokens.windows(2) {
        let pair = (pair[0], pair[1]);
        let Some(rank) = this.merges().iter().position(|&merge| merge == pair) else { continue };
        if lowest.is_none_or(|(other, _)| pair < other) {
            lowest = Some((pair, (BYTES + rank) as u32));
        }
    }
    lowest
}

/// That is WordPiece's rule, and not the order in which these tokens were made.
pub fn the_one_that_makes_the_longest_token(
    this: &Bpe,
    tokens: &[u32],
) -> Option<(TokenPair, u32)> {
    let mut longest: Option<(TokenPair, u32)> = None;
    for pair in tokens.windows(2) {
        let pair = (pair[0], pair[1]);
        if let Some(rank) = this.merges().iter().position(|&merge| merge == pair) {
            let token = (BYTES + rank) as u32;
            let bytes = this.token(token).len();
            if longest.is_none_or(|(_, other)| bytes > this.token(other).len()) {
                longest = Some((pair, token));
            }
        }
    }
    longest
}

/// The counts that matter are those of the corpus, and they are long since decided.
pub fn the_most_frequent_in_the_piece(this: &Bpe, tokens: &[u32]) -> Option<(TokenPair, u32)> {
    let mut counts = std::collections::BTreeMap::<(TokenPair, u32), u32>::new();
    for pair in tokens.windows(2) {
        let pair = (pair[0], pair[1]);
        if let Some(rank) = this.merges().iter().position(|&merge| merge == pair) {
            *counts.entry((pair, (BYTES + rank) as u32)).or_default() += 1;
        }
    }
    let most = counts.values().max().copied();
    let mut best: Option<(TokenPair, u32)> = None;
    for ((pair, token), count) in counts {
        if Some(count) == most && best.is_none_or(|(_, earliest)| token < earliest) {
            best = Some((pair, token));
        }
    }
    best
}

/// Tokens that do not touch cannot be joined: what is replaced then is not there.
pub fn tokens_that_are_not_neighbours(this: &Bpe, tokens: &[u32]) -> Option<(TokenPair, u32)> {
    for (rank, &pair) in this.merges().iter().enumerate() {
        let first = tokens.iter().position(|&token| token == pair.0);
        let Some(first) = first else { continue };
        if tokens[first + 1..].contains(&pair.1) {
            return Some((pair, (BYTES + rank) as u32));
        }
    }
    None
}

/// Rank 0 is token 256. As an ID it is an exclamation mark.
pub fn the_rank_and_not_the_id(this: &Bpe, tokens: &[u32]) -> Option<(TokenPair, u32)> {
    for (rank, &pair) in this.merges().iter().enumerate() {
        if tokens.windows(2).any(|two| two == [pair.0, pair.1]) {
            return Some((pair, rank as u32));
        }
    }
    None
}

//! Mistakes in `replace`.

use subwords::TokenPair;

/// Where places overlap the right one wins. Training and encoding must take the same.
pub fn from_the_right(tokens: &mut Vec<u32>, pair: TokenPair, token: u32) {
    let mut at = tokens.len();
    while at > 1 {
        if tokens[at - 2..at] == [pair.0, pair.1] {
            tokens.splice(at - 2..at, [token]);
            at -= 2;
        } else {
            at -= 1;
        }
    }
}

/// A place has two tokens, and the second is read once more: decoded, the text has grown.
pub fn the_second_token_of_a_place_visited_again(
    tokens: &mut Vec<u32>,
    pair: TokenPair,
    token: u32,
) {
    let mut merged = Vec::new();
    for at in 0..tokens.len() {
        let is_place = tokens[at..].starts_with(&[pair.0, pair.1]);
        merged.push(if is_place { token } else { tokens[at] });
    }
    *tokens = merged;
}

/// The second place of the same pair stays as it was.
pub fn the_first_place_only(tokens: &mut Vec<u32>, pair: TokenPair, token: u32) {
    let place = tokens.windows(2).position(|two| two == [pair.0, pair.1]);
    if let Some(at) = place {
        tokens.splice(at..at + 2, [token]);
    }
}

/// What has been read and moved to the left still stands at the end.
pub fn the_end_not_cut_off(tokens: &mut Vec<u32>, pair: TokenPair, token: u32) {
    let mut to = 0;
    let mut from = 0;
    while from < tokens.len() {
        if tokens[from..].starts_with(&[pair.0, pair.1]) {
            tokens[to] = token;
            from += 2;
        } else {
            tokens[to] = tokens[from];
            from += 1;
        }
        to += 1;
    }
    tokens.truncate(from);
}

/// Going from pair to pair, the last token is in no pair that begins with it, and is forgotten.
pub fn a_last_token_that_stands_alone_lost(tokens: &mut Vec<u32>, pair: TokenPair, token: u32) {
    let mut to = 0;
    let mut from = 0;
    while from + 1 < tokens.len() {
        if tokens[from..].starts_with(&[pair.0, pair.1]) {
            tokens[to] = token;
            from += 2;
        } else {
            tokens[to] = tokens[from];
            from += 1;
        }
        to += 1;
    }
    tokens.truncate(to);
}

/// "ab" and "ba" become one token, and no text with either comes back.
pub fn the_pair_replaced_in_reverse_order_too(tokens: &mut Vec<u32>, pair: TokenPair, token: u32) {
    let mut to = 0;
    let mut from = 0;
    while from < tokens.len() {
        let rest = &tokens[from..];
        if rest.starts_with(&[pair.0, pair.1]) || rest.starts_with(&[pair.1, pair.0]) {
            tokens[to] = token;
            from += 2;
        } else {
            tokens[to] = tokens[from];
            from += 1;
        }
        to += 1;
    }
    tokens.truncate(to);
}

/// The token after each place is stepped over, unread.
pub fn the_token_after_a_place_not_looked_at(tokens: &mut Vec<u32>, pair: TokenPair, token: u32) {
    let mut at = 0;
    while at + 1 < tokens.len() {
        if tokens[at..at + 2] == [pair.0, pair.1] {
            tokens.splice(at..at + 2, [token]);
            at += 1;
        }
        at += 1;
    }
}

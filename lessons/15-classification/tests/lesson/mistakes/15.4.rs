//! Mistakes in `BagOfWords::scores`.

use classify::baseline::BagOfWords;

/// A text without a word that is known is then a tie, and of labels that tie the first is answered.
pub fn the_prior_forgotten(this: &BagOfWords, text: &str) -> Vec<f64> {
    let mut scores = vec![0.0; this.log_priors.len()];
    for word in data::words(text) {
        for (label, log_share) in this.log_shares.get(&word).into_iter().flatten().enumerate() {
            scores[label] += log_share;
        }
    }
    scores
}

/// What is common already is made commoner by every word, whatever the word says.
pub fn the_prior_added_for_every_word(this: &BagOfWords, text: &str) -> Vec<f64> {
    let mut scores = vec![0.0; this.log_priors.len()];
    for word in data::words(text) {
        for (label, log_share) in this.log_shares.get(&word).into_iter().flatten().enumerate() {
            scores[label] += log_share + this.log_priors[label];
        }
    }
    scores
}

/// "bad bad bad" says no more than "bad".
pub fn a_word_counted_once_however_often_it_stands(this: &BagOfWords, text: &str) -> Vec<f64> {
    let mut scores = this.log_priors.clone();
    let words: std::collections::HashSet<String> = data::words(text).into_iter().collect();
    for word in words {
        for (label, log_share) in this.log_shares.get(&word).into_iter().flatten().enumerate() {
            scores[label] += log_share;
        }
    }
    scores
}

/// One name that no training text had, and no label is possible.
pub fn a_word_never_seen_makes_every_label_impossible(this: &BagOfWords, text: &str) -> Vec<f64> {
    let mut scores = this.log_priors.clone();
    for word in data::words(text) {
        for label in 0..scores.len() {
            scores[label] += match this.log_shares.get(&word) {
                Some(by_label) => by_label[label],
                None => f64::NEG_INFINITY,
            };
        }
    }
    scores
}

/// "Good!" is not in the table, though "good" is.
pub fn words_split_at_spaces_only(this: &BagOfWords, text: &str) -> Vec<f64> {
    let mut scores = this.log_priors.clone();
    for word in text.split_whitespace() {
        for (label, log_share) in this.log_shares.get(word).into_iter().flatten().enumerate() {
            scores[label] += log_share;
        }
    }
    scores
}

/// The likeliest label is the same as long as a text is short. From some hundred words on every
/// product is 0 in f64, and all labels tie.
pub fn probabilities_and_not_their_logarithms(this: &BagOfWords, text: &str) -> Vec<f64> {
    let mut scores: Vec<f64> = this.log_priors.iter().map(|log_prior| log_prior.exp()).collect();
    for word in data::words(text) {
        for (label, log_share) in this.log_shares.get(&word).into_iter().flatten().enumerate() {
            scores[label] *= log_share.exp();
        }
    }
    scores
}

/// Ten words for a label speak no louder than one, and the prior outweighs them all.
pub fn the_mean_over_the_words_and_not_the_sum(this: &BagOfWords, text: &str) -> Vec<f64> {
    let mut scores = this.log_priors.clone();
    let words = data::words(text);
    for word in &words {
        for (label, log_share) in this.log_shares.get(word).into_iter().flatten().enumerate() {
            scores[label] += log_share / words.len() as f64;
        }
    }
    scores
}

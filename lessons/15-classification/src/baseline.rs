//! Baselines: what any model has to beat.

use std::collections::HashMap;

/// The label that most rows have; the first of several.
///
/// # Panics
///
/// If there is no row.
pub fn majority(numbers: &[usize], labels: usize) -> usize {
    assert!(!numbers.is_empty(), "a majority is of at least one row");
    let rows = rows_by_label(numbers, labels);
    let mut commonest = 0;
    for label in 1..labels {
        if rows[label] > rows[commonest] {
            commonest = label;
        }
    }
    commonest
}

/// How many rows have each label.
fn rows_by_label(numbers: &[usize], labels: usize) -> Vec<usize> {
    let mut rows = vec![0; labels];
    for &label in numbers {
        rows[label] += 1;
    }
    rows
}

// ANCHOR: bag_of_words
/// Naive Bayes on a bag of words: how often each word stands in texts of each label, and nothing of
/// the words' order (Maron 1961; in this form McCallum and Nigam 1998, equation 6):
///
/// score(label) = log P(label) + sum over the text's words of log P(word | label),
/// P(word | label) = (1 + times it stands in texts of the label) / (all their words + vocabulary)
#[derive(Debug, Clone)]
pub struct BagOfWords {
    /// log P(label), the share of the rows that have the label.
    priors: Vec<f64>,
    /// log P(word | label) of each word, one number a label.
    words: HashMap<String, Vec<f64>>,
}

impl BagOfWords {
    /// Counts the words of texts.
    ///
    /// # Panics
    ///
    /// If there is not a label for each text.
    pub fn fit<S: AsRef<str>>(texts: &[S], numbers: &[usize], labels: usize) -> Self {
        assert_eq!(texts.len(), numbers.len(), "a label for each text");
        let mut words: HashMap<String, Vec<f64>> = HashMap::new();
        let mut words_of_label = vec![0.0; labels];
        for (text, &label) in texts.iter().zip(numbers) {
            for word in data::words(text.as_ref()) {
                words.entry(word).or_insert_with(|| vec![0.0; labels])[label] += 1.0;
                words_of_label[label] += 1.0;
            }
        }
        let vocabulary = words.len() as f64;
        for counts in words.values_mut() {
            for label in 0..labels {
                let share = (counts[label] + 1.0) / (words_of_label[label] + vocabulary);
                counts[label] = share.ln(); // from now on log P(word | label)
            }
        }
        let mut priors = Vec::with_capacity(labels);
        for rows in rows_by_label(numbers, labels) {
            priors.push(((rows as f64 + 1.0) / (numbers.len() + labels) as f64).ln());
        }
        Self { priors, words }
    }

    /// The score of every label for a text: log P(label) + log P(words | label). Words that no text
    /// of the training had say nothing.
    pub fn scores(&self, text: &str) -> Vec<f64> {
        let mut scores = vec![0.0; self.priors.len()];
        for word in data::words(text) {
            if let Some(by_label) = self.words.get(&word) {
                for (score, log_share) in scores.iter_mut().zip(by_label) {
                    *score += log_share;
                }
            }
        }
        for (score, prior) in scores.iter_mut().zip(&self.priors) {
            *score += prior;
        }
        scores
    }

    /// The label with the highest score for a text; the last of several.
    pub fn predict(&self, text: &str) -> usize {
        let scores = self.scores(text);
        let mut best = 0;
        for label in 1..scores.len() {
            if scores[label] >= scores[best] {
                best = label;
            }
        }
        best
    }
}
// ANCHOR_END: bag_of_words

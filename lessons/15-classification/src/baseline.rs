//! Baselines: what any model has to beat.

use std::collections::HashMap;

/// The majority class, the label that most rows have; the first of several.
///
/// # Panics
///
/// If there is no row.
pub fn majority(numbers: &[usize], n_labels: usize) -> usize {
    assert!(!numbers.is_empty(), "a majority is of at least one row");
    let rows = rows_by_label(numbers, n_labels);
    let mut majority = 0;
    for label in 1..n_labels {
        if rows[label] > rows[majority] {
            majority = label;
        }
    }
    majority
}

/// The number of rows of each label.
fn rows_by_label(numbers: &[usize], n_labels: usize) -> Vec<usize> {
    let mut rows = vec![0; n_labels];
    for &label in numbers {
        rows[label] += 1;
    }
    rows
}

/// Naive Bayes on a bag of words: how often each word stands in texts of each label, and nothing of
/// the words' order (Maron 1961; in this form McCallum and Nigam 1998, equation 6). Each count
/// begins at 1 (add-one smoothing), so that a word that a label never had does not make it
/// impossible:
///
/// score(label) = log P(label) + sum over the text's words of log P(word | label),
/// P(label) = (1 + texts of the label) / (all texts + labels),
/// P(word | label) = (1 + times it stands in texts of the label) / (all their words + vocabulary)
// ANCHOR: bag_of_words
#[derive(Debug, Clone)]
pub struct BagOfWords {
    /// log P(label) of each label.
    pub log_priors: Vec<f64>,
    /// log P(word | label) of each word, one number per label.
    pub log_shares: HashMap<String, Vec<f64>>,
}

impl BagOfWords {
    /// Counts the words of texts.
    ///
    /// # Panics
    ///
    /// If there is not one label per text.
    pub fn fit<S: AsRef<str>>(texts: &[S], numbers: &[usize], n_labels: usize) -> Self {
        assert_eq!(texts.len(), numbers.len(), "one label per text");
        // word -> one count per label
        let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
        let mut words_of_label = vec![0.0; n_labels];
        for (text, &label) in texts.iter().zip(numbers) {
            for word in data::words(text.as_ref()) {
                counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
                words_of_label[label] += 1.0;
            }
        }
        let vocabulary = counts.len() as f64;
        let mut log_shares = HashMap::with_capacity(counts.len());
        for (word, times) in counts {
            let mut by_label = Vec::with_capacity(n_labels);
            for label in 0..n_labels {
                let share = (times[label] + 1.0) / (words_of_label[label] + vocabulary);
                by_label.push(share.ln());
            }
            log_shares.insert(word, by_label);
        }
        let mut log_priors = Vec::with_capacity(n_labels);
        for rows in rows_by_label(numbers, n_labels) {
            let share = (rows as f64 + 1.0) / (numbers.len() + n_labels) as f64;
            log_priors.push(share.ln());
        }
        Self { log_priors, log_shares }
    }

    /// The score of every label for a text: log P(label) + log P(words | label). Words
    /// that no training text had count for no label.
    pub fn scores(&self, text: &str) -> Vec<f64> {
        let mut scores = vec![0.0; self.log_priors.len()];
        for word in data::words(text) {
            if let Some(by_label) = self.log_shares.get(&word) {
                for (score, log_share) in scores.iter_mut().zip(by_label) {
                    *score += log_share;
                }
            }
        }
        for (score, log_prior) in scores.iter_mut().zip(&self.log_priors) {
            *score += log_prior;
        }
        scores
    }

    /// The label with the highest score for a text; the first of several, as for
    /// [`majority`].
    pub fn predict(&self, text: &str) -> usize {
        let scores = self.scores(text);
        let mut best = 0;
        for label in 1..scores.len() {
            if scores[label] > scores[best] {
                best = label;
            }
        }
        best
    }
}
// ANCHOR_END: bag_of_words

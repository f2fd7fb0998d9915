//! What any model has to beat.

use std::collections::HashMap;

/// The label that most rows have; the first of several.
///
/// # Panics
///
/// If there is no row.
pub fn majority(numbers: &[usize], labels: usize) -> usize {
    assert!(!numbers.is_empty(), "a majority is of at least one row");
    let rows = |label: usize| numbers.iter().filter(|&&number| number == label).count();
    (0..labels).max_by_key(|&label| (rows(label), std::cmp::Reverse(label))).unwrap_or(0)
}

// ANCHOR: bag_of_words
/// Naive Bayes on a bag of words: how often each label says each word, and nothing of their order
/// (Maron 1961; in this form McCallum and Nigam 1998, equation 6):
///
/// score(label) = log P(label) + sum over words of log( (1 + times the label says it) / (all its
/// words + vocabulary) )
#[derive(Debug, Clone)]
pub struct BagOfWords {
    /// log P(label)
    priors: Vec<f64>,
    /// log P(word | label), one a label.
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
        let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
        for (text, &label) in texts.iter().zip(numbers) {
            for word in data::words(text.as_ref()) {
                counts.entry(word).or_insert_with(|| vec![0.0; labels])[label] += 1.0;
            }
        }
        let all =
            |label: usize| counts.values().map(|of| of[label]).sum::<f64>() + counts.len() as f64;
        let totals: Vec<f64> = (0..labels).map(all).collect();
        let share = |label: usize| numbers.iter().filter(|&&number| number == label).count() as f64;
        let prior = |label: usize| ((share(label) + 1.0) / (numbers.len() + labels) as f64).ln();
        let log =
            |of: Vec<f64>| of.iter().zip(&totals).map(|(n, all)| ((n + 1.0) / all).ln()).collect();
        Self {
            priors: (0..labels).map(prior).collect(),
            words: counts.into_iter().map(|(word, of)| (word, log(of))).collect(),
        }
    }

    /// The likeliest label of a text; words never heard say nothing.
    pub fn predict(&self, text: &str) -> usize {
        let heard: Vec<&Vec<f64>> =
            data::words(text).iter().filter_map(|word| self.words.get(word)).collect();
        let score =
            |label: usize| self.priors[label] + heard.iter().map(|of| of[label]).sum::<f64>();
        (0..self.priors.len()).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
    }
}
// ANCHOR_END: bag_of_words

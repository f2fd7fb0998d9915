//! How often a label is right, and which is taken for which.

/// The share of answers that are right, in 0..1.
///
/// # Panics
///
/// If there is no answer, or not one for each truth.
pub fn accuracy(predicted: &[usize], truth: &[usize]) -> f64 {
    assert_eq!(predicted.len(), truth.len(), "an answer belongs to a truth");
    assert!(!truth.is_empty(), "accuracy is a share of at least one answer");
    let mut right = 0;
    for (answer, truth) in predicted.iter().zip(truth) {
        if answer == truth {
            right += 1;
        }
    }
    right as f64 / truth.len() as f64
}

/// How often each label was taken for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// `counts[truth][predicted]`.
    pub counts: Vec<Vec<usize>>,
}

/// How good the answers are as far as one label is concerned. A share of nothing is 0, as in
/// scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Share of the rows predicted as this label that have it.
    pub precision: f64,
    /// Share of the rows with this label that were predicted as it.
    pub recall: f64,
    /// Harmonic mean of precision and recall: 2 p r / (p + r).
    pub f1: f64,
    /// Number of rows with this label.
    pub support: usize,
}

impl Confusion {
    /// Counts answers over `labels` labels.
    ///
    /// # Panics
    ///
    /// If an answer or a truth is no label, or there is not one for each.
    pub fn new(labels: usize, predicted: &[usize], truth: &[usize]) -> Self {
        assert_eq!(predicted.len(), truth.len(), "an answer belongs to a truth");
        let mut counts = vec![vec![0; labels]; labels];
        for (&answer, &truth) in predicted.iter().zip(truth) {
            counts[truth][answer] += 1;
        }
        Self { counts }
    }

    /// Precision, recall and F1 of every label.
    pub fn scores(&self) -> Vec<Scores> {
        let mut scores = Vec::with_capacity(self.counts.len());
        for label in 0..self.counts.len() {
            scores.push(self.scores_of(label));
        }
        scores
    }

    /// Precision, recall and F1 of one label; a share of nothing is 0.
    ///
    /// # Panics
    ///
    /// If there is no such label.
    pub fn scores_of(&self, label: usize) -> Scores {
        let right = self.counts[label][label];
        let (mut predicted, mut support) = (0, 0);
        for other in 0..self.counts.len() {
            predicted += self.counts[other][label];
            support += self.counts[label][other];
        }
        Scores {
            precision: share(right, predicted),
            recall: share(right, support),
            f1: share(2 * right, predicted + support),
            support,
        }
    }

    /// The mean F1 of all labels, each counting the same however rare it is.
    ///
    /// # Panics
    ///
    /// If there is no label.
    pub fn macro_f1(&self) -> f64 {
        assert!(!self.counts.is_empty(), "a mean is over at least one label");
        let mut sum = 0.0;
        for scores in self.scores() {
            sum += scores.f1;
        }
        sum / self.counts.len() as f64
    }
}

/// A part of a whole; 0 of nothing.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six mails: 4 are fine (0), 2 are spam (1). One fine mail is taken for spam, one spam for
    /// fine.
    const TRUTH: [usize; 6] = [0, 0, 0, 0, 1, 1];
    const PREDICTED: [usize; 6] = [0, 0, 0, 1, 1, 0];

    #[test]
    fn rows_are_what_is_true_and_columns_what_was_said() {
        let confusion = Confusion::new(2, &[0, 0, 0, 1, 1, 1], &[0, 0, 0, 0, 1, 1]);
        assert_eq!(confusion.counts, [[3, 1], [0, 2]]);
    }

    #[test]
    fn precision_recall_and_f1_by_hand() {
        assert_eq!(accuracy(&PREDICTED, &TRUTH), 4.0 / 6.0);
        let confusion = Confusion::new(2, &PREDICTED, &TRUTH);
        let [fine, spam] = confusion.scores()[..] else { panic!("two labels") };
        assert_eq!(fine, Scores { precision: 0.75, recall: 0.75, f1: 0.75, support: 4 });
        assert_eq!(spam, Scores { precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
        assert_eq!(confusion.macro_f1(), 0.625);
    }

    #[test]
    fn ninety_nine_mails_in_a_hundred_are_right_and_no_spam_is_found() {
        let mut truth = vec![0; 990];
        truth.extend([1; 10]);
        let always_fine = vec![0; 1000];
        assert_eq!(accuracy(&always_fine, &truth), 0.99);
        let confusion = Confusion::new(2, &always_fine, &truth);
        let [fine, spam] = confusion.scores()[..] else { panic!("two labels") };
        assert_eq!((fine.recall, spam.recall, spam.f1), (1.0, 0.0, 0.0));
        // F1 of fine is 2 x 990 / (1000 + 990) = 0.995, of spam 0: the mean is not fooled.
        assert!((confusion.macro_f1() - 990.0 / 1990.0).abs() < 1e-12);
    }

    #[test]
    fn a_label_that_nobody_has_or_was_given_scores_nothing_and_not_nan() {
        let confusion = Confusion::new(3, &PREDICTED, &TRUTH);
        assert_eq!(
            confusion.scores()[2],
            Scores { precision: 0.0, recall: 0.0, f1: 0.0, support: 0 }
        );
    }
}

//! Mistakes in `Confusion::scores_of`.

use course::metrics::{Confusion, Scores};

/// A row is a truth and a column an answer. Exchanged, precision is recall and recall precision,
/// and F1 is right all the same.
pub fn rows_and_columns_exchanged(this: &Confusion, label: usize) -> Scores {
    let right = this.counts[label][label];
    let (mut predicted, mut support) = (0, 0);
    for other in 0..this.counts.len() {
        predicted += this.counts[label][other];
        support += this.counts[other][label];
    }
    let share = |part, whole| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    Scores {
        precision: share(right, predicted),
        recall: share(right, support),
        f1: share(2 * right, predicted + support),
        support,
    }
}

/// A program that always gives one answer has a recall of 1 for it, and so a mean of 0.5
/// or more, however low its precision.
pub fn the_plain_mean_of_precision_and_recall_for_f1(this: &Confusion, label: usize) -> Scores {
    let right = this.counts[label][label];
    let (mut predicted, mut support) = (0, 0);
    for other in 0..this.counts.len() {
        predicted += this.counts[other][label];
        support += this.counts[label][other];
    }
    let share = |part, whole| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let (precision, recall) = (share(right, predicted), share(right, support));
    Scores { precision, recall, f1: (precision + recall) / 2.0, support }
}

/// p r / (p + r) is half of the harmonic mean: a perfect label has 0.5.
pub fn half_of_f1(this: &Confusion, label: usize) -> Scores {
    let right = this.counts[label][label];
    let (mut predicted, mut support) = (0, 0);
    for other in 0..this.counts.len() {
        predicted += this.counts[other][label];
        support += this.counts[label][other];
    }
    let share = |part, whole| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    Scores {
        precision: share(right, predicted),
        recall: share(right, support),
        f1: share(right, predicted + support),
        support,
    }
}

/// 0 / 0 is NaN: one label that was never said, and the mean over all labels is NaN.
pub fn the_share_of_nothing_is_not_a_number(this: &Confusion, label: usize) -> Scores {
    let right = this.counts[label][label] as f64;
    let (mut predicted, mut support) = (0, 0);
    for other in 0..this.counts.len() {
        predicted += this.counts[other][label];
        support += this.counts[label][other];
    }
    let (precision, recall) = (right / predicted as f64, right / support as f64);
    Scores { precision, recall, f1: 2.0 * precision * recall / (precision + recall), support }
}

/// The right ones belong to the whole that they are a share of: without them two of two come out as
/// infinitely many.
pub fn divided_by_the_wrong_ones_and_not_by_all(this: &Confusion, label: usize) -> Scores {
    let right = this.counts[label][label];
    let (mut predicted, mut support) = (0, 0);
    for other in 0..this.counts.len() {
        predicted += this.counts[other][label];
        support += this.counts[label][other];
    }
    let share = |part, whole| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    Scores {
        precision: share(right, predicted - right),
        recall: share(right, support - right),
        f1: share(2 * right, predicted + support - 2 * right),
        support,
    }
}

/// The rows in which neither the truth nor the answer is this label count as right, and with many
/// labels those are nearly all.
pub fn what_is_rightly_not_this_label_counts_as_right(this: &Confusion, label: usize) -> Scores {
    let (mut all, mut predicted, mut support) = (0, 0, 0);
    for (truth, row) in this.counts.iter().enumerate() {
        for (answer, &count) in row.iter().enumerate() {
            all += count;
            predicted += if answer == label { count } else { 0 };
            support += if truth == label { count } else { 0 };
        }
    }
    let right = all + 2 * this.counts[label][label] - predicted - support;
    let share = |part, whole| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let accuracy = share(right, all);
    Scores { precision: accuracy, recall: accuracy, f1: accuracy, support }
}

/// Where this label is never said, it seems to be found perfectly.
pub fn a_share_of_nothing_counts_as_1(this: &Confusion, label: usize) -> Scores {
    let right = this.counts[label][label];
    let (mut predicted, mut support) = (0, 0);
    for other in 0..this.counts.len() {
        predicted += this.counts[other][label];
        support += this.counts[label][other];
    }
    let share = |part, whole| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    Scores {
        precision: share(right, predicted),
        recall: share(right, support),
        f1: share(2 * right, predicted + support),
        support,
    }
}

//! Calibration: whether a classifier that is 80 % sure is right eight times in ten.

use serde::{Deserialize, Serialize};

/// Answers that were given with about the same probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Number of answers in the bin.
    pub answers: usize,
    /// Mean probability that the classifier gave these answers.
    pub confidence: f64,
    /// Share of these answers that is right.
    pub accuracy: f64,
}

/// Sorts answers, each a probability and whether it was right, into `bins` of equal width by their
/// probability, the lowest first; bins without answers are left out (Guo et al. 2017, "On
/// Calibration of Modern Neural Networks", section 2).
///
/// # Panics
///
/// If `bins` is 0, or a probability lies outside 0..=1.
// ANCHOR: calibration
pub fn reliability(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut probabilities = vec![0.0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        assert!((0.0..=1.0).contains(&probability), "probabilities lie in 0..=1");
        // 1.0 is in the last one
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        count[bin] += 1;
        probabilities[bin] += probability;
        if is_right {
            right[bin] += 1.0;
        }
    }
    let mut filled = Vec::new();
    for bin in 0..bins {
        if count[bin] > 0 {
            let n = count[bin] as f64;
            let (confidence, accuracy) = (probabilities[bin] / n, right[bin] / n);
            filled.push(Bin { answers: count[bin], confidence, accuracy });
        }
    }
    filled
}

/// How far confidence lies from accuracy, as a mean over all answers: 0 is calibrated
/// (equation 3 there).
///
/// # Panics
///
/// If there is no bin: an error is a mean over at least one answer.
pub fn calibration_error(bins: &[Bin]) -> f64 {
    assert!(!bins.is_empty(), "a calibration error is of at least one answer");
    let (mut all, mut error) = (0, 0.0);
    for bin in bins {
        all += bin.answers;
        error += bin.answers as f64 * (bin.confidence - bin.accuracy).abs();
    }
    error / all as f64
}
// ANCHOR_END: calibration

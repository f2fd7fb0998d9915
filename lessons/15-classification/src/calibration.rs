//! Whether a classifier that is 80 % sure is right eight times in ten.

use serde::{Deserialize, Serialize};

/// Answers of about one confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many.
    pub answers: usize,
    /// Their mean probability.
    pub confidence: f64,
    /// The share of them that is right.
    pub accuracy: f64,
}

// ANCHOR: calibration
/// Sorts answers into `bins` of equal width by how sure they are; bins without answers are left out
/// (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2).
///
/// # Panics
///
/// If `bins` is 0, or a probability lies outside 0..=1.
pub fn reliability(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    assert!(answers.iter().all(|(p, _)| (0.0..=1.0).contains(p)), "probabilities lie in 0..=1");
    let of = |bin: usize| {
        let inside: Vec<&(f64, bool)> = answers
            .iter()
            .filter(|(p, _)| ((p * bins as f64) as usize).min(bins - 1) == bin)
            .collect();
        let n = inside.len();
        let mean = |value: fn(&(f64, bool)) -> f64| {
            inside.iter().map(|&a| value(a)).sum::<f64>() / n as f64
        };
        let accuracy = |a: &(f64, bool)| f64::from(u8::from(a.1));
        (n > 0).then(|| Bin { answers: n, confidence: mean(|a| a.0), accuracy: mean(accuracy) })
    };
    (0..bins).filter_map(of).collect()
}

/// How far confidence lies from accuracy, over all answers: 0 is calibrated (equation 3 there).
pub fn calibration_error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.answers).sum();
    bins.iter().map(|bin| bin.answers as f64 * (bin.confidence - bin.accuracy).abs()).sum::<f64>()
        / all as f64
}
// ANCHOR_END: calibration

//! Mistakes in `calibration_error`.

use classify::calibration::Bin;

/// Half of the answers too sure and half too modest, and the error is 0.
pub fn too_sure_and_too_modest_cancel(bins: &[Bin]) -> f64 {
    let (mut all, mut error) = (0, 0.0);
    for bin in bins {
        all += bin.answers;
        error += bin.answers as f64 * (bin.confidence - bin.accuracy);
    }
    (error / all as f64).abs()
}

/// One stray answer in a bin of its own outweighs a thousand in another.
pub fn every_bin_counts_the_same(bins: &[Bin]) -> f64 {
    assert!(!bins.is_empty(), "a calibration error is of at least one answer");
    let mut error = 0.0;
    for bin in bins {
        error += (bin.confidence - bin.accuracy).abs();
    }
    error / bins.len() as f64
}

/// That is the maximum calibration error, another measure: one bin speaks for all.
pub fn the_worst_bin_only(bins: &[Bin]) -> f64 {
    let mut worst = 0.0_f64;
    for bin in bins {
        worst = worst.max((bin.confidence - bin.accuracy).abs());
    }
    worst
}

/// Squares make small errors vanish: 0.1 counts as 0.01.
pub fn squares_and_not_sizes(bins: &[Bin]) -> f64 {
    let (mut all, mut error) = (0, 0.0);
    for bin in bins {
        all += bin.answers;
        error += bin.answers as f64 * (bin.confidence - bin.accuracy).powi(2);
    }
    error / all as f64
}

/// Measured on twice as many answers, the same classifier is twice as bad.
pub fn divided_by_the_number_of_bins_and_not_of_answers(bins: &[Bin]) -> f64 {
    let mut error = 0.0;
    for bin in bins {
        error += bin.answers as f64 * (bin.confidence - bin.accuracy).abs();
    }
    error / bins.len() as f64
}

/// Being too modest counts as perfect.
pub fn only_where_it_is_too_sure(bins: &[Bin]) -> f64 {
    let (mut all, mut error) = (0, 0.0);
    for bin in bins {
        all += bin.answers;
        error += bin.answers as f64 * (bin.confidence - bin.accuracy).max(0.0);
    }
    error / all as f64
}

//! Mistakes in `reliability`.

use classify::calibration::Bin;

/// The surest answers of all are in no bin, and those are the ones to doubt.
pub fn an_answer_of_1_is_lost(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut probabilities = vec![0.0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        let bin = (probability * bins as f64) as usize;
        if bin == bins {
            continue;
        }
        count[bin] += 1;
        probabilities[bin] += probability;
        right[bin] += f64::from(u8::from(is_right));
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

/// Answers that all lie at the upper end of the last bin look less sure than they are.
pub fn the_middle_of_a_bin_for_its_mean(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        count[bin] += 1;
        right[bin] += f64::from(u8::from(is_right));
    }
    let mut filled = Vec::new();
    for bin in 0..bins {
        if count[bin] > 0 {
            let n = count[bin] as f64;
            let (confidence, accuracy) = ((bin as f64 + 0.5) / bins as f64, right[bin] / n);
            filled.push(Bin { answers: count[bin], confidence, accuracy });
        }
    }
    filled
}

/// A bin without answers has a mean of 0 / 0, and everything that is added to it is NaN.
pub fn empty_bins_kept(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut probabilities = vec![0.0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        count[bin] += 1;
        probabilities[bin] += probability;
        right[bin] += f64::from(u8::from(is_right));
    }
    let mut filled = Vec::new();
    for bin in 0..bins {
        let n = count[bin] as f64;
        let (confidence, accuracy) = (probabilities[bin] / n, right[bin] / n);
        filled.push(Bin { answers: count[bin], confidence, accuracy });
    }
    filled
}

/// The first bin is half as wide as the others, and each begins half a width too early.
pub fn rounded_to_the_nearest_bin(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut probabilities = vec![0.0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        let bin = ((probability * bins as f64).round() as usize).min(bins - 1);
        count[bin] += 1;
        probabilities[bin] += probability;
        right[bin] += f64::from(u8::from(is_right));
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

/// A bin with few answers then has a low accuracy whatever they are.
pub fn the_share_of_all_answers_that_is_right_here(
    answers: &[(f64, bool)],
    bins: usize,
) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut probabilities = vec![0.0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        count[bin] += 1;
        probabilities[bin] += probability;
        right[bin] += f64::from(u8::from(is_right));
    }
    let mut filled = Vec::new();
    for bin in 0..bins {
        if count[bin] > 0 {
            let n = count[bin] as f64;
            let (confidence, accuracy) =
                (probabilities[bin] / n, right[bin] / answers.len() as f64);
            filled.push(Bin { answers: count[bin], confidence, accuracy });
        }
    }
    filled
}

/// A classifier that is right when it is sure looks as if it were wrong then.
pub fn the_wrong_answers_counted(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut probabilities = vec![0.0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        count[bin] += 1;
        probabilities[bin] += probability;
        right[bin] += f64::from(u8::from(!is_right));
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

/// Bins of equal number and not of equal width: there is such a measure, with other values.
pub fn as_many_answers_in_each_bin(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut filled = Vec::new();
    for part in sorted.chunks(answers.len().div_ceil(bins).max(1)) {
        let n = part.len() as f64;
        let confidence = part.iter().map(|answer| answer.0).sum::<f64>() / n;
        let accuracy = part.iter().filter(|answer| answer.1).count() as f64 / n;
        filled.push(Bin { answers: part.len(), confidence, accuracy });
    }
    filled
}

/// A bin's numbers then grow with its answers, and no probability is above 1.
pub fn sums_and_not_means(answers: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "at least one bin");
    let mut count = vec![0; bins];
    let mut probabilities = vec![0.0; bins];
    let mut right = vec![0.0; bins];
    for &(probability, is_right) in answers {
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        count[bin] += 1;
        probabilities[bin] += probability;
        right[bin] += f64::from(u8::from(is_right));
    }
    let mut filled = Vec::new();
    for bin in 0..bins {
        if count[bin] > 0 {
            let (confidence, accuracy) = (probabilities[bin], right[bin]);
            filled.push(Bin { answers: count[bin], confidence, accuracy });
        }
    }
    filled
}

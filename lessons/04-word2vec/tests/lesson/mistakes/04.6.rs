//! Mistakes in `noise_distribution`.

/// A fifth of the noise is "the", and rare words are hardly pushed from anything.
pub fn shares_of_the_text_not_flattened(counts: &[u64]) -> Vec<f64> {
    let sum: u64 = counts.iter().sum();
    counts.iter().map(|&count| count as f64 / sum as f64).collect()
}

/// Flattened more than the paper found best.
pub fn the_root_and_not_the_power_of_three_quarters(counts: &[u64]) -> Vec<f64> {
    let sum: f64 = counts.iter().map(|&count| (count as f64).sqrt()).sum();
    counts.iter().map(|&count| (count as f64).sqrt() / sum).collect()
}

/// Powers of shares sum to more than 1, so the most frequent words are drawn too often.
pub fn divided_before_the_power(counts: &[u64]) -> Vec<f64> {
    let sum: u64 = counts.iter().sum();
    counts.iter().map(|&count| (count as f64 / sum as f64).powf(0.75)).collect()
}

/// Powers and no probabilities.
pub fn not_divided_by_their_sum(counts: &[u64]) -> Vec<f64> {
    counts.iter().map(|&count| (count as f64).powf(0.75)).collect()
}

/// Every word alike, which did worse in the paper's experiments.
pub fn all_words_alike(counts: &[u64]) -> Vec<f64> {
    vec![1.0 / counts.len() as f64; counts.len()]
}

/// The powers are divided by a sum of counts: what is missing to 1 is drawn as nothing.
pub fn divided_by_the_sum_of_the_counts(counts: &[u64]) -> Vec<f64> {
    let sum: u64 = counts.iter().sum();
    counts.iter().map(|&count| (count as f64).powf(0.75) / sum as f64).collect()
}

/// The power that undoes it: frequent words are drawn even more often than said.
pub fn the_power_of_four_thirds(counts: &[u64]) -> Vec<f64> {
    let sum: f64 = counts.iter().map(|&count| (count as f64).powf(4.0 / 3.0)).sum();
    counts.iter().map(|&count| (count as f64).powf(4.0 / 3.0) / sum).collect()
}

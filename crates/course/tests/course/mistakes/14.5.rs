//! Mistakes in `ndcg_at`.

/// A number without a ceiling: it grows with the texts that are wanted, and queries cannot be
/// compared.
pub fn not_divided_by_the_best_order(k: usize, gains: &[f64]) -> f64 {
    let mut found = 0.0;
    for (i, gain) in gains.iter().take(k).enumerate() {
        found += gain / ((i + 2) as f64).log2();
    }
    found
}

/// A search that leaves most of what is wanted behind place k gets a 1 for the order of the few.
pub fn the_best_order_of_the_first_k_only(k: usize, gains: &[f64]) -> f64 {
    let first = &gains[..k.min(gains.len())];
    let mut best = first.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let (mut found, mut ideal) = (0.0, 0.0);
    for i in 0..first.len() {
        let discount = ((i + 2) as f64).log2();
        found += first[i] / discount;
        ideal += best[i] / discount;
    }
    found / ideal
}

/// log2(1) is 0: the first place counts infinitely much.
pub fn the_first_place_taken_for_rank_0(k: usize, gains: &[f64]) -> f64 {
    let mut best = gains.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let (mut found, mut ideal) = (0.0, 0.0);
    for i in 0..k.min(gains.len()) {
        let discount = ((i + 1) as f64).log2();
        found += gains[i] / discount;
        ideal += best[i] / discount;
    }
    found / ideal
}

/// The discount is a little too flat: close to right, and no published number is met.
pub fn the_first_place_taken_for_rank_2(k: usize, gains: &[f64]) -> f64 {
    let mut best = gains.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let (mut found, mut ideal) = (0.0, 0.0);
    for i in 0..k.min(gains.len()) {
        let discount = ((i + 3) as f64).log2();
        found += gains[i] / discount;
        ideal += best[i] / discount;
    }
    found / ideal
}

/// That is reciprocal rank's discount: the tenth place counts a tenth, and not 0.29.
pub fn divided_by_the_rank_and_not_by_its_logarithm(k: usize, gains: &[f64]) -> f64 {
    let mut best = gains.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let (mut found, mut ideal) = (0.0, 0.0);
    for i in 0..k.min(gains.len()) {
        let discount = (i + 1) as f64;
        found += gains[i] / discount;
        ideal += best[i] / discount;
    }
    found / ideal
}

/// `sort` of numbers puts the smallest first: the ranking is compared with the worst there is.
pub fn the_worst_order_for_the_best(k: usize, gains: &[f64]) -> f64 {
    let mut best = gains.to_vec();
    best.sort_by(|a, b| a.total_cmp(b));
    let (mut found, mut ideal) = (0.0, 0.0);
    for i in 0..k.min(gains.len()) {
        let discount = ((i + 2) as f64).log2();
        found += gains[i] / discount;
        ideal += best[i] / discount;
    }
    found / ideal
}

/// Places are not looked at: a hit in place k is worth as much as one in the first.
pub fn the_share_of_the_gains_among_the_first_k(k: usize, gains: &[f64]) -> f64 {
    let mut found = 0.0;
    for gain in gains.iter().take(k) {
        found += gain;
    }
    found / gains.iter().sum::<f64>()
}

/// A collection of three texts has no tenth place.
pub fn k_places_taken_of_a_shorter_ranking(k: usize, gains: &[f64]) -> f64 {
    let mut best = gains.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let (mut found, mut ideal) = (0.0, 0.0);
    for i in 0..k {
        let discount = ((i + 2) as f64).log2();
        found += gains[i] / discount;
        ideal += best[i] / discount;
    }
    found / ideal
}

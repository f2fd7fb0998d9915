//! How near the top a search puts what is wanted (Manning, Raghavan and Schütze 2008, "Introduction
//! to Information Retrieval", section 8.4).

/// Share of the `wanted` texts among the first `k` of a ranking; `hits` says of each rank whether
/// its text is wanted.
///
/// # Panics
///
/// If nothing is wanted.
pub fn recall_at(k: usize, hits: &[bool], wanted: usize) -> f64 {
    assert!(wanted > 0, "recall is a share of at least one text that is wanted");
    let mut found = 0;
    for &hit in &hits[..k.min(hits.len())] {
        if hit {
            found += 1;
        }
    }
    found as f64 / wanted as f64
}

/// 1 / rank of the first hit, counted from 1; 0 if there is none. Its mean over queries is MRR.
pub fn reciprocal_rank(hits: &[bool]) -> f64 {
    for (i, &hit) in hits.iter().enumerate() {
        if hit {
            return 1.0 / (i + 1) as f64;
        }
    }
    0.0
}

/// Discounted gain of the first `k` over that of the best order, in 0..1 (Järvelin and Kekäläinen
/// 2002, with log2):
///
/// nDCG = DCG / DCG of the best order, DCG = sum_i gain_i / log2(i + 1), i the rank from 1 to k
///
/// `gains` is in the order of the ranking and holds every text's gain, 0 where it is worth nothing.
///
/// # Panics
///
/// If no text is worth anything.
pub fn ndcg_at(k: usize, gains: &[f64]) -> f64 {
    let mut best = gains.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let (mut found, mut ideal) = (0.0, 0.0);
    for i in 0..k.min(gains.len()) {
        let discount = ((i + 2) as f64).log2();
        found += gains[i] / discount;
        ideal += best[i] / discount;
    }
    assert!(ideal > 0.0, "a ranking is judged by at least one text that is worth something");
    found / ideal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_grows_with_k_and_never_passes_one() {
        let hits = [false, true, false, true];
        assert_eq!([1, 2, 4, 9].map(|k| recall_at(k, &hits, 2)), [0.0, 0.5, 1.0, 1.0]);
        assert_eq!(recall_at(4, &hits, 4), 0.5);
    }

    #[test]
    fn the_rank_of_the_first_hit_counts_and_no_other() {
        assert_eq!(reciprocal_rank(&[false, true, true]), 0.5);
        assert_eq!(reciprocal_rank(&[false, false]), 0.0);
    }

    #[test]
    fn the_best_order_has_gain_one_and_a_late_hit_less() {
        assert_eq!(ndcg_at(10, &[3.0, 1.0, 0.0]), 1.0);
        // One text, in the third place: 1 / log2(4).
        assert_eq!(ndcg_at(10, &[0.0, 0.0, 1.0]), 0.5);
        assert_eq!(ndcg_at(2, &[0.0, 0.0, 1.0]), 0.0);
    }
}

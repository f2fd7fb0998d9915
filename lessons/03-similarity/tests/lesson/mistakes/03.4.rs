//! Mistakes in `best`.

/// What fits worst comes first.
pub fn smallest_first(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    ranked.truncate(k);
    ranked
}

/// The order of equal ones was promised, and lists of two runs are compared by it.
pub fn equal_ones_by_the_higher_index(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    ranked.truncate(k);
    ranked
}

/// The right k, and any of them may come first: close scores come out swapped.
pub fn selected_and_not_sorted(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
    if k < ranked.len() {
        ranked.select_nth_unstable_by(k, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(k);
    }
    ranked
}

/// The right k, in the order in which they stand in the table.
pub fn the_best_in_the_order_of_their_rows(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(k);
    ranked.sort_by_key(|&(row, _)| row);
    ranked
}

/// Whatever lies behind the first k rows of the table is never found.
pub fn the_first_k_rows_sorted(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().take(k).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

/// The cosines are right and the rows are 0, 1, 2 ..: every question finds the same words.
pub fn counted_after_sorting(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut sorted = cosines.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.into_iter().take(k).enumerate().collect()
}

/// Whoever asks a table of four rows for ten gets a panic.
pub fn a_panic_where_k_is_above_the_number_of_rows(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked[..k].to_vec()
}

/// One NaN in the table stops every search.
pub fn a_comparison_that_panics_at_nan(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap().then(a.0.cmp(&b.0)));
    ranked.truncate(k);
    ranked
}

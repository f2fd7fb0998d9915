//! Mistakes in `around`.

/// A word learns that it stands beside itself, which any vector can be told.
pub fn the_word_itself_among_them(
    sentence: &[u32],
    position: usize,
    reach: usize,
) -> (&[u32], &[u32]) {
    let first = position.saturating_sub(reach);
    let end = sentence.len().min(position + 1 + reach);
    (&sentence[first..position], &sentence[position..end])
}

/// The end of a range is not in it: one word fewer after the middle than before it.
pub fn one_word_fewer_after_it(
    sentence: &[u32],
    position: usize,
    reach: usize,
) -> (&[u32], &[u32]) {
    let first = position.saturating_sub(reach);
    let end = sentence.len().min(position + reach).max(position + 1);
    (&sentence[first..position], &sentence[position + 1..end])
}

/// Near the beginning there are fewer words than the reach asks for, and less than 0 is no index.
pub fn a_panic_near_the_beginning(
    sentence: &[u32],
    position: usize,
    reach: usize,
) -> (&[u32], &[u32]) {
    let end = sentence.len().min(position + 1 + reach);
    (&sentence[position - reach..position], &sentence[position + 1..end])
}

/// Near the end there are fewer words than the reach asks for.
pub fn a_panic_near_the_end(sentence: &[u32], position: usize, reach: usize) -> (&[u32], &[u32]) {
    let first = position.saturating_sub(reach);
    (&sentence[first..position], &sentence[position + 1..position + 1 + reach])
}

/// Words of short sentences, and all near the edges, have no neighbours on one side.
pub fn nothing_where_the_reach_does_not_fit(
    sentence: &[u32],
    position: usize,
    reach: usize,
) -> (&[u32], &[u32]) {
    let before = position.checked_sub(reach).map_or(&[][..], |first| &sentence[first..position]);
    (before, sentence.get(position + 1..position + 1 + reach).unwrap_or(&[]))
}

/// The sentence's first and last words become everybody's neighbours.
pub fn the_words_at_the_edges_and_not_the_nearest(
    sentence: &[u32],
    position: usize,
    reach: usize,
) -> (&[u32], &[u32]) {
    let (before, after) = (&sentence[..position], &sentence[position + 1..]);
    (&before[..reach.min(before.len())], &after[after.len().saturating_sub(reach)..])
}

/// The reach is for either side, and not for both together.
pub fn half_the_reach_on_either_side(
    sentence: &[u32],
    position: usize,
    reach: usize,
) -> (&[u32], &[u32]) {
    let first = position.saturating_sub(reach / 2);
    let end = sentence.len().min(position + 1 + reach / 2);
    (&sentence[first..position], &sentence[position + 1..end])
}

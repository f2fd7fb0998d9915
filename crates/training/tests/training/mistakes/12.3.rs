//! Mistakes in `block_at`.

/// The model learns to copy the token that it sees, which is easy and worth nothing.
pub fn targets_are_the_inputs(ids: &[u32], start: usize, block: usize) -> (&[u32], &[u32]) {
    (&ids[start..start + block], &ids[start..start + block])
}

/// The model learns to predict the token after next.
pub fn targets_two_tokens_on(ids: &[u32], start: usize, block: usize) -> (&[u32], &[u32]) {
    (&ids[start..start + block], &ids[start + 2..start + block + 2])
}

/// The model learns to say what it has read a moment ago.
pub fn targets_one_token_back(ids: &[u32], start: usize, block: usize) -> (&[u32], &[u32]) {
    (&ids[start..start + block], &ids[start - 1..start + block - 1])
}

/// One target fewer than inputs: the two no longer fit into tables of one shape.
pub fn the_last_target_missing(ids: &[u32], start: usize, block: usize) -> (&[u32], &[u32]) {
    (&ids[start..start + block], &ids[start + 1..start + block])
}

/// A block has the token after it as its last target and not as an input.
pub fn the_token_after_the_block_among_the_inputs(
    ids: &[u32],
    start: usize,
    block: usize,
) -> (&[u32], &[u32]) {
    (&ids[start..start + block + 1], &ids[start + 1..start + block + 1])
}

/// A range of Rust ends at a position, and `block` is a length.
pub fn the_length_taken_for_the_end(ids: &[u32], start: usize, block: usize) -> (&[u32], &[u32]) {
    (&ids[start..block], &ids[start + 1..block + 1])
}

/// `start` then counts blocks, and most of what a training draws lies beyond the text.
pub fn the_start_counted_in_blocks(ids: &[u32], start: usize, block: usize) -> (&[u32], &[u32]) {
    let start = start * block;
    (&ids[start..start + block], &ids[start + 1..start + block + 1])
}

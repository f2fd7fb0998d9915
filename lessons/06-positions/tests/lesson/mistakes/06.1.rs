//! Mistakes in `LearnedPositions::forward_from`.

use burn::tensor::{Int, Tensor, TensorData};
use positions::LearnedPositions;

const POSITIONS: usize = 0;

/// A text that is read whole is right. A model that writes gives every new token the vector of the
/// first.
pub fn from_position_0_on_whatever_the_first(
    this: &LearnedPositions,
    _first_position: usize,
    tokens: usize,
) -> Tensor<2> {
    this.weight.val().narrow(POSITIONS, 0, tokens)
}

/// Every token stands one row too far. A model that learns so reads well until its last row, and
/// published weights are wrong from the first token on.
pub fn positions_counted_from_1(
    this: &LearnedPositions,
    first_position: usize,
    tokens: usize,
) -> Tensor<2> {
    this.weight.val().narrow(POSITIONS, first_position + 1, tokens)
}

/// A short text takes the rows of the longest one's end, which training has hardly reached.
pub fn the_last_rows_of_the_table(
    this: &LearnedPositions,
    _first_position: usize,
    tokens: usize,
) -> Tensor<2> {
    let rows = this.max_tokens();
    this.weight.val().narrow(POSITIONS, rows - tokens, tokens)
}

/// A text too long is not refused: its end claims to stand at the beginning.
pub fn around_to_row_0_beyond_the_last(
    this: &LearnedPositions,
    first_position: usize,
    tokens: usize,
) -> Tensor<2> {
    let mut rows = Vec::new();
    for position in first_position..first_position + tokens {
        rows.push((position % this.max_tokens()) as i64);
    }
    let weight = this.weight.val();
    let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [tokens]), &weight.device());
    weight.select(POSITIONS, rows)
}

/// A text too long is not refused: all that comes after the last row stands in one place.
pub fn the_last_row_again_beyond_it(
    this: &LearnedPositions,
    first_position: usize,
    tokens: usize,
) -> Tensor<2> {
    let mut rows = Vec::new();
    for position in first_position..first_position + tokens {
        rows.push(position.min(this.max_tokens() - 1) as i64);
    }
    let weight = this.weight.val();
    let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [tokens]), &weight.device());
    weight.select(POSITIONS, rows)
}

/// The numbers are right, and no gradient reaches the table: it keeps its random start.
pub fn a_table_that_never_learns(
    this: &LearnedPositions,
    first_position: usize,
    tokens: usize,
) -> Tensor<2> {
    this.weight.val().detach().narrow(POSITIONS, first_position, tokens)
}

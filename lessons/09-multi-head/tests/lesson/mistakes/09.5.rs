//! Mistakes in `masked_weights`.

use attention::weights;
use burn::tensor::{Bool, Tensor};

/// What is hidden was in the sum: the others' shares are too small by what it would have got.
pub fn zeroed_after_the_softmax(scores: Tensor<4>, mask: Option<Tensor<4, Bool>>) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    weights(scores).mask_fill(mask, 0.0)
}

/// A score of 0 is a score like any other, and e^0 is 1.
pub fn the_hidden_scores_set_to_0(scores: Tensor<4>, mask: Option<Tensor<4, Bool>>) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    let sees_nothing = mask.clone().all_dim(3);
    weights(scores.mask_fill(mask, 0.0)).mask_fill(sees_nothing, 0.0)
}

/// What may be seen is hidden, and what is hidden seen.
pub fn the_other_polarity(scores: Tensor<4>, mask: Option<Tensor<4, Bool>>) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    let hidden = mask.bool_not();
    let lowest = scores.dtype().finfo().expect("scores are floats").min;
    let sees_nothing = hidden.clone().all_dim(3);
    weights(scores.mask_fill(hidden, lowest)).mask_fill(sees_nothing, 0.0)
}

/// Minus infinity less itself is NaN: one row that sees nothing, and from the next layer on every
/// number is.
pub fn minus_infinity_as_the_hidden_score(
    scores: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    weights(scores.mask_fill(mask, f32::NEG_INFINITY))
}

/// Who sees nothing gets a mean of all that was to be hidden.
pub fn equal_shares_where_everything_is_hidden(
    scores: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    let lowest = scores.dtype().finfo().expect("scores are floats").min;
    weights(scores.mask_fill(mask, lowest))
}

/// Scores below -10,000 do occur, and then the hidden one is the largest.
pub fn a_mere_minus_10000_as_the_hidden_score(
    scores: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    let sees_nothing = mask.clone().all_dim(3);
    weights(scores.mask_fill(mask, -10_000.0)).mask_fill(sees_nothing, 0.0)
}

/// Every token sees everything: the future, and its neighbours' filler.
pub fn the_mask_forgotten(scores: Tensor<4>, mask: Option<Tensor<4, Bool>>) -> Tensor<4> {
    let _ = mask;
    weights(scores)
}

/// The zeros at the end hide the NaN of a row that sees nothing; its gradient is NaN all the same,
/// and after one step so is the model.
pub fn minus_infinity_added_to_the_hidden_scores(
    scores: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    let sees_nothing = mask.clone().all_dim(3);
    let nothing = scores.zeros_like().mask_fill(mask, f32::NEG_INFINITY);
    weights(scores + nothing).mask_fill(sees_nothing, 0.0)
}

/// What is hidden ends at 0 whatever it scored. Where all scores are below -10,000 it took all of
/// the row first, and nothing is left for the others.
pub fn a_mere_minus_10000_and_what_is_hidden_zeroed_afterwards(
    scores: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    weights(scores.mask_fill(mask.clone(), -10_000.0)).mask_fill(mask, 0.0)
}

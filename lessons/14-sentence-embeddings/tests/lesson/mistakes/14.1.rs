//! Mistakes in `mean_pooling`.

use burn::tensor::{Bool, Tensor};

/// The vector of a text then depends on the longest text of its batch, and a short one beside a
/// page is nearly all padding.
pub fn the_mask_not_looked_at(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let _ = mask;
    states.mean_dim(1).squeeze_dim(1)
}

/// Padding adds nothing and is counted all the same: the direction is right and the length is not,
/// which a cosine never shows.
pub fn divided_by_all_tokens_and_not_by_those_kept(
    states: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<2> {
    let [batch, tokens, _] = states.dims();
    let states = match mask {
        Some(mask) => states * mask.reshape([batch, tokens, 1]).bool_not().float(),
        None => states,
    };
    states.mean_dim(1).squeeze_dim(1)
}

/// `true` is hidden in this course and kept in others: read the wrong way round, what is left is
/// the mean of the padding.
pub fn the_padding_kept_and_the_tokens_left_out(
    states: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<2> {
    let [batch, tokens, _] = states.dims();
    let Some(mask) = mask else { return states.mean_dim(1).squeeze_dim(1) };
    let keep = mask.reshape([batch, tokens, 1]).float();
    let sum = (states * keep.clone()).sum_dim(1);
    (sum / keep.sum_dim(1)).squeeze_dim(1)
}

/// Long texts get long vectors, and a search by dot products finds the longest first.
pub fn the_sum_and_not_the_mean(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let [batch, tokens, _] = states.dims();
    let states = match mask {
        Some(mask) => states * mask.reshape([batch, tokens, 1]).bool_not().float(),
        None => states,
    };
    states.sum_dim(1).squeeze_dim(1)
}

/// That is CLS pooling: a model trained with the mean has not learned to put the text there.
pub fn the_first_token_only(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let _ = mask;
    states.narrow(1, 0, 1).squeeze_dim(1)
}

/// One number for all texts: right for a text alone, and wrong as soon as two texts of a batch have
/// different lengths.
pub fn one_count_of_tokens_for_the_whole_batch(
    states: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<2> {
    let [batch, tokens, _] = states.dims();
    let Some(mask) = mask else { return states.mean_dim(1).squeeze_dim(1) };
    let keep = mask.reshape([batch, tokens, 1]).bool_not().float();
    let kept = keep.clone().sum().into_scalar::<f64>() / batch as f64;
    ((states * keep).sum_dim(1) / kept).squeeze_dim(1)
}

//! Mistakes in `max_pooling`.

use burn::tensor::{Bool, Tensor};

/// One large number in the padding's vector is then a number of every short text.
pub fn the_mask_not_looked_at(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let _ = mask;
    states.max_dim(1).squeeze_dim(1)
}

/// InferSent did so: alone a text kept its negative numbers, beside a longer one they became 0.
pub fn padding_counted_as_zeros(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let [batch, tokens, width] = states.dims();
    let visible = match mask {
        Some(mask) => {
            let mask = mask.reshape([batch, tokens, 1]).expand([batch, tokens, width]);
            states.mask_fill(mask, 0.0)
        }
        None => states,
    };
    visible.max_dim(1).squeeze_dim(1)
}

/// The other axis: one number for each token, and the vector is as wide as the text is long.
pub fn the_largest_number_of_each_token(
    states: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<2> {
    let [batch, tokens, width] = states.dims();
    let visible = match mask {
        Some(mask) => {
            let mask = mask.reshape([batch, tokens, 1]).expand([batch, tokens, width]);
            states.mask_fill(mask, f32::MIN)
        }
        None => states,
    };
    visible.max_dim(2).squeeze_dim(2)
}

/// The sign is lost: a token that says "not at all" counts as one that says "very much so".
pub fn the_largest_size_whatever_its_sign(
    states: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<2> {
    let [batch, tokens, width] = states.dims();
    let states = states.abs();
    let visible = match mask {
        Some(mask) => {
            let mask = mask.reshape([batch, tokens, 1]).expand([batch, tokens, width]);
            states.mask_fill(mask, f32::MIN)
        }
        None => states,
    };
    visible.max_dim(1).squeeze_dim(1)
}

/// `true` is hidden in this course and kept in others: here the padding is all that is looked at.
pub fn the_tokens_hidden_and_the_padding_kept(
    states: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<2> {
    let [batch, tokens, width] = states.dims();
    let visible = match mask {
        Some(mask) => {
            let mask = mask.reshape([batch, tokens, 1]).expand([batch, tokens, width]);
            states.mask_fill(mask.bool_not(), f32::MIN)
        }
        None => states,
    };
    visible.max_dim(1).squeeze_dim(1)
}

/// Whole tokens are compared, by their sums, and the winner's vector is taken: no number of any
/// other token is left.
pub fn the_one_token_with_the_largest_sum(
    states: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Tensor<2> {
    let [batch, tokens, width] = states.dims();
    let sums = states.clone().sum_dim(2); // [batch, tokens, 1]
    let sums = match mask {
        Some(mask) => sums.mask_fill(mask.reshape([batch, tokens, 1]), f32::MIN),
        None => sums,
    };
    states.gather(1, sums.argmax(1).expand([batch, 1, width])).squeeze_dim(1)
}

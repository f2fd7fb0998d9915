//! Mistakes in `merge_heads`.

use burn::tensor::Tensor;

/// All shapes are right, and a token gets numbers of other tokens: in a causal model, of later
/// ones.
pub fn merged_without_swapping_back(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, d_head] = x.dims();
    x.reshape([batch, tokens, heads * d_head])
}

/// The heads stand like the teeth of a comb, and the rows of W_o belong to other numbers.
pub fn one_number_of_each_head_in_turn(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, d_head] = x.dims();
    x.permute([0, 2, 3, 1]).reshape([batch, tokens, heads * d_head])
}

/// What one head found and what another did can no longer be told apart.
pub fn heads_added_up(x: Tensor<4>) -> Tensor<3> {
    let [batch, _, tokens, d_head] = x.dims();
    x.sum_dim(1).reshape([batch, tokens, d_head])
}

/// A mean of the heads, as narrow as one of them.
pub fn the_mean_of_the_heads(x: Tensor<4>) -> Tensor<3> {
    let [batch, _, tokens, d_head] = x.dims();
    x.mean_dim(1).reshape([batch, tokens, d_head])
}

/// A text with as many times its tokens as there are heads.
pub fn heads_one_below_the_other_as_more_tokens(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, d_head] = x.dims();
    x.reshape([batch, heads * tokens, d_head])
}

/// The wrong two axes exchanged: the size fits, and no number is where it belongs.
pub fn heads_swapped_with_the_numbers(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, d_head] = x.dims();
    x.swap_dims(1, 3).reshape([batch, tokens, heads * d_head])
}

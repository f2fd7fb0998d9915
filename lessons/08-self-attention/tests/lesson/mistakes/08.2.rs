//! Mistakes in `attend`.

use burn::tensor::Tensor;

/// Every token becomes the same mean: who looks at whom no longer matters.
pub fn all_values_alike_whatever_the_weights<const D: usize>(
    weights: Tensor<D>,
    v: Tensor<D>,
) -> Tensor<D> {
    (weights * 0.0 + 1.0).matmul(v.clone()) / v.dims()[D - 2] as f64
}

/// A choice instead of a mixture: nothing flows back to the other keys in training.
pub fn the_value_of_the_likeliest_key_only<const D: usize>(
    weights: Tensor<D>,
    v: Tensor<D>,
) -> Tensor<D> {
    let largest = weights.clone().max_dim(D - 1);
    weights.greater_equal(largest).float().matmul(v)
}

/// The weights have been divided already: outputs shrink with the length of the text.
pub fn divided_by_the_number_of_keys_once_more<const D: usize>(
    weights: Tensor<D>,
    v: Tensor<D>,
) -> Tensor<D> {
    let keys = weights.dims()[D - 1];
    weights.matmul(v) / keys as f64
}

/// The squares of shares no longer sum to 1.
pub fn weights_squared<const D: usize>(weights: Tensor<D>, v: Tensor<D>) -> Tensor<D> {
    (weights.clone() * weights).matmul(v)
}

/// Weights are shares already; softmax of them is nearly flat.
pub fn weights_put_through_exp_again<const D: usize>(
    weights: Tensor<D>,
    v: Tensor<D>,
) -> Tensor<D> {
    let exponentials = weights.exp();
    (exponentials.clone() / exponentials.sum_dim(D - 1)).matmul(v)
}

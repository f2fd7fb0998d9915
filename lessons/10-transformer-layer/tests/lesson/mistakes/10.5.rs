//! Mistakes in `rms_norm`.

use burn::tensor::Tensor;

/// Added after the root, an epsilon of 1e-5 counts as much as one of 1e-10 under it.
pub fn epsilon_outside_the_root<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let mean_square = x.clone().square().mean_dim(D - 1);
    x / (mean_square.sqrt() + epsilon) * weight.unsqueeze()
}

/// Every vector gets the length 1: the wider the model, the smaller its numbers.
pub fn the_sum_of_the_squares_and_not_their_mean<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let sum = x.clone().square().sum_dim(D - 1);
    x / (sum + epsilon).sqrt() * weight.unsqueeze()
}

/// That is LayerNorm without its bias. Where the means are near 0 nobody sees the difference.
pub fn the_mean_taken_off_first<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let mean = x.clone().mean_dim(D - 1);
    let centred = x - mean;
    let variance = centred.clone().square().mean_dim(D - 1);
    centred / (variance + epsilon).sqrt() * weight.unsqueeze()
}

/// Large vectors come out small, and small ones large.
pub fn divided_by_the_mean_square_and_not_its_root<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let mean_square = x.clone().square().mean_dim(D - 1);
    x / (mean_square + epsilon) * weight.unsqueeze()
}

/// A fresh model has weights of 1 and shows nothing; a trained one is wrong everywhere.
pub fn the_weight_forgotten<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let mean_square = x.clone().square().mean_dim(D - 1);
    x / (mean_square + epsilon).sqrt()
}

/// A token's size then depends on the other tokens, those that come after it included.
pub fn over_the_tokens_and_not_the_numbers_of_one<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let mean_square = x.clone().square().mean_dim(D - 2);
    x / (mean_square + epsilon).sqrt() * weight.unsqueeze()
}

/// A token of zeros is divided by 0, and its NaN spreads over the whole text by attention.
pub fn epsilon_forgotten<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let mean_square = x.clone().square().mean_dim(D - 1) + 0.0 * epsilon;
    x / mean_square.sqrt() * weight.unsqueeze()
}

/// Broadcasting makes a weight of one number fit every width: a file of another model is read
/// without a word.
pub fn one_weight_taken_for_all_numbers<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let mean_square = x.clone().square().mean_dim(D - 1);
    x / (mean_square + epsilon).sqrt() * weight.unsqueeze()
}

/// Nothing is divided by 0, and numbers that are large come out as without any epsilon: a published
/// model's are a little off, most where they are small.
pub fn epsilon_as_a_floor_and_not_added<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    assert_eq!(x.dims()[D - 1], weight.dims()[0]);
    let mean_square = x.clone().square().mean_dim(D - 1);
    x / mean_square.clamp_min(epsilon).sqrt() * weight.unsqueeze()
}

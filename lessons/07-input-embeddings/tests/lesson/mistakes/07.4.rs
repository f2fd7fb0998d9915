//! Mistakes in `layer_norm`.

use burn::tensor::{Tensor, assert_shape};

/// The variance of a sample. At 768 numbers nobody sees it, at four the output is 13 % too small.
pub fn divided_by_one_less_than_d_model<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().sum_dim(D - 1) / (d_model as f64 - 1.0);
    centred / (variance + epsilon).sqrt() * weight.unsqueeze() + bias.unsqueeze()
}

/// Harmless at 1e-12. At a variance as small as epsilon the output is larger than it was trained
/// to be.
pub fn epsilon_added_after_the_root<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    centred / (variance.sqrt() + epsilon) * weight.unsqueeze() + bias.unsqueeze()
}

/// 0 divided by 0 is NaN: one token whose numbers are all alike, and all that looks at it is NaN.
pub fn epsilon_left_out<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let _ = epsilon;
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    centred / variance.sqrt() * weight.unsqueeze() + bias.unsqueeze()
}

/// Loud tokens come out quiet and quiet ones loud, instead of all alike.
pub fn divided_by_the_variance_and_not_by_its_root<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    centred / (variance + epsilon) * weight.unsqueeze() + bias.unsqueeze()
}

/// What all numbers of a token have in common stays in, divided by a spread that knows nothing of
/// it.
pub fn the_mean_not_taken_away_from_what_is_divided<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let centred = x.clone() - x.clone().mean_dim(D - 1);
    let variance = centred.square().mean_dim(D - 1);
    x / (variance + epsilon).sqrt() * weight.unsqueeze() + bias.unsqueeze()
}

/// The weight then scales the shift too.
pub fn the_bias_added_before_the_weight_multiplies<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    (centred / (variance + epsilon).sqrt() + bias.unsqueeze()) * weight.unsqueeze()
}

/// No shape changes, but a token's numbers depend on its neighbours: one word more, and every other
/// word moves.
pub fn along_the_tokens_and_not_along_the_numbers<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let centred = x.clone() - x.mean_dim(D - 2);
    let variance = centred.clone().square().mean_dim(D - 2);
    centred / (variance + epsilon).sqrt() * weight.unsqueeze() + bias.unsqueeze()
}

/// In f32 the two cancel: around 10,000 the variance is -8, and its root is NaN.
pub fn the_mean_of_the_squares_less_the_square_of_the_mean<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let mean = x.clone().mean_dim(D - 1);
    let variance = x.clone().square().mean_dim(D - 1) - mean.clone().square();
    (x - mean) / (variance + epsilon).sqrt() * weight.unsqueeze() + bias.unsqueeze()
}

/// A gain of one number is stretched over all of them: a file of another model loads without a
/// word.
pub fn a_weight_of_another_length_let_through<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    centred / (variance + epsilon).sqrt() * weight.unsqueeze() + bias.unsqueeze()
}

//! Mistakes in `log_sigmoid`.

use burn::tensor::{Tensor, activation};

/// A probability and not its logarithm: summed as a loss it falls as the answers get worse.
pub fn the_sigmoid_without_the_logarithm<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::sigmoid(x)
}

/// What it costs, 0 or more. The loss puts a minus in front once more and falls without end.
pub fn the_sign<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    -activation::log_sigmoid(x)
}

/// The logarithm of the probability of "no": pulls and pushes are exchanged.
pub fn of_minus_x_and_not_of_x<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::log_sigmoid(-x)
}

/// Bits are nats divided by ln 2: everything is 1.44 times as large, the learning rate too.
pub fn bits_and_not_nats<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::log_sigmoid(x) / std::f64::consts::LN_2
}

/// At a score of -200 e^200 is infinite in f32: so is the loss, and the gradient is NaN.
pub fn e_to_the_minus_x_as_it_is<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    -((-x).exp() + 1.0).log()
}

/// No score costs more than 27.6 nats, and from there on no gradient says that the answer is wrong.
pub fn a_small_number_added_to_the_probability<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    (activation::sigmoid(x) + 1e-12).log()
}

/// Right in every digit, and made of two bends at 0 whose slopes autodiff has to guess. At 0 lie
/// all scores of a fresh model.
pub fn a_slope_at_0_that_is_not_one_half<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone().clamp_max(0.0) - ((-x.abs()).exp() + 1.0).log()
}

//! Mistakes in `entropy`.

use burn::tensor::Tensor;

/// ln 0 is minus infinity, and 0 times it is NaN: one key that gets nothing spoils the mean.
pub fn the_logarithm_of_0<const D: usize>(weights: Tensor<D>) -> Tensor<D> {
    -(weights.clone() * weights.log()).sum_dim(D - 1)
}

/// Base 2: larger by 1 / ln 2 = 1.44, and no longer what ln(keys) bounds.
pub fn bits_and_not_nats<const D: usize>(weights: Tensor<D>) -> Tensor<D> {
    let logarithms = weights.clone().clamp_min(f32::MIN_POSITIVE).log();
    -(weights * logarithms).sum_dim(D - 1) / std::f64::consts::LN_2
}

/// The weights are the shares of the mean: the number of keys has no place in it.
pub fn mean_over_the_keys<const D: usize>(weights: Tensor<D>) -> Tensor<D> {
    let logarithms = weights.clone().clamp_min(f32::MIN_POSITIVE).log();
    -(weights * logarithms).mean_dim(D - 1)
}

/// Logarithms of shares are below 0; what is asked for is above it.
pub fn the_sign<const D: usize>(weights: Tensor<D>) -> Tensor<D> {
    let logarithms = weights.clone().clamp_min(f32::MIN_POSITIVE).log();
    (weights * logarithms).sum_dim(D - 1)
}

/// That is the number of keys which it is as if the query looked at, and no longer nats.
pub fn e_to_the_entropy_already<const D: usize>(weights: Tensor<D>) -> Tensor<D> {
    let logarithms = weights.clone().clamp_min(f32::MIN_POSITIVE).log();
    (-(weights * logarithms).sum_dim(D - 1)).exp()
}

/// Right for a matrix; with heads before it, one number is added up over the heads.
pub fn along_the_second_axis_whatever_the_rank<const D: usize>(weights: Tensor<D>) -> Tensor<D> {
    let logarithms = weights.clone().clamp_min(f32::MIN_POSITIVE).log();
    -(weights * logarithms).sum_dim(1)
}

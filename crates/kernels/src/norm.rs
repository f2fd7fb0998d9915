//! Layer norm and RMSNorm, fast.

use burn::tensor::{Tensor, module};

use crate::plain::count_call;

/// Brings the last axis to mean 0 and variance 1, then scales and shifts it.
///
/// (x - mean) / sqrt(variance + epsilon) * weight + bias. On flex a row is read once from memory
/// and written where it was. Elsewhere it is burn's own. Lesson 07 holds it equal to its plain
/// `layer_norm`.
///
/// # Shapes
///
/// - x: `[.., d_model]`
/// - weight, bias: `[d_model]`
/// - output: as x
///
/// # Panics
///
/// If the last axis of `x` is not the length of `weight` and of `bias`.
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    count_call();
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&x) {
        return crate::flex::norm::layer_norm(x, weight, bias, epsilon);
    }
    module::layer_norm(x, weight, Some(bias), epsilon)
}

/// [`layer_norm`] of x + residual: the sum is not written to memory in between.
///
/// # Shapes
///
/// - x, residual: `[.., d_model]`
/// - weight, bias: `[d_model]`
/// - output: as x
///
/// # Panics
///
/// If `x` and `residual` differ in shape, or their last axis is not the length of `weight` and of
/// `bias`.
pub fn add_layer_norm<const D: usize>(
    x: Tensor<D>,
    residual: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    count_call();
    assert_eq!(x.dims(), residual.dims(), "what is added to x has its shape");
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&x) && crate::memory::is_array(&residual) {
        return crate::flex::norm::add_layer_norm(x, residual, weight, bias, epsilon);
    }
    module::layer_norm(x + residual, weight, Some(bias), epsilon)
}

/// Brings the mean square of the last axis to 1, then scales it: x / sqrt(mean(x^2) + epsilon) *
/// weight. On flex a row is read once from memory and written where it was, and what is trained
/// through keeps no step between. Elsewhere it is made of burn's operations. Lessons 09 and 10 hold
/// it equal to their plain `norm_heads` and `rms_norm`.
///
/// # Shapes
///
/// - x: `[.., d_model]`
/// - weight: `[d_model]`
/// - output: as x
///
/// # Panics
///
/// If the last axis of `x` is not the length of `weight`.
pub fn rms_norm<const D: usize>(x: Tensor<D>, weight: Tensor<1>, epsilon: f64) -> Tensor<D> {
    count_call();
    let [d_model] = weight.dims();
    burn::tensor::assert_shape!(x, [.., d_model]);
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&x) {
        return crate::flex::rms_norm::rms_norm(x, weight, epsilon);
    }
    let mean_square = x.clone().square().mean_dim(D - 1);
    x / (mean_square + epsilon).sqrt() * weight.unsqueeze()
}

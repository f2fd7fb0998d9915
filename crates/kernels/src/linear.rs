//! A linear map, fast.

use burn::nn::Linear;
use burn::tensor::Tensor;

use crate::plain::count_call;

/// x W + b. On flex the rows of one text are multiplied by tiles of this crate, which begin with the
/// bias; W is laid out for them once, and its columns are shared out among the processor's cores.
/// Elsewhere, for a whole batch or a few rows, and where it is trained through, it is burn's own.
///
/// Lesson 09 holds it equal to burn's `Linear`.
///
/// # Shapes
///
/// - x: `[.., d_input]`
/// - map.weight: `[d_input, d_output]`
/// - output: `[.., d_output]`
///
/// # Panics
///
/// If the last axis of `x` is not `d_input`.
pub fn linear<const D: usize>(map: &Linear, x: Tensor<D>) -> Tensor<D> {
    count_call();
    #[cfg(feature = "flex")]
    {
        let weight = map.weight.val();
        let [d_input, _] = weight.dims();
        burn::tensor::assert_shape!(x, [.., d_input]);
        if crate::memory::is_array(&x) && crate::memory::is_array(&weight) {
            return crate::flex::linear::linear(
                x,
                weight,
                map.bias.as_ref().map(|bias| bias.val()),
            );
        }
    }
    map.forward(x)
}

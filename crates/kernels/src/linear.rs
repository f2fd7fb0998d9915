//! A linear map, fast.

use burn::nn::Linear;
use burn::tensor::Tensor;

use crate::gelu::gelu_exact;
use crate::plain::count_call;

/// x W + b. On flex rows are multiplied by tiles of this crate, which begin with the bias; W is laid
/// out for them once, as long as there is room for it twice, and its columns or the rows are shared
/// out among the processor's cores. So are the columns for very few rows, such as those of a token
/// that is decoded, for which W is read where it lies. Elsewhere, for many rows of a large model, and
/// where it is trained through, it is burn's own.
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

/// The exact GELU of x W + b, computed where the sum is before it is written: on flex, without
/// training. Elsewhere it is [`linear`] and [`gelu_exact`] after it.
///
/// Lesson 10 holds it equal to its plain form.
///
/// # Shapes and panics
///
/// As [`linear`].
pub fn linear_gelu<const D: usize>(map: &Linear, x: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "flex")]
    {
        let weight = map.weight.val();
        let trained = x.is_autodiff() || weight.is_autodiff();
        if !trained && crate::memory::is_array(&x) && crate::memory::is_array(&weight) {
            count_call();
            let [d_input, _] = weight.dims();
            burn::tensor::assert_shape!(x, [.., d_input]);
            let bias = map.bias.as_ref().map(|bias| bias.val());
            return crate::flex::activated::linear_gelu(x, weight, bias);
        }
    }
    gelu_exact(linear(map, x))
}

/// x W^T, a vector compared with every row of a table: the logits of a language model. On flex the
/// rows are shared out among the processor's cores where few vectors are compared; where it is
/// trained, the vectors of all texts are one matrix, whose gradient goes to the table in one product.
/// Elsewhere it is burn's own.
///
/// Lesson 01 holds it equal to its plain `unembed`.
///
/// # Shapes
///
/// - x: `[.., d_model]`
/// - table: `[vocab, d_model]`
/// - output: `[.., vocab]`
///
/// # Panics
///
/// If the last axis of `x` is not `d_model`.
pub fn compare<const D: usize>(x: Tensor<D>, table: Tensor<2>) -> Tensor<D> {
    count_call();
    let [_, d_model] = table.dims();
    burn::tensor::assert_shape!(x, [.., d_model]);
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&x) && crate::memory::is_array(&table) {
        let few = x.shape().num_elements() <= 3 * d_model;
        if few || x.is_autodiff() || table.is_autodiff() {
            return crate::flex::linear::linear(x, table.transpose(), None);
        }
    }
    // Transposed last: `unsqueeze` of a transposed table copies it, megabytes a time.
    x.matmul(table.unsqueeze::<D>().transpose())
}

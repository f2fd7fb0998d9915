//! A linear map and its activation on flex.

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;

use super::linear::on_flex;
use crate::product::Then;

/// [`crate::linear::linear_gelu`] where [`is_array`](crate::memory::is_array) takes x and weight.
pub(crate) fn linear_gelu<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(match bias {
        Some(bias) => <Dispatch as Activated>::gelu_of_affine(x, weight, bias.into_dispatch()),
        None => <Dispatch as Activated>::gelu_of_linear(x, weight),
    })
}

/// A product whose sums are activated before they are written.
#[backend_extension(Flex)]
pub(crate) trait Activated: Backend {
    /// GELU of x W
    fn gelu_of_linear(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;

    /// GELU of x W + b
    fn gelu_of_affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl Activated for Flex {
    fn gelu_of_linear(x: FlexTensor, weight: FlexTensor) -> FlexTensor {
        on_flex(x, weight, None, Then::Gelu)
    }

    fn gelu_of_affine(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        on_flex(x, weight, Some(bias), Then::Gelu)
    }
}

//! Softmax on flex.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::ActivationOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::each_row;
use crate::rows;

/// [`crate::softmax::softmax`] of what [`is_array`](crate::memory::is_array) takes.
pub(crate) fn softmax<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as Softmax>::softmax_rows(scores.into_dispatch()))
}

/// The softmax of rows, its exponentials many side by side.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Softmax: Backend {
    /// Every row as shares of 1.
    fn softmax_rows(scores: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Softmax for Flex {
    fn softmax_rows(scores: FlexTensor) -> FlexTensor {
        each_row(scores, rows::softmax)
    }
}

impl<B: Softmax, C: CheckpointStrategy> Softmax for Autodiff<B, C> {
    fn softmax_rows(scores: FloatTensor<Self>) -> FloatTensor<Self> {
        let last = scores.rank() - 1;
        <Self as ActivationOps<Self>>::softmax(scores, last)
    }
}

//! A linear map on flex.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::ModuleOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::columns::Columns;
use super::panels::panels;
use super::{tensor, trained_linear, whole};
use crate::product::product;
use crate::tiles::Matrix;

/// Fewest rows that fill enough of a tile.
const FEWEST_ROWS: usize = 4;

/// Rows from which on burn's own product is the faster one: many rows pay for what it lays out anew
/// in each call, and several batches share the cores as they are.
const MANY_ROWS: usize = 256;

/// [`crate::linear::linear`] where [`is_array`](crate::memory::is_array) takes x and weight.
pub(crate) fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(match bias {
        Some(bias) => <Dispatch as LinearMap>::affine(x, weight, bias.into_dispatch()),
        None => <Dispatch as LinearMap>::linear_by_tiles(x, weight),
    })
}

/// A product with weights by the tiles of [`product`].
#[backend_extension(Flex, Autodiff)]
pub(crate) trait LinearMap: Backend {
    /// x W
    fn linear_by_tiles(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;

    /// x W + b
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl LinearMap for Flex {
    fn linear_by_tiles(x: FlexTensor, weight: FlexTensor) -> FlexTensor {
        on_flex(x, weight, None)
    }

    fn affine(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        on_flex(x, weight, Some(bias))
    }
}

/// x W + b of a product that is worth the tiles; burn's of others.
fn on_flex(x: FlexTensor, weight: FlexTensor, bias: Option<FlexTensor>) -> FlexTensor {
    let mut shape = x.shape();
    let [inner, columns] = weight.shape().dims();
    let rows = shape.num_elements() / inner.max(1);
    let strides = weight.layout().strides().to_vec();
    let worth_tiles = rows == 0 || (FEWEST_ROWS..MANY_ROWS).contains(&rows);
    if !worth_tiles || strides.iter().any(|&stride| stride < 0) {
        return <Flex as ModuleOps<Flex>>::linear(x, weight, bias);
    }
    let last = shape.num_dims() - 1;
    shape[last] = columns;
    let (x, bias) = (whole(x), bias.map(whole));
    let matrix = Matrix {
        numbers: &weight.storage::<f32>()[weight.layout().start_offset()..],
        rows: inner,
        columns,
        row_stride: strides[0].unsigned_abs(),
        column_stride: strides[1].unsigned_abs(),
    };
    let kept = panels(&weight, matrix);
    let kept = kept.as_ref().map(|panels| &panels[..]);
    let mut out = vec![0.0; rows * columns];
    product(x.storage(), matrix, kept, bias.as_ref().map(|bias| bias.storage()), &mut out);
    tensor(out, shape)
}

impl<B: LinearMap + Columns, C: CheckpointStrategy> LinearMap for Autodiff<B, C> {
    fn linear_by_tiles(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        trained_linear::linear::<B, C>(x, weight)
    }

    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        trained_linear::affine::<B, C>(x, weight, bias)
    }
}

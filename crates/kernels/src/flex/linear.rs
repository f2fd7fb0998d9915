//! A linear map on flex.

use burn::backend::flex::FlexTensor;
use burn::backend::ops::ModuleOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::gelu::Gelu;
use super::panels::panels;
use super::{tensor, whole};
use crate::few_rows;
use crate::product::{Then, product};
use crate::tiles::Matrix;

/// Fewest rows that fill enough of a tile.
const FEWEST_ROWS: usize = 4;

/// Rows from which on burn's own product is the faster one where there is no room to keep the weights
/// laid out: it lays them out once for all rows.
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
        on_flex(x, weight, None, Then::Store)
    }

    fn affine(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        on_flex(x, weight, Some(bias), Then::Store)
    }
}

/// x W + b by the product that is the fastest for so many rows, and what follows it.
pub(super) fn on_flex(
    x: FlexTensor,
    weight: FlexTensor,
    bias: Option<FlexTensor>,
    then: Then,
) -> FlexTensor {
    let mut shape = x.shape();
    let [inner, columns] = weight.shape().dims();
    let rows = shape.num_elements() / inner.max(1);
    let strides = weight.layout().strides().to_vec();
    if strides.iter().any(|&stride| stride < 0) {
        return burns(x, weight, bias, then);
    }
    let weight = &weight;
    let matrix = Matrix {
        numbers: &weight.storage::<f32>()[weight.layout().start_offset()..],
        rows: inner,
        columns,
        row_stride: strides[0].unsigned_abs(),
        column_stride: strides[1].unsigned_abs(),
    };
    let few = rows < FEWEST_ROWS && few_rows::reads(&matrix);
    let kept = if few { None } else { panels(weight, matrix) };
    if !few && kept.is_none() && rows >= MANY_ROWS {
        return burns(x, weight.clone(), bias, then);
    }
    let last = shape.num_dims() - 1;
    shape[last] = columns;
    let (x, bias) = (whole(x), bias.map(whole));
    let bias = bias.as_ref().map(|bias| bias.storage());
    let mut out = vec![0.0; shape.num_elements()];
    if few {
        few_rows::product(x.storage(), matrix, bias, then, &mut out);
    } else {
        product(x.storage(), matrix, kept.as_deref(), bias, then, &mut out);
    }
    tensor(out, shape)
}

/// The same by burn's own product.
fn burns(x: FlexTensor, weight: FlexTensor, bias: Option<FlexTensor>, then: Then) -> FlexTensor {
    let y = <Flex as ModuleOps<Flex>>::linear(x, weight, bias);
    match then {
        Then::Store => y,
        Then::Gelu => <Flex as Gelu>::gelu_by_bell(y),
    }
}

//! Layer norm on flex.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::{FloatTensorOps, ModuleOps};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use pulp::Arch;
use rayon::prelude::*;

use super::{each_row, row_and_task, whole};
use crate::rows::{self, Scales};

/// [`crate::norm::layer_norm`] of what [`is_array`](crate::memory::is_array) takes.
pub(crate) fn layer_norm<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Norm>::norm_rows(x, weight, bias, epsilon))
}

/// [`crate::norm::add_layer_norm`] where [`is_array`](crate::memory::is_array) takes x and residual.
pub(crate) fn add_layer_norm<const D: usize>(
    x: Tensor<D>,
    residual: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let (x, residual) = (x.into_dispatch(), residual.into_dispatch());
    let (weight, bias) = (weight.into_dispatch(), bias.into_dispatch());
    let normed = <Dispatch as Norm>::add_and_norm_rows(x, residual, weight, bias, epsilon);
    Tensor::from_dispatch(normed)
}

/// Layer norm, each row read once from memory.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Norm: Backend {
    /// Every row brought to mean 0 and variance 1, then scaled and shifted.
    fn norm_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    /// The same of x + residual.
    fn add_and_norm_rows(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;
}

impl Norm for Flex {
    fn norm_rows(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, epsilon: f64) -> FlexTensor {
        let (weight, bias) = (whole(weight), whole(bias));
        let epsilon = epsilon as f32;
        let scales = Scales { weight: weight.storage(), bias: bias.storage(), epsilon };
        each_row(x, |row| rows::layer_norm(row, scales))
    }

    fn add_and_norm_rows(
        x: FlexTensor,
        residual: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        epsilon: f64,
    ) -> FlexTensor {
        let (mut x, residual) = (whole(x), whole(residual));
        let (weight, bias) = (whole(weight), whole(bias));
        let epsilon = epsilon as f32;
        let scales = Scales { weight: weight.storage(), bias: bias.storage(), epsilon };
        let (width, task) = row_and_task(&x);
        let arch = Arch::new();
        let numbers = x.storage_mut::<f32>().par_chunks_mut(task);
        numbers.zip(residual.storage::<f32>().par_chunks(task)).for_each(|(numbers, residual)| {
            arch.dispatch(|| {
                let rows = numbers.chunks_exact_mut(width);
                for (row, residual) in rows.zip(residual.chunks_exact(width)) {
                    rows::add(row, residual);
                    rows::layer_norm(row, scales);
                }
            });
        });
        x
    }
}

impl<B: Norm, C: CheckpointStrategy> Norm for Autodiff<B, C> {
    fn norm_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        <Self as ModuleOps<Self>>::layer_norm(x, weight, Some(bias), epsilon)
    }

    fn add_and_norm_rows(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        Self::norm_rows(Self::float_add(x, residual), weight, bias, epsilon)
    }
}

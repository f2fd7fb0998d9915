//! Layer norm on flex.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};
use pulp::Arch;
use rayon::prelude::*;

use super::{each_row, row_and_task, tensor, whole};
use crate::row_gradients::{self, ScaleGradients};
use crate::rows::{self, Scales};
use crate::tally::{self, Operation};

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

    /// The gradients of x, weight and bias, of that of the normed rows.
    fn norm_rows_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

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

    fn norm_rows_backward(
        x: FlexTensor,
        weight: FlexTensor,
        gradient: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let width = weight.shape().num_elements();
        let (weight, epsilon) = (whole(weight), epsilon as f32);
        let scale = weight.storage::<f32>();
        let (gradient, sums) = each_row_back(x, gradient, |x, gradient, sums| {
            row_gradients::layer_norm(x, gradient, scale, epsilon, sums);
        });
        let ScaleGradients { weight, bias } = sums;
        let [weight, bias] = [weight, bias].map(|sums| tensor(sums, Shape::new([width])));
        (gradient, weight, bias)
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

/// Turns the gradients of all normed rows into those of x, and adds up what they pass to the
/// scales.
pub(super) fn each_row_back(
    x: FlexTensor,
    gradient: FlexTensor,
    back: impl Fn(&[f32], &mut [f32], &mut ScaleGradients) + Copy + Sync,
) -> (FlexTensor, ScaleGradients) {
    let _timer = tally::timer(Operation::Norm, || tally::pass(2 * x.shape().num_elements(), 8));
    let (x, mut gradient) = (whole(x), whole(gradient));
    let (width, task) = row_and_task(&x);
    let arch = Arch::new();
    let tasks = gradient.storage_mut::<f32>().par_chunks_mut(task);
    let parts = tasks.zip(x.storage::<f32>().par_chunks(task)).map(|(gradient, x)| {
        let mut sums = ScaleGradients::zeros(width);
        arch.dispatch(|| {
            for (gradient, x) in gradient.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                back(x, gradient, &mut sums);
            }
        });
        sums
    });
    let parts: Vec<ScaleGradients> = parts.collect(); // added in the order of the rows
    let mut sums = ScaleGradients::zeros(width);
    for part in &parts {
        sums.add(part);
    }
    (gradient, sums)
}

/// The backward step of layer norm.
#[derive(Debug)]
struct NormStep;

/// What [`NormStep`] keeps.
#[derive(Debug, Clone)]
struct Normed<B: Backend> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    epsilon: f64,
}

impl<B: Norm> Backward<B, 3> for NormStep {
    type State = Normed<B>;

    fn backward(self, ops: Ops<Normed<B>, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let up = gradients.consume::<B>(&ops.node);
        let Normed { x, weight, epsilon } = ops.state;
        let (x, weight, bias) = B::norm_rows_backward(x, weight, up, epsilon);
        for (parent, gradient) in ops.parents.into_iter().zip([x, weight, bias]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: Norm, C: CheckpointStrategy> Norm for Autodiff<B, C> {
    fn norm_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (weight, of_weight) = weight.into_parts();
        let (bias, of_bias) = bias.into_parts();
        let nodes = [of_x, of_weight, of_bias];
        match NormStep.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let kept = Normed { x: x.clone(), weight: weight.clone(), epsilon };
                step.finish(kept, B::norm_rows(x, weight, bias, epsilon))
            }
            OpsKind::UnTracked(step) => step.finish(B::norm_rows(x, weight, bias, epsilon)),
        }
    }

    fn norm_rows_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("a gradient is asked for inside the graph alone")
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

//! RMSNorm on flex.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::norm::each_row_back;
use super::{each_row, tensor, whole};
use crate::{row_gradients, rows};

/// [`crate::norm::rms_norm`] of what [`is_array`](crate::memory::is_array) takes.
pub(crate) fn rms_norm<const D: usize>(x: Tensor<D>, weight: Tensor<1>, epsilon: f64) -> Tensor<D> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(<Dispatch as RmsNorm>::rms_norm_rows(x, weight, epsilon))
}

/// RMSNorm, each row read once from memory.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait RmsNorm: Backend {
    /// Every row brought to mean square 1, then scaled.
    fn rms_norm_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    /// The gradients of x and weight, of that of the normed rows.
    fn rms_norm_rows_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl RmsNorm for Flex {
    fn rms_norm_rows(x: FlexTensor, weight: FlexTensor, epsilon: f64) -> FlexTensor {
        let (weight, epsilon) = (whole(weight), epsilon as f32);
        let scale = weight.storage::<f32>();
        each_row(x, |row| rows::rms_norm(row, scale, epsilon))
    }

    fn rms_norm_rows_backward(
        x: FlexTensor,
        weight: FlexTensor,
        gradient: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor) {
        let (shape, weight, epsilon) = (weight.shape(), whole(weight), epsilon as f32);
        let scale = weight.storage::<f32>();
        let (gradient, sums) = each_row_back(x, gradient, |x, gradient, sums| {
            row_gradients::rms_norm(x, gradient, scale, epsilon, sums);
        });
        (gradient, tensor(sums.weight, shape))
    }
}

/// The backward step of RMSNorm.
#[derive(Debug)]
struct RmsNormStep;

/// What [`RmsNormStep`] keeps.
#[derive(Debug, Clone)]
struct Normed<B: Backend> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    epsilon: f64,
}

impl<B: RmsNorm> Backward<B, 2> for RmsNormStep {
    type State = Normed<B>;

    fn backward(self, ops: Ops<Normed<B>, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let up = gradients.consume::<B>(&ops.node);
        let Normed { x, weight, epsilon } = ops.state;
        let (x, weight) = B::rms_norm_rows_backward(x, weight, up, epsilon);
        for (parent, gradient) in ops.parents.into_iter().zip([x, weight]) {
            if let Some(parent) = parent {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

impl<B: RmsNorm, C: CheckpointStrategy> RmsNorm for Autodiff<B, C> {
    fn rms_norm_rows(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let (x, of_x) = x.into_parts();
        let (weight, of_weight) = weight.into_parts();
        match RmsNormStep.prepare::<C>([of_x, of_weight]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let kept = Normed { x: x.clone(), weight: weight.clone(), epsilon };
                step.finish(kept, B::rms_norm_rows(x, weight, epsilon))
            }
            OpsKind::UnTracked(step) => step.finish(B::rms_norm_rows(x, weight, epsilon)),
        }
    }

    fn rms_norm_rows_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("a gradient is asked for inside the graph alone")
    }
}

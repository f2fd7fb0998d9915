//! Softmax on flex.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use pulp::Arch;
use rayon::prelude::*;

use super::{each_row, row_and_task, whole};
use crate::{row_gradients, rows};

/// [`crate::softmax::softmax`] of what [`is_array`](crate::memory::is_array) takes.
pub(crate) fn softmax<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as Softmax>::softmax_rows(scores.into_dispatch()))
}

/// The softmax of rows, its exponentials many side by side.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Softmax: Backend {
    /// Every row as shares of 1.
    fn softmax_rows(scores: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The gradient of the scores, of that of the shares.
    fn softmax_rows_backward(
        shares: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl Softmax for Flex {
    fn softmax_rows(scores: FlexTensor) -> FlexTensor {
        each_row(scores, rows::softmax)
    }

    fn softmax_rows_backward(shares: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let (shares, mut gradient) = (whole(shares), whole(gradient));
        let (width, task) = row_and_task(&gradient);
        let arch = Arch::new();
        let tasks = gradient.storage_mut::<f32>().par_chunks_mut(task);
        tasks.zip(shares.storage::<f32>().par_chunks(task)).for_each(|(gradient, shares)| {
            arch.dispatch(|| {
                let rows = gradient.chunks_exact_mut(width);
                for (gradient, shares) in rows.zip(shares.chunks_exact(width)) {
                    row_gradients::softmax(shares, gradient);
                }
            });
        });
        gradient
    }
}

/// The backward step of softmax, whose state is the shares.
#[derive(Debug)]
struct SoftmaxStep;

impl<B: Softmax> Backward<B, 1> for SoftmaxStep {
    type State = FloatTensor<B>;

    fn backward(
        self,
        ops: Ops<FloatTensor<B>, 1>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let shares = ops.state;
        unary::<B, _>(ops.parents, ops.node, gradients, |up| B::softmax_rows_backward(shares, up));
    }
}

impl<B: Softmax, C: CheckpointStrategy> Softmax for Autodiff<B, C> {
    fn softmax_rows(scores: FloatTensor<Self>) -> FloatTensor<Self> {
        let (scores, node) = scores.into_parts();
        let shares = B::softmax_rows(scores);
        match SoftmaxStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(shares.clone(), shares),
            OpsKind::UnTracked(step) => step.finish(shares),
        }
    }

    fn softmax_rows_backward(_: FloatTensor<Self>, _: FloatTensor<Self>) -> FloatTensor<Self> {
        unreachable!("a gradient is asked for inside the graph alone")
    }
}

//! Cross entropy on flex.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Int, Shape, Tensor};
use pulp::Arch;
use rayon::prelude::*;

use super::{row_and_task, tensor, whole};
use crate::rows;

/// [`crate::cross_entropy::cross_entropy`] of what [`is_array`](crate::memory::is_array) takes.
pub(crate) fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [_, classes] = logits.dims();
    let mut numbers = Vec::new();
    for target in targets.into_data().iter::<i64>() {
        let class = usize::try_from(target).ok().filter(|&class| class < classes);
        numbers.push(class.unwrap_or_else(|| panic!("target {target} of {classes} classes")));
    }
    let nats = <Dispatch as CrossEntropy>::nats(logits.into_dispatch(), Arc::new(numbers));
    Tensor::from_dispatch(nats)
}

/// Cross entropy of rows of logits, and its gradient, by one softmax.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait CrossEntropy: Backend {
    /// Mean nats over the rows.
    fn nats(logits: FloatTensor<Self>, targets: Arc<Vec<usize>>) -> FloatTensor<Self>;

    /// Mean nats, and their gradient with respect to the logits.
    fn nats_and_gradient(
        logits: FloatTensor<Self>,
        targets: Arc<Vec<usize>>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl CrossEntropy for Flex {
    fn nats(logits: FlexTensor, targets: Arc<Vec<usize>>) -> FlexTensor {
        <Flex as CrossEntropy>::nats_and_gradient(logits, targets).0
    }

    fn nats_and_gradient(logits: FlexTensor, targets: Arc<Vec<usize>>) -> (FlexTensor, FlexTensor) {
        let mut logits = whole(logits);
        let (width, task) = row_and_task(&logits);
        let share = 1.0 / targets.len() as f32;
        let arch = Arch::new();
        let tasks = logits.storage_mut::<f32>().par_chunks_mut(task);
        let tasks = tasks.zip(targets.par_chunks(task / width));
        let parts = tasks.map(|(logits, targets)| {
            let mut nats = 0.0;
            arch.dispatch(|| {
                for (row, &target) in logits.chunks_exact_mut(width).zip(targets) {
                    nats += f64::from(rows::cross_entropy(row, target, share));
                }
            });
            nats
        });
        let parts: Vec<f64> = parts.collect(); // added in the order of the rows
        let nats: f64 = parts.iter().sum();
        (tensor(vec![(nats * f64::from(share)) as f32], Shape::new([1])), logits)
    }
}

/// The backward step of cross entropy, whose state is the gradient of the logits.
#[derive(Debug)]
struct CrossEntropyStep;

impl<B: Backend> Backward<B, 1> for CrossEntropyStep {
    type State = FloatTensor<B>;

    fn backward(
        self,
        ops: Ops<FloatTensor<B>, 1>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let slope = ops.state;
        unary::<B, _>(ops.parents, ops.node, gradients, |up| {
            let up = B::float_reshape(up, Shape::new([1; 2]));
            B::float_mul(slope, up)
        });
    }
}

impl<B: CrossEntropy, C: CheckpointStrategy> CrossEntropy for Autodiff<B, C> {
    fn nats(logits: FloatTensor<Self>, targets: Arc<Vec<usize>>) -> FloatTensor<Self> {
        let (logits, node) = logits.into_parts();
        match CrossEntropyStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let (nats, gradient) = B::nats_and_gradient(logits, targets);
                step.finish(gradient, nats)
            }
            OpsKind::UnTracked(step) => step.finish(B::nats(logits, targets)),
        }
    }

    fn nats_and_gradient(
        _: FloatTensor<Self>,
        _: Arc<Vec<usize>>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("the gradient is asked for inside the graph alone")
    }
}

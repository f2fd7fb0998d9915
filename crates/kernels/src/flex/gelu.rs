//! GELU on flex.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use pulp::Arch;
use rayon::prelude::*;

use super::{WORTH_A_TASK, tensor, whole};
use crate::normal;

/// [`crate::gelu::gelu_exact`] of what [`is_array`](crate::memory::is_array) takes.
pub(crate) fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as Gelu>::gelu_by_bell(x.into_dispatch()))
}

/// GELU by the polynomial of [`normal`].
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Gelu: Backend {
    /// GELU of every number.
    fn gelu_by_bell(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// GELU of every number, and its derivative there.
    fn gelu_and_slope(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl Gelu for Flex {
    fn gelu_by_bell(x: FlexTensor) -> FlexTensor {
        let mut x = whole(x);
        let arch = Arch::new();
        x.storage_mut::<f32>().par_chunks_mut(WORTH_A_TASK).for_each(|numbers| {
            arch.dispatch(|| {
                for x in numbers {
                    *x = normal::gelu(*x);
                }
            });
        });
        x
    }

    fn gelu_and_slope(x: FlexTensor) -> (FlexTensor, FlexTensor) {
        let mut x = whole(x);
        let shape = x.shape();
        let values = x.storage_mut::<f32>();
        let mut slopes = vec![0.0; values.len()];
        let arch = Arch::new();
        let tasks = values.par_chunks_mut(WORTH_A_TASK).zip(slopes.par_chunks_mut(WORTH_A_TASK));
        tasks.for_each(|(values, slopes)| {
            arch.dispatch(|| {
                for (x, slope) in values.iter_mut().zip(slopes) {
                    (*x, *slope) = normal::gelu_and_slope(*x);
                }
            });
        });
        (x, tensor(slopes, shape))
    }
}

/// The backward step of GELU, whose state is the derivative.
#[derive(Debug)]
struct GeluStep;

impl<B: Backend> Backward<B, 1> for GeluStep {
    type State = FloatTensor<B>;

    fn backward(
        self,
        ops: Ops<FloatTensor<B>, 1>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let slope = ops.state;
        unary::<B, _>(ops.parents, ops.node, gradients, |up| B::float_mul(up, slope));
    }
}

impl<B: Gelu, C: CheckpointStrategy> Gelu for Autodiff<B, C> {
    fn gelu_by_bell(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        match GeluStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let (value, slope) = B::gelu_and_slope(x);
                step.finish(slope, value)
            }
            OpsKind::UnTracked(step) => step.finish(B::gelu_by_bell(x)),
        }
    }

    fn gelu_and_slope(_: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("the derivative is asked for inside the graph alone")
    }
}

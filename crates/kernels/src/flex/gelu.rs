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
use crate::tally::{self, Operation};
use crate::{normal, tanh_form};

/// [`crate::gelu::gelu_exact`] of what [`is_array`](crate::memory::is_array) takes.
pub(crate) fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as Gelu>::gelu_by_bell(x.into_dispatch()))
}

/// [`crate::gelu::gelu_tanh`] of the same.
pub(crate) fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as Gelu>::gelu_by_tanh(x.into_dispatch()))
}

/// GELU by the polynomial of [`normal`], and its form by [`tanh_form`].
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Gelu: Backend {
    /// GELU of every number.
    fn gelu_by_bell(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// GELU of every number, and its derivative there.
    fn gelu_and_slope(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The tanh form of every number.
    fn gelu_by_tanh(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The tanh form of every number, and its derivative there.
    fn tanh_and_slope(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl Gelu for Flex {
    fn gelu_by_bell(x: FlexTensor) -> FlexTensor {
        map(x, normal::gelu)
    }

    fn gelu_and_slope(x: FlexTensor) -> (FlexTensor, FlexTensor) {
        map_with_slope(x, normal::gelu_and_slope)
    }

    fn gelu_by_tanh(x: FlexTensor) -> FlexTensor {
        map(x, tanh_form::gelu)
    }

    fn tanh_and_slope(x: FlexTensor) -> (FlexTensor, FlexTensor) {
        map_with_slope(x, tanh_form::gelu_and_slope)
    }
}

/// A function of every number.
fn map(x: FlexTensor, function: impl Fn(f32) -> f32 + Copy + Sync) -> FlexTensor {
    let mut x = whole(x);
    let arch = Arch::new();
    x.storage_mut::<f32>().par_chunks_mut(WORTH_A_TASK).for_each(|numbers| {
        arch.dispatch(|| {
            for x in numbers {
                *x = function(*x);
            }
        });
    });
    x
}

/// A function of every number, and its derivative there.
fn map_with_slope(
    x: FlexTensor,
    function: impl Fn(f32) -> (f32, f32) + Copy + Sync,
) -> (FlexTensor, FlexTensor) {
    let mut x = whole(x);
    let shape = x.shape();
    let values = x.storage_mut::<f32>();
    let mut slopes = vec![0.0; values.len()];
    let arch = Arch::new();
    let tasks = values.par_chunks_mut(WORTH_A_TASK).zip(slopes.par_chunks_mut(WORTH_A_TASK));
    tasks.for_each(|(values, slopes)| {
        arch.dispatch(|| {
            for (x, slope) in values.iter_mut().zip(slopes) {
                (*x, *slope) = function(*x);
            }
        });
    });
    (x, tensor(slopes, shape))
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
        let _timer =
            tally::timer(Operation::Activation, || tally::pass(slope.shape().num_elements(), 1));
        unary::<B, _>(ops.parents, ops.node, gradients, |up| B::float_mul(up, slope));
    }
}

impl<B: Gelu, C: CheckpointStrategy> Gelu for Autodiff<B, C> {
    fn gelu_by_bell(x: FloatTensor<Self>) -> FloatTensor<Self> {
        in_graph::<B, C>(x, B::gelu_by_bell, B::gelu_and_slope)
    }

    fn gelu_and_slope(_: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("the derivative is asked for inside the graph alone")
    }

    fn gelu_by_tanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
        in_graph::<B, C>(x, B::gelu_by_tanh, B::tanh_and_slope)
    }

    fn tanh_and_slope(_: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("the derivative is asked for inside the graph alone")
    }
}

/// A function inside the graph, by its value alone where nothing is trained through.
fn in_graph<B: Backend, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    function: impl FnOnce(FloatTensor<B>) -> FloatTensor<B>,
    and_slope: impl FnOnce(FloatTensor<B>) -> (FloatTensor<B>, FloatTensor<B>),
) -> FloatTensor<Autodiff<B, C>> {
    let (x, node) = x.into_parts();
    match GeluStep.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let (value, slope) = and_slope(x);
            step.finish(slope, value)
        }
        OpsKind::UnTracked(step) => step.finish(function(x)),
    }
}

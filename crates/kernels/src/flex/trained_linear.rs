//! A linear map that is trained through: all rows of all texts as one matrix, forward and back.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, TensorMetadata};
use burn::tensor::Shape;

use super::columns::Columns;
use super::linear::LinearMap;
use crate::tally::{self, Operation, Timer};

impl<B: LinearMap + Columns, C: CheckpointStrategy> LinearMap for Autodiff<B, C> {
    fn linear_by_tiles(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        linear::<B, C>(x, weight)
    }

    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        affine::<B, C>(x, weight, bias)
    }
}

/// x W + b inside the graph.
fn affine<B: LinearMap + Columns, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let (x, of_x) = x.into_parts();
    let (weight, of_weight) = weight.into_parts();
    let (bias, of_bias) = bias.into_parts();
    let nodes = [of_x, of_weight, of_bias];
    match AffineStep.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let kept = Factors { x: x.clone(), weight: weight.clone() };
            let out = if x.shape().num_elements() == 0 {
                B::affine(x, weight, bias)
            } else {
                let (shape, columns) = (x.shape(), weight.shape()[1]);
                let product = B::add_to_rows(B::float_matmul(flat::<B>(x), weight), bias);
                B::float_reshape(product, with_last(shape, columns))
            };
            step.finish(kept, out)
        }
        OpsKind::UnTracked(step) => step.finish(B::affine(x, weight, bias)),
    }
}

/// x W inside the graph.
fn linear<B: LinearMap + Columns, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let (x, of_x) = x.into_parts();
    let (weight, of_weight) = weight.into_parts();
    match LinearStep.prepare::<C>([of_x, of_weight]).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let kept = Factors { x: x.clone(), weight: weight.clone() };
            let out = if x.shape().num_elements() == 0 {
                B::linear_by_tiles(x, weight)
            } else {
                let (shape, columns) = (x.shape(), weight.shape()[1]);
                let product = B::float_matmul(flat::<B>(x), weight);
                B::float_reshape(product, with_last(shape, columns))
            };
            step.finish(kept, out)
        }
        OpsKind::UnTracked(step) => step.finish(B::linear_by_tiles(x, weight)),
    }
}

/// What was multiplied.
#[derive(Debug, Clone)]
struct Factors<B: Backend> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
}

impl<B: Backend> Factors<B> {
    /// Each gradient takes as many multiplications as the product did.
    fn timer(&self) -> Timer {
        tally::timer(Operation::Product, || {
            let [d_input, d_output] = self.weight.shape().dims();
            tally::product(self.x.shape().num_elements() / d_input.max(1), d_input, d_output)
        })
    }

    /// The gradient of x: gradient W^T. Without rows there is nothing to multiply, and burn's
    /// product of no rows on flex reads memory that is not there.
    fn of_x(&self, gradient: FloatTensor<B>) -> FloatTensor<B> {
        let shape = self.x.shape();
        if shape.num_elements() == 0 {
            return self.x.clone();
        }
        let _timer = self.timer();
        let turned = B::float_swap_dims(self.weight.clone(), 0, 1);
        B::float_reshape(B::float_matmul(flat::<B>(gradient), turned), shape)
    }

    /// The gradient of W: x^T gradient.
    fn of_weight(&self, gradient: FloatTensor<B>) -> FloatTensor<B> {
        if self.x.shape().num_elements() == 0 {
            return B::float_mul_scalar(self.weight.clone(), 0.0.into());
        }
        let _timer = self.timer();
        let turned = B::float_swap_dims(flat::<B>(self.x.clone()), 0, 1);
        B::float_matmul(turned, flat::<B>(gradient))
    }
}

/// The backward step of x W + b.
#[derive(Debug)]
struct AffineStep;

impl<B: Columns> Backward<B, 3> for AffineStep {
    type State = Factors<B>;

    fn backward(self, ops: Ops<Factors<B>, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let up = gradients.consume::<B>(&ops.node);
        let [x, weight, bias] = ops.parents;
        if let Some(x) = x {
            gradients.register::<B>(x.id, ops.state.of_x(up.clone()));
        }
        if let Some(weight) = weight {
            gradients.register::<B>(weight.id, ops.state.of_weight(up.clone()));
        }
        if let Some(bias) = bias {
            gradients.register::<B>(bias.id, B::column_sums(up));
        }
    }
}

/// The backward step of x W.
#[derive(Debug)]
struct LinearStep;

impl<B: Backend> Backward<B, 2> for LinearStep {
    type State = Factors<B>;

    fn backward(self, ops: Ops<Factors<B>, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let up = gradients.consume::<B>(&ops.node);
        let [x, weight] = ops.parents;
        if let Some(x) = x {
            gradients.register::<B>(x.id, ops.state.of_x(up.clone()));
        }
        if let Some(weight) = weight {
            gradients.register::<B>(weight.id, ops.state.of_weight(up));
        }
    }
}

/// The rows of all texts as one matrix.
fn flat<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let shape = x.shape();
    let width = shape[shape.num_dims() - 1];
    let rows = shape.num_elements() / width.max(1);
    B::float_reshape(x, Shape::new([rows, width]))
}

/// A shape with another last axis.
fn with_last(mut shape: Shape, columns: usize) -> Shape {
    let last = shape.num_dims() - 1;
    shape[last] = columns;
    shape
}

//! Mistakes in `FeedForward::forward`.

use burn::tensor::Tensor;
use layer::{Activation, FeedForward};

/// Two maps in a row are one: twice the parameters, and nothing that a single matrix cannot do.
pub fn nothing_bends_between_the_two_maps(this: &FeedForward, x: Tensor<3>) -> Tensor<3> {
    this.down.forward(this.up.forward(x))
}

/// The two maps are one again, and with ReLU no token is ever told anything negative.
pub fn the_activation_after_both_maps(this: &FeedForward, x: Tensor<3>) -> Tensor<3> {
    this.activation.apply(this.down.forward(this.up.forward(x)))
}

/// What is negative in a token is gone before any map has seen it.
pub fn the_activation_before_both_maps(this: &FeedForward, x: Tensor<3>) -> Tensor<3> {
    this.down.forward(this.up.forward(this.activation.apply(x)))
}

/// The first activation does its work; the second takes the negative half of every answer away.
pub fn the_activation_once_more_at_the_end(this: &FeedForward, x: Tensor<3>) -> Tensor<3> {
    let hidden = this.activation.apply(this.up.forward(x));
    this.activation.apply(this.down.forward(hidden))
}

/// Right for the first transformer, and a little wrong for BERT in every layer.
pub fn relu_whatever_the_model_asks_for(this: &FeedForward, x: Tensor<3>) -> Tensor<3> {
    this.down.forward(Activation::Relu.apply(this.up.forward(x)))
}

/// The layer adds what came in itself: now it is there twice.
pub fn the_input_added_here_already(this: &FeedForward, x: Tensor<3>) -> Tensor<3> {
    x.clone() + this.down.forward(this.activation.apply(this.up.forward(x)))
}

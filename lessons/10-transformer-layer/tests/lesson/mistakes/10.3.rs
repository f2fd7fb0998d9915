//! Mistakes in `SwiGlu::forward`.

use burn::tensor::Tensor;
use layer::{Activation, SwiGlu};

/// Their shapes are equal, so a published model loads, runs and answers nonsense.
pub fn gate_and_up_exchanged(this: &SwiGlu, x: Tensor<3>) -> Tensor<3> {
    let bent = Activation::Silu.apply(this.up.forward(x.clone()));
    this.down.forward(bent * this.gate.forward(x))
}

/// That is the gated unit of 2017, GLU: a gate that lets through a share and never more.
pub fn the_sigmoid_of_the_gate_and_not_its_silu(this: &SwiGlu, x: Tensor<3>) -> Tensor<3> {
    let open = ((-this.gate.forward(x.clone())).exp() + 1.0).recip();
    this.down.forward(open * this.up.forward(x))
}

/// The bend belongs to the gate alone. Here two numbers below 0 pass as if they were above it.
pub fn silu_of_the_product(this: &SwiGlu, x: Tensor<3>) -> Tensor<3> {
    let product = this.gate.forward(x.clone()) * this.up.forward(x);
    this.down.forward(Activation::Silu.apply(product))
}

/// Nothing is gated: a gate that says 0 lets everything through.
pub fn added_and_not_multiplied(this: &SwiGlu, x: Tensor<3>) -> Tensor<3> {
    let gate = Activation::Silu.apply(this.gate.forward(x.clone()));
    this.down.forward(gate + this.up.forward(x))
}

/// Gate and up are then a product of two sums, and a gate below 0 turns the sign of what it should
/// hold back.
pub fn a_gate_without_silu(this: &SwiGlu, x: Tensor<3>) -> Tensor<3> {
    this.down.forward(this.gate.forward(x.clone()) * this.up.forward(x))
}

/// What is below 0 on the way up is nearly gone as well, and half of what the gate could choose
/// from with it.
pub fn silu_of_both(this: &SwiGlu, x: Tensor<3>) -> Tensor<3> {
    let gate = Activation::Silu.apply(this.gate.forward(x.clone()));
    this.down.forward(gate * Activation::Silu.apply(this.up.forward(x)))
}

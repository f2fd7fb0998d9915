//! What a sentence vector goes through after pooling.

use burn::nn::Linear;
use burn::tensor::{Tensor, activation};
use inputs::LayerNorm;
use similarity::normalise;

use crate::COORDINATES;

/// A step that a pooled vector goes through.
// ANCHOR: stage
#[derive(Debug, Clone)]
pub enum VectorStage {
    /// Brings the vector to unit length.
    Normalise,
    /// A linear map, and an activation of what comes out.
    Dense(Linear, DenseActivation),
    /// Brings the vector to mean 0 and variance 1, then to a learned scale and shift.
    LayerNorm(LayerNorm),
    /// Keeps the first numbers of the vector, this many at most.
    Truncate(usize),
}
// ANCHOR_END: stage

impl VectorStage {
    /// Takes one vector for each text through the step.
    ///
    /// # Shapes
    ///
    /// - x: `[batch, d_in]`
    /// - output: `[batch, d_out]`, as [`VectorStage::width`] says
    ///
    /// # Panics
    ///
    /// If the step takes vectors of another width.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Normalise => normalise(x),
            Self::Dense(linear, activation) => activation.apply(linear.forward(x)),
            Self::LayerNorm(norm) => norm.forward(x),
            Self::Truncate(most) => {
                let [_, width] = x.dims();
                x.narrow(COORDINATES, 0, width.min(*most))
            }
        }
    }
}

impl VectorStage {
    /// The width of what comes out where vectors of `d_in` numbers go in; `None` if the step takes
    /// no such vectors.
    pub fn width(&self, d_in: usize) -> Option<usize> {
        match self {
            Self::Normalise => Some(d_in),
            Self::Dense(linear, _) => {
                let [takes, gives] = linear.weight.lazy_shape().dims();
                (takes == d_in).then_some(gives)
            }
            Self::LayerNorm(norm) => {
                let [takes] = norm.weight.lazy_shape().dims();
                (takes == d_in).then_some(d_in)
            }
            Self::Truncate(most) => Some(d_in.min(*most)),
        }
    }

    /// Whether the step has weights of its own.
    pub fn is_learned(&self) -> bool {
        matches!(self, Self::Dense(..) | Self::LayerNorm(_))
    }
}

/// What a dense step does to each number that comes out of its linear map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenseActivation {
    /// Nothing.
    Identity,
    /// tanh x
    Tanh,
    /// max(0, x)
    Relu,
    /// x times the share of a normal distribution that is below x (lesson 10)
    Gelu,
    /// 1 / (1 + exp(-x))
    Sigmoid,
    /// x / (1 + exp(-x))
    Silu,
}

impl DenseActivation {
    /// Every activation with PyTorch's name of it, the end of its path in `torch.nn.modules`.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("linear.Identity", Self::Identity),
        ("activation.Tanh", Self::Tanh),
        ("activation.ReLU", Self::Relu),
        ("activation.GELU", Self::Gelu),
        ("activation.Sigmoid", Self::Sigmoid),
        ("activation.SiLU", Self::Silu),
    ];

    /// Applies the activation to every number.
    pub fn apply(self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Identity => x,
            Self::Tanh => x.tanh(),
            Self::Relu => activation::relu(x),
            Self::Gelu => activation::gelu(x),
            Self::Sigmoid => activation::sigmoid(x),
            Self::Silu => activation::silu(x),
        }
    }
}

//! The sub-layer that works on each token alone.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};

use crate::Activation;

/// What a [`FeedForward`] is made from.
#[derive(Config, Debug)]
pub struct FeedForwardConfig {
    /// Numbers a token has.
    pub d_model: usize,
    /// Numbers between the two maps; 4 * d_model in most models (Vaswani et al. 2017, section 3.3).
    pub d_hidden: usize,
    /// The bend between them.
    #[config(default = "Activation::GeluExact")]
    pub activation: Activation,
    /// Whether the maps add a bias.
    #[config(default = true)]
    pub bias: bool,
    /// Share of the hidden numbers set to zero in training.
    #[config(default = 0.0)]
    pub dropout: f64,
}

/// Out to d_hidden, bent, and back.
#[derive(Module, Debug)]
pub struct FeedForward {
    /// `[d_model, d_hidden]`
    pub up: Linear,
    /// `[d_hidden, d_model]`
    pub down: Linear,
    /// Drops hidden numbers in training.
    pub dropout: Dropout,
    #[module(skip)]
    activation: Activation,
}

impl FeedForwardConfig {
    /// Two maps with burn's default start.
    ///
    /// # Panics
    ///
    /// If `d_model` or `d_hidden` is zero.
    pub fn init(&self, device: &Device) -> FeedForward {
        let Self { d_model, d_hidden, activation, bias, dropout } = *self;
        assert_widths(d_model, d_hidden);
        FeedForward {
            up: LinearConfig::new(d_model, d_hidden).with_bias(bias).init(device),
            down: LinearConfig::new(d_hidden, d_model).with_bias(bias).init(device),
            dropout: DropoutConfig::new(dropout).init(),
            activation,
        }
    }
}

impl FeedForward {
    /// Each token through two maps with a bend between them.
    ///
    /// down(activation(up(x))) (Vaswani et al. 2017, equation 2)
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - output: the same
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let hidden = self.activation.apply(self.up.forward(x));
        self.down.forward(self.dropout.forward(hidden))
    }
}

/// What a [`SwiGlu`] is made from.
#[derive(Config, Debug)]
pub struct SwiGluConfig {
    /// Numbers a token has.
    pub d_model: usize,
    /// Numbers between the maps; 2/3 of the plain feed-forward's cost as many parameters (Shazeer 2020, section 2).
    pub d_hidden: usize,
    /// Whether the maps add a bias.
    #[config(default = false)]
    pub bias: bool,
}

/// A feed-forward whose hidden numbers are gated by a second map of the same token.
#[derive(Module, Debug)]
pub struct SwiGlu {
    /// How far each hidden number is let through: `[d_model, d_hidden]`.
    pub gate: Linear,
    /// `[d_model, d_hidden]`
    pub up: Linear,
    /// `[d_hidden, d_model]`
    pub down: Linear,
}

impl SwiGluConfig {
    /// Three maps with burn's default start.
    ///
    /// # Panics
    ///
    /// If `d_model` or `d_hidden` is zero.
    pub fn init(&self, device: &Device) -> SwiGlu {
        let Self { d_model, d_hidden, bias } = *self;
        assert_widths(d_model, d_hidden);
        let outwards = || LinearConfig::new(d_model, d_hidden).with_bias(bias).init(device);
        let down = LinearConfig::new(d_hidden, d_model).with_bias(bias).init(device);
        SwiGlu { gate: outwards(), up: outwards(), down }
    }
}

impl SwiGlu {
    /// Each token through the gated maps.
    ///
    /// down(silu(gate(x)) * up(x)) (Shazeer 2020, "GLU Variants Improve Transformer", equation 6)
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - output: the same
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let gate = activation::silu(self.gate.forward(x.clone()));
        self.down.forward(gate * self.up.forward(x))
    }
}

/// Which sub-layer works on each token alone.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum FeedForwardKind {
    /// [`FeedForward`] with this bend.
    Plain(Activation),
    /// [`SwiGlu`].
    SwiGlu,
}

/// One of the two feed-forwards.
#[derive(Module, Debug)]
pub enum Transform {
    /// Of GPT-2 and BLOOM.
    Plain(FeedForward),
    /// Of LLaMA.
    SwiGlu(SwiGlu),
}

impl FeedForwardKind {
    /// The sub-layer of this kind.
    ///
    /// # Panics
    ///
    /// If `d_model` or `d_hidden` is zero.
    pub fn init(self, d_model: usize, d_hidden: usize, bias: bool, device: &Device) -> Transform {
        match self {
            Self::Plain(activation) => {
                let config =
                    FeedForwardConfig::new(d_model, d_hidden).with_activation(activation).with_bias(bias);
                Transform::Plain(config.init(device))
            }
            Self::SwiGlu => {
                Transform::SwiGlu(SwiGluConfig::new(d_model, d_hidden).with_bias(bias).init(device))
            }
        }
    }
}

impl Transform {
    /// [`FeedForward::forward`] or [`SwiGlu::forward`].
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - output: the same
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Plain(feed_forward) => feed_forward.forward(x),
            Self::SwiGlu(swiglu) => swiglu.forward(x),
        }
    }
}

fn assert_widths(d_model: usize, d_hidden: usize) {
    assert!(
        d_model > 0 && d_hidden > 0,
        "d_model and d_hidden must be above 0, not {d_model} and {d_hidden}"
    );
}

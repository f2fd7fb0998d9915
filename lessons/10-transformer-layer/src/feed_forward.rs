//! The sub-layer that works on each token alone.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use heads::{LINEAR_INITIALIZER, linear_map};
use kernels::tally::{self, Operation};

use crate::Activation;

/// What a [`FeedForward`] is made from.
#[derive(Config, Debug)]
pub struct FeedForwardConfig {
    /// Numbers a token has.
    pub d_model: usize,
    /// Numbers between the two maps; 4 * d_model in most models (Vaswani et al. 2017, section 3.3).
    pub d_ff: usize,
    /// Activation between the two maps.
    #[config(default = "Activation::GeluExact")]
    pub activation: Activation,
    /// Whether the maps add a bias.
    #[config(default = true)]
    pub bias: bool,
    /// Initializer of the maps' weights; the default is PyTorch's for a linear map.
    #[config(default = "LINEAR_INITIALIZER")]
    pub initializer: Initializer,
}

/// Two linear maps, out to d_ff and back, with an activation between them.
#[derive(Module, Debug)]
pub struct FeedForward {
    /// Map outwards, `[d_model, d_ff]`.
    pub up: Linear,
    /// Map back, `[d_ff, d_model]`.
    pub down: Linear,
    /// Activation between the two maps.
    #[module(skip)]
    pub activation: Activation,
}

impl FeedForwardConfig {
    /// Makes the two maps with fresh weights.
    ///
    /// # Panics
    ///
    /// If `d_model` or `d_ff` is zero.
    pub fn init(&self, device: &Device) -> FeedForward {
        let Self { d_model, d_ff, activation, bias, ref initializer } = *self;
        assert_widths(d_model, d_ff);
        FeedForward {
            up: linear(d_model, d_ff, bias, initializer, device),
            down: linear(d_ff, d_model, bias, initializer, device),
            activation,
        }
    }
}

impl FeedForward {
    /// Each token through two maps with an activation between them.
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
    // ANCHOR: feed_forward
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        linear_map(&self.down, activated_map(&self.up, self.activation, x))
    }
    // ANCHOR_END: feed_forward
}

/// activation(map(x)). The exact GELU is computed where the map's sum is, unless [`kernels::plain`];
/// a test holds the two equal.
///
/// # Shapes
///
/// - x: `[batch, tokens, d_input]`
/// - output: `[batch, tokens, d_output]`
///
/// # Panics
///
/// If the last axis is not `d_input`.
pub fn activated_map(map: &Linear, activation: Activation, x: Tensor<3>) -> Tensor<3> {
    if activation == Activation::GeluExact && !kernels::plain() {
        let _timer = tally::timer(Operation::Product, || {
            let [d_input, d_output] = map.weight.dims();
            tally::product(x.shape().num_elements() / d_input.max(1), d_input, d_output)
        });
        return kernels::linear::linear_gelu(map, x);
    }
    activation.apply(linear_map(map, x))
}

/// What a [`SwiGlu`] is made from.
#[derive(Config, Debug)]
pub struct SwiGluConfig {
    /// Numbers a token has.
    pub d_model: usize,
    /// Numbers between the maps. Three maps of 2/3 the width have as many parameters as the plain
    /// feed-forward's two (Shazeer 2020, section 2).
    pub d_ff: usize,
    /// Whether the maps add a bias.
    #[config(default = false)]
    pub bias: bool,
    /// Initializer of the maps' weights; the default is PyTorch's for a linear map.
    #[config(default = "LINEAR_INITIALIZER")]
    pub initializer: Initializer,
}

/// A feed-forward whose hidden numbers are gated by a second map of the same token.
#[derive(Module, Debug)]
pub struct SwiGlu {
    /// How far each hidden number is let through, `[d_model, d_ff]`.
    pub gate: Linear,
    /// Map outwards, `[d_model, d_ff]`.
    pub up: Linear,
    /// Map back, `[d_ff, d_model]`.
    pub down: Linear,
}

impl SwiGluConfig {
    /// Makes the three maps with fresh weights.
    ///
    /// # Panics
    ///
    /// If `d_model` or `d_ff` is zero.
    pub fn init(&self, device: &Device) -> SwiGlu {
        let Self { d_model, d_ff, bias, ref initializer } = *self;
        assert_widths(d_model, d_ff);
        SwiGlu {
            gate: linear(d_model, d_ff, bias, initializer, device),
            up: linear(d_model, d_ff, bias, initializer, device),
            down: linear(d_ff, d_model, bias, initializer, device),
        }
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
    // ANCHOR: swiglu
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let gate = Activation::Silu.apply(linear_map(&self.gate, x.clone()));
        linear_map(&self.down, gate * linear_map(&self.up, x))
    }
    // ANCHOR_END: swiglu
}

/// Which sub-layer works on each token alone.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum FeedForwardKind {
    /// [`FeedForward`] with this activation, as in GPT-2 and BLOOM.
    Plain(Activation),
    /// [`SwiGlu`], as in LLaMA.
    SwiGlu,
}

/// One of the two feed-forwards, as [`FeedForwardKind::init`] makes it.
#[derive(Module, Debug)]
pub enum Transform {
    /// Two maps with an activation between them.
    Plain(FeedForward),
    /// Three maps, one of them a gate.
    SwiGlu(SwiGlu),
}

impl FeedForwardKind {
    /// Makes the sub-layer of this kind, with the widths, bias and initializer of `config`.
    ///
    /// # Panics
    ///
    /// If `d_model` or `d_ff` is zero.
    pub fn init(self, config: FeedForwardConfig, device: &Device) -> Transform {
        match self {
            Self::Plain(activation) => {
                Transform::Plain(config.with_activation(activation).init(device))
            }
            Self::SwiGlu => {
                let gated = SwiGluConfig::new(config.d_model, config.d_ff).with_bias(config.bias);
                Transform::SwiGlu(gated.with_initializer(config.initializer).init(device))
            }
        }
    }
}

impl Transform {
    /// Each token through the sub-layer, by [`FeedForward::forward`] or [`SwiGlu::forward`].
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

/// A linear map with fresh weights.
fn linear(
    d_input: usize,
    d_output: usize,
    bias: bool,
    initializer: &Initializer,
    device: &Device,
) -> Linear {
    LinearConfig::new(d_input, d_output)
        .with_bias(bias)
        .with_initializer(initializer.clone())
        .init(device)
}

/// Panics unless both widths are above zero.
fn assert_widths(d_model: usize, d_ff: usize) {
    assert!(d_model > 0 && d_ff > 0, "d_model and d_ff must be above 0, not {d_model} and {d_ff}");
}

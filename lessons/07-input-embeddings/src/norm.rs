//! LayerNorm: every token's vector brought to mean 0 and variance 1, then to a scale and a shift
//! that are learned.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor, assert_shape};
use kernels::tally::{self, Operation, Timer};

/// Configuration of a [`LayerNorm`].
#[derive(Config, Debug)]
pub struct LayerNormConfig {
    /// Width of the model: how many numbers a token has.
    pub d_model: usize,
    /// Epsilon of the norm, added to the variance so that a constant vector divides by something.
    /// The default is PyTorch's; BERT uses 1e-12.
    #[config(default = 1e-5)]
    pub epsilon: f64,
}

/// Layer normalisation with a learned scale and shift (Ba et al. 2016).
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// Scale, the norm's gain: `[d_model]`; called gamma in older checkpoints.
    pub weight: Param<Tensor<1>>,
    /// Shift, the norm's bias: `[d_model]`; called beta in older checkpoints.
    pub bias: Param<Tensor<1>>,
    /// Epsilon of the norm, added to the variance.
    pub epsilon: f64,
}

impl LayerNormConfig {
    /// A norm that has learned nothing yet: every scale is 1 and every shift 0.
    ///
    /// # Panics
    ///
    /// If `d_model` is zero or `epsilon` is not above zero.
    pub fn init(&self, device: &Device) -> LayerNorm {
        let Self { d_model, epsilon } = *self;
        assert!(d_model > 0, "LayerNorm needs a d_model above 0");
        assert!(
            epsilon > 0.0 && epsilon.is_finite(),
            "LayerNorm's epsilon must be above 0, not {epsilon}"
        );
        LayerNorm {
            weight: Initializer::Ones.init([d_model], device),
            bias: Initializer::Zeros.init([d_model], device),
            epsilon,
        }
    }
}

impl LayerNorm {
    /// [`layer_norm`] with the learned scale and shift, by [`kernels::norm`] unless
    /// [`kernels::plain`]; a test holds the two equal.
    ///
    /// # Shapes
    ///
    /// - x: `[.., d_model]`
    /// - output: the same
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    // ANCHOR: fused
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let [d_model] = self.weight.shape().dims();
        assert_shape!(x, [.., d_model]);
        let (weight, bias) = (self.weight.val(), self.bias.val());
        let _timer = timer(&x);
        if kernels::plain() {
            return layer_norm(x, weight, bias, self.epsilon);
        }
        kernels::norm::layer_norm(x, weight, bias, self.epsilon)
    }
    // ANCHOR_END: fused

    /// [`LayerNorm::forward`] of x + residual, each row read once and written once unless
    /// [`kernels::plain`].
    ///
    /// # Shapes
    ///
    /// - x, residual: `[.., d_model]`
    /// - output: the same
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`, or the two differ in shape.
    pub fn forward_sum<const D: usize>(&self, x: Tensor<D>, residual: Tensor<D>) -> Tensor<D> {
        if kernels::plain() {
            return self.forward(x + residual);
        }
        let _timer = timer(&x);
        let [d_model] = self.weight.shape().dims();
        assert_shape!(x, [.., d_model]);
        let (weight, bias) = (self.weight.val(), self.bias.val());
        kernels::norm::add_layer_norm(x, residual, weight, bias, self.epsilon)
    }
}

/// Counts the time of a norm where somebody keeps a tally: per number a sum, the sum of squares
/// around it, scale and shift.
fn timer<const D: usize>(x: &Tensor<D>) -> Timer {
    tally::timer(Operation::Norm, || tally::pass(x.shape().num_elements(), 8))
}

/// Brings the last axis to mean 0 and variance 1, then scales and shifts it.
///
/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, the variance over d_model and not
/// d_model - 1 (Ba et al. 2016, "Layer Normalization", equation 4)
///
/// # Shapes
///
/// - x: `[.., d_model]`
/// - weight, bias: `[d_model]`
/// - output: as x
///
/// # Panics
///
/// If the last axis of `x` is not the length of `weight` and of `bias`.
// ANCHOR: layer_norm
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    assert_shape!(bias, [d_model]);
    let last = D - 1;
    // Two passes: mean(x^2) - mean(x)^2 would cancel to nothing where the mean is large.
    let mean = x.clone().mean_dim(last);
    let centred = x - mean;
    let variance = centred.clone().square().mean_dim(last);
    centred / (variance + epsilon).sqrt() * weight.unsqueeze() + bias.unsqueeze()
}
// ANCHOR_END: layer_norm

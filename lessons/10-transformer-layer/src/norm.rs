//! Norms beside the sub-layers: lesson 07's LayerNorm, and RMSNorm, which leaves the mean alone.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor, assert_shape};
use inputs::{LayerNorm, LayerNormConfig};
use kernels::tally::{self, Operation};

/// What a [`RmsNorm`] is made from.
#[derive(Config, Debug)]
pub struct RmsNormConfig {
    /// Numbers a token has.
    pub d_model: usize,
    /// Epsilon, added to the mean square; the default is LLaMA's.
    #[config(default = 1e-5)]
    pub epsilon: f64,
}

/// Root-mean-square normalisation (Zhang & Sennrich 2019).
#[derive(Module, Debug)]
pub struct RmsNorm {
    /// Learned scale, `[d_model]`.
    pub weight: Param<Tensor<1>>,
    /// Epsilon, added to the mean square.
    pub epsilon: f64,
}

impl RmsNormConfig {
    /// Makes a norm whose scale is one everywhere.
    ///
    /// # Panics
    ///
    /// If `d_model` is zero or `epsilon` is not above zero.
    pub fn init(&self, device: &Device) -> RmsNorm {
        let Self { d_model, epsilon } = *self;
        assert!(d_model > 0, "RmsNorm needs a d_model above 0");
        assert!(
            epsilon > 0.0 && epsilon.is_finite(),
            "RmsNorm's epsilon must be above 0, not {epsilon}"
        );
        RmsNorm { weight: Initializer::Ones.init([d_model], device), epsilon }
    }
}

impl RmsNorm {
    /// Normalises every token by [`rms_norm`] with the learned scale, or by [`kernels::norm`]
    /// unless [`kernels::plain`]; a test holds the two equal.
    ///
    /// # Shapes
    ///
    /// - x: `[.., d_model]`
    /// - output: the same
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let numbers = x.shape().num_elements();
        let _timer = tally::timer(Operation::Norm, || tally::pass(numbers, 4));
        let weight = self.weight.val();
        if kernels::plain() {
            return rms_norm(x, weight, self.epsilon);
        }
        kernels::norm::rms_norm(x, weight, self.epsilon)
    }
}

/// Brings the mean square of the last axis to 1, then scales it. The mean stays.
///
/// y = x / sqrt(mean(x^2) + epsilon) * weight (Zhang & Sennrich 2019, "Root Mean Square Layer
/// Normalization", equation 4)
///
/// # Shapes
///
/// - x: `[.., d_model]`
/// - weight: `[d_model]`
/// - output: as x
///
/// # Panics
///
/// If the last axis of `x` is not the length of `weight`.
// ANCHOR: rms_norm
pub fn rms_norm<const D: usize>(x: Tensor<D>, weight: Tensor<1>, epsilon: f64) -> Tensor<D> {
    let [d_model] = weight.dims();
    assert_shape!(x, [.., d_model]);
    let mean_square = x.clone().square().mean_dim(D - 1);
    x / (mean_square + epsilon).sqrt() * weight.unsqueeze()
}
// ANCHOR_END: rms_norm

/// Which norm stands beside a sub-layer.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum NormKind {
    /// Lesson 07's [`LayerNorm`], which GPT-2 has.
    Layer,
    /// [`RmsNorm`], which LLaMA has.
    Rms,
}

/// One of the two norms, as [`NormKind::init`] makes it.
#[derive(Module, Debug)]
pub enum Norm {
    /// LayerNorm, lesson 07's.
    Layer(LayerNorm),
    /// RMSNorm, this lesson's own.
    Rms(RmsNorm),
}

impl NormKind {
    /// Makes the norm of this kind, with scale one and shift zero.
    ///
    /// # Panics
    ///
    /// If `d_model` is zero or `epsilon` is not above zero.
    pub fn init(self, d_model: usize, epsilon: f64, device: &Device) -> Norm {
        match self {
            Self::Layer => {
                Norm::Layer(LayerNormConfig::new(d_model).with_epsilon(epsilon).init(device))
            }
            Self::Rms => Norm::Rms(RmsNormConfig::new(d_model).with_epsilon(epsilon).init(device)),
        }
    }
}

impl Norm {
    /// Normalises every token, by [`LayerNorm::forward`] or [`RmsNorm::forward`].
    ///
    /// # Shapes
    ///
    /// - x: `[.., d_model]`
    /// - output: the same
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Layer(norm) => norm.forward(x),
            Self::Rms(norm) => norm.forward(x),
        }
    }
}

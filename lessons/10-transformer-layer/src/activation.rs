//! Activations: a bend between two linear maps, without which the two would be one.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::config::Config;
use burn::tensor::{Tensor, activation};
use kernels::tally::{self, Operation};

/// sqrt(2 / pi), inside the tanh form of GELU (Hendrycks & Gimpel 2016, section 2).
const SQRT_2_OVER_PI: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;

/// How steep the sigmoid is inside the quick form of GELU (Hendrycks & Gimpel 2016, section 2).
const GELU_SIGMOID: f64 = 1.702;

/// The cubic term of the tanh form of GELU (Hendrycks & Gimpel 2016, section 2).
const GELU_CUBIC: f64 = 0.044715;

/// Arithmetic of the tanh form for one number, as lesson 16 counts it: about that of the others.
const FLOPS: u64 = 30;

/// Which activation stands between two linear maps.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Activation {
    /// [`gelu_exact`], which BERT has.
    GeluExact,
    /// [`gelu_tanh`], which GPT-2 has.
    GeluTanh,
    /// [`relu`], which the first transformer has.
    Relu,
    /// [`silu`], which SwiGLU has inside.
    Silu,
    /// [`gelu_quick`], which CLIP has.
    GeluQuick,
    /// The square of [`relu`] (So et al. 2021, "Primer").
    ReluSquared,
    /// [`relu`], at most 6 (Krizhevsky 2010).
    Relu6,
    /// The hyperbolic tangent.
    Tanh,
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// No bend at all: the two maps are one.
    Linear,
}

/// The activations with all their names in a published `config.json`, the one that is written first
/// (`ACT2CLS` of transformers 5.24). The five names of the tanh form are one function computed in
/// five ways.
const PUBLISHED: [(Activation, &[&str]); 10] = [
    (Activation::GeluExact, &["gelu", "gelu_python"]),
    (
        Activation::GeluTanh,
        &["gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh"],
    ),
    (Activation::Relu, &["relu"]),
    (Activation::Silu, &["silu", "swish"]),
    (Activation::GeluQuick, &["quick_gelu"]),
    (Activation::ReluSquared, &["relu2"]),
    (Activation::Relu6, &["relu6"]),
    (Activation::Tanh, &["tanh"]),
    (Activation::Sigmoid, &["sigmoid"]),
    (Activation::Linear, &["linear"]),
];

impl Activation {
    /// The activation that a published `config.json` means by `name`, if it is one of these.
    pub fn published(name: &str) -> Option<Self> {
        let (activation, _) = PUBLISHED.iter().find(|(_, names)| names.contains(&name))?;
        Some(*activation)
    }

    /// The name of this activation in a `config.json`, as [`Activation::published`] reads it.
    ///
    /// # Panics
    ///
    /// Never: every activation has a name.
    pub fn published_name(self) -> &'static str {
        let named = PUBLISHED.iter().find(|(activation, _)| *activation == self);
        named.expect("every activation has a published name").1[0]
    }

    /// The error text for a name that [`Activation::published`] does not know.
    pub fn unknown(name: &str) -> String {
        let mut known: Vec<&str> = Vec::new();
        for (_, names) in PUBLISHED {
            known.extend(names);
        }
        format!("expected one of {}, found {name:?}", known.join(", "))
    }

    /// Applies the activation to every number.
    ///
    /// What runs is burn's fused form or the fast one of `kernels::gelu`, which tests hold equal to
    /// the function spelt out below, gradients included. Under [`kernels::plain`] the function
    /// below runs itself.
    ///
    /// # Shapes
    ///
    /// - x: any
    /// - output: the same
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        let plain = kernels::plain();
        let numbers = x.shape().num_elements();
        let _timer = tally::timer(Operation::Activation, || tally::pass(numbers, FLOPS));
        match self {
            Self::GeluExact if plain => gelu_exact(x),
            Self::GeluExact => kernels::gelu::gelu_exact(x),
            Self::GeluTanh if plain => gelu_tanh(x),
            Self::GeluTanh => kernels::gelu::gelu_tanh(x),
            Self::Relu if plain => relu(x),
            Self::Relu => activation::relu(x),
            Self::Silu if plain => silu(x),
            Self::Silu => activation::silu(x),
            Self::GeluQuick => gelu_quick(x),
            Self::ReluSquared => relu(x).square(),
            Self::Relu6 => relu(x).clamp_max(6.0),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => activation::sigmoid(x),
            Self::Linear => x,
        }
    }
}

/// x weighted by the share of a normal distribution that lies below it.
///
/// x * (1 + erf(x / sqrt(2))) / 2 (Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section
/// 2)
///
/// Its fast form is [`kernels::gelu::gelu_exact`].
///
/// # Shapes
///
/// - x: any
/// - output: the same
// ANCHOR: gelu
pub fn gelu_exact<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let below = (x.clone() * FRAC_1_SQRT_2).erf() + 1.0;
    x * below * 0.5
}
// ANCHOR_END: gelu

/// GELU with tanh instead of erf, at most 0.0005 away from it.
///
/// x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2 (Hendrycks & Gimpel 2016, section 2)
///
/// Its fast form is [`kernels::gelu::gelu_tanh`].
///
/// # Shapes
///
/// - x: any
/// - output: the same
// ANCHOR: gelu_tanh
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    // x (1 + c x^2) by squaring: a power of 3.0 would go through a logarithm.
    let inner = (x.clone().square() * GELU_CUBIC + 1.0) * x.clone() * SQRT_2_OVER_PI;
    x * (inner.tanh() + 1.0) * 0.5
}
// ANCHOR_END: gelu_tanh

/// Nothing below zero, everything above it.
///
/// max(x, 0) (Vaswani et al. 2017, equation 2)
///
/// # Shapes
///
/// - x: any
/// - output: the same
pub fn relu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clamp_min(0.0)
}

/// x weighted by its own sigmoid, also called swish.
///
/// x / (1 + e^-x) (Ramachandran et al. 2017, "Searching for Activation Functions", section 4)
///
/// # Shapes
///
/// - x: any
/// - output: the same
pub fn silu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone() / ((-x).exp() + 1.0)
}

/// x weighted by a sigmoid that is steep enough to look like GELU, at most 0.021 away from it.
///
/// x sigmoid(1.702 x) (Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section 2)
///
/// # Shapes
///
/// - x: any
/// - output: the same
pub fn gelu_quick<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let below = activation::sigmoid(x.clone() * GELU_SIGMOID);
    x * below
}

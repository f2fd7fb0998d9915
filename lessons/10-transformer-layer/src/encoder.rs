//! The encoder layer, whose tokens see the whole text.

use burn::config::Config;
use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::{Bool, Device, Tensor};
use heads::{LINEAR_INITIALIZER, MultiHeadAttention, MultiHeadAttentionConfig};
use inputs::{LayerNorm, LayerNormConfig};
use kernels::dropout::Dropout;

use crate::{Activation, FeedForward, FeedForwardConfig};

/// Where the norm of a sub-layer stands.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Before the sub-layer, inside the residual: what is kept goes from the first layer to the
    /// last without meeting a norm (GPT-2, LLaMA).
    Pre,
    /// After the sum of the residual (Vaswani et al. 2017; BERT).
    Post,
}

/// What an [`EncoderLayer`] is made from.
#[derive(Config, Debug)]
pub struct EncoderLayerConfig {
    /// Numbers a token has.
    pub d_model: usize,
    /// Heads of the attention.
    pub n_heads: usize,
    /// Numbers inside the feed-forward.
    pub d_ff: usize,
    /// Where the norms stand.
    #[config(default = "Placement::Post")]
    pub placement: Placement,
    /// Activation of the feed-forward, between its two maps.
    #[config(default = "Activation::GeluExact")]
    pub activation: Activation,
    /// Epsilon of the norms, added to the variance; the default is BERT's.
    #[config(default = 1e-12)]
    pub epsilon: f64,
    /// Share of the attention's weights and of each sub-layer's output set to zero in training.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Initializer of the linear maps' weights; the default is PyTorch's.
    #[config(default = "LINEAR_INITIALIZER")]
    pub initializer: Initializer,
}

/// Attention, then feed-forward, each with its residual and its norm.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    /// Attention, by which a token looks at the others.
    pub attention: MultiHeadAttention,
    /// Norm of the attention, before it or after its residual.
    pub attention_norm: LayerNorm,
    /// Feed-forward, which works on each token alone.
    pub feed_forward: FeedForward,
    /// Norm of the feed-forward, before it or after its residual.
    pub feed_forward_norm: LayerNorm,
    /// Dropout of each sub-layer's output, in training only.
    pub dropout: Dropout,
    /// Where both norms stand.
    #[module(skip)]
    placement: Placement,
}

impl EncoderLayerConfig {
    /// Makes a layer with fresh weights.
    ///
    /// # Panics
    ///
    /// If a width is zero, the heads do not divide `d_model`, or `epsilon` is not above zero.
    pub fn init(&self, device: &Device) -> EncoderLayer {
        let Self { d_model, n_heads, d_ff, placement, activation, epsilon, dropout, .. } = *self;
        let attention = MultiHeadAttentionConfig::new(d_model, n_heads).with_dropout(dropout);
        let feed_forward = FeedForwardConfig::new(d_model, d_ff).with_activation(activation);
        let norm = LayerNormConfig::new(d_model).with_epsilon(epsilon);
        EncoderLayer {
            attention: attention.with_initializer(self.initializer.clone()).init(device),
            attention_norm: norm.init(device),
            feed_forward: feed_forward.with_initializer(self.initializer.clone()).init(device),
            feed_forward_norm: norm.init(device),
            dropout: Dropout::new(dropout),
            placement,
        }
    }
}

impl EncoderLayer {
    /// Every token looks at the others, then works alone.
    ///
    /// norm(x + attention(x)), norm(x + feed_forward(x)), or with the norms inside (Vaswani et al.
    /// 2017, section 3.1; Xiong et al. 2020, table 1)
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - mask: `[batch, 1, queries, keys]`, any axis may be 1; **`true` = hidden**
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model` or the mask does not fit.
    // ANCHOR: encoder_layer
    pub fn forward(&self, x: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
        let attend = |x| self.attention.forward(x, mask);
        let x = self.residual(x, &self.attention_norm, attend);
        self.residual(x, &self.feed_forward_norm, |x| self.feed_forward.forward(x))
    }
    // ANCHOR_END: encoder_layer

    /// [`EncoderLayer::forward`], and the attention weights: which token looked at which.
    ///
    /// # Shapes
    ///
    /// - x, mask and first output: as in [`EncoderLayer::forward`]
    /// - second output: `[batch, heads, queries, keys]`, probabilities
    ///
    /// # Panics
    ///
    /// As [`EncoderLayer::forward`].
    pub fn forward_with_weights(
        &self,
        x: Tensor<3>,
        mask: Option<Tensor<4, Bool>>,
    ) -> (Tensor<3>, Tensor<4>) {
        let mut weights = None;
        let x = self.residual(x, &self.attention_norm, |x| {
            let (attended, probabilities) = self.attention.forward_with_weights(x, mask);
            weights = Some(probabilities);
            attended
        });
        let x = self.residual(x, &self.feed_forward_norm, |x| self.feed_forward.forward(x));
        (x, weights.expect("the residual runs its sub-layer"))
    }

    /// [`residual`] at this layer's placement, with dropout of the sub-layer's output. A norm that
    /// follows a sum is one step with it, unless [`kernels::plain`]; a test holds the two equal.
    fn residual(
        &self,
        x: Tensor<3>,
        norm: &LayerNorm,
        sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
    ) -> Tensor<3> {
        if self.placement == Placement::Post && !kernels::plain() {
            let added = self.dropout.forward(sublayer(x.clone()));
            return norm.forward_sum(added, x);
        }
        residual(self.placement, x, |x| norm.forward(x), |x| self.dropout.forward(sublayer(x)))
    }
}

/// A sub-layer with its residual: what came in is added to what the sub-layer makes of it.
///
/// pre-norm: x + sublayer(norm(x)), post-norm: norm(x + sublayer(x)) (Xiong et al. 2020, table 1)
///
/// # Shapes
///
/// - x: `[batch, tokens, d_model]`, which `norm` and `sublayer` keep
/// - output: the same
// ANCHOR: residual
pub fn residual(
    placement: Placement,
    x: Tensor<3>,
    norm: impl FnOnce(Tensor<3>) -> Tensor<3>,
    sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
) -> Tensor<3> {
    match placement {
        Placement::Pre => x.clone() + sublayer(norm(x)),
        Placement::Post => norm(x.clone() + sublayer(x)),
    }
}
// ANCHOR_END: residual

//! The layer that sees both ways.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Initializer};
use burn::tensor::{Bool, Device, Tensor};
use heads::{LINEAR_INITIALIZER, MultiHeadAttention, MultiHeadAttentionConfig};
use inputs::{LayerNorm, LayerNormConfig};

use crate::{Activation, FeedForward, FeedForwardConfig};

/// Where the norm stands.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Before the sub-layer, inside the residual: norm-free road from the last layer to the first
    /// (GPT-2, LLaMA).
    Pre,
    /// After the sum (Vaswani et al. 2017; BERT).
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
    /// Activation of the feed-forward: the bend between its two maps.
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
    /// Looks at the other tokens.
    pub attention: MultiHeadAttention,
    /// The attention's norm.
    pub attention_norm: LayerNorm,
    /// Works on each token alone.
    pub feed_forward: FeedForward,
    /// The feed-forward's norm.
    pub feed_forward_norm: LayerNorm,
    /// Drops numbers of each sub-layer's output in training.
    pub dropout: Dropout,
    #[module(skip)]
    placement: Placement,
}

impl EncoderLayerConfig {
    /// A fresh layer.
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
            dropout: DropoutConfig::new(dropout).init(),
            placement,
        }
    }
}

// ANCHOR: encoder_layer
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
    pub fn forward(&self, x: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
        let x = self.residual(x, &self.attention_norm, |x| self.attention.forward(x, mask));
        self.residual(x, &self.feed_forward_norm, |x| self.feed_forward.forward(x))
    }

    /// [`EncoderLayer::forward`] and who looked at whom.
    ///
    /// # Shapes
    ///
    /// - x, mask and first output: as there
    /// - second output: `[batch, heads, queries, keys]`, probabilities
    ///
    /// # Panics
    ///
    /// As there.
    pub fn forward_with_weights(
        &self,
        x: Tensor<3>,
        mask: Option<Tensor<4, Bool>>,
    ) -> (Tensor<3>, Tensor<4>) {
        let mut weights = None;
        let x = self.residual(x, &self.attention_norm, |x| {
            let (output, seen) = self.attention.forward_with_weights(x, mask);
            weights = Some(seen);
            output
        });
        let x = self.residual(x, &self.feed_forward_norm, |x| self.feed_forward.forward(x));
        (x, weights.expect("the residual runs its sub-layer"))
    }

    /// A sub-layer with its residual, and its norm before or after.
    fn residual(
        &self,
        x: Tensor<3>,
        norm: &LayerNorm,
        sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
    ) -> Tensor<3> {
        match self.placement {
            Placement::Pre => x.clone() + self.dropout.forward(sublayer(norm.forward(x))),
            Placement::Post => norm.forward(x.clone() + self.dropout.forward(sublayer(x))),
        }
    }
}
// ANCHOR_END: encoder_layer

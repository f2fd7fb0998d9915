//! The layer that sees only the past.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Initializer, Linear};
use burn::tensor::{Bool, Device, Tensor};
use heads::{
    KeyValueCache, LINEAR_INITIALIZER, MultiHeadAttention, MultiHeadAttentionConfig,
    PositionsConfig, causal_mask, combine_masks,
};

use crate::{Activation, FeedForwardConfig, FeedForwardKind, Norm, NormKind, Transform};

/// What a [`DecoderLayer`] is made from.
#[derive(Config, Debug)]
pub struct DecoderLayerConfig {
    /// Numbers a token has.
    pub d_model: usize,
    /// Heads of the attention.
    pub n_heads: usize,
    /// Numbers inside the feed-forward.
    pub d_ff: usize,
    /// Key/value heads; `None`: as many as heads.
    #[config(default = "None")]
    pub n_kv_heads: Option<usize>,
    /// Numbers a head has; `None`: d_model / n_heads.
    #[config(default = "None")]
    pub d_head: Option<usize>,
    /// Positions inside the attention.
    #[config(default = "PositionsConfig::None")]
    pub positions: PositionsConfig,
    /// Which norm stands before each sub-layer.
    #[config(default = "NormKind::Layer")]
    pub norm: NormKind,
    /// Epsilon of the norms, added to the variance; the default is GPT-2's and LLaMA's.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Which feed-forward.
    #[config(default = "FeedForwardKind::Plain(Activation::GeluTanh)")]
    pub feed_forward: FeedForwardKind,
    /// Whether the maps add a bias.
    #[config(default = true)]
    pub bias: bool,
    /// Share of the attention's weights and of each sub-layer's output set to zero in training.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Initializer of the linear maps' weights; the default is PyTorch's.
    #[config(default = "LINEAR_INITIALIZER")]
    pub initializer: Initializer,
}

// ANCHOR: decoder_layer
/// Causal attention, then feed-forward, each after its norm and inside its residual.
#[derive(Module, Debug)]
pub struct DecoderLayer {
    /// The attention's norm.
    pub attention_norm: Norm,
    /// Looks at the tokens so far.
    pub attention: MultiHeadAttention,
    /// The feed-forward's norm.
    pub feed_forward_norm: Norm,
    /// Works on each token alone.
    pub feed_forward: Transform,
    /// Drops numbers of each sub-layer's output in training.
    pub dropout: Dropout,
}
// ANCHOR_END: decoder_layer

impl DecoderLayerConfig {
    /// A fresh layer.
    ///
    /// # Panics
    ///
    /// If a width is zero, the heads do not divide `d_model`, the key/value heads do not divide the
    /// heads, or `epsilon` is not above zero.
    pub fn init(&self, device: &Device) -> DecoderLayer {
        let Self { d_model, n_heads, d_ff, epsilon, bias, dropout, .. } = *self;
        let attention = MultiHeadAttentionConfig::new(d_model, n_heads)
            .with_n_kv_heads(self.n_kv_heads)
            .with_d_head(self.d_head)
            .with_positions(self.positions.clone())
            .with_bias(bias)
            .with_dropout(dropout)
            .with_initializer(self.initializer.clone());
        let feed_forward = FeedForwardConfig::new(d_model, d_ff)
            .with_bias(bias)
            .with_initializer(self.initializer.clone());
        DecoderLayer {
            attention_norm: self.norm.init(d_model, epsilon, device),
            attention: attention.init(device),
            feed_forward_norm: self.norm.init(d_model, epsilon, device),
            feed_forward: self.feed_forward.init(feed_forward, device),
            dropout: DropoutConfig::new(dropout).init(),
        }
    }
}

impl DecoderLayer {
    /// Every token looks at itself and those before it, then works alone.
    ///
    /// x + attention(norm(x)), x + feed_forward(norm(x)) (Xiong et al. 2020, table 1, pre-LN)
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - padding_mask: `[batch, 1, 1, keys]`, hidden besides the future; **`true` = hidden**
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model` or the mask does not fit.
    pub fn forward(&self, x: Tensor<3>, padding_mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
        self.forward_with_weights(x, padding_mask).0
    }

    /// [`DecoderLayer::forward`] and who looked at whom, before dropout.
    ///
    /// # Shapes
    ///
    /// - x, padding_mask and first output: as there
    /// - second output: `[batch, heads, queries, keys]`, probabilities
    ///
    /// # Panics
    ///
    /// As there.
    pub fn forward_with_weights(
        &self,
        x: Tensor<3>,
        padding_mask: Option<Tensor<4, Bool>>,
    ) -> (Tensor<3>, Tensor<4>) {
        let mask = decoder_mask(&x, 0, padding_mask);
        let normed = self.attention_norm.forward(x.clone());
        let (seen, weights) = self.attention.forward_with_weights(normed, mask);
        (self.finish(x, seen), weights)
    }

    /// [`DecoderLayer::forward`] of tokens that follow those in the cache.
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`, the new tokens only
    /// - padding_mask: `[batch, 1, 1, keys]`, keys counting the cached ones; **`true` = hidden**
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`, or the mask or the cache does not fit.
    pub fn forward_cached(
        &self,
        x: Tensor<3>,
        padding_mask: Option<Tensor<4, Bool>>,
        cache: &mut KeyValueCache,
    ) -> Tensor<3> {
        let mask = decoder_mask(&x, cache.len(), padding_mask);
        let seen =
            self.attention.forward_cached(self.attention_norm.forward(x.clone()), mask, cache);
        self.finish(x, seen)
    }

    /// Draws the maps anew, as GPT-2's start (Radford et al. 2019, section 2.3): weights of N(0,
    /// std^2), those that end in a residual smaller by sqrt(2 n_layers), so that the sum of all
    /// that a stack of `n_layers` adds does not grow with its depth; biases zero.
    ///
    /// # Panics
    ///
    /// If there is no layer.
    pub fn init_weights(&mut self, std: f64, n_layers: usize, device: &Device) {
        assert!(n_layers > 0, "expected a stack of layers, found none");
        let residual = std / ((2 * n_layers) as f64).sqrt();
        draw(&mut self.attention.projection, std, device);
        draw(&mut self.attention.output, residual, device);
        match &mut self.feed_forward {
            Transform::Plain(plain) => {
                draw(&mut plain.up, std, device);
                draw(&mut plain.down, residual, device);
            }
            Transform::SwiGlu(gated) => {
                draw(&mut gated.gate, std, device);
                draw(&mut gated.up, std, device);
                draw(&mut gated.down, residual, device);
            }
        }
    }

    /// The residual of the attention, then the feed-forward and its residual.
    fn finish(&self, x: Tensor<3>, seen: Tensor<3>) -> Tensor<3> {
        let x = x + self.dropout.forward(seen);
        let worked = self.feed_forward.forward(self.feed_forward_norm.forward(x.clone()));
        x + self.dropout.forward(worked)
    }
}

/// Weights of N(0, std^2), and no bias yet.
fn draw(linear: &mut Linear, std: f64, device: &Device) {
    // Asked for its sizes, a weight is drawn, and thrown away here. The recorded trainings begin
    // with what burn's one generator gives after that; what loads a checkpoint does not come this
    // way.
    linear.weight = Initializer::Normal { mean: 0.0, std }.init(linear.weight.dims(), device);
    linear.bias = linear.bias.take().map(|bias| Initializer::Zeros.init(bias.dims(), device));
}

// ANCHOR: decoder_mask
/// The future and the padding: `[batch or 1, 1, queries, keys]`; **`true` = hidden**. The newest
/// token alone has no future.
fn decoder_mask(
    x: &Tensor<3>,
    cached: usize,
    padding_mask: Option<Tensor<4, Bool>>,
) -> Option<Tensor<4, Bool>> {
    let tokens = x.dims()[1];
    if tokens == 1 {
        return padding_mask;
    }
    let future = causal_mask(tokens, cached + tokens, &x.device());
    Some(match padding_mask {
        Some(padding) => combine_masks(future, padding),
        None => future,
    })
}
// ANCHOR_END: decoder_mask

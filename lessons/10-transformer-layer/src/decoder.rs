//! The decoder layer, whose tokens see only the past.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Initializer, Linear};
use burn::tensor::{Bool, Device, Tensor};
use heads::{
    KeyValueCache, LINEAR_INITIALIZER, MultiHeadAttention, MultiHeadAttentionConfig,
    PositionsConfig, causal_mask, combine_masks, window_mask,
};
use kernels::dropout::Dropout;

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
    /// Key/value heads; `None` for as many as heads.
    #[config(default = "None")]
    pub n_kv_heads: Option<usize>,
    /// Numbers a head has; `None` for d_model / n_heads.
    #[config(default = "None")]
    pub d_head: Option<usize>,
    /// Positions that the attention puts in: none, RoPE or ALiBi.
    #[config(default = "PositionsConfig::None")]
    pub positions: PositionsConfig,
    /// Tokens that a token sees, itself included; `None` for all that came before (Mistral has a
    /// window).
    #[config(default = "None")]
    pub window: Option<usize>,
    /// Whether queries and keys have norms of their own, of the same epsilon (Qwen3's do).
    #[config(default = false)]
    pub head_norms: bool,
    /// A factor of the attention's scores beside 1 / sqrt(d_head); `None` for none.
    #[config(default = "None")]
    pub score_scale: Option<f64>,
    /// Whether a residual keeps the output of its sub-layer's norm, and not what went into the norm
    /// (a few BLOOMs).
    #[config(default = false)]
    pub residual_after_norm: bool,
    /// Which norm stands before each sub-layer.
    #[config(default = "NormKind::Layer")]
    pub norm: NormKind,
    /// Epsilon of the norms, added to the variance; the default is GPT-2's and LLaMA's.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Which feed-forward works on each token alone.
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

/// Causal attention, then feed-forward, each after its norm and inside its residual.
// ANCHOR: decoder_layer
#[derive(Module, Debug)]
pub struct DecoderLayer {
    /// Norm before the attention.
    pub attention_norm: Norm,
    /// Attention, by which a token looks at those so far.
    pub attention: MultiHeadAttention,
    /// Norm before the feed-forward.
    pub feed_forward_norm: Norm,
    /// Feed-forward, which works on each token alone.
    pub feed_forward: Transform,
    /// Dropout of each sub-layer's output, in training only.
    pub dropout: Dropout,
    window: Option<usize>,
    residual_after_norm: bool,
}
// ANCHOR_END: decoder_layer

impl DecoderLayerConfig {
    /// Makes a layer with fresh weights.
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
            .with_head_norms(self.head_norms.then_some(epsilon))
            .with_score_scale(self.score_scale)
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
            dropout: Dropout::new(dropout),
            window: self.window,
            residual_after_norm: self.residual_after_norm,
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
        let mask = decoder_mask(&x, 0, self.window, padding_mask);
        let normed = self.attention_norm.forward(x.clone());
        let kept = self.kept(x, &normed);
        let attended = self.attention.forward(normed, mask);
        self.add_and_feed(kept, attended)
    }

    /// [`DecoderLayer::forward`], and the attention weights before dropout.
    ///
    /// # Shapes
    ///
    /// - x, padding_mask and first output: as in [`DecoderLayer::forward`]
    /// - second output: `[batch, heads, queries, keys]`, probabilities
    ///
    /// # Panics
    ///
    /// As [`DecoderLayer::forward`].
    pub fn forward_with_weights(
        &self,
        x: Tensor<3>,
        padding_mask: Option<Tensor<4, Bool>>,
    ) -> (Tensor<3>, Tensor<4>) {
        let mask = decoder_mask(&x, 0, self.window, padding_mask);
        let normed = self.attention_norm.forward(x.clone());
        let kept = self.kept(x, &normed);
        let (attended, weights) = self.attention.forward_with_weights(normed, mask);
        (self.add_and_feed(kept, attended), weights)
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
        let mask = decoder_mask(&x, cache.len(), self.window, padding_mask);
        let normed = self.attention_norm.forward(x.clone());
        let kept = self.kept(x, &normed);
        let attended = self.attention.forward_cached(normed, mask, cache);
        self.add_and_feed(kept, attended)
    }

    /// Initialises the linear maps as GPT-2 does: weights from N(0, std^2), biases zero (Radford et
    /// al. 2019, section 2.3).
    ///
    /// The maps whose output is added to the residual get std / sqrt(2 n_layers): a stack of
    /// `n_layers` layers adds 2 n_layers of them, and their sum then does not grow with its depth.
    ///
    /// # Panics
    ///
    /// If there is no layer.
    pub fn init_weights(&mut self, std: f64, n_layers: usize, device: &Device) {
        assert!(n_layers > 0, "expected a stack of layers, found none");
        let residual = std / ((2 * n_layers) as f64).sqrt();
        init_linear(&mut self.attention.projection, std, device);
        init_linear(&mut self.attention.output, residual, device);
        match &mut self.feed_forward {
            Transform::Plain(plain) => {
                init_linear(&mut plain.up, std, device);
                init_linear(&mut plain.down, residual, device);
            }
            Transform::SwiGlu(gated) => {
                init_linear(&mut gated.gate, std, device);
                init_linear(&mut gated.up, std, device);
                init_linear(&mut gated.down, residual, device);
            }
        }
    }

    /// Adds what the attention made to what was kept, then what the feed-forward makes of the sum.
    fn add_and_feed(&self, kept: Tensor<3>, attended: Tensor<3>) -> Tensor<3> {
        let x = kept + self.dropout.forward(attended);
        let normed = self.feed_forward_norm.forward(x.clone());
        let kept = self.kept(x, &normed);
        kept + self.dropout.forward(self.feed_forward.forward(normed))
    }

    /// What the residual keeps of a sub-layer's input: x, or what the norm made of it.
    fn kept(&self, x: Tensor<3>, normed: &Tensor<3>) -> Tensor<3> {
        if self.residual_after_norm { normed.clone() } else { x }
    }
}

/// Initialises one linear map: weight from N(0, std^2), bias zero if it has one.
fn init_linear(linear: &mut Linear, std: f64, device: &Device) {
    // `dims` draws the old weight, which is thrown away here. It stays so because the recorded
    // trainings begin with what burn's one generator gives after that draw.
    linear.weight = Initializer::Normal { mean: 0.0, std }.init(linear.weight.dims(), device);
    if let Some(bias) = &mut linear.bias {
        *bias = Initializer::Zeros.init(bias.dims(), device);
    }
}

/// The mask of the future, of what lies before the window and of the padding. The newest token alone
/// has no future.
///
/// # Shapes
///
/// - x: `[batch, tokens, d_model]`, after `cached` tokens
/// - padding_mask: `[batch, 1, 1, keys]`; **`true` = hidden**
/// - output: `[batch or 1, 1, queries, keys]`; **`true` = hidden**
// ANCHOR: decoder_mask
fn decoder_mask(
    x: &Tensor<3>,
    cached: usize,
    window: Option<usize>,
    padding_mask: Option<Tensor<4, Bool>>,
) -> Option<Tensor<4, Bool>> {
    let ([_, tokens, _], device) = (x.dims(), x.device());
    let keys = cached + tokens;
    let future = (tokens > 1).then(|| causal_mask(tokens, keys, &device));
    let past = match window {
        Some(window) if keys > window => Some(window_mask(tokens, keys, window, &device)),
        _ => None,
    };
    [future, past, padding_mask].into_iter().flatten().reduce(combine_masks)
}
// ANCHOR_END: decoder_mask

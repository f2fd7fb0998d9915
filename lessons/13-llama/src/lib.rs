//! # 13 LLaMA
//!
//! **Question.** What changed since 2019?
//!
//! **Equation.** Four parts exchanged in the decoder of lesson 12, the rest as it was (Touvron et
//! al. 2023, "LLaMA: Open and Efficient Foundation Language Models", section 2.2; Touvron et al.
//! 2023, "Llama 2", section 2.2):
//! - LayerNorm -> RMSNorm: x / sqrt(mean(x^2) + epsilon) * weight (Zhang & Sennrich 2019, equation
//!   4)
//! - learned positions -> RoPE: q and k turned by their position (Su et al. 2021, equation 34)
//! - GELU -> SwiGLU: down(silu(gate(x)) * up(x)) (Shazeer 2020, equation 6)
//! - a key/value head for each query head -> one for a group of them (Ainslie et al. 2023, section
//!   2.2)
//!
//! **Builds on.**
//! - `lookup::TokenEmbedding::forward(&self, ids: Tensor<2, Int>) -> Tensor<3>` and
//!   `unembed(&self, x: Tensor<3>) -> Tensor<3>` (lesson 01)
//! - `positions::RopeConfig`, with its scaling (lesson 06)
//! - `heads::PositionsConfig` (lesson 09)
//! - `layer::DecoderLayer::forward(&self, x: Tensor<3>, padding_mask: Option<Tensor<4, Bool>>) ->
//!   Tensor<3>` and `RmsNorm::forward(&self, x: Tensor<3>) -> Tensor<3>` (lesson 10)
//! - `decoder::LanguageModel`, whose loss, generation and cache come with it, and
//!   `first_visible(first: usize, tokens: usize, window: usize) -> usize` (lesson 12)
//!
//! **Leaves you with.** [`Llama`], which trains from random weights and loads the checkpoints of
//! LLaMA, Mistral, Qwen2 and Qwen3; [`layer_parameters`], [`cache_bytes`] and [`tokens_read`],
//! which say what it costs.
//!
//! **Try.** `cargo rungs train llama --out target/llama`. Then set `n_kv_heads` to 1 and predict
//! which of speed, size of the cache and loss changes most.

pub mod checkpoint;
mod costs;
pub mod demo;

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use decoder::{INITIALIZER_STD, LanguageModel};
use heads::PositionsConfig;
use layer::{
    DecoderLayer, DecoderLayerConfig, FeedForwardKind, NormKind, RmsNorm, RmsNormConfig, Transform,
};
use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::{RopeConfig, RopeScaling};
use training::Preset;

pub use costs::{LayerParameters, cache_bytes, layer_parameters, tokens_read};

/// This lesson's entry in the list of lessons.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "13-llama",
    question: "What changed since 2019?",
    leaves_you_with: "Llama: RMSNorm, RoPE, SwiGLU and grouped queries in the decoder of lesson 12",
    minilm: false,
};

/// Which of the published models with LLaMA's parts a [`Llama`] is like: it decides what its
/// attention has besides.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum LlamaKind {
    /// LLaMA, and what is published under its name: nothing besides.
    Llama,
    /// Mistral: a window, in all layers or in none (Jiang et al. 2023, "Mistral 7B", section 2).
    Mistral,
    /// Qwen2: biases of queries, keys and values, and a window in some layers (Yang et al. 2024,
    /// "Qwen2 Technical Report", section 2.2).
    Qwen2,
    /// Qwen3: norms of queries and keys, and a window in some layers (Yang et al. 2025, "Qwen3
    /// Technical Report", section 2).
    Qwen3,
}

/// The sizes and settings that a [`Llama`] is made from.
#[derive(Config, Debug)]
pub struct LlamaConfig {
    /// How many token IDs there are.
    pub vocab: usize,
    /// Width of the model: how many numbers the vector of a token has.
    pub d_model: usize,
    /// Number of decoder layers.
    pub n_layers: usize,
    /// Query heads of each layer.
    pub n_heads: usize,
    /// Width inside the feed-forward.
    pub d_ff: usize,
    /// The longest text that the model sees, in tokens.
    pub max_tokens: usize,
    /// Key/value heads of each layer; `None` means as many as query heads.
    #[config(default = "None")]
    pub n_kv_heads: Option<usize>,
    /// Width of a head; `None` means d_model / n_heads.
    #[config(default = "None")]
    pub d_head: Option<usize>,
    /// Epsilon of the norms, added to the mean square (Touvron et al. 2023, the released code).
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Theta, the base of RoPE's frequencies.
    #[config(default = 10_000.0)]
    pub theta: f64,
    /// Scaling of RoPE, which stretches it to longer texts.
    #[config(default = "RopeScaling::None")]
    pub scaling: RopeScaling,
    /// Whether the output is tied: the token table read a second time.
    #[config(default = true)]
    pub tied: bool,
    /// Which published model the attention is like.
    #[config(default = "LlamaKind::Llama")]
    pub kind: LlamaKind,
    /// Window of each layer, in the order they run: how many tokens a token sees, itself included.
    /// `None`, or no entry, is all of them.
    #[config(default = "Vec::new()")]
    pub windows: Vec<Option<usize>>,
    /// Whether all four maps of the attention have biases.
    #[config(default = false)]
    pub attention_bias: bool,
    /// Whether the maps of the feed-forward have biases.
    #[config(default = false)]
    pub mlp_bias: bool,
    /// Dropout rate: share of the attention weights and of each sub-layer's output that is set to
    /// zero in training.
    #[config(default = 0.0)]
    pub dropout: f64,
}

/// A decoder: a token table and a stack of decoder layers, which have the positions inside.
// ANCHOR: llama
#[derive(Module, Debug)]
pub struct Llama {
    /// Token table, `[vocab, d_model]`.
    pub tokens: TokenEmbedding,
    /// Decoder layers in the order they run.
    pub layers: Vec<DecoderLayer>,
    /// Norm after the last layer.
    pub norm: RmsNorm,
    /// Output matrix, `[d_model, vocab]`; `None` where the token table is the output.
    pub output: Option<Linear>,
    max_tokens: usize,
}
// ANCHOR_END: llama

impl LlamaConfig {
    /// The configuration of a LLaMA of a preset's size.
    ///
    /// Two query heads share a key/value head where their number is even. d_ff is 8/3 of d_model, so
    /// that its three maps have as many parameters as two maps of 4 d_model (Touvron et al. 2023,
    /// section 2.2), up to the next multiple of 16.
    pub fn preset(preset: &Preset, vocab: usize) -> Self {
        let Preset { d_model, n_layers, n_heads, block, dropout, .. } = *preset;
        let d_ff = (8 * d_model).div_ceil(3).next_multiple_of(16);
        let n_kv_heads = if n_heads % 2 == 0 { n_heads / 2 } else { n_heads };
        Self::new(vocab, d_model, n_layers, n_heads, d_ff, block)
            .with_n_kv_heads(Some(n_kv_heads))
            .with_dropout(dropout)
    }

    /// A model with random weights, drawn as GPT-2's are.
    ///
    /// # Panics
    ///
    /// If a size is zero, the heads do not divide `d_model` and no `d_head` is given, the key/value
    /// heads do not divide the heads, or a head is of odd width.
    pub fn init(&self, device: &Device) -> Llama {
        let mut llama = self.lazy(device);
        for layer in &mut llama.layers {
            layer.init_weights(INITIALIZER_STD, self.n_layers, device);
        }
        llama
    }

    /// A model of these sizes for a checkpoint to fill: burn draws a weight when it is first read, so
    /// what the checkpoint replaces is never drawn.
    pub(crate) fn lazy(&self, device: &Device) -> Llama {
        let Self { vocab, d_model, n_layers, max_tokens, epsilon, .. } = *self;
        assert!(
            n_layers > 0 && max_tokens > 0,
            "a decoder needs layers and tokens, not {n_layers} and {max_tokens}"
        );
        let normal = Initializer::Normal { mean: 0.0, std: INITIALIZER_STD };
        let output = LinearConfig::new(d_model, vocab).with_bias(false).with_initializer(normal);
        Llama {
            tokens: TokenEmbeddingConfig::new(vocab, d_model)
                .with_initializer_std(INITIALIZER_STD)
                .init(device),
            layers: (0..n_layers).map(|i| self.published_layer(i, device)).collect(),
            norm: RmsNormConfig::new(d_model).with_epsilon(epsilon).init(device),
            output: if self.tied { None } else { Some(output.init(device)) },
            max_tokens,
        }
    }

    /// Layer `i` with what published models have besides LLaMA's four parts.
    fn published_layer(&self, i: usize, device: &Device) -> DecoderLayer {
        let mut layer = self
            .layer()
            .with_window(self.windows.get(i).copied().flatten())
            .with_head_norms(self.kind == LlamaKind::Qwen3)
            .init(device);
        if self.attention_bias || self.kind == LlamaKind::Qwen2 {
            add_bias(&mut layer.attention.projection, device);
        }
        if self.attention_bias {
            add_bias(&mut layer.attention.output, device);
        }
        if let (true, Transform::SwiGlu(swiglu)) = (self.mlp_bias, &mut layer.feed_forward) {
            add_bias(&mut swiglu.gate, device);
            add_bias(&mut swiglu.up, device);
            add_bias(&mut swiglu.down, device);
        }
        layer
    }

    /// Lesson 10's decoder layer with all four parts exchanged.
    // ANCHOR: layer
    pub fn layer(&self) -> DecoderLayerConfig {
        let rope = RopeConfig::new(self.d_head()).with_theta(self.theta);
        let rope = rope.with_scaling(self.scaling);
        DecoderLayerConfig::new(self.d_model, self.n_heads, self.d_ff)
            .with_norm(NormKind::Rms)
            .with_positions(PositionsConfig::Rope(rope))
            .with_feed_forward(FeedForwardKind::SwiGlu)
            .with_n_kv_heads(self.n_kv_heads)
            .with_d_head(self.d_head)
            .with_epsilon(self.epsilon)
            .with_bias(false)
            .with_dropout(self.dropout)
    }
    // ANCHOR_END: layer

    /// Width of a head: the one that was set, or d_model / n_heads.
    pub fn d_head(&self) -> usize {
        self.d_head.unwrap_or(self.d_model / self.n_heads)
    }

    /// Key/value heads of each layer: those that were set, or as many as query heads.
    pub fn n_kv_heads(&self) -> usize {
        self.n_kv_heads.unwrap_or(self.n_heads)
    }
}

/// Gives a map the bias that `LlamaConfig::layer` leaves out, zero so far.
fn add_bias(linear: &mut Linear, device: &Device) {
    let [_, d_out] = linear.weight.lazy_shape().dims();
    linear.bias = Some(Initializer::Zeros.init([d_out], device));
}

// ANCHOR: language_model
impl LanguageModel for Llama {
    fn embed(&self, ids: Tensor<2, Int>, _first: usize, _padding: &[usize]) -> Tensor<3> {
        self.tokens.forward(ids) // RoPE sees only how far apart two tokens are
    }

    fn layers(&self) -> &[DecoderLayer] {
        &self.layers
    }

    fn final_norm(&self, x: Tensor<3>) -> Tensor<3> {
        self.norm.forward(x)
    }

    fn unembed(&self, x: Tensor<3>) -> Tensor<3> {
        match &self.output {
            Some(output) => output.forward(x),
            None => self.tokens.unembed(x),
        }
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn vocab(&self) -> usize {
        self.tokens.vocab()
    }

    fn parameters(&self) -> usize {
        self.num_params()
    }
}
// ANCHOR_END: language_model

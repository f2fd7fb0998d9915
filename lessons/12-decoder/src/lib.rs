//! # 12 The decoder
//!
//! **Question.** How does it write?
//!
//! **Equation.** p(text) = product over t of p(token t | tokens before t) (Bengio et al. 2003, "A
//! Neural Probabilistic Language Model", section 1), each factor by a stack of decoder layers whose
//! last vectors are compared with every row of the token table (Radford et al. 2019, "Language
//! Models are Unsupervised Multitask Learners", section 2.3):
//! - x_0 = token + position, x_i = layer_i(x_(i-1)), logits = norm(x_n) table^T
//! - loss = -(1 / tokens) sum over t of log softmax(logits_t)[token t + 1]
//!
//! **Builds on.**
//! - `lookup::TokenEmbedding::forward(&self, ids: Tensor<2, Int>) -> Tensor<3>`, its
//!   `unembed(&self, x: Tensor<3>) -> Tensor<3>`, and
//!   `cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1>` (lesson 01)
//! - `subwords::Bpe::encode(&self, text: &[u8]) -> Vec<u32>`, one of the two ways to cut a text
//!   into tokens (lesson 02)
//! - `positions::LearnedPositions::forward_from(&self, first: usize, tokens: usize) -> Tensor<2>`
//!   (lesson 06)
//! - `inputs::LayerNorm::forward(&self, x: Tensor<D>) -> Tensor<D>` (lesson 07)
//! - `heads::KeyValueCache`, `padding_mask_from_keep(keep: Tensor<2, Int>) -> Tensor<4, Bool>`
//!   (lesson 09)
//! - `layer::DecoderLayer::forward(&self, x: Tensor<3>, padding_mask: Option<Tensor<4, Bool>>) ->
//!   Tensor<3>` and `forward_cached` (lesson 10)
//!
//! **Leaves you with.** [`Gpt`], which trains from random weights and loads GPT-2 and BLOOM;
//! [`LanguageModel`], what all causal language models (models that predict each token from those
//! before it) have in common; [`Generation`] and [`Sampling`].
//!
//! **Try.** `cargo rungs train gpt --out target/gpt`, then
//! `cargo rungs generate --model target/gpt`. Then set the temperature to 0 and predict how the
//! text ends.

mod cache;
pub mod checkpoint;
pub mod demo;
mod generation;
mod language_model;
mod pretraining;
mod sampling;
mod tokenization;

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use heads::PositionsConfig;
use inputs::{LayerNorm, LayerNormConfig};
use kernels::dropout::Dropout;
use layer::{Activation, DecoderLayer, DecoderLayerConfig, FeedForwardKind};
use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::{LearnedPositions, LearnedPositionsConfig};
use training::Preset;

pub use cache::ModelCache;
pub use generation::{Generation, end_of_text, first_visible};
pub use language_model::{LanguageModel, nats_of_text, nats_per_token};
pub use pretraining::CausalPretraining;
pub use sampling::{Sampling, SamplingError, exponentials, nucleus_size, top_k};
pub use tokenization::{Tokenization, TokenizedCorpus};

/// This lesson's entry in the list of lessons.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "12-decoder",
    question: "How does it write?",
    leaves_you_with: "Gpt, trained from noise or loaded from GPT-2 and BLOOM, and text drawn from \
        it token by token",
    minilm: false,
};

/// Standard deviation of fresh weights (Radford et al. 2019, the released `initializer_range`).
pub const INITIALIZER_STD: f64 = 0.02;

/// The family of published models that a decoder belongs to: it decides where positions come from.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Family {
    /// GPT-2: a learned vector for each position, added to the token's (Radford et al. 2019).
    Gpt2,
    /// BLOOM: ALiBi in every layer. No position is added to the vectors; a norm follows the table (Le
    /// Scao et al. 2022, "BLOOM", section 3.2).
    Bloom,
}

/// The sizes and settings that a [`Gpt`] is made from.
#[derive(Config, Debug)]
pub struct GptConfig {
    /// How many token IDs there are.
    pub vocab: usize,
    /// Width of the model: how many numbers the vector of a token has.
    pub d_model: usize,
    /// Number of decoder layers.
    pub n_layers: usize,
    /// Attention heads of each layer; they divide `d_model`.
    pub n_heads: usize,
    /// The longest text that the model sees, in tokens.
    pub max_tokens: usize,
    /// Width inside the feed-forward; `None` means 4 * d_model.
    #[config(default = "None")]
    pub d_ff: Option<usize>,
    /// Family of the model, which decides where positions come from.
    #[config(default = "Family::Gpt2")]
    pub family: Family,
    /// Epsilon of the norms, added to the variance.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Activation of the feed-forward: the curve that bends each number between its two maps.
    #[config(default = "Activation::GeluTanh")]
    pub activation: Activation,
    /// Whether the output is tied: the token table read a second time.
    #[config(default = true)]
    pub tied: bool,
    /// Whether scores are divided by the root of a head's width, as in almost every model.
    #[config(default = true)]
    pub scores_by_width: bool,
    /// Whether the scores of layer i, counted from 0, are divided by i + 1 as well (Karamcheti et
    /// al. 2021, "Mistral - A Journey towards Reproducible Language Model Training").
    #[config(default = false)]
    pub scores_by_depth: bool,
    /// Whether a layer's residuals keep the output of its norms.
    #[config(default = false)]
    pub residual_after_norm: bool,
    /// Dropout rate: share of the embeddings, of the attention weights and of each sub-layer's
    /// output that is set to zero in training.
    #[config(default = 0.0)]
    pub dropout: f64,
}

/// A decoder: decoder layers with one token table at both ends. On the way in its rows are looked
/// up, on the way out every vector is compared with every row, or with a table of the output's own.
// ANCHOR: gpt
#[derive(Module, Debug)]
pub struct Gpt {
    /// Token table, `[vocab, d_model]`.
    pub tokens: TokenEmbedding,
    /// Position table, added to the tokens' vectors; only GPT-2 has one.
    pub positions: Option<LearnedPositions>,
    /// Norm of the tokens' vectors; only BLOOM has one.
    pub embeddings_norm: Option<LayerNorm>,
    /// Dropout of the embeddings, in training only.
    pub dropout: Dropout,
    /// Decoder layers in the order they run.
    pub layers: Vec<DecoderLayer>,
    /// Norm after the last layer.
    pub norm: LayerNorm,
    /// Table of the output, `[vocab, d_model]`; `None` where the token table is the
    /// output.
    pub output: Option<TokenEmbedding>,
    max_tokens: usize,
}
// ANCHOR_END: gpt

impl GptConfig {
    /// The configuration of a GPT-2 of a preset's size.
    pub fn preset(preset: &Preset, vocab: usize) -> Self {
        Self::new(vocab, preset.d_model, preset.n_layers, preset.n_heads, preset.block)
            .with_dropout(preset.dropout)
    }

    /// A model with random weights: drawn from N(0, 0.02^2), those whose output is added to the
    /// residual smaller by sqrt(2 n_layers), so that the sum of all does not grow with depth
    /// (Radford et al. 2019, section 2.3); biases are zero.
    ///
    /// # Panics
    ///
    /// If a size is zero or the heads do not divide `d_model`.
    pub fn init(&self, device: &Device) -> Gpt {
        let mut gpt = self.lazy(device);
        for layer in &mut gpt.layers {
            layer.init_weights(INITIALIZER_STD, self.n_layers, device);
        }
        gpt
    }

    /// A model of these sizes for a checkpoint to fill: burn draws a weight when it is first read, so
    /// what the checkpoint replaces is never drawn.
    pub(crate) fn lazy(&self, device: &Device) -> Gpt {
        let Self { vocab, d_model, n_layers, max_tokens, epsilon, .. } = *self;
        let sizes = [n_layers, max_tokens];
        assert!(!sizes.contains(&0), "expected layers and tokens, found {sizes:?}");
        let norm = LayerNormConfig::new(d_model).with_epsilon(epsilon);
        let table = TokenEmbeddingConfig::new(vocab, d_model).with_initializer_std(INITIALIZER_STD);
        let tokens = table.init(device);
        let learned =
            LearnedPositionsConfig::new(max_tokens, d_model).with_initializer_std(INITIALIZER_STD);
        let (positions, embeddings_norm) = match self.family {
            Family::Gpt2 => (Some(learned.init(device)), None),
            Family::Bloom => (None, Some(norm.init(device))),
        };
        Gpt {
            tokens,
            positions,
            embeddings_norm,
            dropout: Dropout::new(self.dropout),
            layers: (0..n_layers).map(|i| self.layer(i).init(device)).collect(),
            norm: norm.init(device),
            output: (!self.tied).then(|| table.init(device)),
            max_tokens,
        }
    }

    /// Width inside the feed-forward: the one that was set, or 4 * d_model.
    pub fn d_ff(&self) -> usize {
        self.d_ff.unwrap_or(self.d_model.saturating_mul(4))
    }

    /// The decoder layer of lesson 10, with the family's positions and the scores of layer `i`.
    fn layer(&self, i: usize) -> DecoderLayerConfig {
        let positions = match self.family {
            Family::Gpt2 => PositionsConfig::None,
            Family::Bloom => PositionsConfig::Alibi,
        };
        DecoderLayerConfig::new(self.d_model, self.n_heads, self.d_ff())
            .with_positions(positions)
            .with_score_scale(self.score_scale(i))
            .with_residual_after_norm(self.residual_after_norm)
            .with_epsilon(self.epsilon)
            .with_feed_forward(FeedForwardKind::Plain(self.activation))
            .with_dropout(self.dropout)
    }

    /// The factor of layer `i`'s scores beside 1 / sqrt(d_head), which lesson 08's `scores` have;
    /// `None` for 1. Layers count from 0.
    pub fn score_scale(&self, i: usize) -> Option<f64> {
        let d_head = self.d_model as f64 / self.n_heads as f64;
        let by_width = if self.scores_by_width { 1.0 } else { d_head.sqrt() };
        let scale = if self.scores_by_depth { by_width / (i + 1) as f64 } else { by_width };
        (scale != 1.0).then_some(scale)
    }
}

// ANCHOR: language_model
impl LanguageModel for Gpt {
    fn embed(&self, ids: Tensor<2, Int>, first: usize, padding: &[usize]) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        let device = ids.device();
        let mut x = self.tokens.forward(ids);
        if let Some(learned) = &self.positions {
            let positions = if padding.is_empty() {
                learned.forward_from(first, tokens).unsqueeze()
            } else {
                learned.forward_at(positions_after_padding(padding, first, tokens, &device))
            };
            x = x + positions;
        }
        if let Some(norm) = &self.embeddings_norm {
            x = norm.forward(x);
        }
        self.dropout.forward(x)
    }

    fn layers(&self) -> &[DecoderLayer] {
        &self.layers
    }

    fn final_norm(&self, x: Tensor<3>) -> Tensor<3> {
        self.norm.forward(x)
    }

    fn unembed(&self, x: Tensor<3>) -> Tensor<3> {
        self.output.as_ref().unwrap_or(&self.tokens).unembed(x)
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

/// Positions of the tokens in columns `first`.., counted in each text from its first token after
/// the padding: `[batch, tokens]`. Padding tokens have position 0, and no token sees them.
pub fn positions_after_padding(
    padding: &[usize],
    first: usize,
    tokens: usize,
    device: &Device,
) -> Tensor<2, Int> {
    let mut positions = Vec::with_capacity(padding.len() * tokens);
    for &pad_count in padding {
        for column in first..first + tokens {
            positions.push(column.saturating_sub(pad_count) as i64);
        }
    }
    Tensor::from_data(TensorData::new(positions, [padding.len(), tokens]), device)
}

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
//! - `subwords::Bpe`, one of the two vocabularies that a model is trained with (lesson 02)
//! - `positions::LearnedPositions::forward_from(&self, first: usize, tokens: usize) -> Tensor<2>`
//!   (lesson 06)
//! - `inputs::LayerNorm::forward(&self, x: Tensor<D>) -> Tensor<D>` (lesson 07)
//! - `heads::KeyValueCache`, `padding_mask_from_keep(keep: Tensor<2, Int>) -> Tensor<4, Bool>`
//!   (lesson 09)
//! - `layer::DecoderLayer::forward(&self, x: Tensor<3>, padding_mask: Option<Tensor<4, Bool>>) -> Tensor<3>` and
//!   `forward_cached` (lesson 10)
//!
//! **Leaves you with.** [`Gpt`], which trains from noise and loads GPT-2 and BLOOM;
//! [`LanguageModel`], what is common to everything that writes; [`Generation`] and [`Sampling`].
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
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use heads::PositionsConfig;
use inputs::{LayerNorm, LayerNormConfig};
use layer::{Activation, DecoderLayer, DecoderLayerConfig, FeedForwardKind};
use lookup::{TokenEmbedding, TokenEmbeddingConfig};
use positions::{LearnedPositions, LearnedPositionsConfig};
use training::Preset;

pub use cache::ModelCache;
pub use generation::Generation;
pub use language_model::{LanguageModel, nats_by_part, nats_per_token};
pub use pretraining::CausalPretraining;
pub use sampling::{Sampling, SamplingError};
pub use tokenization::{Tokenization, TokenizedCorpus};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "12-decoder",
    question: "How does it write?",
    leaves_you_with: "Gpt, trained from noise or loaded from GPT-2 and BLOOM, and text drawn from \
        it token by token",
    minilm: false,
};

/// Standard deviation of fresh weights (Radford et al. 2019, the released `initializer_range`).
pub const INITIALIZER_STD: f64 = 0.02;

/// Where a decoder gets its positions from.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Family {
    /// A learned vector a position, added to the token's (Radford et al. 2019).
    Gpt2,
    /// None in the vectors, which are normalised instead; ALiBi in every layer (Le Scao et al.
    /// 2022, "BLOOM", section 3.2).
    Bloom,
}

/// What a [`Gpt`] is made from.
#[derive(Config, Debug)]
pub struct GptConfig {
    /// Token IDs there are.
    pub vocab: usize,
    /// Numbers a token has.
    pub d_model: usize,
    /// Decoder layers.
    pub n_layers: usize,
    /// Heads of each; they divide `d_model`.
    pub n_heads: usize,
    /// The longest text it sees, in tokens.
    pub max_tokens: usize,
    /// Numbers inside the feed-forward; `None`: 4 * d_model.
    #[config(default = "None")]
    pub d_ff: Option<usize>,
    /// Where positions come from.
    #[config(default = "Family::Gpt2")]
    pub family: Family,
    /// Epsilon of the norms, added to the variance.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Activation of the feed-forward: the bend between its two maps.
    #[config(default = "Activation::GeluTanh")]
    pub activation: Activation,
    /// Share of the embeddings, of attention weights and of each sub-layer's output set to zero in
    /// training.
    #[config(default = 0.0)]
    pub dropout: f64,
}

// ANCHOR: gpt
/// A stack of decoder layers between one token table read twice: rows on the way in, columns on the
/// way out.
#[derive(Module, Debug)]
pub struct Gpt {
    /// `[vocab, d_model]`
    pub tokens: TokenEmbedding,
    /// GPT-2's, added to the tokens.
    pub positions: Option<LearnedPositions>,
    /// BLOOM's, of the tokens.
    pub embeddings_norm: Option<LayerNorm>,
    /// Of the embeddings, in training.
    pub dropout: Dropout,
    /// In the order they run.
    pub layers: Vec<DecoderLayer>,
    /// After the last of them.
    pub norm: LayerNorm,
    max_tokens: usize,
}
// ANCHOR_END: gpt

impl GptConfig {
    /// A GPT-2 of a preset's size.
    pub fn preset(preset: &Preset, vocab: usize) -> Self {
        Self::new(vocab, preset.d_model, preset.n_layers, preset.n_heads, preset.block)
            .with_dropout(preset.dropout)
    }

    /// A model that knows nothing: weights of N(0, 0.02^2), those that end in a residual smaller by
    /// sqrt(2 n_layers), so that the sum of all does not grow with depth (Radford et al. 2019,
    /// section 2.3); biases zero.
    ///
    /// # Panics
    ///
    /// If a size is zero or the heads do not divide `d_model`.
    pub fn init(&self, device: &Device) -> Gpt {
        let mut gpt = self.undrawn(device);
        for layer in &mut gpt.layers {
            layer.init_weights(INITIALIZER_STD, self.n_layers, device);
        }
        gpt
    }

    /// A model of these sizes of which no weight is drawn yet: what a checkpoint fills.
    pub(crate) fn undrawn(&self, device: &Device) -> Gpt {
        let Self { vocab, d_model, n_layers, max_tokens, epsilon, .. } = *self;
        assert!(
            n_layers > 0 && max_tokens > 0,
            "expected layers and tokens, found {n_layers} and {max_tokens}"
        );
        let norm = LayerNormConfig::new(d_model).with_epsilon(epsilon);
        let learned =
            LearnedPositionsConfig::new(max_tokens, d_model).with_initializer_std(INITIALIZER_STD);
        let gpt2 = self.family == Family::Gpt2;
        Gpt {
            tokens: TokenEmbeddingConfig::new(vocab, d_model)
                .with_initializer_std(INITIALIZER_STD)
                .init(device),
            positions: gpt2.then(|| learned.init(device)),
            embeddings_norm: (!gpt2).then(|| norm.init(device)),
            dropout: DropoutConfig::new(self.dropout).init(),
            layers: (0..n_layers).map(|_| self.layer().init(device)).collect(),
            norm: norm.init(device),
            max_tokens,
        }
    }

    /// Numbers inside the feed-forward.
    pub fn d_ff(&self) -> usize {
        self.d_ff.unwrap_or(self.d_model.saturating_mul(4))
    }

    fn layer(&self) -> DecoderLayerConfig {
        let positions = match self.family {
            Family::Gpt2 => PositionsConfig::None,
            Family::Bloom => PositionsConfig::Alibi,
        };
        DecoderLayerConfig::new(self.d_model, self.n_heads, self.d_ff())
            .with_positions(positions)
            .with_epsilon(self.epsilon)
            .with_feed_forward(FeedForwardKind::Plain(self.activation))
            .with_dropout(self.dropout)
    }
}

// ANCHOR: language_model
impl LanguageModel for Gpt {
    fn embed(&self, ids: Tensor<2, Int>, first: usize, padding: &[usize]) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        let device = ids.device();
        let x = self.tokens.forward(ids);
        let x = match &self.positions {
            None => x,
            Some(learned) if padding.is_empty() => {
                x + learned.forward_from(first, tokens).unsqueeze()
            }
            Some(learned) => x + learned.at(positions_after(padding, first, tokens, &device)),
        };
        let x = match &self.embeddings_norm {
            None => x,
            Some(norm) => norm.forward(x),
        };
        self.dropout.forward(x)
    }

    fn layers(&self) -> &[DecoderLayer] {
        &self.layers
    }

    fn finish(&self, x: Tensor<3>) -> Tensor<3> {
        self.norm.forward(x)
    }

    fn unembed(&self, x: Tensor<3>) -> Tensor<3> {
        self.tokens.unembed(x)
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

/// Positions of the tokens in columns `first`.., counted in each row from its first token after the
/// padding; those of padding, which nobody sees, are 0: `[batch, tokens]`.
fn positions_after(
    padding: &[usize],
    first: usize,
    tokens: usize,
    device: &Device,
) -> Tensor<2, Int> {
    let row = |&padded: &usize| {
        (first..first + tokens).map(move |column| column.saturating_sub(padded) as i64)
    };
    let positions: Vec<i64> = padding.iter().flat_map(row).collect();
    Tensor::from_data(TensorData::new(positions, [padding.len(), tokens]), device)
}

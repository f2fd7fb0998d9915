//! # Lesson 11: the encoder
//!
//! **Question.** Does a word have one vector, or one for every sentence it stands in?
//!
//! **Equation.** BERT (Devlin et al., 2019, section 3), for ids `t` and segments `s`:
//!
//! ```text
//! h_0     = LayerNorm(token[t] + position[0..n] + segment[s])
//! h_{l+1} = EncoderLayer_l(h_l)                        l = 0..n_layers
//! pooled  = tanh(h_n[CLS] W + b)
//! ```
//!
//! **Builds on.**
//! - `inputs::BertEmbeddings::forward(ids, segment_ids) -> [batch, tokens, d_model]` (lesson 07)
//! - `layer::EncoderLayer::forward(x, hidden) -> [batch, tokens, d_model]` (lesson 10)
//! - `inputs::LayerNorm::forward(x)` (lesson 07) and `layer::Activation::apply(x)` (lesson 10)
//! - `lookup::cross_entropy(logits, targets)` in nats (lesson 01)
//! - the demo: `similarity::cosine(a, b)`, and `pairwise(a, b)` (lesson 03)
//!
//! **Leaves you with.** An encoder that runs every published BERT checkpoint, and gives every
//! layer's answer.
//!
//! **Try.** `cargo test -p lesson-11`, then `cargo rungs run 11`.

pub mod checkpoint;
pub mod demo;
pub mod parity;
pub mod pretraining;
mod tasks;
pub mod toy;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::{Bool, TensorData, assert_shape};
use course::Lesson;
use heads::padding_mask;
use inputs::{BertEmbeddings, BertEmbeddingsConfig};
use layer::{Activation, EncoderLayer, EncoderLayerConfig};

pub use tasks::{MaskedLanguageModel, SequenceClassifier};

/// What the list of lessons says about this one.
pub const LESSON: Lesson = Lesson {
    stem: "11-encoder",
    question: "Static or contextual: does a word have one vector, or one for every sentence it \
        stands in?",
    leaves_you_with: "a BERT that runs published weights, every layer open to look at",
    minilm: true,
};

/// BERT's own LayerNorm epsilon (`layer_norm_eps` of every published BERT configuration).
const BERT_EPSILON: f64 = 1e-12;

/// The sizes of a BERT.
#[derive(Config, Debug, PartialEq)]
pub struct BertConfig {
    /// Rows of the token table.
    pub vocab: usize,
    /// Width of every vector.
    pub d_model: usize,
    /// Encoder layers.
    pub n_layers: usize,
    /// Attention heads; they divide `d_model`.
    pub n_heads: usize,
    /// Width of the feed-forward block.
    pub d_ff: usize,
    /// Rows of the position table: the longest text in tokens.
    pub max_tokens: usize,
    /// Rows of the segment table.
    #[config(default = 2)]
    pub segments: usize,
    /// Added to the variance in every LayerNorm.
    #[config(default = "BERT_EPSILON")]
    pub epsilon: f64,
    /// Between the two products of the feed-forward block.
    #[config(default = "Activation::GeluExact")]
    pub activation: Activation,
    /// Probability of a dropped entry while training.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Whether there is a pooler over `[CLS]`.
    #[config(default = true)]
    pub pooler: bool,
}

/// A stack of encoder layers over embedded tokens.
#[derive(Module, Debug)]
pub struct Bert {
    /// Token + position + segment, normalised.
    pub embeddings: BertEmbeddings,
    /// In the order they run.
    pub layers: Vec<EncoderLayer>,
    /// Linear part of the pooler, if the model has one.
    pub pooler: Option<Linear>,
}

/// Token ids of several texts, padded to the longest.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[batch, tokens]`, token ids in 0..vocab.
    pub ids: Tensor<2, Int>,
    /// `[batch, tokens]`, segment of each token.
    pub segments: Tensor<2, Int>,
    /// `[batch, 1, 1, tokens]`, `true` = hidden (padding); `None` when nothing is padded.
    pub padding_mask: Option<Tensor<4, Bool>>,
}

/// Everything a forward pass can tell.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The embeddings' output, then one a layer: n_layers + 1 of `[batch, tokens, d_model]`.
    pub hidden_states: Vec<Tensor<3>>,
    /// One a layer: `[batch, heads, queries, keys]`, rows sum to 1.
    pub attentions: Vec<Tensor<4>>,
}

impl BertConfig {
    /// A BERT with random weights.
    ///
    /// # Panics
    ///
    /// If `n_layers` is 0 or the heads do not divide `d_model`.
    pub fn init(&self, device: &Device) -> Bert {
        assert!(self.n_layers > 0, "n_layers is 0, an encoder has at least one layer");
        let layer = EncoderLayerConfig::new(self.d_model, self.n_heads, self.d_ff)
            .with_activation(self.activation)
            .with_epsilon(self.epsilon)
            .with_dropout(self.dropout);
        Bert {
            embeddings: BertEmbeddingsConfig::new(
                self.vocab,
                self.max_tokens,
                self.segments,
                self.d_model,
            )
            .with_epsilon(self.epsilon)
            .with_dropout(self.dropout)
            .init(device),
            layers: (0..self.n_layers).map(|_| layer.init(device)).collect(),
            pooler: self.pooler.then(|| LinearConfig::new(self.d_model, self.d_model).init(device)),
        }
    }
}

// ANCHOR: forward
impl Bert {
    /// The last layer's vectors.
    ///
    /// # Shapes
    ///
    /// - `batch.ids`: `[batch, tokens]`, ids in 0..vocab
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If there are more tokens than rows in the position table.
    pub fn forward(&self, batch: &Batch) -> Tensor<3> {
        self.forward_to(self.layers.len(), batch)
    }

    /// The vectors after the first `layers` layers; 0 gives the embeddings' output.
    ///
    /// # Shapes
    ///
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the model has fewer layers.
    pub fn forward_to(&self, layers: usize, batch: &Batch) -> Tensor<3> {
        assert!(
            layers <= self.layers.len(),
            "layer {layers} of a model with {}",
            self.layers.len()
        );
        let embedded = self.embeddings.forward(batch.ids.clone(), batch.segments.clone());
        self.layers[..layers]
            .iter()
            .fold(embedded, |x, layer| layer.forward(x, batch.padding_mask.clone()))
    }

    /// Every layer's vectors and attention weights; slower than [`Bert::forward`], which keeps
    /// neither.
    pub fn trace(&self, batch: &Batch) -> Trace {
        let mut hidden_states =
            vec![self.embeddings.forward(batch.ids.clone(), batch.segments.clone())];
        let mut attentions = Vec::new();
        for layer in &self.layers {
            let x = hidden_states[attentions.len()].clone();
            let (x, weights) = layer.forward_with_weights(x, batch.padding_mask.clone());
            hidden_states.push(x);
            attentions.push(weights);
        }
        Trace { hidden_states, attentions }
    }

    /// tanh(h_CLS W + b) over the first token, or `None` where the model has no pooler.
    ///
    /// # Shapes
    ///
    /// - `last`: `[batch, tokens, d_model]`, the last layer's vectors
    /// - output: `[batch, d_model]`, in -1..1
    pub fn pool(&self, last: Tensor<3>) -> Option<Tensor<2>> {
        let pooler = self.pooler.as_ref()?;
        let cls: Tensor<2> = last.narrow(1, 0, 1).squeeze_dim(1); // [batch, d_model]
        Some(pooler.forward(cls).tanh())
    }

    /// The width of every vector.
    pub fn d_model(&self) -> usize {
        self.embeddings.tokens.d_model()
    }
}
// ANCHOR_END: forward

impl Bert {
    /// The sizes it was made with.
    pub fn config(&self) -> BertConfig {
        let (embeddings, layer) = (&self.embeddings, &self.layers[0]);
        let [max_tokens, d_model] = embeddings.positions.weight.dims();
        let [_, d_ff] = layer.feed_forward.up.weight.dims();
        let (vocab, heads) = (embeddings.tokens.vocab(), layer.attention.n_heads());
        BertConfig::new(vocab, d_model, self.layers.len(), heads, d_ff, max_tokens)
            .with_segments(embeddings.segments.weight.dims()[0])
            .with_epsilon(embeddings.norm.epsilon)
            .with_activation(layer.feed_forward.activation)
            .with_dropout(layer.dropout.prob)
            .with_pooler(self.pooler.is_some())
    }
}

impl Batch {
    /// Pads texts of token ids to the longest of them.
    ///
    /// `texts` gives for each its token ids and segment ids, of one length; `pad` is the id of
    /// `[PAD]`.
    ///
    /// # Panics
    ///
    /// If there is no text, or a text has no tokens.
    pub fn new<'a>(
        texts: impl IntoIterator<Item = (&'a [u32], &'a [u32])>,
        pad: u32,
        device: &Device,
    ) -> Self {
        let texts: Vec<_> = texts.into_iter().collect();
        let longest =
            texts.iter().map(|(ids, _)| ids.len()).max().expect("a batch holds at least one text");
        assert!(
            texts.iter().all(|(ids, _)| !ids.is_empty()),
            "every text of a batch has at least one token"
        );
        let table = |rows: Vec<&[u32]>, fill: u32| {
            let padded = rows.iter().flat_map(|row| {
                row.iter()
                    .copied()
                    .chain(std::iter::repeat_n(fill, longest - row.len()))
                    .map(i64::from)
            });
            Tensor::<2, Int>::from_data(
                TensorData::new(padded.collect(), [rows.len(), longest]),
                device,
            )
        };
        let lengths: Vec<usize> = texts.iter().map(|(ids, _)| ids.len()).collect();
        Self {
            ids: table(texts.iter().map(|text| text.0).collect(), pad),
            segments: table(texts.iter().map(|text| text.1).collect(), 0),
            padding_mask: lengths
                .iter()
                .any(|&length| length < longest)
                .then(|| padding_mask(&lengths, longest, device)),
        }
    }

    /// A batch from tensors as checkpoints' own libraries take them: `keep` is 1 where a token
    /// counts.
    ///
    /// # Shapes
    ///
    /// - all: `[batch, tokens]`
    pub fn from_tensors(
        ids: Tensor<2, Int>,
        segments: Option<Tensor<2, Int>>,
        keep: Option<Tensor<2, Int>>,
    ) -> Self {
        let [batch, tokens] = ids.dims();
        let segments = segments.unwrap_or_else(|| ids.zeros_like());
        assert_shape!(segments, [batch, tokens]);
        let padding_mask = keep.map(|keep| keep.equal_scalar(0).reshape([batch, 1, 1, tokens]));
        Self { ids, segments, padding_mask }
    }
}

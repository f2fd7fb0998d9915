//! # 11 The encoder
//!
//! **Question.** Does a word have one vector, or one for every sentence it stands in?
//!
//! **Equation.** BERT (Devlin et al. 2019, section 3), for ids `t` and segments `s`:
//!
//! ```text
//! h_0     = LayerNorm(token[t] + position[0..n] + segment[s])
//! h_{l+1} = EncoderLayer_l(h_l)                        l = 0..n_layers
//! pooled  = tanh(h_n[CLS] W + b)
//! ```
//!
//! **Builds on.**
//! - `inputs::BertEmbeddings` with
//!   `forward(&self, ids: Tensor<2, Int>, segment_ids: Tensor<2, Int>) -> Tensor<3>` (lesson 07)
//! - `heads::padding_mask(lengths: &[usize], tokens: usize, device: &Device) -> Tensor<4, Bool>`
//!   (lesson 09)
//! - `layer::EncoderLayer` with
//!   `forward(&self, x: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<3>` (lesson 10)
//! - `inputs::LayerNorm::forward` (lesson 07) and `layer::Activation::apply` (lesson 10), which
//!   keep the shape
//! - `lookup::cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1>` in nats
//!   (lesson 01)
//! - the demo: `similarity::cosine` and `pairwise` (lesson 03)
//!
//! **Leaves you with.** An encoder that runs every published BERT, DistilBERT and RoBERTa
//! checkpoint, and gives every layer's answer.
//!
//! **Try.** `cargo test -p lesson-11`, then `cargo rungs run 11`.

mod batch;
pub mod checkpoint;
pub mod demo;
pub mod naive;
pub mod parity;
pub mod pretraining;
mod tasks;
pub mod toy;

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use course::Lesson;
use inputs::{BertEmbeddings, BertEmbeddingsConfig};
use layer::{Activation, EncoderLayer, EncoderLayerConfig};

pub use batch::Batch;
pub use tasks::{MaskedLanguageModel, SequenceClassifier, TokenClassifier};

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

/// Axis of the tokens in hidden states, `[batch, tokens, d_model]`.
const TOKENS: usize = 1;

/// Place of `[CLS]`, which every text begins with.
const CLS: usize = 0;

/// The sizes of a BERT.
#[derive(Config, Debug, PartialEq)]
pub struct BertConfig {
    /// Rows of the token table.
    pub vocab: usize,
    /// Width of every vector.
    pub d_model: usize,
    /// Encoder layers in the stack.
    pub n_layers: usize,
    /// Attention heads of each layer; they divide `d_model`.
    pub n_heads: usize,
    /// Width of the feed-forward.
    pub d_ff: usize,
    /// The longest text in tokens: rows of the position table that a text can use.
    pub max_tokens: usize,
    /// Id of `[PAD]` where positions are counted on from it, as RoBERTa counts them; `None` counts
    /// from 0.
    #[config(default = "None")]
    pub padding: Option<u32>,
    /// Rows of the segment table.
    #[config(default = 2)]
    pub segments: usize,
    /// Epsilon of every LayerNorm, added to the variance.
    #[config(default = "BERT_EPSILON")]
    pub epsilon: f64,
    /// Activation between the two maps of the feed-forward.
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
    /// Encoder layers in the order they run.
    pub layers: Vec<EncoderLayer>,
    /// Linear part of the pooler, if the model has one.
    pub pooler: Option<Linear>,
}

/// All hidden states and attention weights of one forward pass.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The embeddings' output, then that of each layer: n_layers + 1 of `[batch, tokens, d_model]`.
    pub hidden_states: Vec<Tensor<3>>,
    /// One for each layer: `[batch, heads, queries, keys]`, probabilities whose rows sum to 1.
    pub attentions: Vec<Tensor<4>>,
}

impl BertConfig {
    /// Makes a BERT with random weights.
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
        let embeddings =
            BertEmbeddingsConfig::new(self.vocab, self.max_tokens, self.segments, self.d_model)
                .with_padding(self.padding)
                .with_epsilon(self.epsilon)
                .with_dropout(self.dropout)
                .init(device);
        let mut layers = Vec::with_capacity(self.n_layers);
        for _ in 0..self.n_layers {
            layers.push(layer.init(device));
        }
        let mut pooler = None;
        if self.pooler {
            pooler = Some(LinearConfig::new(self.d_model, self.d_model).init(device));
        }
        Bert { embeddings, layers, pooler }
    }
}

// ANCHOR: forward
impl Bert {
    /// The last layer's vectors.
    ///
    /// # Shapes
    ///
    /// - batch.ids: `[batch, tokens]`, ids in 0..vocab
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
        let mut x = self.embeddings.forward(batch.ids.clone(), batch.segments.clone());
        for layer in &self.layers[..layers] {
            x = layer.forward(x, batch.padding_mask.clone());
        }
        x
    }

    /// Every layer's vectors and attention weights; slower than [`Bert::forward`], which
    /// keeps neither.
    pub fn trace(&self, batch: &Batch) -> Trace {
        let mut x = self.embeddings.forward(batch.ids.clone(), batch.segments.clone());
        let mut hidden_states = vec![x.clone()];
        let mut attentions = Vec::new();
        for layer in &self.layers {
            let (output, weights) = layer.forward_with_weights(x, batch.padding_mask.clone());
            hidden_states.push(output.clone());
            attentions.push(weights);
            x = output;
        }
        Trace { hidden_states, attentions }
    }

    /// tanh(h_CLS W + b) over the first token, or `None` where the model has no pooler.
    ///
    /// # Shapes
    ///
    /// - hidden_states: `[batch, tokens, d_model]`, the last layer's vectors
    /// - output: `[batch, d_model]`, in -1..1
    pub fn pool(&self, hidden_states: Tensor<3>) -> Option<Tensor<2>> {
        let pooler = self.pooler.as_ref()?;
        // [batch, d_model]
        let cls: Tensor<2> = hidden_states.narrow(TOKENS, CLS, 1).squeeze_dim(TOKENS);
        Some(pooler.forward(cls).tanh())
    }

    /// The width of every vector.
    pub fn d_model(&self) -> usize {
        self.embeddings.tokens.d_model()
    }

    /// The longest text that there are positions for, in tokens.
    pub fn max_tokens(&self) -> usize {
        self.embeddings.max_tokens()
    }
}
// ANCHOR_END: forward

impl Bert {
    /// The configuration that the model was made with.
    pub fn config(&self) -> BertConfig {
        let (embeddings, layer) = (&self.embeddings, &self.layers[0]);
        let (max_tokens, d_model) = (self.max_tokens(), self.d_model());
        let [_, d_ff] = layer.feed_forward.up.weight.dims();
        let (vocab, heads) = (embeddings.tokens.vocab(), layer.attention.n_heads());
        BertConfig::new(vocab, d_model, self.layers.len(), heads, d_ff, max_tokens)
            .with_padding(embeddings.padding)
            .with_segments(embeddings.segments.weight.dims()[0])
            .with_epsilon(embeddings.norm.epsilon)
            .with_activation(layer.feed_forward.activation)
            .with_dropout(layer.dropout.prob)
            .with_pooler(self.pooler.is_some())
    }
}

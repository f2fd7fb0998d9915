//! Heads on top of an encoder: a guess for every token, or a label for the whole text.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use inputs::LayerNorm;
use layer::Activation;

use crate::{Batch, Bert};

/// BERT with a score for every word of the vocabulary at every position (Devlin et al. 2019,
/// section 3.1, task 1).
///
/// ```text
/// g      = LayerNorm(activation(h W + b))
/// logits = g tokenᵀ + c
/// ```
///
/// The output matrix is the token table itself: lesson 01's rows are read once more, as columns.
#[derive(Module, Debug)]
pub struct MaskedLanguageModel {
    /// The encoder under the head.
    pub bert: Bert,
    /// Linear map of the head, `W` and `b`.
    pub transform: Linear,
    /// Activation after the linear map.
    #[module(skip)]
    pub activation: Activation,
    /// Norm before the product with the token table.
    pub norm: LayerNorm,
    /// Output bias `c`, one number for each word: `[vocab]`.
    pub bias: Param<Tensor<1>>,
}

// ANCHOR: masked_language
impl MaskedLanguageModel {
    /// The logits of every position.
    ///
    /// # Shapes
    ///
    /// - batch.ids: `[batch, tokens]`, ids in 0..vocab
    /// - output: `[batch, tokens, vocab]`, logits
    pub fn forward(&self, batch: &Batch) -> Tensor<3> {
        self.logits(self.bert.forward(batch))
    }

    /// The logits for the last layer's vectors.
    ///
    /// # Shapes
    ///
    /// - hidden_states: `[batch, tokens, d_model]`, the last layer's vectors
    /// - output: `[batch, tokens, vocab]`, logits
    pub fn logits(&self, hidden_states: Tensor<3>) -> Tensor<3> {
        let guess = self.activation.apply(self.transform.forward(hidden_states));
        let guess = self.norm.forward(guess);
        self.bert.embeddings.tokens.unembed(guess) + self.bias.val().unsqueeze()
    }
}
// ANCHOR_END: masked_language

/// BERT with a score for every label of the whole text, read off the pooler.
#[derive(Module, Debug)]
pub struct SequenceClassifier {
    /// The encoder under the head; it has a pooler.
    pub bert: Bert,
    /// Linear map to the labels, `[d_model, labels]`.
    pub classifier: Linear,
}

impl SequenceClassifier {
    /// The logits of every text.
    ///
    /// # Shapes
    ///
    /// - batch.ids: `[batch, tokens]`, ids in 0..vocab
    /// - output: `[batch, labels]`, logits
    ///
    /// # Panics
    ///
    /// If the encoder has no pooler.
    pub fn forward(&self, batch: &Batch) -> Tensor<2> {
        self.logits(self.bert.forward(batch))
    }

    /// The logits for the last layer's vectors.
    ///
    /// # Shapes
    ///
    /// - hidden_states: `[batch, tokens, d_model]`, the last layer's vectors
    /// - output: `[batch, labels]`, logits
    ///
    /// # Panics
    ///
    /// If the encoder has no pooler.
    pub fn logits(&self, hidden_states: Tensor<3>) -> Tensor<2> {
        let pooled = self.bert.pool(hidden_states).expect("a sequence classifier reads the pooler");
        self.classifier.forward(pooled)
    }
}

/// BERT with a score for every label of each token: the parts of speech, the names in a text
/// (Devlin et al. 2019, section 5.3, without its CRF either), or where an answer begins and ends
/// (section 4.2).
#[derive(Module, Debug)]
pub struct TokenClassifier {
    /// The encoder under the head.
    pub bert: Bert,
    /// Linear map to the labels, `[d_model, labels]`.
    pub classifier: Linear,
}

impl TokenClassifier {
    /// A new head on an encoder.
    pub fn new(bert: Bert, n_labels: usize, device: &Device) -> Self {
        let classifier = LinearConfig::new(bert.d_model(), n_labels).init(device);
        Self { bert, classifier }
    }

    // ANCHOR: token_classifier
    /// The logits of every token.
    ///
    /// # Shapes
    ///
    /// - batch.ids: `[batch, tokens]`, ids in 0..vocab
    /// - output: `[batch, tokens, labels]`, logits
    pub fn forward(&self, batch: &Batch) -> Tensor<3> {
        self.classifier.forward(self.bert.forward(batch))
    }
    // ANCHOR_END: token_classifier
}

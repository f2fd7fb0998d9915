//! # 14 Sentence embeddings
//!
//! **Question.** An encoder gives one vector per token. What is the one vector of a whole text?
//!
//! **Equation.** Mean pooling over the tokens that are not hidden, then unit length (Reimers and
//! Gurevych, 2019, "Sentence-BERT", section 3):
//!
//! ```text
//! s = sum_i keep_i h_i / sum_i keep_i        e = s / |s|        score(a, b) = e_a . e_b
//! ```
//!
//! A model that makes other neighbours of texts than one wants is trained on pairs that belong
//! together ([`contrastive`]), and measured before and after ([`evaluation`]).
//!
//! **Builds on.**
//! - `encoder::Bert::forward_to(&self, layers: usize, batch: &Batch) -> Tensor<3>`, hidden states
//!   `[batch, tokens, d_model]`, and `encoder::Batch` (lesson 11)
//! - `similarity::normalise(x: Tensor<2>) -> Tensor<2>`,
//!   `cosine(a: Tensor<2>, b: Tensor<2>) -> Tensor<1>` and
//!   `nearest(queries: Tensor<2>, table: Tensor<2>, k: usize) -> Vec<Vec<(usize, f32)>>` (lesson 03)
//! - `lookup::cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1>` in nats
//!   (lesson 01)
//! - the demo: `word2vec::Space::score(sections)` (lesson 04), `maps::KMeansConfig` and
//!   `maps::purity` (lesson 05)
//!
//! **Leaves you with.** [`SentenceEncoder`]: real weights in, one vector per text out, a search
//! over your own lines, and a training that makes the encoder yours.
//!
//! **Try.** `cargo test -p lesson-14`, then
//! `printf 'I am sad\nThe bank is closed\n' | cargo rungs search "feeling down"`.

pub mod checkpoint;
pub mod contrastive;
pub mod demo;
pub mod evaluation;
pub mod feelings;

use std::cmp::Reverse;

use burn::tensor::{Bool, Device, Tensor, TensorData, assert_shape};
use course::Lesson;
use encoder::{Batch, Bert};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use similarity::{nearest, normalise};
use tokens::{Encoding, Tokenizer, TokensError};

pub use self::checkpoint::SentenceError;

/// What the list of lessons says about this one.
pub const LESSON: Lesson = Lesson {
    stem: "14-sentence-embeddings",
    question: "What is the one vector of a whole text?",
    leaves_you_with: "a sentence encoder and a search over your own lines",
    minilm: true,
};

/// The axis of `[batch, tokens, d_model]`, and of `[texts, d_model]`, with one entry per text.
const TEXTS: usize = 0;
/// The axis of `[batch, tokens, d_model]` that pooling removes.
const TOKENS: usize = 1;

/// How the hidden states of a text's tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean of all tokens, `[CLS]` and `[SEP]` among them.
    Mean,
    /// The hidden state of `[CLS]`, the first token.
    Cls,
    /// The largest value of each coordinate.
    Max,
}

// ANCHOR: pool
impl Pooling {
    /// One vector for each text, from the tokens that are not hidden.
    ///
    /// # Shapes
    ///
    /// - states: `[batch, tokens, d_model]`, hidden states
    /// - mask: `[batch, 1, 1, tokens]`, `true` = hidden (padding)
    /// - output: `[batch, d_model]`
    ///
    /// # Panics
    ///
    /// If the mask is not that of these states.
    pub fn pool(self, states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
        match self {
            Pooling::Mean => mean_pooling(states, mask),
            Pooling::Cls => states.narrow(TOKENS, 0, 1).squeeze_dim(TOKENS),
            Pooling::Max => max_pooling(states, mask),
        }
    }
}
// ANCHOR_END: pool

// ANCHOR: mean
/// The mean of a text's tokens, padding left out: sum_i keep_i h_i / sum_i keep_i (Reimers and
/// Gurevych, 2019, section 3).
///
/// # Shapes
///
/// - states: `[batch, tokens, d_model]`
/// - mask: `[batch, 1, 1, tokens]`, `true` = hidden
/// - output: `[batch, d_model]`
///
/// # Panics
///
/// If the mask is not that of these states.
pub fn mean_pooling(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let Some(mask) = mask else { return states.mean_dim(TOKENS).squeeze_dim(TOKENS) };
    let keep = over_tokens(mask, &states).bool_not().float(); // [batch, tokens, 1]
    let sum = (states * keep.clone()).sum_dim(TOKENS);
    (sum / keep.sum_dim(TOKENS)).squeeze_dim(TOKENS)
}
// ANCHOR_END: mean

// ANCHOR: max
/// The largest value of each coordinate over a text's tokens, padding left out: max_i h_i (Conneau
/// et al., 2017, section 3.2.2).
///
/// # Shapes
///
/// - states: `[batch, tokens, d_model]`
/// - mask: `[batch, 1, 1, tokens]`, `true` = hidden
/// - output: `[batch, d_model]`
///
/// # Panics
///
/// If the mask is not that of these states.
pub fn max_pooling(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let visible = match mask {
        Some(mask) => {
            let dims = states.dims();
            let mask = over_tokens(mask, &states).expand(dims);
            states.mask_fill(mask, f32::MIN) // below every finite state
        }
        None => states,
    };
    visible.max_dim(TOKENS).squeeze_dim(TOKENS)
}
// ANCHOR_END: max

/// The mask of attention, `[batch, 1, 1, tokens]`, as one of hidden states: `[batch, tokens, 1]`.
fn over_tokens(mask: Tensor<4, Bool>, states: &Tensor<3>) -> Tensor<3, Bool> {
    let [batch, tokens, _] = states.dims();
    assert_shape!(mask, [batch, 1, 1, tokens]);
    mask.reshape([batch, tokens, 1])
}

// ANCHOR: reading
/// How an encoder's layers are read as the vector of a text.
///
/// A model is trained with one reading, which [`SentenceEncoder::reading`] gives. To look inside,
/// change a copy: `Reading { layers: 3, ..encoder.reading() }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Number of layers that run; 0 reads the embeddings' output.
    pub layers: usize,
    /// How the hidden states of a text's tokens become one vector.
    pub pooling: Pooling,
    /// Whether that vector is brought to unit length.
    pub unit: bool,
}

impl Reading {
    /// One vector for each text of a batch.
    ///
    /// # Shapes
    ///
    /// - output: `[batch, d_model]`
    ///
    /// # Panics
    ///
    /// If the model has fewer layers.
    pub fn vectors(&self, bert: &Bert, batch: &Batch) -> Tensor<2> {
        let states = bert.forward_to(self.layers, batch); // [batch, tokens, d_model]
        let pooled = self.pooling.pool(states, batch.padding_mask.clone());
        if self.unit { normalise(pooled) } else { pooled }
    }
}
// ANCHOR_END: reading

/// A text's vector, and how much of the text it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// Number of tokens that were read, special tokens included; at most the encoder's limit.
    pub tokens: usize,
    /// Whether the text was longer than that.
    pub truncated: bool,
    /// The sentence vector, d_model numbers.
    pub vector: Vec<f32>,
}

/// A text's tokens, and one vector for each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedTokens {
    /// The tokens, the special ones among them.
    pub encoding: Encoding,
    /// One hidden state per token, d_model numbers each.
    pub vectors: Vec<Vec<f32>>,
}

/// A tokenizer, an encoder and a reading that belong together.
#[derive(Debug, Clone)]
pub struct SentenceEncoder {
    /// Tokenizer: text to token ids.
    pub tokenizer: Tokenizer,
    /// Encoder: token ids to hidden states.
    pub bert: Bert,
    reading: Reading,
    /// Most tokens of a text, the special ones counted.
    limit: usize,
    /// Whether texts are lower-cased before the tokenizer sees them.
    lower_case: bool,
    /// Id of the padding token.
    pad: u32,
    /// Number of texts that go through the encoder together.
    batch: usize,
    device: Device,
}

impl SentenceEncoder {
    // ANCHOR: embed
    /// One vector per text, in the order of the texts, read as the model was trained to be.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    pub fn embed<S: AsRef<str>>(&self, texts: &[S]) -> Result<Vec<Embedded>, TokensError> {
        self.embed_with(texts, &self.reading)
    }

    /// One vector per text, in the order of the texts, read in another way.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If the model has fewer layers than the reading runs.
    pub fn embed_with<S: AsRef<str>>(
        &self,
        texts: &[S],
        reading: &Reading,
    ) -> Result<Vec<Embedded>, TokensError> {
        let vectors = self.each_batch(texts, |batch| rows(reading.vectors(&self.bert, batch)))?;
        let mut embedded = Vec::with_capacity(texts.len());
        for (Encoding { ids, truncated, .. }, vector) in vectors {
            embedded.push(Embedded { tokens: ids.len(), truncated, vector });
        }
        Ok(embedded)
    }
    // ANCHOR_END: embed

    /// One vector per token after the first `layers` layers, in the order of the texts: unpooled.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If the model has fewer layers.
    pub fn embed_tokens<S: AsRef<str>>(
        &self,
        texts: &[S],
        layers: usize,
    ) -> Result<Vec<EmbeddedTokens>, TokensError> {
        let padded = self.each_batch(texts, |batch| {
            let mut vectors = Vec::new();
            for states in self.bert.forward_to(layers, batch).iter_dim(TEXTS) {
                vectors.push(rows(states.squeeze_dim(TEXTS))); // [tokens, d_model]
            }
            vectors
        })?;
        let mut embedded = Vec::with_capacity(texts.len());
        for (encoding, mut vectors) in padded {
            vectors.truncate(encoding.ids.len()); // what follows is padding
            embedded.push(EmbeddedTokens { encoding, vectors });
        }
        Ok(embedded)
    }

    /// The vectors of `texts` as the rows of one tensor, read as the model was trained to be.
    ///
    /// # Shapes
    ///
    /// - output: `[texts, d_model]`
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If there is no text.
    pub fn embed_matrix<S: AsRef<str>>(&self, texts: &[S]) -> Result<Tensor<2>, TokensError> {
        self.embed_matrix_with(texts, &self.reading)
    }

    /// The vectors of `texts` as the rows of one tensor, read in another way.
    ///
    /// # Shapes
    ///
    /// - output: `[texts, d_model]`
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If there is no text, or the model has fewer layers than the reading runs.
    pub fn embed_matrix_with<S: AsRef<str>>(
        &self,
        texts: &[S],
        reading: &Reading,
    ) -> Result<Tensor<2>, TokensError> {
        let mut vectors: Vec<f32> = Vec::with_capacity(texts.len() * self.bert.d_model());
        for embedded in self.embed_with(texts, reading)? {
            vectors.extend(embedded.vector);
        }
        let shape = [texts.len(), self.bert.d_model()];
        Ok(Tensor::from_data(TensorData::new(vectors, shape), &self.device))
    }

    // ANCHOR: search
    /// The `k` of `texts` nearest to `query`, best first, each with its cosine.
    ///
    /// Exact: the query is compared with every text.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    pub fn search<S: AsRef<str>>(
        &self,
        query: &str,
        texts: &[S],
        k: usize,
    ) -> Result<Vec<(usize, f32)>, TokensError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let (query, texts) = (self.embed_matrix(&[query])?, self.embed_matrix(texts)?);
        Ok(nearest(query, texts, k).remove(0))
    }
    // ANCHOR_END: search

    /// The token ids of a text, as this encoder reads it.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    pub fn encode(&self, text: &str) -> Result<Encoding, TokensError> {
        if self.lower_case {
            self.tokenizer.encode(&text.to_lowercase(), self.limit)
        } else {
            self.tokenizer.encode(text, self.limit)
        }
    }

    /// The reading that the model was trained with.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// Most tokens of a text that are read, the special ones counted; the rest is cut off.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The encoder with another reading as its own.
    pub fn with_reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// The encoder with this number of texts going through it together.
    ///
    /// # Panics
    ///
    /// If `batch` is 0.
    pub fn with_batch(self, batch: usize) -> Self {
        assert!(batch > 0, "batch is 0, at least one text goes through the encoder at a time");
        Self { batch, ..self }
    }

    /// Runs `forward` on batches of texts of similar length, so that little is padded, and brings
    /// its rows back into the order of the texts, each with its encoding.
    fn each_batch<S: AsRef<str>, T: Send>(
        &self,
        texts: &[S],
        forward: impl Fn(&Batch) -> Vec<T> + Sync,
    ) -> Result<Vec<(Encoding, T)>, TokensError> {
        let mut encodings = Vec::with_capacity(texts.len());
        for text in texts {
            encodings.push(self.encode(text.as_ref())?);
        }
        let mut longest_first: Vec<usize> = (0..texts.len()).collect();
        longest_first.sort_by_key(|&i| Reverse(encodings[i].ids.len()));
        let batches: Vec<&[usize]> = longest_first.chunks(self.batch).collect();
        let results = run_batches(&batches, &self.device, |chosen| {
            let mut texts = Vec::with_capacity(chosen.len());
            for &i in chosen {
                texts.push((&encodings[i].ids[..], &encodings[i].segments[..]));
            }
            forward(&Batch::new(texts, self.pad, &self.device))
        });
        let mut in_order: Vec<(usize, T)> = Vec::with_capacity(texts.len());
        for (&i, row) in longest_first.iter().zip(results.into_iter().flatten()) {
            in_order.push((i, row));
        }
        in_order.sort_by_key(|&(i, _)| i);
        let mut paired = Vec::with_capacity(texts.len());
        for (encoding, (_, row)) in encodings.into_iter().zip(in_order) {
            paired.push((encoding, row));
        }
        Ok(paired)
    }
}

/// Runs `forward` on every batch: at the same time on the CPU, where a sentence is too short to keep
/// all cores busy inside one operation, and one after the other on a GPU.
fn run_batches<T: Send>(
    batches: &[&[usize]],
    device: &Device,
    forward: impl Fn(&[usize]) -> T + Sync,
) -> Vec<T> {
    if backend::is_gpu(device) {
        return batches.iter().map(|batch| forward(batch)).collect();
    }
    let plain = kernels::plain(); // asked here, since a guard makes only its own thread plain
    let on_a_core = batches.par_iter().map(|batch| {
        let _guard = plain.then(kernels::plain_here);
        forward(batch)
    });
    on_a_core.collect()
}

/// The rows of a matrix, on the host.
fn rows(matrix: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, width] = matrix.dims();
    let values: Vec<f32> = matrix.into_data().iter::<f32>().collect();
    let mut rows = Vec::with_capacity(values.len() / width);
    for row in values.chunks(width) {
        rows.push(row.to_vec());
    }
    rows
}

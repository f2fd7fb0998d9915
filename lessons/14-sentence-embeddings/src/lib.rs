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
mod error;
pub mod evaluation;
pub mod feelings;
mod pooling;
mod prompts;
mod reading;
mod stages;
mod table;

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use course::Lesson;
use encoder::{Batch, Bert};
use lookup::TokenEmbedding;
use similarity::nearest;
use tokens::{Encoding, Tokenizer, TokensError};
use training::{batches_by_length, on_all_cores};

pub use self::error::SentenceError;
pub use self::pooling::{Pooling, max_pooling, mean_pooling};
pub use self::prompts::{PASSAGE, Prompts, QUERY};
pub use self::reading::Reading;
pub use self::stages::{DenseActivation, VectorStage};

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
/// The axis of `[texts, d_model]` along which several poolings lie side by side.
const COORDINATES: usize = 1;

/// What gives every token of a text a vector.
// ANCHOR: body
#[derive(Debug, Clone)]
pub enum Body {
    /// An encoder, which reads words in their context.
    Bert(Box<Bert>),
    /// A table with a vector for each token (lesson 01), whatever stands beside it.
    Table(TokenEmbedding),
}
// ANCHOR_END: body

/// A text's vector, and how much of the text it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// Number of tokens that were read, special tokens included; at most the encoder's limit.
    pub tokens: usize,
    /// Whether the text was longer than that.
    pub truncated: bool,
    /// The sentence vector.
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

/// A tokenizer, an encoder and a reading that belong together. A clone shares their weights.
#[derive(Debug, Clone)]
pub struct SentenceEncoder {
    /// Tokenizer: text to token ids.
    pub tokenizer: Arc<Tokenizer>,
    /// Body: token ids to hidden states.
    pub body: Body,
    reading: Reading,
    /// Prompts that the model knows.
    prompts: Prompts,
    /// Text that is put before every text.
    prompt: String,
    /// Name of the function that the model's vectors are to be compared by.
    similarity: String,
    /// Most tokens of a text, the special ones counted.
    limit: usize,
    /// Whether the tokenizer lower-cases texts before all else.
    lower_case: bool,
    /// Id of the padding token.
    pad: u32,
    /// Number of texts that go through the encoder together.
    batch: usize,
    device: Device,
}

impl SentenceEncoder {
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
    // ANCHOR: embed
    pub fn embed_with<S: AsRef<str>>(
        &self,
        texts: &[S],
        reading: &Reading,
    ) -> Result<Vec<Embedded>, TokensError> {
        let vectors = match &self.body {
            Body::Bert(bert) => {
                self.each_batch(texts, |batch| rows(reading.vectors(bert, batch)))?
            }
            Body::Table(table) => self.means(table, texts, reading)?,
        };
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
        let mut embedded = Vec::with_capacity(texts.len());
        let bert = match &self.body {
            Body::Bert(bert) => bert,
            Body::Table(table) => {
                for text in texts {
                    let encoding = self.encode(text.as_ref())?;
                    let mut vectors = Vec::new();
                    if !encoding.ids.is_empty() {
                        vectors = rows(self.look_up(table, &encoding.ids).squeeze_dim(TEXTS));
                    }
                    embedded.push(EmbeddedTokens { encoding, vectors });
                }
                return Ok(embedded);
            }
        };
        let padded = self.each_batch(texts, |batch| {
            let mut vectors = Vec::new();
            for states in bert.forward_to(layers, batch).iter_dim(TEXTS) {
                vectors.push(rows(states.squeeze_dim(TEXTS))); // [tokens, d_model]
            }
            vectors
        })?;
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
    /// - output: `[texts, width]`
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
    /// - output: `[texts, width]`
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
        let mut vectors: Vec<f32> = Vec::new();
        for embedded in self.embed_with(texts, reading)? {
            vectors.extend(embedded.vector);
        }
        let shape = [texts.len(), vectors.len() / texts.len()];
        Ok(Tensor::from_data(TensorData::new(vectors, shape), &self.device))
    }

    /// The `k` of `texts` nearest to `query`, best first, each with its cosine. The query has the
    /// model's prompt of queries before it, the texts have that of passages.
    ///
    /// Exact: the query is compared with every text.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    // ANCHOR: search
    pub fn search<S: AsRef<str>>(
        &self,
        query: &str,
        texts: &[S],
        k: usize,
    ) -> Result<Vec<(usize, f32)>, TokensError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.for_queries()?.embed_matrix(&[query])?;
        let texts = self.for_passages()?.embed_matrix(texts)?;
        Ok(nearest(query, texts, k).remove(0))
    }
    // ANCHOR_END: search

    /// The token ids of a text, as this encoder reads it: its prompt first.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses or makes no token of, or a token or a segment that the model
    /// does not have.
    pub fn encode(&self, text: &str) -> Result<Encoding, TokensError> {
        let text = format!("{}{text}", self.prompt);
        let bert = match &self.body {
            Body::Bert(bert) => bert,
            Body::Table(_) => return self.tokenizer.encode_unframed(&text, self.limit),
        };
        let mut encoding = self.tokenizer.encode(&text, self.limit)?;
        if encoding.ids.is_empty() {
            return Err(TokensError::NoToken);
        }
        self.tokenizer.check_ids(&encoding.ids, bert.embeddings.tokens.vocab())?;
        let rows = bert.embeddings.segments.vocab();
        if rows == 1 {
            // RoBERTa tells no segments apart, whatever its template says (`model_input_names` of
            // transformers' `RobertaTokenizer` leaves them out).
            encoding.segments.fill(0);
        }
        match encoding.segments.iter().find(|&&segment| segment as usize >= rows) {
            Some(&segment) => Err(TokensError::SegmentBeyondTable { segment, rows }),
            None => Ok(encoding),
        }
    }

    /// The encoder's layers.
    ///
    /// # Errors
    ///
    /// A model that is a table and has none.
    pub fn bert(&self) -> Result<&Bert, SentenceError> {
        match &self.body {
            Body::Bert(bert) => Ok(bert),
            Body::Table(_) => Err(SentenceError::NoLayers),
        }
    }

    /// Number of numbers of a token's vector, before pooling.
    pub fn d_model(&self) -> usize {
        match &self.body {
            Body::Bert(bert) => bert.d_model(),
            Body::Table(table) => table.d_model(),
        }
    }

    /// Number of numbers of a text's vector.
    ///
    /// # Panics
    ///
    /// If a reading of another width was set.
    pub fn width(&self) -> usize {
        self.reading.width(self.d_model()).expect("stages that take the vectors of this model")
    }

    /// The reading that the model was trained with.
    pub fn reading(&self) -> Reading {
        self.reading.clone()
    }

    /// Most tokens of a text that are read, the special ones counted; the rest is cut off.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The encoder with other layers, of a model of the same sizes.
    pub fn with_bert(self, bert: Bert) -> Self {
        Self { body: Body::Bert(Box::new(bert)), ..self }
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
        let lengths: Vec<usize> = encodings.iter().map(|encoding| encoding.ids.len()).collect();
        let batches = batches_by_length(&lengths, self.batch);
        let results =
            on_all_cores(&self.device, batches.iter().collect(), |chosen: &Vec<usize>| {
                let mut texts = Vec::with_capacity(chosen.len());
                for &i in chosen {
                    texts.push((&encodings[i].ids[..], &encodings[i].segments[..]));
                }
                forward(&Batch::new(texts, self.pad, &self.device))
            });
        let rows = results.into_iter().flatten();
        let mut in_order: Vec<(usize, T)> = batches.concat().into_iter().zip(rows).collect();
        in_order.sort_by_key(|&(i, _)| i);
        let mut paired = Vec::with_capacity(texts.len());
        for (encoding, (_, row)) in encodings.into_iter().zip(in_order) {
            paired.push((encoding, row));
        }
        Ok(paired)
    }
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

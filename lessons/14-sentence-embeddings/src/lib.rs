//! # Lesson 14: sentence embeddings
//!
//! **Question.** An encoder gives one vector a token. What is the one vector of a whole text?
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
//! - `encoder::Bert::forward_to(layers, &batch) -> [batch, tokens, d_model]` and `encoder::Batch`
//!   (lesson 11)
//! - `similarity::normalise(x)`, `similarity::cosine(a, b)` and
//!   `similarity::nearest(queries, table, k)` (lesson 03)
//! - `lookup::cross_entropy(logits, targets)` in nats (lesson 01)
//! - the demo: `word2vec::Space::score(sections)` (lesson 04), `maps::KMeansConfig` and
//!   `maps::purity` (lesson 05)
//!
//! **Leaves you with.** [`SentenceEncoder`]: real weights in, one vector a text out, a search over
//! your own lines, and a training that makes the encoder yours.
//!
//! **Try.** `cargo test -p lesson-14`, then
//! `printf 'I am sad\nThe bank is closed\n' | cargo rungs search "feeling down"`.

pub mod checkpoint;
pub mod contrastive;
pub mod demo;
pub mod evaluation;
pub mod feelings;

use burn::prelude::*;
use burn::tensor::{Bool, assert_shape};
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

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean of all tokens, `[CLS]` and `[SEP]` among them.
    Mean,
    /// The vector of `[CLS]`, the first token.
    Cls,
    /// The largest value of each coordinate.
    Max,
}

// ANCHOR: pool
impl Pooling {
    /// One vector a text, from the tokens that are not hidden.
    ///
    /// # Shapes
    ///
    /// - `states`: `[batch, tokens, d_model]`
    /// - `mask`: `[batch, 1, 1, tokens]`, `true` = hidden (padding)
    /// - output: `[batch, d_model]`
    ///
    /// # Panics
    ///
    /// If the mask is not that of these states.
    pub fn pool(self, states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
        match self {
            Pooling::Mean => mean(states, mask),
            Pooling::Cls => states.narrow(TOKENS, 0, 1).squeeze_dim(TOKENS),
            Pooling::Max => max(states, mask),
        }
    }
}
// ANCHOR_END: pool

// ANCHOR: mean
/// sum_i keep_i h_i / sum_i keep_i
fn mean(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let Some(mask) = mask else { return states.mean_dim(TOKENS).squeeze_dim(TOKENS) };
    let keep = over_tokens(mask, &states).bool_not().float(); // [batch, tokens, 1]
    let sum = (states * keep.clone()).sum_dim(TOKENS);
    (sum / keep.sum_dim(TOKENS)).squeeze_dim(TOKENS)
}
// ANCHOR_END: mean

// ANCHOR: max
/// max_i h_i over what is not hidden
fn max(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
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

/// The axis of `[batch, tokens, d_model]` that pooling removes.
const TOKENS: usize = 1;

/// `[batch, 1, 1, tokens]` to `[batch, tokens, 1]`.
fn over_tokens(mask: Tensor<4, Bool>, states: &Tensor<3>) -> Tensor<3, Bool> {
    let [batch, tokens, _] = states.dims();
    assert_shape!(mask, [batch, 1, 1, tokens]);
    mask.reshape([batch, tokens, 1])
}

/// A text and what was made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// Tokens that were read, the special ones counted; at most the encoder's limit.
    pub tokens: usize,
    /// Whether the text was longer than that.
    pub truncated: bool,
    /// The vector, d_model numbers.
    pub vector: Vec<f32>,
}

/// A text and what was made of each of its tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedTokens {
    /// The tokens, the special ones among them.
    pub encoding: Encoding,
    /// One vector a token, d_model numbers each.
    pub vectors: Vec<Vec<f32>>,
}

/// A tokenizer, an encoder and a pooling that belong together.
#[derive(Debug, Clone)]
pub struct SentenceEncoder {
    /// Text to ids.
    pub tokenizer: Tokenizer,
    /// Ids to one vector a token.
    pub bert: Bert,
    /// One vector a token to one a text.
    pub pooling: Pooling,
    /// Whether vectors are brought to unit length.
    pub unit: bool,
    /// Most tokens of a text, the special ones counted; the rest is cut off.
    pub limit: usize,
    /// Layers to run: all of them, or fewer to look inside.
    pub layers: usize,
    /// Texts that go through the encoder together.
    pub batch: usize,
    /// Whether batches go through it at the same time, on every core: a sentence is too short to
    /// keep all of them busy inside one operation. A GPU wants one batch after the other.
    pub parallel: bool,
    pub(crate) lower_case: bool,
    pub(crate) pad: u32,
    pub(crate) device: Device,
}

impl SentenceEncoder {
    // ANCHOR: embed
    /// One vector a text, in the order of the texts.
    ///
    /// Texts are sorted by length first, so that a batch pads little.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    pub fn embed<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Result<Vec<Embedded>, TokensError> {
        let embedded = self.each_batch(texts, |batch| {
            let pooled = self
                .pooling
                .pool(self.bert.forward_to(self.layers, batch), batch.padding_mask.clone());
            rows(if self.unit { normalise(pooled) } else { pooled })
        })?;
        let finish = |(encoding, vector): (Encoding, _)| Embedded {
            tokens: encoding.ids.len(),
            truncated: encoding.truncated,
            vector,
        };
        Ok(embedded.into_iter().map(finish).collect())
    }
    // ANCHOR_END: embed

    /// One vector a token, in the order of the texts: unpooled.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    pub fn embed_tokens<S: AsRef<str> + Sync>(
        &self,
        texts: &[S],
    ) -> Result<Vec<EmbeddedTokens>, TokensError> {
        let embedded = self.each_batch(texts, |batch| {
            let states = self.bert.forward_to(self.layers, batch);
            states.iter_dim(0).map(|text| rows(text.squeeze_dim(0))).collect()
        })?;
        let unpadded = |(encoding, mut vectors): (Encoding, Vec<_>)| {
            vectors.truncate(encoding.ids.len());
            EmbeddedTokens { encoding, vectors }
        };
        Ok(embedded.into_iter().map(unpadded).collect())
    }

    /// The vectors of `texts` as the rows of one tensor.
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
    pub fn embed_matrix<S: AsRef<str> + Sync>(
        &self,
        texts: &[S],
    ) -> Result<Tensor<2>, TokensError> {
        let vectors: Vec<f32> =
            self.embed(texts)?.into_iter().flat_map(|text| text.vector).collect();
        let shape = [texts.len(), self.bert.d_model()];
        Ok(Tensor::from_data(burn::tensor::TensorData::new(vectors, shape), &self.device))
    }

    // ANCHOR: search
    /// The `k` of `texts` nearest to `query`, best first, each with its cosine.
    ///
    /// Exact: the query is compared with every text.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    pub fn search<S: AsRef<str> + Sync>(
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

    /// Runs `forward` on batches of similar length, several at a time, and brings its rows back
    /// into order.
    fn each_batch<S: AsRef<str> + Sync, T: Send>(
        &self,
        texts: &[S],
        forward: impl Fn(&Batch) -> Vec<T> + Sync,
    ) -> Result<Vec<(Encoding, T)>, TokensError> {
        let encodings =
            texts.iter().map(|text| self.encode(text.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(encodings[i].ids.len()));
        let run = |batch: &&[usize]| {
            let texts = batch.iter().map(|&i| (&encodings[i].ids[..], &encodings[i].segments[..]));
            forward(&Batch::new(texts, self.pad, &self.device))
        };
        let batches: Vec<&[usize]> = order.chunks(self.batch.max(1)).collect();
        let results: Vec<Vec<T>> = if self.parallel {
            batches.par_iter().map(run).collect()
        } else {
            batches.iter().map(run).collect()
        };
        let mut results: Vec<(usize, T)> =
            order.iter().copied().zip(results.into_iter().flatten()).collect();
        results.sort_by_key(|&(i, _)| i);
        Ok(encodings.into_iter().zip(results.into_iter().map(|(_, row)| row)).collect())
    }
}

/// The rows of a matrix, on the host.
fn rows(matrix: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, width] = matrix.dims();
    let values: Vec<f32> = matrix.into_data().iter::<f32>().collect();
    values.chunks(width).map(<[f32]>::to_vec).collect()
}

//! Contrastive training: texts that belong together are drawn near, all others of the batch are
//! pushed away.
//!
//! ```text
//! loss = mean_i -log( exp(cos(q_i, c_i) / T) / sum_j exp(cos(q_i, c_j) / T) )     (nats)
//! ```
//!
//! Multiple-negatives ranking (Henderson et al. 2017, "Efficient Natural Language Response
//! Suggestion for Smart Reply", section 4.4; with cosine and temperature T as in van den Oord et
//! al. 2018, equation 4): each query has to find its own candidate among those of the whole batch.

use burn::optim::GradientsParams;
use burn::tensor::{Bool, Device, Tensor, TensorData, assert_shape};
use data::Related;
use encoder::{Batch, Bert};
use lookup::cross_entropy;
use similarity::pairwise;
use tokens::{Encoding, TokensError};
use training::{
    Draw, Recipe, Task, gradients_of, items_of_draw, joined_gradients, on_all_cores, parts,
};

use crate::SentenceEncoder;

/// How hard it is for each query to find its own candidate among all, on average, in nats (van den
/// Oord et al., 2018, equation 4, on cosines).
///
/// # Shapes
///
/// - queries: `[queries, d_model]`
/// - candidates: `[candidates, d_model]`; candidate i belongs to query i, those after the last query
///   to none
/// - mask: `[queries, candidates]`, **`true` = hidden**: no candidate for that query
/// - output: `[1]`, 0 or more
///
/// # Panics
///
/// If there are fewer candidates than queries, or the mask does not fit.
// ANCHOR: ranking_loss
pub fn ranking_loss(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let [n, d_model] = queries.dims();
    let [m, _] = candidates.dims();
    assert!(n <= m, "{n} queries look for one candidate each, found {m}");
    assert_shape!(candidates, [_, d_model]);
    assert_shape!(mask, [n, m]);
    let own = Tensor::arange(0..n as i64, &queries.device());
    let logits = pairwise(queries, candidates) / temperature; // [queries, candidates]
    cross_entropy(logits.mask_fill(mask, f32::MIN), own)
}
// ANCHOR_END: ranking_loss

/// Settings of a contrastive training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Number of pairs per step. A query looks for its candidate among as many, or among twice as
    /// many where every pair has a hard negative.
    pub batch: usize,
    /// Number of times through the pairs.
    pub epochs: usize,
    /// AdamW's learning rate after the warm-up.
    pub learning_rate: f64,
    /// Divisor of the cosines: the lower, the more the nearest wrong candidate counts.
    pub temperature: f64,
    /// Seed of the order of the pairs and of dropout.
    pub seed: u64,
}

impl Default for Tuning {
    /// The temperature of the sentence-transformers library's loss (its `scale` is 20) and the
    /// learning rate of its examples.
    fn default() -> Self {
        Self { batch: 32, epochs: 1, learning_rate: 2e-5, temperature: 0.05, seed: 7 }
    }
}

impl Tuning {
    /// The recipe for this many pairs.
    pub fn recipe(&self, pairs: usize) -> Recipe {
        let steps = (self.epochs * pairs.div_ceil(self.batch)).max(1);
        Recipe::fine_tuning(steps, self.learning_rate, self.seed)
    }
}

/// Pairs of texts as a task of [`training::train`].
#[derive(Debug)]
pub struct Contrastive<'a> {
    /// Reads queries, with the model's prompt for them.
    queries: SentenceEncoder,
    /// Reads candidates, with the model's prompt for passages.
    passages: SentenceEncoder,
    tuning: Tuning,
    device: &'a Device,
    /// Pairs to learn from.
    pairs: Vec<IdPair>,
    /// Pairs that only measure.
    held_out: Vec<IdPair>,
}

/// A pair of texts as token ids.
#[derive(Debug)]
struct IdPair {
    query: Encoding,
    /// The query's own candidate.
    own: Encoding,
    hard_negative: Option<Encoding>,
}

impl IdPair {
    fn new(
        queries: &SentenceEncoder,
        passages: &SentenceEncoder,
        pair: &Related,
    ) -> Result<Self, TokensError> {
        let hard_negative = pair.other.as_ref().map(|other| passages.encode(other)).transpose()?;
        let (query, own) = (queries.encode(&pair.query)?, passages.encode(&pair.meant)?);
        Ok(Self { query, own, hard_negative })
    }

    /// Number of tokens of all its texts.
    fn tokens(&self) -> usize {
        let mut tokens = self.query.ids.len() + self.own.ids.len();
        if let Some(text) = &self.hard_negative {
            tokens += text.ids.len();
        }
        tokens
    }
}

impl<'a> Contrastive<'a> {
    /// Encodes the pairs; `device` is one that trains.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If there is no pair to learn from, or none to measure.
    pub fn new(
        encoder: &SentenceEncoder,
        pairs: &[Related],
        held_out: &[Related],
        tuning: Tuning,
        device: &'a Device,
    ) -> Result<Self, TokensError> {
        assert!(
            !pairs.is_empty() && !held_out.is_empty(),
            "pairs to learn from and pairs to measure"
        );
        let (queries, passages) = (encoder.for_queries()?, encoder.for_passages()?);
        let pairs = encoded(&queries, &passages, pairs)?;
        let held_out = encoded(&queries, &passages, held_out)?;
        Ok(Self { queries, passages, tuning, device, pairs, held_out })
    }

    /// The loss of a batch: its candidates are every pair's own, then the hard negatives.
    // ANCHOR: batch_loss
    fn batch_loss(&self, bert: &Bert, pairs: &[&IdPair], device: &Device) -> Tensor<1> {
        let (queries, candidates) = texts(pairs);
        let mask = false_negatives(&queries, &candidates, device);
        let queries = vectors(&self.queries, bert, &queries, device);
        let candidates = vectors(&self.passages, bert, &candidates, device);
        ranking_loss(queries, candidates, mask, self.tuning.temperature)
    }
    // ANCHOR_END: batch_loss
}

/// The queries and the candidates of a batch.
fn texts<'a>(pairs: &[&'a IdPair]) -> (Vec<&'a Encoding>, Vec<&'a Encoding>) {
    let (mut queries, mut candidates) = (Vec::new(), Vec::new());
    for pair in pairs {
        queries.push(&pair.query);
        candidates.push(&pair.own);
    }
    for pair in pairs {
        candidates.extend(&pair.hard_negative);
    }
    (queries, candidates)
}

/// One pooled vector per text, as the encoder reads it: `[texts, d_model]`.
fn vectors(
    encoder: &SentenceEncoder,
    bert: &Bert,
    texts: &[&Encoding],
    device: &Device,
) -> Tensor<2> {
    let mut ids = Vec::with_capacity(texts.len());
    for text in texts {
        ids.push((&text.ids[..], &text.segments[..]));
    }
    let batch = Batch::new(ids, encoder.pad, device);
    encoder.reading.pool(bert.forward(&batch), batch.padding_mask.clone())
}

impl Task for Contrastive<'_> {
    type Model = Bert;

    fn loss(&self, bert: &Bert, draw: Draw) -> Tensor<1> {
        let pairs = items_of_draw(&self.pairs, self.tuning.batch, draw);
        self.batch_loss(bert, &pairs, self.device)
    }

    /// The gradients of [`Contrastive::loss`]: parts of the texts are read at the same time, and
    /// compared all together.
    fn gradients(&self, bert: &Bert, draw: Draw) -> (Tensor<1>, GradientsParams) {
        let parts = parts(self.device, true);
        if parts == 1 {
            return gradients_of(bert, self.loss(bert, draw));
        }
        let pairs = items_of_draw(&self.pairs, self.tuning.batch, draw);
        let (queries, candidates) = texts(&pairs);
        let mut together = Vec::new();
        for (reader, texts) in [(&self.queries, &queries), (&self.passages, &candidates)] {
            let parts = texts.chunks(texts.len().div_ceil(parts));
            together.extend(parts.map(|part| (reader, part)));
        }
        let (device, temperature) = (self.device, self.tuning.temperature);
        let vectors_of = |bert: &Bert, (encoder, texts)| vectors(encoder, bert, texts, device);
        joined_gradients(bert, device, together, vectors_of, |vectors| {
            let mask = false_negatives(&queries, &candidates, device);
            let of_queries = vectors.clone().slice(..queries.len());
            ranking_loss(of_queries, vectors.slice(queries.len()..), mask, temperature)
        })
    }

    fn tokens(&self) -> usize {
        let tokens: usize = self.pairs.iter().map(IdPair::tokens).sum();
        self.tuning.batch * tokens / self.pairs.len()
    }

    fn evaluate(&self, bert: &Bert) -> f64 {
        let device = &self.queries.device;
        let batches = self.held_out.chunks(self.tuning.batch).collect();
        let losses = on_all_cores(device, batches, |pairs: &[IdPair]| {
            let pairs: Vec<&IdPair> = pairs.iter().collect();
            let loss: f32 = self.batch_loss(bert, &pairs, device).into_scalar();
            f64::from(loss) * pairs.len() as f64
        });
        losses.iter().sum::<f64>() / self.held_out.len() as f64
    }
}

fn encoded(
    queries: &SentenceEncoder,
    passages: &SentenceEncoder,
    pairs: &[Related],
) -> Result<Vec<IdPair>, TokensError> {
    pairs.iter().map(|pair| IdPair::new(queries, passages, pair)).collect()
}

/// The mask of a batch's false negatives: candidates that belong to a query without being its own.
///
/// Candidate j is a false negative of query i where it has the tokens of the query, or those of the
/// query's own candidate. To push it away would unlearn what the pair teaches.
///
/// # Shapes
///
/// - output: `[queries, candidates]`, **`true` = hidden**
///
/// # Panics
///
/// If there are fewer candidates than queries, or no query.
// ANCHOR: false_negatives
pub fn false_negatives(
    queries: &[&Encoding],
    candidates: &[&Encoding],
    device: &Device,
) -> Tensor<2, Bool> {
    let mut mask = Vec::with_capacity(queries.len() * candidates.len());
    for (i, query) in queries.iter().enumerate() {
        let own = candidates[i];
        for (j, candidate) in candidates.iter().enumerate() {
            mask.push(j != i && (candidate.ids == query.ids || candidate.ids == own.ids));
        }
    }
    Tensor::from_data(TensorData::new(mask, [queries.len(), candidates.len()]), device)
}
// ANCHOR_END: false_negatives

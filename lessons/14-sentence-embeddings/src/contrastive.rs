//! Contrastive training: what belongs together is drawn near, and everything else in the batch
//! pushed away.
//!
//! ```text
//! loss = mean_i -log( exp(cos(q_i, c_i) / T) / sum_j exp(cos(q_i, c_j) / T) )     (nats)
//! ```
//!
//! Multiple-negatives ranking (Henderson et al. 2017, "Efficient Natural Language Response
//! Suggestion for Smart Reply", section 4.4; with cosine and temperature T as in van den Oord et
//! al. 2018, equation 4): each query has to find its own candidate among those of the whole batch.

use burn::prelude::*;
use burn::tensor::{Bool, TensorData, assert_shape};
use data::Related;
use encoder::{Batch, Bert};
use lookup::cross_entropy;
use similarity::normalise;
use tokens::{Encoding, TokensError};
use training::{Draw, Recipe, Task, batch_of_epoch};

use crate::SentenceEncoder;

// ANCHOR: ranking_loss
/// How hard it is to find each query's candidate among all, on average and in nats: `[1]`.
///
/// # Shapes
///
/// - queries: `[queries, d_model]`
/// - candidates: `[candidates, d_model]`, the first `queries` of them being the ones to find, each
///   of its query
/// - mask: `[queries, candidates]`, **`true` = hidden**: no candidate for that query
///
/// # Panics
///
/// If there are fewer candidates than queries, or the mask does not fit.
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
    // [queries, candidates]
    let cosines = normalise(queries).matmul(normalise(candidates).transpose());
    cross_entropy((cosines / temperature).mask_fill(mask, f32::MIN), own)
}
// ANCHOR_END: ranking_loss

/// How to train.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Pairs a step: a query has one candidate to find among so many, or twice as many where others
    /// are given.
    pub batch: usize,
    /// Times through the pairs.
    pub epochs: usize,
    /// AdamW's learning rate after the warm-up.
    pub learning_rate: f64,
    /// What cosines are divided by: the lower, the more the nearest wrong candidate counts.
    pub temperature: f64,
    /// The order of the pairs, and dropout, follow from it.
    pub seed: u64,
}

impl Default for Tuning {
    /// The sentence-transformers library's loss (scale 20) and its examples' learning rate.
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
    encoder: &'a SentenceEncoder,
    tuning: Tuning,
    device: &'a Device,
    /// To learn from, and to measure.
    pairs: Vec<Encoded>,
    held_out: Vec<Encoded>,
}

/// A pair as token ids.
#[derive(Debug)]
struct Encoded {
    query: Encoding,
    meant: Encoding,
    other: Option<Encoding>,
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
        encoder: &'a SentenceEncoder,
        pairs: &[Related],
        held_out: &[Related],
        tuning: Tuning,
        device: &'a Device,
    ) -> Result<Self, TokensError> {
        assert!(
            !pairs.is_empty() && !held_out.is_empty(),
            "pairs to learn from and pairs to measure"
        );
        let encode = |pair: &Related| {
            let encode = |text: &String| encoder.encode(text);
            let other = pair.other.as_ref().map(encode).transpose()?;
            Ok(Encoded { query: encode(&pair.query)?, meant: encode(&pair.meant)?, other })
        };
        let all = |pairs: &[Related]| pairs.iter().map(encode).collect::<Result<_, TokensError>>();
        Ok(Self { encoder, tuning, device, pairs: all(pairs)?, held_out: all(held_out)? })
    }

    // ANCHOR: batch_loss
    /// The loss of a batch: its candidates are all that is meant, then all that is not.
    fn batch_loss(&self, bert: &Bert, pairs: &[&Encoded], device: &Device) -> Tensor<1> {
        let queries: Vec<&Encoding> = pairs.iter().map(|pair| &pair.query).collect();
        let meant = pairs.iter().map(|pair| &pair.meant);
        let candidates: Vec<&Encoding> =
            meant.chain(pairs.iter().filter_map(|pair| pair.other.as_ref())).collect();
        let mask = said_twice(&queries, &candidates, device);
        let [queries, candidates] =
            [queries, candidates].map(|texts| self.vectors(bert, &texts, device));
        ranking_loss(queries, candidates, mask, self.tuning.temperature)
    }
    // ANCHOR_END: batch_loss

    fn vectors(&self, bert: &Bert, texts: &[&Encoding], device: &Device) -> Tensor<2> {
        let ids = texts.iter().map(|text| (&text.ids[..], &text.segments[..]));
        let batch = Batch::new(ids, self.encoder.pad, device);
        self.encoder.pooling.pool(bert.forward(&batch), batch.padding_mask.clone())
    }
}

impl Task for Contrastive<'_> {
    type Model = Bert;

    fn loss(&self, bert: &Bert, draw: Draw) -> Tensor<1> {
        let drawn = batch_of_epoch(self.pairs.len(), self.tuning.batch, draw.step, draw.seed);
        let pairs: Vec<&Encoded> = drawn.into_iter().map(|i| &self.pairs[i]).collect();
        self.batch_loss(bert, &pairs, self.device)
    }

    fn tokens(&self) -> usize {
        let tokens = |pair: &Encoded| {
            let other = pair.other.as_ref().map_or(0, |other| other.ids.len());
            pair.query.ids.len() + pair.meant.ids.len() + other
        };
        self.tuning.batch * self.pairs.iter().map(tokens).sum::<usize>() / self.pairs.len()
    }

    fn evaluate(&self, bert: &Bert) -> f64 {
        let held_out: Vec<&Encoded> = self.held_out.iter().collect();
        let losses = held_out.chunks(self.tuning.batch).map(|pairs| {
            let loss: f32 = self.batch_loss(bert, pairs, &self.encoder.device).into_scalar();
            f64::from(loss) * pairs.len() as f64
        });
        losses.sum::<f64>() / held_out.len() as f64
    }
}

/// What is no candidate for a query: the query itself, and what says the same as its own candidate.
/// To push away what belongs together would unlearn it.
fn said_twice(queries: &[&Encoding], candidates: &[&Encoding], device: &Device) -> Tensor<2, Bool> {
    let mask = queries.iter().enumerate().flat_map(|(i, query)| {
        candidates.iter().enumerate().map(move |(j, candidate)| {
            j != i && (candidate.ids == query.ids || candidate.ids == candidates[i].ids)
        })
    });
    let shape = [queries.len(), candidates.len()];
    Tensor::from_data(TensorData::new(mask.collect::<Vec<bool>>(), shape), device)
}

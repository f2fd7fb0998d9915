//! A language model that is the table alone: row = this token, entries = logits of the next.

use std::collections::BTreeSet;

use burn::config::Config;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::{TokenEmbedding, TokenEmbeddingConfig, cross_entropy};

/// Size of a [`Bigram`].
#[derive(Config, Debug)]
pub struct BigramConfig {
    /// How many token IDs there are.
    pub vocab: usize,
}

/// A table of `vocab x vocab`: the row of this token holds the logits of the next.
#[derive(Module, Debug)]
pub struct Bigram {
    /// `[vocab, vocab]`.
    pub table: TokenEmbedding,
}

impl BigramConfig {
    /// A fresh table, whose predictions are all but uniform.
    pub fn init(&self, device: &Device) -> Bigram {
        Bigram { table: TokenEmbeddingConfig::new(self.vocab, self.vocab).init(device) }
    }
}

// ANCHOR: bigram
impl Bigram {
    /// The logits of what follows each token: its row of the table.
    ///
    /// # Shapes
    ///
    /// - `ids`: `[batch, tokens]`, token IDs in `0..vocab`
    /// - result: `[batch, tokens, vocab]`, logits
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        self.table.forward(ids)
    }

    /// Every token but the first, predicted from the one before it.
    ///
    /// # Shapes
    ///
    /// - `ids`: `[batch, tokens]`, token IDs in `0..vocab`
    /// - result: `[1]`, nats per predicted token
    ///
    /// # Panics
    ///
    /// If there are fewer than two tokens: nothing to predict.
    pub fn loss(&self, ids: Tensor<2, Int>) -> Tensor<1> {
        let [batch, tokens] = ids.dims();
        assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
        let predicted = batch * (tokens - 1);
        let (these, nexts) = (ids.clone().narrow(1, 0, tokens - 1), ids.narrow(1, 1, tokens - 1));
        let logits = self.forward(these).reshape([predicted, self.table.vocab()]);
        cross_entropy(logits, nexts.reshape([predicted]))
    }

    /// What the table has come to believe: `softmax` of every row.
    ///
    /// Result: `rows[this][next]`, probabilities, each row summing to 1.
    pub fn probabilities(&self) -> Vec<Vec<f64>> {
        let rows = crate::log_softmax(self.table.weight.val()).exp().into_data();
        let numbers: Vec<f64> = rows.iter::<f64>().collect();
        numbers.chunks(self.table.vocab()).map(<[f64]>::to_vec).collect()
    }
}
// ANCHOR_END: bigram

// ANCHOR: train
/// Fits the table to a text by gradient descent on the whole text at once; returns the loss before
/// each step too, in nats per token.
///
/// # Panics
///
/// If the text has fewer than two tokens, or the model is not on an autodiff device.
pub fn train(
    mut model: Bigram,
    ids: &[u32],
    steps: usize,
    learning_rate: f64,
) -> (Bigram, Vec<f64>) {
    let device = model.table.weight.device();
    let text = Tensor::<2, Int>::from_data(TensorData::new(ids.to_vec(), [1, ids.len()]), &device);
    let mut optimizer = AdamWConfig::new().with_weight_decay(0.0).init();
    let mut losses = Vec::with_capacity(steps);
    for _ in 0..steps {
        let loss = model.loss(text.clone());
        losses.push(loss.clone().into_scalar::<f64>());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(learning_rate, model, gradients);
    }
    (model, losses)
}
// ANCHOR_END: train

// ANCHOR: counts
/// How often each token was followed by each: `counts[this][next]`.
///
/// # Panics
///
/// If an ID is not below `vocab`.
pub fn bigram_counts(ids: &[u32], vocab: usize) -> Vec<Vec<u32>> {
    let mut counts = vec![vec![0; vocab]; vocab];
    for pair in ids.windows(2) {
        counts[pair[0] as usize][pair[1] as usize] += 1;
    }
    counts
}

/// The least loss any bigram can have on the text that was counted, in nats per token:
/// `H(next|this) = -sum_ij p(i, j) log p(j|i)` with `p(j|i) = counts[i][j] / sum_k counts[i][k]`.
///
/// Shannon 1948, section 6. A text without pairs gives 0.
pub fn bigram_entropy(counts: &[Vec<u32>]) -> f64 {
    let all: f64 = counts.iter().flatten().map(|&count| f64::from(count)).sum();
    let mut nats = 0.0;
    for row in counts {
        let of_row: f64 = row.iter().map(|&count| f64::from(count)).sum();
        for &count in row.iter().filter(|&&count| count > 0) {
            let count = f64::from(count);
            nats -= count / all * (count / of_row).ln();
        }
    }
    nats
}
// ANCHOR_END: counts

/// A text as one ID a character: the alphabet in order, and the place in it of each character of
/// the text.
pub fn character_ids(text: &str) -> (Vec<char>, Vec<u32>) {
    let alphabet: Vec<char> = text.chars().collect::<BTreeSet<char>>().into_iter().collect();
    let id = |c: char| alphabet.partition_point(|&other| other < c) as u32;
    let ids = text.chars().map(id).collect();
    (alphabet, ids)
}

//! A language model that is the table alone: row = this token, entries = logits of the next.

use std::collections::BTreeSet;

use burn::config::Config;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::{TokenEmbedding, TokenEmbeddingConfig, cross_entropy, log_softmax, naive};

/// Axis of IDs `[batch, tokens]` along which a text runs.
const TOKENS: usize = 1;

/// Size of a [`Bigram`]: how many tokens it knows.
#[derive(Config, Debug)]
pub struct BigramConfig {
    /// Number of token IDs: rows and columns of the table.
    pub vocab: usize,
}

/// A table of `vocab x vocab`: the row of this token holds the logits of the next.
#[derive(Module, Debug)]
pub struct Bigram {
    /// The table of logits: `[vocab, vocab]`, one row for each token and one column for each next
    /// token.
    pub table: TokenEmbedding,
}

impl BigramConfig {
    /// Makes a fresh table, whose predictions are all but uniform.
    pub fn init(&self, device: &Device) -> Bigram {
        Bigram { table: TokenEmbeddingConfig::new(self.vocab, self.vocab).init(device) }
    }
}

// ANCHOR: bigram
impl Bigram {
    /// Looks up the logits of what follows each token: its row of the table.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`
    /// - output: `[batch, tokens, vocab]`, logits
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        self.table.forward(ids)
    }

    /// Cross entropy of every token but the first, each predicted from the one before it.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`
    /// - output: `[1]`, nats per predicted token
    ///
    /// # Panics
    ///
    /// If there are fewer than two tokens: nothing to predict.
    pub fn loss(&self, ids: Tensor<2, Int>) -> Tensor<1> {
        let [batch, tokens] = ids.dims();
        assert!(tokens > 1, "a bigram needs at least 2 tokens, found {tokens}");
        let predicted = batch * (tokens - 1);
        let these = ids.clone().narrow(TOKENS, 0, tokens - 1); // without the last
        let nexts = ids.narrow(TOKENS, 1, tokens - 1); // without the first
        let logits = self.forward(these).reshape([predicted, self.table.vocab()]);
        cross_entropy(logits, nexts.reshape([predicted]))
    }

    /// What the table believes: the `softmax` of every row.
    ///
    /// The output is `rows[this][next]`, probabilities, each row summing to 1.
    pub fn probabilities(&self) -> Vec<Vec<f64>> {
        let probabilities = log_softmax(self.table.weight.val()).exp().into_data();
        let numbers: Vec<f64> = probabilities.iter::<f64>().collect();
        let mut rows = Vec::with_capacity(self.table.vocab());
        for row in numbers.chunks(self.table.vocab()) {
            rows.push(row.to_vec());
        }
        rows
    }
}
// ANCHOR_END: bigram

/// Takes one plain gradient step on a table of bigram logits, and returns the loss before it, in
/// nats per predicted token: `table[i][j] -= rate x dL/dtable[i][j]`.
///
/// A logit's gradient is its probability, less 1 for the token that came (Goodfellow et al. 2016,
/// section 6.2.2.3), averaged over all pairs of the text.
///
/// # Shapes
///
/// - table: `[vocab][vocab]`, logits, one row for each token and one column for each next token
/// - ids: `[tokens]`, token IDs in `0..vocab`
///
/// # Panics
///
/// If there are fewer than two tokens, or an ID is not below `vocab`.
// ANCHOR: step
pub fn step(table: &mut [Vec<f64>], ids: &[u32], rate: f64) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (this, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[this]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            gradient[this][column] += log_probability.exp();
        }
        gradient[this][next] -= 1.0;
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit -= rate * slope / predicted;
        }
    }
    nats / predicted
}
// ANCHOR_END: step

/// Fits a table of bigram logits to a text by plain gradient descent, one [`step`] after the other;
/// returns the loss before each, in nats per predicted token.
///
/// # Panics
///
/// As [`step`] does.
pub fn gradient_descent(table: &mut [Vec<f64>], ids: &[u32], steps: usize, rate: f64) -> Vec<f64> {
    let mut losses = Vec::with_capacity(steps);
    for _ in 0..steps {
        losses.push(step(table, ids, rate));
    }
    losses
}

/// Fits the table to a text, the whole of it at every step, by AdamW; returns the loss before each
/// step too, in nats per predicted token. [`gradient_descent`] is the same without AdamW's
/// bookkeeping.
///
/// # Panics
///
/// If the text has fewer than two tokens, or the model is not on an autodiff device.
// ANCHOR: train
pub fn train(
    mut model: Bigram,
    ids: &[u32],
    steps: usize,
    learning_rate: f64,
) -> (Bigram, Vec<f64>) {
    let device = model.table.weight.device();
    let text = TensorData::new(ids.to_vec(), [1, ids.len()]);
    let text = Tensor::<2, Int>::from_data(text, &device);
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

/// Counts how often each token was followed by each: `counts[this][next]`.
///
/// # Panics
///
/// If an ID is not below `vocab`.
// ANCHOR: counts
pub fn bigram_counts(ids: &[u32], vocab: usize) -> Vec<Vec<u32>> {
    let mut counts = vec![vec![0; vocab]; vocab];
    for pair in ids.windows(2) {
        counts[pair[0] as usize][pair[1] as usize] += 1;
    }
    counts
}

/// Entropy of the pairs, the least loss any bigram can have on the text that was counted,
/// in nats per predicted token: `H(next|this) = -sum_ij p(i, j) log p(j|i)` with
/// `p(j|i) = counts[i][j] / sum_k counts[i][k]`.
///
/// Shannon 1948, section 6. A text without pairs gives 0.
pub fn bigram_entropy(counts: &[Vec<u32>]) -> f64 {
    let mut all = 0.0;
    for row in counts {
        all += total(row);
    }
    let mut nats = 0.0;
    for row in counts {
        let row_total = total(row);
        for &count in row {
            if count > 0 {
                let count = f64::from(count);
                nats -= count / all * (count / row_total).ln();
            }
        }
    }
    nats
}

/// Adds up the counts of a row.
fn total(counts: &[u32]) -> f64 {
    let mut sum = 0.0;
    for &count in counts {
        sum += f64::from(count);
    }
    sum
}
// ANCHOR_END: counts

/// Writes a text as one ID per character: returns the alphabet in order, and for each character of
/// the text its place in the alphabet.
pub fn character_ids(text: &str) -> (Vec<char>, Vec<u32>) {
    let distinct = BTreeSet::from_iter(text.chars());
    let alphabet: Vec<char> = distinct.into_iter().collect();
    let mut ids = Vec::new();
    for character in text.chars() {
        ids.push(alphabet.partition_point(|&other| other < character) as u32);
    }
    (alphabet, ids)
}

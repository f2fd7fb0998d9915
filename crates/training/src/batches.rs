//! Which part of the corpus a step sees.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand::seq::SliceRandom;

use crate::{Draw, TrainingError};

/// Blocks of a text, each from a random position; the target of a token is the one after it.
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a> {
    /// Token IDs of the text.
    ids: &'a [u32],
    block: usize,
    batch: usize,
}

impl<'a> Blocks<'a> {
    /// Batches of `batch` blocks of `block` tokens.
    ///
    /// # Errors
    ///
    /// A text too short for one block and the token after it.
    pub fn new(ids: &'a [u32], block: usize, batch: usize) -> Result<Self, TrainingError> {
        if ids.len() <= block {
            return Err(TrainingError::ShortCorpus { needed: block + 1, found: ids.len() });
        }
        Ok(Self { ids, block, batch })
    }

    /// Inputs and targets of a draw, `[batch, block]` each.
    pub fn draw(&self, draw: Draw, device: &Device) -> (Tensor<2, Int>, Tensor<2, Int>) {
        let mut rng = draw.rng();
        let mut starts = Vec::with_capacity(self.batch);
        for _ in 0..self.batch {
            starts.push(rng.random_range(0..self.ids.len() - self.block));
        }
        (self.rows(&starts, 0, device), self.rows(&starts, 1, device))
    }

    /// The blocks that start `shift` tokens after `starts`, `[batch, block]`.
    fn rows(&self, starts: &[usize], shift: usize, device: &Device) -> Tensor<2, Int> {
        let mut rows = Vec::with_capacity(self.tokens());
        for start in starts {
            for &id in &self.ids[start + shift..][..self.block] {
                rows.push(i64::from(id));
            }
        }
        Tensor::from_data(TensorData::new(rows, [self.batch, self.block]), device)
    }

    /// The number of tokens in a batch.
    pub fn tokens(&self) -> usize {
        self.batch * self.block
    }
}

/// The items of batch number `index`, where every epoch sees each of `items` once, in an order of
/// its own. The last batch of an epoch may be smaller.
///
/// # Panics
///
/// If there are no items, or `batch` is 0.
pub fn batch_of_epoch(items: usize, batch: usize, index: usize, seed: u64) -> Vec<usize> {
    assert!(items > 0 && batch > 0, "expected items and a batch, found {items} and {batch}");
    let batches = items.div_ceil(batch);
    let mut order = Vec::from_iter(0..items);
    let epoch = Draw { seed, step: index / batches, micro: 0 };
    order.shuffle(&mut epoch.rng());
    let first = index % batches * batch;
    order[first..(first + batch).min(items)].to_vec()
}

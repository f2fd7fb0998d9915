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
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        for _ in 0..self.batch {
            let start = rng.random_range(0..self.ids.len() - self.block);
            let (block, following) = block_at(self.ids, start, self.block);
            inputs.extend_from_slice(block);
            targets.extend_from_slice(following);
        }
        (self.rows(&inputs, device), self.rows(&targets, device))
    }

    /// The blocks of a batch, one after the other, as `[batch, block]`.
    fn rows(&self, ids: &[u32], device: &Device) -> Tensor<2, Int> {
        let ids: Vec<i64> = ids.iter().map(|&id| i64::from(id)).collect();
        Tensor::from_data(TensorData::new(ids, [self.batch, self.block]), device)
    }

    /// The number of tokens in a batch.
    pub fn tokens(&self) -> usize {
        self.batch * self.block
    }
}

/// The block of `block` tokens from token `start` on, and the target of each of its tokens: the token
/// that follows it in the text.
///
/// # Panics
///
/// If the text ends before the last target.
pub fn block_at(ids: &[u32], start: usize, block: usize) -> (&[u32], &[u32]) {
    (&ids[start..start + block], &ids[start + 1..start + block + 1])
}

/// The items of a draw's batch: those of [`batch_of_epoch`] at the number of its step.
///
/// # Panics
///
/// If there are no items, or `batch` is 0.
pub fn items_of_draw<T>(items: &[T], batch: usize, draw: Draw) -> Vec<&T> {
    let mut drawn = Vec::with_capacity(batch);
    for place in batch_of_epoch(items.len(), batch, draw.step, draw.seed) {
        drawn.push(&items[place]);
    }
    drawn
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

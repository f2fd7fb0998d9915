//! Which part of the corpus a step sees.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand::seq::SliceRandom;

use crate::{Draw, TrainingError};

/// Blocks of a text, each from a place drawn at random; what is asked for is the token after each.
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a> {
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
        let starts: Vec<usize> =
            (0..self.batch).map(|_| rng.random_range(0..self.ids.len() - self.block)).collect();
        let table = |shift: usize| {
            let of = |&start: &usize| {
                self.ids[start + shift..][..self.block].iter().map(|&id| i64::from(id))
            };
            let ids: Vec<i64> = starts.iter().flat_map(of).collect();
            Tensor::from_data(TensorData::new(ids, [self.batch, self.block]), device)
        };
        (table(0), table(1))
    }

    /// Tokens of a batch.
    pub fn tokens(&self) -> usize {
        self.batch * self.block
    }
}

/// Which of `items` a draw sees when all are seen once an epoch, in an order of each epoch's own.
/// The last batch of an epoch may be smaller.
///
/// # Panics
///
/// If there are no items, or `batch` is 0.
pub fn batch_of_epoch(items: usize, batch: usize, index: usize, seed: u64) -> Vec<usize> {
    assert!(items > 0 && batch > 0, "expected items and a batch, found {items} and {batch}");
    let batches = items.div_ceil(batch);
    let mut order: Vec<usize> = (0..items).collect();
    let of_epoch = Draw { seed, step: index / batches, micro: 0 };
    order.shuffle(&mut of_epoch.rng());
    let first = index % batches * batch;
    order[first..(first + batch).min(items)].to_vec()
}

//! How an encoder is read: as many of its layers as are asked for, pooled, and what follows.

use burn::tensor::{Bool, Tensor};
use encoder::{Batch, Bert};

use crate::COORDINATES;
use crate::pooling::{self, Pooling};
use crate::stages::VectorStage;

/// How an encoder's layers are read as the vector of a text.
///
/// A model is trained with one reading, which [`SentenceEncoder::reading`](crate::SentenceEncoder::reading) gives. To look inside,
/// change a copy: `Reading { layers: 3, ..encoder.reading() }`.
// ANCHOR: reading
#[derive(Debug, Clone)]
pub struct Reading {
    /// Number of layers that run; 0 reads the embeddings' output.
    pub layers: usize,
    /// How the hidden states of a text's tokens become one vector: what several poolings
    /// give is laid side by side.
    pub poolings: Vec<Pooling>,
    /// What that vector then goes through, in this order.
    pub stages: Vec<VectorStage>,
    /// Number of tokens at the beginning that are not pooled: those of a prompt that a
    /// model leaves out.
    pub unpooled: usize,
}
// ANCHOR_END: reading

impl Reading {
    /// One vector for each text of a batch.
    ///
    /// # Shapes
    ///
    /// - output: `[batch, width]`, as [`Reading::width`] says
    ///
    /// # Panics
    ///
    /// If the model has fewer layers, or the vectors are not those that a stage takes.
    // ANCHOR: vectors
    pub fn vectors(&self, bert: &Bert, batch: &Batch) -> Tensor<2> {
        let states = bert.forward_to(self.layers, batch); // [batch, tokens, d_model]
        self.finish(self.pool(states, batch.padding_mask.clone()))
    }
    // ANCHOR_END: vectors

    /// What the poolings make of hidden states, side by side.
    pub(crate) fn pool(&self, states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
        let mask = pooling::hide_first(self.unpooled, &states, mask);
        let mut pooled = Vec::with_capacity(self.poolings.len());
        for pooling in &self.poolings {
            pooled.push(pooling.pool(states.clone(), mask.clone())); // [batch, d_model]
        }
        Tensor::cat(pooled, COORDINATES)
    }
    /// What the stages make of pooled vectors.
    pub(crate) fn finish(&self, mut vectors: Tensor<2>) -> Tensor<2> {
        for stage in &self.stages {
            vectors = stage.forward(vectors);
        }
        vectors
    }
}

impl Reading {
    /// Number of numbers of a text's vector, where hidden states have `d_model`; `None` if a stage
    /// does not take what comes before it.
    pub fn width(&self, d_model: usize) -> Option<usize> {
        let mut width = d_model * self.poolings.len();
        for stage in &self.stages {
            width = stage.width(width)?;
        }
        Some(width)
    }

    /// Whether every vector has the length 1.
    pub fn is_unit(&self) -> bool {
        matches!(self.stages.last(), Some(VectorStage::Normalise))
    }
}

//! Mistakes in `Bert::forward_to`.

use burn::tensor::Tensor;
use encoder::{Batch, Bert};

/// Alone every text is right. In a batch the shorter ones change, and the more so the more they are
/// padded.
pub fn the_padding_looked_at(this: &Bert, layers: usize, batch: &Batch) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let mut x = this.embeddings.forward(batch.ids.clone(), batch.segments.clone());
    for layer in &this.layers[..layers] {
        x = layer.forward(x, None);
    }
    x
}

/// A mask is needed wherever tokens look at each other, and that is in every layer.
pub fn the_mask_for_the_first_layer_only(this: &Bert, layers: usize, batch: &Batch) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let mut x = this.embeddings.forward(batch.ids.clone(), batch.segments.clone());
    let mut mask = batch.padding_mask.clone();
    for layer in &this.layers[..layers] {
        x = layer.forward(x, mask.take());
    }
    x
}

/// Only the last layer counts, and all that lies below it is computed for nothing.
pub fn every_layer_begins_at_the_embeddings(
    this: &Bert,
    layers: usize,
    batch: &Batch,
) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let embedded = this.embeddings.forward(batch.ids.clone(), batch.segments.clone());
    let mut x = embedded.clone();
    for layer in &this.layers[..layers] {
        x = layer.forward(embedded.clone(), batch.padding_mask.clone());
    }
    x
}

/// ALBERT does so on purpose, with one layer trained for all depths. Here five of six layers are
/// never used.
pub fn the_first_layer_over_and_over(this: &Bert, layers: usize, batch: &Batch) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let mut x = this.embeddings.forward(batch.ids.clone(), batch.segments.clone());
    for _ in 0..layers {
        x = this.layers[0].forward(x, batch.padding_mask.clone());
    }
    x
}

/// Every shape fits, and each layer meets what it has never been trained on.
pub fn from_the_last_layer_down(this: &Bert, layers: usize, batch: &Batch) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let mut x = this.embeddings.forward(batch.ids.clone(), batch.segments.clone());
    for layer in this.layers[..layers].iter().rev() {
        x = layer.forward(x, batch.padding_mask.clone());
    }
    x
}

/// Right where all are asked for; a figure by layers becomes a flat line.
pub fn all_layers_however_many_are_asked_for(
    this: &Bert,
    layers: usize,
    batch: &Batch,
) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let mut x = this.embeddings.forward(batch.ids.clone(), batch.segments.clone());
    for layer in &this.layers {
        x = layer.forward(x, batch.padding_mask.clone());
    }
    x
}

/// What is called hidden state 1 is the embeddings, and the last layer is never run.
pub fn one_layer_too_few(this: &Bert, layers: usize, batch: &Batch) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let mut x = this.embeddings.forward(batch.ids.clone(), batch.segments.clone());
    for layer in &this.layers[..layers.saturating_sub(1)] {
        x = layer.forward(x, batch.padding_mask.clone());
    }
    x
}

/// A text is right, and a pair of texts reads as one.
pub fn all_tokens_in_segment_0(this: &Bert, layers: usize, batch: &Batch) -> Tensor<3> {
    assert!(layers <= this.layers.len(), "layer {layers} of a model with {}", this.layers.len());
    let mut x = this.embeddings.forward(batch.ids.clone(), batch.segments.zeros_like());
    for layer in &this.layers[..layers] {
        x = layer.forward(x, batch.padding_mask.clone());
    }
    x
}

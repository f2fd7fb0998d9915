//! The tests of lesson 11, in one binary.

mod by_hand;
mod exercises;
mod files;
mod laws;
mod learns;
mod parity;

use burn::tensor::{Device, Int, Tensor};
use encoder::{Batch, Bert, BertConfig};

/// A BERT small enough for every device, its LayerNorms away from where rounding is all there is.
fn small(device: &Device) -> Bert {
    BertConfig::new(20, 16, 2, 2, 24, 12).with_epsilon(1e-5).init(device)
}

/// `[1, tokens]` of ids that differ.
fn ids(device: &Device) -> Tensor<2, Int> {
    Tensor::from_data([[3, 7, 1, 12, 5]], device)
}

fn batch(device: &Device) -> Batch {
    Batch::from_tensors(ids(device), None, None)
}

/// The numbers that a checkpoint stores as little-endian f32.
fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

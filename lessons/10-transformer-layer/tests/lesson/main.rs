//! Lesson 10's tests.

mod by_hand;
mod exercises;
mod laws;
mod learns;
mod parity;

use burn::tensor::{Device, Tensor, TensorData};
use heads::PositionsConfig;
use layer::{DecoderLayerConfig, FeedForwardKind, NormKind};
use positions::RopeConfig;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Numbers of -2..2, the same for the same seed on every device.
fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut numbers: Vec<f32> = Vec::new();
    for _ in 0..shape.iter().product() {
        numbers.push(rng.random_range(-2.0..2.0));
    }
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

/// GPT-2's layer, LLaMA's and BLOOM's.
fn decoders() -> [DecoderLayerConfig; 3] {
    let config = || DecoderLayerConfig::new(8, 2, 16);
    let llama = config()
        .with_n_kv_heads(Some(1))
        .with_positions(PositionsConfig::Rope(RopeConfig::new(4)))
        .with_norm(NormKind::Rms)
        .with_feed_forward(FeedForwardKind::SwiGlu)
        .with_bias(false);
    [config(), llama, config().with_positions(PositionsConfig::Alibi)]
}

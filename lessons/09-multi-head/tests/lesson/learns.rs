//! What positions inside the layer are good for.

use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use heads::{MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig, causal_mask};
use positions::RopeConfig;

use crate::random;

/// Tokens of a text, and numbers of a token.
const TOKENS: usize = 6;
const D_MODEL: usize = 16;

/// Every token shall answer with the token before it: a matter of place alone, which only RoPE can
/// see here.
#[test]
fn with_rope_a_layer_learns_to_look_one_back_and_without_positions_it_cannot() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let rope = PositionsConfig::Rope(RopeConfig::new(D_MODEL / 2));
    let [blind, last] = [PositionsConfig::None, rope].map(|positions| train(positions, &device));
    assert!(last < 0.5 * blind, "with RoPE {last}, without positions {blind}");
}

/// The loss of the last of 250 steps.
fn train(positions: PositionsConfig, device: &Device) -> f32 {
    device.seed(7);
    let mut layer =
        MultiHeadAttentionConfig::new(D_MODEL, 2).with_positions(positions).init(device);
    let mut optimizer = AdamWConfig::new().init();
    let mut last = f32::INFINITY;
    for step in 0..250 {
        let loss = loss(&layer, random([16, TOKENS, D_MODEL], step as u64, device));
        last = loss.clone().into_scalar();
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        layer = optimizer.step(0.02, layer, gradients);
    }
    last
}

fn loss(layer: &MultiHeadAttention, x: Tensor<3>) -> Tensor<1> {
    let mask = causal_mask(TOKENS, TOKENS, &x.device());
    let answer = layer.forward(x.clone(), Some(mask)).narrow(1, 1, TOKENS - 1);
    (answer - x.narrow(1, 0, TOKENS - 1)).square().mean()
}

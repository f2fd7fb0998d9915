//! Gradients reach the three projections and teach them where to look.

use attention::{SelfAttention, SelfAttentionConfig};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor};

use crate::random;

/// Every token shall answer with what the one flagged token carries: no mean of all can, only a
/// look at the flag.
#[test]
fn a_head_learns_to_look_at_the_flagged_token() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let mut head = SelfAttentionConfig::new(5, 4).init(&device);
    let mut optimizer = AdamWConfig::new().init();
    let (x, y) = flagged(&device);
    for _ in 0..150 {
        let gradients = GradientsParams::from_grads(loss(&head, &x, &y).backward(), &head);
        head = optimizer.step(0.05, head, gradients);
    }
    let last = loss(&head, &x, &y).into_scalar::<f32>();
    // The mean of four carried vectors, all that a blind head can offer, leaves 3/4 of their
    // variance.
    let blind = y.clone().square().mean().into_scalar::<f32>() * 0.75;
    assert!(last < 0.2 * blind, "{last}, blind {blind}");
}

fn loss(head: &SelfAttention, x: &Tensor<3>, y: &Tensor<3>) -> Tensor<1> {
    (head.forward(x.clone()) - y.clone()).square().mean()
}

/// 16 texts of 4 tokens: a flag and 4 numbers each; and the flagged token's numbers, once a token.
fn flagged(device: &Device) -> (Tensor<3>, Tensor<3>) {
    let carried = random::<3>([16, 4, 4], 5, device);
    let flags: Vec<f32> =
        (0..16 * 4).map(|i| if i % 4 == (i / 4) * 7 % 4 { 1.0 } else { 0.0 }).collect();
    let flags = Tensor::<1>::from_floats(flags.as_slice(), device).reshape([16, 4, 1]);
    let y = (carried.clone() * flags.clone()).sum_dim(1).expand([16, 4, 4]);
    (Tensor::cat(vec![flags, carried], 2), y)
}

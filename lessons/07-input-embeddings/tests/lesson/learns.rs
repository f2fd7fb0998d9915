//! All five parameters of the input learn, and together they can tell what a bag of words cannot.

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use inputs::{BertEmbeddings, BertEmbeddingsConfig};

/// Two words in both orders, in the first and in the second sentence.
const IDS: [[i64; 2]; 4] = [[1, 2], [2, 1], [1, 2], [2, 1]];
const SEGMENTS: [[i64; 2]; 4] = [[0, 0], [0, 0], [1, 1], [1, 1]];
/// To be read off the first number of each token: -1/2 or 1/2 for the word, 1/4 more at the second
/// place, 1/2 more in the second sentence.
const TARGETS: [[f32; 2]; 4] = [[0.5, -0.25], [-0.5, 0.75], [1.0, 0.25], [0.0, 1.25]];

fn table<const N: usize>(rows: [[i64; 2]; N], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::from(rows), device)
}

fn loss(model: &BertEmbeddings, device: &Device) -> Tensor<1> {
    let read = model
        .forward(table(IDS, device), table(SEGMENTS, device))
        .narrow(2, 0, 1)
        .squeeze_dim::<2>(2);
    (read - Tensor::from_floats(TARGETS, device)).square().mean()
}

/// Draws the tables in a fixed order. burn draws a parameter at first use: without this, the same
/// seed would make other tables for a `forward` that looks them up in another order.
fn draw_in_order(model: &BertEmbeddings) {
    model.tokens.weight.val();
    model.positions.weight.val();
    model.segments.weight.val();
}

#[test]
fn token_position_and_segment_are_learned_together() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let [before, after] = before_and_after(&device);
    // The best that any two of the three tables reach is a mean square of 1/16 (no segments) or
    // 1/64 (no positions). The seeds 1 to 16 end at 1.5e-5 to 4.8e-4, at most a 3000th of where
    // they began.
    assert!(after < 0.01 && after < before / 50.0, "{before} -> {after}");
}

/// The loss before 150 steps of training and after them.
fn before_and_after(device: &Device) -> [f32; 2] {
    let mut model = BertEmbeddingsConfig::new(3, 2, 2, 6).init(device);
    draw_in_order(&model);
    let mut optimizer = AdamConfig::new().init();
    let before = loss(&model, device).into_scalar::<f32>();
    for _ in 0..150 {
        let gradients = GradientsParams::from_grads(loss(&model, device).backward(), &model);
        model = optimizer.step(0.02, model, gradients);
    }
    [before, loss(&model, device).into_scalar::<f32>()]
}

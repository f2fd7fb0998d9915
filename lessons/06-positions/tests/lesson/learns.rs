//! The table of learned positions learns, row by row that it sees.

use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::Tensor;
use positions::{LearnedPositions, LearnedPositionsConfig, sinusoidal};

fn loss(positions: &LearnedPositions, target: &Tensor<2>) -> Tensor<1> {
    let [tokens, _] = target.dims();
    (positions.forward(tokens) - target.clone()).square().sum()
}

#[test]
fn only_positions_that_were_seen_are_learned() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let mut positions = LearnedPositionsConfig::new(6, 4).init(&device);
    let untouched = positions.weight.val().narrow(0, 4, 2).to_data();
    let target = sinusoidal(4, 4, &device);
    let before = loss(&positions, &target).into_scalar::<f32>();
    let mut optimiser = SgdConfig::new().init();
    for _ in 0..20 {
        let gradients =
            GradientsParams::from_grads(loss(&positions, &target).backward(), &positions);
        positions = optimiser.step(0.2, positions, gradients);
    }
    // A step leaves 1 - 2 * 0.2 = 0.6 of every difference, so 20 of them leave 0.6^40 = 1.3e-9 of
    // the loss, whatever the seed.
    let after = loss(&positions, &target).into_scalar::<f32>();
    assert!(after < 1e-3 * before, "{before} -> {after}");
    assert_eq!(
        positions.weight.val().narrow(0, 4, 2).to_data(),
        untouched,
        "rows 4 and 5 were never used"
    );
}

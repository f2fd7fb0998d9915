//! The chapter's own numbers.

use burn::module::Param;
use burn::tensor::Tensor;
use golden::assert_close;
use layer::{Activation, FeedForwardConfig, SwiGluConfig, rms_norm};

#[test]
fn the_four_bends_at_minus_one_zero_and_one() {
    let device = backend::from_env();
    let x = Tensor::<1>::from_floats([-1.0, 0.0, 1.0], &device);
    let expected = [
        // the normal distribution's 15.87 %
        (Activation::GeluExact, [-0.158_655_3, 0.0, 0.841_344_7]),
        (Activation::GeluTanh, [-0.158_808_0, 0.0, 0.841_192_0]),
        (Activation::Relu, [0.0, 0.0, 1.0]),
        (Activation::Silu, [-0.268_941_4, 0.0, 0.731_058_6]), // e / (e + 1) = 0.7311
    ];
    for (activation, values) in expected {
        let values = Tensor::from_floats(values, &device);
        assert_close(&activation.apply(x.clone()), &values, backend::tolerance(&device, 1e-6));
    }
}

#[test]
fn rms_norm_of_3_and_4() {
    let device = backend::from_env();
    // sqrt((9 + 16) / 2) = 3.5355
    let y =
        rms_norm(Tensor::<2>::from_floats([[3.0, 4.0]], &device), Tensor::ones([2], &device), 1e-6);
    let expected = Tensor::from_floats([[0.848_528_1, 1.131_370_9]], &device);
    assert_close(&y, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn a_feed_forward_of_one_number() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let one = |value: f32| Param::from_tensor(Tensor::<2>::from_floats([[value]], &device));
    let x = Tensor::<3>::from_floats([[[1.0], [-1.0]]], &device);
    let mut plain = FeedForwardConfig::new(1, 1)
        .with_activation(Activation::Relu)
        .with_bias(false)
        .init(&device);
    (plain.up.weight, plain.down.weight) = (one(2.0), one(3.0));
    let expected = Tensor::from_floats([[[6.0], [0.0]]], &device);
    assert_close(&plain.forward(x.clone()), &expected, backend::tolerance(&device, 1e-6));
    let mut gated = SwiGluConfig::new(1, 1).init(&device);
    (gated.gate.weight, gated.up.weight, gated.down.weight) = (one(1.0), one(2.0), one(3.0));
    // 3 * silu(1) * 2 = 4.3864, and 3 * silu(-1) * -2 = 1.6136.
    let expected = Tensor::from_floats([[[4.386_351_5], [1.613_648_5]]], &device);
    assert_close(&gated.forward(x), &expected, backend::tolerance(&device, 1e-5));
}

//! The chapter's own numbers.

use burn::module::Param;
use burn::tensor::Tensor;
use golden::assert_close;
use inputs::layer_norm;
use layer::{
    Activation, FeedForwardConfig, Placement, SwiGluConfig, gelu_exact, residual, rms_norm,
};

#[test]
fn the_four_activations_at_minus_one_zero_and_one() {
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
fn rms_norm_adds_epsilon_to_the_mean_square_and_multiplies_by_the_weight() {
    let device = backend::from_env();
    let weight = Tensor::<1>::from_floats([2.0, 2.0], &device);
    let y = rms_norm(Tensor::<2>::from_floats([[3.0, 4.0]], &device), weight, 12.5);
    // sqrt(12.5 + 12.5) = 5. Epsilon outside the root would read (0.3742, 0.4989), the sum instead
    // of the mean (0.9798, 1.3064), no weight (0.6, 0.8).
    let expected = Tensor::from_floats([[1.2, 1.6]], &device);
    assert_close(&y, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn the_exact_gelu_is_told_from_its_approximations() {
    let device = backend::from_env();
    let y = gelu_exact(Tensor::<1>::from_floats([1.0, -1.0, 2.0], &device));
    // With tanh it would read (0.84119, -0.15881, 1.95460), with sigmoid(1.702 x) (0.84580,
    // -0.15420, ..).
    let expected = Tensor::from_floats([0.841_34, -0.158_66, 1.954_50], &device);
    assert_close(&y, &expected, backend::tolerance(&device, 1e-5));
}

/// (a, b) -> (b, 2a) in every token: nothing comes out where it went in.
fn exchange(x: Tensor<3>) -> Tensor<3> {
    let b = x.clone().narrow(2, 1, 1);
    Tensor::cat(vec![b, x.narrow(2, 0, 1) * 2.0], 2)
}

#[test]
fn a_residual_keeps_what_came_in_and_the_norm_has_its_place() {
    let device = backend::from_env();
    let x = Tensor::<3>::from_floats([[[1.0, 3.0]]], &device);
    let (gain, shift) = (Tensor::<1>::ones([2], &device), Tensor::<1>::zeros([2], &device));
    // LayerNorm makes (-1, 1) of (1, 3), and of every pair whose second number is larger.
    let cases = [
        // (1, 3) + exchange(-1, 1). A norm on the road would read (0, -1), no residual (1, -2).
        (Placement::Pre, [2.0, 1.0]),
        // norm((1, 3) + exchange(1, 3)) = norm(4, 5). No residual would read (1, -1).
        (Placement::Post, [-1.0, 1.0]),
    ];
    for (placement, expected) in cases {
        let norm = |x| layer_norm(x, gain.clone(), shift.clone(), 1e-12);
        let y = residual(placement, x.clone(), norm, exchange);
        let expected = Tensor::from_floats([[expected]], &device);
        assert_close(&y, &expected, backend::tolerance(&device, 1e-5));
    }
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

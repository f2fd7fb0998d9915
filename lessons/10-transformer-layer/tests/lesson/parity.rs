//! Against burn's own and PyTorch.

use burn::module::Param;
use burn::nn::activation::ActivationConfig;
use burn::nn::transformer::{TransformerEncoderConfig, TransformerEncoderLayer};
use burn::nn::{Linear, RmsNormConfig as BurnRmsNormConfig, SwiGluConfig as BurnSwiGluConfig};
use burn::tensor::{Device, Tensor};
use golden::assert_close;
use heads::{causal_mask, combine_masks, padding_mask};
use layer::{
    Activation, EncoderLayer, EncoderLayerConfig, Placement, RmsNormConfig, SwiGluConfig,
    gelu_exact, gelu_tanh, relu, rms_norm, silu,
};

use crate::random;

type Bend<const D: usize> = fn(Tensor<D>) -> Tensor<D>;

#[test]
fn the_bends_agree_with_pytorch_spelt_out_and_fused() {
    let device = backend::from_env();
    let part = golden::part("activations");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let x = part.tensor::<1>("x", &device);
    let bends: [(&str, Activation, Bend<1>); 4] = [
        ("gelu_exact", Activation::GeluExact, gelu_exact),
        ("gelu_tanh", Activation::GeluTanh, gelu_tanh),
        ("relu", Activation::Relu, relu),
        ("silu", Activation::Silu, silu),
    ];
    for (name, activation, spelt_out) in bends {
        let expected = part.tensor(name, &device);
        assert_close(&activation.apply(x.clone()), &expected, tolerance);
        assert_close(&spelt_out(x.clone()), &expected, tolerance);
    }
}

#[test]
fn the_fused_bends_have_the_gradients_of_those_spelt_out() {
    let device = backend::from_env().autodiff();
    let bends: [(Activation, Bend<2>); 4] = [
        (Activation::GeluExact, gelu_exact),
        (Activation::GeluTanh, gelu_tanh),
        (Activation::Relu, relu),
        (Activation::Silu, silu),
    ];
    for (activation, spelt_out) in bends {
        let gradient = |bend: &dyn Fn(Tensor<2>) -> Tensor<2>| {
            let x = random([3, 7], 1, &device).require_grad();
            let gradients = (bend(x.clone()) * random([3, 7], 2, &device)).sum().backward();
            x.grad(&gradients).unwrap()
        };
        let fused = gradient(&|x| activation.apply(x));
        assert_close(&fused, &gradient(&spelt_out), backend::tolerance(&device, 1e-5));
    }
}

#[test]
fn far_from_zero_the_gelu_of_tanh_and_its_gradient_stay_finite_and_those_spelt_out() {
    let device = backend::from_env().autodiff();
    // from 9.6 on e^-2u is no f32 any more on one side of zero
    let far = [3.0, 5.0, 9.6, 14.0, 100.0, 1e4];
    let run = |bend: &dyn Fn(Tensor<1>) -> Tensor<1>| {
        let x = Tensor::<1>::from_floats(far, &device);
        let x = Tensor::cat(vec![x.clone(), -x], 0).require_grad();
        let y = bend(x.clone());
        (y.clone().inner(), x.grad(&y.sum().backward()).unwrap())
    };
    let (fast, spelt) = (run(&|x| Activation::GeluTanh.apply(x)), run(&gelu_tanh));
    assert!(fast.0.clone().is_finite().all().into_scalar::<bool>());
    assert!(fast.1.clone().is_finite().all().into_scalar::<bool>());
    assert_close(&fast.0, &spelt.0, backend::tolerance(&device, 1e-5));
    assert_close(&fast.1, &spelt.1, backend::tolerance(&device, 1e-5));
}

#[test]
fn rms_norm_agrees_with_pytorch_and_burn() {
    let device = backend::from_env();
    let part = golden::part("norms");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let [x, weight] = [part.tensor::<2>("x", &device), part.tensor::<2>("up", &device)];
    let scale = part.tensor::<1>("weight", &device);
    for (epsilon, name) in [(1e-6, "rms_norm_eps_1e-06"), (1e-5, "rms_norm_eps_1e-05")] {
        let expected = part.tensor::<2>(name, &device);
        assert_close(&rms_norm(x.clone(), scale.clone(), epsilon), &expected, tolerance);
    }
    let [_, d_model] = weight.dims();
    let ours = RmsNormConfig::new(d_model).init(&device).forward(weight.clone());
    let theirs = BurnRmsNormConfig::new(d_model).init(&device).forward(weight);
    assert_close(&ours, &theirs, backend::tolerance(&device, 1e-5));
}

#[test]
fn swiglu_agrees_with_pytorch_and_burn() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let part = golden::part("swiglu");
    // Recorded [out][in] as PyTorch keeps them; burn's Linear is [in, out].
    let matrix = |name: &str| part.tensor::<2>(name, &device).transpose();
    let [d_model, d_ff] = matrix("gate").dims();
    let mut ours = SwiGluConfig::new(d_model, d_ff).init(&device);
    ours.gate.weight = Param::from_tensor(matrix("gate"));
    ours.up.weight = Param::from_tensor(matrix("up"));
    ours.down.weight = Param::from_tensor(matrix("down"));
    let x = part.tensor::<2>("x", &device).unsqueeze::<3>();
    let y = part.tensor::<2>("y", &device).unsqueeze::<3>();
    assert_close(&ours.forward(x.clone()), &y, backend::tolerance(&device, part.tolerance()));
    let mut theirs = BurnSwiGluConfig::new(d_model, d_ff).init(&device);
    theirs.linear_inner = ours.gate.clone();
    theirs.linear_outer = ours.up.clone();
    let gated = ours.down.forward(theirs.forward(x.clone()));
    assert_close(&ours.forward(x), &gated, backend::tolerance(&device, 1e-5));
}

#[test]
fn the_layer_is_burns_in_value_and_gradient_in_both_placements() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    for placement in [Placement::Pre, Placement::Post] {
        let config = TransformerEncoderConfig::new(8, 16, 2, 1)
            .with_dropout(0.0)
            // its GELU has the tanh form's gradient on most backends
            .with_activation(ActivationConfig::Relu)
            .with_norm_first(placement == Placement::Pre)
            .with_layer_norm_eps(1e-5);
        let mut theirs = TransformerEncoderLayer::new(&config, &device);
        for (norm, seed) in [(&mut theirs.norm_1, 3), (&mut theirs.norm_2, 4)] {
            norm.gamma = Param::from_tensor(random([8], seed, &device));
        }
        let ours = copied(&theirs, placement, &device);
        compare(&ours, &theirs, &device);
    }
}

/// Outputs, and the gradients of the input and of the first matrix of the feed-forward.
fn compare(ours: &EncoderLayer, theirs: &TransformerEncoderLayer, device: &Device) {
    let tolerance = backend::tolerance(device, 1e-5);
    let (padding, causal) = (padding_mask(&[5, 3], 5, device), causal_mask(5, 5, device));
    let [x, x2] = [(); 2].map(|()| random([2, 5, 8], 1, device).require_grad());
    let up = random([2, 5, 8], 2, device);
    let output = ours.forward(x.clone(), Some(combine_masks(causal.clone(), padding.clone())));
    let gradients = (output.clone() * up.clone()).sum().backward();
    let causal = causal.expand([2, 1, 5, 5]).reshape([2, 5, 5]);
    let expected = theirs.forward(x2.clone(), Some(padding.reshape([2, 5])), Some(causal));
    let expected_gradients = (expected.clone() * up).sum().backward();
    assert_close(&output.inner(), &expected.inner(), tolerance);
    assert_close(
        &x.grad(&gradients).unwrap(),
        &x2.grad(&expected_gradients).unwrap(),
        4.0 * tolerance,
    );
    let ours = ours.feed_forward.up.weight.val().grad(&gradients).unwrap();
    let theirs = theirs.pwff.linear_inner.weight.val().grad(&expected_gradients).unwrap();
    assert_close(&ours, &theirs, 4.0 * tolerance);
}

/// Ours with their weights: in burn, `norm_1` is the feed-forward's norm when norms come first,
/// else the attention's.
fn copied(theirs: &TransformerEncoderLayer, placement: Placement, device: &Device) -> EncoderLayer {
    let config = EncoderLayerConfig::new(8, 2, 16)
        .with_activation(Activation::Relu)
        .with_placement(placement)
        .with_epsilon(1e-5);
    let mut ours = config.init(device);
    let inputs = [&theirs.mha.query, &theirs.mha.key, &theirs.mha.value];
    let weights = inputs.map(|linear| linear.weight.val().inner());
    let biases = inputs.map(|linear| linear.bias.as_ref().unwrap().val().inner());
    ours.attention.projection = Linear {
        weight: Param::from_tensor(Tensor::cat(weights.to_vec(), 1).autodiff()),
        bias: Some(Param::from_tensor(Tensor::cat(biases.to_vec(), 0).autodiff())),
    };
    ours.attention.output = theirs.mha.output.clone();
    let (of_attention, of_feed_forward) = match placement {
        Placement::Pre => (&theirs.norm_2, &theirs.norm_1),
        Placement::Post => (&theirs.norm_1, &theirs.norm_2),
    };
    ours.attention_norm.weight = of_attention.gamma.clone();
    ours.feed_forward_norm.weight = of_feed_forward.gamma.clone();
    ours.feed_forward.up = theirs.pwff.linear_inner.clone();
    ours.feed_forward.down = theirs.pwff.linear_outer.clone();
    ours
}

//! Against burn's own and PyTorch.

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::activation::ActivationConfig;
use burn::nn::transformer::{TransformerEncoderConfig, TransformerEncoderLayer};
use burn::nn::{Linear, RmsNormConfig as BurnRmsNormConfig, SwiGluConfig as BurnSwiGluConfig};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use golden::{assert_close, assert_data_close};
use heads::{causal_mask, combine_masks, padding_mask};
use layer::{
    Activation, EncoderLayer, EncoderLayerConfig, Placement, RmsNormConfig, SwiGluConfig,
    gelu_exact, gelu_tanh, relu, rms_norm, silu,
};

use crate::{decoders, random};

/// One of the functions that the lesson spells out.
type SpeltOut<const D: usize> = fn(Tensor<D>) -> Tensor<D>;

/// Every activation and the function that the lesson spells out for it.
fn activations<const D: usize>() -> [(&'static str, Activation, SpeltOut<D>); 4] {
    [
        ("gelu_exact", Activation::GeluExact, gelu_exact),
        ("gelu_tanh", Activation::GeluTanh, gelu_tanh),
        ("relu", Activation::Relu, relu),
        ("silu", Activation::Silu, silu),
    ]
}

#[test]
fn the_activations_agree_with_pytorch_spelt_out_and_fused() {
    let device = backend::from_env();
    let part = golden::part("activations");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let x = part.tensor::<1>("x", &device);
    for (name, activation, spelt_out) in activations::<1>() {
        let expected = part.tensor(name, &device);
        assert_close(&activation.apply(x.clone()), &expected, tolerance);
        assert_close(&spelt_out(x.clone()), &expected, tolerance);
    }
}

#[test]
fn every_published_name_of_an_activation_is_transformers_own() {
    let device = backend::from_env();
    let recorded = golden::file("published_activations.json");
    let x = recorded.tensor::<1>("x", &device);
    let tolerance = backend::tolerance(&device, recorded.tolerance());
    for name in recorded.at("names").as_object().unwrap().keys() {
        let activation = Activation::published(name).unwrap_or_else(|| panic!("{name} is read"));
        let expected = recorded.tensor::<1>(&format!("names/{name}"), &device).to_data();
        let found = activation.apply(x.clone()).to_data();
        assert_data_close(name, &found, &expected, tolerance);
        let _guard = kernels::plain_here();
        assert_data_close(name, &activation.apply(x.clone()).to_data(), &expected, tolerance);
        assert_eq!(Activation::published(activation.published_name()), Some(activation));
    }
}

#[test]
fn the_other_activations_of_transformers_are_refused_by_name() {
    let others =
        ["gelu_10", "hardswish", "laplace", "leaky_relu", "mish", "prelu", "sqrtsoftplus", "xielu"];
    for name in others.into_iter().chain(["GELU", ""]) {
        assert_eq!(Activation::published(name), None, "{name}");
        let said = Activation::unknown(name);
        assert!(said.contains(&format!("{name:?}")) && said.contains("quick_gelu"), "{said}");
    }
}

/// The output of `forward` at x, and the gradient of its sum, weighted at random, by x.
fn output_and_gradient<const D: usize>(
    x: &Tensor<D>,
    forward: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> [Tensor<D>; 2] {
    let x = x.clone().detach().require_grad();
    let output = forward(x.clone());
    let weights = random(output.dims(), 99, &x.device());
    let gradients = (output.clone() * weights).sum().backward();
    [output.inner(), x.grad(&gradients).expect("x is in the output")]
}

#[test]
fn every_activation_is_the_one_spelt_out_on_both_roads_gradients_included() {
    let device = backend::from_env().autodiff();
    let x = random::<2>([3, 7], 1, &device);
    for (name, activation, spelt_out) in activations() {
        let shown = output_and_gradient(&x, spelt_out);
        let fast = output_and_gradient(&x, |x| activation.apply(x));
        let plain = {
            let _guard = kernels::plain_here();
            output_and_gradient(&x, |x| activation.apply(x))
        };
        for (what, i) in [("output", 0), ("gradient", 1)] {
            let [shown, fast, plain] = [&shown, &fast, &plain].map(|road| road[i].to_data());
            let what = format!("{what} of {name}");
            // On the plain road the shown function itself runs: not even a rounding differs.
            assert_data_close(&format!("plain {what}"), &plain, &shown, backend::rerun(&device));
            let tolerance = backend::tolerance(&device, 1e-5);
            assert_data_close(&format!("fast {what}"), &fast, &shown, tolerance);
        }
    }
}

#[test]
fn far_from_zero_the_fast_gelu_of_tanh_and_its_gradient_are_finite_and_those_spelt_out() {
    let device = backend::from_env().autodiff();
    // From 9.6 on e^-2u overflows an f32 on one side of zero.
    let far = [3.0, 5.0, 9.6, 14.0, 100.0, 1e4];
    let x = Tensor::<1>::from_floats(far, &device);
    let x = Tensor::cat(vec![x.clone(), -x], 0);
    let fast = output_and_gradient(&x, kernels::gelu::gelu_tanh);
    let shown = output_and_gradient(&x, gelu_tanh);
    for (fast, shown) in fast.iter().zip(&shown) {
        assert!(fast.clone().is_finite().all().into_scalar::<bool>());
        assert_close(fast, shown, backend::tolerance(&device, 1e-5));
    }
}

/// Gradients of all parameters of a module, in the order of its fields.
struct ParameterGradients<'a> {
    gradients: &'a Gradients,
    found: Vec<TensorData>,
}

impl ModuleVisitor for ParameterGradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).expect("every parameter is in the output");
        self.found.push(gradient.into_data());
    }
}

/// The output of `forward` at x, then the gradients of its sum, weighted at random: by x, and by
/// every parameter of `module`.
fn output_and_gradients<M: Module>(
    module: &M,
    x: &Tensor<3>,
    forward: impl Fn(&M, Tensor<3>) -> Tensor<3>,
) -> Vec<TensorData> {
    let x = x.clone().detach().require_grad();
    let output = forward(module, x.clone());
    let weights = random(output.dims(), 99, &x.device());
    let gradients = (output.clone() * weights).sum().backward();
    let by_x = x.grad(&gradients).expect("x is in the output");
    let found = vec![output.into_data(), by_x.into_data()];
    let mut parameters = ParameterGradients { gradients: &gradients, found };
    module.visit(&mut parameters);
    parameters.found
}

/// Asserts that a module gives one output and one set of gradients on its fast and its plain road.
#[track_caller]
fn assert_roads_agree<M: Module>(
    what: &str,
    module: &M,
    x: &Tensor<3>,
    forward: impl Fn(&M, Tensor<3>) -> Tensor<3>,
) {
    let fast = output_and_gradients(module, x, &forward);
    let _guard = kernels::plain_here();
    let plain = output_and_gradients(module, x, &forward);
    assert!(fast.len() > 3, "{what}: the output, x and some parameters are compared");
    let tolerance = backend::tolerance(&x.device(), 2e-5);
    for (i, (fast, plain)) in fast.iter().zip(&plain).enumerate() {
        assert_data_close(&format!("{what}, number {i} of the compared"), fast, plain, tolerance);
    }
}

#[test]
fn swiglu_is_one_on_the_fast_and_the_plain_road_gradients_included() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let swiglu = SwiGluConfig::new(8, 12).with_bias(true).init(&device);
    let x = random([2, 3, 8], 1, &device);
    assert_roads_agree("SwiGLU", &swiglu, &x, |swiglu, x| swiglu.forward(x));
}

#[test]
fn an_encoder_layer_is_one_on_the_fast_and_the_plain_road_gradients_included() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let x = random([3, 5, 8], 1, &device);
    let mask = padding_mask(&[5, 2, 4], 5, &device);
    for placement in [Placement::Pre, Placement::Post] {
        for (name, activation, _) in activations::<1>() {
            let layer = EncoderLayerConfig::new(8, 2, 12)
                .with_placement(placement)
                .with_activation(activation)
                .init(&device);
            let what = format!("{placement:?} with {name}");
            assert_roads_agree(&what, &layer, &x, |layer, x| layer.forward(x, Some(mask.clone())));
        }
    }
}

#[test]
fn a_decoder_layer_is_one_on_the_fast_and_the_plain_road_gradients_included() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let x = random([3, 5, 8], 1, &device);
    for config in decoders() {
        let what = format!("{:?} and {:?}", config.norm, config.feed_forward);
        let layer = config.init(&device);
        assert_roads_agree(&what, &layer, &x, |layer, x| layer.forward(x, None));
    }
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

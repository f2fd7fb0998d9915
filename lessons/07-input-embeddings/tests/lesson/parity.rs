//! The same numbers as others: LayerNorm recorded from PyTorch, burn's own module, in value and in
//! gradient.

use burn::module::Param;
use burn::nn;
use burn::tensor::{Device, Tensor};
use golden::Part;
use inputs::{LayerNorm, LayerNormConfig, layer_norm};

use super::{numbers, values};

/// The row of norms.json that is constant: at epsilon 1e-12 its f32 result is rounding over
/// sqrt(epsilon) and says nothing, as the file's `about` explains.
const CONSTANT_ROW: usize = 2;

type Norm = fn(Tensor<2>, Tensor<1>, Tensor<1>, f64) -> Tensor<2>;

/// The spelt-out form, burn's fused one, and the struct that uses it.
const FORMS: [(&str, Norm); 3] = [
    ("spelt out", layer_norm),
    ("fused", |x, weight, bias, epsilon| {
        burn::tensor::module::layer_norm(x, weight, Some(bias), epsilon)
    }),
    ("LayerNorm", |x, weight, bias, epsilon| {
        let (weight, bias) = (Param::from_tensor(weight), Param::from_tensor(bias));
        LayerNorm { weight, bias, epsilon }.forward(x)
    }),
];

fn recorded(part: &Part, epsilon: &str, device: &Device) -> Tensor<2> {
    part.tensor(&format!("layer_norm_eps_{epsilon}"), device)
}

fn without_row(x: Tensor<2>, row: usize) -> Tensor<2> {
    let [rows, _] = x.dims();
    assert!(row < rows);
    let kept: Vec<Tensor<2>> =
        (0..rows).filter(|&r| r != row).map(|r| x.clone().narrow(0, r, 1)).collect();
    Tensor::cat(kept, 0)
}

#[test]
fn layer_norm_is_pytorchs_at_1e_5() {
    let device = backend::from_env();
    let part = golden::part("norms");
    let input = |device: &Device| {
        (part.tensor("x", device), part.tensor("weight", device), part.tensor("bias", device))
    };
    for (name, norm) in FORMS {
        let (x, weight, bias) = input(&device);
        let error =
            golden::max_abs_error(&norm(x, weight, bias, 1e-5), &recorded(&part, "1e-05", &device));
        assert!(error <= backend::tolerance(&device, part.tolerance()), "{name}: off by {error:e}");
    }
}

#[test]
fn layer_norm_is_pytorchs_at_1e_12() {
    let device = backend::from_env();
    let part = golden::part("norms");
    for (name, norm) in FORMS {
        let (weight, bias) = (part.tensor("weight", &device), part.tensor("bias", &device));
        let actual = norm(part.tensor("x", &device), weight, bias, 1e-12);
        assert!(
            values(&actual).iter().all(|value| value.is_finite()),
            "{name}: the constant row too is finite"
        );
        let expected = without_row(recorded(&part, "1e-12", &device), CONSTANT_ROW);
        let error = golden::max_abs_error(&without_row(actual, CONSTANT_ROW), &expected);
        assert!(error <= backend::tolerance(&device, part.tolerance()), "{name}: off by {error:e}");
    }
}

#[test]
fn the_gradient_of_layer_norm_is_pytorchs() {
    let device = backend::from_env().autodiff();
    let part = golden::part("norms");
    let expected = part.tensor::<2>("layer_norm_gradient_of_sum_y_times_up_eps_1e-05", &device);
    for (name, norm) in FORMS {
        let x = part.tensor::<2>("x", &device).require_grad();
        let y = norm(x.clone(), part.tensor("weight", &device), part.tensor("bias", &device), 1e-5);
        let gradients = (y * part.tensor("up", &device)).sum().backward();
        let gradient = x.grad(&gradients).expect("x was used");
        let (actual, expected) = (values(&gradient), values(&expected));
        // The constant row divides by sqrt(1e-5): its gradient is hundreds of times the others', so
        // relative to that.
        let tolerance = f64::from(backend::tolerance(&device, part.tolerance()));
        for (actual, expected) in actual.iter().zip(&expected) {
            let error = (actual - expected).abs() / expected.abs().max(1.0);
            assert!(error <= tolerance, "{name}: {actual}, expected {expected}");
        }
    }
}

#[test]
fn value_and_gradients_are_burns() {
    let device = backend::from_env().autodiff();
    let d_model = 7;
    let ours = LayerNormConfig::new(d_model).init(&device);
    let theirs = nn::LayerNormConfig::new(d_model).init(&device);
    let x = numbers([2, 3, d_model], 1, &device);
    let up = numbers([2, 3, d_model], 2, &device);
    let (a, b) = (x.clone().require_grad(), x.require_grad());
    let (y, z) = (ours.forward(a.clone()), theirs.forward(b.clone()));
    let tolerance = backend::tolerance(&device, 1e-5);
    golden::assert_close(&y.clone().inner(), &z.clone().inner(), tolerance);
    let (g, h) = ((y * up.clone()).sum().backward(), (z * up).sum().backward());
    golden::assert_close(&a.grad(&g).unwrap(), &b.grad(&h).unwrap(), tolerance);
    golden::assert_close(
        &ours.weight.grad(&g).unwrap(),
        &theirs.gamma.grad(&h).unwrap(),
        tolerance,
    );
    let beta = theirs.beta.as_ref().expect("burn's has a bias by default");
    golden::assert_close(&ours.bias.grad(&g).unwrap(), &beta.grad(&h).unwrap(), tolerance);
}

#[test]
fn the_gradients_of_the_fused_form_are_those_of_the_spelt_out_one() {
    let device = backend::from_env().autodiff();
    let (weight, bias) = (numbers([5], 3, &device), numbers([5], 4, &device));
    let gradients = |norm: Norm, epsilon| {
        let inputs = (
            numbers([4, 5], 5, &device).require_grad(),
            weight.clone().require_grad(),
            bias.clone().require_grad(),
        );
        let (x, weight, bias) = inputs;
        let y = norm(x.clone(), weight.clone(), bias.clone(), epsilon);
        let gradients = (y * numbers([4, 5], 6, &device)).sum().backward();
        (
            x.grad(&gradients).unwrap(),
            weight.grad(&gradients).unwrap(),
            bias.grad(&gradients).unwrap(),
        )
    };
    let tolerance = backend::tolerance(&device, 1e-5);
    for epsilon in [1e-5, 1e-12] {
        let (spelt, fused) = (gradients(FORMS[0].1, epsilon), gradients(FORMS[1].1, epsilon));
        golden::assert_close(&fused.0, &spelt.0, tolerance);
        golden::assert_close(&fused.1, &spelt.1, tolerance);
        golden::assert_close(&fused.2, &spelt.2, tolerance);
    }
}

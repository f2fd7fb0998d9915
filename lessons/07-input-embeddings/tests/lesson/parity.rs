//! The same numbers as others: LayerNorm recorded from PyTorch, burn's own module, in value and in
//! gradient.

use burn::module::Param;
use burn::nn;
use burn::tensor::{Device, Tensor, TensorData};
use golden::Part;
use inputs::{LayerNorm, LayerNormConfig, layer_norm};

use super::{numbers, values};

/// The row of norms.json that is constant: at epsilon 1e-12 its f32 result is rounding over
/// sqrt(epsilon) and says nothing, as the file's `about` explains.
const CONSTANT_ROW: usize = 2;

/// A LayerNorm of x with its weight, bias and epsilon.
type Norm = fn(Tensor<2>, Tensor<1>, Tensor<1>, f64) -> Tensor<2>;

/// The spelt-out form, burn's fused one, and the struct that uses either.
const FORMS: [(&str, Norm); 4] = [
    ("spelt out", layer_norm),
    ("fused", fused),
    ("LayerNorm", with_the_struct),
    ("plain LayerNorm", with_the_struct_made_plain),
];

fn fused(x: Tensor<2>, weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<2> {
    burn::tensor::module::layer_norm(x, weight, Some(bias), epsilon)
}

fn with_the_struct(x: Tensor<2>, weight: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<2> {
    let (weight, bias) = (Param::from_tensor(weight), Param::from_tensor(bias));
    LayerNorm { weight, bias, epsilon }.forward(x)
}

fn with_the_struct_made_plain(
    x: Tensor<2>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    epsilon: f64,
) -> Tensor<2> {
    let _plain = kernels::plain_here();
    with_the_struct(x, weight, bias, epsilon)
}

/// PyTorch's LayerNorm of the file's x.
fn recorded(part: &Part, epsilon: &str, device: &Device) -> Tensor<2> {
    part.tensor(&format!("layer_norm_eps_{epsilon}"), device)
}

fn without_row(x: Tensor<2>, row: usize) -> Tensor<2> {
    let [rows, _] = x.dims();
    let above = x.clone().narrow(0, 0, row);
    let below = x.narrow(0, row + 1, rows - row - 1);
    Tensor::cat(vec![above, below], 0)
}

#[test]
fn layer_norm_is_pytorchs_at_1e_5() {
    let device = backend::from_env();
    let part = golden::part("norms");
    let expected = recorded(&part, "1e-05", &device).to_data();
    let tolerance = backend::tolerance(&device, part.tolerance());
    for (name, norm) in FORMS {
        let (weight, bias) = (part.tensor("weight", &device), part.tensor("bias", &device));
        let actual = norm(part.tensor("x", &device), weight, bias, 1e-5);
        golden::assert_data_close(name, &actual.to_data(), &expected, tolerance);
    }
}

#[test]
fn layer_norm_is_pytorchs_at_1e_12() {
    let device = backend::from_env();
    let part = golden::part("norms");
    let expected = without_row(recorded(&part, "1e-12", &device), CONSTANT_ROW).to_data();
    let tolerance = backend::tolerance(&device, part.tolerance());
    for (name, norm) in FORMS {
        let (weight, bias) = (part.tensor("weight", &device), part.tensor("bias", &device));
        let actual = norm(part.tensor("x", &device), weight, bias, 1e-12);
        assert!(
            values(&actual).iter().all(|value| value.is_finite()),
            "{name}: the constant row too is finite"
        );
        let actual = without_row(actual, CONSTANT_ROW).to_data();
        golden::assert_data_close(name, &actual, &expected, tolerance);
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

/// Output of one norm, and the gradients of its x, weight and bias.
struct Outcome {
    y: TensorData,
    x: TensorData,
    weight: TensorData,
    bias: TensorData,
}

/// Runs a norm on four rows of five numbers, forward and back.
fn outcome(norm: Norm, epsilon: f64, device: &Device) -> Outcome {
    let x = numbers([4, 5], 5, device).require_grad();
    let weight = numbers([5], 3, device).require_grad();
    let bias = numbers([5], 4, device).require_grad();
    let y = norm(x.clone(), weight.clone(), bias.clone(), epsilon);
    let gradients = (y.clone() * numbers([4, 5], 6, device)).sum().backward();
    Outcome {
        y: y.into_data(),
        x: x.grad(&gradients).expect("x was used").into_data(),
        weight: weight.grad(&gradients).expect("the weight was used").into_data(),
        bias: bias.grad(&gradients).expect("the bias was used").into_data(),
    }
}

/// On a CPU the four were equal to the bit, since burn's backward pass of the fused form is that of
/// its parts; the tolerance leaves room for another order of the sums.
#[test]
fn the_gradients_of_every_form_are_those_of_the_spelt_out_one() {
    let device = backend::from_env().autodiff();
    let tolerance = backend::tolerance(&device, 1e-5);
    for epsilon in [1e-5, 1e-12] {
        let spelt = outcome(layer_norm, epsilon, &device);
        for (name, norm) in FORMS {
            let found = outcome(norm, epsilon, &device);
            let pairs = [
                ("output", found.y, &spelt.y),
                ("gradient of x", found.x, &spelt.x),
                ("gradient of weight", found.weight, &spelt.weight),
                ("gradient of bias", found.bias, &spelt.bias),
            ];
            for (part, found, spelt) in pairs {
                golden::assert_data_close(&format!("{name}, {part}"), &found, spelt, tolerance);
            }
        }
    }
}

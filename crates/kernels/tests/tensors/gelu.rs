//! Both forms of GELU.

use burn::tensor::{Tensor, activation};
use kernels::gelu::{gelu_exact, gelu_tanh};

use crate::{assert_agree, assert_gradients_agree};

/// x * (1 + erf(x / sqrt(2))) / 2
fn spelt_out(x: Tensor<2>) -> Tensor<2> {
    let below = (x.clone() / 2.0_f64.sqrt()).erf() + 1.0;
    x * below * 0.5
}

/// x * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
fn tanh_spelt_out(x: Tensor<2>) -> Tensor<2> {
    let inner = (x.clone().square() * 0.044715 + 1.0) * x.clone() * 0.797_884_560_802_865_4;
    x * (inner.tanh() + 1.0) * 0.5
}

#[test]
fn the_tanh_form_is_the_one_spelt_out_gradient_included() {
    assert_agree(gelu_tanh, tanh_spelt_out, 2e-6);
    assert_gradients_agree(gelu_tanh, tanh_spelt_out, 1e-5);
}

#[test]
fn the_exact_gelu_is_burns_and_the_one_spelt_out_gradient_included() {
    assert_agree(gelu_exact, activation::gelu, 2e-6);
    assert_agree(gelu_exact, spelt_out, 2e-6);
    assert_gradients_agree(gelu_exact, spelt_out, 1e-5);
}

#[test]
fn nan_stays_nan_and_spoils_no_other_number() {
    let device = backend::from_env();
    let x = Tensor::<1>::from_floats([1.0, f32::NAN, -1.0, f32::INFINITY], &device);
    let y: Vec<f32> = gelu_exact(x).into_data().iter().collect();
    assert!(y[1].is_nan());
    assert!((y[0] - 0.841_345).abs() < 1e-5 && (y[2] + 0.158_655).abs() < 1e-5, "{y:?}");
    assert_eq!(y[3], f32::INFINITY);
}

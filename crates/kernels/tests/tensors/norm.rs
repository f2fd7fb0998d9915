//! Layer norm, alone and after a residual, and RMSNorm.

use burn::tensor::{Tensor, module};
use golden::assert_data_close;
use kernels::norm::{add_layer_norm, layer_norm, rms_norm};

use crate::{SHAPES, assert_agree, assert_gradients_agree, random};

/// BERT's epsilon would make a column of one number the root of rounding errors.
const EPSILON: f64 = 1e-3;

/// A weight and a bias for rows of this width.
fn scales(x: &Tensor<2>) -> [Tensor<1>; 2] {
    let [_, width] = x.dims();
    [3, 4].map(|seed| random([width], seed, &x.device()))
}

fn fast(x: Tensor<2>) -> Tensor<2> {
    let [weight, bias] = scales(&x);
    layer_norm(x, weight, bias, EPSILON)
}

fn plain(x: Tensor<2>) -> Tensor<2> {
    let [weight, bias] = scales(&x);
    let mean = x.clone().mean_dim(1);
    let centred = x - mean;
    let variance = centred.clone().square().mean_dim(1);
    centred / (variance + EPSILON).sqrt() * weight.unsqueeze() + bias.unsqueeze()
}

/// The residual is as random as x.
fn residual(x: &Tensor<2>) -> Tensor<2> {
    random(x.dims(), 5, &x.device())
}

fn fast_sum(x: Tensor<2>) -> Tensor<2> {
    let ([weight, bias], residual) = (scales(&x), residual(&x));
    add_layer_norm(x, residual, weight, bias, EPSILON)
}

fn plain_sum(x: Tensor<2>) -> Tensor<2> {
    let residual = residual(&x);
    plain(x + residual)
}

fn fast_rms(x: Tensor<2>) -> Tensor<2> {
    let [weight, _] = scales(&x);
    rms_norm(x, weight, EPSILON)
}

fn plain_rms(x: Tensor<2>) -> Tensor<2> {
    let [weight, _] = scales(&x);
    spelt_out(x, weight, EPSILON)
}

/// x / sqrt(mean(x^2) + epsilon) * weight
fn spelt_out(x: Tensor<2>, weight: Tensor<1>, epsilon: f64) -> Tensor<2> {
    let mean_square = x.clone().square().mean_dim(1);
    x / (mean_square + epsilon).sqrt() * weight.unsqueeze()
}

#[test]
fn rms_norm_is_the_one_spelt_out_gradient_included() {
    assert_agree(fast_rms, plain_rms, 2e-5);
    assert_gradients_agree(fast_rms, plain_rms, 5e-5);
}

#[test]
fn the_scale_of_rms_norm_gets_the_gradient_of_the_one_spelt_out() {
    let device = backend::from_env().autodiff();
    for shape in &SHAPES[1..] {
        let x = random(*shape, 1, &device);
        let up = random(*shape, 2, &device);
        let [fast, shown] = [rms_norm::<2>, spelt_out].map(|norm| {
            let weight = random([shape[1]], 3, &device).require_grad();
            let gradients =
                (norm(x.clone(), weight.clone(), EPSILON) * up.clone()).sum().backward();
            weight.grad(&gradients).expect("the weight was used").into_data()
        });
        // A sum over up to 33 rows of products below 9.
        let tolerance = backend::tolerance(&device, 5e-5);
        assert_data_close(&format!("{shape:?}"), &fast, &shown, tolerance);
    }
}

#[test]
fn layer_norm_is_the_one_spelt_out_alone_and_of_a_sum_gradients_included() {
    for (fast, shown) in [(fast as fn(_) -> _, plain as fn(_) -> _), (fast_sum, plain_sum)] {
        assert_agree(fast, shown, 2e-5);
        assert_gradients_agree(fast, shown, 5e-5);
    }
}

#[test]
fn nan_spoils_its_own_row_and_no_other() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[1.0, 2.0], [f32::NAN, 1.0], [3.0, 4.0]], &device);
    for norm in [fast, fast_rms] {
        let y: Vec<f32> = norm(x.clone()).into_data().iter().collect();
        let nan: Vec<bool> = y.iter().map(|y| y.is_nan()).collect();
        assert_eq!(nan, [false, false, true, true, false, false]);
    }
}

#[test]
fn burns_layer_norm_is_the_same() {
    fn burns(x: Tensor<2>) -> Tensor<2> {
        let [weight, bias] = scales(&x);
        module::layer_norm(x, weight, Some(bias), EPSILON)
    }
    assert_agree(fast, burns, 2e-5);
}

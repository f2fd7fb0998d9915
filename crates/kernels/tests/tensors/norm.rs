//! Layer norm, alone and after a residual.

use burn::tensor::{Tensor, module};
use kernels::norm::{add_layer_norm, layer_norm};

use crate::{assert_agree, assert_gradients_agree, random};

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
    let y: Vec<f32> = fast(x).into_data().iter().collect();
    let nan: Vec<bool> = y.iter().map(|y| y.is_nan()).collect();
    assert_eq!(nan, [false, false, true, true, false, false]);
}

#[test]
fn burns_layer_norm_is_the_same() {
    fn burns(x: Tensor<2>) -> Tensor<2> {
        let [weight, bias] = scales(&x);
        module::layer_norm(x, weight, Some(bias), EPSILON)
    }
    assert_agree(fast, burns, 2e-5);
}

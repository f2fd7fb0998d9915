//! A linear map.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData, activation};
use golden::assert_data_close;
use kernels::linear::{compare, linear, linear_gelu};
use proptest::prelude::*;

use crate::random;

/// A map with random weights, stored by rows or turned.
fn map(d_input: usize, d_output: usize, bias: bool, turned: bool) -> Linear {
    let device = backend::from_env();
    let weight = if turned {
        random([d_output, d_input], 1, &device).transpose()
    } else {
        random([d_input, d_output], 1, &device)
    };
    let bias = bias.then(|| Param::from_tensor(random([d_output], 2, &device)));
    Linear { weight: Param::from_tensor(weight), bias }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(60)))]

    /// Sums of up to 70 products below 9 in another order: some units in the seventh place.
    #[test]
    fn a_linear_map_of_any_shape_is_burns(
        batch in 1_usize..4,
        tokens in 1_usize..100,
        d_input in 1_usize..70,
        d_output in 1_usize..150,
        bias: bool,
        turned: bool,
    ) {
        let device = backend::from_env();
        let map = map(d_input, d_output, bias, turned);
        let x = random([batch, tokens, d_input], 3, &device);
        let (found, expected) = (linear(&map, x.clone()), map.forward(x.clone()));
        let tolerance = backend::tolerance(&device, 1e-4);
        assert_data_close("", &found.to_data(), &expected.to_data(), tolerance);
        let (found, expected) = (linear_gelu(&map, x), activation::gelu(expected));
        assert_data_close("GELU", &found.to_data(), &expected.to_data(), tolerance);
    }
}

/// One, two and three rows, as a decoder has them, and more.
#[test]
fn vectors_are_compared_with_every_row_of_a_table() {
    let device = backend::from_env();
    for ([rows, d_model], vocab) in [([1, 64], 1000), ([2, 37], 301), ([3, 5], 3), ([9, 20], 50)] {
        let (x, table) =
            (random([rows, d_model], 1, &device), random([vocab, d_model], 2, &device));
        let expected = x.clone().matmul(table.clone().transpose());
        let tolerance = backend::tolerance(&device, 1e-4);
        assert_data_close("", &compare(x, table).to_data(), &expected.to_data(), tolerance);
    }
}

/// burn's own product of no rows on flex reads memory that is not there.
#[test]
fn no_rows_give_no_rows() {
    let device = backend::from_env();
    let y = linear(&map(7, 60, true, false), random([0, 3, 7], 3, &device));
    assert_eq!(y.dims(), [0, 3, 60]);
}

/// The output of a map trained through, and the gradients of x, weight and bias.
fn trained(
    forward: fn(&Linear, Tensor<3>) -> Tensor<3>,
    [batch, tokens, d_input, d_output]: [usize; 4],
    bias: bool,
) -> Vec<TensorData> {
    let device = backend::from_env().autodiff();
    let bias = bias.then(|| Param::from_tensor(random([d_output], 2, &device)));
    let map = Linear { weight: Param::from_tensor(random([d_input, d_output], 1, &device)), bias };
    let x = random([batch, tokens, d_input], 3, &device).require_grad();
    let y = forward(&map, x.clone());
    let gradients = (y.clone() * random(y.dims(), 4, &device)).sum().backward();
    let mut outcome = vec![
        y.into_data(),
        x.grad(&gradients).expect("x was used").into_data(),
        map.weight.grad(&gradients).expect("the weight was used").into_data(),
    ];
    if let Some(bias) = map.bias {
        outcome.push(bias.grad(&gradients).expect("the bias was used").into_data());
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(60)))]

    /// Sums of up to 600 products below 9 in another order.
    #[test]
    fn a_map_of_any_shape_is_trained_through_as_burns(
        batch in 1_usize..4,
        tokens in 1_usize..200,
        d_input in prop_oneof![1_usize..70, Just(64_usize), Just(520)],
        d_output in prop_oneof![1_usize..100, Just(96_usize), Just(520)],
        bias: bool,
    ) {
        let shape = [batch, tokens, d_input, d_output];
        let found = trained(linear, shape, bias);
        let expected = trained(|map, x| map.forward(x), shape, bias);
        let tolerance = backend::tolerance(&backend::from_env(), 2e-3);
        for (found, expected) in found.iter().zip(&expected) {
            assert_data_close("", found, expected, tolerance);
        }
    }
}

#[test]
fn a_weight_that_changes_is_the_one_that_counts() {
    let device = backend::from_env();
    let mut map = map(20, 60, true, false);
    let x = random([8, 20], 3, &device);
    let first = linear(&map, x.clone());
    map.weight = map.weight.map(|weight| weight * 2.0);
    let second = linear(&map, x.clone());
    let expected = map.forward(x);
    let tolerance = backend::tolerance(&device, 1e-4);
    assert_data_close("changed", &second.to_data(), &expected.to_data(), tolerance);
    assert!(golden::max_abs_error(&first, &second) > 0.1, "the change shows");
}

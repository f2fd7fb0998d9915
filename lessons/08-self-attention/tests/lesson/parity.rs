//! Against plain loops, burn's own and PyTorch.

use attention::{attend, naive, scores, softmax, weights};
use burn::tensor::{Device, Tensor, TensorData, activation, module};
use golden::{assert_close, assert_data_close};

use crate::{random, rows};

#[test]
fn attention_agrees_with_pytorch() {
    let device = backend::from_env();
    let part = golden::part("attention");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let tensor = |pointer: &str| part.tensor::<4>(pointer, &device);
    let weights = weights(scores(tensor("q"), tensor("k")));
    assert_close(&weights, &tensor("cases/plain/weights"), tolerance);
    assert_close(&attend(weights, tensor("v")), &tensor("cases/plain/output"), tolerance);
}

#[test]
fn softmax_agrees_with_pytorch() {
    let device = backend::from_env();
    let part = golden::part("softmax");
    let x = part.tensor::<2>("x", &device);
    let tolerance = backend::tolerance(&device, part.tolerance());
    assert_close(&softmax(x.clone()), &part.tensor("y", &device), tolerance);
    assert_close(&weights(x), &part.tensor("y", &device), tolerance);
}

#[test]
fn plain_loops_agree_with_tensors() {
    let device = backend::from_env();
    let q = random([4, 5], 1, &device);
    let k = random([6, 5], 2, &device);
    let v = random([6, 3], 3, &device);
    let expected = naive::attend(&naive::weights(&naive::scores(&rows(&q), &rows(&k))), &rows(&v));
    let expected = Tensor::<2>::from_data(TensorData::new(expected.concat(), [4, 3]), &device);
    assert_close(&attend(weights(scores(q, k)), v), &expected, backend::tolerance(&device, 1e-5));
}

/// A softmax of `[batch, queries, keys]` over the keys.
type Softmax = fn(Tensor<3>) -> Tensor<3>;

/// Burn's softmax over the keys.
fn fused_softmax(scores: Tensor<3>) -> Tensor<3> {
    activation::softmax(scores, 2)
}

/// [`weights`] under the plain switch.
fn plain_weights(scores: Tensor<3>) -> Tensor<3> {
    let _plain = kernels::plain_here();
    weights(scores)
}

/// Output of a softmax, and the gradient of its scores.
fn outcome(softmax: Softmax, device: &Device) -> [TensorData; 2] {
    let x = random([2, 5, 6], 3, device).require_grad();
    let y = softmax(x.clone());
    let gradients = (y.clone() * random([2, 5, 6], 4, device)).sum().backward();
    [y.into_data(), x.grad(&gradients).expect("the scores were used").into_data()]
}

/// The sums may run in another order; of numbers below 1 that is a few units in the seventh place.
#[test]
fn the_fused_softmax_is_the_one_spelt_out_in_value_and_gradient() {
    let device = backend::from_env().autodiff();
    let tolerance = backend::tolerance(&device, 1e-6);
    let [y, gradient] = outcome(softmax, &device);
    let forms: [(&str, Softmax); 3] =
        [("fused", fused_softmax), ("weights", weights), ("plain weights", plain_weights)];
    for (name, form) in forms {
        let [found, found_gradient] = outcome(form, &device);
        assert_data_close(name, &found, &y, tolerance);
        assert_data_close(&format!("{name}, gradient"), &found_gradient, &gradient, tolerance);
    }
}

#[test]
fn burns_fused_attention_is_the_one_spelt_out_in_value_and_gradient() {
    let device = backend::from_env();
    let training = device.clone().autodiff();
    let tolerance = backend::tolerance(&device, 1e-5);
    let up = random([2, 2, 5, 4], 9, &training);
    let runs = [true, false].map(|fused| {
        let [q, k, v] = [1, 2, 3].map(|seed| random([2, 2, 5, 4], seed, &training).require_grad());
        let y = if fused {
            module::attention(q.clone(), k.clone(), v.clone(), None, None, Default::default())
        } else {
            attend(weights(scores(q.clone(), k.clone())), v.clone())
        };
        let gradients = (y.clone() * up.clone()).sum().backward();
        [y.inner()]
            .into_iter()
            .chain([q, k, v].map(|x| x.grad(&gradients).unwrap()))
            .collect::<Vec<_>>()
    });
    for (fused, spelt) in runs[0].iter().zip(&runs[1]) {
        assert_close(fused, spelt, tolerance);
    }
    // Without autodiff the backend's own kernel runs.
    let [q, k, v] = [1, 2, 3].map(|seed| random::<4>([2, 2, 5, 4], seed, &device));
    assert_close(
        &module::attention(q, k, v, None, None, Default::default()),
        &runs[1][0],
        tolerance,
    );
}

//! Cross entropy of logits.

use burn::tensor::{Int, Tensor, TensorData, activation};
use golden::assert_data_close;
use kernels::cross_entropy::cross_entropy;

use crate::{SHAPES, assert_gradients_agree, random};

/// A class for each row, the first and the last among them.
fn targets(logits: &Tensor<2>) -> Tensor<1, Int> {
    let [rows, classes] = logits.dims();
    let mut targets = Vec::new();
    for row in 0..rows {
        targets.push(((row + 1) * (classes - 1) % classes) as i64);
    }
    Tensor::from_data(TensorData::new(targets, [rows]), &logits.device().inner())
}

fn fast(logits: Tensor<2>) -> Tensor<2> {
    let targets = targets(&logits);
    cross_entropy(logits, targets).unsqueeze()
}

fn burns(logits: Tensor<2>) -> Tensor<2> {
    let [rows, _] = logits.dims();
    let targets = targets(&logits).reshape([rows, 1]);
    let of_targets = activation::log_softmax(logits, 1).gather(1, targets);
    of_targets.mean().neg().unsqueeze()
}

#[test]
fn cross_entropy_is_burns_gradient_included() {
    let device = backend::from_env();
    for shape in &SHAPES[1..] {
        let logits = random(*shape, 1, &device);
        let (found, expected) = (fast(logits.clone()).to_data(), burns(logits).to_data());
        let tolerance = backend::tolerance(&device, 5e-6);
        assert_data_close(&format!("{shape:?}"), &found, &expected, tolerance);
    }
    assert_gradients_agree(fast, burns, 1e-6);
}

#[test]
fn far_logits_stay_finite_and_nan_is_not_hidden() {
    let device = backend::from_env();
    let targets = Tensor::<1, Int>::from_ints([1], &device);
    let far = Tensor::<2>::from_floats([[3e4, -3e4, 0.0]], &device);
    assert_eq!(cross_entropy(far, targets.clone()).into_scalar::<f32>(), 6e4);
    let nan = Tensor::<2>::from_floats([[f32::NAN, 1.0, 0.0]], &device);
    assert!(cross_entropy(nan, targets).into_scalar::<f32>().is_nan());
}

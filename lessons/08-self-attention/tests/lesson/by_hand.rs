//! The chapter's own numbers.

use std::f32::consts::FRAC_1_SQRT_2;

use attention::{attend, entropy, scores, weights};
use burn::tensor::Tensor;
use golden::assert_close;

#[test]
fn two_tokens_attend_as_computed_by_hand() {
    let device = backend::from_env();
    let tolerance = backend::tolerance(&device, 1e-6);
    let tensor = |rows: [[f32; 2]; 2]| Tensor::<2>::from_floats(rows, &device);
    let q = tensor([[1.0, 0.0], [0.0, 1.0]]);
    // 1 / sqrt(2) on the diagonal.
    let scores = scores(q.clone(), q);
    assert_close(&scores, &tensor([[FRAC_1_SQRT_2, 0.0], [0.0, FRAC_1_SQRT_2]]), tolerance);
    // e^0.7071 = 2.0281; 2.0281 / 3.0281 = 0.6698.
    let weights = weights(scores);
    assert_close(
        &weights,
        &tensor([[0.669_761_5, 0.330_238_5], [0.330_238_5, 0.669_761_5]]),
        tolerance,
    );
    // 0.6698 * [1, 2] + 0.3302 * [3, 4].
    let output = attend(weights, tensor([[1.0, 2.0], [3.0, 4.0]]));
    assert_close(
        &output,
        &tensor([[1.660_477, 2.660_477], [2.339_523, 3.339_523]]),
        4.0 * tolerance,
    );
}

#[test]
fn four_keys_alike_have_the_entropy_ln_4_and_one_alone_has_none() {
    let device = backend::from_env();
    let weights =
        Tensor::<2>::from_floats([[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0]], &device);
    let expected = Tensor::<2>::from_floats([[1.386_294_4], [0.0]], &device);
    assert_close(&entropy(weights), &expected, backend::tolerance(&device, 1e-6));
}

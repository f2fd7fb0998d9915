//! The chapter's own numbers.

use std::f32::consts::{FRAC_1_SQRT_2, LN_2, SQRT_2};

use attention::{SelfAttentionConfig, attend, entropy, naive, scores, softmax, weights};
use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use golden::{assert_close, assert_data_close};

use crate::rows;

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

/// Two queries, three keys, a width of four, values of five: whatever is taken for something else
/// has another shape or other numbers.
#[test]
fn two_queries_share_out_three_keys_and_mix_their_values() {
    let device = backend::from_env();
    let tolerance = backend::tolerance(&device, 1e-5);
    let q = Tensor::<2>::from_floats([[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]], &device);
    let k = Tensor::<2>::from_floats(
        [[1.0, 0.0, 1.0, 0.0], [2.0, 1.0, 0.0, 1.0], [0.0, 0.0, 2.0, 2.0]],
        &device,
    );
    let v = Tensor::<2>::from_floats(
        [[1.0, 2.0, 0.0, 1.0, 3.0], [3.0, 4.0, 1.0, 0.0, 2.0], [5.0, 6.0, 2.0, 2.0, 1.0]],
        &device,
    );
    // The dot products 1, 5, 2 and 1, 2, 4, halved by sqrt(4).
    let expected_scores = Tensor::<2>::from_floats([[0.5, 2.5, 1.0], [0.5, 1.0, 2.0]], &device);
    let expected_weights = Tensor::<2>::from_floats(
        [[0.099_623_65, 0.736_124_72, 0.164_251_63], [0.140_244_38, 0.231_223_90, 0.628_531_72]],
        &device,
    );
    let expected_output = Tensor::<2>::from_floats(
        [
            [3.129_256_0, 4.129_256_0, 1.064_628_0, 0.428_126_9, 1.935_372_0],
            [3.976_574_7, 4.976_574_7, 1.488_287_3, 1.397_307_8, 1.511_712_7],
        ],
        &device,
    );

    let found = scores(q.clone(), k.clone());
    assert_close(&found, &expected_scores, tolerance);
    assert_close(&softmax(found.clone()), &expected_weights, tolerance);
    let found = weights(found);
    assert_close(&found, &expected_weights, tolerance);
    assert_close(&attend(found, v.clone()), &expected_output, tolerance);

    let found = naive::weights(&naive::scores(&rows(&q), &rows(&k)));
    let found = naive::attend(&found, &rows(&v));
    let found = TensorData::new(found.concat(), [2, 5]);
    assert_data_close("plain loops", &found, &expected_output.to_data(), tolerance);
}

/// Three tokens of six numbers: two to pass on, two to ask with, two to be found by. The scores are
/// logarithms of whole numbers, so that the shares are fractions.
#[test]
fn a_token_asks_with_its_query_is_found_by_its_key_and_passes_its_value_on() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut head = SelfAttentionConfig::new(6, 2).init(&device);
    head.value.weight = picks([0, 1], &device);
    head.query.weight = picks([2, 3], &device);
    head.key.weight = picks([4, 5], &device);
    let [ln_2, ln_3] = [LN_2, 3f32.ln()].map(|logarithm| SQRT_2 * logarithm);
    let x = Tensor::<3>::from_floats(
        [[
            [12.0, 1.0, 1.0, 0.0, 0.0, 0.0],
            [24.0, 5.0, 0.0, 1.0, ln_2, 0.0],
            [60.0, 3.0, 1.0, 1.0, 0.0, ln_3],
        ]],
        &device,
    );
    // Scores 0, ln 2, 0; then 0, 0, ln 3; then 0, ln 2, ln 3.
    let shares = Tensor::<3>::from_floats(
        [[[1.0 / 4.0, 2.0 / 4.0, 1.0 / 4.0], [0.2, 0.2, 0.6], [1.0 / 6.0, 2.0 / 6.0, 3.0 / 6.0]]],
        &device,
    );
    assert_close(&head.weights(x.clone()), &shares, backend::tolerance(&device, 1e-6));
    // 12 / 4 + 24 / 2 + 60 / 4 = 30.
    let expected = Tensor::from_floats([[[30.0, 3.5], [43.2, 3.0], [40.0, 10.0 / 3.0]]], &device);
    assert_close(&head.forward(x), &expected, backend::tolerance(&device, 1e-4));
}

/// A projection of six numbers to two of them.
fn picks(columns: [usize; 2], device: &Device) -> Param<Tensor<2>> {
    let mut weight = [[0.0; 2]; 6];
    weight[columns[0]][0] = 1.0;
    weight[columns[1]][1] = 1.0;
    Param::from_tensor(Tensor::from_floats(weight, device))
}

#[test]
fn a_share_of_nothing_adds_nothing_to_the_entropy() {
    let device = backend::from_env();
    // 0.5 ln 2 + 2 * 0.25 ln 4 = 1.5 ln 2, of a second query 0.75 ln (4/3) + 0.25 ln 4.
    let weights =
        Tensor::<2>::from_floats([[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 0.75, 0.25]], &device);
    let expected = Tensor::<2>::from_floats([[1.039_720_8], [0.562_335_1]], &device);
    assert_close(&entropy(weights), &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn four_keys_alike_have_the_entropy_ln_4_and_one_alone_has_none() {
    let device = backend::from_env();
    let weights =
        Tensor::<2>::from_floats([[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0]], &device);
    let expected = Tensor::<2>::from_floats([[1.386_294_4], [0.0]], &device);
    assert_close(&entropy(weights), &expected, backend::tolerance(&device, 1e-6));
}

//! The chapter's own numbers.

use std::f32::consts::{LN_2, SQRT_2};

use burn::module::Param;
use burn::tensor::{Bool, Device, Tensor, TensorData};
use golden::assert_close;
use heads::{
    MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig, causal_mask, combine_masks,
    masked_weights, merge_heads, norm_heads, padding_mask, padding_mask_from_keep, share_heads,
    split_heads, window_mask,
};

use crate::numbers;

/// Two heads of one number each; q = k = v = x, and the output as it comes.
fn two_plain_heads(device: &Device) -> MultiHeadAttention {
    let mut layer = MultiHeadAttentionConfig::new(2, 2).with_bias(false).init(device);
    let eye = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0]], device);
    layer.projection.weight = Param::from_tensor(eye.clone().repeat_dim(1, 3));
    layer.output.weight = Param::from_tensor(eye);
    layer
}

#[test]
fn two_heads_see_what_was_computed_by_hand() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer = two_plain_heads(&device);
    let x = Tensor::<3>::from_floats([[[1.0, 0.0], [0.0, 1.0]]], &device);
    let tolerance = backend::tolerance(&device, 1e-6);
    // Head 1 has q = k = v = (1, 0): token 1 weighs itself e / (e + 1) = 0.7311, token 2 weighs
    // both alike.
    let expected = Tensor::from_floats([[[0.731_058_6, 0.5], [0.5, 0.731_058_6]]], &device);
    assert_close(&layer.forward(x.clone(), None), &expected, tolerance);
    // Without the future, token 1 has only itself.
    let expected = Tensor::from_floats([[[1.0, 0.0], [0.5, 0.731_058_6]]], &device);
    assert_close(&layer.forward(x, Some(causal_mask(2, 2, &device))), &expected, tolerance);
}

/// Two query heads of two numbers and one head of keys and values for both: the eight numbers of a
/// token are its two queries, its key and its value as they are, and what the heads see comes out
/// three places to the right.
fn two_heads_that_share_keys_and_values(device: &Device) -> MultiHeadAttention {
    let config = MultiHeadAttentionConfig::new(8, 2).with_d_head(Some(2)).with_n_kv_heads(Some(1));
    let mut layer = config.with_bias(false).init(device);
    layer.projection.weight = Param::from_tensor(Tensor::eye(8, device));
    let mut output = [[0.0; 8]; 4];
    for (number, row) in output.iter_mut().enumerate() {
        row[number + 3] = 1.0;
    }
    layer.output.weight = Param::from_tensor(Tensor::from_floats(output, device));
    layer
}

/// The scores are logarithms of whole numbers, so that the shares are fractions. No two of queries,
/// keys and values can be exchanged, nor the heads.
#[test]
fn each_head_asks_with_its_own_query_and_both_see_the_shared_values() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer = two_heads_that_share_keys_and_values(&device);
    let [ln_2, ln_3] = [LN_2, 3f32.ln()].map(|logarithm| SQRT_2 * logarithm);
    let x = Tensor::<3>::from_floats(
        [[
            [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 12.0, 1.0],
            [0.0, 1.0, 2.0, 0.0, ln_2, 0.0, 24.0, 5.0],
            [1.0, 1.0, 0.0, 2.0, 0.0, ln_3, 60.0, 3.0],
        ]],
        &device,
    );
    let tolerance = backend::tolerance(&device, 1e-4);
    // Head 1 shares out 1 : 2 : 1, 1 : 1 : 3 and 1 : 2 : 3, head 2 shares out 1 : 1 : 1, 1 : 4 : 1
    // and 1 : 1 : 9.
    let expected = Tensor::from_floats(
        [[
            [0.0, 0.0, 0.0, 30.0, 3.5, 32.0, 3.0, 0.0],
            [0.0, 0.0, 0.0, 43.2, 3.0, 28.0, 4.0, 0.0],
            [0.0, 0.0, 0.0, 40.0, 10.0 / 3.0, 576.0 / 11.0, 3.0, 0.0],
        ]],
        &device,
    );
    assert_close(&layer.forward(x.clone(), None), &expected, tolerance);
    // Token 1 sees itself alone; of token 2, head 1 shares out 1 : 1 and head 2 shares out 1 : 4.
    let expected = Tensor::from_floats(
        [[
            [0.0, 0.0, 0.0, 12.0, 1.0, 12.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 18.0, 3.0, 21.6, 4.2, 0.0],
            [0.0, 0.0, 0.0, 40.0, 10.0 / 3.0, 576.0 / 11.0, 3.0, 0.0],
        ]],
        &device,
    );
    assert_close(&layer.forward(x, Some(causal_mask(3, 3, &device))), &expected, tolerance);
}

/// 0, 1, 2 and so on in a tensor.
fn counted<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let counted: Vec<f32> = (0..count).map(|number| number as f32).collect();
    Tensor::from_data(TensorData::new(counted, shape), device)
}

#[test]
fn a_head_gets_its_stretch_of_every_token() {
    let device = backend::from_env();
    let x = counted([1, 3, 4], &device);
    let split = split_heads(x.clone(), 2);
    let expected = Tensor::<4>::from_floats(
        [[[[0.0, 1.0], [4.0, 5.0], [8.0, 9.0]], [[2.0, 3.0], [6.0, 7.0], [10.0, 11.0]]]],
        &device,
    );
    assert_close(&split, &expected, 0.0);
    assert_close(&merge_heads(split), &x, 0.0);

    // The number i of head h of token t of text b, where no two axes are equally long.
    let split = split_heads(counted([2, 3, 20], &device), 5);
    assert_eq!(split.dims(), [2, 5, 3, 4]);
    let mut expected = Vec::new();
    for text in 0..2 {
        for head in 0..5 {
            for token in 0..3 {
                for i in 0..4 {
                    expected.push(((text * 3 + token) * 20 + head * 4 + i) as f32);
                }
            }
        }
    }
    assert_eq!(numbers(&split), expected);
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn heads_that_do_not_divide_the_numbers_are_refused() {
    split_heads(counted([1, 3, 4], &backend::from_env()), 3);
}

#[test]
fn query_heads_read_key_and_value_heads_in_groups() {
    let device = backend::from_env();
    // Two heads of three tokens of one number.
    let kv = counted([1, 2, 3, 1], &device);
    let shared = share_heads(kv.clone(), 4);
    assert_eq!(shared.dims(), [1, 4, 3, 1]);
    assert_eq!(numbers(&shared), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0]);
    assert_eq!(numbers(&share_heads(kv.clone(), 2)), numbers(&kv));
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn five_query_heads_cannot_share_two() {
    share_heads(counted([1, 2, 3, 1], &backend::from_env()), 5);
}

#[test]
fn what_is_hidden_is_not_in_the_sum() {
    let device = backend::from_env();
    let [no, yes] = [false, true];
    let cases = [
        // e^2 / (e^2 + 1); zeroed after the softmax it would be 0.6652.
        ([2.0, 1.0, 0.0], [no, yes, no], [0.880_797, 0.0, 0.119_203]),
        ([2.0, 1.0, 0.0], [yes, yes, yes], [0.0, 0.0, 0.0]),
        // A mask of -10000 would be the largest score here.
        ([-20_000.0, 5.0, -20_001.0], [no, yes, no], [0.731_058_6, 0.0, 0.268_941_4]),
    ];
    for (scores, mask, expected) in cases {
        let scores = Tensor::<4>::from_floats([[[scores]]], &device);
        let mask = Tensor::<4, Bool>::from_data(TensorData::from([[[mask]]]), &device);
        let expected = Tensor::from_floats([[[expected]]], &device);
        let found = masked_weights(scores, Some(mask));
        assert_close(&found, &expected, backend::tolerance(&device, 1e-6));
    }
}

#[test]
fn alibi_weighs_equal_keys_by_their_distance() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer =
        MultiHeadAttentionConfig::new(2, 2).with_positions(PositionsConfig::Alibi).init(&device);
    let x = Tensor::<3>::zeros([1, 3, 2], &device);
    let (_, weights) = layer.forward_with_weights(x, Some(causal_mask(3, 3, &device)));
    // Zero vectors have equal keys. Slope 2^-4 of head 1, query 2: e^-0.125, e^-0.0625, 1 over
    // their sum.
    let expected = Tensor::from_floats([[[[0.312_730_4, 0.332_899_8, 0.354_369_9]]]], &device);
    let last_query_of_head_1 = weights.slice([0..1, 0..1, 2..3, 0..3]);
    assert_close(&last_query_of_head_1, &expected, backend::tolerance(&device, 1e-5));
}

#[test]
fn the_masks_hide_what_they_say() {
    let device = backend::from_env();
    let [no, yes] = [false, true];
    let flags = |mask: Tensor<4, Bool>| -> Vec<bool> { mask.to_data().iter().collect() };
    assert_eq!(flags(causal_mask(3, 3, &device)), [no, yes, yes, no, no, yes, no, no, no]);
    // Two queries after a cached token.
    assert_eq!(flags(causal_mask(2, 3, &device)), [no, no, yes, no, no, no]);
    assert_eq!(flags(padding_mask(&[3, 1], 3, &device)), [no, no, no, no, yes, yes]);
    // A tokenizer keeps with 1; here the padding is on the left.
    let keep = Tensor::from_ints([[0, 1, 1]], &device);
    assert_eq!(flags(padding_mask_from_keep(keep)), [yes, no, no]);
    let both = combine_masks(causal_mask(2, 2, &device), padding_mask(&[2, 1], 2, &device));
    assert_eq!(both.dims(), [2, 1, 2, 2]);
    assert_eq!(flags(both), [no, yes, no, no, no, yes, no, yes]);
}

#[test]
fn a_window_of_two_shows_a_token_itself_and_the_one_before() {
    let device = backend::from_env();
    let [no, yes] = [false, true];
    let flags = |mask: Tensor<4, Bool>| -> Vec<bool> { mask.to_data().iter().collect() };
    // Token 3 no longer sees token 1; the future is not this mask's to hide.
    assert_eq!(flags(window_mask(3, 3, 2, &device)), [no, no, no, no, no, no, yes, no, no]);
    // The newest of four tokens, after three in the cache.
    assert_eq!(flags(window_mask(1, 4, 2, &device)), [yes, yes, no, no]);
    assert_eq!(flags(window_mask(2, 3, 1, &device)), [yes, no, no, yes, yes, no]);
    assert_eq!(flags(window_mask(2, 2, 2, &device)), [no; 4]);
    assert_eq!(flags(window_mask(2, 2, usize::MAX >> 1, &device)), [no; 4]);
}

#[test]
#[should_panic(expected = "a window of 0")]
fn a_window_of_nothing_is_refused() {
    window_mask(2, 2, 0, &backend::from_env());
}

#[test]
fn a_head_of_3_and_4_is_brought_to_a_mean_square_of_1_and_scaled() {
    let device = backend::from_env();
    let x = Tensor::<4>::from_floats([[[[3.0, 4.0]], [[-30.0, 40.0]]]], &device);
    // The root of (9 + 16) / 2 is 3.5355; heads differ by nothing but their direction.
    let expected =
        Tensor::from_floats([[[[0.848_528, 2.262_742]], [[-0.848_528, 2.262_742]]]], &device);
    let scale = Tensor::from_floats([1.0, 2.0], &device);
    assert_close(&norm_heads(x, scale, 1e-6), &expected, backend::tolerance(&device, 1e-5));
}

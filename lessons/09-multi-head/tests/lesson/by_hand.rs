//! The chapter's own numbers.

use burn::module::Param;
use burn::tensor::{Bool, Device, Tensor};
use golden::assert_close;
use heads::{
    MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig, causal_mask, combine_masks,
    padding_mask, padding_mask_from_keep,
};

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

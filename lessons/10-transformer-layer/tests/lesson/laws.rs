//! What holds for every input.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use golden::{assert_close, max_abs_error};
use heads::{KeyValueCache, causal_mask, combine_masks, norm_heads, padding_mask};
use layer::{
    Activation, DecoderLayer, EncoderLayerConfig, FeedForwardConfig, Norm, Placement,
    RmsNormConfig, Transform, gelu_exact, gelu_tanh, rms_norm,
};
use proptest::prelude::*;

use crate::{decoders, random};

fn encoder(placement: Placement) -> EncoderLayerConfig {
    EncoderLayerConfig::new(8, 2, 16).with_placement(placement)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn rms_norm_ignores_the_size_of_its_input(seed: u64, size in 0.5f32..100.0) {
        let device = backend::from_env();
        let x = random::<2>([3, 8], seed, &device);
        let weight = random([8], !seed, &device);
        let sized = rms_norm(x.clone() * size, weight.clone(), 1e-12);
        assert_close(&sized, &rms_norm(x, weight, 1e-12), backend::tolerance(&device, 1e-5));
    }

    #[test]
    fn the_two_gelus_are_never_further_apart_than_half_a_thousandth(
        seed: u64,
        spread in 0.0f32..4.0,
    ) {
        let device = backend::from_env();
        let x = random::<2>([4, 8], seed, &device) * spread;
        prop_assert!(max_abs_error(&gelu_exact(x.clone()), &gelu_tanh(x)) < 4.8e-4);
    }

    #[test]
    fn a_decoder_layer_never_sees_the_future(seed: u64, tokens in 2usize..6, kind in 0usize..3) {
        let device = backend::from_env();
        let _seed = backend::seeded(&device, 7);
        let layer = decoders()[kind].init(&device);
        let x = random([1, tokens, 8], seed, &device);
        let kept = x.clone().narrow(1, 0, tokens - 1);
        let changed = Tensor::cat(vec![kept, random([1, 1, 8], !seed, &device)], 1);
        let before = layer.forward(x, None).narrow(1, 0, tokens - 1);
        let after = layer.forward(changed, None).narrow(1, 0, tokens - 1);
        assert_close(&after, &before, backend::rerun(&device));
    }

    #[test]
    fn a_token_before_the_window_does_not_matter(seed: u64, window in 1usize..4) {
        let device = backend::from_env();
        let _seed = backend::seeded(&device, 7);
        let layer = decoders()[0].clone().with_window(Some(window)).init(&device);
        let x = random([1, window + 1, 8], seed, &device);
        let seen = x.clone().narrow(1, 1, window);
        let changed = Tensor::cat(vec![random([1, 1, 8], !seed, &device), seen], 1);
        let [before, after] = [x, changed].map(|x| layer.forward(x, None));
        let newest = |x: &Tensor<3>| x.clone().narrow(1, window, 1);
        assert_close(&newest(&after), &newest(&before), backend::rerun(&device));
        if window > 1 {
            // The token before it saw the one that was changed.
            prop_assert!(max_abs_error(&before.narrow(1, 1, 1), &after.narrow(1, 1, 1)) > 1e-4);
        }
    }

    #[test]
    fn a_cached_decoder_layer_is_an_uncached_one(
        seed: u64,
        first in 1usize..4,
        second in 1usize..4,
        kind in 0usize..3,
        window in proptest::option::of(1usize..5),
        residual_after_norm: bool,
    ) {
        let device = backend::from_env();
        let _seed = backend::seeded(&device, 7);
        let config = decoders()[kind].clone().with_window(window).with_head_norms(kind == 1);
        let layer = config.with_residual_after_norm(residual_after_norm).init(&device);
        let x = random::<3>([2, first + second, 8], seed, &device);
        let whole = layer.forward(x.clone(), None);
        let in_pieces = cached(&layer, &x, first);
        assert_close(&in_pieces, &whole, backend::tolerance(&device, 1e-5));
    }
}

/// `first` tokens at once, then the rest one by one.
fn cached(layer: &DecoderLayer, x: &Tensor<3>, first: usize) -> Tensor<3> {
    let mut cache = KeyValueCache::new(x.dims()[1]);
    let mut outputs = vec![layer.forward_cached(x.clone().narrow(1, 0, first), None, &mut cache)];
    while cache.len() < x.dims()[1] {
        outputs.push(layer.forward_cached(x.clone().narrow(1, cache.len(), 1), None, &mut cache));
    }
    Tensor::cat(outputs, 1)
}

#[test]
fn a_decoder_layer_is_a_pre_norm_encoder_layer_under_the_causal_mask() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let [config, ..] = decoders();
    let mut decoder = config.init(&device);
    let mut encoder = encoder(Placement::Pre)
        .with_activation(Activation::GeluTanh)
        .with_epsilon(config.epsilon)
        .init(&device);
    for (norm, seed) in [(&mut encoder.attention_norm, 1), (&mut encoder.feed_forward_norm, 2)] {
        norm.weight = Param::from_tensor(random([8], seed, &device));
        norm.bias = Param::from_tensor(random([8], 10 * seed, &device));
    }
    decoder.attention = encoder.attention.clone();
    decoder.attention_norm = Norm::Layer(encoder.attention_norm.clone());
    decoder.feed_forward = Transform::Plain(encoder.feed_forward.clone());
    decoder.feed_forward_norm = Norm::Layer(encoder.feed_forward_norm.clone());
    let x = random::<3>([3, 5, 8], 3, &device);
    let padding = padding_mask(&[5, 2, 4], 5, &device);
    let mask = combine_masks(causal_mask(5, 5, &device), padding.clone());
    let expected = encoder.forward(x.clone(), Some(mask));
    assert_close(&decoder.forward(x, Some(padding)), &expected, backend::tolerance(&device, 1e-5));
}

#[test]
fn lesson_09s_norm_of_a_head_is_rms_norm() {
    let device = backend::from_env();
    let x = random::<4>([2, 3, 4, 8], 1, &device);
    let scale = random::<1>([8], 2, &device);
    let expected = rms_norm(x.clone(), scale.clone(), 1e-5);
    assert_close(&norm_heads(x, scale, 1e-5), &expected, backend::rerun(&device));
}

#[test]
fn a_residual_after_the_norm_keeps_what_the_norm_made() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer = decoders()[0].clone().with_residual_after_norm(true).init(&device);
    let x = random::<3>([1, 4, 8], 1, &device) * 100.0;
    // Norms forget the size of what comes in, and here nothing else carries it.
    let tolerance = backend::tolerance(&device, 1e-4);
    assert_close(&layer.forward(x.clone() * 10.0, None), &layer.forward(x, None), tolerance);
}

#[test]
fn padding_does_not_reach_the_tokens_of_either_layer() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (encoder, [decoder, ..]) = (encoder(Placement::Post).init(&device), decoders());
    let decoder = decoder.init(&device);
    let text = random::<3>([1, 3, 8], 1, &device);
    let padded = Tensor::cat(vec![text.clone(), random([1, 2, 8], 2, &device)], 1);
    let mask = Some(padding_mask(&[3], 5, &device));
    let tolerance = backend::tolerance(&device, 1e-5);
    let masked = encoder.forward(padded.clone(), mask.clone()).narrow(1, 0, 3);
    assert_close(&masked, &encoder.forward(text.clone(), None), tolerance);
    let masked = decoder.forward(padded, mask).narrow(1, 0, 3);
    assert_close(&masked, &decoder.forward(text, None), tolerance);
}

#[test]
fn giving_the_weights_away_changes_nothing() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    for placement in [Placement::Pre, Placement::Post] {
        let layer = encoder(placement).init(&device);
        let x = random::<3>([2, 4, 8], 1, &device);
        let mask = Some(causal_mask(4, 4, &device));
        let (output, weights) = layer.forward_with_weights(x.clone(), mask.clone());
        // By another road: the same sums in another order.
        let tolerance = backend::tolerance(&device, 1e-6);
        assert_close(&layer.forward(x, mask), &output, tolerance);
        assert_eq!(weights.dims(), [2, 2, 4, 4]);
    }
}

#[test]
fn post_norm_answers_with_normalised_vectors_and_pre_norm_passes_its_input_on() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let x = random::<3>([1, 3, 8], 1, &device) * 100.0;
    let post = encoder(Placement::Post).init(&device).forward(x.clone(), None);
    let variance = post.square().mean_dim(2);
    assert_close(&variance, &variance.ones_like(), backend::tolerance(&device, 1e-4));
    let pre = encoder(Placement::Pre).init(&device).forward(x.clone(), None);
    assert!(
        max_abs_error(&pre, &x) < 10.0,
        "what the sub-layers add is small beside an input of 200"
    );
}

#[test]
fn dropout_acts_in_training_only() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer = encoder(Placement::Post).with_dropout(0.5).init(&device);
    let x = random::<3>([1, 4, 8], 1, &device);
    let inference = layer.forward(x.clone(), None);
    assert_close(&layer.forward(x.clone(), None), &inference, backend::rerun(&device));
    let training = layer.train().forward(x.autodiff(), None);
    assert!(max_abs_error(&training.inner(), &inference) > 1e-2);
}

#[test]
#[should_panic(expected = "d_model and d_ff must be above 0, not 8 and 0")]
fn a_feed_forward_without_width_is_refused() {
    FeedForwardConfig::new(8, 0).with_activation(Activation::Relu).init(&backend::from_env());
}

#[test]
#[should_panic(expected = "RmsNorm's epsilon must be above 0, not 0")]
fn an_epsilon_of_zero_is_refused() {
    RmsNormConfig::new(8).with_epsilon(0.0).init(&backend::from_env());
}

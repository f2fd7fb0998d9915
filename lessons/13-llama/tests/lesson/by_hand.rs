//! The chapter's own small numbers.

use burn::module::Module;
use decoder::{GptConfig, LanguageModel, ModelCache};
use llama::{LayerParameters, LlamaConfig, cache_bytes, layer_parameters, tokens_read};
use positions::{RopeConfig, RopeScaling};
use training::Preset;

use crate::{MAX_TOKENS, VOCAB, drawn, ids, small};

#[test]
fn weights_are_counted_by_hand() {
    let device = backend::from_env();
    let count = |config: LlamaConfig| drawn(&config, &device).parameters();
    // queries and output; keys and values of two heads of 4
    let attention = 2 * 16 * 16 + 2 * 16 * 8;
    // three maps of the feed-forward, two norms, no bias anywhere
    let layer = attention + 3 * 16 * 24 + 2 * 16;
    let tied = VOCAB * 16 + 2 * layer + 16;
    assert_eq!(count(small()), tied);
    assert_eq!(count(small().with_tied(false)), tied + VOCAB * 16);
    assert_eq!(count(small().with_n_kv_heads(None)), tied + 2 * (2 * 16 * 8));
    // Heads of 6, not 4: four of queries and two each of keys and values on the way in, four on the
    // way out.
    assert_eq!(count(small().with_d_head(Some(6))), tied + 2 * (2 * 16 * (4 + 2 + 2 + 4)));
}

#[test]
fn a_layer_of_twelve_numbers_is_counted_by_hand() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let gpt = &GptConfig::new(VOCAB, 12, 1, 6, MAX_TOKENS).init(&device).layers[0];
    assert_eq!(gpt.attention.num_params(), 4 * 12 * 12 + 4 * 12); // 624
    assert_eq!(gpt.feed_forward.num_params(), 2 * 12 * 48 + 48 + 12); // 1212
    assert_eq!(gpt.num_params(), 624 + 1212 + 4 * 12);
    let config = LlamaConfig::new(VOCAB, 12, 1, 6, 32, MAX_TOKENS);
    let plain = &config.init(&device).layers[0];
    assert_eq!(plain.attention.num_params(), 4 * 12 * 12); // 576
    assert_eq!(plain.feed_forward.num_params(), 3 * 12 * 32); // 1152
    assert_eq!(plain.num_params(), 576 + 1152 + 2 * 12);
    let grouped = &config.with_n_kv_heads(Some(3)).init(&device).layers[0];
    assert_eq!(grouped.attention.num_params(), 2 * 12 * 12 + 2 * 12 * 6); // 432
    assert_eq!(grouped.num_params(), 432 + 1152 + 2 * 12);
}

#[test]
fn the_counted_parameters_are_those_of_the_layer() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    for (n_kv_heads, total) in [(6, 1752), (3, 1608), (1, 1512)] {
        let config = LlamaConfig::new(VOCAB, 12, 1, 6, 32, MAX_TOKENS);
        let layer = &config.with_n_kv_heads(Some(n_kv_heads)).init(&device).layers[0];
        let counted = layer_parameters(12, 6, n_kv_heads, 32);
        let expected = LayerParameters {
            attention: layer.attention.num_params(),
            feed_forward: layer.feed_forward.num_params(),
            norms: layer.attention_norm.num_params() + layer.feed_forward_norm.num_params(),
        };
        assert_eq!(counted, expected);
        assert_eq!(counted.total(), total);
    }
}

#[test]
fn a_full_text_of_llama_3_2_takes_fourteen_gib() {
    let bytes = |n_kv_heads| cache_bytes(28, n_kv_heads, 128, 131_072, 2);
    assert_eq!(bytes(8), 15_032_385_536);
    assert_eq!([bytes(8), bytes(24)].map(|bytes| bytes >> 30), [14, 42]); // GiB
    assert_eq!(cache_bytes(28, 8, 128, 1, 2), 112 << 10); // 112 KiB for one token
}

#[test]
fn the_counted_bytes_are_those_of_the_cache() {
    let device = backend::from_env();
    // 3 layers of 6 query heads of 4, two key/value heads, 5 tokens: no two of a kind
    let config = LlamaConfig::new(VOCAB, 24, 3, 6, 40, MAX_TOKENS).with_n_kv_heads(Some(2));
    let model = drawn(&config, &device);
    let mut cache = ModelCache::new(model.layers().len(), 5, &[]);
    model.forward_cached(ids(&[3, 7, 1, 12, 5], &device), &mut cache);
    assert_eq!(cache.numbers(), 240);
    assert_eq!(cache_bytes(3, 2, 4, 5, 4), 4 * cache.numbers() as u64); // f32
}

#[test]
fn eight_tokens_after_two_read_eleven_with_the_cache_and_twenty_three_without() {
    // In a window of four the model sees 2 3 4, then 2 3 4 and 2 3 again.
    assert_eq!(tokens_read(2, 8, 4, false), 2 + 3 + 4 + 2 + 3 + 4 + 2 + 3);
    assert_eq!(tokens_read(2, 8, 4, true), 2 + 1 + 1 + 2 + 1 + 1 + 2 + 1);
    assert_eq!(tokens_read(8, 200, 128, true), 333);
    assert_eq!(tokens_read(8, 200, 128, false), 15455);
    // A prompt longer than the window is cut before it is read.
    assert_eq!([true, false].map(|cache| tokens_read(30, 2, 5, cache)), [3 + 1, 3 + 4]);
}

#[test]
fn the_llama3_rule_spares_the_pair_that_turns_fast() {
    let scaling = RopeScaling::Llama3 {
        factor: 4.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_position_embeddings: 32,
    };
    let rope = RopeConfig::new(16).with_scaling(scaling).init(&backend::from_env());
    let expected = [1.0, 0.12732, 0.02500, 0.00791]; // of 1, 0.31623, 0.1 and 0.03162
    for (found, expected) in rope.frequencies().iter().zip(expected) {
        assert!((found - expected).abs() < 5e-6, "{found}, expected {expected}");
    }
}

#[test]
fn a_preset_keeps_gpts_width_and_has_about_its_weights() {
    let laptop = LlamaConfig::preset(&Preset::LAPTOP, 65);
    assert_eq!(
        (laptop.d_model, laptop.n_layers, laptop.n_heads, laptop.max_tokens),
        (128, 4, 4, 64)
    );
    assert_eq!(laptop.n_kv_heads(), 2);
    assert_eq!(laptop.d_ff, 352); // 8 * 128 / 3 = 341.3, up to a multiple of 16
    let odd = Preset { n_heads: 1, ..Preset::TINY };
    assert_eq!(LlamaConfig::preset(&odd, 65).n_kv_heads(), 1);
}

#[test]
fn two_heads_of_keys_instead_of_four_halve_the_cache() {
    let device = backend::from_env();
    let numbers = |kv: usize| {
        let model = drawn(&small().with_n_kv_heads(Some(kv)), &device);
        let mut cache = ModelCache::new(model.layers().len(), MAX_TOKENS, &[]);
        model.forward_cached(ids(&[3, 7], &device), &mut cache);
        cache.numbers()
    };
    let plain = 2 * 2 * MAX_TOKENS * 16; // layers, keys and values, tokens, width
    assert_eq!([4, 2, 1].map(numbers), [plain, plain / 2, plain / 4]);
}

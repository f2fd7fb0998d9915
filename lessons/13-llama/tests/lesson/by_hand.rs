//! The chapter's own small numbers.

use burn::module::Module;
use decoder::{GptConfig, LanguageModel, ModelCache};
use llama::LlamaConfig;
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
fn two_heads_of_keys_in_place_of_four_halve_the_memory() {
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

//! What holds for every input.

use burn::module::Module;
use burn::tensor::Tensor;
use course::{Marks, Panel, Run};
use golden::{assert_close, max_abs_error};
use heads::{
    KeyValueCache, MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig, causal_mask,
    combine_masks, masked_weights, merge_heads, padding_mask, padding_mask_from_keep, split_heads,
};
use positions::RopeConfig;
use proptest::prelude::*;

use crate::{numbers, random};

/// Numbers a token has in these tests: four heads of four.
const D_MODEL: usize = 16;

fn every_kind_of_positions() -> [PositionsConfig; 3] {
    [PositionsConfig::None, PositionsConfig::Rope(RopeConfig::new(4)), PositionsConfig::Alibi]
}

fn four_heads() -> MultiHeadAttentionConfig {
    MultiHeadAttentionConfig::new(D_MODEL, 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn a_causal_mask_hides_the_future(seed: u64, tokens in 2usize..7, kind in 0usize..3) {
        let device = backend::from_env();
        let _seed = backend::seeded(&device, 7);
        let positions = every_kind_of_positions()[kind].clone();
        let layer = four_heads().with_positions(positions).init(&device);
        let mask = causal_mask(tokens, tokens, &device);
        let x = random([1, tokens, D_MODEL], seed, &device);
        let last = random([1, 1, D_MODEL], !seed, &device);
        let changed = Tensor::cat(vec![x.clone().narrow(1, 0, tokens - 1), last], 1);
        let before = layer.forward(x, Some(mask.clone())).narrow(1, 0, tokens - 1);
        let after = layer.forward(changed, Some(mask)).narrow(1, 0, tokens - 1);
        assert_close(&after, &before, backend::rerun(&device)); // bit-equal on a CPU
    }

    #[test]
    fn padding_never_leaks(seed: u64, length in 1usize..5, padding in 1usize..4) {
        let device = backend::from_env();
        let _seed = backend::seeded(&device, 7);
        let layer = four_heads().init(&device);
        let text = random::<3>([1, length, D_MODEL], seed, &device);
        let [padded, otherwise] = [1.0, 50.0].map(|size| {
            let filler = random([1, padding, D_MODEL], !seed, &device) * size;
            let mask = padding_mask(&[length], length + padding, &device);
            let padded = Tensor::cat(vec![text.clone(), filler], 1);
            layer.forward(padded, Some(mask)).narrow(1, 0, length)
        });
        assert_close(&otherwise, &padded, backend::rerun(&device));
        let alone = layer.forward(text, None);
        assert_close(&padded, &alone, backend::tolerance(&device, 1e-5));
    }

    #[test]
    fn cached_is_uncached(
        seed: u64, first in 1usize..5, second in 1usize..5, kind in 0usize..3, grouped: bool,
    ) {
        let device = backend::from_env();
        let _seed = backend::seeded(&device, 7);
        let layer = four_heads()
            .with_n_kv_heads(grouped.then_some(2))
            .with_positions(every_kind_of_positions()[kind].clone())
            .init(&device);
        let tokens = first + second;
        let x = random::<3>([2, tokens, D_MODEL], seed, &device);
        let whole = layer.forward(x.clone(), Some(causal_mask(tokens, tokens, &device)));
        let in_chunks = cached(&layer, &x, &[first, second]);
        let one_by_one = cached(&layer, &x, &vec![1; tokens]);
        let tolerance = backend::tolerance(&device, 1e-5);
        assert_close(&in_chunks, &whole, tolerance);
        assert_close(&one_by_one, &whole, tolerance);
    }

    #[test]
    fn merging_undoes_splitting(
        seed: u64, batch in 1usize..4, tokens in 1usize..5, heads in 1usize..5,
    ) {
        let device = backend::from_env();
        let x = random([batch, tokens, heads * 3], seed, &device);
        let split = split_heads(x.clone(), heads);
        prop_assert_eq!(split.dims(), [batch, heads, tokens, 3]);
        prop_assert_eq!(numbers(&merge_heads(split)), numbers(&x));
    }
}

/// The tokens of x in chunks, each after those before it.
fn cached(layer: &MultiHeadAttention, x: &Tensor<3>, chunks: &[usize]) -> Tensor<3> {
    let mut cache = KeyValueCache::new(x.dims()[1]);
    let mut outputs = Vec::new();
    for &tokens in chunks {
        let chunk = x.clone().narrow(1, cache.len(), tokens);
        let mask = causal_mask(tokens, cache.len() + tokens, &x.device());
        outputs.push(layer.forward_cached(chunk, Some(mask), &mut cache));
    }
    Tensor::cat(outputs, 1)
}

/// Weights of a layer with these settings for six random tokens, `x` times as large.
fn weights_of(config: &MultiHeadAttentionConfig, size: f64) -> Tensor<4> {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let x = random::<3>([1, 6, D_MODEL], 3, &device) * size;
    config.init(&device).forward_with_weights(x, None).1
}

#[test]
fn under_norms_of_queries_and_keys_longer_vectors_are_no_larger_scores() {
    let plain = four_heads().with_bias(false);
    let normed = plain.clone().with_head_norms(Some(1e-12));
    let tolerance = backend::tolerance(&backend::from_env(), 1e-5);
    assert_close(&weights_of(&normed, 100.0), &weights_of(&normed, 1.0), tolerance);
    assert!(max_abs_error(&weights_of(&plain, 100.0), &weights_of(&plain, 1.0)) > 0.1);
}

#[test]
fn a_factor_of_the_scores_is_as_if_the_queries_were_larger() {
    let plain = four_heads().with_bias(false);
    let quarter = plain.clone().with_score_scale(Some(0.25));
    // Queries and keys are both half as large.
    let tolerance = backend::tolerance(&backend::from_env(), 1e-6);
    assert_close(&weights_of(&quarter, 1.0), &weights_of(&plain, 0.5), tolerance);
}

#[test]
fn a_query_whose_every_key_is_hidden_gives_zeros_and_a_finite_gradient() {
    let device = backend::from_env();
    let training = device.clone().autodiff();
    let _seed = backend::seeded(&device, 7);
    for device in [device, training] {
        let layer = four_heads().with_bias(false).init(&device);
        // Left padding under a causal mask: the two fillers of text 0 see themselves only, and they
        // are hidden.
        let keep = Tensor::from_ints([[0, 0, 1, 1], [1, 1, 1, 1]], &device);
        let mask = combine_masks(causal_mask(4, 4, &device), padding_mask_from_keep(keep));
        let x = random([2, 4, D_MODEL], 3, &device);
        let x = if device.is_autodiff() { x.require_grad() } else { x };
        let (output, weights) = layer.forward_with_weights(x.clone(), Some(mask.clone()));
        assert!(numbers(&output.clone().slice([0..1, 0..2])).iter().all(|&number| number == 0.0));
        assert!(numbers(&weights.slice([0..1, 0..4, 0..2])).iter().all(|&weight| weight == 0.0));
        assert!(numbers(&output).iter().all(|number| number.is_finite()));
        if device.is_autodiff() {
            let gradients = output.square().sum().backward();
            let gradient = numbers(&x.grad(&gradients).unwrap());
            assert!(gradient.iter().all(|number| number.is_finite()));
            assert!(
                gradient[..2 * D_MODEL].iter().all(|&number| number == 0.0),
                "nothing flows into the padding"
            );
        }
    }
}

#[test]
fn a_score_lower_than_any_mask_value_still_counts_among_visible_keys() {
    let device = backend::from_env();
    // Masks of -1e4 would let the hidden key win here.
    let scores = Tensor::<4>::from_floats([[[[-2e4, -2e4, 0.0]]]], &device);
    let weights = masked_weights(scores, Some(padding_mask(&[2], 3, &device)));
    let expected = Tensor::from_floats([[[[0.5, 0.5, 0.0]]]], &device);
    assert_close(&weights, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn as_many_groups_as_heads_is_plain_multi_head() {
    let device = backend::from_env();
    let x = random([2, 5, D_MODEL], 1, &device);
    let [plain, grouped] = [None, Some(4)].map(|n_kv_heads| {
        let _seed = backend::seeded(&device, 7);
        four_heads().with_n_kv_heads(n_kv_heads).init(&device).forward(x.clone(), None)
    });
    assert_close(&grouped, &plain, backend::rerun(&device));
}

#[test]
fn grouped_queries_are_plain_ones_with_the_shared_heads_copied() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let grouped = four_heads().with_n_kv_heads(Some(2)).with_bias(false).init(&device);
    let mut plain = four_heads().with_bias(false).init(&device);
    // [d_model, q: 4 heads | k: 2 | v: 2] becomes [d_model, q: 4 | k: 0 0 1 1 | v: 0 0 1 1].
    let columns = |head: usize| grouped.projection.weight.val().narrow(1, 4 * head, 4);
    let order = [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7];
    plain.projection.weight =
        burn::module::Param::from_tensor(Tensor::cat(order.map(columns).to_vec(), 1));
    plain.output = grouped.output.clone();
    let x = random([2, 5, D_MODEL], 1, &device);
    let tolerance = backend::tolerance(&device, 1e-5);
    assert_close(&grouped.forward(x.clone(), None), &plain.forward(x, None), tolerance);
}

/// Five tokens that are alike, so that only their positions differ.
#[test]
fn rope_makes_scores_of_the_distance_and_leaves_the_values_as_they_are() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let rope = PositionsConfig::Rope(RopeConfig::new(4));
    let layer = four_heads().with_n_kv_heads(Some(2)).with_positions(rope).init(&device);
    let x = random::<3>([2, 1, D_MODEL], 1, &device).repeat_dim(1, 5);
    let (output, weights) = layer.forward_with_weights(x.clone(), None);
    // A mean of equal values is that value, whatever the weights: the first token's output, alone.
    let alone = layer.forward(x.narrow(1, 0, 1), None).repeat_dim(1, 5);
    let tolerance = backend::tolerance(&device, 1e-5);
    assert_close(&output, &alone, tolerance);
    // From query 0 to key 1 it is as far as from query 3 to key 4, and the other way as far back.
    let ratio = |query: usize, key: usize| {
        let row = weights.clone().narrow(2, query, 1);
        row.clone().narrow(3, key, 1) / row.narrow(3, query, 1)
    };
    assert_close(&ratio(3, 4), &ratio(0, 1), tolerance);
    assert_close(&ratio(4, 3), &ratio(1, 0), tolerance);
    let apart = max_abs_error(&ratio(0, 1), &ratio(0, 2));
    assert!(apart > 1e-3, "two tokens further on, the score is another: {apart}");
}

#[test]
fn dropout_acts_in_training_only() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer = four_heads().with_dropout(0.5).init(&device);
    let x = random::<3>([1, 6, D_MODEL], 1, &device);
    let inference = layer.forward(x.clone(), None);
    assert_close(&layer.forward(x.clone(), None), &inference, backend::rerun(&device));
    let (training, weights) = layer.train().forward_with_weights(x.autodiff(), None);
    assert!(max_abs_error(&training.inner(), &inference) > 1e-3);
    let sums = weights.inner().sum_dim(3);
    assert_close(&sums, &sums.ones_like(), backend::tolerance(&device, 1e-6));
}

#[test]
fn the_cache_takes_its_room_once() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer = four_heads().with_n_kv_heads(Some(2)).init(&device);
    let mut cache = KeyValueCache::new(7);
    assert!(cache.is_empty() && cache.numbers() == 0);
    for tokens in [5, 2] {
        layer.forward_cached(random([3, tokens, D_MODEL], 1, &device), None, &mut cache);
        assert_eq!(cache.numbers(), 2 * 3 * 2 * 7 * 4);
    }
    assert_eq!((cache.len(), cache.capacity()), (7, 7));
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn a_full_cache_takes_no_more() {
    let device = backend::from_env();
    let layer = four_heads().init(&device);
    layer.forward_cached(random([1, 5, D_MODEL], 1, &device), None, &mut KeyValueCache::new(4));
}

#[test]
fn a_head_may_be_wider_than_its_share_of_the_model() {
    let device = backend::from_env();
    let layer = four_heads().with_d_head(Some(6)).with_n_kv_heads(Some(2)).init(&device);
    assert_eq!(layer.d_head(), 6);
    assert_eq!(layer.projection.weight.dims(), [D_MODEL, (4 + 2 * 2) * 6]);
    let (output, weights) = layer.forward_with_weights(random([2, 3, D_MODEL], 1, &device), None);
    assert_eq!((output.dims(), weights.dims()), ([2, 3, D_MODEL], [2, 4, 3, 3]));
}

#[test]
#[should_panic(expected = "n_heads = 3 does not divide d_model = 16")]
fn heads_must_divide_the_width() {
    MultiHeadAttentionConfig::new(D_MODEL, 3).init(&backend::from_env());
}

#[test]
#[should_panic(expected = "n_kv_heads = 3 does not divide n_heads = 4")]
fn groups_must_divide_the_heads() {
    four_heads().with_n_kv_heads(Some(3)).init(&backend::from_env());
}

#[test]
#[should_panic(expected = "RoPE of d_head = 8 cannot turn heads of 4")]
fn rope_must_have_the_width_of_a_head() {
    four_heads()
        .with_positions(PositionsConfig::Rope(RopeConfig::new(8)))
        .init(&backend::from_env());
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn a_mask_of_another_length_is_refused() {
    let device = backend::from_env();
    let layer = four_heads().init(&device);
    layer.forward(random([1, 5, D_MODEL], 1, &device), Some(causal_mask(4, 4, &device)));
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn a_causal_mask_needs_a_key_for_every_query() {
    causal_mask(3, 2, &backend::from_env());
}

#[test]
fn the_figures_show_what_they_claim() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let report = heads::demo::demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    let panels = |name: &str| -> Vec<Vec<Vec<f64>>> {
        let figure = report.figures().iter().find(|figure| figure.name == name).unwrap();
        let values = |panel: &Panel| match &panel.marks {
            Marks::Heatmap { values, .. } => values.clone(),
            _ => panic!("{name} is made of heatmaps"),
        };
        figure.panels.iter().map(values).collect()
    };
    let views = panels("09-heads");
    for (query, row) in views.iter().flat_map(|view| view.iter().enumerate()) {
        assert!((row[..=query].iter().sum::<f64>() - 1.0).abs() < 1e-4);
        let hidden = row[query + 1..].iter().all(|weight| weight.is_nan());
        assert!(hidden, "nothing lies above the diagonal");
    }
    let far = |view: &Vec<Vec<f64>>| {
        let last = view.last().unwrap();
        last.iter()
            .rev()
            .enumerate()
            .map(|(distance, weight)| distance as f64 * weight)
            .sum::<f64>()
    };
    let far: Vec<f64> = views.iter().map(far).collect();
    // Equal shares of 24 keys would lie 11.5 back on average; a slope of 1/4 halves that at least.
    assert!(
        far[0] < 6.0 && far[1] > far[0] && far[3] > 9.0,
        "how far back the last query looks: {far:?}"
    );
    let either = panels("09-masks").remove(2).concat();
    assert_eq!(either.iter().sum::<f64>() as usize, 10 + 3, "the future, and the padding below it");
}

/// What the chapter says of the trained head: "bank" spends nearly a third on padding, and what is
/// left grows by nearly half once that is hidden.
#[test]
fn hidden_padding_leaves_its_share_to_the_words() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let report = heads::demo::demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    let share = |key: &str, mask: &str| -> f64 {
        let key = format!("bank-{key}-{mask}");
        let number = report.numbers().iter().find(|number| number.key == key).expect(&key);
        number.shown.parse().unwrap()
    };
    let padding = share("9-pad", "no-mask") + share("10-pad", "no-mask");
    assert!((0.29..0.33).contains(&padding), "{padding}");
    let grown = share("6-river", "padding") / share("6-river", "no-mask");
    assert!((1.4..1.5).contains(&grown), "{grown}");
    assert_eq!(share("9-pad", "padding") + share("10-pad", "both") + share("8-sep", "causal"), 0.0);
}

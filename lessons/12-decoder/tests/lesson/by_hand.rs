//! The chapter's own small numbers.

use std::f64::consts::PI;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use decoder::{
    Generation, Gpt, GptConfig, LanguageModel, ModelCache, Sampling, first_visible, nats_of_text,
    nats_per_token,
};
use layer::{DecoderLayer, DecoderLayerConfig, Transform};
use lookup::{cross_entropy, perplexity};
use training::Recipe;

use crate::{FAMILIES, MAX_TOKENS, VOCAB, ids, random_model, small};

#[test]
fn two_tokens_of_a_half_and_an_eighth_are_a_perplexity_of_four() {
    let device = backend::from_env();
    // Probabilities of three tokens in eighths, for the first token of the text and the second.
    let eighths = Tensor::<2>::from_floats([[4.0, 2.0, 2.0], [1.0, 2.0, 5.0]], &device);
    let logits = eighths.log();
    let nats: f32 = cross_entropy(logits, Tensor::from_ints([0, 0], &device)).into_scalar();
    let tolerance = f64::from(backend::tolerance(&device, 1e-6));
    assert!((f64::from(nats) - 16f64.ln() / 2.0).abs() < tolerance, "{nats}");
    assert!((perplexity(f64::from(nats)) - 4.0).abs() < 4.0 * tolerance);
}

/// Candidates of three tokens with the probabilities 1/8, 2/8 and 5/8.
fn candidates(temperature: f64, top_k: Option<usize>, top_p: f64) -> Vec<(u32, f64)> {
    let logits = [1f32, 2.0, 5.0].map(f32::ln);
    Sampling::new(temperature, top_k, top_p).unwrap().candidates(&logits)
}

#[track_caller]
fn assert_candidates(found: &[(u32, f64)], expected: &[(u32, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        let close = (found.1 - expected.1).abs() < 1e-6; // the logits are f32
        assert!(found.0 == expected.0 && close, "{found:?}, expected {expected:?}");
    }
}

#[test]
fn one_two_and_five_eighths_are_filtered_by_hand() {
    assert_candidates(
        &candidates(1.0, None, 1.0),
        &[(2, 5.0 / 8.0), (1, 2.0 / 8.0), (0, 1.0 / 8.0)],
    );
    assert_candidates(&candidates(1.0, Some(2), 1.0), &[(2, 5.0 / 7.0), (1, 2.0 / 7.0)]);
    assert_candidates(&candidates(1.0, None, 0.6), &[(2, 1.0)]);
    assert_candidates(&candidates(1.0, None, 0.7), &[(2, 5.0 / 7.0), (1, 2.0 / 7.0)]);
    // Of the two that top-k leaves, the first has 5/7, which is more than 0.7.
    assert_candidates(&candidates(1.0, Some(2), 0.7), &[(2, 1.0)]);
}

#[test]
fn half_the_temperature_squares_the_probabilities_and_twice_takes_their_root() {
    assert_candidates(
        &candidates(0.5, None, 1.0),
        &[(2, 25.0 / 30.0), (1, 4.0 / 30.0), (0, 1.0 / 30.0)],
    );
    let (two, five) = (2f64.sqrt(), 5f64.sqrt());
    let sum = 1.0 + two + five;
    assert_candidates(
        &candidates(2.0, None, 1.0),
        &[(2, five / sum), (1, two / sum), (0, 1.0 / sum)],
    );
}

#[test]
fn the_nucleus_is_taken_from_what_the_temperature_makes_of_the_probabilities() {
    // 25/30 is less than 0.9, with 4/30 it is more. At temperature 1 all three would be needed.
    assert_candidates(&candidates(0.5, None, 0.9), &[(2, 25.0 / 29.0), (1, 4.0 / 29.0)]);
    assert_eq!(candidates(1.0, None, 0.9).len(), 3);
    assert_candidates(&candidates(0.0, None, 1.0), &[(2, 1.0)]);
    assert_candidates(&candidates(0.0, Some(2), 0.9), &[(2, 1.0)]);
}

#[test]
fn the_learning_rate_rises_for_a_hundred_steps_and_falls_along_half_a_cosine() {
    let recipe = Recipe::default(); // 2000 steps, 1e-3 down to 1e-4
    for (step, expected) in [
        (0, 1e-3 / 101.0),          // the first step learns something
        (99, 1e-3 * 100.0 / 101.0), // and the highest comes at step 100
        (100, 1e-3),
        // A quarter of the 1900 steps down: less of the way in rate.
        (575, 1e-4 + (1e-3 - 1e-4) * (1.0 + (PI / 4.0).cos()) / 2.0),
        (1050, (1e-3 + 1e-4) / 2.0), // half of them: half of the way
        (2000, 1e-4),
    ] {
        let found = recipe.learning_rate_at(step, recipe.steps);
        assert!((found / expected - 1.0).abs() < 1e-4, "step {step}: {found}, not {expected}");
    }
}

/// A model whose next token is (3 * last token + tokens that it sees) modulo 7. Its one layer adds
/// nothing, and it sees four tokens.
struct Formula([DecoderLayer; 1]);

impl Formula {
    const D_MODEL: usize = 8;
    const VOCAB: usize = 7;

    fn new(device: &Device) -> Self {
        let mut layer = DecoderLayerConfig::new(Self::D_MODEL, 2, 12).init(device);
        let Transform::Plain(feed_forward) = &mut layer.feed_forward else { panic!("two maps") };
        for last in [&mut layer.attention.output, &mut feed_forward.down] {
            last.weight = last.weight.clone().map(|weight| weight.zeros_like());
            last.bias = last.bias.clone().map(|bias| bias.map(|bias| bias.zeros_like()));
        }
        Self([layer])
    }
}

impl LanguageModel for Formula {
    fn embed(&self, ids: Tensor<2, Int>, first: usize, _padding: &[usize]) -> Tensor<3> {
        let ([batch, tokens], device) = (ids.dims(), ids.device());
        let mut vectors = vec![0f32; batch * tokens * Self::D_MODEL];
        for (i, id) in ids.into_data().iter::<i64>().enumerate() {
            let sees = first + i % tokens + 1;
            vectors[i * Self::D_MODEL + (3 * id as usize + sees) % Self::VOCAB] = 1.0;
        }
        let vectors = TensorData::new(vectors, [batch, tokens, Self::D_MODEL]);
        Tensor::from_data(vectors, &device)
    }

    fn layers(&self) -> &[DecoderLayer] {
        &self.0
    }

    fn final_norm(&self, x: Tensor<3>) -> Tensor<3> {
        x
    }

    fn unembed(&self, x: Tensor<3>) -> Tensor<3> {
        x.narrow(2, 0, Self::VOCAB)
    }

    fn max_tokens(&self) -> usize {
        4
    }

    fn vocab(&self) -> usize {
        Self::VOCAB
    }

    fn parameters(&self) -> usize {
        0
    }
}

#[test]
fn eight_tokens_after_two_are_generated_by_hand_in_a_window_of_four() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let model = Formula::new(&device);
    for with_cache in [true, false] {
        let generation = Generation::new(&model, &[vec![1, 2]], 8, Sampling::GREEDY, 0, &device);
        let generation = if with_cache { generation } else { generation.without_cache() };
        // 1 2 | 3*2+2 = 1, 3*1+3 = 6, 3*6+4 = 1; of five tokens two stay: 3*1+2 = 5, ..
        let found = generation.collect::<Vec<_>>().concat();
        assert_eq!(found, [1, 6, 1, 5, 4, 2, 1, 6], "with cache: {with_cache}");
    }
}

#[test]
fn a_text_ends_where_the_model_says_and_waits_there_for_the_others() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let model = Formula::new(&device);
    let write = |prompts: &[Vec<u32>], stops: &[u32]| {
        let mut generation =
            Generation::new(&model, prompts, 8, Sampling::GREEDY, 0, &device).stopping_at(stops);
        let steps: Vec<Vec<u32>> = generation.by_ref().collect();
        (steps.concat(), generation.has_ended())
    };
    // 1 6 1 5 4 2 1 6 as above; the 2 of the prompt ends nothing
    assert_eq!(write(&[vec![1, 2]], &[2]), (vec![1, 6, 1, 5, 4, 2], true));
    assert_eq!(write(&[vec![1, 2]], &[4, 5]), (vec![1, 6, 1, 5], true));
    assert_eq!(write(&[vec![1, 2]], &[0]), (vec![1, 6, 1, 5, 4, 2, 1, 6], false));
    // 0 0 | 3*0+2 = 2, 3*2+3 = 2, ..: it ends at once, and the other after four tokens
    let together = write(&[vec![1, 2], vec![0, 0]], &[2, 5]);
    assert_eq!(together, (vec![1, 2, 6, 2, 1, 2, 5, 2], true));
}

#[test]
fn the_older_half_is_forgotten_when_the_window_is_full_and_not_before() {
    for ([start, tokens, window], expected) in [
        ([0, 3, 4], 0),
        ([0, 4, 4], 0),
        ([0, 5, 4], 3), // two of four stay
        ([3, 6, 4], 3),
        ([3, 7, 4], 3),
        ([3, 8, 4], 6),
        ([0, 6, 5], 3),    // three of five
        ([0, 36, 12], 30), // a prompt longer than the window, at once
    ] {
        let found = first_visible(start, tokens, window);
        assert_eq!(found, expected, "from {start}, {tokens} tokens, window {window}");
    }
}

#[test]
fn parameters_are_counted_by_hand_for_both_families_and_a_narrow_feed_forward() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    // Attention: 3 + 1 squares of the width and as many biases. Feed-forward: 2 * 4 squares, biases of
    // 4 widths and of 1. Two norms: a weight and a bias of the width each.
    let layer = (4 + 8) * 16 * 16 + (4 + 5 + 2 * 2) * 16;
    let both = VOCAB * 16 + 2 * layer + 2 * 16;
    let counts = FAMILIES.map(|family| small(family).init(&device).parameters());
    assert_eq!(counts, [both + MAX_TOKENS * 16, both + 2 * 16]);
    let narrow = small(FAMILIES[0]).with_d_ff(Some(16)).init(&device);
    // In each of two layers: two maps of 16 by 64 become 16 by 16, and the inner bias 16 of 64.
    let fewer = 64 - 16;
    assert_eq!(narrow.parameters(), counts[0] - 2 * (2 * 16 * fewer + fewer));
}

/// A model to which every token is as likely as any other: its final norm makes zeros.
fn knows_nothing(device: &Device) -> Gpt {
    let mut model = random_model(&small(FAMILIES[0]), device);
    model.norm.weight = model.norm.weight.map(|weight| weight.zeros_like());
    model.norm.bias = model.norm.bias.map(|bias| bias.zeros_like());
    model
}

#[test]
fn a_model_that_knows_nothing_loses_ln_vocab() {
    let device = backend::from_env();
    let model = knows_nothing(&device);
    let nats = (VOCAB as f64).ln();
    let tolerance = f64::from(backend::tolerance(&device, 1e-6));
    let loss: f32 = model.loss(ids(&[3, 7, 1], &device), ids(&[7, 1, 12], &device)).into_scalar();
    assert!((f64::from(loss) - nats).abs() < tolerance, "{loss}");
    let text = [3, 7, 1, 12, 5, 9, 20, 2, 2, 8, 14, 6];
    assert!((nats_per_token(&model, &text, 5, &device) - nats).abs() < tolerance);
}

#[test]
fn ten_tokens_in_blocks_of_four_are_eight_predicted_and_one_more() {
    let device = backend::from_env();
    let model = random_model(&small(FAMILIES[0]), &device);
    let text = [3, 7, 1, 12, 5, 9, 20, 2, 2, 8];
    let mut parts = Vec::new();
    let nats = nats_of_text(&model, &text, 4, &device, |predicted| parts.push(predicted));
    assert_eq!(parts, [8, 1]);
    let block = |from: usize, to: usize| -> f64 {
        let loss = model.loss(ids(&text[from..to], &device), ids(&text[from + 1..to + 1], &device));
        f64::from(loss.into_scalar::<f32>()) * (to - from) as f64
    };
    let expected = block(0, 4) + block(4, 8) + block(8, 9);
    let tolerance = f64::from(backend::tolerance(&device, 1e-5)) * expected;
    assert!((nats - expected).abs() < tolerance, "{nats}, expected {expected}");
    let per_token = nats_per_token(&model, &text, 4, &device);
    assert!((per_token - expected / 9.0).abs() < tolerance, "{per_token}");
}

#[test]
fn positions_count_from_the_first_token_after_the_padding() {
    let device = backend::from_env();
    let model = random_model(&small(FAMILIES[0]), &device);
    let positions = model.positions.as_ref().unwrap().weight.val();
    let tokens = |ids| model.tokens.forward(ids);
    let text = ids(&[0, 0, 3, 7], &device);
    let embedded = model.embed(text.clone(), 0, &[2]) - tokens(text);
    let row = |position: usize| positions.clone().narrow(0, position, 1);
    let expected: Tensor<3> = Tensor::cat(vec![row(0), row(0), row(0), row(1)], 0).unsqueeze();
    golden::assert_close(&embedded, &expected, backend::tolerance(&device, 1e-6));
    // The same text's next column, read alone.
    let next = ids(&[9], &device);
    let embedded = model.embed(next.clone(), 4, &[2]) - tokens(next);
    golden::assert_close(&embedded, &row(2).unsqueeze(), backend::tolerance(&device, 1e-6));
}

#[test]
fn each_text_of_a_batch_counts_from_its_own_first_token() {
    let device = backend::from_env();
    let model = random_model(&small(FAMILIES[0]), &device);
    let positions = model.positions.as_ref().unwrap();
    // columns 1 to 4 of three texts with 2, 0 and 5 tokens of padding
    let batch = Tensor::<2, Int>::from_ints([[0, 3, 7, 1], [12, 5, 9, 20], [0, 0, 0, 0]], &device);
    let embedded = model.embed(batch.clone(), 1, &[2, 0, 5]) - model.tokens.forward(batch);
    let by_hand = [[0, 0, 1, 2], [1, 2, 3, 4], [0, 0, 0, 0]];
    let expected = positions.forward_at(Tensor::from_ints(by_hand, &device));
    golden::assert_close(&embedded, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn the_cache_holds_a_key_and_a_value_of_every_token_and_layer() {
    let device = backend::from_env();
    let model = random_model(&GptConfig::new(VOCAB, 16, 3, 2, MAX_TOKENS), &device);
    let mut cache = ModelCache::new(model.layers().len(), 5, &[]);
    assert_eq!((cache.tokens(), cache.numbers()), (0, 0));
    model.forward_cached(ids(&[3, 7], &device), &mut cache);
    // layers, two kinds, room, width
    assert_eq!((cache.tokens(), cache.numbers()), (2, 3 * 2 * 5 * 16));
    model.forward_cached(ids(&[1, 2, 3], &device), &mut cache);
    assert_eq!((cache.tokens(), cache.numbers()), (5, 3 * 2 * 5 * 16));
    assert_eq!(model.num_params(), model.parameters());
}

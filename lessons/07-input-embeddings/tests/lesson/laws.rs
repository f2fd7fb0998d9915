//! What holds for every input.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData, module};
use course::{Figure, Marks, Run};
use inputs::{
    BertEmbeddingsConfig, LayerNormConfig, Role, demo, layer_norm, naive, role_ids, segment_ids,
};
use proptest::prelude::*;

use super::{numbers, text, values};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn every_token_comes_out_with_mean_zero_and_variance_one(
        d_model in 2usize..40, scale in 0.1f32..50.0, shift in -100f32..100.0, seed: u64,
    ) {
        let device = backend::from_env();
        let x = numbers([2, 3, d_model], seed, &device) * scale + shift;
        let y = values(&LayerNormConfig::new(d_model).with_epsilon(1e-12).init(&device).forward(x));
        for token in y.chunks(d_model) {
            let mean = token.iter().sum::<f64>() / d_model as f64;
            let variance = token.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / d_model as f64;
            // f32 knows a number near 100 to 8e-6, and the spread may be as small as 0.1 / 3.
            prop_assert!(
                mean.abs() < 2e-3 && (variance - 1.0).abs() < 2e-3,
                "mean {mean}, variance {variance}"
            );
        }
    }

    #[test]
    fn a_scaled_and_shifted_token_comes_out_the_same(
        d_model in 2usize..20, scale in 0.5f32..8.0, seed: u64,
    ) {
        let device = backend::from_env();
        let norm = LayerNormConfig::new(d_model).with_epsilon(1e-12).init(&device);
        let x = numbers([1, 2, d_model], seed, &device);
        let changed = norm.forward(x.clone() * scale + 0.5);
        golden::assert_close(&changed, &norm.forward(x), backend::tolerance(&device, 1e-3));
    }

    // f32 rounds a mean near 7 by up to 2.4e-7, which 1 / sqrt(epsilon) = 32 and a weight of 2 make
    // 1.5e-5, and the difference from it as much again.
    #[test]
    fn spelt_out_fused_and_loops_agree(d_model in 1usize..40, shift in -5f32..5.0, seed: u64) {
        let device = backend::from_env();
        let x = numbers([3, d_model], seed, &device) + shift;
        let weight = numbers([d_model], !seed, &device);
        let bias = numbers([d_model], seed ^ 1, &device);
        let spelt = layer_norm(x.clone(), weight.clone(), bias.clone(), 1e-3);
        let fused = module::layer_norm(x.clone(), weight.clone(), Some(bias.clone()), 1e-3);
        let (weight, bias) = (values(&weight), values(&bias));
        let mut loops = Vec::new();
        for token in values(&x).chunks(d_model) {
            loops.extend(naive::layer_norm(token, &weight, &bias, 1e-3));
        }
        let loops = TensorData::new(loops, [3, d_model]);
        let tolerance = backend::tolerance(&device, 5e-5);
        golden::assert_data_close("spelt out", &spelt.to_data(), &loops, tolerance);
        golden::assert_data_close("fused", &fused.to_data(), &loops, tolerance);
    }

    #[test]
    fn segments_are_as_many_as_tokens_and_never_fall(
        first in 0usize..50, second in proptest::option::of(0usize..50),
    ) {
        let segments = segment_ids(first, second);
        let ones = second.map_or(0, |tokens| tokens + 1);
        prop_assert_eq!(segments.len(), first + 2 + ones);
        prop_assert!(segments.is_sorted());
        prop_assert_eq!(segments.iter().sum::<i64>() as usize, ones);
    }
}

#[test]
fn a_large_mean_does_not_drown_the_spread() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats(
        [[10_000.0, 10_001.0, 10_002.0, 10_003.0], [0.0, 1.0, 2.0, 3.0]],
        &device,
    );
    let y = LayerNormConfig::new(4).with_epsilon(1e-12).init(&device).forward(x);
    let rows = |row: usize| y.clone().narrow(0, row, 1);
    golden::assert_close(&rows(0), &rows(1), backend::tolerance(&device, 1e-5));
}

#[test]
fn the_same_word_differs_by_role_and_by_nothing_else() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let embeddings = BertEmbeddingsConfig::new(5, 8, Role::COUNT, 6).init(&device);
    let said_by =
        |role| embeddings.sum(text(&[3], &device), text(&role_ids(&[(role, 1)]), &device));
    let row = |role: Role| embeddings.segments.weight.val().narrow(0, role.id() as usize, 1);
    let difference = said_by(Role::Assistant) - said_by(Role::User);
    let expected = (row(Role::Assistant) - row(Role::User)).unsqueeze();
    golden::assert_close(&difference, &expected, backend::tolerance(&device, 1e-7));
}

#[test]
fn the_order_of_words_counts() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let embeddings = BertEmbeddingsConfig::new(5, 8, 2, 6).init(&device);
    let first = |ids: &[i64]| {
        embeddings.forward(text(ids, &device), text(&[0; 3], &device)).slice([0..1, 0..1])
    };
    let last = |ids: &[i64]| {
        embeddings.forward(text(ids, &device), text(&[0; 3], &device)).slice([0..1, 2..3])
    };
    let moved = golden::max_abs_error(&first(&[1, 2, 3]), &last(&[3, 2, 1]));
    assert!(moved > 0.1, "dog bites man and man bites dog: {moved}");
}

#[test]
fn dropout_is_for_training_only() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let training = BertEmbeddingsConfig::new(5, 8, 2, 16).with_dropout(0.5).init(&device);
    let zeros = |y: Tensor<3>| values(&y).iter().filter(|value| **value == 0.0).count();
    let forward = |model: &inputs::BertEmbeddings, device| {
        model.forward(text(&[1, 2, 3], device), text(&[0; 3], device))
    };
    assert!(zeros(forward(&training, &device)) > 8);
    let plain = backend::from_env();
    assert_eq!(zeros(forward(&training.valid(), &plain)), 0);
}

fn figures() -> Vec<Figure> {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let report =
        demo::demo(&Run { device: &device, seed: 7, minilm: None }).expect("the demo runs");
    assert!(report.text().contains("assistant"));
    report.figures().to_vec()
}

#[test]
fn the_figure_shows_what_its_text_says() {
    let figure = figures().into_iter().find(|figure| figure.name == "07-norms").expect("07-norms");
    let bars = |panel: usize, group: &str| {
        let Marks::Bars(bars) = &figure.panels[panel].marks else { panic!("bars expected") };
        bars.iter().filter(|bar| bar.group == group).map(|bar| bar.value).collect::<Vec<f64>>()
    };
    let longest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let (tokens, positions) = (bars(0, "token"), bars(0, "position"));
    assert_eq!(tokens.len(), 12);
    assert!(longest(&tokens) > 5.0 * longest(&positions), "one word's row is ten times as long");
    let (before, after) = (bars(1, "before LayerNorm"), bars(1, "after LayerNorm"));
    let least = before.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(longest(&before) > 4.0 * least, "{before:?}");
    assert!(after.iter().all(|spread| (spread - 1.0).abs() < 1e-3), "{after:?}");
}

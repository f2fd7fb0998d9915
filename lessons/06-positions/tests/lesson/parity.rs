//! The same numbers as others: recorded from PyTorch and transformers, and burn's own modules.

use burn::nn::{PositionalEncodingConfig, RotaryEncodingConfig};
use burn::tensor::{Int, Tensor};
use positions::{RopeConfig, RopeLayout, alibi_bias, alibi_slopes, naive, sinusoidal};

use super::{assert_near, numbers, values};

#[test]
fn the_sinusoidal_table_is_the_recorded_one() {
    let device = backend::from_env();
    let part = golden::part("sinusoidal");
    let (tokens, d_model) = (part.number("positions") as usize, part.number("dim") as usize);
    let table = sinusoidal(tokens, d_model, &device);
    golden::assert_close(&table, &part.tensor("table", &device), part.tolerance());
}

#[test]
fn both_layouts_of_rope_are_the_recorded_ones() {
    let device = backend::from_env();
    let part = golden::part("rope");
    let x = part.tensor::<4>("x", &device);
    let first = part.number("first_position") as usize;
    let config = RopeConfig::new(x.dims()[3]).with_theta(part.number("theta"));
    let half = config.clone().with_layout(RopeLayout::HalfSplit).init(&device);
    let side = config.with_layout(RopeLayout::Interleaved).init(&device);
    let tolerance = backend::tolerance(&device, part.tolerance());
    golden::assert_close(
        &half.rotate(x.clone(), first),
        &part.tensor("half_split", &device),
        tolerance,
    );
    golden::assert_close(
        &side.rotate(x.clone(), first),
        &part.tensor("interleaved", &device),
        tolerance,
    );

    let perm: Tensor<1, Int> = part.ids("perm", &device);
    let permuted = side.rotate(x.clone(), first).select(3, perm.clone());
    golden::assert_close(&permuted, &half.rotate(x.select(3, perm), first), tolerance);
}

#[test]
fn the_frequencies_of_rope_are_the_recorded_ones() {
    let part = golden::part("rope");
    let expected: Vec<f64> =
        part.at("inv_freq").as_array().unwrap().iter().map(|f| f.as_f64().unwrap()).collect();
    let rope = RopeConfig::new(2 * expected.len())
        .with_theta(part.number("theta"))
        .init(&backend::from_env());
    assert_eq!(rope.frequencies().len(), expected.len());
    assert!(rope.frequencies().iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-15));
}

#[test]
fn another_theta_gives_burns_frequencies() {
    let device = backend::from_env();
    let x = numbers([1, 1, 4, 8], 3, &device);
    let theirs =
        RotaryEncodingConfig::new(8, 8).with_theta(500_000.0).init(&device).apply(x.clone(), 2);
    let rope =
        RopeConfig::new(8).with_theta(500_000.0).with_layout(RopeLayout::Interleaved).init(&device);
    golden::assert_close(&rope.rotate(x, 2), &theirs, backend::tolerance(&device, 1e-5));
}

#[test]
fn the_scores_of_one_query_and_key_are_the_recorded_ones() {
    let device = backend::from_env();
    let part = golden::part("rope");
    let vector = |name: &str| part.tensor::<1>(&format!("dot_products/{name}"), &device);
    let (q, k) = (vector("q"), vector("k"));
    let [d_head] = q.dims();
    let rope = RopeConfig::new(d_head).with_theta(part.number("theta")).init(&device);
    let at = |x: &Tensor<1>, position| rope.rotate(x.clone().reshape([1, 1, 1, d_head]), position);
    for row in part.at("dot_products/rows").as_array().unwrap() {
        let position = |name: &str| row[name].as_u64().unwrap() as usize;
        let score = (at(&q, position("m")) * at(&k, position("n"))).sum().into_scalar::<f32>();
        let expected = row["score"].as_f64().unwrap() as f32;
        let tolerance = backend::tolerance(&device, part.tolerance());
        assert!((score - expected).abs() <= tolerance, "{row}: {score}");
    }
}

#[test]
fn alibi_is_blooms() {
    let device = backend::from_env();
    let part = golden::part("alibi");
    for row in part.at("slopes").as_array().unwrap() {
        let expected: Vec<f64> =
            row["slopes"].as_array().unwrap().iter().map(|s| s.as_f64().unwrap()).collect();
        let slopes = alibi_slopes(row["heads"].as_u64().unwrap() as usize);
        assert_eq!(slopes.len(), expected.len());
        let close = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs() <= f64::from(part.tolerance());
        assert!(slopes.iter().zip(&expected).all(close), "{slopes:?} and {expected:?}");
    }
    let expected = part.tensor::<3>("bias_of_first_for_4_positions", &device);
    let [heads, queries, keys] = expected.dims();
    golden::assert_close(&alibi_bias(heads, queries, keys, &device), &expected, part.tolerance());
}

#[test]
fn the_sinusoids_are_burns() {
    let device = backend::from_env();
    let nothing = Tensor::<3>::zeros([1, 20, 12], &device);
    let theirs =
        PositionalEncodingConfig::new(12).with_max_sequence_size(20).init(&device).forward(nothing);
    let ours = sinusoidal(20, 12, &device).unsqueeze();
    golden::assert_close(&ours, &theirs, backend::tolerance(&device, 1e-5));
}

#[test]
fn the_interleaved_layout_is_burns() {
    let device = backend::from_env();
    let x = numbers([2, 3, 5, 10], 1, &device);
    let theirs = RotaryEncodingConfig::new(16, 10).init(&device).apply(x.clone(), 4);
    let rope = RopeConfig::new(10).with_layout(RopeLayout::Interleaved).init(&device);
    golden::assert_close(&rope.rotate(x, 4), &theirs, backend::tolerance(&device, 1e-5));
}

#[test]
fn the_gradient_of_a_turn_is_the_turn_back() {
    let device = backend::from_env().autodiff();
    let d_head = 6;
    for (layout, pairs) in [
        (RopeLayout::HalfSplit, naive::half_split_pairs(d_head)),
        (RopeLayout::Interleaved, naive::interleaved_pairs(d_head)),
    ] {
        let rope = RopeConfig::new(d_head).with_layout(layout).init(&device);
        let x = numbers([1, 1, 3, d_head], 5, &device).require_grad();
        let up = numbers([1, 1, 3, d_head], 6, &device);
        let gradients = (rope.rotate(x.clone(), 2) * up.clone()).sum().backward();
        let gradient = values(&x.grad(&gradients).expect("x was used"));
        let back: Vec<f64> = rope.frequencies().iter().map(|f| -f).collect();
        let up = values(&up);
        let mut expected = Vec::new();
        for (t, row) in up.chunks(d_head).enumerate() {
            expected.extend(naive::rotate(row, 2 + t, &pairs, &back));
        }
        assert_near("gradient", &gradient, &expected, backend::tolerance(&device, 1e-6));
    }
}

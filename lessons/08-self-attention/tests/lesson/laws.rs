//! What holds for every input.

use attention::{SelfAttentionConfig, attend, entropy, scores, softmax, weights};
use burn::tensor::{Int, Tensor, TensorData};
use course::{Figure, Marks, Run};
use golden::assert_close;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{SeedableRng, seq::SliceRandom};

use crate::random;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn every_row_of_weights_sums_to_one(
        seed: u64, queries in 1usize..7, keys in 1usize..7, d_head in 1usize..9,
    ) {
        let device = backend::from_env();
        let q = random([2, queries, d_head], seed, &device);
        let k = random([2, keys, d_head], seed ^ 1, &device);
        let sums = weights(scores(q, k)).sum_dim(2);
        let ones = Tensor::ones([2, queries, 1], &device);
        assert_close(&sums, &ones, backend::tolerance(&device, 1e-6));
    }

    #[test]
    fn entropy_lies_between_none_and_that_of_all_alike(
        seed: u64, keys in 1usize..9, spread in 0.0f32..40.0,
    ) {
        let device = backend::from_env();
        let weights = softmax(random([3, keys], seed, &device) * spread);
        let tolerance = backend::tolerance(&device, 1e-5);
        let most = (keys as f32).ln() + tolerance;
        for nats in entropy(weights).to_data().iter::<f32>() {
            prop_assert!((-tolerance..=most).contains(&nats), "{nats} nats of {keys} keys");
        }
    }

    #[test]
    fn permuting_the_tokens_permutes_the_outputs(seed: u64, tokens in 1usize..8) {
        let device = backend::from_env();
        let _seed = backend::seeded(&device, 7);
        let head = SelfAttentionConfig::new(6, 4).init(&device);
        let x = random([2, tokens, 6], seed, &device);
        let mut order: Vec<i64> = (0..tokens as i64).collect();
        order.shuffle(&mut StdRng::seed_from_u64(seed));
        let order = Tensor::<1, Int>::from_data(TensorData::new(order, [tokens]), &device);
        let permuted_first = head.forward(x.clone().select(1, order.clone()));
        let permuted_last = head.forward(x).select(1, order);
        assert_close(&permuted_first, &permuted_last, backend::tolerance(&device, 1e-5));
    }
}

#[test]
fn the_softmax_does_not_overflow() {
    let device = backend::from_env();
    let scores = Tensor::<2>::from_floats([[1000.0, 1000.0, -1000.0]], &device);
    let expected = Tensor::<2>::from_floats([[0.5, 0.5, 0.0]], &device);
    assert_close(&softmax(scores), &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn ranks_two_to_four_give_the_same_numbers() {
    let device = backend::from_env();
    let [q, k, v] = [1, 2, 3].map(|seed| random([5, 4], seed, &device));
    let flat = attend(weights(scores(q.clone(), k.clone())), v.clone());
    let lift = |x: &Tensor<2>| x.clone().unsqueeze::<4>();
    let deep = attend(weights(scores(lift(&q), lift(&k))), lift(&v));
    let middle = |x: Tensor<2>| x.unsqueeze::<3>();
    let batched = attend(weights(scores(middle(q), middle(k))), middle(v));
    let tolerance = backend::tolerance(&device, 1e-6);
    assert_close(&deep.reshape([5, 4]), &flat, tolerance);
    assert_close(&batched.reshape([5, 4]), &flat, tolerance);
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn values_must_be_as_many_as_keys() {
    let device = backend::from_env();
    attend(random([2, 3], 1, &device), random([2, 4], 2, &device));
}

#[test]
#[should_panic(expected = "d_model and d_head must be above 0, not 4 and 0")]
fn a_head_without_width_is_refused() {
    SelfAttentionConfig::new(4, 0).init(&backend::from_env());
}

#[test]
fn the_figures_show_what_they_claim() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let report = attention::demo::demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    let figure = |name: &str| report.figures().iter().find(|figure| figure.name == name).unwrap();
    the_scale_keeps_the_entropy(figure("08-entropy"));
    only_positions_tell_the_two_apart(figure("08-weights"));
    assert_eq!(report.text().matches("dog bites man").count(), 1);
}

fn the_scale_keeps_the_entropy(figure: &Figure) {
    let Marks::Lines(lines) = &figure.panels[0].marks else {
        panic!("the entropy is drawn as lines")
    };
    assert!(
        lines[0].points.iter().all(|&(_, nats)| (2.7..3.3).contains(&nats)),
        "{:?}",
        lines[0].points
    );
    let quadrupled = |widths: &[(f64, f64)]| widths[2].1 < widths[0].1;
    assert!(
        lines[1].points.windows(3).all(quadrupled),
        "falls with the width: {:?}",
        lines[1].points
    );
    assert!(lines[1].points.last().unwrap().1 < 0.5, "{:?}", lines[1].points);
}

fn only_positions_tell_the_two_apart(figure: &Figure) {
    let gap = |panel: usize| {
        let Marks::Heatmap { values, .. } = &figure.panels[panel].marks else {
            panic!("weights are a heatmap")
        };
        values[0].iter().zip(&values[3]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(gap(0) < 1e-6, "both rows of \"the\" are alike without positions: {}", gap(0));
    // The seeds 1 to 16 give 0.009 to 0.15.
    assert!(gap(1) > 1e-3, "and differ with them: {}", gap(1));
}

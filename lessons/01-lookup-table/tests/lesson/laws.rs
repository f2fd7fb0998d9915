//! What holds for every table, text and target.

use burn::tensor::{Int, Tensor, TensorData};
use lookup::{
    BigramConfig, TokenEmbeddingConfig, bigram_counts, bigram_entropy, cross_entropy, log_softmax,
    one_hot,
};
use proptest::prelude::*;

use crate::{numbers, values};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn a_lookup_is_bit_equal_to_one_hot_times_table(
        vocab in 1_usize..40, d_model in 1_usize..20, picks in prop::collection::vec(any::<u32>(), 1..12), seed in 0..99_u64
    ) {
        let device = backend::from_env();
        let seeded = backend::seeded(&device, seed);
        let table = TokenEmbeddingConfig::new(vocab, d_model).with_initializer_std(1.0).init(&device);
        drop(seeded);
        let ids: Vec<i64> = picks.iter().map(|&pick| i64::from(pick) % vocab as i64).collect();
        let tokens = ids.len();
        let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [tokens]), &device);
        let looked_up = table.forward(ids.clone().reshape([1, tokens]));
        let multiplied = one_hot(ids, vocab).matmul(table.weight.val());
        prop_assert_eq!(values(&looked_up), values(&multiplied));
    }

    #[test]
    fn only_rows_that_were_looked_up_learn_and_repeats_add_up(
        picks in prop::collection::vec(0_i64..7, 1..12), seed in 0..99_u64
    ) {
        let device = backend::from_env().autodiff();
        let seeded = backend::seeded(&device, seed);
        let table = TokenEmbeddingConfig::new(7, 3).init(&device);
        drop(seeded);
        let tokens = picks.len();
        let upstream = numbers::<3>([1, tokens, 3], seed, &device);
        let ids = Tensor::<2, Int>::from_data(TensorData::new(picks.clone(), [1, tokens]), &device);
        let gradients = (table.forward(ids) * upstream.clone()).sum().backward();
        let gradient = values(&table.weight.val().grad(&gradients).expect("the table was used"));
        let upstream = values(&upstream);
        let mut expected = [0.0; 7 * 3];
        for (token, &id) in picks.iter().enumerate() {
            (0..3).for_each(|axis| expected[id as usize * 3 + axis] += upstream[token * 3 + axis]);
        }
        for (row, (got, want)) in gradient.chunks(3).zip(expected.chunks(3)).enumerate() {
            if picks.contains(&(row as i64)) {
                prop_assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5), "row {row}: \
                    {got:?} {want:?}");
            } else {
                prop_assert!(got.iter().all(|&entry| entry == 0.0), "row {row} was not looked up: \
                    {got:?}");
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one_and_shift_nothing(seed in 0..99_u64, shift in -500_f32..500.0) {
        let device = backend::from_env();
        let logits = numbers::<2>([3, 9], seed, &device) * 20.0;
        let log_probabilities = log_softmax(logits.clone());
        let sums = values(&log_probabilities.clone().exp().sum_dim(1));
        prop_assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{sums:?}");
        let tolerance = backend::tolerance(&device, 1e-4); // f32 keeps 500 + x to 3e-5
        golden::assert_close(&log_softmax(logits + shift), &log_probabilities, tolerance);
    }

    #[test]
    fn the_counted_entropy_lies_between_zero_and_ln_vocab(ids in prop::collection::vec(0_u32..6, 2..200)) {
        let nats = bigram_entropy(&bigram_counts(&ids, 6));
        prop_assert!((0.0..=6_f64.ln() + 1e-12).contains(&nats), "{nats}");
    }
}

#[test]
fn huge_logits_stay_finite() {
    let device = backend::from_env();
    let logits = Tensor::<2>::from_floats([[-10000.0, 0.0, 10000.0]], &device);
    for (target, expected) in [(2, 0.0), (1, 10000.0), (0, 20000.0)] {
        let nats = cross_entropy(logits.clone(), Tensor::from_ints([target], &device));
        golden::assert_close(&nats, &Tensor::from_floats([expected], &device), 0.0);
    }
}

#[test]
fn an_untrained_table_is_all_but_uniform() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let model = BigramConfig::new(30).init(&device);
    let ids = Tensor::<2, Int>::from_data(TensorData::new((0..30_i64).collect(), [1, 30]), &device);
    let nats = model.loss(ids).into_scalar::<f64>();
    assert!((nats - 30_f64.ln()).abs() < 0.02, "{nats}");
}

#[test]
fn a_fresh_table_has_the_standard_deviation_asked_for() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let entries = values(&TokenEmbeddingConfig::new(100, 50).init(&device).weight.val());
    let mean = entries.iter().sum::<f64>() / 5000.0;
    let deviation = (entries.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 5000.0).sqrt();
    assert!(mean.abs() < 0.002 && (deviation - 0.02).abs() < 0.001, "{mean} {deviation}");
}

#[test]
#[should_panic(expected = "a table of 0 x 4 holds nothing")]
fn a_table_without_rows_is_refused() {
    TokenEmbeddingConfig::new(0, 4).init(&backend::from_env());
}

#[test]
#[should_panic(expected = "initializer_std must be 0 or more, found NaN")]
fn a_deviation_that_is_no_number_is_refused() {
    TokenEmbeddingConfig::new(4, 4).with_initializer_std(f64::NAN).init(&backend::from_env());
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn targets_must_match_the_rows_of_logits() {
    let device = backend::from_env();
    cross_entropy(Tensor::zeros([2, 5], &device), Tensor::from_ints([0, 1, 2], &device));
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn one_token_predicts_nothing() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    BigramConfig::new(3).init(&device).loss(Tensor::zeros([1, 1], &device));
}

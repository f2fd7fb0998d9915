//! From logits to one token.

use decoder::{Sampling, SamplingError};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Ten logits of no order.
const LOGITS: [f32; 10] = [2.4, -0.6, -1.4, 1.6, 1.4, -0.7, -1.2, -1.0, 0.6, 0.4];

fn sampling(temperature: f64, top_k: impl Into<Option<usize>>, top_p: f64) -> Sampling {
    Sampling::new(temperature, top_k.into(), top_p).unwrap()
}

/// The tokens that may be drawn, the likeliest first.
fn kept(sampling: Sampling, logits: &[f32]) -> Vec<u32> {
    let mut tokens = Vec::new();
    for (token, _) in sampling.candidates(logits) {
        tokens.push(token);
    }
    tokens
}

#[test]
fn filters_keep_and_weigh_the_tokens_that_pytorch_does() {
    let part = golden::part("sampling");
    let logits: Vec<f32> =
        part.tensor::<1>("logits", &backend::from_env()).into_data().iter().collect();
    let filters = part.at("filters").as_array().unwrap();
    assert!(!filters.is_empty());
    for (at, filter) in filters.iter().enumerate() {
        let top_k = filter["top_k"].as_u64().map(|k| k as usize);
        let mut found =
            sampling(1.0, top_k, filter["top_p"].as_f64().unwrap_or(1.0)).candidates(&logits);
        found.sort_by_key(|&(token, _)| token);
        let expected = filter["kept"].as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{filter}");
        for ((token, probability), id) in found.into_iter().zip(expected) {
            assert_eq!(Some(u64::from(token)), id.as_u64(), "{filter}");
            let recorded = part.number(&format!("filters/{at}/probabilities/{token}"));
            let off = (probability - recorded).abs() as f32;
            assert!(off <= part.tolerance(), "{filter}: token {token} off by {off:e}");
        }
    }
}

#[test]
fn a_top_k_above_the_vocabulary_keeps_all() {
    for top_k in [10, 11, usize::MAX] {
        assert_eq!(
            sampling(1.0, top_k, 1.0).candidates(&LOGITS),
            Sampling::default().candidates(&LOGITS)
        );
    }
    assert_eq!(Sampling::default().candidates(&LOGITS).len(), LOGITS.len());
}

#[test]
fn a_temperature_of_zero_takes_the_likeliest_token_and_small_ones_come_close() {
    assert_eq!(Sampling::GREEDY, sampling(0.0, None, 1.0));
    assert_eq!(Sampling::GREEDY.candidates(&LOGITS), [(0, 1.0)]);
    let mut before = 0.0;
    for temperature in [0.5, 0.1, 0.02] {
        let (token, probability) = sampling(temperature, None, 1.0).candidates(&LOGITS)[0];
        assert_eq!(token, 0);
        assert!(probability > before && probability <= 1.0, "{temperature}: {probability}");
        before = probability;
    }
    for smallest in [1e-3, 1e-300, f64::from_bits(1)] {
        assert_eq!(sampling(smallest, None, 1.0).candidates(&LOGITS)[0], (0, 1.0), "{smallest}");
    }
}

#[test]
fn a_high_temperature_makes_all_tokens_alike() {
    for (_, probability) in sampling(1e9, None, 1.0).candidates(&LOGITS) {
        // logits 4 apart are 4e-9 apart then
        assert!((probability - 0.1).abs() < 1e-6, "{probability}");
    }
}

#[test]
fn of_equally_likely_tokens_the_lowest_id_comes_first() {
    let logits = [0.5, 2.0, -1.0, 2.0, 2.0, 0.5];
    assert_eq!(kept(Sampling::GREEDY, &logits), [1]);
    assert_eq!(kept(sampling(1.0, 1, 1.0), &logits), [1]);
    assert_eq!(kept(sampling(1.0, 2, 1.0), &logits), [1, 3]);
    assert_eq!(kept(sampling(1.0, 4, 1.0), &logits), [1, 3, 4, 0]);
    assert_eq!(kept(sampling(1.0, None, 0.4), &logits), [1, 3]); // 0.29 each
    assert_eq!(kept(Sampling::default(), &[1.0; 4]), [0, 1, 2, 3]);
}

#[test]
fn a_seed_draws_the_same_tokens_again_and_another_seed_others() {
    assert_eq!(fifty_draws(3), fifty_draws(3));
    assert_ne!(fifty_draws(3), fifty_draws(4));
}

fn fifty_draws(seed: u64) -> Vec<u32> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut tokens = Vec::new();
    for _ in 0..50 {
        tokens.push(Sampling::default().draw(&LOGITS, &mut rng));
    }
    tokens
}

#[test]
fn tokens_are_drawn_as_often_as_their_probabilities_say() {
    const DRAWS: usize = 20_000;
    for sampling in [Sampling::default(), sampling(0.7, 5, 0.95), sampling(2.0, None, 0.8)] {
        let mut rng = StdRng::seed_from_u64(11);
        let mut counts = [0; LOGITS.len()];
        for _ in 0..DRAWS {
            counts[sampling.draw(&LOGITS, &mut rng) as usize] += 1;
        }
        let candidates = sampling.candidates(&LOGITS);
        let mut kept_draws = 0;
        for &(token, p) in &candidates {
            kept_draws += counts[token as usize];
            // A count of n draws has the standard deviation sqrt(n p (1 - p)); it is five of them
            // off once in a million.
            let (n, count) = (DRAWS as f64, f64::from(counts[token as usize]));
            let band = 5.0 * (n * p * (1.0 - p)).sqrt();
            assert!(
                (count - n * p).abs() <= band,
                "{sampling:?}: token {token} {count} times of {}",
                n * p
            );
        }
        assert_eq!(kept_draws as usize, DRAWS, "{sampling:?} drew what it does not keep");
    }
}

#[test]
fn invalid_sampling_settings_are_refused_in_one_line() {
    let (zero, all) = (Some(0), None);
    for (temperature, top_k, top_p, expected) in [
        (-0.5, all, 1.0, "temperature: expected a number of 0 or more, found -0.5"),
        (f64::NAN, all, 1.0, "temperature: expected a number of 0 or more, found NaN"),
        (f64::INFINITY, all, 1.0, "temperature: expected a number of 0 or more, found inf"),
        (1.0, zero, 1.0, "top-k: expected at least 1 token to draw from, found 0"),
        (1.0, all, 0.0, "top-p: expected a share above 0 and at most 1, found 0"),
        (1.0, all, -0.1, "top-p: expected a share above 0 and at most 1, found -0.1"),
        (1.0, all, 1.5, "top-p: expected a share above 0 and at most 1, found 1.5"),
        (1.0, all, f64::NAN, "top-p: expected a share above 0 and at most 1, found NaN"),
    ] {
        let error: SamplingError = Sampling::new(temperature, top_k, top_p).unwrap_err();
        let line = error.to_string();
        assert!(
            line.starts_with(expected) && line.contains("; ") && !line.contains('\n'),
            "{line}"
        );
    }
}

proptest! {
    /// Whatever is kept: it is the likeliest tokens in order, and their probabilities sum to 1.
    #[test]
    fn probabilities_sum_to_one_and_fall(
        logits in prop::collection::vec(-8f32..8.0, 1..40),
        temperature in 0f64..3.0,
        top_k in prop::option::of(1usize..50),
        top_p in 0.001f64..=1.0,
    ) {
        let candidates = sampling(temperature, top_k, top_p).candidates(&logits);
        let sum: f64 = candidates.iter().map(|(_, probability)| probability).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12, "{sum}"); // f64 sums of up to 40 numbers
        prop_assert!(candidates.len() <= top_k.unwrap_or(usize::MAX).min(logits.len()));
        prop_assert!(candidates.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        let (last, _) = candidates[candidates.len() - 1];
        let least = logits[last as usize];
        let above = logits.iter().filter(|&&logit| logit > least).count();
        prop_assert!(above < candidates.len(), "a likelier token was left out");
    }

    /// The fewest tokens whose share reaches top-p: with them it does, without the last it does
    /// not.
    #[test]
    fn the_nucleus_is_the_smallest_set_that_reaches_its_share(
        logits in prop::collection::vec(-8f32..8.0, 1..40),
        top_p in 0.001f64..0.999,
    ) {
        let all = Sampling::default().candidates(&logits);
        let kept = kept(sampling(1.0, None, top_p), &logits);
        let mut without_last = 0.0;
        for (_, probability) in &all[..kept.len() - 1] {
            without_last += probability;
        }
        let (_, last) = all[kept.len() - 1];
        prop_assert!(without_last + last > top_p - 1e-12);
        prop_assert!(without_last < top_p + 1e-12);
    }
}

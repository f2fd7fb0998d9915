//! Attention of all heads that is trained through.

use burn::tensor::{Bool, Tensor, TensorData, activation};
use golden::assert_data_close;
use kernels::dropout::{Dropout, with_seed};
use kernels::trained_attention::{attention, computes};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::random;

/// Which keys are hidden from which queries.
#[derive(Debug, Clone, Copy)]
enum Mask {
    None,
    Causal,
    /// The last keys of each text, all of one text's.
    Padding,
    /// Any key of any query of any head, all of some queries'.
    Holes,
}

/// A mask for `[batch, heads, tokens, tokens]` scores.
fn mask(kind: Mask, [batch, heads, tokens]: [usize; 3]) -> Option<Tensor<4, Bool>> {
    let device = backend::from_env();
    let mut rng = StdRng::seed_from_u64(9);
    let mut flags = Vec::new();
    let sizes = match kind {
        Mask::None => return None,
        Mask::Causal => {
            for place in 0..tokens * tokens {
                flags.push(place % tokens > place / tokens);
            }
            [1, 1, tokens, tokens]
        }
        Mask::Padding => {
            for place in 0..batch * tokens {
                flags.push(place % tokens >= tokens - tokens.min(place / tokens));
            }
            [batch, 1, 1, tokens]
        }
        Mask::Holes => {
            for row in 0..batch * heads * tokens {
                for _ in 0..tokens {
                    flags.push(row % 5 == 3 || rng.random_bool(0.4));
                }
            }
            [batch, heads, tokens, tokens]
        }
    };
    Some(Tensor::from_data(TensorData::new(flags, sizes), &device))
}

/// The same as lesson 09 spells it out.
fn spelt_out(
    all: Tensor<3>,
    heads: usize,
    mask: Option<Tensor<4, Bool>>,
    dropout: &Dropout,
) -> Tensor<3> {
    let [batch, tokens, width] = all.dims();
    let d_head = width / (3 * heads);
    let all = all.reshape([batch, tokens, 3 * heads, d_head]).swap_dims(1, 2);
    let [q, k, v] = [0, 1, 2].map(|part| all.clone().narrow(1, part * heads, heads));
    let mut scores = q.matmul(k.transpose()) / (d_head as f64).sqrt();
    let mut sees_nothing = None;
    if let Some(mask) = mask {
        sees_nothing = Some(mask.clone().all_dim(3));
        scores = scores.mask_fill(mask, f32::MIN);
    }
    let mut shares = activation::softmax(scores, 3);
    if let Some(nothing) = sees_nothing {
        shares = shares.mask_fill(nothing, 0.0);
    }
    let heads = dropout.forward(shares).matmul(v);
    heads.swap_dims(1, 2).reshape([batch, tokens, width / 3])
}

/// An attention.
type Attention = fn(Tensor<3>, usize, Option<Tensor<4, Bool>>, &Dropout) -> Tensor<3>;

/// What an attention computes from these numbers, and the gradient of a random sum over it.
fn outcome(
    attention: Attention,
    all: &Tensor<3>,
    heads: usize,
    mask: Option<Tensor<4, Bool>>,
    dropped: f64,
) -> [TensorData; 2] {
    let all = all.clone().detach().require_grad();
    let dropout = Dropout::new(dropped);
    let out = with_seed(Some(3), || attention(all.clone(), heads, mask, &dropout));
    let weights = random(out.dims(), 5, &all.device());
    let gradients = (out.clone() * weights).sum().backward();
    [out.to_data(), all.grad(&gradients).expect("it was used").to_data()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(80)))]

    #[test]
    fn attention_of_any_shape_is_the_one_spelt_out_gradient_included(
        batch in 1_usize..4,
        tokens in 1_usize..75,
        heads in 1_usize..4,
        d_head in 1_usize..40,
        kind in prop::sample::select(vec![Mask::None, Mask::Causal, Mask::Padding, Mask::Holes]),
        drops: bool,
    ) {
        let device = backend::from_env().autodiff();
        let all = random([batch, tokens, 3 * heads * d_head], 1, &device) * 0.7;
        let dropped = if drops { 0.3 } else { 0.0 };
        if !with_seed(Some(3), || computes(&all, &Dropout::new(dropped))) {
            return Ok(()); // the device has no attention of its own
        }
        let mask = mask(kind, [batch, heads, tokens]);
        let found = outcome(attention, &all, heads, mask.clone(), dropped);
        let expected = outcome(spelt_out, &all, heads, mask, dropped);
        let tolerance = backend::tolerance(&device, 1e-4);
        assert_data_close("value", &found[0], &expected[0], tolerance);
        assert_data_close("gradient", &found[1], &expected[1], tolerance);
    }
}

/// Attention of one causal head in f64.
fn in_f64(all: &[f64], tokens: usize, d_head: usize) -> Vec<f64> {
    let part = |token: usize, part: usize| &all[(3 * token + part) * d_head..][..d_head];
    let mut out = Vec::new();
    for query in 0..tokens {
        let mut exponentials = Vec::new();
        for key in 0..=query {
            let mut product = 0.0;
            for (a, b) in part(query, 0).iter().zip(part(key, 1)) {
                product += a * b;
            }
            exponentials.push((product / (d_head as f64).sqrt()).exp());
        }
        let total: f64 = exponentials.iter().sum();
        for place in 0..d_head {
            let mut mean = 0.0;
            for (key, share) in exponentials.iter().enumerate() {
                mean += share / total * part(key, 2)[place];
            }
            out.push(mean);
        }
    }
    out
}

#[test]
fn value_and_gradient_are_those_of_f64_by_finite_differences() {
    let (tokens, d_head) = (11, 5);
    let device = backend::from_env().autodiff();
    let all = random([1, tokens, 3 * d_head], 1, &device);
    if !computes(&all, &Dropout::new(0.0)) {
        return;
    }
    let causal = mask(Mask::Causal, [1, 1, tokens]);
    let [out, gradient] = outcome(attention, &all, 1, causal, 0.0);
    let weights: Vec<f64> = random([1, tokens, d_head], 5, &device).into_data().iter().collect();
    let mut numbers: Vec<f64> = all.into_data().iter().collect();
    let expected = in_f64(&numbers, tokens, d_head);
    for (found, expected) in out.iter::<f64>().zip(&expected) {
        assert!((found - expected).abs() < 2e-6, "expected {expected}, found {found}");
    }
    let sum = |numbers: &[f64]| {
        let mut sum = 0.0;
        for (number, weight) in in_f64(numbers, tokens, d_head).iter().zip(&weights) {
            sum += number * weight;
        }
        sum
    };
    for (place, found) in gradient.iter::<f64>().enumerate() {
        let number = numbers[place];
        numbers[place] = number + 1e-5;
        let above = sum(&numbers);
        numbers[place] = number - 1e-5;
        let below = sum(&numbers);
        numbers[place] = number;
        let expected = (above - below) / 2e-5;
        assert!((found - expected).abs() < 2e-5, "expected {expected}, found {found}");
    }
}

#[test]
fn nan_in_a_text_spoils_no_other_text() {
    let device = backend::from_env().autodiff();
    let mut numbers = vec![0.5; 2 * 9 * 6];
    numbers[60] = f32::NAN;
    let all = Tensor::from_data(TensorData::new(numbers, [2, 9, 6]), &device);
    if !computes(&all, &Dropout::new(0.0)) {
        return;
    }
    let [out, gradient] = outcome(attention, &all, 2, None, 0.0);
    for (numbers, per_text) in [(out, 9 * 2), (gradient, 9 * 6)] {
        let spoilt: Vec<bool> = numbers.iter::<f32>().map(f32::is_nan).collect();
        assert!(!spoilt[..per_text].contains(&true) && spoilt[per_text..].contains(&true));
    }
}

#[test]
fn dropout_by_burns_generator_is_left_to_the_one_spelt_out() {
    let device = backend::from_env().autodiff();
    let all = random([1, 3, 6], 1, &device);
    assert!(!computes(&all, &Dropout::new(0.5)));
}

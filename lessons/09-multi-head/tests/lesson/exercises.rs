//! What a learner writes here, checked: `cargo learn open 09.1`.

use burn::module::Param;
use burn::tensor::{Bool, Device, Tensor, TensorData};
use exercise::{Exercise, Probe, mistakes, refused};
use heads::{
    KeyValueCache, MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig, causal_mask,
    masked_weights, merge_heads, padding_mask, share_heads, split_heads,
};
use positions::RopeConfig;
use rand::RngExt;
use rand::rngs::StdRng;

use crate::{numbers, random};

#[path = "mistakes/09.1.rs"]
mod mistakes_09_1;
#[path = "mistakes/09.2.rs"]
mod mistakes_09_2;
#[path = "mistakes/09.3.rs"]
mod mistakes_09_3;
#[path = "mistakes/09.4.rs"]
mod mistakes_09_4;
#[path = "mistakes/09.5.rs"]
mod mistakes_09_5;
#[path = "mistakes/09.6.rs"]
mod mistakes_09_6;
#[path = "mistakes/09.7.rs"]
mod mistakes_09_7;
#[path = "mistakes/09.8.rs"]
mod mistakes_09_8;

type Split = fn(Tensor<3>, usize) -> Tensor<4>;
type Merge = fn(Tensor<4>) -> Tensor<3>;
type Mask = Tensor<4, Bool>;
type Padding = fn(&[usize], usize, &Device) -> Mask;
type Causal = fn(usize, usize, &Device) -> Mask;
type Masked = fn(Tensor<4>, Option<Mask>) -> Tensor<4>;
type Heads = fn(
    &MultiHeadAttention,
    Tensor<4>,
    Tensor<4>,
    Tensor<4>,
    Option<Mask>,
) -> (Tensor<4>, Tensor<4>);
type Cached = fn(&MultiHeadAttention, Tensor<3>, Option<Mask>, &mut KeyValueCache) -> Tensor<3>;
type Share = fn(Tensor<4>, usize) -> Tensor<4>;

/// Six tokens of two numbers.
const TOKENS: [[f32; 2]; 6] =
    [[1.0, 0.5], [-0.5, 2.0], [1.5, -1.0], [0.0, 1.0], [2.0, 0.25], [-1.0, -0.75]];

#[test]
fn exercise_09_1() {
    split_heads_09_1().check();
}

#[test]
fn exercise_09_2() {
    merge_heads_09_2().check();
}

#[test]
fn exercise_09_3() {
    padding_mask_09_3().check();
}

#[test]
fn exercise_09_4() {
    causal_mask_09_4().check();
}

#[test]
fn exercise_09_5() {
    masked_weights_09_5().check();
}

#[test]
fn exercise_09_6() {
    heads_09_6().check();
}

#[test]
fn exercise_09_7() {
    forward_cached_09_7().check();
}

#[test]
fn exercise_09_8() {
    share_heads_09_8().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    split_heads_09_1().tell_mistakes_apart();
    merge_heads_09_2().tell_mistakes_apart();
    padding_mask_09_3().tell_mistakes_apart();
    causal_mask_09_4().tell_mistakes_apart();
    masked_weights_09_5().tell_mistakes_apart();
    heads_09_6().tell_mistakes_apart();
    forward_cached_09_7().tell_mistakes_apart();
    share_heads_09_8().tell_mistakes_apart();
}

fn split_heads_09_1() -> Exercise<Split> {
    let exercise = Exercise::new("09.1", "split_heads", split_heads as Split)
        .probe(
            "x = 0 to 23 as [1, 3, 8], heads = 2",
            |split: Split| split(counted([1, 3, 8]), 2),
            TensorData::new(
                vec![
                    0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, // head 1
                    4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, // head 2
                ],
                [1, 2, 3, 4],
            ),
        )
        .probe(
            "x = 0 to 11 as [1, 3, 4], heads = 3",
            |split: Split| refused(|| split(counted([1, 3, 4]), 3)),
            "refused",
        )
        .random(random_split);
    mistakes!(
        exercise,
        mistakes_09_1: a_reshape_alone,
        cut_and_not_swapped,
        numbers_dealt_out_to_the_heads_in_turn,
        swapped_before_it_is_cut,
        what_the_heads_do_not_divide_dropped,
    )
}

/// Where each number goes, by its text, head, token and place in the head.
fn random_split(rng: &mut StdRng) -> Probe<Split> {
    let [batch, tokens, heads, d_head] = sizes(rng);
    let x = random::<3>([batch, tokens, heads * d_head], rng.random(), &cpu());
    let numbers = numbers(&x);
    let mut expected = Vec::new();
    for text in 0..batch {
        for head in 0..heads {
            for token in 0..tokens {
                let first = ((text * tokens + token) * heads + head) * d_head;
                expected.extend_from_slice(&numbers[first..first + d_head]);
            }
        }
    }
    let given = format!("{batch} texts of {tokens} tokens, {heads} heads of {d_head} numbers");
    let expected = TensorData::new(expected, [batch, heads, tokens, d_head]);
    Probe::new(given, move |split: Split| split(x.clone(), heads), expected)
}

fn merge_heads_09_2() -> Exercise<Merge> {
    let exercise = Exercise::new("09.2", "merge_heads", merge_heads as Merge)
        .probe(
            "x = 0 to 23 as [1, 2, 3, 4]",
            |merge: Merge| merge(counted([1, 2, 3, 4])),
            vec![vec![
                vec![0, 1, 2, 3, 12, 13, 14, 15],
                vec![4, 5, 6, 7, 16, 17, 18, 19],
                vec![8, 9, 10, 11, 20, 21, 22, 23],
            ]],
        )
        .random(random_merge);
    mistakes!(
        exercise,
        mistakes_09_2: merged_without_swapping_back,
        one_number_of_each_head_in_turn,
        heads_added_up,
        the_mean_of_the_heads,
        heads_one_below_the_other_as_more_tokens,
        heads_swapped_with_the_numbers,
    )
}

fn random_merge(rng: &mut StdRng) -> Probe<Merge> {
    let [batch, tokens, heads, d_head] = sizes(rng);
    let x = random::<4>([batch, heads, tokens, d_head], rng.random(), &cpu());
    let numbers = numbers(&x);
    let mut expected = Vec::new();
    for text in 0..batch {
        for token in 0..tokens {
            for head in 0..heads {
                let first = ((text * heads + head) * tokens + token) * d_head;
                expected.extend_from_slice(&numbers[first..first + d_head]);
            }
        }
    }
    let given = format!("{batch} texts of {tokens} tokens, {heads} heads of {d_head} numbers");
    let expected = TensorData::new(expected, [batch, tokens, heads * d_head]);
    Probe::new(given, move |merge: Merge| merge(x.clone()), expected)
}

fn padding_mask_09_3() -> Exercise<Padding> {
    let exercise = Exercise::new("09.3", "padding_mask", padding_mask as Padding)
        .probe(
            "lengths = [3, 5, 1], tokens = 5",
            |mask: Padding| mask(&[3, 5, 1], 5, &cpu()),
            TensorData::new(vec![0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], [3, 1, 1, 5]),
        )
        .probe(
            "lengths = [0, 2], tokens = 3",
            |mask: Padding| mask(&[0, 2], 3, &cpu()),
            TensorData::new(vec![1, 1, 1, 0, 0, 1], [2, 1, 1, 3]),
        )
        .probe(
            "lengths = [2, 5], tokens = 4",
            |mask: Padding| refused(|| mask(&[2, 5], 4, &cpu())),
            "refused",
        )
        .random(random_padding);
    mistakes!(
        exercise,
        mistakes_09_3: the_other_polarity,
        nothing_hidden,
        the_first_token_of_padding_seen,
        the_last_token_of_the_text_hidden,
        padding_on_the_left,
        queries_hidden_and_not_keys,
        a_text_that_does_not_fit_let_through,
    )
}

fn random_padding(rng: &mut StdRng) -> Probe<Padding> {
    let (batch, tokens) = (rng.random_range(1..5), rng.random_range(1..7));
    let (mut lengths, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..batch {
        let length = rng.random_range(0..=tokens);
        lengths.push(length);
        expected.extend(vec![0; length]);
        expected.extend(vec![1; tokens - length]);
    }
    let given = format!("lengths = {lengths:?}, tokens = {tokens}");
    let expected = TensorData::new(expected, [batch, 1, 1, tokens]);
    Probe::new(given, move |mask: Padding| mask(&lengths, tokens, &cpu()), expected)
}

fn causal_mask_09_4() -> Exercise<Causal> {
    let exercise = Exercise::new("09.4", "causal_mask", causal_mask as Causal)
        .probe(
            "queries = 3, keys = 3",
            |mask: Causal| mask(3, 3, &cpu()),
            TensorData::new(vec![0, 1, 1, 0, 0, 1, 0, 0, 0], [1, 1, 3, 3]),
        )
        .probe(
            "queries = 2, keys = 5",
            |mask: Causal| mask(2, 5, &cpu()),
            TensorData::new(vec![0, 0, 0, 0, 1, 0, 0, 0, 0, 0], [1, 1, 2, 5]),
        )
        .probe("queries = 4, keys = 3", |mask: Causal| refused(|| mask(4, 3, &cpu())), "refused")
        .random(random_causal);
    mistakes!(
        exercise,
        mistakes_09_4: counted_from_the_first_key,
        the_other_polarity,
        the_token_itself_hidden_too,
        the_next_token_seen,
        the_past_hidden,
        more_queries_than_keys_let_through,
    )
}

fn random_causal(rng: &mut StdRng) -> Probe<Causal> {
    let (queries, cached) = (rng.random_range(1..6), rng.random_range(0..4));
    let keys = cached + queries;
    let mut expected = Vec::new();
    for query in 0..queries {
        for key in 0..keys {
            expected.push(i32::from(key > cached + query));
        }
    }
    let expected = TensorData::new(expected, [1, 1, queries, keys]);
    let given = format!("queries = {queries}, keys = {keys}");
    Probe::new(given, move |mask: Causal| mask(queries, keys, &cpu()), expected)
}

fn masked_weights_09_5() -> Exercise<Masked> {
    let [no, yes] = [false, true];
    let exercise = Exercise::new("09.5", "masked_weights", masked_weights as Masked)
        .probe(
            "scores = [[[[2, 1, 0]], [[0, 5, 3]]]], one mask for both heads: the middle is hidden",
            move |weights: Masked| {
                let scores = Tensor::from_floats([[[[2.0, 1.0, 0.0]], [[0.0, 5.0, 3.0]]]], &cpu());
                weights(scores, Some(mask([[no, yes, no]])))
            },
            TensorData::new(
                vec![0.880_797_08, 0.0, 0.119_202_92, 0.047_425_87, 0.0, 0.952_574_13],
                [1, 2, 1, 3],
            ),
        )
        .probe(
            "scores = [[[[2, 1, 0]]]], all hidden",
            move |weights: Masked| weights(row([2.0, 1.0, 0.0]), Some(mask([[yes; 3]]))),
            TensorData::new(vec![0; 3], [1, 1, 1, 3]),
        )
        .probe(
            "scores = [[[[-20000, 5, -20001]]]], the middle is hidden",
            move |weights: Masked| {
                weights(row([-20_000.0, 5.0, -20_001.0]), Some(mask([[no, yes, no]])))
            },
            TensorData::new(vec![0.731_058_58, 0.0, 0.268_941_42], [1, 1, 1, 3]),
        )
        .probe(
            "scores = [[[[2, 1, 0]]]], no mask",
            |weights: Masked| weights(row([2.0, 1.0, 0.0]), None),
            TensorData::new(vec![0.665_240_96, 0.244_728_47, 0.090_030_57], [1, 1, 1, 3]),
        )
        .probe(
            "scores = [[[[2, 1, 0], [3, 4, 6]]]], the middle of the first row is hidden\n\
             and all of the second: the gradient of the sum of the squared weights",
            move |weights: Masked| gradient(weights, mask([[no, yes, no], [yes; 3]])),
            TensorData::new(vec![0.159_925_0, 0.0, -0.159_925_0, 0.0, 0.0, 0.0], [1, 1, 2, 3]),
        )
        .random(random_masked);
    mistakes!(
        exercise,
        mistakes_09_5: zeroed_after_the_softmax,
        the_hidden_scores_set_to_0,
        the_other_polarity,
        minus_infinity_as_the_hidden_score,
        minus_infinity_added_to_the_hidden_scores,
        equal_shares_where_everything_is_hidden,
        a_mere_minus_10000_as_the_hidden_score,
        a_mere_minus_10000_and_what_is_hidden_zeroed_afterwards,
        the_mask_forgotten,
    )
}

/// The gradient of two rows of scores when the sum of the squared weights is to grow.
fn gradient(weights: Masked, mask: Mask) -> Tensor<4> {
    let training = cpu().autodiff();
    let scores = Tensor::<4>::from_floats([[[[2.0, 1.0, 0.0], [3.0, 4.0, 6.0]]]], &training);
    let scores = scores.require_grad();
    let weights = weights(scores.clone(), Some(mask.autodiff()));
    let gradients = weights.square().sum().backward();
    scores.grad(&gradients).expect("the scores were used")
}

/// Random scores of one to three texts and heads under a mask with holes at random, as large as the
/// scores or stretched over heads and texts, against plain loops.
fn random_masked(rng: &mut StdRng) -> Probe<Masked> {
    let [batch, heads, queries, keys] = sizes(rng);
    let texts = if rng.random_bool(0.5) { batch } else { 1 };
    let scores = random::<4>([batch, heads, queries, keys], rng.random(), &cpu()) * 3.0;
    let mut hidden = Vec::new();
    for _ in 0..texts * queries * keys {
        hidden.push(rng.random_bool(0.4));
    }
    let mut expected = Vec::new();
    for (at, scores) in numbers(&scores).chunks(keys).enumerate() {
        let (text, query) = (at / (heads * queries) % texts, at % queries);
        let row = (text * queries + query) * keys;
        expected.extend(shares(scores, &hidden[row..row + keys]));
    }
    let expected = TensorData::new(expected, [batch, heads, queries, keys]);
    let hidden = TensorData::new(hidden, [texts, 1, queries, keys]);
    let given = format!(
        "random scores [{batch}, {heads}, {queries}, {keys}] and a random mask \
         [{texts}, 1, {queries}, {keys}]"
    );
    let ask = move |weights: Masked| {
        weights(scores.clone(), Some(Tensor::from_data(hidden.clone(), &cpu())))
    };
    Probe::new(given, ask, expected)
}

/// The softmax of the scores that are not hidden, and 0 for the others.
fn shares(scores: &[f32], hidden: &[bool]) -> Vec<f64> {
    let mut exponentials = Vec::new();
    let mut sum = 0.0;
    for (&score, &hidden) in scores.iter().zip(hidden) {
        let exponential = if hidden { 0.0 } else { f64::from(score).exp() };
        exponentials.push(exponential);
        sum += exponential;
    }
    for exponential in &mut exponentials {
        if sum > 0.0 {
            *exponential /= sum;
        }
    }
    exponentials
}

fn heads_09_6() -> Exercise<Heads> {
    let exercise =
        Exercise::new("09.6", "MultiHeadAttention::heads", MultiHeadAttention::heads as Heads)
            .probe(
                format!("{TWO_HEADS}\nno mask"),
                |heads: Heads| {
                    let [q, k, v] = two_heads_on_one();
                    heads(&layer(2, 1, PositionsConfig::None), q, k, v, None)
                },
                seen(&two_heads_on_one(), &[0.0; 2], &[false; 6]),
            )
            .probe(
                format!("{TWO_HEADS}\nthe last key is hidden from the first query"),
                |heads: Heads| {
                    let [q, k, v] = two_heads_on_one();
                    heads(&layer(2, 1, PositionsConfig::None), q, k, v, Some(mask(FIRST_CAUSAL)))
                },
                seen(&two_heads_on_one(), &[0.0; 2], FIRST_CAUSAL.as_flattened()),
            )
            .probe(
                format!("{TWO_HEADS}\nthe same mask, and ALiBi with the slopes 1/16 and 1/256"),
                |heads: Heads| {
                    let [q, k, v] = two_heads_on_one();
                    heads(&layer(2, 1, PositionsConfig::Alibi), q, k, v, Some(mask(FIRST_CAUSAL)))
                },
                seen(&two_heads_on_one(), &[1.0 / 16.0, 1.0 / 256.0], FIRST_CAUSAL.as_flattened()),
            )
            .probe(
                "16 random queries of each of 2 heads on 16 random keys, d_head = 4\n\
                 in training, every value is 1, dropout throws half of the weights away:\n\
                 what are the weights, and which four numbers does a query see?",
                with_dropout,
                ("as without dropout", "one number, four times"),
            )
            .random(random_heads);
    mistakes!(
        exercise,
        mistakes_09_6: the_mask_forgotten,
        the_mask_laid_over_the_weights_and_not_over_the_scores,
        alibi_forgotten,
        alibi_added_to_the_weights_and_not_to_the_scores,
        scaled_twice,
        softmax_of_the_weights_once_more,
        keys_and_values_exchanged,
        the_weights_given_back_after_dropout,
        dropout_forgotten,
        dropout_on_what_was_mixed_and_not_on_the_weights,
        dropout_on_the_values_and_not_on_the_weights,
        dropout_before_the_softmax_and_not_on_the_weights,
    )
}

/// What [`two_heads_on_one`] holds.
const TWO_HEADS: &str = "q  head 1: (1, 0, 2, 0)  (0, 1, 0, 1)\n   \
                         head 2: (2, 1, 0, 0)  (0, 0, 1, 3)\n\
                         k  (1, 2, 0, 1)  (0, 1, 1, 0)  (2, 0, 0, 1)\n\
                         v  (12, 0, 3, 1)  (0, 24, 6, 2)  (6, 6, 0, 5)";

/// Two queries, the last of three tokens: the first does not see the last key.
const FIRST_CAUSAL: [[bool; 3]; 2] = [[false, false, true], [false, false, false]];

/// Queries of two heads, and the keys and values that they share.
fn two_heads_on_one() -> [Tensor<4>; 3] {
    let q = [
        [[1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 1.0]],
        [[2.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 3.0]],
    ];
    let k = [[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [2.0, 0.0, 0.0, 1.0]];
    let v = [[12.0, 0.0, 3.0, 1.0], [0.0, 24.0, 6.0, 2.0], [6.0, 6.0, 0.0, 5.0]];
    [
        Tensor::from_floats([q], &cpu()),
        Tensor::from_floats([[k]], &cpu()),
        Tensor::from_floats([[v]], &cpu()),
    ]
}

/// A layer of heads of four numbers, whose projections do not matter.
fn layer(n_heads: usize, n_kv_heads: usize, positions: PositionsConfig) -> MultiHeadAttention {
    let config = MultiHeadAttentionConfig::new(4 * n_heads, n_heads);
    config.with_n_kv_heads(Some(n_kv_heads)).with_positions(positions).init(&cpu())
}

/// What the weights are in training, and what a query sees where every value is 1 and half of
/// something is thrown away. A weight weighs all numbers of a value alike, so a query sees one number
/// four times: with so many queries and keys, nothing else does that by chance.
fn with_dropout(heads: Heads) -> (&'static str, &'static str) {
    const TOKENS: usize = 16;
    let q = random::<4>([1, 2, TOKENS, 4], 0, &cpu());
    let k = random::<4>([1, 1, TOKENS, 4], 1, &cpu());
    let v = k.ones_like();
    let of_use = [q.clone(), k.clone(), v.clone()];
    let (_, of_use) = seen(&of_use, &[0.0; 2], &[false; TOKENS * TOKENS]);
    let layer = MultiHeadAttentionConfig::new(8, 2).with_n_kv_heads(Some(1)).with_dropout(0.5);
    let layer = layer.init(&cpu().autodiff());
    let (seen, weights) = heads(&layer, q.autodiff(), k.autodiff(), v.autodiff(), None);
    let weights = weights.inner();
    let unlike = weights.clone() - Tensor::from_data(of_use, &cpu());
    let given_back = if all_near(&unlike, &[0.0]) {
        "as without dropout"
    } else if all_near(&weights.sum_dim(3), &[1.0]) {
        "others, and every row sums to 1"
    } else {
        "others, and some row does not sum to 1"
    };
    let seen = seen.inner();
    let unlike = seen.clone() - seen.clone().narrow(3, 0, 1);
    let four = if all_near(&seen, &[1.0]) {
        "1 and nothing else"
    } else if all_near(&unlike, &[0.0]) {
        "one number, four times"
    } else if all_near(&seen, &[0.0, 2.0]) {
        "each is 0 or 2"
    } else {
        "several numbers"
    };
    (given_back, four)
}

/// Whether every number is one of `these`, but for rounding.
fn all_near(x: &Tensor<4>, these: &[f32]) -> bool {
    numbers(x).iter().all(|number| these.iter().any(|this| (number - this).abs() < 1e-3))
}

/// One to three texts, one, two or four query heads for each of one or two key/value heads, causal
/// with holes at random, with ALiBi or without, against plain loops. (At powers of two ALiBi's
/// slopes follow one rule.)
fn random_heads(rng: &mut StdRng) -> Probe<Heads> {
    let [batch, queries, cached] = [(); 3].map(|()| rng.random_range(1..4));
    let (n_kv_heads, group) = (rng.random_range(1..3), 1 << rng.random_range(0..3));
    let (n_heads, keys) = (n_kv_heads * group, cached + queries);
    let alibi = rng.random_bool(0.5);
    let mut slopes = vec![0.0; n_heads];
    if alibi {
        for (head, slope) in slopes.iter_mut().enumerate() {
            *slope = (-8.0 * (head + 1) as f64 / n_heads as f64).exp2();
        }
    }
    let mut hidden = Vec::new();
    for query in 0..queries {
        for key in 0..keys {
            hidden.push(key > cached + query || rng.random_bool(0.3));
        }
    }
    let qkv = [(n_heads, queries), (n_kv_heads, keys), (n_kv_heads, keys)]
        .map(|(heads, tokens)| random::<4>([batch, heads, tokens, 4], rng.random(), &cpu()));
    let expected = seen(&qkv, &slopes, &hidden);
    let hidden = TensorData::new(hidden, [1, 1, queries, keys]);
    let ask = move |heads: Heads| {
        let positions = if alibi { PositionsConfig::Alibi } else { PositionsConfig::None };
        let [q, k, v] = qkv.clone();
        let mask = Tensor::from_data(hidden.clone(), &cpu());
        heads(&layer(n_heads, n_kv_heads, positions), q, k, v, Some(mask))
    };
    let given = format!(
        "{batch} random texts, {n_heads} heads on {n_kv_heads}, {queries} queries, {keys} keys{}",
        if alibi { ", ALiBi" } else { "" }
    );
    Probe::new(given, ask, expected)
}

/// What every query of every head sees of [q, k, v], and its weights, in plain loops. The mask is
/// `[queries, keys]`, flat; a slope of 0 is no ALiBi.
fn seen(qkv: &[Tensor<4>; 3], slopes: &[f64], hidden: &[bool]) -> (TensorData, TensorData) {
    let [batch, n_heads, queries, d_head] = qkv[0].dims();
    let [_, n_kv_heads, keys, _] = qkv[1].dims();
    let [q, k, v] = [0, 1, 2].map(|part| numbers(&qkv[part]));
    let (mut outputs, mut weights) = (Vec::new(), Vec::new());
    for text in 0..batch {
        for (head, &slope) in slopes.iter().enumerate() {
            let shared = text * n_kv_heads + head / (n_heads / n_kv_heads);
            for query in 0..queries {
                let asks = ((text * n_heads + head) * queries + query) * d_head;
                let place = keys - queries + query;
                let mut scores = Vec::new();
                for key in 0..keys {
                    let mut dot = 0.0;
                    for i in 0..d_head {
                        dot += q[asks + i] * k[(shared * keys + key) * d_head + i];
                    }
                    let distance = key as f32 - place as f32;
                    scores.push(dot / (d_head as f32).sqrt() + slope as f32 * distance);
                }
                let shares = shares(&scores, &hidden[query * keys..(query + 1) * keys]);
                for i in 0..d_head {
                    let mut mixed = 0.0;
                    for (key, share) in shares.iter().enumerate() {
                        mixed += share * f64::from(v[(shared * keys + key) * d_head + i]);
                    }
                    outputs.push(mixed);
                }
                weights.extend(shares);
            }
        }
    }
    let outputs = TensorData::new(outputs, [batch, n_heads, queries, d_head]);
    (outputs, TensorData::new(weights, [batch, n_heads, queries, keys]))
}

fn forward_cached_09_7() -> Exercise<Cached> {
    let yours = MultiHeadAttention::forward_cached as Cached;
    let exercise = Exercise::new("09.7", "MultiHeadAttention::forward_cached", yours)
        .probe(
            format!("{ONE_HEAD}\n1 of the tokens, then 3, then 2, each under a causal mask"),
            |cached: Cached| in_chunks(cached, &[1, 3, 2], true),
            (one_head_sees(&[1, 3, 2], true), 6),
        )
        .probe(
            format!("{ONE_HEAD}\n2 of the tokens, then 1, then 1, without a mask"),
            |cached: Cached| in_chunks(cached, &[2, 1, 1], false),
            (one_head_sees(&[2, 1, 1], false), 4),
        )
        .random(random_chunks);
    mistakes!(
        exercise,
        mistakes_09_7: every_chunk_begins_at_position_0,
        positions_counted_with_the_new_tokens,
        nothing_put_into_the_cache,
        new_tokens_see_only_each_other,
        put_into_the_cache_twice,
        keys_and_values_exchanged,
        the_mask_forgotten,
        the_output_not_projected,
    )
}

/// What [`one_head`] and [`TOKENS`] hold.
const ONE_HEAD: &str = "one head with RoPE; query and value are the token, a key is half of it;\n\
                        W_o makes (2b, a) of (a, b)\n\
                        x = (1, 0.5)  (-0.5, 2)  (1.5, -1)  (0, 1)  (2, 0.25)  (-1, -0.75)\n\
                        all outputs, and the length of the cache at the end";

/// A layer with one head of two numbers that RoPE turns by one radian per position. Keys are half
/// of the token, so that they are not the values; the output is exchanged and its first number
/// doubled.
fn one_head() -> MultiHeadAttention {
    let rope = PositionsConfig::Rope(RopeConfig::new(2));
    let config = MultiHeadAttentionConfig::new(2, 1).with_bias(false).with_positions(rope);
    let mut layer = config.init(&cpu());
    let projection = [[1.0, 0.0, 0.5, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.5, 0.0, 1.0]];
    layer.projection.weight = Param::from_tensor(Tensor::from_floats(projection, &cpu()));
    let output = [[0.0, 1.0], [2.0, 0.0]];
    layer.output.weight = Param::from_tensor(Tensor::from_floats(output, &cpu()));
    layer
}

/// What comes out for the first of [`TOKENS`] in chunks of these sizes, and the cache's length
/// after them.
fn in_chunks(cached: Cached, chunks: &[usize], causal: bool) -> (Tensor<3>, usize) {
    let layer = one_head();
    let mut cache = KeyValueCache::new(2 * TOKENS.len());
    let mut outputs = Vec::new();
    let mut first = 0;
    for &tokens in chunks {
        let x = Tensor::<3>::from_floats([TOKENS], &cpu()).narrow(1, first, tokens);
        let keys = first + tokens;
        let mask = causal.then(|| staircase(first, tokens));
        outputs.push(cached(&layer, x, mask, &mut cache));
        first = keys;
    }
    (Tensor::cat(outputs, 1), cache.len())
}

/// The causal mask of new tokens after cached ones, not by lesson 09's own function.
fn staircase(cached: usize, tokens: usize) -> Mask {
    let keys = cached + tokens;
    let mut hidden = Vec::new();
    for query in cached..keys {
        for key in 0..keys {
            hidden.push(key > query);
        }
    }
    Tensor::from_data(TensorData::new(hidden, [1, 1, tokens, keys]), &cpu())
}

/// What [`one_head`] makes of the tokens in these chunks, in plain loops: a token sees those of its
/// chunk and before, or under a causal mask itself and those before.
fn one_head_sees(chunks: &[usize], causal: bool) -> TensorData {
    let mut outputs = Vec::new();
    let mut end = 0;
    for &tokens in chunks {
        end += tokens;
        for (query, &token) in TOKENS.iter().enumerate().take(end).skip(end - tokens) {
            let visible = if causal { query + 1 } else { end };
            let asks = turned(token, query);
            let mut scores = Vec::new();
            for (key, &token) in TOKENS[..visible].iter().enumerate() {
                let offers = turned(token, key);
                let dot = (asks[0] * offers[0] + asks[1] * offers[1]) / 2.0;
                scores.push((dot / 2.0_f64.sqrt()) as f32);
            }
            let (mut a, mut b) = (0.0, 0.0);
            for (share, token) in shares(&scores, &[false; 6]).iter().zip(TOKENS) {
                a += share * f64::from(token[0]);
                b += share * f64::from(token[1]);
            }
            outputs.extend([2.0 * b, a]);
        }
    }
    TensorData::new(outputs, [1, end, 2])
}

/// A pair of numbers turned by as many radians as its position.
fn turned([a, b]: [f32; 2], position: usize) -> [f64; 2] {
    let (sin, cos) = (position as f64).sin_cos();
    let (a, b) = (f64::from(a), f64::from(b));
    [a * cos - b * sin, b * cos + a * sin]
}

/// Six tokens in chunks of random sizes.
fn random_chunks(rng: &mut StdRng) -> Probe<Cached> {
    let (mut chunks, mut left) = (Vec::new(), TOKENS.len());
    while left > 0 {
        let tokens = rng.random_range(1..=left);
        chunks.push(tokens);
        left -= tokens;
    }
    let causal = rng.random_bool(0.5);
    let expected = (one_head_sees(&chunks, causal), TOKENS.len());
    let masked = if causal { "each under a causal mask" } else { "without a mask" };
    let given = format!("{ONE_HEAD}\nin chunks of {chunks:?}, {masked}");
    Probe::new(given, move |cached: Cached| in_chunks(cached, &chunks, causal), expected)
}

fn share_heads_09_8() -> Exercise<Share> {
    let exercise = Exercise::new("09.8", "share_heads", share_heads as Share)
        .probe(
            "kv = 0 to 5 as [1, 2, 1, 3], n_heads = 4",
            |share: Share| share(counted([1, 2, 1, 3]), 4),
            TensorData::new(vec![0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], [1, 4, 1, 3]),
        )
        .probe(
            "kv = 0 to 5 as [1, 2, 1, 3], n_heads = 2",
            |share: Share| share(counted([1, 2, 1, 3]), 2),
            TensorData::new(vec![0, 1, 2, 3, 4, 5], [1, 2, 1, 3]),
        )
        .probe(
            "kv = 0 to 5 as [1, 2, 1, 3], n_heads = 5",
            |share: Share| refused(|| share(counted([1, 2, 1, 3]), 5)),
            "refused",
        )
        .random(random_share);
    mistakes!(
        exercise,
        mistakes_09_8: the_heads_in_turn_and_not_in_groups,
        the_first_head_for_all,
        repeated_along_the_tokens,
        handed_on_as_they_are,
        each_head_repeated_for_all_query_heads,
        heads_that_do_not_divide_let_through,
    )
}

fn random_share(rng: &mut StdRng) -> Probe<Share> {
    let [batch, tokens, n_kv_heads, d_head] = sizes(rng);
    let n_heads = n_kv_heads * rng.random_range(1..4);
    let kv = random::<4>([batch, n_kv_heads, tokens, d_head], rng.random(), &cpu());
    let (numbers, head_size) = (numbers(&kv), tokens * d_head);
    let mut expected = Vec::new();
    for text in 0..batch {
        for head in 0..n_heads {
            let first = (text * n_kv_heads + head / (n_heads / n_kv_heads)) * head_size;
            expected.extend_from_slice(&numbers[first..first + head_size]);
        }
    }
    let expected = TensorData::new(expected, [batch, n_heads, tokens, d_head]);
    let given =
        format!("random kv [{batch}, {n_kv_heads}, {tokens}, {d_head}], n_heads = {n_heads}");
    Probe::new(given, move |share: Share| share(kv.clone(), n_heads), expected)
}

/// Four sizes from 1 to 4.
fn sizes(rng: &mut StdRng) -> [usize; 4] {
    [(); 4].map(|()| rng.random_range(1..5))
}

/// 0, 1, 2 and so on in a tensor.
fn counted<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let counted: Vec<f32> = (0..count).map(|number| number as f32).collect();
    Tensor::from_data(TensorData::new(counted, shape), &cpu())
}

/// The scores of one query: `[1, 1, 1, 3]`.
fn row(scores: [f32; 3]) -> Tensor<4> {
    Tensor::from_floats([[[scores]]], &cpu())
}

/// A mask for all texts and heads: `[1, 1, queries, 3]`.
fn mask<const N: usize>(hidden: [[bool; 3]; N]) -> Mask {
    Tensor::from_data(TensorData::new(hidden.as_flattened().to_vec(), [1, 1, N, 3]), &cpu())
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

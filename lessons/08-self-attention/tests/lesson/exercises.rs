//! What a learner writes here, checked: `cargo learn open 08.1`.
//!
//! Two queries, three keys, a width of four, values of five: no two sizes are equal and nothing is
//! symmetric, so that whatever is taken for something else shows.

use attention::{attend, entropy, naive, scores, softmax};
use burn::tensor::{Device, Tensor};
use exercise::{Exercise, Probe, mistakes};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::{random, rows};

#[path = "mistakes/08.1.rs"]
mod mistakes_08_1;
#[path = "mistakes/08.2.rs"]
mod mistakes_08_2;
#[path = "mistakes/08.3.rs"]
mod mistakes_08_3;
#[path = "mistakes/08.4.rs"]
mod mistakes_08_4;

const Q: [[f32; 4]; 2] = [[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]];
const K: [[f32; 4]; 3] = [[1.0, 0.0, 1.0, 0.0], [2.0, 1.0, 0.0, 1.0], [0.0, 0.0, 2.0, 2.0]];
const V: [[f32; 5]; 3] =
    [[1.0, 2.0, 0.0, 1.0, 3.0], [3.0, 4.0, 1.0, 0.0, 2.0], [5.0, 6.0, 2.0, 2.0, 1.0]];
/// The dot products 1, 5, 2 and 1, 2, 4, halved by sqrt(4).
const SCORES: [[f32; 3]; 2] = [[0.5, 2.5, 1.0], [0.5, 1.0, 2.0]];
const WEIGHTS: [[f32; 3]; 2] =
    [[0.099_623_65, 0.736_124_72, 0.164_251_63], [0.140_244_38, 0.231_223_9, 0.628_531_72]];

type Scores = fn(Tensor<2>, Tensor<2>) -> Tensor<2>;
type OfOne = fn(Tensor<2>) -> Tensor<2>;

#[test]
fn exercise_08_1() {
    scores_08_1().check();
}

#[test]
fn exercise_08_2() {
    softmax_08_2().check();
}

#[test]
fn exercise_08_3() {
    attend_08_3().check();
}

#[test]
fn exercise_08_4() {
    entropy_08_4().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    scores_08_1().tell_mistakes_apart();
    softmax_08_2().tell_mistakes_apart();
    attend_08_3().tell_mistakes_apart();
    entropy_08_4().tell_mistakes_apart();
}

fn scores_08_1() -> Exercise<Scores> {
    let exercise = Exercise::new("08.1", "scores", scores as Scores)
        .probe(format!("q = {Q:?}\nk = {K:?}"), |scores| scores(tensor(Q), tensor(K)), SCORES)
        .random(random_scores);
    mistakes!(
        exercise,
        mistakes_08_1: not_divided_by_the_square_root_of_d_head,
        divided_by_d_head_and_not_its_square_root,
        divided_by_the_square_root_of_the_number_of_keys,
        multiplied_by_the_square_root_of_d_head,
        a_row_for_each_key_and_not_for_each_query,
    )
}

/// One to four queries and keys of one to four numbers, against plain loops.
fn random_scores(rng: &mut StdRng) -> Probe<Scores> {
    let [queries, keys, d_head] = [(); 3].map(|()| rng.random_range(1..5));
    let seed = rng.random();
    let (q, k) =
        (random::<2>([queries, d_head], seed, &cpu()), random([keys, d_head], !seed, &cpu()));
    let expected = naive::scores(&rows(&q), &rows(&k));
    let given = format!("{queries} random queries and {keys} keys of {d_head} numbers");
    Probe::new(given, move |scores: Scores| scores(q.clone(), k.clone()), expected)
}

fn softmax_08_2() -> Exercise<OfOne> {
    let exercise = Exercise::new("08.2", "softmax", softmax as OfOne)
        .probe(format!("scores = {SCORES:?}"), |softmax| softmax(tensor(SCORES)), WEIGHTS)
        .probe("scores = [[1000, 0]]", |softmax| softmax(tensor([[1000.0, 0.0]])), [[1.0_f32, 0.0]])
        .random(random_softmax);
    mistakes!(
        exercise,
        mistakes_08_2: along_the_queries_and_not_along_the_keys,
        one_sum_over_all_queries,
        shares_of_the_scores_without_exp,
        powers_of_two_and_not_of_e,
        exp_of_the_scores_as_they_are,
    )
}

fn random_softmax(rng: &mut StdRng) -> Probe<OfOne> {
    let [queries, keys] = [(); 2].map(|()| rng.random_range(1..5));
    let scores = random::<2>([queries, keys], rng.random(), &cpu());
    let expected = naive::weights(&rows(&scores));
    let given = format!("random scores of {queries} queries for {keys} keys");
    Probe::new(given, move |softmax: OfOne| softmax(scores.clone()), expected)
}

fn attend_08_3() -> Exercise<Scores> {
    let exercise = Exercise::new("08.3", "attend", attend as Scores)
        .probe(
            format!("weights = {WEIGHTS:?}\nv = {V:?}"),
            |attend| attend(tensor(WEIGHTS), tensor(V)),
            [
                [3.129_256_0_f32, 4.129_256_0, 1.064_628_0, 0.428_126_9, 1.935_372_0],
                [3.976_574_7, 4.976_574_7, 1.488_287_3, 1.397_307_8, 1.511_712_7],
            ],
        )
        .random(random_attend);
    mistakes!(
        exercise,
        mistakes_08_3: all_values_alike_whatever_the_weights,
        the_value_of_the_likeliest_key_only,
        divided_by_the_number_of_keys_once_more,
        weights_squared,
        weights_put_through_exp_again,
    )
}

fn random_attend(rng: &mut StdRng) -> Probe<Scores> {
    let [queries, keys, width] = [(); 3].map(|()| rng.random_range(1..5));
    let seed = rng.random();
    let (weights, v) =
        (random::<2>([queries, keys], seed, &cpu()), random([keys, width], !seed, &cpu()));
    let expected = naive::attend(&rows(&weights), &rows(&v));
    let given = format!("random weights of {queries} queries for {keys} values of {width} numbers");
    Probe::new(given, move |attend: Scores| attend(weights.clone(), v.clone()), expected)
}

fn entropy_08_4() -> Exercise<OfOne> {
    let exercise = Exercise::new("08.4", "entropy", entropy as OfOne).probe(
        "weights = [[0.5, 0.25, 0.25, 0], [0.25, 0, 0.75, 0]]",
        |entropy| entropy(tensor([[0.5, 0.25, 0.25, 0.0], [0.25, 0.0, 0.75, 0.0]])),
        [[1.039_720_8_f32], [0.562_335_14]],
    );
    mistakes!(
        exercise,
        mistakes_08_4: the_logarithm_of_0,
        bits_and_not_nats,
        mean_over_the_keys,
        the_sign,
        e_to_the_entropy_already,
    )
}

fn tensor<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu())
}

/// The device of the tests.
fn cpu() -> Device {
    backend::from_env()
}

//! What a learner writes here, checked: `cargo learn open 08.1`.
//!
//! Two queries, three keys, a width of four, values of five: no two sizes are equal and nothing is
//! symmetric, so that whatever is taken for something else shows. Every function is asked at two
//! ranks, so that an axis counted from the front shows too.

use attention::naive::Matrix;
use attention::{attend, entropy, naive, scores, softmax};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
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
    [[0.099_623_65, 0.736_124_7, 0.164_251_63], [0.140_244_38, 0.231_223_9, 0.628_531_7]];

/// What numbers count for in a sum whose gradient is asked for.
const COUNTS: [[f32; 3]; 2] = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];

/// Of the weights 1/2, 1/4, 1/4, 0: 1.5 ln 2; of 1/4, 0, 3/4, 0: 0.25 ln 4 + 0.75 ln (4/3).
const ENTROPIES: [[f32; 1]; 2] = [[1.039_720_8], [0.562_335_14]];

/// A function of two tensors, for matrices and for batches of heads of them.
type OfTwo = (fn(Tensor<2>, Tensor<2>) -> Tensor<2>, fn(Tensor<4>, Tensor<4>) -> Tensor<4>);
/// A function of one tensor, for matrices and for batches of heads of them.
type OfOne = (fn(Tensor<2>) -> Tensor<2>, fn(Tensor<4>) -> Tensor<4>);

#[test]
fn exercise_08_1() {
    scores_08_1().check();
}

#[test]
fn exercise_08_3() {
    softmax_08_3().check();
}

#[test]
fn exercise_08_2() {
    attend_08_2().check();
}

#[test]
fn exercise_08_4() {
    entropy_08_4().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    scores_08_1().tell_mistakes_apart();
    softmax_08_3().tell_mistakes_apart();
    attend_08_2().tell_mistakes_apart();
    entropy_08_4().tell_mistakes_apart();
}

fn scores_08_1() -> Exercise<OfTwo> {
    let yours: OfTwo = (scores, scores);
    let exercise = Exercise::new("08.1", "scores", yours)
        .probe(
            format!("q = {Q:?}\nk = {K:?}"),
            |(scores, _): OfTwo| scores(tensor(Q), tensor(K)),
            SCORES,
        )
        .probe(
            "two heads, the second with twice the first one's queries and keys",
            |(_, scores): OfTwo| scores(heads(Q), heads(K)),
            two_heads(SCORES, SCORES.map(|row| row.map(|score| 4.0 * score))),
        )
        .probe(
            "the gradients of queries and keys, where the scores count 1, 2, 3 and 4, 5, 6",
            |(scores, _): OfTwo| {
                let [q, k] = [trained(Q), trained(K)];
                let gradients = (scores(q.clone(), k.clone()) * trained(COUNTS)).sum().backward();
                (gradient(&q, &gradients), gradient(&k, &gradients))
            },
            (
                [[2.5_f32, 1.0, 3.5, 4.0], [7.0, 2.5, 8.0, 8.5]],
                [[0.5_f32, 3.0, 2.0, 2.5], [1.0, 4.5, 2.5, 3.5], [1.5, 6.0, 3.0, 4.5]],
            ),
        )
        .random(random_scores);
    mistakes!(
        exercise,
        mistakes_08_1 twice: not_divided_by_the_square_root_of_d_head,
        divided_by_d_head_and_not_its_square_root,
        divided_by_the_square_root_of_the_number_of_keys,
        multiplied_by_the_square_root_of_d_head,
        a_row_for_each_key_and_not_for_each_query,
        the_width_read_from_the_second_axis,
    )
}

/// One to four queries and keys of one to four numbers, against plain loops.
fn random_scores(rng: &mut StdRng) -> Probe<OfTwo> {
    let [queries, keys, d_head] = [(); 3].map(|()| rng.random_range(1..5));
    let seed = rng.random();
    let (q, k) =
        (random::<2>([queries, d_head], seed, &cpu()), random([keys, d_head], !seed, &cpu()));
    let expected = naive::scores(&rows(&q), &rows(&k));
    let given = format!("{queries} random queries and {keys} keys of {d_head} numbers");
    Probe::new(
        given,
        move |(_, scores): OfTwo| scores(q.clone().unsqueeze(), k.clone().unsqueeze()),
        stacked(expected),
    )
}

fn softmax_08_3() -> Exercise<OfOne> {
    let yours: OfOne = (softmax, softmax);
    let exercise = Exercise::new("08.3", "softmax", yours)
        .probe(
            format!("scores = {SCORES:?}"),
            |(softmax, _): OfOne| softmax(tensor(SCORES)),
            WEIGHTS,
        )
        .probe(
            "scores = [[1000, 0], [0, 2]]",
            |(softmax, _): OfOne| softmax(tensor([[1000.0, 0.0], [0.0, 2.0]])),
            [[1.0_f32, 0.0], [0.119_202_92, 0.880_797_1]],
        )
        .probe(
            "two heads, the second with twice the first one's scores",
            |(_, softmax): OfOne| softmax(heads(SCORES)),
            softmax_of_heads(),
        )
        .probe(
            "scores = [[10000, 10000, 0]]",
            |(softmax, _): OfOne| softmax(tensor([[10_000.0, 10_000.0, 0.0]])),
            [[0.5_f32, 0.5, 0.0]],
        )
        .probe(
            "the gradient of the scores, where the shares count 1, 2, 3 and 4, 5, 6",
            |(softmax, _): OfOne| {
                let scores = trained(SCORES);
                let shares = softmax(scores.clone());
                gradient(&scores, &(shares * trained(COUNTS)).sum().backward())
            },
            // Each share times how far its count lies from the row's mean.
            [
                [-0.106_062_11_f32, -0.047_574_25, 0.153_636_38],
                [-0.208_723_93, -0.112_903_7, 0.321_627_64],
            ],
        )
        .random(random_softmax);
    mistakes!(
        exercise,
        mistakes_08_3 twice: along_the_queries_and_not_along_the_keys,
        one_sum_over_all_queries,
        shares_of_the_scores_without_exp,
        powers_of_two_and_not_of_e,
        exp_of_the_scores_as_they_are,
        one_maximum_for_all_rows,
        the_maximum_added_back_before_the_logarithm_is_taken_off,
        along_the_second_axis_whatever_the_rank,
    )
}

fn random_softmax(rng: &mut StdRng) -> Probe<OfOne> {
    let [queries, keys] = [(); 2].map(|()| rng.random_range(1..5));
    let scores = random::<2>([queries, keys], rng.random(), &cpu());
    let expected = naive::weights(&rows(&scores));
    let given = format!("random scores of {queries} queries for {keys} keys");
    Probe::new(
        given,
        move |(_, softmax): OfOne| softmax(scores.clone().unsqueeze()),
        stacked(expected),
    )
}

fn attend_08_2() -> Exercise<OfTwo> {
    let yours: OfTwo = (attend, attend);
    let exercise = Exercise::new("08.2", "attend", yours)
        .probe(
            format!("weights = {WEIGHTS:?}\nv = {V:?}"),
            |(attend, _): OfTwo| attend(tensor(WEIGHTS), tensor(V)),
            [
                [3.129_256_f32, 4.129_256, 1.064_628, 0.428_126_9, 1.935_372],
                [3.976_574_7, 4.976_575, 1.488_287_3, 1.397_307_8, 1.511_712_7],
            ],
        )
        .random(random_attend);
    mistakes!(
        exercise,
        mistakes_08_2 twice: all_values_alike_whatever_the_weights,
        the_value_of_the_likeliest_key_only,
        divided_by_the_number_of_keys_once_more,
        weights_squared,
        weights_put_through_exp_again,
    )
}

fn random_attend(rng: &mut StdRng) -> Probe<OfTwo> {
    let [queries, keys, width] = [(); 3].map(|()| rng.random_range(1..5));
    let seed = rng.random();
    let (weights, v) =
        (random::<2>([queries, keys], seed, &cpu()), random([keys, width], !seed, &cpu()));
    let expected = naive::attend(&rows(&weights), &rows(&v));
    let given = format!("random weights of {queries} queries for {keys} values of {width} numbers");
    Probe::new(
        given,
        move |(_, attend): OfTwo| attend(weights.clone().unsqueeze(), v.clone().unsqueeze()),
        stacked(expected),
    )
}

fn entropy_08_4() -> Exercise<OfOne> {
    let yours: OfOne = (entropy, entropy);
    let exercise = Exercise::new("08.4", "entropy", yours)
        .probe(
            "weights = [[0.5, 0.25, 0.25, 0], [0.25, 0, 0.75, 0]]",
            |(entropy, _): OfOne| entropy(tensor([[0.5, 0.25, 0.25, 0.0], [0.25, 0.0, 0.75, 0.0]])),
            ENTROPIES,
        )
        .probe(
            "two heads with these weights in one order and the other",
            |(_, entropy): OfOne| {
                let (a, b) = ([0.5, 0.25, 0.25, 0.0], [0.25, 0.0, 0.75, 0.0]);
                entropy(Tensor::from_data(two_heads([a, b], [b, a]), &cpu()))
            },
            two_heads(ENTROPIES, [ENTROPIES[1], ENTROPIES[0]]),
        );
    mistakes!(
        exercise,
        mistakes_08_4 twice: the_logarithm_of_0,
        bits_and_not_nats,
        mean_over_the_keys,
        the_sign,
        e_to_the_entropy_already,
        along_the_second_axis_whatever_the_rank,
    )
}

/// A matrix as the only head of the only text of a batch.
fn stacked(rows: Matrix) -> TensorData {
    let shape = [1, 1, rows.len(), rows[0].len()];
    TensorData::new(rows.concat(), shape)
}

/// A matrix that is trained.
fn trained<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu().autodiff()).require_grad()
}

/// The gradient that has come back to a matrix; zeros where none has.
fn gradient(x: &Tensor<2>, gradients: &Gradients) -> Tensor<2> {
    x.grad(gradients).unwrap_or_else(|| Tensor::zeros(x.dims(), &cpu()))
}

/// Two heads of one text, the second with twice the first one's numbers.
fn heads<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<4> {
    let twice = rows.map(|row| row.map(|number| 2.0 * number));
    Tensor::from_data(two_heads(rows, twice), &cpu())
}

fn two_heads<const N: usize, const M: usize>(a: [[f32; N]; M], b: [[f32; N]; M]) -> TensorData {
    let numbers = [a.as_flattened(), b.as_flattened()].concat();
    TensorData::new(numbers, [1, 2, M, N])
}

/// The softmax of [`heads`] of the scores, by plain loops.
fn softmax_of_heads() -> TensorData {
    let mut numbers = Vec::new();
    for factor in [1.0, 2.0] {
        let scores = SCORES.map(|row| row.map(|score| factor * score).to_vec()).to_vec();
        numbers.extend(naive::weights(&scores).concat());
    }
    TensorData::new(numbers, [1, 2, SCORES.len(), SCORES[0].len()])
}

fn tensor<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu())
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

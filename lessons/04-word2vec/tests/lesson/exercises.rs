//! What a learner writes here, checked: `cargo learn open 04.1`.
//!
//! Two pairs, three noise words, four numbers, five words: no two sizes are equal and nothing is
//! symmetric, so that whatever is taken for something else shows.

use std::f64::consts::LN_2;

use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, TensorData};
use exercise::{Answer, Exercise, Probe, mistakes, refused};
use lookup::TokenEmbedding;
use rand::RngExt;
use rand::rngs::StdRng;
use word2vec::{
    Gradient, NoiseTable, SkipGram, around, fresh_loss, gradient, keep_probability, leave_out,
    log_sigmoid, noise_distribution,
};

use crate::numbers;

#[path = "mistakes/04.1.rs"]
mod mistakes_04_1;
#[path = "mistakes/04.2.rs"]
mod mistakes_04_2;
#[path = "mistakes/04.3.rs"]
mod mistakes_04_3;
#[path = "mistakes/04.4.rs"]
mod mistakes_04_4;
#[path = "mistakes/04.5.rs"]
mod mistakes_04_5;
#[path = "mistakes/04.6.rs"]
mod mistakes_04_6;
#[path = "mistakes/04.7.rs"]
mod mistakes_04_7;
#[path = "mistakes/04.8.rs"]
mod mistakes_04_8;
#[path = "mistakes/04.9.rs"]
mod mistakes_04_9;

/// sigmoid(1)
const YES: f64 = 0.731_058_578_630_004_9;

type Forward = fn(&SkipGram, Tensor<1, Int>, Tensor<1, Int>, Tensor<2, Int>) -> Tensor<1>;
type OfScores = fn(Tensor<2>) -> Tensor<2>;
type Fresh = fn(usize) -> f64;
type OfWindow = fn(&[f32], &[f32], usize) -> Gradient;
type Keep = fn(f64, f64) -> f64;
type OfCounts = fn(&[u64]) -> Vec<f64>;
type Table = fn(&[u64]) -> NoiseTable;
type Around = fn(&[u32], usize, usize) -> (&[u32], &[u32]);
type LeaveOut = fn(Vec<(usize, f32)>, &[usize], usize) -> Vec<(usize, f32)>;

#[test]
fn exercise_04_1() {
    forward_04_1().check();
}

#[test]
fn exercise_04_2() {
    log_sigmoid_04_2().check();
}

#[test]
fn exercise_04_3() {
    fresh_loss_04_3().check();
}

#[test]
fn exercise_04_4() {
    gradient_04_4().check();
}

#[test]
fn exercise_04_5() {
    keep_probability_04_5().check();
}

#[test]
fn exercise_04_6() {
    noise_distribution_04_6().check();
}

#[test]
fn exercise_04_7() {
    noise_table_04_7().check();
}

#[test]
fn exercise_04_8() {
    around_04_8().check();
}

#[test]
fn exercise_04_9() {
    leave_out_04_9().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    forward_04_1().tell_mistakes_apart();
    log_sigmoid_04_2().tell_mistakes_apart();
    fresh_loss_04_3().tell_mistakes_apart();
    gradient_04_4().tell_mistakes_apart();
    keep_probability_04_5().tell_mistakes_apart();
    noise_distribution_04_6().tell_mistakes_apart();
    noise_table_04_7().tell_mistakes_apart();
    around_04_8().tell_mistakes_apart();
    leave_out_04_9().tell_mistakes_apart();
}

fn forward_04_1() -> Exercise<Forward> {
    let v = [1.0, 0.0, 0.0, 2.0, 0.0, 1.0, -1.0, 0.0, 2.0, 1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 1.0];
    let u = [0.5, 1.0, 0.0, -1.0, 1.0, 0.0, 2.0, 0.0, -1.0, 0.5, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0];
    let (v, u) =
        ([&v[..], &[1.0, -1.0, 0.0, 0.0]].concat(), [&u[..], &[0.5, 0.0, -1.0, 0.5]].concat());
    let exercise = Exercise::new("04.1", "SkipGram::forward", SkipGram::forward as Forward)
        .probe(
            "words 2 and 0, neighbours 1 and 4, noise words [0, 3, 3] and [2, 1, 0]\n\
             v_2 = [2, 1, 0, -1], u_1 = [1, 0, 2, 0], u_0 = [0.5, 1, 0, -1], u_3 = [0, 1, 1, 0]\n\
             v_0 = [1, 0, 0, 2], u_4 = [0.5, 0, -1, 0.5], u_2 = [-1, 0.5, 0, 1]",
            move |forward: Forward| {
                let model = skip_gram(&v, &u, 4, &device());
                ask(forward, &model, &[2, 0], &[1, 4], &[0, 3, 3, 2, 1, 0])
            },
            [5.802_038_7, 3.029_349_9],
        )
        .probe(
            "one pair with v = [20], u_0 = [-10], and two noise words with u_1 = u_2 = [10]",
            |forward: Forward| {
                let model = skip_gram(&[20.0, 0.0], &[-10.0, 10.0], 1, &device());
                ask(forward, &model, &[0], &[0], &[1, 1])
            },
            [600.0],
        )
        .probe(
            "the gradients for v = [1, 0], u_0 = [1, 1] and one noise word with u_1 = [-1, 2]:\n\
             of v, then of u_0 and u_1",
            gradients,
            [[2.0 * YES - 2.0, 1.0 - YES], [YES - 1.0, 0.0], [1.0 - YES, 0.0]],
        )
        .random(random_forward);
    mistakes!(
        exercise,
        mistakes_04_1: noise_words_taken_for_neighbours,
        the_minus_in_front_forgotten,
        mean_over_the_noise_words_and_not_their_sum,
        one_table_for_both_words,
        the_two_tables_exchanged,
        softmax_over_the_neighbour_and_the_noise_words,
        one_mean_over_all_pairs,
        the_logarithm_of_a_sigmoid_that_is_0,
    )
}

/// The gradients of a loss on the chapter's pair, one row of each vector.
fn gradients(forward: Forward) -> Vec<Vec<f64>> {
    let device = device().autodiff();
    let model = skip_gram(&[1.0, 0.0, 0.0, 0.0], &[1.0, 1.0, -1.0, 2.0], 2, &device);
    let gradients = ask(forward, &model, &[0], &[0], &[1]).sum().backward();
    let mut rows = Vec::new();
    for (table, count) in [(&model.input, 1), (&model.output, 2)] {
        let gradient = table.weight.grad(&gradients).expect("a gradient at both tables");
        let gradient: Vec<f64> = gradient.into_data().iter().collect();
        rows.extend(gradient.chunks(2).take(count).map(<[f64]>::to_vec));
    }
    rows
}

/// A few pairs of a few words, against plain loops.
fn random_forward(rng: &mut StdRng) -> Probe<Forward> {
    let [pairs, k, d_model] = [(); 3].map(|()| rng.random_range(1..5));
    let vocab = 5;
    let [v, u] = [(); 2].map(|()| numbers(vocab * d_model, rng.random()));
    let [words, neighbours, noise] = [pairs, pairs, pairs * k]
        .map(|count| (0..count).map(|_| rng.random_range(0..vocab as i64)).collect::<Vec<i64>>());
    let mut expected = Vec::new();
    for pair in 0..pairs {
        let v = row(&v, words[pair] as usize, d_model);
        let mut loss = soft_plus(-dot(v, row(&u, neighbours[pair] as usize, d_model)));
        for &id in &noise[pair * k..][..k] {
            loss += soft_plus(dot(v, row(&u, id as usize, d_model)));
        }
        expected.push(loss);
    }
    let given = format!("{pairs} random pairs, {k} noise words each, vectors of {d_model} numbers");
    let forward = move |forward: Forward| {
        let model = skip_gram(&v, &u, d_model, &device());
        ask(forward, &model, &words, &neighbours, &noise)
    };
    Probe::new(given, forward, expected)
}

/// Asks a model for the loss of pairs.
fn ask(
    forward: Forward,
    model: &SkipGram,
    words: &[i64],
    neighbours: &[i64],
    noise: &[i64],
) -> Tensor<1> {
    let device = model.input.weight.device();
    let [words_axis, noise_axis] = [words, noise].map(<[i64]>::len);
    let [words, neighbours] =
        [words, neighbours].map(|ids| Tensor::from_data(TensorData::from(ids), &device));
    let noise = TensorData::new(noise.to_vec(), [words_axis, noise_axis / words_axis]);
    forward(model, words, neighbours, Tensor::from_data(noise, &device))
}

/// A model of these rows.
fn skip_gram(v: &[f32], u: &[f32], d_model: usize, device: &Device) -> SkipGram {
    let [input, output] = [v, u].map(|rows| {
        let rows = TensorData::new(rows.to_vec(), [rows.len() / d_model, d_model]);
        TokenEmbedding { weight: Param::from_tensor(Tensor::from_data(rows, device)) }
    });
    SkipGram { input, output }
}

fn log_sigmoid_04_2() -> Exercise<OfScores> {
    let exercise = Exercise::new("04.2", "log_sigmoid", log_sigmoid as OfScores)
        .probe(
            "x = [[-3, -0.5, 0], [0.5, 2, 4]]",
            |log_sigmoid: OfScores| log_sigmoid(tensor([[-3.0, -0.5, 0.0], [0.5, 2.0, 4.0]])),
            [[-3.048_587_35, -0.974_076_98, -LN_2], [-0.474_076_98, -0.126_928_01, -0.018_149_93]],
        )
        .probe(
            "x = [[-200, 200]]",
            |log_sigmoid: OfScores| log_sigmoid(tensor([[-200.0, 200.0]])),
            [[-200.0, 0.0]],
        )
        .probe(
            "the gradient at x = [[-200, -0.5, 0, 2]]",
            |log_sigmoid: OfScores| slopes(log_sigmoid, [[-200.0, -0.5, 0.0, 2.0]]),
            [[1.0, 0.622_459_33, 0.5, 0.119_202_92]],
        )
        .random(random_log_sigmoid);
    mistakes!(
        exercise,
        mistakes_04_2: the_sigmoid_without_the_logarithm,
        the_sign,
        of_minus_x_and_not_of_x,
        bits_and_not_nats,
        e_to_the_minus_x_as_it_is,
        a_small_number_added_to_the_probability,
        a_slope_at_0_that_is_not_one_half,
    )
}

/// What autodiff says of a function at each of these numbers.
fn slopes<const N: usize>(of: OfScores, x: [[f32; N]; 1]) -> Tensor<2> {
    let x = Tensor::<2>::from_floats(x, &device().autodiff()).require_grad();
    let gradients = of(x.clone()).sum().backward();
    x.grad(&gradients).expect("a gradient at the scores")
}

fn random_log_sigmoid(rng: &mut StdRng) -> Probe<OfScores> {
    let [rows, columns] = [(); 2].map(|()| rng.random_range(1..5));
    let scores: Vec<f32> = (0..rows * columns).map(|_| rng.random_range(-50.0..50.0)).collect();
    let expected: Vec<Vec<f64>> = scores
        .chunks(columns)
        .map(|row| row.iter().map(|&x| -soft_plus(-f64::from(x))).collect())
        .collect();
    let data = TensorData::new(scores, [rows, columns]);
    let given = format!("random scores, {rows} rows of {columns}");
    let log_sigmoid =
        move |log_sigmoid: OfScores| log_sigmoid(Tensor::from_data(data.clone(), &device()));
    Probe::new(given, log_sigmoid, expected)
}

fn fresh_loss_04_3() -> Exercise<Fresh> {
    let exercise = Exercise::new("04.3", "fresh_loss", fresh_loss as Fresh)
        .probe("k = 5", |fresh_loss: Fresh| fresh_loss(5), 4.158_883_08)
        .probe("k = 2", |fresh_loss: Fresh| fresh_loss(2), 2.079_441_54)
        .probe("k = 0, no noise at all", |fresh_loss: Fresh| fresh_loss(0), LN_2)
        .random(|rng| {
            let k = rng.random_range(1..1000);
            let mut expected = LN_2;
            for _ in 0..k {
                expected += LN_2;
            }
            Probe::new(format!("k = {k}"), move |fresh_loss: Fresh| fresh_loss(k), expected)
        });
    mistakes!(
        exercise,
        mistakes_04_3: the_noise_words_only,
        bits_and_not_nats,
        one_choice_among_all_words,
        one_answer_only,
        every_answer_as_dear_as_a_choice_among_all,
        the_sign,
    )
}

fn gradient_04_4() -> Exercise<OfWindow> {
    let exercise = Exercise::new("04.4", "gradient", gradient as OfWindow)
        .probe(
            "v = [1, 0], u = [1, 1 | -1, 2], d_model = 2: the loss, dL/dv, dL/du",
            |gradient: OfWindow| parts(gradient(&[1.0, 0.0], &[1.0, 1.0, -1.0, 2.0], 2), 2),
            (-2.0 * YES.ln(), [[2.0 * YES - 2.0, 1.0 - YES]], [[YES - 1.0, 0.0], [1.0 - YES, 0.0]]),
        )
        .probe(
            "v = [1, 0, 0, 2 | 0, 1, 0, -1], d_model = 4,\n\
             u = [0, ln 3, 5, 0 | ln 3, 0, 7, 0 | -ln 3, 2 ln 3, -3, 0]: the loss, dL/dv, dL/du",
            |gradient: OfWindow| {
                let ln_3 = 3_f32.ln();
                let v = [1.0, 0.0, 0.0, 2.0, 0.0, 1.0, 0.0, -1.0];
                let u = [0.0, ln_3, 5.0, 0.0, ln_3, 0.0, 7.0, 0.0, -ln_3, 2.0 * ln_3, -3.0, 0.0];
                parts(gradient(&v, &u, 4), 4)
            },
            six_pairs(),
        )
        .probe(
            "v = [10, 0], u = [-10, 1 | 0.1, 0], d_model = 2: scores of -100 and 1",
            |gradient: OfWindow| parts(gradient(&[10.0, 0.0], &[-10.0, 1.0, 0.1, 0.0], 2), 2),
            (100.0 + 1.0 - YES.ln(), [[10.0 + 0.1 * YES, -1.0]], [[-10.0, 0.0], [10.0 * YES, 0.0]]),
        )
        .probe(
            "v = [10, 0], u = [0, 0 | 5, 0], d_model = 2: scores of 0 and 50",
            |gradient: OfWindow| parts(gradient(&[10.0, 0.0], &[0.0, 0.0, 5.0, 0.0], 2), 2),
            (50.0 + LN_2, [[5.0, 0.0]], [[-5.0, 0.0], [10.0, 0.0]]),
        )
        .probe(
            "v of three numbers, d_model = 2: a panic, as is documented, is true",
            |gradient: OfWindow| refused(|| gradient(&[1.0, 0.0, 0.0], &[1.0, 1.0], 2)),
            "refused",
        )
        .random(random_gradient);
    mistakes!(
        exercise,
        mistakes_04_4: downhill_and_not_the_gradient,
        noise_words_taken_for_neighbours,
        the_last_pair_and_not_the_sum_of_all,
        each_error_times_the_own_vector,
        the_gradient_of_u_made_with_u_and_not_with_v,
        divided_by_the_number_of_context_words,
        the_loss_of_the_neighbour_only,
        one_less_a_sigmoid_that_is_1,
        sigmoids_in_f32,
        rows_that_are_not_whole_unnoticed,
        softmax_over_the_targets,
        the_mean_of_the_context_words_predicts_once,
    )
}

/// Loss and gradients, a row of each vector.
fn parts(found: Gradient, d_model: usize) -> Answer {
    let [v, u] = [found.v, found.u]
        .map(|rows| rows.chunks(d_model).map(<[f32]>::to_vec).collect::<Vec<Vec<f32>>>());
    (found.loss, v, u).into()
}

/// Two context words, three targets: sigmoids of 1/2, 3/4, 1/4 and 3/4, 1/2, 9/10.
fn six_pairs() -> Answer {
    let ln_3 = 3_f64.ln();
    (
        (2560.0_f64 / 9.0).ln(),
        [[ln_3 / 2.0, 0.0, 2.0, 0.0], [-0.4 * ln_3, 1.55 * ln_3, -0.45, 0.0]],
        [[-0.5, -0.25, 0.0, -0.75], [0.75, 0.5, 0.0, 1.0], [0.25, 0.9, 0.0, -0.4]],
    )
        .into()
}

/// A random window: each number of the gradients is the slope between two points beside it.
fn random_gradient(rng: &mut StdRng) -> Probe<OfWindow> {
    let [contexts, targets, d_model] = [(); 3].map(|()| rng.random_range(1..5));
    let v = numbers(contexts * d_model, rng.random());
    let u = numbers(targets * d_model, rng.random());
    let given = format!("{contexts} random rows v and {targets} u of {d_model} numbers");
    let here: Vec<f64> = v.iter().chain(&u).map(|&x| f64::from(x)).collect();
    let loss = move |at: &[f64]| {
        let (v, u) = at.split_at(contexts * d_model);
        let mut loss = 0.0;
        for v in v.chunks(d_model) {
            for (j, u) in u.chunks(d_model).enumerate() {
                let score: f64 = v.iter().zip(u).map(|(v, u)| v * u).sum();
                loss += soft_plus(if j == 0 { -score } else { score });
            }
        }
        loss
    };
    const STEP: f64 = 1e-5;
    let mut slopes = Vec::new();
    for place in 0..here.len() {
        let [mut before, mut after] = [here.clone(), here.clone()];
        before[place] -= STEP;
        after[place] += STEP;
        slopes.push((loss(&after) - loss(&before)) / (2.0 * STEP));
    }
    let rows: Vec<Vec<f64>> = slopes.chunks(d_model).map(<[f64]>::to_vec).collect();
    let (of_v, of_u) = rows.split_at(contexts);
    let expected = (loss(&here), of_v.to_vec(), of_u.to_vec());
    Probe::new(given, move |gradient: OfWindow| parts(gradient(&v, &u, d_model), d_model), expected)
}

fn keep_probability_04_5() -> Exercise<Keep> {
    let exercise = Exercise::new("04.5", "keep_probability", keep_probability as Keep)
        .probe("f = 0.009, t = 0.001", |keep: Keep| keep(0.009, 0.001), 4.0 / 9.0)
        .probe("f = 0.0001, t = 0.001", |keep: Keep| keep(0.0001, 0.001), 1.0)
        .probe("f = 0.5, t = 0", |keep: Keep| keep(0.5, 0.0), 1.0)
        .random(|rng| {
            let (root, t) = (rng.random_range(0.5..20.0), rng.random_range(1e-4..1e-2));
            let f: f64 = root * root * t;
            let (given, expected) = (format!("f = {f:.6}, t = {t:.6}"), 1.0 / root);
            let expected = f64::min(expected + expected * expected, 1.0);
            Probe::new(given, move |keep: Keep| keep(f, t), expected)
        });
    mistakes!(
        exercise,
        mistakes_04_5: the_formula_of_the_paper,
        the_probability_of_dropping_it,
        more_than_1,
        t_over_f_alone,
        t_and_f_exchanged,
        nothing_kept_where_t_is_0,
    )
}

fn noise_distribution_04_6() -> Exercise<OfCounts> {
    let exercise = Exercise::new("04.6", "noise_distribution", noise_distribution as OfCounts)
        .probe("counts = [16, 1]", |noise: OfCounts| noise(&[16, 1]), [8.0 / 9.0, 1.0 / 9.0])
        .probe(
            "counts = [81, 0, 256]",
            |noise: OfCounts| noise(&[81, 0, 256]),
            [27.0 / 91.0, 0.0, 64.0 / 91.0],
        )
        .random(|rng| {
            let counts = random_counts(rng);
            let given = format!("counts = {counts:?}");
            let expected = flattened(&counts);
            Probe::new(given, move |noise: OfCounts| noise(&counts), expected)
        });
    mistakes!(
        exercise,
        mistakes_04_6: shares_of_the_text_not_flattened,
        the_root_and_not_the_power_of_three_quarters,
        divided_before_the_power,
        not_divided_by_their_sum,
        all_words_alike,
        divided_by_the_sum_of_the_counts,
        the_power_of_four_thirds,
    )
}

fn random_counts(rng: &mut StdRng) -> Vec<u64> {
    (0..rng.random_range(1..9)).map(|_| rng.random_range(1..3000)).collect()
}

/// The power 3/4 is the root of the root of the third power.
fn flattened(counts: &[u64]) -> Vec<f64> {
    let mut powers = Vec::new();
    for &count in counts {
        powers.push((count as f64).powi(3).sqrt().sqrt());
    }
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

fn noise_table_04_7() -> Exercise<Table> {
    let exercise = Exercise::new("04.7", "NoiseTable::new", NoiseTable::new as Table)
        .probe(
            "counts = [16, 1]: how often the two dice draw each word",
            |table: Table| drawn(&table(&[16, 1])),
            [8.0 / 9.0, 1.0 / 9.0],
        )
        .probe(
            "counts = [1, 256, 16, 81, 1]: how often the two dice draw each word",
            |table: Table| drawn(&table(&[1, 256, 16, 81, 1])),
            [1.0 / 101.0, 64.0 / 101.0, 8.0 / 101.0, 27.0 / 101.0, 1.0 / 101.0],
        )
        .random(|rng| {
            let counts = random_counts(rng);
            let given = format!("counts = {counts:?}: how often the two dice draw each word");
            let expected = flattened(&counts);
            Probe::new(given, move |table: Table| drawn(&table(&counts)), expected)
        });
    mistakes!(
        exercise,
        mistakes_04_7: shares_not_multiplied_by_the_number_of_words,
        the_second_die_read_the_wrong_way_round,
        the_rich_word_keeps_what_it_gives_away,
        the_rich_word_gives_the_share_and_not_the_rest,
        each_rich_word_used_once,
        shares_of_the_text_not_flattened,
    )
}

/// The probability of each word under a table: of staying with it, and of coming from another.
fn drawn(table: &NoiseTable) -> Vec<f64> {
    let words = table.entries.len();
    let mut probabilities = vec![0.0; words];
    for (word, &(stays, alias)) in table.entries.iter().enumerate() {
        probabilities[word] += f64::from(stays) / words as f64;
        probabilities[alias as usize] += (1.0 - f64::from(stays)) / words as f64;
    }
    probabilities
}

fn around_04_8() -> Exercise<Around> {
    let sentence = [10, 11, 12, 13, 14, 15, 16];
    let mut exercise = Exercise::new("04.8", "around", around as Around);
    let none: &[u32] = &[];
    for (position, reach, before, after) in [
        (3, 2, &[11, 12][..], &[14, 15][..]),
        (0, 3, none, &[11, 12, 13]),
        (5, 2, &[13, 14], &[16]),
        (2, 1, &[11], &[13]),
        (6, 9, &[10, 11, 12, 13, 14, 15], none),
    ] {
        exercise = exercise.probe(
            format!("sentence = {sentence:?}, position = {position}, reach = {reach}"),
            move |around: Around| -> Answer { around(&sentence, position, reach).into() },
            (before, after),
        );
    }
    let exercise = exercise
        .probe(
            "sentence = [7], position = 1: a panic, as is documented, is true",
            |around: Around| refused(|| around(&[7], 1, 2)),
            "refused",
        )
        .random(random_around);
    mistakes!(
        exercise,
        mistakes_04_8: the_word_itself_among_them,
        one_word_fewer_after_it,
        a_panic_near_the_beginning,
        a_panic_near_the_end,
        nothing_where_the_reach_does_not_fit,
        the_words_at_the_edges_and_not_the_nearest,
        half_the_reach_on_either_side,
    )
}

/// Each word of a random sentence is asked how far off it is.
fn random_around(rng: &mut StdRng) -> Probe<Around> {
    let sentence: Vec<u32> =
        (0..rng.random_range(1..12)).map(|_| rng.random_range(0..99)).collect();
    let (position, reach) = (rng.random_range(0..sentence.len()), rng.random_range(0..6));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (place, &word) in sentence.iter().enumerate() {
        if place < position && position - place <= reach {
            before.push(word);
        } else if place > position && place - position <= reach {
            after.push(word);
        }
    }
    let given = format!("sentence = {sentence:?}, position = {position}, reach = {reach}");
    let ask = move |around: Around| -> Answer { around(&sentence, position, reach).into() };
    Probe::new(given, ask, (before, after))
}

fn leave_out_04_9() -> Exercise<LeaveOut> {
    let ranked = [(2, 0.9), (5, 0.8), (0, 0.7), (4, 0.6), (1, 0.5), (3, 0.4)];
    let mut exercise = Exercise::new("04.9", "leave_out", leave_out as LeaveOut);
    for (k, expected) in [
        (2, vec![(5, 0.8_f32), (4, 0.6)]),
        (1, vec![(5, 0.8)]),
        (9, vec![(5, 0.8), (4, 0.6), (3, 0.4)]),
        (0, Vec::new()),
    ] {
        exercise = exercise.probe(
            format!("ranked = {ranked:?},\nquestion = [0, 2, 1], k = {k}"),
            move |leave_out: LeaveOut| leave_out(ranked.to_vec(), &[0, 2, 1], k),
            expected,
        );
    }
    let exercise = exercise.random(random_leave_out);
    mistakes!(
        exercise,
        mistakes_04_9: nothing_left_out,
        cut_to_k_before_leaving_out,
        not_cut_to_k,
        only_the_last_word_of_the_question_left_out,
        places_of_the_list_and_not_rows_of_the_table,
        the_words_of_the_question_only,
    )
}

fn random_leave_out(rng: &mut StdRng) -> Probe<LeaveOut> {
    let (rows, k) = (rng.random_range(1..12_usize), rng.random_range(0..9));
    let first = rng.random_range(0..rows);
    let mut ranked = Vec::new();
    for place in 0..rows {
        ranked.push(((first + place) % rows, 1.0 / (place + 1) as f32));
    }
    let question: Vec<usize> = (0..3).map(|_| rng.random_range(0..rows)).collect();
    let mut expected = Vec::new();
    for &(row, cosine) in &ranked {
        let asked = question.contains(&row);
        if !asked && expected.len() < k {
            expected.push((row, cosine));
        }
    }
    let given = format!("ranked = {ranked:?},\nquestion = {question:?}, k = {k}");
    let ask = move |leave_out: LeaveOut| leave_out(ranked.clone(), &question, k);
    Probe::new(given, ask, expected)
}

/// ln(1 + e^x), what an answer costs whose score is wrong by x: finite however large that is.
fn soft_plus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.iter().zip(b) {
        sum += f64::from(*a) * f64::from(*b);
    }
    sum
}

fn row(rows: &[f32], at: usize, d_model: usize) -> &[f32] {
    &rows[at * d_model..][..d_model]
}

fn tensor<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &device())
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn device() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

//! What a learner writes here, checked: `cargo learn open 06.1`.
//!
//! Two heads, three tokens, a width of four, positions that do not begin at 0: no two sizes are
//! equal, so that whatever is taken for something else shows.

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use exercise::{Answer, Exercise, Probe, answer_or_panic, mistakes};
use positions::{
    LearnedPositions, Rope, RopeConfig, RopeLayout, alibi_bias, alibi_slopes, naive,
    rope_frequencies, sinusoid,
};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::{numbers, values};

#[path = "mistakes/06.1.rs"]
mod mistakes_06_1;
#[path = "mistakes/06.2.rs"]
mod mistakes_06_2;
#[path = "mistakes/06.3.rs"]
mod mistakes_06_3;
#[path = "mistakes/06.4.rs"]
mod mistakes_06_4;
#[path = "mistakes/06.5.rs"]
mod mistakes_06_5;
#[path = "mistakes/06.6.rs"]
mod mistakes_06_6;

/// A learned table of seven positions, three numbers each.
const TABLE: [[f32; 3]; 7] = [
    [0.0, 0.5, 0.25],
    [1.0, 1.5, 1.25],
    [2.0, 2.5, 2.25],
    [3.0, 3.5, 3.25],
    [4.0, 4.5, 4.25],
    [5.0, 5.5, 5.25],
    [6.0, 6.5, 6.25],
];
/// The clock of two hands at positions 0, 1 and 2.
const CLOCK: [[f64; 4]; 3] = [
    [0.0, 1.0, 0.0, 1.0],
    [0.841_470_98, 0.540_302_31, 0.009_999_83, 0.999_950_00],
    [0.909_297_43, -0.416_146_84, 0.019_998_67, 0.999_800_01],
];
/// The clock of three hands at position 100,000.
const LATE: [f64; 6] = [
    0.035_748_797_97,
    -0.999_360_807_44,
    -0.993_473_487_38,
    -0.114_063_271_39,
    0.970_289_402_83,
    -0.241_947_256_15,
];
/// 1, 2, 3, 4 at position 1: (1, 3) turned by 1 radian and (2, 4) by 0.01.
const HALF_SPLIT: [f64; 4] = [-1.984_110_65, 1.959_900_67, 2.462_377_90, 4.019_799_67];
/// The same with (1, 2) turned by 1 radian and (3, 4) by 0.01.
const INTERLEAVED: [f64; 4] = [-1.142_639_66, 1.922_075_60, 2.959_850_67, 4.029_799_50];
/// The slopes of eight heads, and every other one of sixteen: 2^-0.5, 2^-1.5, ..
const TWELVE_HEADS: [f64; 12] = [
    0.5,
    0.25,
    0.125,
    0.0625,
    0.03125,
    0.015625,
    0.0078125,
    0.00390625,
    std::f64::consts::FRAC_1_SQRT_2,
    0.353_553_39,
    0.176_776_70,
    0.088_388_35,
];

type ForwardFrom = fn(&LearnedPositions, usize, usize) -> Tensor<2>;
type Sinusoid = fn(usize, usize, usize) -> f64;
type Frequencies = fn(usize, f64) -> Vec<f64>;
type Rotate = fn(&Rope, Tensor<4>, usize) -> Tensor<4>;
type Slopes = fn(usize) -> Vec<f32>;
type Bias = fn(usize, usize, usize, &Device) -> Tensor<3>;

#[test]
fn exercise_06_1() {
    forward_from_06_1().check();
}

#[test]
fn exercise_06_2() {
    sinusoid_06_2().check();
}

#[test]
fn exercise_06_3() {
    frequencies_06_3().check();
}

#[test]
fn exercise_06_4() {
    rotate_06_4().check();
}

#[test]
fn exercise_06_5() {
    slopes_06_5().check();
}

#[test]
fn exercise_06_6() {
    bias_06_6().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    forward_from_06_1().tell_mistakes_apart();
    sinusoid_06_2().tell_mistakes_apart();
    frequencies_06_3().tell_mistakes_apart();
    rotate_06_4().tell_mistakes_apart();
    slopes_06_5().tell_mistakes_apart();
    bias_06_6().tell_mistakes_apart();
}

fn forward_from_06_1() -> Exercise<ForwardFrom> {
    let forward_from = LearnedPositions::forward_from as ForwardFrom;
    let exercise = Exercise::new("06.1", "LearnedPositions::forward_from", forward_from)
        .probe(
            format!("weight = {TABLE:?}\nfirst_position = 2, tokens = 4"),
            |forward_from: ForwardFrom| forward_from(&table(&cpu()), 2, 4),
            [TABLE[2], TABLE[3], TABLE[4], TABLE[5]],
        )
        .probe(
            "the same table, first_position = 5, tokens = 2: up to the last row",
            |forward_from: ForwardFrom| forward_from(&table(&cpu()), 5, 2),
            [TABLE[5], TABLE[6]],
        )
        .probe(
            "the same table, first_position = 5, tokens = 3",
            |forward_from: ForwardFrom| answer_or_panic(|| forward_from(&table(&cpu()), 5, 3)),
            "a panic",
        )
        .probe(
            "the gradient of the sum of positions 1 to 3, for every row of the table",
            gradient_of_three_rows,
            [[0.0; 3], [1.0; 3], [1.0; 3], [1.0; 3], [0.0; 3], [0.0; 3], [0.0; 3]],
        )
        .random(random_rows);
    mistakes!(
        exercise,
        mistakes_06_1: from_position_0_on_whatever_the_first,
        positions_counted_from_1,
        the_last_rows_of_the_table,
        around_to_row_0_beyond_the_last,
        the_last_row_again_beyond_it,
        a_table_that_never_learns,
    )
}

/// The learned positions of [`TABLE`].
fn table(device: &Device) -> LearnedPositions {
    LearnedPositions { weight: Param::from_tensor(Tensor::from_floats(TABLE, device)) }
}

fn gradient_of_three_rows(forward_from: ForwardFrom) -> Option<Tensor<2>> {
    let table = table(&cpu().autodiff());
    // The second sum keeps the table in the graph where no row of it is.
    let loss = forward_from(&table, 1, 3).sum() + table.weight.val().sum() * 0.0;
    table.weight.val().grad(&loss.backward())
}

/// A table of up to eight positions, and some of its rows.
fn random_rows(rng: &mut StdRng) -> Probe<ForwardFrom> {
    let [before, tokens, after, d_model] = [(); 4].map(|()| rng.random_range(1..4));
    let weight = numbers::<2>([before + tokens + after, d_model], rng.random(), &cpu());
    let mut expected = Vec::new();
    for row in values(&weight).chunks(d_model).skip(before).take(tokens) {
        expected.push(row.to_vec());
    }
    let given = format!("a random table, first_position = {before}, tokens = {tokens}");
    let ask = move |forward_from: ForwardFrom| {
        let table = LearnedPositions { weight: Param::from_tensor(weight.clone()) };
        forward_from(&table, before, tokens)
    };
    Probe::new(given, ask, expected)
}

fn sinusoid_06_2() -> Exercise<Sinusoid> {
    let exercise = Exercise::new("06.2", "sinusoid", sinusoid as Sinusoid)
        .probe(
            "positions 0, 1 and 2, a row each; d_model = 4",
            |sinusoid: Sinusoid| [0, 1, 2].map(|position| row(sinusoid, position, 4)).to_vec(),
            CLOCK,
        )
        .probe(
            "position 1, d_model = 3: a sine at the end",
            |sinusoid: Sinusoid| row(sinusoid, 1, 3),
            [0.841_470_98, 0.540_302_31, 0.002_154_43],
        )
        .probe(
            "position 100,000, d_model = 6",
            |sinusoid: Sinusoid| row(sinusoid, 100_000, 6),
            LATE,
        )
        .random(random_sinusoid);
    mistakes!(
        exercise,
        mistakes_06_2: the_cosine_with_an_exponent_of_its_own,
        all_sines_and_then_all_cosines,
        positions_counted_from_1,
        i_and_not_2i_in_the_exponent,
        each_hand_faster_than_the_one_before,
        cosines_where_the_sines_belong,
        the_angle_in_f32,
    )
}

fn row(sinusoid: Sinusoid, position: usize, d_model: usize) -> Vec<f64> {
    (0..d_model).map(|axis| sinusoid(position, axis, d_model)).collect()
}

/// One row of a clock, its hands' speeds by the exponential function.
fn random_sinusoid(rng: &mut StdRng) -> Probe<Sinusoid> {
    let (position, d_model) = (rng.random_range(0..3000), rng.random_range(1..12));
    let mut expected = Vec::new();
    for hand in 0..d_model {
        let power = 2.0 * hand as f64 / d_model as f64;
        let angle = position as f64 * (-power * 10_000_f64.ln()).exp();
        expected.extend([angle.sin(), angle.cos()]);
    }
    expected.truncate(d_model);
    let given = format!("position {position}, d_model = {d_model}");
    Probe::new(given, move |sinusoid: Sinusoid| row(sinusoid, position, d_model), expected)
}

fn frequencies_06_3() -> Exercise<Frequencies> {
    let exercise = Exercise::new("06.3", "rope_frequencies", rope_frequencies as Frequencies)
        .probe(
            "d_head = 6, theta = 100",
            |frequencies: Frequencies| frequencies(6, 100.0),
            [1.0, 0.215_443_47, 0.046_415_89],
        )
        .probe(
            "d_head = 8, theta = 10000",
            |frequencies: Frequencies| frequencies(8, 10_000.0),
            [1.0, 0.1, 0.01, 0.001],
        )
        .probe(
            "d_head = 2, theta = 500000: one pair",
            |frequencies: Frequencies| frequencies(2, 500_000.0),
            [1.0],
        )
        .random(random_frequencies);
    mistakes!(
        exercise,
        mistakes_06_3: i_and_not_2i_in_the_exponent,
        the_slowest_pair_first,
        one_for_each_number_and_not_for_each_pair,
        each_pair_faster_than_the_one_before,
        divided_as_whole_numbers,
        the_last_pair_at_exactly_1_in_theta,
    )
}

/// Each frequency from the one before.
fn random_frequencies(rng: &mut StdRng) -> Probe<Frequencies> {
    let (d_head, theta) = (2 * rng.random_range(1..10), rng.random_range(5.0..50_000.0));
    let expected = frequencies_by_steps(d_head, theta);
    let given = format!("d_head = {d_head}, theta = {theta:.2}");
    Probe::new(given, move |frequencies: Frequencies| frequencies(d_head, theta), expected)
}

/// 1, and each further one the one before divided by theta^(2 / d_head).
fn frequencies_by_steps(d_head: usize, theta: f64) -> Vec<f64> {
    let step = (-2.0 / d_head as f64 * theta.ln()).exp();
    let mut frequencies = vec![1.0];
    while frequencies.len() < d_head / 2 {
        frequencies.push(step * frequencies[frequencies.len() - 1]);
    }
    frequencies
}

fn rotate_06_4() -> Exercise<Rotate> {
    let exercise = Exercise::new("06.4", "Rope::rotate", Rope::rotate as Rotate)
        .probe(
            "x = [1, 2, 3, 4], one token at position 1, half split, frequencies 1 and 0.01",
            |rotate| turned(rotate, RopeLayout::HalfSplit, one_token(), 1),
            Answer::Numbers { shape: vec![1, 1, 1, 4], numbers: HALF_SPLIT.to_vec() },
        )
        .probe(
            "x = [1, 2, 3, 4], one token at position 1, interleaved, frequencies 1 and 0.01",
            |rotate| turned(rotate, RopeLayout::Interleaved, one_token(), 1),
            Answer::Numbers { shape: vec![1, 1, 1, 4], numbers: INTERLEAVED.to_vec() },
        )
        .random(random_turn);
    let exercise = several_tokens(exercise, RopeLayout::HalfSplit, 5);
    let exercise = several_tokens(exercise, RopeLayout::Interleaved, 1022);
    mistakes!(
        exercise,
        mistakes_06_4: the_other_way_round,
        the_second_number_from_the_first_already_turned,
        the_pairs_of_the_other_layout,
        positions_counted_from_0_again,
        by_the_number_of_the_head_and_not_of_the_token,
        every_token_turned_like_the_first,
        plus_on_both_sides,
    )
}

fn one_token() -> Tensor<4> {
    Tensor::from_floats([[[[1.0, 2.0, 3.0, 4.0]]]], &cpu())
}

fn turned(rotate: Rotate, layout: RopeLayout, x: Tensor<4>, first_position: usize) -> Tensor<4> {
    let rope = RopeConfig::new(x.dims()[3]).with_layout(layout).init(&cpu());
    rotate(&rope, x, first_position)
}

/// A probe more: two heads of three tokens.
fn several_tokens(
    exercise: Exercise<Rotate>,
    layout: RopeLayout,
    first_position: usize,
) -> Exercise<Rotate> {
    let x = numbers::<4>([1, 2, 3, 4], 7, &cpu());
    let expected = turned_in_loops(layout, &x, first_position);
    exercise.probe(
        format!(
            "x: 1 text, 2 heads, 3 tokens, 4 numbers; first_position = {first_position}, {layout:?}"
        ),
        move |rotate| turned(rotate, layout, x.clone(), first_position),
        expected,
    )
}

fn random_turn(rng: &mut StdRng) -> Probe<Rotate> {
    let [batch, heads, tokens, half] = [(); 4].map(|()| rng.random_range(1..4));
    let layout = [RopeLayout::HalfSplit, RopeLayout::Interleaved][rng.random_range(0..2)];
    let first_position = rng.random_range(0..2000);
    let x = numbers::<4>([batch, heads, tokens, 2 * half], rng.random(), &cpu());
    let expected = turned_in_loops(layout, &x, first_position);
    let given = format!("random x {:?}; first_position = {first_position}, {layout:?}", x.dims());
    let ask = move |rotate: Rotate| turned(rotate, layout, x.clone(), first_position);
    Probe::new(given, ask, expected)
}

/// Token by token and pair by pair, in f64.
fn turned_in_loops(layout: RopeLayout, x: &Tensor<4>, first_position: usize) -> Answer {
    let [.., tokens, d_head] = x.dims();
    let pairs = match layout {
        RopeLayout::HalfSplit => naive::half_split_pairs(d_head),
        RopeLayout::Interleaved => naive::interleaved_pairs(d_head),
    };
    let frequencies = frequencies_by_steps(d_head, 10_000.0);
    let mut turned = Vec::new();
    for (row, vector) in values(x).chunks(d_head).enumerate() {
        let position = first_position + row % tokens;
        turned.extend(naive::rotate(vector, position, &pairs, &frequencies));
    }
    Answer::Numbers { shape: x.dims().to_vec(), numbers: turned }
}

fn slopes_06_5() -> Exercise<Slopes> {
    let exercise = Exercise::new("06.5", "alibi_slopes", alibi_slopes as Slopes)
        .probe("heads = 8", |slopes: Slopes| slopes(8), &TWELVE_HEADS[..8])
        .probe("heads = 12", |slopes: Slopes| slopes(12), TWELVE_HEADS)
        .probe("heads = 3", |slopes: Slopes| slopes(3), [0.0625, 0.003_906_25, 0.25])
        .probe("heads = 1", |slopes: Slopes| slopes(1), [0.003_906_25])
        .probe("heads = 0", |slopes: Slopes| answer_or_panic(|| slopes(0)), "a panic")
        .random(random_slopes);
    mistakes!(
        exercise,
        mistakes_06_5: the_formula_for_every_number_of_heads,
        heads_counted_from_0,
        the_half_of_the_next_series_that_is_there_already,
        the_next_series_without_leaving_any_out,
        divided_as_whole_numbers,
        the_first_of_the_next_power_of_two,
        each_head_steeper_than_the_one_before,
    )
}

/// The slopes by roots and products.
fn random_slopes(rng: &mut StdRng) -> Probe<Slopes> {
    let heads: usize = rng.random_range(1..70);
    let mut below = 1;
    while 2 * below <= heads {
        below *= 2;
    }
    let mut expected = Vec::new();
    for head in 0..below {
        expected.push(0.5_f64.powf(8.0 / below as f64).powi(head as i32 + 1));
    }
    for extra in 0..heads - below {
        expected.push(0.5_f64.powf(4.0 / below as f64).powi(2 * extra as i32 + 1));
    }
    Probe::new(format!("heads = {heads}"), move |slopes: Slopes| slopes(heads), expected)
}

fn bias_06_6() -> Exercise<Bias> {
    let exercise = Exercise::new("06.6", "alibi_bias", alibi_bias as Bias)
        .probe(
            "heads = 1, queries = 2, keys = 3",
            |bias: Bias| bias(1, 2, 3, &cpu()),
            vec![vec![
                vec![-0.003_906_25, 0.0, 0.003_906_25],
                vec![-0.007_812_5, -0.003_906_25, 0.0],
            ]],
        )
        .probe(
            "heads = 2, queries = 1, keys = 4",
            |bias: Bias| bias(2, 1, 4, &cpu()),
            vec![
                vec![vec![-0.1875, -0.125, -0.0625, 0.0]],
                vec![vec![-0.011_718_75, -0.007_812_5, -0.003_906_25, 0.0]],
            ],
        )
        .probe(
            "heads = 2, queries = 5, keys = 4",
            |bias: Bias| answer_or_panic(|| bias(2, 5, 4, &cpu())),
            "a panic",
        )
        .random(random_bias);
    mistakes!(
        exercise,
        mistakes_06_6: queries_counted_from_the_first_key,
        query_minus_key,
        keys_after_the_query_lowered_too,
        keys_after_the_query_left_at_0,
        the_steepest_head_last,
        a_row_for_each_key_and_not_for_each_query,
        the_slope_of_the_first_head_for_all,
    )
}

/// One, two, four or eight heads, whose slopes are one series.
fn random_bias(rng: &mut StdRng) -> Probe<Bias> {
    let heads = 1 << rng.random_range(0..4);
    let (before, queries) = (rng.random_range(0..4), rng.random_range(1..5));
    let keys = before + queries;
    let mut expected = Vec::new();
    for head in 1..=heads {
        let slope = 0.5_f64.powf(8.0 * head as f64 / heads as f64);
        let mut rows = Vec::new();
        for query in 0..queries {
            let mut row = Vec::new();
            for key in 0..keys {
                row.push(slope * (key as f64 - (before + query) as f64));
            }
            rows.push(row);
        }
        expected.push(rows);
    }
    let given = format!("heads = {heads}, queries = {queries}, keys = {keys}");
    Probe::new(given, move |bias: Bias| bias(heads, queries, keys, &cpu()), expected)
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

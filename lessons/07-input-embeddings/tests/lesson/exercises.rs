//! What a learner writes here, checked: `cargo learn open 07.1`.

use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, TensorData};
use exercise::{Exercise, Probe, mistakes, refused};
use inputs::{
    BertEmbeddings, BertEmbeddingsConfig, Role, layer_norm, naive, role_ids, segment_ids,
};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::{numbers, text, values};

#[path = "mistakes/07.1.rs"]
mod mistakes_07_1;
#[path = "mistakes/07.2.rs"]
mod mistakes_07_2;
#[path = "mistakes/07.3.rs"]
mod mistakes_07_3;
#[path = "mistakes/07.4.rs"]
mod mistakes_07_4;

type Segments = fn(usize, Option<usize>) -> Vec<i64>;
type Sum = fn(&BertEmbeddings, Tensor<2, Int>, Tensor<2, Int>) -> Tensor<3>;
type Roles = fn(&[(Role, usize)]) -> Vec<i64>;
type Norm = fn(Tensor<3>, Tensor<1>, Tensor<1>, f64) -> Tensor<3>;

/// Rows of a table.
type Rows = Vec<Vec<f32>>;

#[test]
fn exercise_07_1() {
    segment_ids_07_1().check();
}

#[test]
fn exercise_07_2() {
    sum_07_2().check();
}

#[test]
fn exercise_07_3() {
    role_ids_07_3().check();
}

#[test]
fn exercise_07_4() {
    layer_norm_07_4().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    segment_ids_07_1().tell_mistakes_apart();
    sum_07_2().tell_mistakes_apart();
    role_ids_07_3().tell_mistakes_apart();
    layer_norm_07_4().tell_mistakes_apart();
}

fn segment_ids_07_1() -> Exercise<Segments> {
    let exercise = Exercise::new("07.1", "segment_ids", segment_ids as Segments)
        .probe(
            "first = 3, second = Some(2)",
            |segment_ids: Segments| segment_ids(3, Some(2)),
            [0, 0, 0, 0, 0, 1, 1, 1],
        )
        .probe("first = 2, second = None", |ids: Segments| ids(2, None), [0, 0, 0, 0])
        .probe("first = 0, second = Some(0)", |ids: Segments| ids(0, Some(0)), [0, 0, 1])
        .random(random_segments);
    mistakes!(
        exercise,
        mistakes_07_1: the_first_sep_counted_to_the_second_sentence,
        no_sep_at_the_end_of_the_second_sentence,
        no_cls_at_the_beginning,
        no_second_sentence_taken_for_an_empty_one,
        an_empty_second_sentence_dropped,
        ones_for_the_first_and_zeros_for_the_second,
    )
}

/// A sentence or two of up to eight tokens, against the text itself, written out.
fn random_segments(rng: &mut StdRng) -> Probe<Segments> {
    let first = rng.random_range(0..9);
    let second = rng.random_bool(0.7).then(|| rng.random_range(0..9));
    let mut text = vec!["[CLS]"];
    text.extend(vec!["a"; first]);
    text.push("[SEP]");
    let ends = text.len();
    if let Some(second) = second {
        text.extend(vec!["b"; second]);
        text.push("[SEP]");
    }
    let mut expected = Vec::new();
    for place in 0..text.len() {
        expected.push(i64::from(place >= ends));
    }
    let given = format!("first = {first}, second = {second:?}: {}", text.join(" "));
    Probe::new(given, move |segment_ids: Segments| segment_ids(first, second), expected)
}

fn sum_07_2() -> Exercise<Sum> {
    let exercise = Exercise::new("07.2", "BertEmbeddings::sum", BertEmbeddings::sum as Sum)
        .probe(
            "tokens     (0, 1)  (2, 3)  (4, 5)\n\
             positions  (10, 10)  (20, 20)  (30, 30)  (40, 40)\n\
             segments   (100, 200)  (300, 400)\n\
             ids = [[2, 0, 1]], segment_ids = [[0, 0, 1]]",
            |sum: Sum| sum(&small(), text(&[2, 0, 1], &cpu()), text(&[0, 0, 1], &cpu())),
            vec![vec![vec![114, 215], vec![120, 221], vec![332, 433]]],
        )
        .probe(
            "the same tables, ids = [[1, 1]], segment_ids = [[1]]",
            |sum: Sum| refused(|| sum(&small(), text(&[1, 1], &cpu()), text(&[1], &cpu()))),
            "refused",
        )
        .random(random_sum);
    mistakes!(
        exercise,
        mistakes_07_2: segments_forgotten,
        every_token_in_segment_0,
        segments_looked_up_in_the_token_table,
        positions_counted_from_1,
        positions_looked_up_by_the_ids_of_the_tokens,
        the_position_of_the_first_token_for_all,
        normalised_already,
        segments_of_another_shape_let_through,
    )
}

/// The chapter's tables.
fn small() -> BertEmbeddings {
    let tokens = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]].map(Vec::from);
    let positions = [[10.0, 10.0], [20.0, 20.0], [30.0, 30.0], [40.0, 40.0]].map(Vec::from);
    let segments = [[100.0, 200.0], [300.0, 400.0]].map(Vec::from);
    embeddings(&tokens, &positions, &segments)
}

/// Embeddings with these rows in their tables.
fn embeddings(
    tokens: &[Vec<f32>],
    positions: &[Vec<f32>],
    segments: &[Vec<f32>],
) -> BertEmbeddings {
    let d_model = tokens[0].len();
    let config = BertEmbeddingsConfig::new(tokens.len(), positions.len(), segments.len(), d_model);
    let mut embeddings = config.init(&cpu());
    embeddings.tokens.weight = table(tokens);
    embeddings.positions.weight = table(positions);
    embeddings.segments.weight = table(segments);
    embeddings
}

fn table(rows: &[Vec<f32>]) -> Param<Tensor<2>> {
    let shape = [rows.len(), rows[0].len()];
    Param::from_tensor(Tensor::from_data(TensorData::new(rows.concat(), shape), &cpu()))
}

/// One to four texts of one to five tokens, each of the three rows looked up and added number by
/// number.
fn random_sum(rng: &mut StdRng) -> Probe<Sum> {
    let (batch, tokens) = (rng.random_range(1..5), rng.random_range(1..6));
    let d_model = rng.random_range(1..5);
    let [words, places, speakers] = [7, 6, 3].map(|rows| random_rows(rows, d_model, rng));
    let (mut ids, mut segments, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..batch {
        let mut sums = Rows::new();
        for place in &places[..tokens] {
            let (id, segment) = (rng.random_range(0..7), rng.random_range(0..3));
            let mut sum = Vec::new();
            for (i, number) in place.iter().enumerate() {
                sum.push(words[id][i] + number + speakers[segment][i]);
            }
            ids.push(id as i64);
            segments.push(segment as i64);
            sums.push(sum);
        }
        expected.push(sums);
    }
    let [ids, segments] = [ids, segments].map(|ids| TensorData::new(ids, [batch, tokens]));
    let given = format!("{batch} random texts of {tokens} tokens of {d_model} numbers");
    let ask = move |sum: Sum| {
        let [ids, segments] = [&ids, &segments].map(|ids| Tensor::from_data(ids.clone(), &cpu()));
        sum(&embeddings(&words, &places, &speakers), ids, segments)
    };
    Probe::new(given, ask, expected)
}

fn random_rows(rows: usize, d_model: usize, rng: &mut StdRng) -> Rows {
    values(&numbers([rows, d_model], rng.random(), &cpu()))
        .chunks(d_model)
        .map(|row| row.iter().map(|&number| number as f32).collect())
        .collect()
}

fn role_ids_07_3() -> Exercise<Roles> {
    use Role::{Assistant, System, User};
    let exercise = Exercise::new("07.3", "role_ids", role_ids as Roles)
        .probe(
            "turns = [(System, 2), (User, 1), (Assistant, 3), (User, 1)]",
            |ids: Roles| ids(&[(System, 2), (User, 1), (Assistant, 3), (User, 1)]),
            [0, 0, 1, 2, 2, 2, 1],
        )
        .probe(
            "turns = [(Assistant, 1), (User, 0), (System, 2)]",
            |ids: Roles| ids(&[(Assistant, 1), (User, 0), (System, 2)]),
            [2, 0, 0],
        )
        .probe("turns = []", |role_ids: Roles| role_ids(&[]), [0_i64; 0])
        .random(random_roles);
    mistakes!(
        exercise,
        mistakes_07_3: one_for_each_turn,
        the_number_of_the_turn_and_not_its_role,
        the_system_counted_with_the_user,
        roles_counted_from_1,
        the_last_turn_left_out,
        one_for_a_turn_without_tokens,
    )
}

/// Up to five turns of up to four tokens.
fn random_roles(rng: &mut StdRng) -> Probe<Roles> {
    let (mut turns, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..rng.random_range(0..6) {
        let row = rng.random_range(0..3);
        let tokens = rng.random_range(0..5);
        turns.push(([Role::System, Role::User, Role::Assistant][row], tokens));
        for _ in 0..tokens {
            expected.push(row);
        }
    }
    let given = format!("turns = {turns:?}");
    Probe::new(given, move |role_ids: Roles| role_ids(&turns), expected)
}

fn layer_norm_07_4() -> Exercise<Norm> {
    let exercise = Exercise::new("07.4", "layer_norm", layer_norm::<3> as Norm)
        // Means 3 and 8; both variances are 14/3, and with epsilon the root is that of 6.
        .probe(
            "x = [[[1, 2, 6], [5, 9, 10]]], weight = [2, 3, 5], bias = [10, 20, 30], \
             epsilon = 4/3",
            |norm: Norm| {
                let x = Tensor::from_floats([[[1.0, 2.0, 6.0], [5.0, 9.0, 10.0]]], &cpu());
                norm(x, list([2.0, 3.0, 5.0]), list([10.0, 20.0, 30.0]), 4.0 / 3.0)
            },
            vec![vec![
                vec![8.367_006_8, 18.775_255_1, 36.123_724_4],
                vec![7.550_510_3, 21.224_744_9, 34.082_483_0],
            ]],
        )
        .probe(
            "x = [[[3, 3, 3, 3]]], weight = [1, 1, 1, 1], bias = [1, 2, 4, 8], epsilon = 1e-12",
            |norm: Norm| {
                let x = Tensor::from_floats([[[3.0; 4]]], &cpu());
                norm(x, list([1.0; 4]), list([1.0, 2.0, 4.0, 8.0]), 1e-12)
            },
            vec![vec![vec![1, 2, 4, 8]]],
        )
        .probe(
            "x = [[[10001, 10002, 10003, 10004]]], weight = [1, 1, 1, 1], bias = [0, 0, 0, 0], \
             epsilon = 1e-5",
            |norm: Norm| {
                let x = Tensor::from_floats([[[10_001.0, 10_002.0, 10_003.0, 10_004.0]]], &cpu());
                norm(x, list([1.0; 4]), list([0.0; 4]), 1e-5)
            },
            vec![vec![vec![-1.341_635_42, -0.447_211_81, 0.447_211_81, 1.341_635_42]]],
        )
        .probe(
            "x = [[[1, 2, 6]]], weight = [2], bias = [10, 20, 30]",
            |norm: Norm| {
                let x = Tensor::from_floats([[[1.0, 2.0, 6.0]]], &cpu());
                refused(|| norm(x, list([2.0]), list([10.0, 20.0, 30.0]), 1.0))
            },
            "refused",
        )
        .random(random_norm);
    mistakes!(
        exercise,
        mistakes_07_4: divided_by_one_less_than_d_model,
        epsilon_added_after_the_root,
        epsilon_left_out,
        divided_by_the_variance_and_not_by_its_root,
        the_mean_not_taken_away_from_what_is_divided,
        the_bias_added_before_the_weight_multiplies,
        along_the_tokens_and_not_along_the_numbers,
        the_mean_of_the_squares_less_the_square_of_the_mean,
        a_weight_of_another_length_let_through,
    )
}

/// One to four texts of one to four tokens of one to six numbers, against plain loops. Epsilon is
/// large enough that rounding is not divided by next to nothing where two numbers are alike.
fn random_norm(rng: &mut StdRng) -> Probe<Norm> {
    let [batch, tokens] = [(); 2].map(|()| rng.random_range(1..5));
    let d_model = rng.random_range(1..7);
    let epsilon = rng.random_range(0.1..1.0);
    let x = numbers::<3>([batch, tokens, d_model], rng.random(), &cpu());
    let [weight, bias] = [(); 2].map(|()| numbers::<1>([d_model], rng.random(), &cpu()));
    let (gains, shifts) = (values(&weight), values(&bias));
    let mut expected = Vec::new();
    for token in values(&x).chunks(d_model) {
        expected.extend(naive::layer_norm(token, &gains, &shifts, epsilon));
    }
    let given = format!("{batch} random texts of {tokens} tokens of {d_model} numbers");
    let ask = move |norm: Norm| norm(x.clone(), weight.clone(), bias.clone(), epsilon);
    Probe::new(given, ask, TensorData::new(expected, [batch, tokens, d_model]))
}

fn list<const N: usize>(numbers: [f32; N]) -> Tensor<1> {
    Tensor::from_floats(numbers, &cpu())
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

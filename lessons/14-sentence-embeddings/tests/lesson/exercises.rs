//! What a learner writes here, checked: `cargo learn open 14.1`. (14.5 is in `crates/course`, and so
//! is its check.)

use std::fs;

use burn::tensor::{Bool, Device, Tensor, TensorData};
use exercise::{Exercise, Probe, VERDICT_VARIABLE, mistakes};
use golden::minilm;
use rand::RngExt;
use rand::rngs::StdRng;
use sentences::contrastive::{false_negatives, ranking_loss};
use sentences::{SentenceEncoder, max_pooling, mean_pooling};
use serde_json::json;
use tokens::Encoding;

use crate::parity::recorded_texts;

#[path = "mistakes/14.1.rs"]
mod mistakes_14_1;
#[path = "mistakes/14.2.rs"]
mod mistakes_14_2;
#[path = "mistakes/14.3.rs"]
mod mistakes_14_3;
#[path = "mistakes/14.4.rs"]
mod mistakes_14_4;

type PoolingOf = fn(Tensor<3>, Option<Tensor<4, Bool>>) -> Tensor<2>;
type RankingLoss = fn(Tensor<2>, Tensor<2>, Tensor<2, Bool>, f64) -> Tensor<1>;
type FalseNegatives = fn(&[&Encoding], &[&Encoding], &Device) -> Tensor<2, Bool>;

#[test]
fn exercise_14_1() {
    mean_pooling_14_1().check();
}

#[test]
fn exercise_14_2() {
    max_pooling_14_2().check();
}

#[test]
fn exercise_14_3() {
    ranking_loss_14_3().check();
}

#[test]
fn exercise_14_4() {
    false_negatives_14_4().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    mean_pooling_14_1().tell_mistakes_apart();
    max_pooling_14_2().tell_mistakes_apart();
    ranking_loss_14_3().tell_mistakes_apart();
    false_negatives_14_4().tell_mistakes_apart();
}

/// On the plain road, where every function that a learner wrote takes part. `cargo learn report`
/// tells the difference.
#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn minilms_vectors_by_the_learners_code() {
    let device = cpu();
    let encoder = SentenceEncoder::open(&minilm(), &device).unwrap();
    let recorded = recorded_texts();
    let texts: Vec<&str> = recorded.iter().map(|text| text.text.as_str()).collect();
    let _plain = kernels::plain_here();
    let mut largest = 0.0;
    for (expected, found) in recorded.iter().zip(encoder.embed(&texts).unwrap()) {
        assert_eq!(found.vector.len(), expected.embedding.len(), "{}", expected.name);
        for (&found, &expected) in found.vector.iter().zip(&expected.embedding) {
            let difference = f64::from((found - expected).abs());
            if difference > largest || difference.is_nan() {
                largest = difference;
            }
        }
    }
    if let Some(path) = std::env::var_os(VERDICT_VARIABLE) {
        fs::write(path, json!({"max_abs_difference": largest}).to_string()).unwrap();
    }
    assert!(largest <= f64::from(backend::tolerance(&device, 1e-5)), "{largest:.1e}");
}

/// Two texts of three tokens of four numbers; the last token of the first text is padding.
const STATES: [[[f32; 4]; 3]; 2] = [
    [[1.0, 4.0, 0.0, -9.0], [3.0, -2.0, 6.0, -5.0], [50.0, 60.0, 70.0, 80.0]],
    [[2.0, 5.0, -1.0, 0.0], [-7.0, 1.0, 3.0, 8.0], [8.0, 3.0, -5.0, 1.0]],
];
const MASK: [[[[bool; 3]; 1]; 1]; 2] = [[[[false, false, true]]], [[[false, false, false]]]];

/// The text of the chapter: two tokens and a padding.
const ONE_TEXT: [[[f32; 2]; 3]; 1] = [[[1.0, 4.0], [3.0, -2.0], [50.0, 50.0]]];
const MASK_OF_ONE: [[[[bool; 3]; 1]; 1]; 1] = [[[[false, false, true]]]];

fn mean_pooling_14_1() -> Exercise<PoolingOf> {
    let exercise = Exercise::new("14.1", "mean_pooling", mean_pooling as PoolingOf)
        .probe(
            format!("states = {ONE_TEXT:?}\nmask = {MASK_OF_ONE:?}"),
            |pooling| pooling(states(ONE_TEXT), Some(mask(MASK_OF_ONE))),
            [[2.0_f32, 1.0]],
        )
        .probe(
            format!("states = {ONE_TEXT:?}\nmask = None"),
            |pooling: PoolingOf| pooling(states(ONE_TEXT), None),
            [[18.0_f32, 52.0 / 3.0]],
        )
        .probe(
            format!("states = {STATES:?}\nmask = {MASK:?}"),
            |pooling| pooling(states(STATES), Some(mask(MASK))),
            [[2.0_f32, 1.0, 3.0, -7.0], [1.0, 3.0, -1.0, 3.0]],
        )
        .random(|rng| random_pooling(rng, mean_of));
    mistakes!(
        exercise,
        mistakes_14_1: the_mask_not_looked_at,
        divided_by_all_tokens_and_not_by_those_kept,
        the_padding_kept_and_the_tokens_left_out,
        the_sum_and_not_the_mean,
        the_first_token_only,
        one_count_of_tokens_for_the_whole_batch,
    )
}

fn max_pooling_14_2() -> Exercise<PoolingOf> {
    let negative = ONE_TEXT.map(|text| text.map(|token| token.map(|number| number - 60.0)));
    let exercise = Exercise::new("14.2", "max_pooling", max_pooling as PoolingOf)
        .probe(
            format!("states = {ONE_TEXT:?}\nmask = {MASK_OF_ONE:?}"),
            |pooling| pooling(states(ONE_TEXT), Some(mask(MASK_OF_ONE))),
            [[3.0_f32, 4.0]],
        )
        .probe(
            format!("states = {negative:?}\nmask = {MASK_OF_ONE:?}"),
            move |pooling: PoolingOf| pooling(states(negative), Some(mask(MASK_OF_ONE))),
            [[-57.0_f32, -56.0]],
        )
        .probe(
            format!("states = {ONE_TEXT:?}\nmask = None"),
            |pooling: PoolingOf| pooling(states(ONE_TEXT), None),
            [[50.0_f32, 50.0]],
        )
        .probe(
            format!("states = {STATES:?}\nmask = {MASK:?}"),
            |pooling| pooling(states(STATES), Some(mask(MASK))),
            [[3.0_f32, 4.0, 6.0, -5.0], [8.0, 5.0, 3.0, 8.0]],
        )
        .random(|rng| random_pooling(rng, max_of));
    mistakes!(
        exercise,
        mistakes_14_2: the_mask_not_looked_at,
        padding_counted_as_zeros,
        the_largest_number_of_each_token,
        the_largest_size_whatever_its_sign,
        the_tokens_hidden_and_the_padding_kept,
        the_one_token_with_the_largest_sum,
    )
}

/// One to four texts of one to five tokens, each padded to the longest or, in a third of the cases,
/// none of them; against `pooled`, which gets one coordinate of the tokens that are kept.
fn random_pooling(rng: &mut StdRng, pooled: fn(&[f32]) -> f32) -> Probe<PoolingOf> {
    let (batch, tokens, width) =
        (rng.random_range(1..5), rng.random_range(1..6), rng.random_range(1..5));
    let is_padded = rng.random_range(0..3) > 0;
    let (mut numbers, mut hidden, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..batch {
        let kept = if is_padded { rng.random_range(1..tokens + 1) } else { tokens };
        let mut coordinates = vec![Vec::new(); width];
        for token in 0..tokens {
            hidden.push(token >= kept);
            for coordinate in &mut coordinates {
                let number = rng.random_range(-2.0_f32..2.0);
                numbers.push(number);
                if token < kept {
                    coordinate.push(number);
                }
            }
        }
        expected.push(coordinates.iter().map(|kept| pooled(kept)).collect::<Vec<f32>>());
    }
    let states = Tensor::<3>::from_data(TensorData::new(numbers, [batch, tokens, width]), &cpu());
    let mask = Tensor::<4, Bool>::from_data(TensorData::new(hidden, [batch, 1, 1, tokens]), &cpu());
    let mask = is_padded.then_some(mask);
    let given = format!(
        "{batch} random texts of {tokens} tokens of {width} numbers, {}",
        if is_padded { "some of them padding" } else { "without a mask" }
    );
    Probe::new(given, move |pooling: PoolingOf| pooling(states.clone(), mask.clone()), expected)
}

fn mean_of(kept: &[f32]) -> f32 {
    kept.iter().sum::<f32>() / kept.len() as f32
}

fn max_of(kept: &[f32]) -> f32 {
    kept.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

const QUERIES: [[f32; 4]; 2] = [[2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0]];
/// Cosines of the first query: 0.6, 0.8 and 0; of the second: 0, 0.6 and -0.8.
const CANDIDATES: [[f32; 4]; 3] =
    [[3.0, 4.0, 0.0, 0.0], [4.0, 0.0, 3.0, 0.0], [0.0, 0.0, -4.0, 3.0]];
const NOTHING: [[bool; 3]; 2] = [[false; 3]; 2];
/// The gradient of the loss by the queries at a temperature of 0.4, with one hidden.
const GRADIENT: [[f32; 4]; 2] = [
    [0.0, -0.091_212_76, -0.091_212_76, 0.068_409_57],
    [-0.022_867_11, 0.059_343_4, 0.0, 0.006_023_44],
];
/// The second query's own candidate is a false negative of the first.
const ONE_HIDDEN: [[bool; 3]; 2] = [[false, true, false], [false; 3]];

fn ranking_loss_14_3() -> Exercise<RankingLoss> {
    let texts = format!("queries = {QUERIES:?}\ncandidates = {CANDIDATES:?}");
    let exercise = Exercise::new("14.3", "ranking_loss", ranking_loss as RankingLoss)
        .probe(
            format!("{texts}\nmask = {NOTHING:?}\ntemperature = 0.4"),
            |loss| loss(matrix(QUERIES), matrix(CANDIDATES), hidden(NOTHING), 0.4),
            [0.640_379_5_f32],
        )
        .probe(
            format!("{texts}\nmask = {ONE_HIDDEN:?}\ntemperature = 0.4"),
            |loss: RankingLoss| loss(matrix(QUERIES), matrix(CANDIDATES), hidden(ONE_HIDDEN), 0.4),
            [0.213_607_66_f32],
        )
        .probe(
            format!("{texts}\nmask = {ONE_HIDDEN:?}\ntemperature = 0.4\nthe gradient by queries"),
            gradient_by_queries,
            GRADIENT,
        )
        .random(random_ranking);
    mistakes!(
        exercise,
        mistakes_14_3: each_candidate_looks_for_its_query,
        the_temperature_forgotten,
        multiplied_by_the_temperature,
        dot_products_and_not_cosines,
        the_first_candidate_is_everybodys_own,
        the_mask_not_looked_at,
        a_hidden_candidate_has_the_logit_0,
        how_far_its_own_is_from_1_and_the_others_not_seen,
    )
}

/// What the training would move the queries by.
fn gradient_by_queries(loss: RankingLoss) -> Option<Tensor<2>> {
    let device = cpu().autodiff();
    let queries = Tensor::<2>::from_floats(QUERIES, &device).require_grad();
    let candidates = Tensor::from_floats(CANDIDATES, &device);
    let mask = Tensor::from_bool(ONE_HIDDEN, &device);
    queries.grad(&loss(queries.clone(), candidates, mask, 0.4).backward())
}

/// One to four queries and up to two hard negatives of two to five numbers; a temperature from 0.2
/// to 1.
fn random_ranking(rng: &mut StdRng) -> Probe<RankingLoss> {
    let (n, width) = (rng.random_range(1..5), rng.random_range(2..6));
    let m = n + rng.random_range(0..3);
    let temperature = rng.random_range(0.2..1.0);
    let (queries, candidates) = (random_rows(rng, n, width), random_rows(rng, m, width));
    let mut mask = Vec::new();
    for i in 0..n {
        mask.push((0..m).map(|j| j != i && rng.random_range(0..4) == 0).collect::<Vec<bool>>());
    }
    let mut expected = 0.0;
    for (i, query) in queries.iter().enumerate() {
        let mut sum = 0.0;
        for (j, candidate) in candidates.iter().enumerate() {
            if !mask[i][j] {
                sum += (cosine(query, candidate) / temperature).exp();
            }
        }
        expected += (sum.ln() - cosine(query, &candidates[i]) / temperature) / n as f64;
    }
    let given = format!(
        "{n} random queries and {m} candidates of {width} numbers, some of them hidden, \
         temperature = {temperature:.2}"
    );
    let ask = move |loss: RankingLoss| {
        let mask = TensorData::new(mask.concat(), [n, m]);
        let mask = Tensor::from_data(mask, &cpu());
        loss(of_rows(&queries), of_rows(&candidates), mask, temperature)
    };
    Probe::new(given, ask, [expected])
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a), f64::from(b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}

fn false_negatives_14_4() -> Exercise<FalseNegatives> {
    let exercise = Exercise::new("14.4", "false_negatives", false_negatives as FalseNegatives)
        .probe(
            "queries: texts 1 and 2\ncandidates: texts 3 and 1, then the hard negatives 3, 2 and 4",
            |mask| of_texts(mask, &[1, 2], &[3, 1, 3, 2, 4]),
            [[false, true, true, false, false], [false, false, false, true, false]],
        )
        .probe(
            "queries: texts 5 and 6\ncandidates: texts 5 and 7, then the hard negative 5",
            |mask: FalseNegatives| of_texts(mask, &[5, 6], &[5, 7, 5]),
            [[false, false, true], [false, false, false]],
        )
        .probe(
            "queries: texts 1 and 2\n\
             candidates: texts 3 and 4, then text 3 with other capitals and the same token ids",
            |mask: FalseNegatives| {
                let [one, two, three, four] = [1, 2, 3, 4].map(text);
                let capitals = Encoding { tokens: vec!["THREE".into()], ..text(3) };
                mask(&[&one, &two], &[&three, &four, &capitals], &cpu())
            },
            [[false, false, true], [false, false, false]],
        )
        .random(random_false_negatives);
    mistakes!(
        exercise,
        mistakes_14_4: nothing_is_hidden,
        its_own_candidate_is_hidden_too,
        only_copies_of_its_own_candidate,
        only_copies_of_the_query,
        both_must_be_the_same_instead_of_one,
        true_where_a_candidate_is_kept,
        whole_encodings_compared_and_not_their_token_ids,
        a_row_for_each_candidate_and_not_for_each_query,
    )
}

/// A text of two token ids.
fn text(number: u32) -> Encoding {
    Encoding { ids: vec![2, number], segments: vec![0, 0], ..Encoding::default() }
}

fn of_texts(mask: FalseNegatives, queries: &[u32], candidates: &[u32]) -> Tensor<2, Bool> {
    let queries: Vec<Encoding> = queries.iter().map(|&number| text(number)).collect();
    let candidates: Vec<Encoding> = candidates.iter().map(|&number| text(number)).collect();
    let queries: Vec<&Encoding> = queries.iter().collect();
    let candidates: Vec<&Encoding> = candidates.iter().collect();
    mask(&queries, &candidates, &cpu())
}

/// One to four queries and up to two hard negatives among three texts, so that many are the same.
fn random_false_negatives(rng: &mut StdRng) -> Probe<FalseNegatives> {
    let n = rng.random_range(1..5);
    let m = n + rng.random_range(0..3);
    let queries: Vec<u32> = (0..n).map(|_| rng.random_range(1..4)).collect();
    let candidates: Vec<u32> = (0..m).map(|_| rng.random_range(1..4)).collect();
    let mut expected = Vec::new();
    for i in 0..n {
        let mut row = Vec::new();
        for j in 0..m {
            let same = [queries[i], candidates[i]].contains(&candidates[j]);
            row.push(same && i != j);
        }
        expected.push(row);
    }
    let given = format!("queries: texts {queries:?}\ncandidates: texts {candidates:?}");
    let ask = move |mask: FalseNegatives| of_texts(mask, &queries, &candidates);
    Probe::new(given, ask, expected)
}

fn random_rows(rng: &mut StdRng, rows: usize, width: usize) -> Vec<Vec<f32>> {
    (0..rows).map(|_| (0..width).map(|_| rng.random_range(-2.0..2.0)).collect()).collect()
}

fn of_rows(rows: &[Vec<f32>]) -> Tensor<2> {
    let data = TensorData::new(rows.concat(), [rows.len(), rows[0].len()]);
    Tensor::from_data(data, &cpu())
}

fn states<const D: usize, const N: usize, const M: usize>(states: [[[f32; D]; N]; M]) -> Tensor<3> {
    Tensor::from_floats(states, &cpu())
}

fn mask<const N: usize, const M: usize>(mask: [[[[bool; N]; 1]; 1]; M]) -> Tensor<4, Bool> {
    Tensor::from_bool(mask, &cpu())
}

fn matrix<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu())
}

fn hidden<const N: usize, const M: usize>(mask: [[bool; N]; M]) -> Tensor<2, Bool> {
    Tensor::from_bool(mask, &cpu())
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

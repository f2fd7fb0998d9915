//! What a learner writes here, checked: `cargo learn open 16.1`.
//!
//! No two sizes are equal and nothing is symmetric, so that whatever is taken for something else
//! shows. Right answers are worked out on paper or in f64.

use exercise::{Exercise, Probe, mistakes};
use rand::RngExt;
use rand::rngs::StdRng;
use roofline::online::attend_one_query;
use roofline::softmax::Running;
use roofline::{Roof, Work, attainable, product_work};

use crate::{attention64, random};

#[path = "mistakes/16.1.rs"]
mod mistakes_16_1;
#[path = "mistakes/16.2.rs"]
mod mistakes_16_2;
#[path = "mistakes/16.3.rs"]
mod mistakes_16_3;
#[path = "mistakes/16.4.rs"]
mod mistakes_16_4;

/// 20 GB/s and 400 GFLOP/s, in thousands of millions.
const ROOF: Roof = Roof { flops_per_second: 400.0, bytes_per_second: 20.0 };

const HIDDEN: f32 = f32::NEG_INFINITY;

type Count = fn(u64, u64, u64) -> Work;
type Attainable = fn(&Roof, &Work) -> f64;
type Add = fn(&mut Running, f32);
type Attend = fn(&[f32], &[f32], &[f32], &[bool]) -> Vec<f32>;

#[test]
fn exercise_16_1() {
    product_work_16_1().check();
}

#[test]
fn exercise_16_2() {
    attainable_16_2().check();
}

#[test]
fn exercise_16_3() {
    add_16_3().check();
}

#[test]
fn exercise_16_4() {
    attend_16_4().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    product_work_16_1().tell_mistakes_apart();
    attainable_16_2().tell_mistakes_apart();
    add_16_3().tell_mistakes_apart();
    attend_16_4().tell_mistakes_apart();
}

fn product_work_16_1() -> Exercise<Count> {
    let exercise = Exercise::new("16.1", "product_work", product_work as Count)
        .probe(
            "2 rows of 3 numbers times 3 rows of 5: FLOPs, then bytes",
            |count: Count| flops_and_bytes(count(2, 3, 5)),
            [60.0, 4.0 * 31.0],
        )
        .probe(
            "1 row of 384 numbers times 384 rows of 1536: FLOPs, then bytes",
            |count: Count| flops_and_bytes(count(1, 384, 1536)),
            [1_179_648.0, 2_366_976.0],
        )
        .random(random_product);
    mistakes!(
        exercise,
        mistakes_16_1: multiplications_without_additions,
        the_output_not_counted,
        numbers_and_not_bytes,
        both_factors_read_again_for_every_multiplication,
        the_weight_not_counted,
        two_operations_for_each_number_of_the_output,
    )
}

fn flops_and_bytes(work: Work) -> [f64; 2] {
    [work.flops as f64, work.bytes as f64]
}

/// Counted by three loops.
fn random_product(rng: &mut StdRng) -> Probe<Count> {
    let [rows, inner, columns] = [(); 3].map(|()| rng.random_range(1..9u64));
    let mut flops = 0;
    for _ in 0..rows * columns {
        for _ in 0..inner {
            flops += 2;
        }
    }
    let bytes = 4 * (rows * inner) + 4 * (inner * columns) + 4 * (rows * columns);
    Probe::new(
        format!("{rows} rows of {inner} numbers times {inner} rows of {columns}"),
        move |count: Count| flops_and_bytes(count(rows, inner, columns)),
        [f64::from(flops), bytes as f64],
    )
}

fn attainable_16_2() -> Exercise<Attainable> {
    let exercise = Exercise::new("16.2", "attainable", attainable as Attainable)
        .probe(
            "20 GB/s, 400 GFLOP/s; 30 operations on 12 bytes",
            |attainable: Attainable| attainable(&ROOF, &Work { flops: 30, bytes: 12 }),
            50.0,
        )
        .probe(
            "20 GB/s, 400 GFLOP/s; 1000 operations on 8 bytes",
            |attainable: Attainable| attainable(&ROOF, &Work { flops: 1000, bytes: 8 }),
            400.0,
        )
        .probe(
            "20 GB/s, 400 GFLOP/s; 160 operations on 8 bytes",
            |attainable: Attainable| attainable(&ROOF, &Work { flops: 160, bytes: 8 }),
            400.0,
        )
        .random(random_roof);
    mistakes!(
        exercise,
        mistakes_16_2: the_peak_whatever_the_work,
        the_memory_alone,
        the_larger_of_both_limits,
        bytes_per_operation_and_not_operations_per_byte,
        both_limits_added,
        moving_and_computing_in_turns,
    )
}

/// The work divided by the longer of its two times.
fn random_roof(rng: &mut StdRng) -> Probe<Attainable> {
    let [flops, bytes] = [(); 2].map(|()| rng.random_range(1..1000u64));
    let computing = flops as f64 / 400.0;
    let moving = bytes as f64 / 20.0;
    Probe::new(
        format!("20 GB/s, 400 GFLOP/s; {flops} operations on {bytes} bytes"),
        move |attainable: Attainable| attainable(&ROOF, &Work { flops, bytes }),
        flops as f64 / if computing > moving { computing } else { moving },
    )
}

fn add_16_3() -> Exercise<Add> {
    let exercise = Exercise::new("16.3", "Running::add", Running::add as Add)
        .probe(
            "scores 0, -ln 2, ln 4: the largest and the sum",
            |add: Add| taken_in(add, &[0.0, -std::f32::consts::LN_2, 4f32.ln()]),
            [4f64.ln(), 1.375],
        )
        .probe(
            "scores 2, 2, 1: the largest and the sum",
            |add: Add| taken_in(add, &[2.0, 2.0, 1.0]),
            [2.0, 2.0 + (-1f64).exp()],
        )
        .probe(
            "scores hidden, 1, hidden: the largest and the sum",
            |add: Add| taken_in(add, &[HIDDEN, 1.0, HIDDEN]),
            [1.0, 1.0],
        )
        .probe(
            "scores 100, 101: the largest and the sum",
            |add: Add| taken_in(add, &[100.0, 101.0]),
            [101.0, 1.0 + (-1f64).exp()],
        )
        .random(random_row);
    mistakes!(
        exercise,
        mistakes_16_3: the_sum_so_far_not_made_smaller,
        the_sum_so_far_made_larger,
        a_hidden_score_taken_in,
        the_new_score_made_smaller_too,
        no_largest_taken_off,
        the_last_score_for_the_largest,
    )
}

fn taken_in(add: Add, scores: &[f32]) -> [f32; 2] {
    let mut running = Running::NOTHING;
    for &score in scores {
        add(&mut running, score);
    }
    [running.largest, running.sum]
}

/// The maximum first and then the sum, in f64.
fn random_row(rng: &mut StdRng) -> Probe<Add> {
    let scores = random(rng.random_range(1..9), rng.random());
    let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
    for &score in &scores {
        largest = largest.max(f64::from(score));
    }
    for &score in &scores {
        sum += (f64::from(score) - largest).exp();
    }
    Probe::new(format!("scores {scores:?}"), move |add: Add| taken_in(add, &scores), [largest, sum])
}

/// A query of two numbers, and three keys and values of as many: the second key fits best, so that
/// the output has to be made smaller once.
const QUERY: [f32; 2] = [1.0, 2.0];
const KEYS: [f32; 6] = [1.0, 0.0, 1.0, 1.0, 0.0, 0.5];
const VALUES: [f32; 6] = [1.0, 2.0, 5.0, -3.0, 0.5, 4.0];

fn attend_16_4() -> Exercise<Attend> {
    let seen = [[false; 3], [false, true, false], [true; 3]];
    let answers = seen.map(|hidden| attention64([&QUERY, &KEYS, &VALUES], &hidden, 2));
    let [all, two, none] = answers;
    let given = format!("query = {QUERY:?}, keys = {KEYS:?}, values = {VALUES:?}");
    let exercise = Exercise::new("16.4", "attend_one_query", attend_one_query as Attend)
        .probe(
            format!("{given}, nothing hidden"),
            |attend: Attend| attend(&QUERY, &KEYS, &VALUES, &[false; 3]),
            all,
        )
        .probe(
            format!("{given}, the second key hidden"),
            |attend: Attend| attend(&QUERY, &KEYS, &VALUES, &[false, true, false]),
            two,
        )
        .probe(
            format!("{given}, every key hidden"),
            |attend: Attend| attend(&QUERY, &KEYS, &VALUES, &[true; 3]),
            none,
        )
        .probe(
            "query = [100], keys = [1, 2], values = [3, 4], nothing hidden",
            |attend: Attend| attend(&[100.0], &[1.0, 2.0], &[3.0, 4.0], &[false; 2]),
            [4.0],
        )
        .random(random_query);
    mistakes!(
        exercise,
        mistakes_16_4: the_output_so_far_not_made_smaller,
        not_divided_by_the_sum,
        not_divided_by_the_square_root_of_d_head,
        only_hidden_keys_seen,
        nan_where_every_key_is_hidden,
        exp_of_the_scores_as_they_are,
    )
}

fn random_query(rng: &mut StdRng) -> Probe<Attend> {
    let [keys, d_head] = [(); 2].map(|()| rng.random_range(1..6));
    let seed = rng.random();
    let q = random(d_head, seed);
    let [k, v] = [!seed, seed ^ 1].map(|seed| random(keys * d_head, seed));
    let hidden: Vec<bool> = (0..keys).map(|key| key % 3 == 1).collect();
    let expected = attention64([&q, &k, &v], &hidden, d_head);
    Probe::new(
        format!("a random query for {keys} keys of {d_head} numbers, every third hidden"),
        move |attend: Attend| attend(&q, &k, &v, &hidden),
        expected,
    )
}

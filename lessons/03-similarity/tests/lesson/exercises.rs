//! What a learner writes here, checked: `cargo learn open 03.1`.
//!
//! Two rows against three, four numbers each: no two sizes are equal, no two vectors are equally
//! long, and nothing is symmetric, so that whatever is taken for something else shows.

use burn::tensor::{Device, Tensor};
use exercise::{Exercise, Probe, mistakes, refused};
use rand::RngExt;
use rand::rngs::StdRng;
use similarity::{anisotropy, best, dot, normalise, pairwise};

use crate::{numbers, values};

#[path = "mistakes/03.1.rs"]
mod mistakes_03_1;
#[path = "mistakes/03.2.rs"]
mod mistakes_03_2;
#[path = "mistakes/03.3.rs"]
mod mistakes_03_3;
#[path = "mistakes/03.4.rs"]
mod mistakes_03_4;
#[path = "mistakes/03.5.rs"]
mod mistakes_03_5;

/// Lengths 3 and 5.
const A: [[f32; 4]; 2] = [[1.0, 2.0, 0.0, 2.0], [3.0, 0.0, 4.0, 0.0]];
/// Lengths 1, 5 and 2.
const B: [[f32; 4]; 3] = [[0.0, 1.0, 0.0, 0.0], [4.0, 0.0, -3.0, 0.0], [1.0, 1.0, 1.0, -1.0]];

type OfTwo = fn(Tensor<2>, Tensor<2>) -> Tensor<2>;
type OfPairs = fn(Tensor<2>, Tensor<2>) -> Tensor<1>;
type OfOne = fn(Tensor<2>) -> Tensor<2>;
type Best = fn(&[f32], usize) -> Vec<(usize, f32)>;
type Mean = fn(Tensor<2>) -> f64;

#[test]
fn exercise_03_1() {
    dot_03_1().check();
}

#[test]
fn exercise_03_2() {
    normalise_03_2().check();
}

#[test]
fn exercise_03_3() {
    pairwise_03_3().check();
}

#[test]
fn exercise_03_4() {
    best_03_4().check();
}

#[test]
fn exercise_03_5() {
    anisotropy_03_5().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    dot_03_1().tell_mistakes_apart();
    normalise_03_2().tell_mistakes_apart();
    pairwise_03_3().tell_mistakes_apart();
    best_03_4().tell_mistakes_apart();
    anisotropy_03_5().tell_mistakes_apart();
}

fn dot_03_1() -> Exercise<OfPairs> {
    let (a, b) = ([[3.0, 4.0, 0.0], [-4.0, 3.0, 1.0]], [[4.0, 3.0, 2.0], [3.0, 4.0, 7.0]]);
    let exercise = Exercise::new("03.1", "dot", dot as OfPairs)
        .probe(
            format!("a = {a:?}\nb = {b:?}"),
            move |dot: OfPairs| dot(tensor(a), tensor(b)),
            [24.0, 7.0],
        )
        .probe(
            "a of two rows, b of one: a panic, as is documented, is true",
            |dot: OfPairs| refused(|| dot(tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([[5.0, 6.0]]))),
            "refused",
        )
        .random(random_dot);
    mistakes!(
        exercise,
        mistakes_03_1: one_sum_over_all_pairs,
        along_the_vectors_and_not_along_the_coordinates,
        mean_of_the_products_and_not_their_sum,
        both_lengths_divided_out_as_in_the_cosine,
        a_single_row_of_b_repeated_for_every_row_of_a,
        products_without_their_signs,
    )
}

fn random_dot(rng: &mut StdRng) -> Probe<OfPairs> {
    let shape = [(); 2].map(|()| rng.random_range(1..6));
    let (a, b) = (some(shape, rng), some(shape, rng));
    let mut expected = Vec::new();
    for (a, b) in rows(&a).iter().zip(rows(&b)) {
        expected.push(sum_of_products(a, &b));
    }
    let given = format!("{} random pairs of vectors of {} numbers", shape[0], shape[1]);
    Probe::new(given, move |dot: OfPairs| dot(a.clone(), b.clone()), expected)
}

fn normalise_03_2() -> Exercise<OfOne> {
    let x = [[3.0, 4.0, 0.0], [-2.0, 1.0, 2.0]];
    let exercise = Exercise::new("03.2", "normalise", normalise as OfOne)
        .probe(
            format!("x = {x:?}"),
            move |normalise: OfOne| normalise(tensor(x)),
            [[0.6, 0.8, 0.0], [-2.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0]],
        )
        .probe(
            "x = [[0, 0], [-5, 0]]",
            |normalise: OfOne| normalise(tensor([[0.0, 0.0], [-5.0, 0.0]])),
            [[0.0, 0.0], [-1.0, 0.0]],
        )
        .probe(
            "x = [[3e30, 4e30]], whose squares are more than an f32 can hold",
            |normalise: OfOne| normalise(tensor([[3e30, 4e30]])),
            [[0.6, 0.8]],
        )
        .probe(
            "x = [[-3, -4], [-4e30, 1]], whose largest numbers in absolute value are below 0",
            |normalise: OfOne| normalise(tensor([[-3.0, -4.0], [-4e30, 1.0]])),
            [[-0.6, -0.8], [-1.0, 0.0]],
        )
        .probe(
            "x = [[3e-30, 4e-30]], whose squares vanish",
            |normalise: OfOne| normalise(tensor([[3e-30, 4e-30]])),
            [[0.6, 0.8]],
        )
        .random(random_normalise);
    mistakes!(
        exercise,
        mistakes_03_2: one_length_for_all_vectors,
        along_the_vectors_and_not_along_the_coordinates,
        the_root_of_the_squared_length_forgotten,
        absolute_numbers_that_sum_to_1,
        divided_by_the_largest_number_only,
        nan_for_the_zero_vector,
        squares_of_the_numbers_as_they_are,
        a_small_number_added_to_every_divisor,
        the_largest_number_and_not_the_largest_absolute_one,
    )
}

fn random_normalise(rng: &mut StdRng) -> Probe<OfOne> {
    let shape = [(); 2].map(|()| rng.random_range(1..6));
    let x = some(shape, rng) * 10_f32.powi(rng.random_range(-20..21));
    let expected: Vec<Vec<f64>> = rows(&x).iter().map(|row| unit(row)).collect();
    let given = format!("{} random vectors of {} numbers", shape[0], shape[1]);
    Probe::new(given, move |normalise: OfOne| normalise(x.clone()), expected)
}

fn pairwise_03_3() -> Exercise<OfTwo> {
    let exercise = Exercise::new("03.3", "pairwise", pairwise as OfTwo)
        .probe(
            format!("a = {A:?}\nb = {B:?}"),
            |pairwise: OfTwo| pairwise(tensor(A), tensor(B)),
            [[2.0 / 3.0, 4.0 / 15.0, 1.0 / 6.0], [0.0, 0.0, 0.7]],
        )
        .probe(
            "a = [[3, 4]], b = [[0, 0], [4, 3], [-6, -8]]",
            |pairwise: OfTwo| {
                pairwise(tensor([[3.0, 4.0]]), tensor([[0.0, 0.0], [4.0, 3.0], [-6.0, -8.0]]))
            },
            [[0.0, 0.96, -1.0]],
        )
        .random(random_pairwise);
    mistakes!(
        exercise,
        mistakes_03_3: the_lengths_of_b_left_in,
        the_lengths_of_a_left_in,
        no_row_brought_to_unit_length,
        a_row_for_each_row_of_b_and_not_of_a,
        b_reshaped_and_not_transposed,
        one_minus_the_cosine,
    )
}

fn random_pairwise(rng: &mut StdRng) -> Probe<OfTwo> {
    let [n, m, d_model] = [(); 3].map(|()| rng.random_range(1..6));
    let (a, b) = (some([n, d_model], rng), some([m, d_model], rng));
    let mut expected = Vec::new();
    for a in rows(&a) {
        expected.push(rows(&b).iter().map(|b| sum_of_products(&unit(&a), &unit(b))).collect());
    }
    let expected: Vec<Vec<f64>> = expected;
    let given = format!("{n} and {m} random vectors of {d_model} numbers");
    Probe::new(given, move |pairwise: OfTwo| pairwise(a.clone(), b.clone()), expected)
}

fn best_03_4() -> Exercise<Best> {
    let exercise = Exercise::new("03.4", "best", best as Best)
        .probe(
            "cosines = [0.1, 0.9, 0.5, 0.8, 0.7], k = 3",
            |best: Best| best(&[0.1, 0.9, 0.5, 0.8, 0.7], 3),
            vec![(1, 0.9_f32), (3, 0.8), (4, 0.7)],
        )
        .probe(
            "cosines = [0, 1, 0.71, 1], k = 2",
            |best: Best| best(&[0.0, 1.0, 0.71, 1.0], 2),
            vec![(1, 1.0_f32), (3, 1.0)],
        )
        .probe(
            "cosines = [0, 1, 0.71, 1], k = 0",
            |best: Best| best(&[0.0, 1.0, 0.71, 1.0], 0),
            Vec::<(usize, f32)>::new(),
        )
        .probe(
            "cosines = [0, 1, 0.71, 1], k = 9",
            |best: Best| best(&[0.0, 1.0, 0.71, 1.0], 9),
            vec![(1, 1.0_f32), (3, 1.0), (2, 0.71), (0, 0.0)],
        )
        .probe(
            "37 cosines, row r has (14 r mod 37) / 37, k = 5",
            |best: Best| best(&scattered(), 5),
            vec![
                (29, 36.0_f32 / 37.0),
                (21, 35.0 / 37.0),
                (13, 34.0 / 37.0),
                (5, 33.0 / 37.0),
                (34, 32.0 / 37.0),
            ],
        )
        .probe(
            "cosines = [0.2, NaN, 0.9, 0.5], k = 4: how many come",
            |best: Best| best(&[0.2, f32::NAN, 0.9, 0.5], 4).len(),
            4_usize,
        )
        .probe(
            "thirty cosines, every fifth of them NaN, k = 3: how many come",
            |best: Best| {
                let mut cosines: Vec<f32> = (0..30).map(|at| (at * 7 % 30) as f32 / 30.0).collect();
                cosines.iter_mut().step_by(5).for_each(|cosine| *cosine = f32::NAN);
                best(&cosines, 3).len()
            },
            3_usize,
        )
        .random(random_best);
    mistakes!(
        exercise,
        mistakes_03_4: smallest_first,
        equal_ones_by_the_higher_index,
        selected_and_not_sorted,
        the_best_in_the_order_of_their_rows,
        the_first_k_rows_sorted,
        counted_after_sorting,
        a_panic_where_k_is_above_the_number_of_rows,
        a_comparison_that_panics_at_nan,
    )
}

/// So many that to select the best does not sort them as well, which can happen with a few.
fn scattered() -> Vec<f32> {
    (0..37_u16).map(|row| f32::from(row * 14 % 37) / 37.0).collect()
}

/// Cosines of seven values only, so that many are equal: the largest is taken out again and again.
fn random_best(rng: &mut StdRng) -> Probe<Best> {
    let (rows, k) = (rng.random_range(0..30), rng.random_range(0..40));
    let cosines: Vec<f32> =
        (0..rows).map(|_| f32::from(rng.random_range(-3..4_i8)) / 3.0).collect();
    let mut expected: Vec<(usize, f32)> = Vec::new();
    while expected.len() < k.min(rows) {
        let mut largest: Option<(usize, f32)> = None;
        for (row, &cosine) in cosines.iter().enumerate() {
            let taken = expected.iter().any(|&(taken, _)| taken == row);
            if !taken && largest.is_none_or(|(_, largest)| cosine > largest) {
                largest = Some((row, cosine));
            }
        }
        expected.extend(largest);
    }
    let given = format!("cosines = {cosines:?}, k = {k}");
    Probe::new(given, move |best: Best| best(&cosines, k), expected)
}

fn anisotropy_03_5() -> Exercise<Mean> {
    let exercise = Exercise::new("03.5", "anisotropy", anisotropy as Mean)
        .probe(
            "table = [[1, 0], [0, 1], [1, 1]]",
            |anisotropy: Mean| anisotropy(tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])),
            2_f64.sqrt() / 3.0,
        )
        .probe(
            "table = [[1, 0], [3, 4], [0, 5], [0, 0]]",
            |anisotropy: Mean| anisotropy(tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 5.0], [0.0, 0.0]])),
            (0.6 + 0.8) / 6.0,
        )
        .probe("table = [[3, 4]]", |anisotropy: Mean| anisotropy(tensor([[3.0, 4.0]])), 0.0)
        .random(random_anisotropy);
    mistakes!(
        exercise,
        mistakes_03_5: every_row_with_itself_too,
        dot_products_and_not_cosines,
        neighbouring_rows_only,
        divided_by_the_number_of_rows_squared,
        each_pair_added_twice_and_counted_once,
        the_mean_row_subtracted_first,
        nan_where_there_is_no_pair,
    )
}

fn random_anisotropy(rng: &mut StdRng) -> Probe<Mean> {
    let shape = [(); 2].map(|()| rng.random_range(2..6));
    let table = some(shape, rng);
    let rows: Vec<Vec<f64>> = rows(&table).iter().map(|row| unit(row)).collect();
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (i, a) in rows.iter().enumerate() {
        for b in &rows[i + 1..] {
            sum += sum_of_products(a, b);
            pairs += 1.0;
        }
    }
    let given = format!("{} random rows of {} numbers", shape[0], shape[1]);
    Probe::new(given, move |anisotropy: Mean| anisotropy(table.clone()), sum / pairs)
}

fn sum_of_products(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.iter().zip(b) {
        sum += a * b;
    }
    sum
}

/// A vector at length 1. f64 holds the squares of any f32.
fn unit(x: &[f64]) -> Vec<f64> {
    let length = sum_of_products(x, x).sqrt();
    x.iter().map(|number| number / length).collect()
}

fn rows(matrix: &Tensor<2>) -> Vec<Vec<f64>> {
    values(matrix).chunks(matrix.dims()[1]).map(<[f64]>::to_vec).collect()
}

/// Random numbers in -1..1.
fn some(shape: [usize; 2], rng: &mut StdRng) -> Tensor<2> {
    numbers(shape, rng.random(), &cpu())
}

fn tensor<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu())
}

/// The CPU whatever the other tests run on: a shader may flush numbers as small as 3e-30 to zero,
/// and what is asked here is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

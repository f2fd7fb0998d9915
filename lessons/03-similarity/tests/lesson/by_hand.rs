//! The chapter's own small numbers.

use burn::tensor::{Device, Int, Tensor};
use lookup::cross_entropy;
use similarity::{anisotropy, best, cosine, dot, euclidean, naive, nearest, normalise, pairwise};

/// A matrix of vectors of two numbers.
fn vectors<const N: usize>(rows: [[f32; 2]; N], device: &Device) -> Tensor<2> {
    Tensor::from_floats(rows, device)
}

/// A vector of numbers.
fn numbers<const N: usize>(numbers: [f32; N], device: &Device) -> Tensor<1> {
    Tensor::from_floats(numbers, device)
}

#[test]
fn three_four_against_four_three() {
    let device = backend::from_env();
    let a = vectors([[3.0, 4.0]], &device);
    let b = vectors([[4.0, 3.0]], &device);
    golden::assert_close(&dot(a.clone(), b.clone()), &numbers([24.0], &device), 1e-5);
    golden::assert_close(&cosine(a.clone(), b.clone()), &numbers([0.96], &device), 1e-6);
    golden::assert_close(&euclidean(a, b), &numbers([2_f32.sqrt()], &device), 1e-6);
}

#[test]
fn each_row_has_its_own_length() {
    // 3 vectors of 2 numbers, none as long as another: normalised column by column, or all by one
    // length, no cosine would be right.
    let device = backend::from_env();
    let a = vectors([[3.0, 4.0], [0.0, 5.0], [1.0, 1.0]], &device);
    let b = vectors([[4.0, 3.0], [5.0, 0.0], [-20.0, 0.0]], &device);
    let expected = numbers([0.96, 0.0, -0.5_f32.sqrt()], &device);
    golden::assert_close(&cosine(a, b), &expected, 1e-6);
}

#[test]
fn the_zero_vector_has_cosine_zero_with_everything() {
    let device = backend::from_env();
    let zero = Tensor::<2>::zeros([1, 2], &device);
    let a = vectors([[3.0, 4.0]], &device);
    let nothing = numbers([0.0], &device);
    golden::assert_close(&cosine(zero.clone(), a.clone()), &nothing, 0.0);
    golden::assert_close(&cosine(zero.clone(), zero.clone()), &nothing, 0.0);
    golden::assert_close(&normalise(zero.clone()), &zero, 0.0);
    golden::assert_close(&pairwise(a, zero), &vectors([[0.0, 0.0]], &device).narrow(1, 0, 1), 0.0);
}

#[test]
fn a_hypotenuse_is_brought_to_one() {
    let device = backend::from_env();
    let unit = normalise(vectors([[3.0, 4.0], [-5.0, 0.0]], &device));
    golden::assert_close(&unit, &vectors([[0.6, 0.8], [-1.0, 0.0]], &device), 1e-6);
}

#[test]
fn the_nearest_come_first_and_ties_by_index() {
    let device = backend::from_env();
    let table = vectors([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0], [1.0, 0.0]], &device);
    let query = vectors([[5.0, 0.0]], &device);
    let rows = |k| {
        nearest(query.clone(), table.clone(), k)[0].iter().map(|&(row, _)| row).collect::<Vec<_>>()
    };
    assert_eq!(rows(4), [1, 3, 2, 0]);
    assert_eq!(rows(2), [1, 3]);
    assert_eq!(rows(1), [1]);
    assert!(rows(0).is_empty());
    assert_eq!(rows(100), [1, 3, 2, 0], "more than there are gives all");
}

#[test]
fn the_nearest_of_two_queries_are_not_mixed_up() {
    // 2 queries, 3 rows: (0, 1) is nearest to row 2, then 0; (-1, 0) to row 1.
    let device = backend::from_env();
    let queries = vectors([[0.0, 1.0], [-1.0, 0.0]], &device);
    let table = vectors([[1.0, 1.0], [-2.0, 0.0], [0.0, 3.0]], &device);
    let found = nearest(queries, table, 2);
    let half = 0.5_f32.sqrt();
    for (query, expected) in [[(2, 1.0), (0, half)], [(1, 1.0), (2, 0.0)]].iter().enumerate() {
        for (found, expected) in found[query].iter().zip(expected) {
            assert_eq!(found.0, expected.0, "query {query}");
            assert!((found.1 - expected.1).abs() < 1e-6, "{found:?} {expected:?}");
        }
    }
}

#[test]
fn the_best_are_sorted_and_not_only_selected() {
    let cosines = [0.0, 1.0, 0.71, 1.0];
    assert_eq!(best(&cosines, 2), [(1, 1.0), (3, 1.0)]);
    assert_eq!(best(&cosines, 0), []);
    assert_eq!(best(&cosines, 9), [(1, 1.0), (3, 1.0), (2, 0.71), (0, 0.0)]);
    assert_eq!(best(&[0.1, 0.9, 0.5, 0.8, 0.7], 3), [(1, 0.9), (3, 0.8), (4, 0.7)]);
}

#[test]
fn a_cosine_that_is_nan_stops_no_search() {
    assert_eq!(best(&[0.2, f32::NAN, 0.9, 0.5], 4).len(), 4);
}

#[test]
fn strangers_are_all_pairs_of_two_different_rows() {
    // (1, 0) (0, 1): 0. (1, 0) (1, 1) and (0, 1) (1, 1): 0.7071 each. Their mean is 0.4714.
    let device = backend::from_env();
    let table = vectors([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], &device);
    let mean = anisotropy(table.clone());
    assert!((mean - 2_f64.sqrt() / 3.0).abs() < 1e-6, "{mean}");
    let longer = table * numbers([7.0], &device).reshape([1, 1]);
    assert!((anisotropy(longer) - mean).abs() < 1e-6, "lengths do not count");
    assert_eq!(anisotropy(vectors([[3.0, 4.0]], &device)), 0.0, "one row has no stranger");
}

#[test]
fn a_row_that_is_not_the_answer_is_pushed_away_from_the_neighbours() {
    // Rows of cat, sour and wet; the neighbours' mean is (1, 0), and the answer is cat. Softmax of
    // 2, 0, -1: e^2 = 7.3891, 1 and 0.3679, of 8.7569.
    let device = backend::from_env().autodiff();
    let rows = [[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]];
    let table = Tensor::<2>::from_floats(rows, &device).require_grad();
    let mean = Tensor::<2>::from_floats([[1.0, 0.0]], &device);
    let answer = Tensor::<1, Int>::from_ints([0], &device);
    let loss = cross_entropy(mean.matmul(table.clone().transpose()), answer);
    golden::assert_close(&loss.clone().inner(), &numbers([0.1698], &device).inner(), 1e-4);
    let gradient = table.grad(&loss.backward()).expect("the loss depends on the table");
    let expected = [[-0.1562, 0.0], [0.1142, 0.0], [0.0420, 0.0]];
    golden::assert_close(&gradient, &vectors(expected, &device).inner(), 1e-4);
}

#[test]
fn pushed_the_same_way_two_rows_become_a_cone() {
    let device = backend::from_env();
    let start = vectors([[0.1, 0.0], [0.0, 0.1]], &device);
    assert_eq!(anisotropy(start.clone()), 0.0);
    let pushed = anisotropy(start - 1.0);
    assert!((pushed - 1.8 / 1.81).abs() < 1e-6, "{pushed}");
    assert!((naive::cosine(&[-0.9, -1.0], &[-1.0, -0.9]) - pushed).abs() < 1e-6);
}

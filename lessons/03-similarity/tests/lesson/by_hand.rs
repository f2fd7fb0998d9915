//! The chapter's own small numbers.

use burn::tensor::Tensor;
use similarity::{cosine, dot, euclidean, nearest, normalise, pairwise};

use crate::values;

#[test]
fn three_four_against_four_three() {
    let device = backend::from_env();
    let a = Tensor::<2>::from_floats([[3.0, 4.0]], &device);
    let b = Tensor::<2>::from_floats([[4.0, 3.0]], &device);
    assert!((values(&dot(a.clone(), b.clone()))[0] - 24.0).abs() < 1e-5);
    assert!((values(&cosine(a.clone(), b.clone()))[0] - 0.96).abs() < 1e-6);
    assert!((values(&euclidean(a, b))[0] - 2_f64.sqrt()).abs() < 1e-6);
}

#[test]
fn the_zero_vector_has_cosine_zero_with_everything() {
    let device = backend::from_env();
    let zero = Tensor::<2>::zeros([1, 2], &device);
    let a = Tensor::<2>::from_floats([[3.0, 4.0]], &device);
    assert_eq!(values(&cosine(zero.clone(), a.clone())), [0.0]);
    assert_eq!(values(&cosine(zero.clone(), zero.clone())), [0.0]);
    assert_eq!(values(&normalise(zero.clone())), [0.0, 0.0]);
    assert_eq!(values(&pairwise(a, zero)), [0.0]);
}

#[test]
fn a_hypotenuse_is_brought_to_one() {
    let device = backend::from_env();
    let unit = values(&normalise(Tensor::from_floats([[3.0, 4.0], [-5.0, 0.0]], &device)));
    for (got, want) in unit.iter().zip([0.6, 0.8, -1.0, 0.0]) {
        assert!((got - want).abs() < 1e-6, "{unit:?}");
    }
}

#[test]
fn the_nearest_come_first_and_ties_by_index() {
    let device = backend::from_env();
    let table = Tensor::<2>::from_floats([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0], [1.0, 0.0]], &device);
    let query = Tensor::<2>::from_floats([[5.0, 0.0]], &device);
    let rows = |k| {
        nearest(query.clone(), table.clone(), k)[0].iter().map(|&(row, _)| row).collect::<Vec<_>>()
    };
    assert_eq!(rows(4), [1, 3, 2, 0]);
    assert_eq!(rows(2), [1, 3]);
    assert_eq!(rows(1), [1]);
    assert!(rows(0).is_empty());
    assert_eq!(rows(100), [1, 3, 2, 0], "more than there are gives all");
}

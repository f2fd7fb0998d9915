//! Against scikit-learn's recorded values and plain loops.

use burn::tensor::{Tensor, TensorData};
use similarity::{anisotropy, cosine, dot, euclidean, naive, pairwise};

use crate::{numbers, values};

/// The rows of a matrix.
fn rows(matrix: &Tensor<2>) -> Vec<Vec<f64>> {
    values(matrix).chunks(matrix.dims()[1]).map(<[f64]>::to_vec).collect()
}

#[test]
fn the_three_measures_are_the_recorded_ones() {
    let device = backend::from_env();
    let part = golden::part("cosine");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let (a, b) = (part.tensor::<2>("a", &device), part.tensor::<2>("b", &device));
    golden::assert_close(
        &cosine(a.clone(), b.clone()),
        &part.tensor::<1>("cosine", &device),
        tolerance,
    );
    // Lengths reach 1680 and f32 keeps seven digits, so these are held to the tolerance relative to
    // their size.
    for (ours, name) in [(dot(a.clone(), b.clone()), "dot"), (euclidean(a, b), "euclidean")] {
        let expected = part.tensor::<1>(name, &device);
        let scale = expected.clone().abs().clamp_min(1.0);
        golden::assert_close(&(ours / scale.clone()), &(expected / scale), 2.0 * tolerance);
    }
}

#[test]
fn tensors_and_plain_loops_agree() {
    let device = backend::from_env();
    let (a, b) = (numbers([4, 9], 7, &device), numbers([5, 9], 8, &device));
    let (a_rows, b_rows) = (rows(&a), rows(&b));
    let mut cosines = Vec::new();
    for x in &a_rows {
        for y in &b_rows {
            cosines.push(naive::cosine(x, y));
        }
    }
    let tolerance = backend::tolerance(&device, 1e-6);
    let expected = Tensor::<2>::from_data(TensorData::new(cosines, [4, 5]), &device);
    golden::assert_close(&pairwise(a.clone(), b.clone()), &expected, tolerance);

    let (mut dots, mut distances) = (Vec::new(), Vec::new());
    for (x, y) in a_rows.iter().zip(&b_rows) {
        dots.push(naive::dot(x, y));
        distances.push(naive::euclidean(x, y));
    }
    let first_four = b.slice([0..4, 0..9]);
    let dots = Tensor::<1>::from_data(TensorData::from(dots.as_slice()), &device);
    let distances = Tensor::<1>::from_data(TensorData::from(distances.as_slice()), &device);
    golden::assert_close(&dot(a.clone(), first_four.clone()), &dots, tolerance);
    golden::assert_close(&euclidean(a, first_four), &distances, tolerance);
}

#[test]
fn the_mean_of_all_pairs_is_that_of_plain_loops() {
    let device = backend::from_env();
    let table = numbers([7, 4], 7, &device);
    let rows = rows(&table);
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (i, x) in rows.iter().enumerate() {
        for y in &rows[i + 1..] {
            sum += naive::cosine(x, y);
            pairs += 1.0;
        }
    }
    let (found, expected) = (anisotropy(table), sum / pairs);
    let tolerance = f64::from(backend::tolerance(&device, 1e-6));
    assert!((found - expected).abs() < tolerance, "expected {expected}, found {found}");
}

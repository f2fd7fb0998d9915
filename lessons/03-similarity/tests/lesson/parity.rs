//! Against scikit-learn's recorded values and plain loops.

use burn::tensor::Tensor;
use similarity::{cosine, dot, euclidean, naive, pairwise};

use crate::{numbers, values};

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
    let split = |t: &Tensor<2>| values(t).chunks(9).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let cosines = values(&pairwise(a.clone(), b.clone()));
    let tolerance = f64::from(backend::tolerance(&device, 1e-6));
    for (i, x) in split(&a).iter().enumerate() {
        for (j, y) in split(&b).iter().enumerate() {
            assert!(
                (cosines[i * 5 + j] - naive::cosine(x, y)).abs() < tolerance,
                "row {i}, row {j}"
            );
        }
    }
    let b = b.narrow(0, 0, 4);
    let (dots, ways) =
        (values(&dot(a.clone(), b.clone())), values(&euclidean(a.clone(), b.clone())));
    for (i, (x, y)) in split(&a).iter().zip(&split(&b)).enumerate() {
        assert!((dots[i] - naive::dot(x, y)).abs() < tolerance);
        assert!((ways[i] - naive::euclidean(x, y)).abs() < tolerance);
    }
}

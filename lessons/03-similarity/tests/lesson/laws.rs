//! What holds for every pair of vectors.

use burn::tensor::Tensor;
use proptest::prelude::*;
use similarity::{cosine, dot, euclidean, nearest, normalise, pairwise};

use crate::{numbers, values};

/// Whether every pair of numbers is as close as f32 allows.
fn alike(a: &[f64], b: &[f64], on_cpu: f32) -> bool {
    let tolerance = f64::from(backend::tolerance(&backend::from_env(), on_cpu));
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x - y).abs() <= tolerance)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn cosine_lies_within_one_and_is_symmetric(n in 1_usize..6, d in 1_usize..20, seed in 0..999_u64) {
        let device = backend::from_env();
        let (a, b) = (numbers([n, d], seed, &device), numbers([n, d], seed + 1000, &device));
        let one_way = values(&cosine(a.clone(), b.clone()));
        prop_assert!(one_way.iter().all(|c| c.abs() <= 1.0 + 1e-5), "{one_way:?}");
        prop_assert!(alike(&one_way, &values(&cosine(b, a.clone())), 1e-6));
        prop_assert!(alike(&values(&cosine(a.clone(), a)), &vec![1.0; n], 1e-6));
    }

    #[test]
    fn cosine_does_not_care_for_length(d in 1_usize..20, seed in 0..999_u64, power in -18_i32..18) {
        let device = backend::from_env();
        let (a, b) = (numbers([3, d], seed, &device), numbers([3, d], seed + 1000, &device));
        let scaled = a.clone() * 10_f32.powi(power);
        prop_assert!(alike(&values(&cosine(scaled, b.clone())), &values(&cosine(a, b)), 2e-6));
    }

    #[test]
    fn between_unit_vectors_distance_and_cosine_agree(d in 2_usize..20, seed in 0..999_u64) {
        let device = backend::from_env();
        let (a, b) =
            (normalise(numbers([4, d], seed, &device)), normalise(numbers([4, d], seed + 1000, &device)));
        let squared = values(&euclidean(a.clone(), b.clone()).square());
        let from_cosine: Vec<f64> = values(&dot(a, b)).iter().map(|c| 2.0 - 2.0 * c).collect();
        prop_assert!(alike(&squared, &from_cosine, 5e-6), "{squared:?} {from_cosine:?}");
    }

    #[test]
    fn nearest_is_the_whole_order_cut_short(rows in 1_usize..30, k in 0_usize..40, seed in 0..999_u64) {
        let device = backend::from_env();
        let (queries, table) = (numbers([2, 3], seed, &device), numbers([rows, 3], seed + 1000, &device));
        let all = nearest(queries.clone(), table.clone(), rows);
        let some = nearest(queries, table, k);
        for (all, some) in all.iter().zip(&some) {
            let near = backend::rerun(&device);
            let same = |(a, b): (&(usize, f32), &(usize, f32))| a.0 == b.0 && (a.1 - b.1).abs() <= near;
            prop_assert!(some.len() == k.min(rows) && all.iter().zip(some).all(same), "{all:?} {some:?}");
            prop_assert!(all.windows(2).all(|w| w[0].1 > w[1].1 || (w[0].1 == w[1].1 && w[0].0 < w[1].0)));
        }
    }
}

#[test]
fn vectors_too_long_or_too_short_to_square_still_have_a_cosine() {
    let device = backend::from_env();
    if backend::is_gpu(&device) {
        return; // a shader may flush numbers this small to zero (WGSL, section 15.7.1)
    }
    let b = [[4.0, 3.0], [4.0, 3.0], [4e30, 3e30], [4e-30, 3e-30]];
    let a = [[3e30, 4e30], [3e-30, 4e-30], [3e30, 4e30], [3e-30, 4e-30]];
    let cosines = cosine(Tensor::from_floats(a, &device), Tensor::from_floats(b, &device));
    golden::assert_close(&cosines, &Tensor::from_floats([0.96; 4], &device), 1e-6);
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn widths_must_agree() {
    let device = backend::from_env();
    pairwise(Tensor::zeros([2, 3], &device), Tensor::zeros([5, 4], &device));
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn rows_are_compared_one_by_one() {
    let device = backend::from_env();
    dot(Tensor::zeros([2, 3], &device), Tensor::zeros([5, 3], &device));
}

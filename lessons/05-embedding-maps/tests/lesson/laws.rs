//! What holds for every set of points.

use burn::tensor::{Int, Tensor, TensorData};
use maps::{
    EXACT, KMeansConfig, Map, TsneConfig, conditional, gradient, joint, kl, largest_perplexity,
    pca, purity, silhouette, silhouettes,
};
use proptest::prelude::*;

use crate::{dense, heaps, map_of, numbers, values};

/// f32 sums on this device.
fn tolerance(on_cpu: f32) -> f64 {
    f64::from(backend::tolerance(&backend::from_env(), on_cpu))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(24)))]

    #[test]
    fn components_are_at_right_angles_and_hold_all_the_variance(n in 1_usize..9, d in 1_usize..9, seed in 0..999_u64) {
        let device = backend::from_env();
        let x = numbers([n, d], seed, &device);
        let found = pca(x.clone(), d);
        let (components, variances) = (values(&found.components), values(&found.explained_variance));
        let rank = variances.iter().filter(|&&variance| variance > 0.0).count();
        prop_assert!(rank <= (n - 1).min(d), "{variances:?}");
        for i in 0..d {
            for j in 0..d {
                let dot: f64 = (0..d).map(|axis| components[i * d + axis] * components[j * d + axis]).sum();
                let expected = if i == j && i < rank { 1.0 } else { 0.0 };
                prop_assert!((dot - expected).abs() < tolerance(1e-3), "{i} {j}: {dot}, rank {rank}");
            }
        }
        prop_assert!(variances.windows(2).all(|pair| pair[0] >= pair[1] - 1e-6), "{variances:?}");
        let ratios: f64 = values(&found.explained_variance_ratio).iter().sum();
        prop_assert!((ratios - if n > 1 { 1.0 } else { 0.0 }).abs() < tolerance(1e-4), "{ratios}");
        let projected = values(&(found.project(x.clone()).square().sum_dim(0)));
        let freedom = n.max(2) as f64 - 1.0;
        for (variance, along) in variances.iter().zip(projected) {
            prop_assert!((variance - along / freedom).abs() < tolerance(1e-4), "{variance} {}", along / freedom);
        }
    }

    #[test]
    fn affinities_are_symmetric_and_sum_to_one(n in 2_usize..40, d in 1_usize..6, seed in 0..999_u64) {
        let p = dense(&joint(numbers([n, d], seed, &backend::from_env()), largest_perplexity(n)));
        let sum: f64 = p.iter().flatten().sum();
        prop_assert!((sum - 1.0).abs() < 1e-5, "{sum}");
        for (i, row) in p.iter().enumerate() {
            prop_assert_eq!(row[i], 0.0);
            prop_assert!((0..n).all(|j| row[j] == p[j][i]), "row {}", i);
        }
    }

    #[test]
    fn every_row_has_the_entropy_asked_for(
        squared in prop::collection::vec(0.01_f32..100.0, 9..60), share in 0.34_f64..0.9, scale in -10_i32..10
    ) {
        let perplexity = squared.len() as f64 * share;
        let scaled: Vec<f32> = squared.iter().map(|d| d * 10_f32.powi(scale)).collect();
        let (beta, p) = conditional(&scaled, perplexity);
        let entropy = -p.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        prop_assert!(beta > 0.0 && (entropy - perplexity.ln()).abs() < 1e-6, "{beta} {entropy}");
    }

    #[test]
    fn pulls_and_pushes_cancel_over_the_whole_map(n in 2_usize..40, seed in 0..999_u64) {
        let device = backend::from_env();
        let p = joint(numbers([n, 3], seed, &device), largest_perplexity(n));
        let y = map_of(&(numbers([n, 2], seed + 1, &device) * 5.0));
        for along in gradient(&p, &y, 1.0) {
            prop_assert!(along.iter().sum::<f32>().abs() < 1e-5, "{along:?}");
        }
    }

    #[test]
    fn a_map_moved_or_turned_is_as_good(n in 4_usize..30, angle in 0_f32..6.0, seed in 0..999_u64) {
        let device = backend::from_env();
        let p = joint(numbers([n, 3], seed, &device), 1.0);
        let y = map_of(&numbers([n, 2], seed + 1, &device));
        let (sin, cos) = angle.sin_cos();
        let turned = |[a, b]: [f32; 2]| [a * cos - b * sin + 3.0, a * sin + b * cos - 2.0];
        let other: Vec<[f32; 2]> = y.points().into_iter().map(turned).collect();
        let other = Map { y: [0, 1].map(|axis| other.iter().map(|point| point[axis]).collect()) };
        prop_assert!((kl(&p, &y) - kl(&p, &other)).abs() < 1e-4);
        prop_assert!(kl(&p, &y) > -1e-6, "a divergence is never below zero");
    }

    #[test]
    fn the_inertia_of_kmeans_never_rises(n in 1_usize..60, k in 1_usize..9, d in 1_usize..5, seed in 0..999_u64) {
        let k = k.min(n);
        let x = numbers([n, d], seed, &backend::from_env());
        let found = KMeansConfig::new(k, seed).with_starts(1).fit(x);
        // A mean in f32 may miss the best place by a rounding.
        prop_assert!(found.inertias.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-6)), "{:?}", found.inertias);
        let mut used = found.labels.clone();
        used.sort_unstable();
        used.dedup();
        prop_assert!(used.len() == k && used[k - 1] < k, "no cluster of different points is \
            empty: {used:?}");
    }

    #[test]
    fn silhouettes_lie_within_one_and_follow_their_points(n in 1_usize..30, k in 1_usize..5, seed in 0..999_u64) {
        let device = backend::from_env();
        let x = numbers([n, 3], seed, &device);
        let labels: Vec<usize> = (0..n).map(|i| (i * i + seed as usize) % k).collect();
        let each = silhouettes(x.clone(), &labels);
        prop_assert!(each.iter().all(|s| s.abs() <= 1.0), "{each:?}");
        let backwards: Vec<usize> = labels.iter().rev().map(|label| 7 - label).collect();
        let mut turned = silhouettes(x.flip([0]), &backwards);
        turned.reverse();
        prop_assert!(each.iter().zip(&turned).all(|(a, b)| (a - b).abs() < 1e-9), "{each:?} \
            {turned:?}");
    }

    #[test]
    fn purity_is_one_exactly_when_no_cluster_mixes_kinds(pairs in prop::collection::vec((0_usize..4, 0_usize..3), 1..20)) {
        let (clusters, kinds): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let mixes = pairs.iter().any(|a| pairs.iter().any(|b| a.0 == b.0 && a.1 != b.1));
        let purity = purity(&clusters, &kinds);
        prop_assert!((purity == 1.0) != mixes && purity > 0.0 && purity <= 1.0, "{purity}");
    }
}

#[test]
fn constant_columns_and_equal_points_have_no_components() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[5.0, 1.0, 0.0], [5.0, 3.0, 0.0]], &device);
    let found = pca(x.clone(), 5);
    assert_eq!(found.components.dims(), [5, 3]);
    golden::assert_close(
        &found.components.narrow(0, 0, 1),
        &Tensor::from_floats([[0.0, 1.0, 0.0]], &device),
        1e-6,
    );
    let variances = Tensor::from_floats([2.0, 0.0, 0.0, 0.0, 0.0], &device);
    golden::assert_close(&found.explained_variance, &variances, 1e-6);
    let equal = pca(x.narrow(0, 0, 1).repeat_dim(0, 4), 2);
    assert_eq!(values(&equal.components), [0.0; 6]);
    assert_eq!(values(&equal.explained_variance_ratio), [0.0; 2]);
}

#[test]
fn few_points_in_many_dimensions_have_the_components_of_the_large_side() {
    let device = backend::from_env();
    let x = numbers([6, 50], 7, &device)
        * Tensor::<1, Int>::arange(1..51, &device).float().reshape([1, 50]);
    let wide = pca(x.clone(), 3);
    // The same points and a hundred at the mean: the larger Gram side, the same directions.
    let filled = Tensor::cat(vec![x.clone(), x.mean_dim(0).repeat_dim(0, 100)], 0);
    let tolerance = backend::tolerance(&device, 1e-4);
    golden::assert_close(&pca(filled, 3).components, &wide.components, tolerance);
}

/// A map of whatever points is finite.
fn is_finite(map: &Map, points: usize) -> bool {
    map.points().len() == points
        && map.points().iter().flatten().all(|coordinate| coordinate.is_finite())
}

#[test]
fn one_two_and_three_points_have_a_map() {
    let device = backend::from_env();
    for points in [1, 2, 3] {
        let config = TsneConfig::new(7).with_perplexity(largest_perplexity(points));
        let map =
            config.fit(numbers([points, 4], 7, &device), |step| assert!(step.kl().is_finite()));
        assert!(is_finite(&map, points), "{map:?}");
    }
}

#[test]
fn points_that_coincide_part_from_the_others() {
    let twins = numbers([7, 4], 7, &backend::from_env()).repeat_dim(0, 4);
    let map = TsneConfig::new(7).with_perplexity(2.5).fit(twins, |_| {});
    assert!(is_finite(&map, 28));
    let far = |i: usize, j: usize| (map.y[0][i] - map.y[0][j]).hypot(map.y[1][i] - map.y[1][j]);
    let own = (0..7).map(|i| far(i, i + 7)).fold(0.0, f32::max);
    let other = (1..7).map(|i| far(0, i)).fold(f32::INFINITY, f32::min);
    assert!(0.0 < own && own < other, "twins lie {own} apart, others {other}");
}

#[test]
fn points_on_a_line_stay_in_their_order() {
    let on_a_line = Tensor::<1, Int>::arange(0..28, &backend::from_env())
        .float()
        .reshape([28, 1])
        .repeat_dim(1, 4);
    let map = TsneConfig::new(7).with_perplexity(2.5).fit(on_a_line, |_| {});
    assert!(is_finite(&map, 28) && map.y[0].is_sorted(), "{map:?}");
}

#[test]
fn where_pca_sees_one_direction_chance_opens_the_second() {
    // Four places on a line, seven points on each: the second component is zero, and so is every
    // pull along it.
    let places = Tensor::<1, Int>::arange(0..4, &backend::from_env())
        .float()
        .reshape([4, 1])
        .repeat_dim(0, 7);
    let map = TsneConfig::new(7).with_perplexity(6.0).fit(places.clone(), |_| {});
    let width =
        |along: &[f32]| along.iter().fold(0_f32, |width, y| width.max((y - along[0]).abs()));
    assert!(is_finite(&map, 28) && width(&map.y[0]) > 1.0 && width(&map.y[1]) > 1.0, "{map:?}");
    assert_ne!(
        TsneConfig::new(8).with_perplexity(6.0).fit(places, |_| {}),
        map,
        "another seed, another chance"
    );
}

#[test]
fn points_that_are_all_equal_stay_together_which_is_no_divergence_at_all() {
    let mut last = f64::NAN;
    let config = TsneConfig::new(7).with_perplexity(2.5);
    let map = config.fit(Tensor::zeros([28, 4], &backend::from_env()), |step| last = step.kl());
    assert!(is_finite(&map, 28) && last.abs() < 1e-6, "{last} {map:?}");
}

#[test]
fn very_long_and_very_short_vectors_have_the_map_of_their_directions() {
    let device = backend::from_env();
    let (x, _) = heaps(3, 5, 4, 7, &device);
    let fit =
        |x: Tensor<2>| TsneConfig::new(7).with_perplexity(3.0).with_iterations(20).fit(x, |_| {});
    let expected = fit(x.clone());
    for power in [-60, 60] {
        let map = fit(x.clone() * 2_f32.powi(power)); // a power of two: no digit changes
        assert_eq!(map, expected, "times 2^{power}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_for_any_number_of_threads() {
    let device = backend::from_env();
    let (x, _) = heaps(4, 50, 8, 7, &device);
    let p = joint(x.clone(), 20.0);
    let y = map_of(&numbers([200, 2], 8, &device));
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (joint(x.clone(), 20.0), gradient(&p, &y, 12.0), kl(&p, &y).to_bits()))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn beyond_the_exact_size_a_point_keeps_its_nearest() {
    let device = backend::from_env();
    let points = EXACT + 1;
    let line: Vec<f32> = (0..points).map(|point| point as f32).collect();
    let p = joint(Tensor::from_data(TensorData::new(line, [points, 1]), &device), 4.0);
    let of_the_middle: Vec<u32> = p.rows[1000].iter().map(|&(j, _)| j).collect();
    let nearest: Vec<u32> = (994..=1006).filter(|&j| j != 1000).collect();
    assert_eq!(of_the_middle, nearest);
    let sum: f64 = p.rows.iter().flatten().map(|&(_, p)| f64::from(p)).sum();
    assert!((sum - 1.0).abs() < 1e-5, "{sum}");
}

/// Two far clusters: what one has of the other is nothing that f32 could tell from nothing.
#[test]
fn affinities_that_weigh_nothing_are_left_out_and_the_rest_still_sums_to_one() {
    let device = backend::from_env();
    let line: Vec<f32> =
        (0..40).map(|point| point as f32 + if point < 20 { 0.0 } else { 1000.0 }).collect();
    let p = joint(Tensor::from_data(TensorData::new(line, [40, 1]), &device), 5.0);
    assert!(p.rows[0].iter().all(|&(j, _)| j < 20) && p.rows[39].iter().all(|&(j, _)| j >= 20));
    let sum: f64 = p.rows.iter().flatten().map(|&(_, p)| f64::from(p)).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
}

#[test]
fn a_cluster_that_loses_all_its_points_is_filled_again() {
    // Rare: these two were found among 140,000 sets of random points.
    for (d, seed) in [(1, 2103), (2, 6248)] {
        let x = numbers([20, d], seed, &backend::from_env());
        let mut used = KMeansConfig::new(8, seed).with_starts(1).fit(x).labels;
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), 8, "{used:?}");
    }
}

#[test]
fn fewer_different_points_than_clusters_leave_some_empty() {
    let x = Tensor::<2>::from_floats([[0.0], [0.0], [0.0], [9.0]], &backend::from_env());
    let found = KMeansConfig::new(3, 7).fit(x);
    assert_eq!(found.inertia(), 0.0);
    assert!(
        found.labels[3] != found.labels[0]
            && found.centres.iter().flatten().all(|centre| centre.is_finite())
    );
}

#[test]
fn far_heaps_are_all_found_at_the_first_start() {
    let device = backend::from_env();
    let (x, kinds) = heaps(8, 10, 20, 7, &device);
    let far = x + numbers([8, 20], 8, &device).repeat_dim(0, 10) * 1000.0;
    for seed in 0..20 {
        let found = KMeansConfig::new(8, seed).with_starts(1).fit(far.clone());
        assert_eq!(purity(&found.labels, &kinds), 1.0, "seed {seed}");
    }
}

#[test]
fn equal_points_have_a_silhouette_of_zero() {
    assert_eq!(silhouette(Tensor::zeros([4, 2], &backend::from_env()), &[0, 0, 1, 1]), 0.0);
}

#[test]
#[should_panic(expected = "12 points allow a perplexity of 1 to 3.67, found 30")]
fn a_perplexity_too_large_is_refused() {
    joint(Tensor::zeros([12, 2], &backend::from_env()), 30.0);
}

#[test]
#[should_panic(expected = "12 points allow a perplexity of 1 to 3.67, found NaN")]
fn a_perplexity_that_is_no_number_is_refused() {
    joint(Tensor::zeros([12, 2], &backend::from_env()), f64::NAN);
}

#[test]
#[should_panic(expected = "point 1 is not finite")]
fn a_point_that_is_no_number_is_refused() {
    let x = Tensor::<2>::from_floats(
        [[0.0, 1.0], [f32::NAN, 0.0], [1.0, 1.0], [2.0, 0.0]],
        &backend::from_env(),
    );
    TsneConfig::new(7).with_perplexity(1.0).fit(x, |_| {});
}

#[test]
#[should_panic(expected = "5 clusters of 4 points")]
fn more_clusters_than_points_are_refused() {
    KMeansConfig::new(5, 7).fit(Tensor::zeros([4, 2], &backend::from_env()));
}

//! Against recorded values of scikit-learn and PyTorch, burn's autodiff, and plain loops; and the
//! fast versions against the plain ones.

use burn::tensor::Tensor;
use maps::{
    KMeansConfig, Map, TsneConfig, assign, conditional, gradient, joint, kl, naive, pca, repulsion,
    silhouette_of_point, silhouettes, squared_distances,
};

use crate::{assert_alike, dense, heaps, map_of, numbers, values};

#[test]
fn principal_components_are_the_recorded_ones_up_to_their_sign() {
    let device = backend::from_env();
    let part = golden::part("pca");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let x = part.tensor::<2>("x", &device);
    let found = pca(x.clone(), 2);
    let recorded = part.tensor::<2>("components", &device);
    let sign = (found.components.clone() * recorded.clone()).sum_dim(1).sign(); // [k, 1]
    golden::assert_close(
        &found.mean.clone().squeeze_dim(0),
        &part.tensor::<1>("mean", &device),
        tolerance,
    );
    golden::assert_close(&found.components, &(recorded * sign.clone()), tolerance);
    golden::assert_close(
        &found.explained_variance,
        &part.tensor::<1>("explained_variance", &device),
        tolerance,
    );
    let ratio = part.tensor::<1>("explained_variance_ratio", &device);
    golden::assert_close(&found.explained_variance_ratio, &ratio, tolerance);
    let projected = part.tensor::<2>("projected", &device) * sign.transpose();
    golden::assert_close(&found.project(x), &projected, tolerance);
}

#[test]
fn affinities_are_the_recorded_ones() {
    let device = backend::from_env();
    let part = golden::part("tsne");
    let tolerance = f64::from(backend::tolerance(&device, part.tolerance()));
    let (x, perplexity) = (part.tensor::<2>("x", &device), part.number("perplexity"));
    let [points, d_model] = x.dims();
    let rows: Vec<Vec<f64>> = values(&x).chunks(d_model).map(<[f64]>::to_vec).collect();
    let betas = values(&part.tensor::<1>("beta", &device));
    let recorded = values(&part.tensor::<2>("conditional", &device));
    for i in 0..points {
        let others = || (0..points).filter(move |&j| j != i);
        let squared: Vec<f32> =
            others().map(|j| naive_squared(&rows[i], &rows[j]) as f32).collect();
        let (beta, row) = conditional(&squared, perplexity);
        assert_alike(&format!("beta of point {i}"), &[beta], &betas[i..=i], tolerance);
        let expected: Vec<f64> = others().map(|j| recorded[i * points + j]).collect();
        assert_alike(&format!("row {i}"), &row, &expected, tolerance);
    }
    let found = dense(&joint(x, perplexity)).concat();
    let recorded = values(&part.tensor::<2>("joint", &device));
    assert_alike("p_ij", &found, &recorded, tolerance / 10.0);
}

fn naive_squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

#[test]
fn the_divergence_and_its_gradient_are_the_recorded_ones() {
    let device = backend::from_env();
    let part = golden::part("tsne");
    let tolerance = f64::from(backend::tolerance(&device, part.tolerance()));
    let affinities = joint(part.tensor::<2>("x", &device), part.number("perplexity"));
    let y = map_of(&part.tensor::<2>("y", &device));
    assert_alike("KL", &[kl(&affinities, &y)], &[part.number("kl")], tolerance);
    let recorded = values(&part.tensor::<2>("gradient", &device));
    let found = by_point(&gradient(&affinities, &y, 1.0));
    assert_alike("gradient", &found, &recorded, tolerance / 10.0);
    let q = naive::q(&in_f64(&y)).concat();
    assert_alike("q_ij", &q, &values(&part.tensor::<2>("q", &device)), tolerance / 10.0);
}

/// `[axis][point]` as one point after the other.
fn by_point(axes: &[Vec<f32>; 2]) -> Vec<f64> {
    axes[0].iter().zip(&axes[1]).flat_map(|(&x, &y)| [f64::from(x), f64::from(y)]).collect()
}

fn in_f64(y: &Map) -> Vec<[f64; 2]> {
    y.points().into_iter().map(|point| point.map(f64::from)).collect()
}

#[test]
fn the_loops_that_run_are_the_equations_pair_by_pair() {
    let device = backend::from_env();
    // More points than lanes, and not a multiple of them.
    for (points, spread) in [(2, 1.0), (15, 1e-4), (16, 30.0), (17, 3.0), (49, 10.0)] {
        let p = joint(numbers([points, 6], 7, &device), 1.0_f64.max(points as f64 / 6.0));
        let y = map_of(&(numbers([points, 2], 8, &device) * spread));
        let (by_pairs, q) = (dense(&p), naive::q(&in_f64(&y)));
        // Sums of f32 come within a few units of its seventh digit.
        let nats = naive::kl(&by_pairs, &q);
        let what = format!("{points} points");
        assert_alike(&what, &[kl(&p, &y)], &[nats], 1e-5 * nats.abs().max(1.0));
        let expected = naive::gradient(&by_pairs, &in_f64(&y)).concat();
        let largest = expected.iter().fold(f64::MIN_POSITIVE, |largest, g| largest.max(g.abs()));
        let found = by_point(&gradient(&p, &y, 1.0));
        assert_alike(&what, &found, &expected, 1e-5 * largest.max(spread));
    }
}

/// Sums of some fifty f32 in another order differ by some units of the seventh digit.
const ORDER: f64 = 2e-6;

/// The fast and the plain version of what is computed.
fn fast_and_plain<T>(computed: impl Fn() -> T) -> [T; 2] {
    let fast = computed();
    let _plain = kernels::plain_here();
    [fast, computed()]
}

/// Asserts that two results differ in some bit, being sums in another order: so both roads were
/// really taken. With `RUNGS_PLAIN=1` there is one road alone.
#[track_caller]
fn assert_both_taken<T: PartialEq>(fast: &T, plain: &T) {
    assert!(fast != plain || kernels::plain(), "fast and plain are the same, bit for bit");
}

#[test]
fn squared_distances_by_lanes_are_those_of_the_plain_loop() {
    let device = backend::from_env();
    // Fewer coordinates than lanes, as many, more, and not a multiple of them.
    for d_model in [1, 3, 15, 16, 17, 32, 50] {
        let x = numbers([7, d_model], 7, &device).to_data();
        let x: Vec<f32> = x.iter().collect();
        let rows: Vec<Vec<f32>> = x.chunks(d_model).map(<[f32]>::to_vec).collect();
        let fast = kernels::distances::squared_distances(&rows[2], &rows);
        let [fast, plain] = [fast, squared_distances(&rows[2], &rows)]
            .map(|squared| squared.iter().map(|&d| f64::from(d)).collect::<Vec<_>>());
        assert_eq!((fast[2], plain[2]), (0.0, 0.0), "a point and itself");
        assert_alike(&format!("{d_model} coordinates"), &fast, &plain, ORDER * d_model as f64);
    }
}

#[test]
fn repulsion_by_lanes_is_that_of_the_plain_loop() {
    let device = backend::from_env();
    // Before and behind point i: no point, fewer than lanes, as many, more.
    for points in [1, 2, 15, 16, 17, 18, 33, 34, 50] {
        let y = map_of(&(numbers([points, 2], 8, &device) * 3.0));
        for i in 0..points {
            let [fast, plain] = [kernels::repulsion::repulsion(&y.y, i), repulsion(&y, i)]
                .map(|(w, [across, up])| [w, across, up].map(f64::from));
            let what = format!("point {i} of {points}");
            assert_alike(&what, &fast, &plain, ORDER * plain[0].max(1.0));
        }
    }
}

#[test]
fn the_map_that_is_made_plainly_is_the_fast_one_gradient_included() {
    let device = backend::from_env();
    let p = joint(numbers([49, 6], 7, &device), 8.0);
    let y = map_of(&(numbers([49, 2], 8, &device) * 3.0));
    let [fast, plain] = fast_and_plain(|| gradient(&p, &y, 12.0));
    assert_both_taken(&fast, &plain);
    assert_alike("gradient", &by_point(&fast), &by_point(&plain), ORDER);
    let [fast, plain] = fast_and_plain(|| kl(&p, &y));
    assert_both_taken(&fast, &plain);
    assert_alike("KL", &[fast], &[plain], ORDER);
    let (x, _) = heaps(3, 16, 50, 7, &device);
    let [fast, plain] = fast_and_plain(|| joint(x.clone(), 5.0));
    assert_both_taken(&fast, &plain);
    assert_alike("p_ij", &dense(&fast).concat(), &dense(&plain).concat(), ORDER);
    // The map after few steps: later ones make any difference larger.
    let config = TsneConfig::new(7).with_perplexity(5.0).with_iterations(20);
    let [fast, plain] = fast_and_plain(|| config.fit(x.clone(), |_| {}));
    let largest = fast.points().concat().iter().fold(0_f32, |largest, y| largest.max(y.abs()));
    assert_both_taken(&fast, &plain);
    assert_alike("map", &by_point(&fast.y), &by_point(&plain.y), 1e-3 * f64::from(largest));
}

#[test]
fn a_point_alone_has_no_pairs_and_no_gradient_on_either_road() {
    let p = joint(numbers([1, 6], 7, &backend::from_env()), 1.0);
    let y = Map { y: [vec![3.0], vec![-2.0]] };
    for gradient in fast_and_plain(|| gradient(&p, &y, 12.0)) {
        assert_eq!(gradient, [[0.0], [0.0]]);
    }
    assert_eq!(fast_and_plain(|| kl(&p, &y)), [0.0; 2]);
}

#[test]
fn groups_that_are_found_and_judged_plainly_are_the_fast_ones() {
    let (x, kinds) = heaps(5, 7, 50, 7, &backend::from_env());
    let values: Vec<f32> = x.to_data().iter().collect();
    let rows: Vec<Vec<f32>> = values.chunks(50).map(<[f32]>::to_vec).collect();
    let [fast, plain] = fast_and_plain(|| silhouettes(x.clone(), &kinds));
    for i in 0..rows.len() {
        // Whichever thread a point fell to: bit for bit the loop of the lesson.
        let squared = squared_distances(&rows[i], &rows);
        assert_eq!(plain[i], silhouette_of_point(i, &squared, &kinds));
    }
    assert_both_taken(&fast, &plain);
    assert_alike("silhouettes", &fast, &plain, ORDER);
    let [fast, plain] = fast_and_plain(|| assign(&rows, &rows[..5]));
    assert_eq!(fast.labels, plain.labels);
    assert_both_taken(&fast.squared, &plain.squared);
    let [fast, plain] = fast_and_plain(|| KMeansConfig::new(5, 7).fit(x.clone()));
    assert_eq!((&fast.labels, &fast.centres), (&plain.labels, &plain.centres));
    assert_alike("inertia", &[fast.inertia()], &[plain.inertia()], ORDER * plain.inertia());
}

#[test]
fn the_closed_form_is_what_autodiff_finds() {
    let device = backend::from_env().autodiff();
    let p = joint(numbers([20, 5], 7, &backend::from_env()), 4.0);
    let y = (numbers([20, 2], 8, &device) * 2.0).detach().require_grad();
    let by_pairs: Vec<f32> = dense(&p).concat().iter().map(|&p| p as f32).collect();
    let by_pairs = Tensor::<1>::from_floats(&by_pairs[..], &device).reshape([20, 20]);
    let gradients = divergence(by_pairs, y.clone()).backward();
    let found = values(&y.grad(&gradients).expect("the map was used"));
    let closed = by_point(&gradient(&p, &map_of(&y.clone().inner()), 1.0));
    let tolerance = f64::from(backend::tolerance(&backend::from_env(), 1e-6));
    assert_alike("gradient", &closed, &found, tolerance);
    assert!(closed.iter().any(|g| g.abs() > 0.01), "a gradient of nothing proves nothing");
}

/// KL(P || Q) in tensors: the whole of it, diagonal hidden.
fn divergence(p: Tensor<2>, y: Tensor<2>) -> Tensor<1> {
    let [points, _] = y.dims();
    // [points, points, 2]
    let difference = y.clone().unsqueeze_dim::<3>(1) - y.unsqueeze_dim::<3>(0);
    let squared = difference.square().sum_dim(2).squeeze_dim::<2>(2);
    let others = Tensor::<2>::eye(points, &p.device()).neg() + 1.0;
    let w = (squared + 1.0).recip() * others.clone();
    let z = w.clone().sum().reshape([1, 1]);
    let q = w / z + (others.clone().neg() + 1.0); // 1 on the diagonal, whose logarithm is 0
    let p = p + (others.clone().neg() + 1.0);
    (p.clone() * others * (p.log() - q.log())).sum()
}

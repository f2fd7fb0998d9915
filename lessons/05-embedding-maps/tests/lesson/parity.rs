//! Against recorded values of scikit-learn and PyTorch, burn's autodiff, and plain loops.

use burn::tensor::Tensor;
use maps::{Map, conditional, gradient, joint, kl, naive, pca};

use crate::{dense, map_of, numbers, values};

/// The furthest two lists of one length lie apart.
fn furthest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

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
        assert!((beta - betas[i]).abs() < tolerance, "{beta} {}", betas[i]);
        let expected: Vec<f64> = others().map(|j| recorded[i * points + j]).collect();
        assert!(furthest(&row, &expected) < tolerance, "row {i}");
    }
    let joint = dense(&joint(x, perplexity)).concat();
    assert!(furthest(&joint, &values(&part.tensor::<2>("joint", &device))) < tolerance / 10.0);
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
    assert!((kl(&affinities, &y) - part.number("kl")).abs() < tolerance);
    let recorded = values(&part.tensor::<2>("gradient", &device));
    assert!(furthest(&by_point(&gradient(&affinities, &y, 1.0)), &recorded) < tolerance / 10.0);
    let q = naive::q(&in_f64(&y)).concat();
    assert!(furthest(&q, &values(&part.tensor::<2>("q", &device))) < tolerance / 10.0);
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
        assert!((kl(&p, &y) - nats).abs() < 1e-5 * nats.abs().max(1.0), "{points} points");
        let expected = naive::gradient(&by_pairs, &in_f64(&y)).concat();
        let largest = expected.iter().fold(f64::MIN_POSITIVE, |largest, g| largest.max(g.abs()));
        let off = furthest(&by_point(&gradient(&p, &y, 1.0)), &expected);
        assert!(off <= 1e-5 * largest.max(spread), "{points} points: off by {off} of {largest}");
    }
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
    assert!(furthest(&found, &closed) < tolerance, "{}", furthest(&found, &closed));
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

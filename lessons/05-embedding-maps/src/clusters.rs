//! Groups: found by k-means, judged by the silhouette, and held against known kinds by purity.

use std::collections::BTreeMap;

use burn::config::Config;
use burn::tensor::Tensor;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use crate::distances::{rows, squared_from};

/// Moves of the centres in one start, should they not come to rest before; 300, as scikit-learn's
/// KMeans.
const ITERATIONS: usize = 300;

/// How to group points.
#[derive(Config, Debug)]
pub struct KMeansConfig {
    /// How many clusters.
    pub k: usize,
    /// Everything random follows from this.
    pub seed: u64,
    /// How often it begins anew; the best counts. 10, as scikit-learn's KMeans has had since its
    /// first release.
    #[config(default = 10)]
    pub starts: usize,
}

/// Points in k groups.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// Each point's cluster, in `0..k`.
    pub labels: Vec<usize>,
    /// Each cluster's centre, `[k][d_model]`.
    pub centres: Vec<Vec<f32>>,
    /// Sum of the squared distances of all points to their centres, after each move; the last is
    /// the result's.
    pub inertias: Vec<f64>,
}

// ANCHOR: kmeans
impl KMeansConfig {
    /// Groups points around k centres so that sum_i |x_i - centre(i)|^2 is small.
    ///
    /// Lloyd 1957 (printed 1982, "Least squares quantization in PCM"), begun as Arthur and
    /// Vassilvitskii 2007 ("k-means++"). It finds a minimum near where it began, hence several
    /// starts.
    ///
    /// # Shapes
    ///
    /// - x: `[points, d_model]`
    ///
    /// # Panics
    ///
    /// If there is no cluster, more clusters than points, no start, or a number that is not finite.
    pub fn fit(&self, x: Tensor<2>) -> KMeans {
        let x = rows(x);
        let Self { k, starts, .. } = *self;
        let possible = (1..=x.len()).contains(&k) && starts > 0;
        assert!(possible, "{k} clusters of {} points in {starts} starts", x.len());
        let mut random = StdRng::seed_from_u64(self.seed);
        let tries = (0..starts).map(|_| lloyd(&x, plus_plus(&x, k, &mut random)));
        tries.min_by(|a, b| a.inertia().total_cmp(&b.inertia())).expect("at least one start")
    }
}

impl KMeans {
    /// Sum of the squared distances of all points to their centres.
    pub fn inertia(&self) -> f64 {
        self.inertias[self.inertias.len() - 1]
    }
}

/// Every point joins its nearest centre, every centre moves to the mean of its points, until nobody
/// changes sides.
fn lloyd(x: &[Vec<f32>], mut centres: Vec<Vec<f32>>) -> KMeans {
    let mut assigned = assign(x, &centres);
    let mut inertias = Vec::new();
    for _ in 0..ITERATIONS {
        centres = means(x, &assigned, centres.len());
        let before = std::mem::replace(&mut assigned, assign(x, &centres));
        inertias.push(assigned.iter().map(|&(_, squared)| f64::from(squared)).sum());
        if before.iter().zip(&assigned).all(|(before, now)| before.0 == now.0) {
            break;
        }
    }
    KMeans { labels: assigned.into_iter().map(|(label, _)| label).collect(), centres, inertias }
}
// ANCHOR_END: kmeans

/// The nearest centre of each point, the first of equally near ones, and the squared distance to
/// it.
fn assign(x: &[Vec<f32>], centres: &[Vec<f32>]) -> Vec<(usize, f32)> {
    let nearest = |point: &Vec<f32>| {
        let distances = squared_from(point, centres).into_iter().enumerate();
        distances.min_by(|a, b| a.1.total_cmp(&b.1)).expect("at least one centre")
    };
    x.par_iter().map(nearest).collect()
}

/// The mean of each cluster. One without points moves to the point furthest from its own centre.
fn means(x: &[Vec<f32>], assigned: &[(usize, f32)], k: usize) -> Vec<Vec<f32>> {
    let mut sums = vec![vec![0.0; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &(label, _)) in x.iter().zip(assigned) {
        sizes[label] += 1;
        sums[label].iter_mut().zip(point).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    let mut furthest: Vec<usize> = (0..x.len()).collect();
    furthest.sort_by(|&a, &b| assigned[b].1.total_cmp(&assigned[a].1));
    let mut furthest = furthest.into_iter();
    let mean = |(sum, size): (Vec<f64>, usize)| match size {
        0 => x[furthest.next().expect("no more clusters than points")].clone(),
        _ => sum.into_iter().map(|sum| (sum / size as f64) as f32).collect(),
    };
    sums.into_iter().zip(sizes).map(mean).collect()
}

/// The first centre is any point; each further one is a point drawn in proportion to its squared
/// distance from the nearest centre so far (Arthur and Vassilvitskii 2007, section 2.2). Where all
/// distances are 0, any point.
fn plus_plus(x: &[Vec<f32>], k: usize, random: &mut StdRng) -> Vec<Vec<f32>> {
    let mut centres = vec![x[random.random_range(0..x.len())].clone()];
    let mut to_nearest = vec![f32::INFINITY; x.len()];
    while centres.len() < k {
        let to_newest = squared_from(&centres[centres.len() - 1], x);
        to_nearest
            .iter_mut()
            .zip(to_newest)
            .for_each(|(nearest, newest)| *nearest = nearest.min(newest));
        let total: f64 = to_nearest.iter().map(|&squared| f64::from(squared)).sum();
        let mut rest = random.random_range(0.0..1.0) * total;
        let drawn = to_nearest.iter().position(|&squared| {
            rest -= f64::from(squared);
            rest < 0.0
        });
        centres.push(x[drawn.unwrap_or_else(|| random.random_range(0..x.len()))].clone());
    }
    centres
}

// ANCHOR: purity
/// The share of points whose kind is the commonest in their cluster: 1/n sum_k max_j |cluster_k and
/// kind_j|, in 0..1.
///
/// Manning et al. 2008, "Introduction to Information Retrieval", section 16.3. A cluster for every
/// point is pure and worth nothing: compare only groupings into equally many.
///
/// # Panics
///
/// If there are no points, or not as many clusters' as kinds' names.
pub fn purity(clusters: &[usize], kinds: &[usize]) -> f64 {
    assert!(
        !kinds.is_empty() && clusters.len() == kinds.len(),
        "a cluster and a kind for every point"
    );
    let mut counts = BTreeMap::<usize, BTreeMap<usize, usize>>::new();
    for (&cluster, &kind) in clusters.iter().zip(kinds) {
        *counts.entry(cluster).or_default().entry(kind).or_default() += 1;
    }
    let commonest = counts.values().filter_map(|kinds| kinds.values().max());
    commonest.sum::<usize>() as f64 / kinds.len() as f64
}
// ANCHOR_END: purity

// ANCHOR: silhouettes
/// How much nearer each point is to its own cluster than to the next: s = (b - a) / max(a, b), in
/// -1..1.
///
/// a is its mean distance to the others of its cluster, b the smallest of its mean distances to
/// another cluster (Rousseeuw 1987, "Silhouettes"; Euclidean). Alone in its cluster, or with no
/// other cluster, a point has 0, and so it has where a and b are 0.
///
/// # Shapes
///
/// - x: `[points, d_model]`
///
/// # Panics
///
/// If there are no points, not as many labels, or a number is not finite.
pub fn silhouettes(x: Tensor<2>, labels: &[usize]) -> Vec<f64> {
    let x = rows(x);
    assert_eq!(x.len(), labels.len(), "a label for each point");
    (0..x.len()).into_par_iter().map(|i| silhouette_of(&x, labels, i)).collect()
}

fn silhouette_of(x: &[Vec<f32>], labels: &[usize], i: usize) -> f64 {
    let mut ways = BTreeMap::<usize, (f64, usize)>::new();
    for (j, squared) in squared_from(&x[i], x).into_iter().enumerate().filter(|&(j, _)| j != i) {
        let (sum, count) = ways.entry(labels[j]).or_default();
        *sum += f64::from(squared).sqrt();
        *count += 1;
    }
    let own = ways.remove(&labels[i]);
    let means = ways.values().map(|(sum, count)| sum / *count as f64);
    match (own, means.min_by(f64::total_cmp)) {
        (Some((sum, count)), Some(b)) if sum.max(b) > 0.0 => {
            let a = sum / count as f64;
            (b - a) / a.max(b)
        }
        _ => 0.0,
    }
}

/// The mean of [`silhouettes`]: how well a grouping fits the points, in -1..1.
///
/// # Panics
///
/// As [`silhouettes`].
pub fn silhouette(x: Tensor<2>, labels: &[usize]) -> f64 {
    let each = silhouettes(x, labels);
    each.iter().sum::<f64>() / each.len() as f64
}
// ANCHOR_END: silhouettes

//! Groups: found by k-means, judged by the silhouette, and held against known kinds by purity.

use std::collections::BTreeMap;

use burn::config::Config;
use burn::tensor::Tensor;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use crate::distances::{fast_or_plain, rows};

/// Moves of the centres in one start, should they not come to rest before; 300, as scikit-learn's
/// KMeans.
const ITERATIONS: usize = 300;

/// How to group points with k-means.
#[derive(Config, Debug)]
pub struct KMeansConfig {
    /// Number of clusters to find.
    pub k: usize,
    /// Seed of the first centres.
    pub seed: u64,
    /// How often it begins anew; the best result counts. 10, as scikit-learn's KMeans has had since
    /// its first release.
    #[config(default = 10)]
    pub starts: usize,
}

/// Points in k groups.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// Cluster of each point, in `0..k`.
    pub labels: Vec<usize>,
    /// Centre of each cluster, `[k][d_model]`.
    pub centres: Vec<Vec<f32>>,
    /// Sum of the squared distances of all points to their centres, after each move; the last is
    /// the result's.
    pub inertias: Vec<f64>,
}

/// Points with their nearest centres.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Cluster with the nearest centre of each point, in `0..k`.
    pub labels: Vec<usize>,
    /// Squared distance of each point to that centre.
    pub squared: Vec<f32>,
}

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
        let Self { k, seed, starts } = *self;
        let possible = (1..=x.len()).contains(&k) && starts > 0;
        assert!(possible, "{k} clusters of {} points in {starts} starts", x.len());
        let mut random = StdRng::seed_from_u64(seed);
        let mut best = lloyd(&x, plus_plus(&x, k, &mut random));
        for _ in 1..starts {
            let next = lloyd(&x, plus_plus(&x, k, &mut random));
            if next.inertia() < best.inertia() {
                best = next;
            }
        }
        best
    }
}

impl KMeans {
    /// Sum of the squared distances of all points to their centres.
    pub fn inertia(&self) -> f64 {
        self.inertias[self.inertias.len() - 1]
    }
}

/// Lloyd's algorithm from given centres: every point joins its nearest centre, every centre moves
/// to the mean of its points, until no point changes its cluster.
///
/// # Shapes
///
/// - x: `[points][d_model]`
/// - centres: `[k][d_model]`
// ANCHOR: kmeans
pub fn lloyd(x: &[Vec<f32>], mut centres: Vec<Vec<f32>>) -> KMeans {
    let mut assigned = assign(x, &centres);
    let mut inertias = Vec::new();
    for _ in 0..ITERATIONS {
        centres = move_centres(x, &assigned, centres.len());
        let before = assigned.labels;
        assigned = assign(x, &centres);
        inertias.push(sum(&assigned.squared));
        if assigned.labels == before {
            break;
        }
    }
    KMeans { labels: assigned.labels, centres, inertias }
}
// ANCHOR_END: kmeans

/// Assigns each point to its nearest centre, the first of equally near ones.
///
/// # Shapes
///
/// - x: `[points][d_model]`
/// - centres: `[k][d_model]`
///
/// # Panics
///
/// If there are no centres.
// ANCHOR: assign
pub fn assign(x: &[Vec<f32>], centres: &[Vec<f32>]) -> Assignment {
    let squared_distances = fast_or_plain();
    let nearest = x.par_iter().map(|point| nearest(&squared_distances(point, centres)));
    let (labels, squared) = nearest.unzip();
    Assignment { labels, squared }
}

/// The centre with the least of the squared distances, and that distance.
fn nearest(squared: &[f32]) -> (usize, f32) {
    let mut nearest = 0;
    for centre in 1..squared.len() {
        if squared[centre] < squared[nearest] {
            nearest = centre;
        }
    }
    (nearest, squared[nearest])
}
// ANCHOR_END: assign

/// Moves each of k centres to the mean of its points. A centre without points moves to the point
/// furthest from its own centre, a second one to the second furthest.
///
/// # Shapes
///
/// - x: `[points][d_model]`
/// - output: `[k][d_model]`
///
/// # Panics
///
/// If there are more centres than points.
// ANCHOR: round
pub fn move_centres(x: &[Vec<f32>], assigned: &Assignment, k: usize) -> Vec<Vec<f32>> {
    let mut sums = vec![vec![0.0; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, &value) in sums[label].iter_mut().zip(point) {
            *sum += f64::from(value);
        }
    }
    let furthest = furthest_first(&assigned.squared);
    let mut filled = 0; // clusters without points so far
    let mut centres = Vec::with_capacity(k);
    for (sum, size) in sums.iter().zip(sizes) {
        if size == 0 {
            centres.push(x[furthest[filled]].clone());
            filled += 1;
        } else {
            centres.push(mean(sum, size));
        }
    }
    centres
}
// ANCHOR_END: round

/// The points by their squared distance to their own centre, the furthest first.
fn furthest_first(squared: &[f32]) -> Vec<usize> {
    let mut points: Vec<usize> = (0..squared.len()).collect();
    points.sort_by(|&a, &b| squared[b].total_cmp(&squared[a]));
    points
}

/// The sum of f32 numbers in f64.
fn sum(numbers: &[f32]) -> f64 {
    let mut sum = 0.0;
    for &number in numbers {
        sum += f64::from(number);
    }
    sum
}

/// The mean of so many points whose coordinates add up to `sum`.
fn mean(sum: &[f64], size: usize) -> Vec<f32> {
    let mut mean = Vec::with_capacity(sum.len());
    for coordinate in sum {
        mean.push((coordinate / size as f64) as f32);
    }
    mean
}

/// The first centres: any point, and then points drawn in proportion to their squared distance from
/// the nearest centre so far (Arthur and Vassilvitskii 2007, section 2.2).
fn plus_plus(x: &[Vec<f32>], k: usize, random: &mut StdRng) -> Vec<Vec<f32>> {
    let squared_distances = fast_or_plain();
    let mut centres = vec![x[random.random_range(0..x.len())].clone()];
    let mut to_nearest = vec![f32::INFINITY; x.len()];
    while centres.len() < k {
        let to_newest = squared_distances(&centres[centres.len() - 1], x);
        for (nearest, newest) in to_nearest.iter_mut().zip(to_newest) {
            *nearest = nearest.min(newest);
        }
        centres.push(x[draw(&to_nearest, random)].clone());
    }
    centres
}

/// An index drawn in proportion to its weight; where all weights are 0, any index.
fn draw(weights: &[f32], random: &mut StdRng) -> usize {
    let mut rest = random.random_range(0.0..1.0) * sum(weights);
    for (index, &weight) in weights.iter().enumerate() {
        rest -= f64::from(weight);
        if rest < 0.0 {
            return index;
        }
    }
    random.random_range(0..weights.len())
}

/// The share of points whose kind is the commonest in their cluster: 1/n sum_k max_j |cluster_k and
/// kind_j|, in 0..1.
///
/// Manning et al. 2008, "Introduction to Information Retrieval", section 16.3. A cluster for every
/// point is pure and worth nothing: compare only groupings into equally many.
///
/// # Shapes
///
/// - clusters, kinds: `[points]`
///
/// # Panics
///
/// If there are no points, or not as many clusters as kinds.
// ANCHOR: purity
pub fn purity(clusters: &[usize], kinds: &[usize]) -> f64 {
    assert!(
        !kinds.is_empty() && clusters.len() == kinds.len(),
        "a cluster and a kind for every point"
    );
    let mut counts = BTreeMap::<usize, BTreeMap<usize, usize>>::new();
    for (&cluster, &kind) in clusters.iter().zip(kinds) {
        *counts.entry(cluster).or_default().entry(kind).or_default() += 1;
    }
    let mut of_commonest = 0;
    for kinds in counts.values() {
        of_commonest += kinds.values().max().unwrap_or(&0);
    }
    of_commonest as f64 / kinds.len() as f64
}
// ANCHOR_END: purity

/// How much nearer each point is to its own cluster than to the next: s = (b - a) / max(a, b), in
/// -1..1.
///
/// a is its mean distance to the others of its cluster, b the smallest of its mean distances to
/// another cluster (Rousseeuw 1987, "Silhouettes"; Euclidean). A point alone in its cluster has 0,
/// and so has one without another cluster, or whose a and b are both 0.
///
/// # Shapes
///
/// - x: `[points, d_model]`
/// - labels: `[points]`
/// - output: `[points]`
///
/// # Panics
///
/// If there are no points, not as many labels, or a number is not finite.
pub fn silhouettes(x: Tensor<2>, labels: &[usize]) -> Vec<f64> {
    let x = rows(x);
    assert_eq!(x.len(), labels.len(), "a label for each point");
    let squared_distances = fast_or_plain();
    let points = (0..x.len()).into_par_iter();
    points.map(|i| silhouette_of_point(i, &squared_distances(&x[i], &x), labels)).collect()
}

/// Distances from a point to those of one cluster, added up.
#[derive(Default)]
struct Distances {
    /// Sum of the distances.
    sum: f64,
    /// Number of points.
    count: usize,
}

impl Distances {
    /// Mean of the distances.
    fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// The silhouette of point i, as [`silhouettes`] has it.
///
/// # Shapes
///
/// - squared: `[points]`, the squared distance of point i to every point
/// - labels: `[points]`
/// - output: a number in -1..1
// ANCHOR: silhouettes
pub fn silhouette_of_point(i: usize, squared: &[f32], labels: &[usize]) -> f64 {
    let mut clusters = BTreeMap::<usize, Distances>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_default();
            cluster.sum += f64::from(squared).sqrt();
            cluster.count += 1;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else {
        return 0.0; // alone in its cluster
    };
    let (a, mut b) = (own.mean(), f64::INFINITY);
    for other in clusters.values() {
        b = b.min(other.mean());
    }
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0; // no other cluster, or all these points coincide
    }
    (b - a) / a.max(b)
}
// ANCHOR_END: silhouettes

/// The mean of [`silhouettes`]: how well a grouping fits the points, in -1..1.
///
/// # Panics
///
/// As [`silhouettes`].
pub fn silhouette(x: Tensor<2>, labels: &[usize]) -> f64 {
    let each = silhouettes(x, labels);
    each.iter().sum::<f64>() / each.len() as f64
}

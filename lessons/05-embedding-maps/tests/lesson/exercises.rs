//! What a learner writes here, checked: `cargo learn open 05.1`.
//!
//! Few points, of which no two lie at one distance from a third, in groups of different sizes, so
//! that whatever is taken for something else shows.

use burn::tensor::{Device, Tensor};
use exercise::{Exercise, Probe, answer_or_panic, mistakes};
use maps::{
    Affinities, Assignment, KMeans, Map, Pca, conditional, gradient, lloyd, move_centres, purity,
    repulsion, silhouette_of_point,
};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::{map_of, numbers, values};

#[path = "mistakes/05.1.rs"]
mod mistakes_05_1;
#[path = "mistakes/05.2.rs"]
mod mistakes_05_2;
#[path = "mistakes/05.3.rs"]
mod mistakes_05_3;
#[path = "mistakes/05.4.rs"]
mod mistakes_05_4;
#[path = "mistakes/05.5.rs"]
mod mistakes_05_5;
#[path = "mistakes/05.6.rs"]
mod mistakes_05_6;
#[path = "mistakes/05.7.rs"]
mod mistakes_05_7;
#[path = "mistakes/05.8.rs"]
mod mistakes_05_8;

/// Two directions of length 1 in a space of three numbers.
const COMPONENTS: [[f32; 3]; 2] = [[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]];
/// The middle of the points that they were found in.
const MEAN: [[f32; 3]; 1] = [[1.0, 2.0, 3.0]];
const POINTS: [[f32; 3]; 4] = [[1.0, 2.0, 3.0], [6.0, 2.0, 3.0], [1.0, 7.0, 5.0], [0.0, 1.0, -1.0]];
/// Five points of the plane, two of which lie apart.
const FIVE: [[f32; 2]; 5] = [[0.0, 1.0], [2.0, 3.0], [10.0, 0.0], [14.0, 5.0], [4.0, 4.0]];
/// A map of four points.
const MAP: [[f32; 4]; 2] = [[0.0, 1.0, 3.0, 1.5], [0.0, 2.0, -1.0, 0.5]];
/// Pairs of these points with their affinities; the others have none.
const PAIRS: [(usize, usize, f32); 4] = [(0, 1, 0.2), (1, 2, 0.05), (0, 3, 0.1), (2, 3, 0.15)];

type Project = fn(&Pca, Tensor<2>) -> Tensor<2>;
type Conditional = fn(&[f32], f64) -> (f64, Vec<f64>);
type Lloyd = fn(&[Vec<f32>], Vec<Vec<f32>>) -> KMeans;
type MoveCentres = fn(&[Vec<f32>], &Assignment, usize) -> Vec<Vec<f32>>;
type Silhouette = fn(usize, &[f32], &[usize]) -> f64;
type Purity = fn(&[usize], &[usize]) -> f64;
type Repulsion = fn(&Map, usize) -> (f32, [f32; 2]);
type Gradient = fn(&Affinities, &Map, f32) -> [Vec<f32>; 2];

#[test]
fn exercise_05_1() {
    project_05_1().check();
}

#[test]
fn exercise_05_2() {
    conditional_05_2().check();
}

#[test]
fn exercise_05_3() {
    lloyd_05_3().check();
}

#[test]
fn exercise_05_4() {
    move_centres_05_4().check();
}

#[test]
fn exercise_05_5() {
    silhouette_05_5().check();
}

#[test]
fn exercise_05_6() {
    purity_05_6().check();
}

#[test]
fn exercise_05_7() {
    repulsion_05_7().check();
}

#[test]
fn exercise_05_8() {
    gradient_05_8().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    project_05_1().tell_mistakes_apart();
    conditional_05_2().tell_mistakes_apart();
    lloyd_05_3().tell_mistakes_apart();
    move_centres_05_4().tell_mistakes_apart();
    silhouette_05_5().tell_mistakes_apart();
    purity_05_6().tell_mistakes_apart();
    repulsion_05_7().tell_mistakes_apart();
    gradient_05_8().tell_mistakes_apart();
}

fn project_05_1() -> Exercise<Project> {
    let found = format!("mean = {MEAN:?}\ncomponents = {COMPONENTS:?}");
    let exercise = Exercise::new("05.1", "Pca::project", Pca::project as Project)
        .probe(
            format!("{found}\nx = {POINTS:?}"),
            |project: Project| project(&found_before(), Tensor::from_floats(POINTS, &cpu())),
            [[0.0, 0.0], [3.0, 0.0], [4.0, 2.0], [-1.4, -4.0]],
        )
        .probe(
            "the same components; x = [[2], [5]], points of one number",
            |project: Project| {
                let narrow = Tensor::from_floats([[2.0], [5.0]], &cpu());
                answer_or_panic(|| project(&found_before(), narrow))
            },
            "a panic",
        )
        .random(random_points);
    mistakes!(
        exercise,
        mistakes_05_1: the_mean_not_taken_off,
        the_mean_of_these_points_and_not_the_one_that_was_found,
        each_point_less_the_mean_of_its_own_coordinates,
        divided_by_the_standard_deviations,
        brought_back_into_the_space,
        points_of_another_width_let_through,
    )
}

/// Components that were found in other points.
fn found_before() -> Pca {
    Pca {
        mean: Tensor::from_floats(MEAN, &cpu()),
        components: Tensor::from_floats(COMPONENTS, &cpu()),
        explained_variance: Tensor::from_floats([9.0, 4.0], &cpu()),
        explained_variance_ratio: Tensor::from_floats([0.6, 0.3], &cpu()),
    }
}

/// One to five points, each coordinate multiplied and added.
fn random_points(rng: &mut StdRng) -> Probe<Project> {
    let points = rng.random_range(1..6);
    let x = numbers([points, 3], rng.random_range(0..999), &cpu()) * 5.0;
    let mut expected = Vec::new();
    for point in values(&x).chunks(3) {
        let mut along = vec![0.0; 2];
        for (along, component) in along.iter_mut().zip(COMPONENTS) {
            for axis in 0..3 {
                *along += (point[axis] - f64::from(MEAN[0][axis])) * f64::from(component[axis]);
            }
        }
        expected.push(along);
    }
    let given = format!("the same components; {points} random points");
    Probe::new(given, move |project: Project| project(&found_before(), x.clone()), expected)
}

fn conditional_05_2() -> Exercise<Conditional> {
    let exercise = Exercise::new("05.2", "conditional", conditional as Conditional)
        // A search may stop 1e-5 nats from the entropy, as scikit-learn's does.
        .within(1e-3)
        .probe(
            "squared = [1, 2], perplexity = 1.5",
            |conditional: Conditional| conditional(&[1.0, 2.0], 1.5),
            (1.812_995, [0.859_723, 0.140_277]),
        )
        .probe(
            "squared = [0.5, 3, 10], perplexity = 2.5",
            |conditional: Conditional| conditional(&[0.5, 3.0, 10.0], 2.5),
            (0.186_776, [0.556_635, 0.348_965, 0.094_400]),
        )
        .probe(
            "squared = [1000, 1001], perplexity = 1.5",
            |conditional: Conditional| conditional(&[1000.0, 1001.0], 1.5),
            (1.812_995, [0.859_723, 0.140_277]),
        )
        .probe(
            "squared = [4, 4, 4], perplexity = 2: the shares",
            |conditional: Conditional| conditional(&[4.0; 3], 2.0).1,
            [1.0 / 3.0; 3],
        )
        .random(random_row);
    mistakes!(
        exercise,
        mistakes_05_2: the_perplexity_itself_taken_for_the_entropy,
        the_entropy_in_bits,
        distances_that_are_not_squared,
        beta_left_at_1,
        the_search_walks_the_wrong_way,
        the_least_distance_not_taken_off,
        sigma_and_not_beta,
    )
}

/// Distances of any unit, and what holds of the right answer: its entropy, its sum, and how far its
/// shares are from those of its beta.
fn random_row(rng: &mut StdRng) -> Probe<Conditional> {
    let others = rng.random_range(3..9);
    let unit = 10_f32.powi(rng.random_range(-3..4));
    let squared: Vec<f32> = (0..others).map(|_| unit * rng.random_range(0.1..9.0)).collect();
    let perplexity = f64::from(others) * rng.random_range(0.4..0.9);
    let given =
        format!("squared = {squared:.4?}, perplexity = {perplexity:.4}: entropy, sum, misfit");
    let ask = move |conditional: Conditional| {
        let (beta, p) = conditional(&squared, perplexity);
        let mut entropy = 0.0;
        for p in &p {
            entropy -= p * p.max(f64::MIN_POSITIVE).ln();
        }
        [entropy, p.iter().sum(), misfit(&squared, beta, &p)]
    };
    Probe::new(given, ask, [perplexity.ln(), 1.0, 0.0])
}

/// The largest difference of shares from exp(-beta d), each divided by the sum of all.
fn misfit(squared: &[f32], beta: f64, p: &[f64]) -> f64 {
    let least = squared.iter().copied().fold(f32::INFINITY, f32::min);
    let mut weights = Vec::new();
    for d in squared {
        weights.push((-beta * f64::from(d - least)).exp());
    }
    let z: f64 = weights.iter().sum();
    let mut largest = 0.0_f64;
    for (p, weight) in p.iter().zip(weights) {
        largest = largest.max((p - weight / z).abs());
    }
    largest
}

fn lloyd_05_3() -> Exercise<Lloyd> {
    let exercise = Exercise::new("05.3", "lloyd", lloyd as Lloyd)
        .probe(
            "x = [0], [2], [10], [14] from the centres [0], [2]: labels, centres, inertia",
            |lloyd: Lloyd| at_rest(&lloyd(&column(&[0.0, 2.0, 10.0, 14.0]), column(&[0.0, 2.0]))),
            (vec![0, 0, 1, 1], vec![vec![1.0], vec![12.0]], 10.0),
        )
        .probe(
            "x = [0], [1], [2], [3], [9], [10], from the centres [0], [1]",
            |lloyd: Lloyd| {
                let x = column(&[0.0, 1.0, 2.0, 3.0, 9.0, 10.0]);
                at_rest(&lloyd(&x, column(&[0.0, 1.0])))
            },
            (vec![0, 0, 0, 0, 1, 1], vec![vec![1.5], vec![9.5]], 5.5),
        )
        .probe(
            "x = [0], [2], [10], [14] from the centres [5], [100]: the second starts with no point",
            |lloyd: Lloyd| at_rest(&lloyd(&column(&[0.0, 2.0, 10.0, 14.0]), column(&[5.0, 100.0]))),
            (vec![0, 0, 1, 1], vec![vec![1.0], vec![12.0]], 10.0),
        )
        .random(random_lloyd);
    mistakes!(
        exercise,
        mistakes_05_3: one_round_only,
        centres_that_never_move,
        distances_that_are_not_squared,
        the_mean_and_not_the_sum,
        the_inertia_from_before_the_move,
        the_labels_of_the_first_assignment,
    )
}

/// Points on a line, one number each.
fn column(points: &[f32]) -> Vec<Vec<f32>> {
    points.iter().map(|&point| vec![point]).collect()
}

/// Labels, centres, and the last inertia.
fn at_rest(found: &KMeans) -> (Vec<usize>, Vec<Vec<f32>>, Option<f64>) {
    (found.labels.clone(), found.centres.clone(), found.inertias.last().copied())
}

/// Points around two or three places, begun at the first of each place.
fn random_lloyd(rng: &mut StdRng) -> Probe<Lloyd> {
    let (k, each, d_model) =
        (rng.random_range(2..4), rng.random_range(1..5), rng.random_range(1..4));
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    for point in 0..k * each {
        let place = 20.0 * (point % k) as f32;
        x.push((0..d_model).map(|_| place + rng.random_range(-2.0..2.0_f32)).collect::<Vec<_>>());
        labels.push(point % k);
    }
    let mut centres = vec![vec![0.0; d_model]; k];
    for (point, &label) in x.iter().zip(&labels) {
        for axis in 0..d_model {
            centres[label][axis] += f64::from(point[axis]) / each as f64;
        }
    }
    let mut inertia = 0.0;
    for (point, &label) in x.iter().zip(&labels) {
        for axis in 0..d_model {
            inertia += (f64::from(point[axis]) - centres[label][axis]).powi(2);
        }
    }
    let given = format!("x = {x:.2?}, from its first {k} points");
    let ask = move |lloyd: Lloyd| at_rest(&lloyd(&x, x[..k].to_vec()));
    Probe::new(given, ask, (labels, centres, inertia))
}

fn move_centres_05_4() -> Exercise<MoveCentres> {
    let exercise = Exercise::new("05.4", "move_centres", move_centres as MoveCentres)
        .probe(
            format!("x = {FIVE:?}\nlabels = [0, 1, 1, 1, 0], k = 2"),
            |move_centres: MoveCentres| {
                move_centres(&five(), &assigned(&[0, 1, 1, 1, 0], &[4.0, 9.0, 1.0, 25.0, 3.0]), 2)
            },
            [[2.0, 2.5], [26.0 / 3.0, 8.0 / 3.0]],
        )
        .probe(
            "the same x\nlabels = [2, 2, 0, 2, 0], squared = [9, 1, 4, 16, 25], k = 4",
            |move_centres: MoveCentres| {
                move_centres(&five(), &assigned(&[2, 2, 0, 2, 0], &[9.0, 1.0, 4.0, 16.0, 25.0]), 4)
            },
            [[7.0, 2.0], [4.0, 4.0], [16.0 / 3.0, 3.0], [14.0, 5.0]],
        )
        .random(random_clusters);
    mistakes!(
        exercise,
        mistakes_05_4: an_empty_cluster_divided_by_0,
        an_empty_cluster_at_the_origin,
        an_empty_cluster_left_out,
        every_empty_cluster_at_the_same_point,
        an_empty_cluster_at_the_point_nearest_to_its_centre,
        the_sum_and_not_the_mean,
        divided_by_the_number_of_all_points,
    )
}

fn five() -> Vec<Vec<f32>> {
    FIVE.map(|point| point.to_vec()).to_vec()
}

fn assigned(labels: &[usize], squared: &[f32]) -> Assignment {
    Assignment { labels: labels.to_vec(), squared: squared.to_vec() }
}

/// Points in clusters drawn by chance, of which some are empty.
fn random_clusters(rng: &mut StdRng) -> Probe<MoveCentres> {
    let (points, d_model) = (rng.random_range(3..9), rng.random_range(1..4));
    let k = rng.random_range(1..=points);
    let (mut x, mut labels, mut squared) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..points {
        x.push((0..d_model).map(|_| rng.random_range(-5.0..5.0_f32)).collect::<Vec<_>>());
        labels.push(rng.random_range(0..k));
        squared.push(rng.random_range(0.0..30.0_f32));
    }
    let mut left = squared.clone();
    let mut expected = Vec::new();
    for cluster in 0..k {
        let mut members = Vec::new();
        for (point, &label) in x.iter().zip(&labels) {
            if label == cluster {
                members.push(point.clone());
            }
        }
        if members.is_empty() {
            let furthest = (0..points).max_by(|&a, &b| left[a].total_cmp(&left[b])).unwrap();
            left[furthest] = -1.0;
            members.push(x[furthest].clone());
        }
        let mut mean = vec![0.0; d_model];
        for member in &members {
            for axis in 0..d_model {
                mean[axis] += f64::from(member[axis]) / members.len() as f64;
            }
        }
        expected.push(mean);
    }
    let given = format!("x = {x:.2?}\nlabels = {labels:?}, squared = {squared:.2?}, k = {k}");
    let assigned = Assignment { labels, squared };
    Probe::new(given, move |move_: MoveCentres| move_(&x, &assigned, k), expected)
}

fn silhouette_05_5() -> Exercise<Silhouette> {
    let exercise = Exercise::new("05.5", "silhouette_of_point", silhouette_of_point as Silhouette)
        .probe(
            "the points 0, 2, 10, 14 and 30 on a line, labels = [0, 0, 1, 1, 2]: each point's",
            |silhouette| of_each(silhouette, &[0.0, 2.0, 10.0, 14.0, 30.0], &[0, 0, 1, 1, 2]),
            [10.0 / 12.0, 8.0 / 10.0, 5.0 / 9.0, 9.0 / 13.0, 0.0],
        )
        .probe(
            "the points 0, 3 and 7, labels = [4, 4, 4]: one cluster only",
            |silhouette| of_each(silhouette, &[0.0, 3.0, 7.0], &[4; 3]),
            [0.0; 3],
        )
        .probe(
            "the points 5, 5, 5 and 5, labels = [0, 0, 1, 1]: all in one place",
            |silhouette| of_each(silhouette, &[5.0; 4], &[0, 0, 1, 1]),
            [0.0; 4],
        )
        .random(random_silhouettes);
    mistakes!(
        exercise,
        mistakes_05_5: the_point_counted_among_the_others_of_its_cluster,
        squared_distances_as_they_are,
        all_other_clusters_taken_for_one,
        the_furthest_cluster_and_not_the_nearest,
        a_point_alone_counts_1,
        divided_by_a_and_not_by_the_larger,
        a_less_b,
        no_other_cluster_and_infinity_by_infinity,
    )
}

/// The silhouette of each of some points on a line.
fn of_each(silhouette: Silhouette, points: &[f32], labels: &[usize]) -> Vec<f64> {
    let mut of_each = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let squared: Vec<f32> = points.iter().map(|other| (point - other).powi(2)).collect();
        of_each.push(silhouette(i, &squared, labels));
    }
    of_each
}

/// Up to eight points in up to three clusters, whose numbers have gaps.
fn random_silhouettes(rng: &mut StdRng) -> Probe<Silhouette> {
    let count = rng.random_range(2..9);
    let points: Vec<f32> = (0..count).map(|_| rng.random_range(-9.0..9.0)).collect();
    let labels: Vec<usize> = (0..count).map(|_| [1, 4, 9][rng.random_range(0..3)]).collect();
    let mut expected = Vec::new();
    for i in 0..count {
        let mut b = f64::INFINITY;
        for cluster in [1, 4, 9] {
            if cluster != labels[i] {
                b = b.min(mean_distance(i, cluster, &points, &labels));
            }
        }
        let a = mean_distance(i, labels[i], &points, &labels);
        let defined = a.is_finite() && b.is_finite();
        expected.push(if defined { (b - a) / a.max(b) } else { 0.0 });
    }
    let given = format!("the points {points:.2?} on a line, labels = {labels:?}: each point's");
    Probe::new(given, move |silhouette| of_each(silhouette, &points, &labels), expected)
}

/// The mean distance of a point to all others of a cluster, infinite where there are none.
fn mean_distance(i: usize, cluster: usize, points: &[f32], labels: &[usize]) -> f64 {
    let (mut sum, mut others) = (0.0, 0);
    for j in 0..points.len() {
        if j != i && labels[j] == cluster {
            sum += f64::from((points[i] - points[j]).abs());
            others += 1;
        }
    }
    if others == 0 { f64::INFINITY } else { sum / f64::from(others) }
}

fn purity_05_6() -> Exercise<Purity> {
    let clusters = [2, 0, 1, 2, 0, 1, 2, 0, 1, 0];
    let kinds = [1, 1, 2, 0, 1, 0, 0, 1, 0, 1];
    let exercise = Exercise::new("05.6", "purity", purity as Purity)
        .probe(
            format!("clusters = {clusters:?}\nkinds    = {kinds:?}"),
            move |purity: Purity| purity(&clusters, &kinds),
            0.8,
        )
        .probe(
            "clusters = [5, 7, 9], kinds = [1, 1, 0]",
            |purity: Purity| purity(&[5, 7, 9], &[1, 1, 0]),
            1.0,
        )
        .probe(
            "clusters = [0, 0, 1], kinds = [0, 0]",
            |purity: Purity| answer_or_panic(|| purity(&[0, 0, 1], &[0, 0])),
            "a panic",
        )
        .probe("no points", |purity: Purity| answer_or_panic(|| purity(&[], &[])), "a panic")
        .random(random_purity);
    mistakes!(
        exercise,
        mistakes_05_6: cluster_numbers_compared_with_kind_numbers,
        the_mean_of_the_clusters_own_shares,
        the_commonest_cluster_of_each_kind,
        only_clusters_of_one_kind_counted,
        the_kind_of_each_clusters_first_point,
        divided_by_the_number_of_clusters,
        lists_of_different_lengths_let_through,
    )
}

fn random_purity(rng: &mut StdRng) -> Probe<Purity> {
    let points = rng.random_range(1..20);
    let clusters: Vec<usize> = (0..points).map(|_| rng.random_range(0..4)).collect();
    let kinds: Vec<usize> = (0..points).map(|_| rng.random_range(0..3)).collect();
    let mut counts = [[0_usize; 3]; 4];
    for (&cluster, &kind) in clusters.iter().zip(&kinds) {
        counts[cluster][kind] += 1;
    }
    let mut of_commonest = 0;
    for [first, second, third] in counts {
        of_commonest += first.max(second).max(third);
    }
    let given = format!("clusters = {clusters:?}\nkinds    = {kinds:?}");
    let expected = of_commonest as f64 / points as f64;
    Probe::new(given, move |purity: Purity| purity(&clusters, &kinds), expected)
}

fn repulsion_05_7() -> Exercise<Repulsion> {
    let exercise = Exercise::new("05.7", "repulsion", repulsion as Repulsion)
        .probe(
            format!("y = {MAP:?}: the sum and the push along both axes, a row for each point"),
            |repulsion| on_each(repulsion, &map()),
            [
                [0.543_290_04, -0.175_020_15, -0.088_107_42],
                [0.523_809_52, -0.023_242_63, 0.193_310_66],
                [0.344_155_84, 0.084_584_25, -0.073_157_36],
                [0.753_246_75, 0.113_678_53, -0.032_045_88],
            ],
        )
        .probe(
            "a map of one point: the sum and the push along both axes",
            |repulsion| on_each(repulsion, &Map { y: [vec![3.0], vec![-2.0]] }),
            [[0.0; 3]],
        )
        .random(random_repulsion);
    mistakes!(
        exercise,
        mistakes_05_7: the_point_itself_counted_too,
        w_not_squared_in_the_push,
        towards_the_others_and_not_away,
        the_exponential_of_the_space_and_not_w,
        the_distance_not_squared_in_w,
        the_push_divided_by_the_points_own_sum,
    )
}

fn map() -> Map {
    Map { y: MAP.map(|axis| axis.to_vec()) }
}

/// The sum and both pushes of each point.
fn on_each(repulsion: Repulsion, y: &Map) -> Vec<Vec<f32>> {
    let mut rows = Vec::new();
    for i in 0..y.y[0].len() {
        let (sum, [push_x, push_y]) = repulsion(y, i);
        rows.push(vec![sum, push_x, push_y]);
    }
    rows
}

fn random_repulsion(rng: &mut StdRng) -> Probe<Repulsion> {
    let (points, y) = random_map(rng);
    let mut expected = Vec::new();
    for i in 0..points {
        let mut row = vec![0.0; 3];
        for j in 0..points {
            let ([dx, dy], w) = pair(&y, i, j);
            row[0] += w;
            row[1] += w * w * dx;
            row[2] += w * w * dy;
        }
        expected.push(row);
    }
    Probe::new(format!("y = {:.2?}", y.y), move |repulsion| on_each(repulsion, &y), expected)
}

/// A map of two to seven points.
fn random_map(rng: &mut StdRng) -> (usize, Map) {
    let points = rng.random_range(2..8);
    (points, map_of(&(numbers([points, 2], rng.random_range(0..999), &cpu()) * 3.0)))
}

/// y_i - y_j along both axes, and w_ij: 0 for a point and itself.
fn pair(y: &Map, i: usize, j: usize) -> ([f64; 2], f64) {
    let [dx, dy] = [0, 1].map(|axis| f64::from(y.y[axis][i]) - f64::from(y.y[axis][j]));
    ([dx, dy], if i == j { 0.0 } else { 1.0 / (1.0 + dx * dx + dy * dy) })
}

fn gradient_05_8() -> Exercise<Gradient> {
    let line = Map { y: [vec![0.0, 1.0, 2.0], vec![0.0; 3]] };
    let alone = Map { y: [vec![3.0], vec![-2.0]] };
    let of_three = affinities(3, &[(0, 1, 1.0 / 3.0), (1, 2, 1.0 / 6.0)]);
    let exercise = Exercise::new("05.8", "gradient", gradient as Gradient)
        // Twelvefold pulls of up to 20 cancel, and f32 keeps 1e-7 of each.
        .within(5e-5)
        .probe(
            "p12 = 1/3, p23 = 1/6, y = [[0, 1, 2], [0, 0, 0]], exaggeration = 1",
            move |gradient: Gradient| gradient(&of_three, &line, 1.0).to_vec(),
            [[-0.116_666_67, 0.333_333_33, -0.216_666_67], [0.0; 3]],
        )
        .probe(
            format!("p of pairs: {PAIRS:?}\ny = {MAP:?}, exaggeration = 12"),
            |gradient: Gradient| gradient(&affinities(4, &PAIRS), &map(), 12.0).to_vec(),
            [
                [-3.333_705_63, 1.300_095_24, 2.150_181_82, -0.116_571_43],
                [-3.722_891_77, 3.357_047_62, -2.342_727_27, 2.708_571_43],
            ],
        )
        .probe(
            "one point at (3, -2), without a neighbour",
            move |gradient: Gradient| gradient(&affinities(1, &[]), &alone, 1.0).to_vec(),
            [[0.0], [0.0]],
        )
        .random(random_gradient);
    mistakes!(
        exercise,
        mistakes_05_8: the_factor_4_missing,
        the_push_exaggerated_too,
        the_push_not_divided_by_z,
        downhill_already,
        the_pull_without_w,
        z_of_one_point_and_not_of_all_pairs,
        a_point_alone_divided_by_0,
    )
}

/// Affinities of so many points, of which these pairs have any.
fn affinities(points: usize, pairs: &[(usize, usize, f32)]) -> Affinities {
    let mut rows = vec![Vec::new(); points];
    for &(i, j, p) in pairs {
        rows[i].push((j as u32, p));
        rows[j].push((i as u32, p));
    }
    for row in &mut rows {
        row.sort_by_key(|&(j, _)| j);
    }
    Affinities { rows }
}

/// About half of all pairs are neighbours.
fn random_gradient(rng: &mut StdRng) -> Probe<Gradient> {
    let (points, y) = random_map(rng);
    let exaggeration = [1.0, 12.0][rng.random_range(0..2)];
    let (mut pairs, mut z) = (Vec::new(), 0.0);
    for i in 0..points {
        for j in 0..points {
            z += pair(&y, i, j).1;
            if i < j && rng.random_range(0..2) == 0 {
                pairs.push((i, j, rng.random_range(0.0..0.2_f32)));
            }
        }
    }
    let mut expected = vec![vec![0.0; points]; 2];
    for (axis, expected) in expected.iter_mut().enumerate() {
        for (i, grows) in expected.iter_mut().enumerate() {
            for j in 0..points {
                let (d, w) = pair(&y, i, j);
                *grows -= 4.0 * w / z * w * d[axis];
            }
        }
        for &(i, j, p) in &pairs {
            let (d, w) = pair(&y, i, j);
            let pull = 4.0 * f64::from(exaggeration) * f64::from(p) * w * d[axis];
            expected[i] += pull;
            expected[j] -= pull;
        }
    }
    let given = format!("p of pairs: {pairs:.2?}\ny = {:.2?}, exaggeration = {exaggeration}", y.y);
    let p = affinities(points, &pairs);
    Probe::new(given, move |gradient: Gradient| gradient(&p, &y, exaggeration).to_vec(), expected)
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}

//! The chapter's own small numbers.

use burn::tensor::Tensor;
use maps::{
    Assignment, KMeansConfig, Map, assign, conditional, gradient, joint, kl, largest_perplexity,
    lloyd, move_centres, naive, pca, purity, silhouette, silhouettes, squared_distances,
};

use crate::{assert_alike, values};

/// Asserts that every number is within f32's rounding of the one worked out on paper.
#[track_caller]
fn near(found: &[f64], by_hand: &[f64]) {
    assert_alike("by hand", found, by_hand, 1e-5);
}

/// Points on a line, one number each.
fn on_a_line(points: &[f32]) -> Vec<Vec<f32>> {
    points.iter().map(|&point| vec![point]).collect()
}

#[test]
fn four_points_have_one_long_axis_and_one_short() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[6.0, 2.0], [0.0, 2.0], [4.0, 5.0], [2.0, -1.0]], &device);
    let found = pca(x.clone(), 2);
    // Less the mean (3, 2): (3, 0), (-3, 0), (1, 3), (-1, -3). C = 1/3 [[20, 6], [6, 18]]:
    // eigenvalues (19 +- sqrt(37)) / 3.
    near(&values(&found.mean), &[3.0, 2.0]);
    let root = 37_f64.sqrt();
    near(&values(&found.explained_variance), &[(19.0 + root) / 3.0, (19.0 - root) / 3.0]);
    near(&values(&found.explained_variance_ratio), &[0.5 + root / 38.0, 0.5 - root / 38.0]);
    // (6, root - 1) solves (20 - lambda) a + 6 b = 0 for lambda = 19 + root.
    let length = (36.0 + (root - 1.0).powi(2)).sqrt();
    let (a, b) = (6.0 / length, (root - 1.0) / length);
    near(&values(&found.components), &[a, b, -b, a]);
    near(&values(&found.project(x))[..2], &[3.0 * a, -3.0 * b]);
}

#[test]
fn equal_neighbours_share_and_a_nearer_one_gets_more() {
    // Two equally near and one far away: the two alone neighbours have the entropy ln 2 for any
    // beta.
    let (_, p) = conditional(&[1.0, 1.0, 1000.0], 2.0);
    near(&p, &[0.5, 0.5, 0.0]);
    // At 1 and 2, p = 1 / (1 + e^-beta): an entropy of ln 1.5 = 0.405 is that of p = 0.8597, beta =
    // ln(p / (1 - p)).
    let (beta, p) = conditional(&[1.0, 2.0], 1.5);
    let entropy = -p.iter().map(|p| p * p.ln()).sum::<f64>();
    near(&[entropy, p[0] + p[1]], &[1.5_f64.ln(), 1.0]);
    near(&[beta], &[(p[0] / p[1]).ln()]);
    assert_alike("beta", &[beta], &[1.8130], 1e-4);
    assert_alike("shares", &p, &[0.8597, 0.1403], 1e-4);
}

#[test]
fn only_how_much_further_a_neighbour_is_decides_its_share() {
    // e^-1000 is 0 in f64: without the least distance taken off, the shares would be 0 / 0.
    let (beta, p) = conditional(&[1000.0, 1001.0], 1.5);
    assert_alike("beta", &[beta], &[1.8130], 1e-4);
    assert_alike("shares", &p, &[0.8597, 0.1403], 1e-4);
}

#[test]
fn squared_distances_go_from_one_point_to_each_of_the_others() {
    // 3^2 + 4^2 + 0^2, 1^2 + 0^2 + 2^2, and a point to itself.
    let others = [vec![4.0, 6.0, 3.0], vec![0.0, 2.0, 5.0], vec![1.0, 2.0, 3.0]];
    assert_eq!(squared_distances(&[1.0, 2.0, 3.0], &others), [25.0, 5.0, 0.0]);
}

#[test]
fn three_points_on_a_map_pull_and_push() {
    let device = backend::from_env();
    // Two together, one apart, perplexity 1: each looks only at its nearest, the third at the
    // second.
    let p = joint(Tensor::from_floats([[0.0], [1.0], [3.0]], &device), 1.0);
    let entries: Vec<f64> = p.rows.iter().flatten().map(|&(_, p)| f64::from(p)).collect();
    let (together, apart) = (2.0 / 6.0, 1.0 / 6.0);
    near(&entries, &[together, 0.0, together, apart, 0.0, apart]);
    // At 0, 1 and 2 on a line, w = 1/2, 1/5, 1/2: Z = 2 (1/2 + 1/5 + 1/2) = 2.4, q = 5/24, 2/24,
    // 5/24.
    let y = Map { y: [vec![0.0, 1.0, 2.0], vec![0.0; 3]] };
    let nats = 2.0 * (together * (together * 24.0 / 5.0).ln() + apart * (apart * 24.0 / 5.0).ln());
    near(&[kl(&p, &y)], &[nats]);
    let (pull, push, far) = (
        4.0 * (together - 5.0 / 24.0) / 2.0,
        4.0 * (apart - 5.0 / 24.0) / 2.0,
        4.0 * 2.0 / 24.0 / 5.0,
    );
    let by_hand = [-pull + 2.0 * far, pull - push, push - 2.0 * far];
    let [along, across] = gradient(&p, &y, 1.0);
    let along: Vec<f64> = along.iter().map(|&g| f64::from(g)).collect();
    near(&along, &by_hand);
    assert_alike("as the chapter rounds them", &along, &[-0.1167, 0.3333, -0.2167], 1e-4);
    assert_eq!(across, [0.0; 3]);
    let p = [[0.0, together, 0.0], [together, 0.0, apart], [0.0, apart, 0.0]];
    let pairs = naive::gradient(&p.map(|row| row.to_vec()), &[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]);
    near(&pairs.concat(), &[by_hand[0], 0.0, by_hand[1], 0.0, by_hand[2], 0.0]);
}

#[test]
fn only_the_pull_is_exaggerated() {
    let device = backend::from_env();
    let p = joint(Tensor::from_floats([[0.0], [1.0], [3.0]], &device), 1.0);
    let y = Map { y: [vec![0.0; 3], vec![0.0, 1.0, 2.0]] };
    // 4 (12 sum_j p_ij w_ij (y_i - y_j) - sum_j w_ij^2 (y_i - y_j) / 2.4), w = 1/2, 1/5, 1/2.
    let (together, apart, far) = (1.0 / 3.0 / 2.0, 1.0 / 6.0 / 2.0, 2.0 / 25.0);
    let by_hand = [
        4.0 * (12.0 * -together + (0.25 + far) / 2.4),
        4.0 * (12.0 * (together - apart)),
        4.0 * (12.0 * apart - (0.25 + far) / 2.4),
    ];
    let [along, up] = gradient(&p, &y, 12.0);
    assert_eq!(along, [0.0; 3]);
    near(&up.iter().map(|&g| f64::from(g)).collect::<Vec<_>>(), &by_hand);
}

#[test]
fn four_numbers_fall_into_two_groups() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[0.0], [2.0], [10.0], [14.0]], &device);
    let found = KMeansConfig::new(2, 7).fit(x.clone());
    let (a, b) = (found.labels[0], found.labels[2]);
    assert_eq!(found.labels, [a, a, b, b]);
    assert_eq!([found.centres[a][0], found.centres[b][0]], [1.0, 12.0]);
    assert_eq!(found.inertia(), 1.0 + 1.0 + 4.0 + 4.0);
    // Own mean 2, 2, 4, 4; other mean (10 + 14) / 2 = 12, (8 + 12) / 2 = 10, (10 + 8) / 2 = 9, (14
    // + 12) / 2 = 13.
    near(&silhouettes(x.clone(), &found.labels), &[10.0 / 12.0, 8.0 / 10.0, 5.0 / 9.0, 9.0 / 13.0]);
    let mean = (10.0 / 12.0 + 8.0 / 10.0 + 5.0 / 9.0 + 9.0 / 13.0) / 4.0;
    near(&[silhouette(x.clone(), &found.labels)], &[mean]);
    // 14 alone: it has 0, and 10 is nearer to it (4) than to its own (9).
    near(&silhouettes(x, &[0, 0, 0, 1])[2..], &[4.0 / 9.0 - 1.0, 0.0]);
}

#[test]
fn a_point_is_compared_with_the_nearest_other_cluster_and_alone_it_has_none() {
    let x = Tensor::<2>::from_floats([[0.0], [2.0], [10.0], [14.0], [30.0]], &backend::from_env());
    let labels = [0, 0, 1, 1, 2];
    // 10 has a = 4 and b = min(9, 20), 14 has a = 4 and b = min(13, 16), 30 is alone.
    let by_hand = [10.0 / 12.0, 8.0 / 10.0, 5.0 / 9.0, 9.0 / 13.0, 0.0];
    near(&silhouettes(x.clone(), &labels), &by_hand);
    assert_alike("the mean", &[silhouette(x, &labels)], &[0.5762], 1e-4);
}

#[test]
fn one_round_assigns_each_point_and_then_moves_each_centre() {
    let x = on_a_line(&[0.0, 2.0, 10.0, 14.0]);
    let assigned = assign(&x, &on_a_line(&[0.0, 2.0]));
    let expected = Assignment { labels: vec![0, 1, 1, 1], squared: vec![0.0, 0.0, 64.0, 144.0] };
    assert_eq!(assigned, expected);
    // (2 + 10 + 14) / 3
    assert_eq!(move_centres(&x, &assigned, 2), on_a_line(&[0.0, 26.0 / 3.0]));
    // A point as near to one centre as to the other joins the first.
    assert_eq!(assign(&on_a_line(&[3.0]), &on_a_line(&[1.0, 5.0])).labels, [0]);
}

#[test]
fn rounds_are_repeated_until_no_point_changes_its_cluster() {
    let x = on_a_line(&[0.0, 2.0, 10.0, 14.0]);
    let found = lloyd(&x, on_a_line(&[0.0, 2.0]));
    assert_eq!(found.labels, [0, 0, 1, 1]);
    assert_eq!(found.centres, on_a_line(&[1.0, 12.0]));
    // After the first round 2 lies nearer to 0 than to 26/3: 4 + (4/3)^2 + (16/3)^2, and then 10.
    near(&found.inertias, &[4.0 + (16.0 + 256.0) / 9.0, 10.0]);
}

#[test]
fn a_centre_that_no_point_is_nearest_to_moves_to_the_point_furthest_from_its_own() {
    let x = on_a_line(&[0.0, 2.0, 10.0, 14.0]);
    let assigned = assign(&x, &on_a_line(&[5.0, 100.0, 200.0]));
    assert_eq!(assigned.labels, [0; 4]);
    // 14 is 9 away from 5, and then come 0 and 10, both 5 away: the first of them.
    assert_eq!(move_centres(&x, &assigned, 3), on_a_line(&[6.5, 14.0, 0.0]));
    let found = lloyd(&x, on_a_line(&[5.0, 100.0]));
    assert_eq!(found.centres, on_a_line(&[1.0, 12.0]));
    assert_eq!(found.inertia(), 10.0);
}

#[test]
fn purity_counts_the_commonest_of_each_cluster() {
    // Clusters {a a b}, {b b b a}, {c}: 2 + 3 + 1 of 8.
    let (clusters, kinds) = ([0, 0, 0, 1, 1, 1, 1, 2], [0, 0, 1, 1, 1, 1, 0, 2]);
    assert_eq!(purity(&clusters, &kinds), 6.0 / 8.0);
    assert_eq!(purity(&clusters, &clusters), 1.0);
}

#[test]
fn a_perplexity_leaves_three_neighbours_for_each_unit() {
    assert_eq!([1, 2, 4, 12, 91].map(largest_perplexity), [1.0, 1.0, 1.0, 11.0 / 3.0, 30.0]);
}

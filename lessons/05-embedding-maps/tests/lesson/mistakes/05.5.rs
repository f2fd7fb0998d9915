//! Mistakes in `silhouette_of_point`.

use std::collections::BTreeMap;

/// Its distance to itself is 0, so a comes out too small: the smaller the clusters, the better they
/// look.
pub fn the_point_counted_among_the_others_of_its_cluster(
    i: usize,
    squared: &[f32],
    labels: &[usize],
) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
        cluster.0 += f64::from(squared).sqrt();
        cluster.1 += 1.0;
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 0.0 };
    let (a, mut b) = (own.0 / own.1, f64::INFINITY);
    for (sum, count) in clusters.values() {
        b = b.min(sum / count);
    }
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0;
    }
    (b - a) / a.max(b)
}

/// Squares make far things further: a good grouping looks better than it is.
pub fn squared_distances_as_they_are(i: usize, squared: &[f32], labels: &[usize]) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
            cluster.0 += f64::from(squared);
            cluster.1 += 1.0;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 0.0 };
    let (a, mut b) = (own.0 / own.1, f64::INFINITY);
    for (sum, count) in clusters.values() {
        b = b.min(sum / count);
    }
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0;
    }
    (b - a) / a.max(b)
}

/// b is then a mean over strangers near and far, and two clusters side by side look well apart.
pub fn all_other_clusters_taken_for_one(i: usize, squared: &[f32], labels: &[usize]) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
            cluster.0 += f64::from(squared).sqrt();
            cluster.1 += 1.0;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 0.0 };
    let (a, mut b) = (own.0 / own.1, (0.0, 0.0));
    for (sum, count) in clusters.values() {
        b = (b.0 + sum, b.1 + count);
    }
    let b = b.0 / b.1;
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0;
    }
    (b - a) / a.max(b)
}

/// One cluster far away is enough to make all others look well apart.
pub fn the_furthest_cluster_and_not_the_nearest(
    i: usize,
    squared: &[f32],
    labels: &[usize],
) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
            cluster.0 += f64::from(squared).sqrt();
            cluster.1 += 1.0;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 0.0 };
    let (a, mut b) = (own.0 / own.1, 0.0_f64);
    for (sum, count) in clusters.values() {
        b = b.max(sum / count);
    }
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0;
    }
    (b - a) / a.max(b)
}

/// The more clusters, the more points are alone: a cluster for each point would be perfect.
pub fn a_point_alone_counts_1(i: usize, squared: &[f32], labels: &[usize]) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
            cluster.0 += f64::from(squared).sqrt();
            cluster.1 += 1.0;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 1.0 };
    let (a, mut b) = (own.0 / own.1, f64::INFINITY);
    for (sum, count) in clusters.values() {
        b = b.min(sum / count);
    }
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0;
    }
    (b - a) / a.max(b)
}

/// No longer within -1 and 1: tight clusters count many times.
pub fn divided_by_a_and_not_by_the_larger(i: usize, squared: &[f32], labels: &[usize]) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
            cluster.0 += f64::from(squared).sqrt();
            cluster.1 += 1.0;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 0.0 };
    let (a, mut b) = (own.0 / own.1, f64::INFINITY);
    for (sum, count) in clusters.values() {
        b = b.min(sum / count);
    }
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0;
    }
    (b - a) / a
}

/// Good groups come out below 0.
pub fn a_less_b(i: usize, squared: &[f32], labels: &[usize]) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
            cluster.0 += f64::from(squared).sqrt();
            cluster.1 += 1.0;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 0.0 };
    let (a, mut b) = (own.0 / own.1, f64::INFINITY);
    for (sum, count) in clusters.values() {
        b = b.min(sum / count);
    }
    if clusters.is_empty() || a.max(b) == 0.0 {
        return 0.0;
    }
    (a - b) / a.max(b)
}

/// Everything in one cluster: the mean of all silhouettes is NaN, and a search for the best k ends
/// there.
pub fn no_other_cluster_and_infinity_by_infinity(
    i: usize,
    squared: &[f32],
    labels: &[usize],
) -> f64 {
    let mut clusters = BTreeMap::<usize, (f64, f64)>::new();
    for (j, &squared) in squared.iter().enumerate() {
        if j != i {
            let cluster = clusters.entry(labels[j]).or_insert((0.0, 0.0));
            cluster.0 += f64::from(squared).sqrt();
            cluster.1 += 1.0;
        }
    }
    let Some(own) = clusters.remove(&labels[i]) else { return 0.0 };
    let (a, mut b) = (own.0 / own.1, f64::INFINITY);
    for (sum, count) in clusters.values() {
        b = b.min(sum / count);
    }
    if a.max(b) == 0.0 {
        return 0.0;
    }
    (b - a) / a.max(b)
}

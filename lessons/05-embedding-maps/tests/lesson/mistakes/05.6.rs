//! Mistakes in `purity`.

use std::collections::BTreeMap;

/// The numbers of clusters are drawn by chance: the same groups score otherwise on the next run.
pub fn cluster_numbers_compared_with_kind_numbers(clusters: &[usize], kinds: &[usize]) -> f64 {
    assert!(
        !kinds.is_empty() && clusters.len() == kinds.len(),
        "a cluster and a kind for every point"
    );
    let mut alike = 0;
    for (cluster, kind) in clusters.iter().zip(kinds) {
        if cluster == kind {
            alike += 1;
        }
    }
    alike as f64 / kinds.len() as f64
}

/// A cluster of one point counts as much as one of a thousand.
pub fn the_mean_of_the_clusters_own_shares(clusters: &[usize], kinds: &[usize]) -> f64 {
    assert!(
        !kinds.is_empty() && clusters.len() == kinds.len(),
        "a cluster and a kind for every point"
    );
    let mut counts = BTreeMap::<usize, BTreeMap<usize, usize>>::new();
    for (&cluster, &kind) in clusters.iter().zip(kinds) {
        *counts.entry(cluster).or_default().entry(kind).or_default() += 1;
    }
    let mut shares = 0.0;
    for kinds in counts.values() {
        let most = kinds.values().max().unwrap_or(&0);
        shares += *most as f64 / kinds.values().sum::<usize>() as f64;
    }
    shares / counts.len() as f64
}

/// That is another measure: it is 1 for one cluster that holds everything.
pub fn the_commonest_cluster_of_each_kind(clusters: &[usize], kinds: &[usize]) -> f64 {
    assert!(
        !kinds.is_empty() && clusters.len() == kinds.len(),
        "a cluster and a kind for every point"
    );
    let mut counts = BTreeMap::<usize, BTreeMap<usize, usize>>::new();
    for (&cluster, &kind) in clusters.iter().zip(kinds) {
        *counts.entry(kind).or_default().entry(cluster).or_default() += 1;
    }
    let mut of_commonest = 0;
    for clusters in counts.values() {
        of_commonest += clusters.values().max().unwrap_or(&0);
    }
    of_commonest as f64 / kinds.len() as f64
}

/// One stray point makes a cluster of a thousand worth nothing.
pub fn only_clusters_of_one_kind_counted(clusters: &[usize], kinds: &[usize]) -> f64 {
    assert!(
        !kinds.is_empty() && clusters.len() == kinds.len(),
        "a cluster and a kind for every point"
    );
    let mut counts = BTreeMap::<usize, BTreeMap<usize, usize>>::new();
    for (&cluster, &kind) in clusters.iter().zip(kinds) {
        *counts.entry(cluster).or_default().entry(kind).or_default() += 1;
    }
    let mut pure = 0;
    for kinds in counts.values() {
        if kinds.len() == 1 {
            pure += kinds.values().sum::<usize>();
        }
    }
    pure as f64 / kinds.len() as f64
}

/// The result depends on the order of the points.
pub fn the_kind_of_each_clusters_first_point(clusters: &[usize], kinds: &[usize]) -> f64 {
    assert!(
        !kinds.is_empty() && clusters.len() == kinds.len(),
        "a cluster and a kind for every point"
    );
    let mut firsts = BTreeMap::<usize, usize>::new();
    let mut as_first = 0;
    for (&cluster, &kind) in clusters.iter().zip(kinds) {
        if *firsts.entry(cluster).or_insert(kind) == kind {
            as_first += 1;
        }
    }
    as_first as f64 / kinds.len() as f64
}

/// Points by clusters: above 1, and larger the more points there are.
pub fn divided_by_the_number_of_clusters(clusters: &[usize], kinds: &[usize]) -> f64 {
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
    of_commonest as f64 / counts.len() as f64
}

/// `zip` ends with the shorter list: points are missing and nothing says so.
pub fn lists_of_different_lengths_let_through(clusters: &[usize], kinds: &[usize]) -> f64 {
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

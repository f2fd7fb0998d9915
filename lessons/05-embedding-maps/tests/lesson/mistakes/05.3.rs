//! Mistakes in `lloyd`.

use maps::{KMeans, assign, move_centres};

/// What an assignment leaves, added up, after a single move: most groups are still cut through.
pub fn one_round_only(x: &[Vec<f32>], mut centres: Vec<Vec<f32>>) -> KMeans {
    let assigned = assign(x, &centres);
    centres = move_centres(x, &assigned, centres.len());
    let assigned = assign(x, &centres);
    let inertia = assigned.squared.iter().map(|&d| f64::from(d)).sum();
    KMeans { labels: assigned.labels, centres, inertias: vec![inertia] }
}

/// The points go to the centres that were drawn by chance, and these stay where they are.
pub fn centres_that_never_move(x: &[Vec<f32>], centres: Vec<Vec<f32>>) -> KMeans {
    let assigned = assign(x, &centres);
    let inertia = assigned.squared.iter().map(|&d| f64::from(d)).sum();
    KMeans { labels: assigned.labels, centres, inertias: vec![inertia] }
}

/// The groups are right, and two starts are compared by another sum than the one that fell.
pub fn distances_that_are_not_squared(x: &[Vec<f32>], mut centres: Vec<Vec<f32>>) -> KMeans {
    let mut assigned = assign(x, &centres);
    let mut inertias = Vec::new();
    for _ in 0..300 {
        centres = move_centres(x, &assigned, centres.len());
        let before = assigned.labels;
        assigned = assign(x, &centres);
        inertias.push(assigned.squared.iter().map(|&d| f64::from(d).sqrt()).sum());
        if assigned.labels == before {
            break;
        }
    }
    KMeans { labels: assigned.labels, centres, inertias }
}

/// Divided by the number of points: fine for comparing two starts, and not what is called inertia.
pub fn the_mean_and_not_the_sum(x: &[Vec<f32>], mut centres: Vec<Vec<f32>>) -> KMeans {
    let mut assigned = assign(x, &centres);
    let mut inertias = Vec::new();
    for _ in 0..300 {
        centres = move_centres(x, &assigned, centres.len());
        let before = assigned.labels;
        assigned = assign(x, &centres);
        let sum: f64 = assigned.squared.iter().map(|&d| f64::from(d)).sum();
        inertias.push(sum / x.len() as f64);
        if assigned.labels == before {
            break;
        }
    }
    KMeans { labels: assigned.labels, centres, inertias }
}

/// The last inertia belongs to centres that have moved since: it is too large.
pub fn the_inertia_from_before_the_move(x: &[Vec<f32>], mut centres: Vec<Vec<f32>>) -> KMeans {
    let mut assigned = assign(x, &centres);
    let mut inertias = Vec::new();
    for _ in 0..300 {
        inertias.push(assigned.squared.iter().map(|&d| f64::from(d)).sum());
        centres = move_centres(x, &assigned, centres.len());
        let before = assigned.labels;
        assigned = assign(x, &centres);
        if assigned.labels == before {
            break;
        }
    }
    KMeans { labels: assigned.labels, centres, inertias }
}

/// The centres are right, and each point is told the cluster in which it began.
pub fn the_labels_of_the_first_assignment(x: &[Vec<f32>], mut centres: Vec<Vec<f32>>) -> KMeans {
    let mut assigned = assign(x, &centres);
    let first = assigned.labels.clone();
    let mut inertias = Vec::new();
    for _ in 0..300 {
        centres = move_centres(x, &assigned, centres.len());
        let before = assigned.labels;
        assigned = assign(x, &centres);
        inertias.push(assigned.squared.iter().map(|&d| f64::from(d)).sum());
        if assigned.labels == before {
            break;
        }
    }
    KMeans { labels: first, centres, inertias }
}

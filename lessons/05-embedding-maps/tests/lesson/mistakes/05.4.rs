//! Mistakes in `move_centres`.

use maps::Assignment;

/// 0 / 0 is NaN, and nothing is less than NaN: such a centre never gets a point again, or, where it
/// is the first, all of them.
pub fn an_empty_cluster_divided_by_0(
    x: &[Vec<f32>],
    assigned: &Assignment,
    k: usize,
) -> Vec<Vec<f32>> {
    let mut centres = vec![vec![0.0_f32; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, value) in centres[label].iter_mut().zip(point) {
            *sum += value;
        }
    }
    for (centre, size) in centres.iter_mut().zip(sizes) {
        for value in centre {
            *value /= size as f32;
        }
    }
    centres
}

/// The origin is a place like any other, and mostly far from all points: the cluster stays empty.
pub fn an_empty_cluster_at_the_origin(
    x: &[Vec<f32>],
    assigned: &Assignment,
    k: usize,
) -> Vec<Vec<f32>> {
    let mut centres = vec![vec![0.0_f32; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, value) in centres[label].iter_mut().zip(point) {
            *sum += value;
        }
    }
    for (centre, size) in centres.iter_mut().zip(sizes) {
        for value in centre {
            *value /= size.max(1) as f32;
        }
    }
    centres
}

/// The numbers of the later clusters change, and there are fewer than were asked for.
pub fn an_empty_cluster_left_out(x: &[Vec<f32>], assigned: &Assignment, k: usize) -> Vec<Vec<f32>> {
    let mut centres = vec![vec![0.0_f32; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, value) in centres[label].iter_mut().zip(point) {
            *sum += value;
        }
    }
    let mut left = Vec::new();
    for (mut centre, size) in centres.into_iter().zip(sizes) {
        for value in &mut centre {
            *value /= size as f32;
        }
        if size > 0 {
            left.push(centre);
        }
    }
    left
}

/// Of two centres in one place the second stays empty, round after round.
pub fn every_empty_cluster_at_the_same_point(
    x: &[Vec<f32>],
    assigned: &Assignment,
    k: usize,
) -> Vec<Vec<f32>> {
    let mut centres = vec![vec![0.0_f32; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, value) in centres[label].iter_mut().zip(point) {
            *sum += value;
        }
    }
    let mut furthest = 0;
    for point in 1..x.len() {
        if assigned.squared[point] > assigned.squared[furthest] {
            furthest = point;
        }
    }
    for (centre, size) in centres.iter_mut().zip(sizes) {
        if size == 0 {
            centre.clone_from(&x[furthest]);
        } else {
            for value in centre {
                *value /= size as f32;
            }
        }
    }
    centres
}

/// The point that least needs a centre of its own gets one.
pub fn an_empty_cluster_at_the_point_nearest_to_its_centre(
    x: &[Vec<f32>],
    assigned: &Assignment,
    k: usize,
) -> Vec<Vec<f32>> {
    let mut centres = vec![vec![0.0_f32; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, value) in centres[label].iter_mut().zip(point) {
            *sum += value;
        }
    }
    let mut points: Vec<usize> = (0..x.len()).collect();
    points.sort_by(|&a, &b| assigned.squared[a].total_cmp(&assigned.squared[b]));
    let mut nearest = points.into_iter();
    for (centre, size) in centres.iter_mut().zip(sizes) {
        if size == 0 {
            centre.clone_from(&x[nearest.next().expect("no more centres than points")]);
        } else {
            for value in centre {
                *value /= size as f32;
            }
        }
    }
    centres
}

/// The more points a cluster has, the further away its centre flies.
pub fn the_sum_and_not_the_mean(x: &[Vec<f32>], assigned: &Assignment, k: usize) -> Vec<Vec<f32>> {
    let mut centres = vec![vec![0.0_f32; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, value) in centres[label].iter_mut().zip(point) {
            *sum += value;
        }
    }
    let mut points: Vec<usize> = (0..x.len()).collect();
    points.sort_by(|&a, &b| assigned.squared[b].total_cmp(&assigned.squared[a]));
    let mut furthest = points.into_iter();
    for (centre, size) in centres.iter_mut().zip(sizes) {
        if size == 0 {
            centre.clone_from(&x[furthest.next().expect("no more centres than points")]);
        }
    }
    centres
}

/// Every centre is drawn towards the origin, the small clusters most.
pub fn divided_by_the_number_of_all_points(
    x: &[Vec<f32>],
    assigned: &Assignment,
    k: usize,
) -> Vec<Vec<f32>> {
    let mut centres = vec![vec![0.0_f32; x[0].len()]; k];
    let mut sizes = vec![0_usize; k];
    for (point, &label) in x.iter().zip(&assigned.labels) {
        sizes[label] += 1;
        for (sum, value) in centres[label].iter_mut().zip(point) {
            *sum += value;
        }
    }
    let mut points: Vec<usize> = (0..x.len()).collect();
    points.sort_by(|&a, &b| assigned.squared[b].total_cmp(&assigned.squared[a]));
    let mut furthest = points.into_iter();
    for (centre, size) in centres.iter_mut().zip(sizes) {
        if size == 0 {
            centre.clone_from(&x[furthest.next().expect("no more centres than points")]);
        } else {
            for value in centre {
                *value /= x.len() as f32;
            }
        }
    }
    centres
}

//! How far a map lies from the affinities, and which way each of its points is pulled and pushed.
//!
//! The push comes from all other points, so one look at the map costs n^2. Barnes and Hut's tree
//! (van der Maaten 2014) takes far points together and lowers that to n log n. Measured, it was not
//! needed: sixteen points at a time ([`kernels::repulsion`]), a fit of 10,000 points takes 21
//! seconds on two cores, half of scikit-learn's with its tree, and the sum is exact. Both maps of
//! the crate bhtsne 0.5.12 were far off on the same points: a KL of 3.116 against 1.393 on 2,000,
//! of 5.469 against 2.810 on 10,000. A tree would win on many more: with 50,000 points a step takes
//! a second or two.

use rayon::prelude::*;

use crate::affinities::Affinities;

/// Points whose forces one thread works out in one go: to hand over fewer costs more than it
/// brings.
const TOGETHER: usize = 64;

/// Where each point lies on the plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// `y[axis][point]`, one axis after the other: the loops read many points of one axis at once.
    pub y: [Vec<f32>; 2],
}

impl Map {
    /// How many points there are.
    pub(crate) fn len(&self) -> usize {
        self.y[0].len()
    }

    /// Both coordinates of each point.
    pub fn points(&self) -> Vec<[f32; 2]> {
        let mut points = Vec::with_capacity(self.len());
        for point in 0..self.len() {
            points.push([self.y[0][point], self.y[1][point]]);
        }
        points
    }
}

/// How far the map lies from the affinities: KL(P || Q) = sum_ij p_ij ln(p_ij / q_ij), in nats.
///
/// q_ij = w_ij / Z, w_ij = 1 / (1 + |y_i - y_j|^2), Z = the sum of w over all pairs: Student's t
/// with one degree of freedom (van der Maaten and Hinton 2008, sections 3.1 and 3.3, equation 4).
///
/// # Panics
///
/// If the map has more points than the affinities.
pub fn kl(p: &Affinities, y: &Map) -> f64 {
    let z = normaliser(&repulsions(y));
    let mut nats = 0.0;
    for of_point in each_point(y, |i| nats_of_row(&p.rows[i], y, i, z)) {
        nats += of_point;
    }
    nats
}

/// sum_j p_ij ln(p_ij / q_ij), a pair with p_ij = 0 counting nothing.
fn nats_of_row(row: &[(u32, f32)], y: &Map, i: usize, z: f64) -> f64 {
    let mut nats = 0.0;
    for &(j, p) in row {
        let (p, w) = (f64::from(p), f64::from(pair(y, i, j as usize).1));
        if p > 0.0 {
            nats += p * (p * z / w).ln();
        }
    }
    nats
}

/// Which way the KL grows: dKL/dy_i = 4 sum_j (p_ij - q_ij) w_ij (y_i - y_j).
///
/// Van der Maaten and Hinton 2008, equation 5, taken apart into what pulls and what pushes, as the
/// push needs Z: 4 (exaggeration sum_j p_ij w_ij (y_i - y_j) - 1/Z sum_j w_ij^2 (y_i - y_j)). With
/// an exaggeration of 1 it is the gradient of [`kl`]. The same map gives the same bits for any
/// number of threads.
///
/// # Shapes
///
/// - output: `[axis][point]`
///
/// # Panics
///
/// If the map has more points than the affinities.
// ANCHOR: gradient
pub fn gradient(p: &Affinities, y: &Map, exaggeration: f32) -> [Vec<f32>; 2] {
    let pulls = each_point(y, |i| attraction(&p.rows[i], y, i));
    let pushes = repulsions(y);
    // a point alone has no pairs
    let z = (normaliser(&pushes) as f32).max(f32::MIN_POSITIVE);
    let mut gradient = [Vec::with_capacity(y.len()), Vec::with_capacity(y.len())];
    for axis in [0, 1] {
        for (pull, (_, push)) in pulls.iter().zip(&pushes) {
            gradient[axis].push(4.0 * (exaggeration * pull[axis] - push[axis] / z));
        }
    }
    gradient
}

/// y_i - y_j along both axes, and w_ij = 1 / (1 + |y_i - y_j|^2)
fn pair(y: &Map, i: usize, j: usize) -> ([f32; 2], f32) {
    let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
    ([dx, dy], 1.0 / (1.0 + dx * dx + dy * dy))
}

/// sum_j p_ij w_ij (y_i - y_j) along both axes, over the neighbours of point i.
fn attraction(row: &[(u32, f32)], y: &Map, i: usize) -> [f32; 2] {
    let mut pull = [0.0; 2];
    for &(j, p) in row {
        let ([dx, dy], w) = pair(y, i, j as usize);
        pull[0] += p * w * dx;
        pull[1] += p * w * dy;
    }
    pull
}
// ANCHOR_END: gradient

/// sum_j w_ij, and sum_j w_ij^2 (y_i - y_j) along both axes, over all other points j.
///
/// # Panics
///
/// If the map has no point i.
// ANCHOR: repulsion
pub fn repulsion(y: &Map, i: usize) -> (f32, [f32; 2]) {
    let (mut sum, mut push) = (0.0, [0.0; 2]);
    for j in 0..y.len() {
        if j != i {
            let ([dx, dy], w) = pair(y, i, j);
            sum += w;
            push[0] += w * w * dx;
            push[1] += w * w * dy;
        }
    }
    (sum, push)
}
// ANCHOR_END: repulsion

/// The repulsion of every point: by [`kernels::repulsion`], sixteen points at a time, or by the
/// plain [`repulsion`] under [`kernels::plain`]; a test holds the two equal.
fn repulsions(y: &Map) -> Vec<(f32, [f32; 2])> {
    if kernels::plain() {
        each_point(y, |i| repulsion(y, i))
    } else {
        each_point(y, |i| kernels::repulsion::repulsion(&y.y, i))
    }
}

/// Z, the sum of w over all pairs, from the repulsion of every point.
fn normaliser(repulsions: &[(f32, [f32; 2])]) -> f64 {
    let mut z = 0.0;
    for (w, _) in repulsions {
        z += f64::from(*w);
    }
    z
}

/// What `f` computes of each point, in their order.
fn each_point<T: Send>(y: &Map, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..y.len()).into_par_iter().with_min_len(TOGETHER).map(f).collect()
}

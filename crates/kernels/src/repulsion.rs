//! The push of all points of a t-SNE map on one of them, sixteen points at a time.

use std::ops::Range;

use pulp::Arch;

use crate::distances::LANES;

/// A point this far from everything pushes nothing: it fills the lanes that are left over. Its
/// square still fits into f32.
const FAR: f32 = 1e15;

/// What pushes point i of a map: sum_j w_ij, and sum_j w_ij^2 (y_i - y_j) along both axes, over all
/// other points j; w_ij = 1 / (1 + |y_i - y_j|^2).
///
/// Lesson 05 holds it equal to its plain `repulsion`.
///
/// # Shapes
///
/// - y: `[axis][point]`, two axes of equally many points
/// - output: the sum of w_ij, and the push `[axis]`
pub fn repulsion(y: &[Vec<f32>; 2], i: usize) -> (f32, [f32; 2]) {
    let [w, across, up] = Arch::new().dispatch(|| {
        let mut sums = [[0.0; LANES]; 3];
        add_pushes(y, i, 0..i, &mut sums);
        add_pushes(y, i, i + 1..y[0].len(), &mut sums);
        sums.map(|lanes| lanes.iter().sum())
    });
    (w, [across, up])
}

/// Adds the pushes of the points in a range, [`LANES`] at a time.
#[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
fn add_pushes(y: &[Vec<f32>; 2], i: usize, others: Range<usize>, sums: &mut [[f32; LANES]; 3]) {
    let of_i = [y[0][i], y[1][i]];
    let (xs, last_xs) = y[0][others.clone()].as_chunks();
    let (ys, last_ys) = y[1][others].as_chunks();
    for (xs, ys) in xs.iter().zip(ys) {
        add_lanes(of_i, xs, ys, sums);
    }
    let (mut xs, mut ys) = ([FAR; LANES], [FAR; LANES]);
    xs[..last_xs.len()].copy_from_slice(last_xs);
    ys[..last_ys.len()].copy_from_slice(last_ys);
    add_lanes(of_i, &xs, &ys, sums);
}

/// Adds the pushes of [`LANES`] points, each to its own lane.
#[inline(always)] // as above
fn add_lanes(of_i: [f32; 2], xs: &[f32; LANES], ys: &[f32; LANES], sums: &mut [[f32; LANES]; 3]) {
    for lane in 0..LANES {
        let (dx, dy) = (of_i[0] - xs[lane], of_i[1] - ys[lane]);
        let w = 1.0 / (1.0 + dx * dx + dy * dy);
        sums[0][lane] += w;
        sums[1][lane] += w * w * dx;
        sums[2][lane] += w * w * dy;
    }
}

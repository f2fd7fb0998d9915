//! The product of very few rows and weights: x W + b where a weight is used once or twice after it
//! was fetched, as when one token is decoded.
//!
//! There is nothing to lay out: the weights are read where they lie, from the first to the last,
//! each core a part of the columns, as fast as the memory gives them.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::normal;
use crate::product::{Then, by_columns};
use crate::tiles::Matrix;

/// Weights that are worth a task of their own: some ten microseconds of reading.
const WORTH_A_TASK: usize = 1 << 15;

/// Tasks for each thread, so that one that is done early takes over from the others.
const TASKS_PER_THREAD: usize = 2;

/// Columns of a task are whole lines of the caches.
const LINE: usize = 16;

/// Rows, or columns, of the weights that are read side by side.
const SIDE_BY_SIDE: usize = 4;

/// Numbers of a dot product that are added on their own.
const LANES: usize = 16;

/// Whether a matrix has its rows or its columns in one piece.
pub(crate) fn reads(weight: &Matrix) -> bool {
    weight.column_stride == 1 || weight.row_stride == 1
}

/// x W + b, or the GELU of it, written into `out`.
///
/// # Shapes
///
/// - x: `[rows, inner]`
/// - weight: `[inner, columns]`, one that this module [`reads`]
/// - bias: `[columns]`
/// - out: `[rows, columns]`
///
/// # Panics
///
/// If the shapes do not fit.
pub(crate) fn product(
    x: &[f32],
    weight: Matrix,
    bias: Option<&[f32]>,
    then: Then,
    out: &mut [f32],
) {
    let Matrix { rows: inner, columns, .. } = weight;
    if out.is_empty() {
        return;
    }
    let rows = out.len() / columns;
    assert_eq!((x.len(), out.len()), (rows * inner, rows * columns), "a product's shapes");
    assert!(bias.is_none_or(|bias| bias.len() == columns), "a number of the bias for a column");
    let most = rayon::current_num_threads() * TASKS_PER_THREAD;
    let tasks = (inner * columns / WORTH_A_TASK).clamp(1, most);
    let width = columns.div_ceil(tasks).next_multiple_of(LINE);
    let arch = Arch::new();
    let parts = by_columns(out, columns, width);
    parts.into_par_iter().enumerate().for_each(|(i, out)| {
        arch.dispatch(Part { x, weight, bias, then, first: i * width, out });
    });
}

/// Some columns of the output.
struct Part<'a> {
    /// `[row][inner]`
    x: &'a [f32],
    weight: Matrix<'a>,
    bias: Option<&'a [f32]>,
    then: Then,
    /// First column of the part.
    first: usize,
    /// `[row][column]`, the part's columns alone.
    out: Vec<&'a mut [f32]>,
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)] // as a closure it would be compiled apart, for narrow registers
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x, weight, bias, then, first, mut out } = self;
        for row in &mut out {
            match bias {
                Some(bias) => row.copy_from_slice(&bias[first..first + row.len()]),
                None => row.fill(0.0),
            }
        }
        if weight.column_stride == 1 {
            add_rows(x, weight, first, &mut out);
        } else {
            add_dots(x, weight, first, &mut out);
        }
        if then == Then::Gelu {
            for x in out.into_iter().flatten() {
                *x = normal::gelu(*x);
            }
        }
    }
}

/// Adds every row of the weights, times its number of x.
#[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
fn add_rows(x: &[f32], weight: Matrix, first: usize, out: &mut [&mut [f32]]) {
    let Matrix { numbers, rows: inner, row_stride, .. } = weight;
    let width = out[0].len();
    let whole = inner / SIDE_BY_SIDE * SIDE_BY_SIDE;
    for k in (0..whole).step_by(SIDE_BY_SIDE) {
        let [a, b, c, d] =
            std::array::from_fn(|i| &numbers[(k + i) * row_stride + first..][..width]);
        for (x, out) in x.chunks_exact(inner).zip(out.iter_mut()) {
            let [x_a, x_b, x_c, x_d] = std::array::from_fn(|i| x[k + i]);
            for ((((sum, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum += (x_a * a + x_b * b) + (x_c * c + x_d * d);
            }
        }
    }
    for k in whole..inner {
        let weights = &numbers[k * row_stride + first..][..width];
        for (x, out) in x.chunks_exact(inner).zip(out.iter_mut()) {
            for (sum, weight) in out.iter_mut().zip(weights) {
                *sum += x[k] * weight;
            }
        }
    }
}

/// Adds the dot product of x and every column of the weights.
#[inline(always)] // as above
fn add_dots(x: &[f32], weight: Matrix, first: usize, out: &mut [&mut [f32]]) {
    let Matrix { numbers, rows: inner, column_stride, .. } = weight;
    let width = out[0].len();
    let column = |i: usize| &numbers[(first + i) * column_stride..][..inner];
    let whole = width / SIDE_BY_SIDE * SIDE_BY_SIDE;
    for i in (0..whole).step_by(SIDE_BY_SIDE) {
        let columns: [&[f32]; SIDE_BY_SIDE] = std::array::from_fn(|j| column(i + j));
        for (r, out) in out.iter_mut().enumerate() {
            let dots = dots(&x[r * inner..][..inner], columns);
            for (sum, dot) in out[i..].iter_mut().zip(dots) {
                *sum += dot;
            }
        }
    }
    for i in whole..width {
        for (r, out) in out.iter_mut().enumerate() {
            let [dot] = dots(&x[r * inner..][..inner], [column(i)]);
            out[i] += dot;
        }
    }
}

/// The dot products of x and N columns, all of one length.
#[inline(always)] // as above
fn dots<const N: usize>(x: &[f32], columns: [&[f32]; N]) -> [f32; N] {
    let (x, x_rest) = x.as_chunks::<LANES>();
    let chunks = columns.map(|column| &column.as_chunks::<LANES>().0[..x.len()]);
    let rests = columns.map(|column| column.as_chunks::<LANES>().1);
    let mut sums = [[0.0; LANES]; N];
    for (k, x) in x.iter().enumerate() {
        for i in 0..N {
            for lane in 0..LANES {
                sums[i][lane] += x[lane] * chunks[i][k][lane];
            }
        }
    }
    std::array::from_fn(|i| {
        let mut dot: f32 = sums[i].iter().sum();
        for (x, weight) in x_rest.iter().zip(rests[i]) {
            dot += x * weight;
        }
        dot
    })
}

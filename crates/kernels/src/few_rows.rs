//! The product of very few rows and weights: x W + b where a weight is used once or twice after it
//! was fetched, as when one token is decoded.
//!
//! There is nothing to lay out: the weights are read where they lie, from the first to the last,
//! each core a part of the columns, as fast as the memory gives them.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::normal;
use crate::product::{Then, by_columns, rows_that_fit};
use crate::tiles::Matrix;

/// Weights that are worth a thread of their own: some fifty microseconds of reading, longer than it
/// takes to wake one.
const WORTH_A_THREAD: usize = 1 << 17;

/// Columns of a part are whole lines of the caches.
const LINE: usize = 16;

/// Rows, or columns, of the weights that are read side by side.
const SIDE_BY_SIDE: usize = 4;

/// Sums of one dot product that do not wait for each other.
const SUMS: usize = 2;

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
    rows_that_fit(x, &weight, bias, out);
    let most = rayon::current_num_threads();
    let parts = (inner * columns / WORTH_A_THREAD).clamp(1, most);
    let width = columns.div_ceil(parts).next_multiple_of(LINE);
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
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, weight, bias, then, first, mut out } = self;
        for row in &mut out {
            match bias {
                Some(bias) => row.copy_from_slice(&bias[first..first + row.len()]),
                None => row.fill(0.0),
            }
        }
        if weight.column_stride == 1 {
            let mut k = 0;
            while k + SIDE_BY_SIDE <= weight.rows {
                add_rows::<S, SIDE_BY_SIDE>(simd, x, weight, k, first, &mut out);
                k += SIDE_BY_SIDE;
            }
            for k in k..weight.rows {
                add_rows::<S, 1>(simd, x, weight, k, first, &mut out);
            }
        } else {
            let width = out[0].len();
            let mut i = 0;
            while i + SIDE_BY_SIDE <= width {
                add_dots::<S, SIDE_BY_SIDE>(simd, x, weight, first, i, &mut out);
                i += SIDE_BY_SIDE;
            }
            for i in i..width {
                add_dots::<S, 1>(simd, x, weight, first, i, &mut out);
            }
        }
        if then == Then::Gelu {
            for x in out.into_iter().flatten() {
                *x = normal::gelu(*x);
            }
        }
    }
}

/// Adds N rows of the weights from row k on, each times its number of x.
#[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
fn add_rows<S: Simd, const N: usize>(
    simd: S,
    x: &[f32],
    weight: Matrix,
    k: usize,
    first: usize,
    out: &mut [&mut [f32]],
) {
    let width = out[0].len();
    let mut rows: [&[f32]; N] = [&[]; N];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = &weight.numbers[(k + i) * weight.row_stride + first..][..width];
    }
    for (r, out) in out.iter_mut().enumerate() {
        let x = &x[r * weight.rows + k..][..N];
        let (sums, rest) = S::as_mut_simd_f32s(out);
        let mut wide: [&[S::f32s]; N] = [&[]; N];
        let mut times = [simd.splat_f32s(0.0); N];
        for i in 0..N {
            wide[i] = &S::as_simd_f32s(rows[i]).0[..sums.len()];
            times[i] = simd.splat_f32s(x[i]);
        }
        for (j, sum) in sums.iter_mut().enumerate() {
            for i in 0..N {
                *sum = simd.mul_add_f32s(times[i], wide[i][j], *sum);
            }
        }
        let done = width - rest.len();
        for (j, sum) in rest.iter_mut().enumerate() {
            for i in 0..N {
                *sum += x[i] * rows[i][done + j];
            }
        }
    }
}

/// Adds the dot products of x and N columns of the weights from column `first` + i on.
#[inline(always)] // as above
fn add_dots<S: Simd, const N: usize>(
    simd: S,
    x: &[f32],
    weight: Matrix,
    first: usize,
    i: usize,
    out: &mut [&mut [f32]],
) {
    let inner = weight.rows;
    let mut columns: [&[f32]; N] = [&[]; N];
    for (c, column) in columns.iter_mut().enumerate() {
        *column = &weight.numbers[(first + i + c) * weight.column_stride..][..inner];
    }
    for (r, out) in out.iter_mut().enumerate() {
        let x = &x[r * inner..][..inner];
        let (wide_x, rest) = S::as_simd_f32s(x);
        let (pairs, odd) = wide_x.as_chunks::<SUMS>();
        let mut wide: [&[S::f32s]; N] = [&[]; N];
        for c in 0..N {
            wide[c] = &S::as_simd_f32s(columns[c]).0[..wide_x.len()];
        }
        let mut sums = [[simd.splat_f32s(0.0); SUMS]; N];
        for (k, pair) in pairs.iter().enumerate() {
            for s in 0..SUMS {
                for c in 0..N {
                    sums[c][s] = simd.mul_add_f32s(pair[s], wide[c][k * SUMS + s], sums[c][s]);
                }
            }
        }
        for c in 0..N {
            for (x, weight) in odd.iter().zip(&wide[c][pairs.len() * SUMS..]) {
                sums[c][0] = simd.mul_add_f32s(*x, *weight, sums[c][0]);
            }
            let mut dot = simd.reduce_sum_f32s(simd.add_f32s(sums[c][0], sums[c][1]));
            for (x, weight) in rest.iter().zip(&columns[c][inner - rest.len()..]) {
                dot += x * weight;
            }
            out[i + c] += dot;
        }
    }
}

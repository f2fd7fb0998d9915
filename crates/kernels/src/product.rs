//! The product of a matrix of activations and one of weights, plus a bias: x W + b.
//!
//! The output is cut into [tiles](crate::tiles); a sum stays in a register until it is whole, and is
//! written once, with its bias and its activation. While a panel is multiplied, the next one is
//! fetched into the caches: for few rows the weights come as fast as the memory gives them, and the
//! arithmetic is done meanwhile.
//!
//! Every number of the output is a sum over the inner axis from the first to the last, whatever the
//! number of rows and threads: a row gives the same bits alone and among others.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::normal;
use crate::tiles::{
    FEW_ROWS, Lines, Matrix, PanelWidth, REGISTERS, ROWS, fill_block, fill_panel, store, tile,
};

/// Multiplications that are worth a thread of their own.
const WORTH_A_THREAD: usize = 1 << 18;

/// Rows that are multiplied by one panel after the other before the next ones are: up to 1,536
/// numbers a row, they stay in a core's second cache (1 or 2 MB) while all panels pass by.
const ROWS_AT_ONCE: usize = 128;

/// What becomes of a sum when it is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It is written as it is.
    Store,
    /// Its GELU is written, the exact form.
    Gelu,
}

/// All panels of a weight, one after the other.
pub(crate) struct Panels(Lines);

impl Panels {
    /// Lays a weight out.
    pub(crate) fn of(weight: Matrix) -> Self {
        let arch = Arch::new();
        let width = arch.dispatch(PanelWidth);
        let length = weight.rows * width; // of a panel
        let mut numbers = Lines::zeros(weight.columns.div_ceil(width) * length);
        for (i, panel) in numbers.chunks_exact_mut(length.max(1)).enumerate() {
            arch.dispatch(|| fill_panel(weight, i * width, panel, width));
        }
        Self(numbers)
    }

    /// How many numbers are kept.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// x W + b, or the GELU of it, written into `out`.
///
/// # Shapes
///
/// - x: `[rows, inner]`
/// - weight: `[inner, columns]`
/// - panels: [`Panels`] of the weight, if they were laid out before
/// - bias: `[columns]`
/// - out: `[rows, columns]`
///
/// # Panics
///
/// If the shapes do not fit.
pub(crate) fn product(
    x: &[f32],
    weight: Matrix,
    panels: Option<&Panels>,
    bias: Option<&[f32]>,
    then: Then,
    out: &mut [f32],
) {
    let Matrix { rows: inner, columns, .. } = weight;
    if out.is_empty() {
        return;
    }
    let rows = rows_that_fit(x, &weight, bias, out);
    let arch = Arch::new();
    let panel = arch.dispatch(PanelWidth);
    let (height, width) = group_size(rows, inner, columns, panel);
    let mut groups = Vec::new();
    for (i, out) in out.chunks_mut(height * columns).enumerate() {
        let x = &x[i * height * inner..];
        for (j, out) in by_columns(out, columns, width).into_iter().enumerate() {
            groups.push(Group { x, weight, panels, bias, then, first: j * width, out });
        }
    }
    groups.into_par_iter().for_each(|group| arch.dispatch(group));
}

/// How many rows x and `out` have.
///
/// # Panics
///
/// If the shapes of a product do not fit.
pub(crate) fn rows_that_fit(
    x: &[f32],
    weight: &Matrix,
    bias: Option<&[f32]>,
    out: &[f32],
) -> usize {
    let rows = out.len() / weight.columns;
    let (read, written) = (rows * weight.rows, rows * weight.columns);
    assert_eq!((x.len(), out.len()), (read, written), "a product's shapes");
    let fits = bias.is_none_or(|bias| bias.len() == weight.columns);
    assert!(fits, "a number of the bias for a column");
    rows
}

/// How many rows and columns are computed by one thread at a time, the columns whole panels: many
/// rows are cut, and few rows are all multiplied by a part of the columns.
fn group_size(rows: usize, inner: usize, columns: usize, panel: usize) -> (usize, usize) {
    let threads = rayon::current_num_threads();
    let height = rows.div_ceil(rows.div_ceil(ROWS_AT_ONCE)).next_multiple_of(ROWS);
    let by_rows = rows.div_ceil(height);
    let worth = rows * inner * columns / WORTH_A_THREAD;
    let parts = worth.clamp(1, threads).div_ceil(by_rows);
    (height, columns.div_ceil(parts).next_multiple_of(panel))
}

/// Rows cut into groups of columns: `[group][row]`, `width` columns each but for the last.
pub(crate) fn by_columns(rows: &mut [f32], columns: usize, width: usize) -> Vec<Vec<&mut [f32]>> {
    let mut groups = Vec::new();
    groups.resize_with(columns.div_ceil(width), Vec::new);
    for row in rows.chunks_exact_mut(columns) {
        for (group, part) in groups.iter_mut().zip(row.chunks_mut(width)) {
            group.push(part);
        }
    }
    groups
}

/// Some rows and columns of the output.
struct Group<'a> {
    /// `[row][inner]`, the group's rows first.
    x: &'a [f32],
    weight: Matrix<'a>,
    panels: Option<&'a Panels>,
    bias: Option<&'a [f32]>,
    then: Then,
    /// First column of the group.
    first: usize,
    /// `[row][column]`, the group's columns alone.
    out: Vec<&'a mut [f32]>,
}

impl WithSimd for Group<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 {
            self.fill::<S, ROWS>(simd);
        } else {
            self.fill::<S, FEW_ROWS>(simd);
        }
    }
}

impl Group<'_> {
    /// Computes the group, a panel at a time.
    #[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
    fn fill<S: Simd, const R: usize>(mut self, simd: S) {
        let inner = self.weight.rows;
        let width = REGISTERS * S::F32_LANES;
        let length = inner * width;
        let blocks = by_blocks::<R>(self.x, self.out.len(), inner);
        let share = (inner * REGISTERS).div_ceil(self.out.len().div_ceil(R)); // of the next panel
        let mut scratch = Lines::zeros(if self.panels.is_some() { 0 } else { length });
        let columns = self.out[0].len();
        for first in (0..columns).step_by(width) {
            let (panel, next) = match self.panels {
                Some(Panels(panels)) => {
                    let (panel, rest) =
                        panels[(self.first + first) / width * length..].split_at(length);
                    (panel, if first + width < columns { &rest[..length] } else { panel })
                }
                None => {
                    fill_panel(self.weight, self.first + first, &mut scratch, width);
                    (&scratch[..], &scratch[..])
                }
            };
            let (next, _) = S::as_simd_f32s(next);
            let (registers, _) = S::as_simd_f32s(panel);
            let (panel, _) = registers.as_chunks::<REGISTERS>();
            let last = columns.min(first + width);
            let bias = self.bias.map(|bias| &bias[self.first + first..self.first + last]);
            let start = start(simd, bias);
            for (i, out) in self.out.chunks_mut(R).enumerate() {
                let (block, _) = blocks[i * R * inner..][..R * inner].as_chunks::<R>();
                let from = (i * share).min(next.len() - inner);
                let sums = tile::<S, R>(simd, block, panel, start, &next[from..]);
                for (sums, row) in sums.iter().zip(out) {
                    store(simd, sums, &mut row[first..last]);
                }
            }
        }
        // Apart from the sums, or they would not stay in registers; the rows still are in the cache.
        if self.then == Then::Gelu {
            for row in self.out {
                for x in row {
                    *x = normal::gelu(*x);
                }
            }
        }
    }
}

/// The first rows of x by blocks of R. The last block is filled up with rows of zeros.
#[inline(always)] // as above
fn by_blocks<const R: usize>(x: &[f32], rows: usize, inner: usize) -> Vec<f32> {
    let mut blocks = vec![0.0; rows.next_multiple_of(R) * inner];
    if inner > 0 {
        let rows = x[..rows * inner].chunks(R * inner);
        for (block, rows) in blocks.chunks_exact_mut(R * inner).zip(rows) {
            fill_block::<R>(rows.chunks_exact(inner), block.as_chunks_mut().0);
        }
    }
    blocks
}

/// What the sums of a panel start from: its columns' bias, or zeros.
#[inline(always)] // as above
fn start<S: Simd>(simd: S, bias: Option<&[f32]>) -> [S::f32s; REGISTERS] {
    let mut start = [simd.splat_f32s(0.0); REGISTERS];
    if let Some(bias) = bias {
        for (register, bias) in start.iter_mut().zip(bias.chunks(S::F32_LANES)) {
            *register = simd.partial_load_f32s(bias);
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1 that look random, the same ones each time.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            numbers.push((state >> 8) as f32 / (1 << 23) as f32 - 1.0);
        }
        numbers
    }

    /// x W + b in f64.
    fn expected(x: &[f32], weight: Matrix, bias: Option<&[f32]>, row: usize, column: usize) -> f64 {
        let mut sum = bias.map_or(0.0, |bias| f64::from(bias[column]));
        for i in 0..weight.rows {
            let w = weight.numbers[i * weight.row_stride + column * weight.column_stride];
            sum += f64::from(x[row * weight.rows + i]) * f64::from(w);
        }
        sum
    }

    #[test]
    fn a_product_of_any_shape_is_that_of_f64_stored_either_way() {
        for rows in [0, 1, 3, 8, 9, 31, 70, 140] {
            for inner in [0, 1, 2, 17, 64] {
                for columns in [1, 5, 48, 49, 130, 400] {
                    let x = numbers(rows * inner, 1);
                    let w = numbers(inner * columns, 2);
                    let bias = numbers(columns, 3);
                    for (turned, bias) in [(false, Some(&bias[..])), (true, None)] {
                        let (row_stride, column_stride) =
                            if turned { (1, inner) } else { (columns, 1) };
                        let weight =
                            Matrix { numbers: &w, rows: inner, columns, row_stride, column_stride };
                        let mut out = vec![f32::NAN; rows * columns];
                        product(&x, weight, None, bias, Then::Store, &mut out);
                        let mut again = vec![f32::NAN; rows * columns];
                        product(
                            &x,
                            weight,
                            Some(&Panels::of(weight)),
                            bias,
                            Then::Store,
                            &mut again,
                        );
                        assert_eq!(out, again, "laid out before");
                        for (i, &found) in out.iter().enumerate() {
                            let expected = expected(&x, weight, bias, i / columns, i % columns);
                            assert!(
                                (f64::from(found) - expected).abs() < 1e-5,
                                "[{rows}, {inner}] x [{inner}, {columns}], number {i}: expected \
                                    {expected}, found {found}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_gives_the_same_bits_alone_and_among_others() {
        let (rows, inner, columns) = (37, 96, 200);
        let (x, w) = (numbers(rows * inner, 1), numbers(inner * columns, 2));
        let weight =
            Matrix { numbers: &w, rows: inner, columns, row_stride: columns, column_stride: 1 };
        let mut all = vec![0.0; rows * columns];
        product(&x, weight, None, None, Then::Store, &mut all);
        for (x, expected) in x.chunks(inner).zip(all.chunks(columns)) {
            let mut alone = vec![0.0; columns];
            product(x, weight, None, None, Then::Store, &mut alone);
            assert_eq!(alone, expected);
        }
    }

    #[test]
    fn the_activation_of_a_sum_is_that_of_the_number_that_would_be_stored() {
        let (rows, inner, columns) = (21, 33, 70);
        let (x, w) = (numbers(rows * inner, 1), numbers(inner * columns, 2));
        let bias = numbers(columns, 3);
        let weight =
            Matrix { numbers: &w, rows: inner, columns, row_stride: columns, column_stride: 1 };
        let mut found = vec![f32::NAN; rows * columns];
        product(&x, weight, None, Some(&bias), Then::Gelu, &mut found);
        let mut sums = vec![f32::NAN; rows * columns];
        product(&x, weight, None, Some(&bias), Then::Store, &mut sums);
        for (found, sum) in found.iter().zip(&sums) {
            let expected = normal::gelu(*sum);
            assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{found}, {expected}");
        }
    }

    #[test]
    fn nan_spoils_its_own_row_and_no_other() {
        let (inner, columns) = (20, 60);
        let (mut x, w) = (numbers(3 * inner, 1), numbers(inner * columns, 2));
        x[inner + 4] = f32::NAN;
        let weight =
            Matrix { numbers: &w, rows: inner, columns, row_stride: columns, column_stride: 1 };
        let mut out = vec![0.0; 3 * columns];
        product(&x, weight, None, None, Then::Store, &mut out);
        for (i, number) in out.iter().enumerate() {
            assert_eq!(number.is_nan(), i / columns == 1, "number {i}");
        }
    }
}

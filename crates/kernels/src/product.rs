//! The product of a matrix of activations and one of weights, plus a bias: x W + b.
//!
//! The output is cut into [tiles](crate::tiles); a sum stays in a register until it is whole, and is
//! written once, with its bias.
//!
//! Every number of the output is a sum over the inner axis from the first to the last, whatever the
//! number of rows and threads: a row gives the same bits alone and among others.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::tiles::{
    FEW_ROWS, FindTile, Matrix, REGISTERS, ROWS, by_blocks, fill_panel, store, tile,
};

/// Multiplications that are worth a thread of their own.
const WORTH_A_THREAD: usize = 1 << 18;

/// Groups of columns for each thread, so that one that is done early takes over from the others.
const GROUPS_PER_THREAD: usize = 4;

/// All panels of the weights, one after the other: what [`product`] otherwise lays out anew.
pub(crate) fn lay_out(weight: Matrix) -> Vec<f32> {
    let arch = Arch::new();
    let width = arch.dispatch(FindTile).columns;
    let length = weight.rows * width; // of a panel
    let mut panels = vec![0.0; weight.columns.div_ceil(width) * length];
    for (i, panel) in panels.chunks_exact_mut(length).enumerate() {
        arch.dispatch(|| fill_panel(weight, i * width, panel, width));
    }
    panels
}

/// x W + b, written into `out`.
///
/// # Shapes
///
/// - x: `[rows, inner]`
/// - weight: `[inner, columns]`
/// - panels: [`lay_out`] of the weight, if that was done before
/// - bias: `[columns]`
/// - out: `[rows, columns]`
///
/// # Panics
///
/// If the shapes do not fit.
pub(crate) fn product(
    x: &[f32],
    weight: Matrix,
    panels: Option<&[f32]>,
    bias: Option<&[f32]>,
    out: &mut [f32],
) {
    let Matrix { rows: inner, columns, .. } = weight;
    if out.is_empty() {
        return;
    }
    let rows = out.len() / columns;
    assert_eq!((x.len(), out.len()), (rows * inner, rows * columns), "a product's shapes");
    assert!(bias.is_none_or(|bias| bias.len() == columns), "a number of the bias for a column");
    let arch = Arch::new();
    let tile = arch.dispatch(FindTile);
    let x = &by_blocks(x, inner, tile.rows)[..];
    let width = group_width(rows * inner, columns, tile.columns);
    let groups = groups(out, columns, width);
    groups.into_par_iter().enumerate().for_each(|(i, out)| {
        arch.dispatch(Group { x, weight, panels, bias, first: i * width, out });
    });
}

/// How many columns are computed by one thread at a time: whole panels.
fn group_width(multiplications_per_column: usize, columns: usize, panel: usize) -> usize {
    let most = rayon::current_num_threads() * GROUPS_PER_THREAD;
    let worth = multiplications_per_column * columns / WORTH_A_THREAD;
    columns.div_ceil(worth.clamp(1, most)).next_multiple_of(panel)
}

/// The rows of the output cut into groups of columns: `[group][row]`, `width` columns each but for
/// the last.
fn groups(out: &mut [f32], columns: usize, width: usize) -> Vec<Vec<&mut [f32]>> {
    let mut groups = Vec::new();
    groups.resize_with(columns.div_ceil(width), Vec::new);
    for row in out.chunks_exact_mut(columns) {
        for (group, part) in groups.iter_mut().zip(row.chunks_mut(width)) {
            group.push(part);
        }
    }
    groups
}

/// A group of columns of the output.
struct Group<'a> {
    /// x [`by_blocks`].
    x: &'a [f32],
    weight: Matrix<'a>,
    panels: Option<&'a [f32]>,
    bias: Option<&'a [f32]>,
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
    /// Computes the group's columns, a panel at a time.
    #[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
    fn fill<S: Simd, const R: usize>(mut self, simd: S) {
        let inner = self.weight.rows;
        let width = REGISTERS * S::F32_LANES;
        let length = inner * width;
        let mut scratch = Vec::new();
        let columns = self.out[0].len();
        for first in (0..columns).step_by(width) {
            let panel = match self.panels {
                Some(panels) => &panels[(self.first + first) / width * length..][..length],
                None => {
                    scratch.resize(length, 0.0);
                    fill_panel(self.weight, self.first + first, &mut scratch, width);
                    &scratch
                }
            };
            let (registers, _) = S::as_simd_f32s(panel);
            let (steps, _) = registers.as_chunks::<REGISTERS>();
            let last = columns.min(first + width);
            let bias = self.bias.map(|bias| &bias[self.first + first..self.first + last]);
            let start = start(simd, bias);
            for (block, out) in self.x.chunks_exact(R * inner).zip(self.out.chunks_mut(R)) {
                let (block, _) = block.as_chunks::<R>();
                let sums = tile::<S, R>(simd, block, steps, start);
                for (sums, row) in sums.iter().zip(out) {
                    store(simd, sums, &mut row[first..last]);
                }
            }
        }
    }
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
        for rows in [0, 1, 3, 8, 9, 31, 70] {
            for inner in [1, 2, 17, 64] {
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
                        product(&x, weight, None, bias, &mut out);
                        let mut again = vec![f32::NAN; rows * columns];
                        product(&x, weight, Some(&lay_out(weight)), bias, &mut again);
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
        product(&x, weight, None, None, &mut all);
        for (x, expected) in x.chunks(inner).zip(all.chunks(columns)) {
            let mut alone = vec![0.0; columns];
            product(x, weight, None, None, &mut alone);
            assert_eq!(alone, expected);
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
        product(&x, weight, None, None, &mut out);
        for (i, number) in out.iter().enumerate() {
            assert_eq!(number.is_nan(), i / columns == 1, "number {i}");
        }
    }
}

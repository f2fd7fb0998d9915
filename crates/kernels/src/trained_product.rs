//! The products of a linear map that is trained through, written where they stay: burn's own product
//! fills its output with zeros first, and copies it once it is there.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::head_gradients::{FEW_ROWS, Panels, REGISTERS, ROWS, tile, turned_tile};
use crate::tiles::Matrix;

/// The longest sums that are made in one piece: a panel of them fits the first cache or little more.
const LONGEST: usize = 512;

/// Multiplications that are worth a task of their own.
const WORTH_A_TASK: usize = 1 << 20;

/// Whether [`product`] is the faster one for sums of this length, one after the other from a matrix
/// whose rows or columns lie in one piece.
pub(crate) fn computes(inner: usize, strides: &[isize]) -> bool {
    inner <= LONGEST && strides.iter().all(|&stride| stride > 0) && strides.contains(&1)
}

/// Whether [`turned_product`] is: the columns come by blocks of whole ones.
pub(crate) fn computes_turned(rows: usize, columns: usize) -> bool {
    rows <= LONGEST && columns.is_multiple_of(ROWS) && columns.is_multiple_of(FEW_ROWS)
}

/// x W + b, row by row.
///
/// # Shapes
///
/// - x: `[rows, inner]`
/// - matrix: `[inner, columns]`
/// - bias: `[columns]`
/// - out: `[rows, columns]`
pub(crate) fn product(x: &[f32], matrix: Matrix, bias: Option<&[f32]>, out: &mut [f32]) {
    let Matrix { rows: inner, columns, .. } = matrix;
    let arch = Arch::new();
    let panels = arch.dispatch(LayOut(matrix));
    let rows_of_task = (WORTH_A_TASK / (inner * columns).max(1)).next_multiple_of(ROWS).max(ROWS);
    let tasks = out.par_chunks_mut(rows_of_task * columns).zip(x.par_chunks(rows_of_task * inner));
    tasks.for_each(|(out, x)| arch.dispatch(Rows { x, panels: &panels, bias, out }));
}

/// x^T G.
///
/// # Shapes
///
/// - x: `[rows, inner]`
/// - gradient: `[rows, columns]`
/// - out: `[inner, columns]`
pub(crate) fn turned_product(x: &[f32], inner: usize, gradient: Matrix, out: &mut [f32]) {
    let Matrix { rows, columns, .. } = gradient;
    let arch = Arch::new();
    let panels = arch.dispatch(LayOut(gradient));
    let columns_of_task = (WORTH_A_TASK / (rows * columns).max(1)).next_multiple_of(ROWS).max(ROWS);
    let tasks = out.par_chunks_mut(columns_of_task * columns).enumerate();
    tasks.for_each(|(task, out)| {
        let first = task * columns_of_task;
        arch.dispatch(Columns { x, inner, first, panels: &panels, out });
    });
}

/// Lays out a matrix by panels.
struct LayOut<'a>(Matrix<'a>);

impl WithSimd for LayOut<'_> {
    type Output = Panels;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Panels {
        let Matrix { numbers, rows, columns, row_stride, column_stride } = self.0;
        let mut panels = Panels::new::<S>(rows, columns);
        if column_stride == 1 {
            panels.lay_out(|row| &numbers[row * row_stride..][..columns]);
        } else {
            panels.lay_out_turned(|column| &numbers[column * column_stride..][..rows]);
        }
        panels
    }
}

/// Some rows of a product.
struct Rows<'a> {
    x: &'a [f32],
    panels: &'a Panels,
    bias: Option<&'a [f32]>,
    out: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 {
            self.by_tiles::<S, ROWS>(simd);
        } else {
            self.by_tiles::<S, FEW_ROWS>(simd);
        }
    }
}

impl Rows<'_> {
    /// Computes the rows, a panel after the other.
    #[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
    fn by_tiles<S: Simd, const R: usize>(self, simd: S) {
        let Self { x, panels, bias, out } = self;
        let Panels { numbers, rows: inner, columns, width } = panels;
        for (panel, numbers) in numbers.chunks_exact(inner * width).enumerate() {
            let first = panel * width;
            let end = (*columns).min(first + width);
            let mut start = [simd.splat_f32s(0.0); REGISTERS];
            if let Some(bias) = bias {
                let bias = &bias[first..end];
                for (start, bias) in start.iter_mut().zip(bias.chunks(S::F32_LANES)) {
                    *start = simd.partial_load_f32s(bias);
                }
            }
            let blocks = out.chunks_mut(R * columns).zip(x.chunks(R * inner));
            for (out, x) in blocks {
                let last = x.len() / inner - 1;
                let rows = std::array::from_fn(|i| &x[i.min(last) * inner..][..*inner]);
                let sums = tile::<S, R>(simd, rows, numbers, start);
                for (sums, out) in sums.iter().zip(out.chunks_exact_mut(*columns)) {
                    store(simd, sums, &mut out[first..end]);
                }
            }
        }
    }
}

/// Some rows of a product with a turned matrix.
struct Columns<'a> {
    x: &'a [f32],
    /// Columns of x.
    inner: usize,
    /// The first of those columns.
    first: usize,
    panels: &'a Panels,
    out: &'a mut [f32],
}

impl WithSimd for Columns<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 {
            self.by_tiles::<S, ROWS>(simd);
        } else {
            self.by_tiles::<S, FEW_ROWS>(simd);
        }
    }
}

impl Columns<'_> {
    /// Computes the rows, a panel after the other.
    #[inline(always)] // as above
    fn by_tiles<S: Simd, const R: usize>(self, simd: S) {
        let Self { x, inner, first: first_column, panels, out } = self;
        let Panels { numbers, rows, columns, width } = panels;
        for (panel, numbers) in numbers.chunks_exact(rows * width).enumerate() {
            let first = panel * width;
            let end = (*columns).min(first + width);
            for (block, out) in out.chunks_mut(R * columns).enumerate() {
                let column = first_column + block * R;
                let sums = turned_tile::<S, R>(simd, x.chunks_exact(inner), column, numbers);
                for (sums, out) in sums.iter().zip(out.chunks_exact_mut(*columns)) {
                    store(simd, sums, &mut out[first..end]);
                }
            }
        }
    }
}

/// Writes a row of a tile, as far as there are columns.
#[inline(always)] // as above
fn store<S: Simd>(simd: S, sums: &[S::f32s; REGISTERS], out: &mut [f32]) {
    for (sum, out) in sums.iter().zip(out.chunks_mut(S::F32_LANES)) {
        if let (out, []) = S::as_mut_simd_f32s(out) {
            for out in out {
                *out = *sum;
            }
        } else {
            simd.partial_store_f32s(out, *sum);
        }
    }
}

//! Tiles of a product of matrices: as many rows and columns as fit into the registers of the
//! processor, so that each number that is fetched is used for many sums.
//!
//! The numbers are laid out in the order in which they are used: those on the left by blocks of
//! rows, those on the right by panels of columns.

use std::ops::{Deref, DerefMut};
use std::slice;

use prefetch_index::prefetch_index;
use pulp::{Simd, WithSimd};

/// Registers that the columns of a tile take.
pub(crate) const REGISTERS: usize = 3;

/// Rows of a tile where there are 32 registers: 24 of them hold sums.
pub(crate) const ROWS: usize = 8;

/// Rows of a tile where there are 16 registers: 12 of them hold sums.
pub(crate) const FEW_ROWS: usize = 4;

/// Numbers of a line of the caches: a register that is loaded across two lines takes two loads.
pub(crate) const LINE: usize = 16;

/// Zeros that begin with a line of the caches.
pub(crate) struct Lines {
    numbers: Vec<f32>,
    /// Where the first line begins.
    start: usize,
}

impl Lines {
    /// So many zeros.
    pub(crate) fn zeros(count: usize) -> Self {
        let numbers = vec![0.0_f32; count + LINE];
        let start = numbers.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        Self { numbers, start }
    }
}

impl Deref for Lines {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers[self.start..][..self.numbers.len() - LINE]
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [f32] {
        let count = self.numbers.len() - LINE;
        &mut self.numbers[self.start..][..count]
    }
}

/// A matrix inside a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    /// The numbers, the first one that of row 0 and column 0.
    pub(crate) numbers: &'a [f32],
    /// Number of rows.
    pub(crate) rows: usize,
    /// Number of columns.
    pub(crate) columns: usize,
    /// How far the next row is.
    pub(crate) row_stride: usize,
    /// How far the next column is.
    pub(crate) column_stride: usize,
}

/// Finds how many columns a panel has on this processor.
pub(crate) struct PanelWidth;

impl WithSimd for PanelWidth {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        REGISTERS * S::F32_LANES
    }
}

/// Lays out R rows as a block: first the numbers in column 0, then those in column 1. Rows that are
/// not there are zero.
#[inline(always)] // into the body of a dispatch, which alone is compiled for wide registers
pub(crate) fn fill_block<'a, const R: usize>(
    rows: impl Iterator<Item = &'a [f32]>,
    block: &mut [[f32; R]],
) {
    let mut there = 0;
    for (i, row) in rows.take(R).enumerate() {
        for (column, number) in block.iter_mut().zip(row) {
            column[i] = *number;
        }
        there = i + 1;
    }
    if there < R {
        for column in block {
            column[there..].fill(0.0);
        }
    }
}

/// Lays out a panel of a matrix, `width` columns from `first` on: those of row 0, then those of row
/// 1. Columns that the matrix does not have are zero.
#[inline(always)] // into the body of a dispatch, which alone is compiled for wide registers
pub(crate) fn fill_panel(matrix: Matrix, first: usize, panel: &mut [f32], width: usize) {
    let Matrix { numbers, columns, row_stride, column_stride, .. } = matrix;
    let width_here = width.min(columns - first);
    if column_stride == 1 {
        for (i, row) in panel.chunks_exact_mut(width).enumerate() {
            row[..width_here].copy_from_slice(&numbers[i * row_stride + first..][..width_here]);
            row[width_here..].fill(0.0);
        }
        return;
    }
    // Columns in one piece: of each so many numbers that what is read and written fits the first cache.
    for (i, rows) in panel.chunks_mut(LINE * width).enumerate() {
        let from = &numbers[i * LINE * row_stride..];
        for j in 0..width_here {
            let column = from[(first + j) * column_stride..].iter().step_by(row_stride);
            for (row, number) in rows.chunks_exact_mut(width).zip(column) {
                row[j] = *number;
            }
        }
        for row in rows.chunks_exact_mut(width) {
            row[width_here..].fill(0.0);
        }
    }
}

/// The sums of one tile, a block of R rows by a panel, each added to the start of its column. With
/// each row of the panel one of the `next` registers is fetched into the caches, for later: there are
/// no fewer of them than rows. Where there is no next panel, they are those of this one.
///
/// Nothing here is looked up by a number that would have to be checked: a check that can fail keeps
/// the sums in memory.
#[inline(always)] // as above
pub(crate) fn tile<S: Simd, const R: usize>(
    simd: S,
    block: &[[f32; R]],
    panel: &[[S::f32s; REGISTERS]],
    start: [S::f32s; REGISTERS],
    next: &[S::f32s],
) -> [[S::f32s; REGISTERS]; R] {
    let mut sums = [start; R];
    for ((rows, columns), later) in block.iter().zip(panel).zip(next) {
        prefetch_index(slice::from_ref(later), 0);
        for i in 0..R {
            let number = simd.splat_f32s(rows[i]);
            for j in 0..REGISTERS {
                sums[i][j] = simd.mul_add_f32s(number, columns[j], sums[i][j]);
            }
        }
    }
    sums
}

/// Writes a row of a tile, as far as there are columns.
#[inline(always)] // as above
pub(crate) fn store<S: Simd>(simd: S, sums: &[S::f32s; REGISTERS], out: &mut [f32]) {
    let lanes = S::F32_LANES;
    for j in 0..REGISTERS {
        if j * lanes < out.len() {
            let last = out.len().min((j + 1) * lanes);
            simd.partial_store_f32s(&mut out[j * lanes..last], sums[j]);
        }
    }
}

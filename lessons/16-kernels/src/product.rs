//! The product of two matrices: in three loops, and packed for the registers.

use std::iter::zip;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Rows of the tile of the output that is kept in registers.
pub const ROWS: usize = 6;

/// Registers of a row of that tile: 6 x 2 sums, and the two that are multiplied, fit into the 16 of
/// AVX2 and leave room in the 32 of AVX-512 and NEON.
const VECTORS: usize = 2;

/// Rows that a core takes at once: sixteen tiles, for each of which a panel is read again.
const BLOCK: usize = 16 * ROWS;

/// Numbers of a line of the caches. A register that is loaded from two lines takes two loads.
const LINE: usize = 16;

/// The product in three loops, in the order in which rows are read from left to right.
///
/// # Shapes
///
/// - a: `[rows, inner]`, row by row
/// - b: `[inner, columns]`, row by row
/// - output: `[rows, columns]`, row by row
// ANCHOR: loops
pub fn product_in_loops(a: &[f32], b: &[f32], [rows, inner, columns]: [usize; 3]) -> Vec<f32> {
    let mut output = vec![0.0; rows * columns];
    for row in 0..rows {
        for i in 0..inner {
            for column in 0..columns {
                output[row * columns + column] += a[row * inner + i] * b[i * columns + column];
            }
        }
    }
    output
}
// ANCHOR_END: loops

// ANCHOR: packed
/// A matrix `[inner, columns]` cut into panels of two registers' width. In a panel the numbers stand
/// in the order in which the product reads them; what is missing at its right edge is 0.
#[derive(Debug, Clone)]
pub struct Packed {
    panels: Vec<f32>,
    /// Where the first panel begins: at the beginning of a line of the cache.
    start: usize,
    inner: usize,
    columns: usize,
    width: usize,
}

impl Packed {
    /// Packs a matrix that stands row by row.
    pub fn new(arch: Arch, b: &[f32], inner: usize, columns: usize) -> Self {
        Self::from_places(arch, b, [inner, columns], |i, column| i * columns + column)
    }

    /// Packs the transpose of a matrix `[columns, inner]` that stands row by row.
    pub fn transposed(arch: Arch, b: &[f32], inner: usize, columns: usize) -> Self {
        Self::from_places(arch, b, [inner, columns], |i, column| column * inner + i)
    }

    /// Packs a matrix whose number (i, column) stands at `place(i, column)` of `b`.
    fn from_places(
        arch: Arch,
        b: &[f32],
        [inner, columns]: [usize; 2],
        place: impl Fn(usize, usize) -> usize,
    ) -> Self {
        let width = VECTORS * lanes(arch);
        let mut panels: Vec<f32> =
            Vec::with_capacity(LINE + inner * columns.next_multiple_of(width));
        let start = panels.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        panels.resize(start, 0.0);
        for first in (0..columns).step_by(width) {
            for i in 0..inner {
                for column in first..first + width {
                    panels.push(if column < columns { b[place(i, column)] } else { 0.0 });
                }
            }
        }
        Self { panels, start, inner, columns, width }
    }

    /// The panels from left to right, each with the first of its columns.
    #[inline(always)]
    pub(crate) fn panels(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let panels = self.panels[self.start..].chunks_exact((self.inner * self.width).max(1));
        (0..).step_by(self.width).zip(panels)
    }
}
// ANCHOR_END: packed

/// How many numbers a register of `arch` has.
pub fn lanes(arch: Arch) -> usize {
    arch.dispatch(Lanes)
}

/// The question how many f32 a register has.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

/// The product with a packed matrix, fast: blocks of rows on every core.
///
/// # Shapes
///
/// - a: `[rows, inner]`, row by row
/// - output: `[rows, columns]`, row by row
///
/// # Panics
///
/// If `a` does not have `rows` rows as long as `b` is high, or `b` was packed for other registers
/// than `arch` has.
// ANCHOR: fast
pub fn product(arch: Arch, a: &[f32], b: &Packed, rows: usize) -> Vec<f32> {
    assert_eq!(a.len(), rows * b.inner, "expected {rows} rows of {} numbers", b.inner);
    let mut output = vec![0.0; rows * b.columns];
    if a.is_empty() || output.is_empty() {
        return output;
    }
    let blocks = output.par_chunks_mut(BLOCK * b.columns);
    blocks.zip(a.par_chunks(BLOCK * b.inner)).for_each(|(output, a)| {
        arch.dispatch(Block { a, b, output });
    });
    output
}

/// A block of rows of the product, which one core computes and adds to `output`.
pub(crate) struct Block<'a> {
    pub(crate) a: &'a [f32],
    pub(crate) b: &'a Packed,
    pub(crate) output: &'a mut [f32],
}

impl WithSimd for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, b, output } = self;
        let mut rows = Vec::new();
        for tile in a.chunks(ROWS * b.inner) {
            pack_rows(tile, b.inner, 1.0, &mut rows);
        }
        for (first, panel) in b.panels() {
            let outputs = output.chunks_mut(ROWS * b.columns);
            for (rows, output) in zip(rows.chunks_exact(b.inner), outputs) {
                let sums = tile(simd, rows, panel);
                add(simd, &sums, output, b.columns, first);
            }
        }
    }
}
// ANCHOR_END: fast

/// Packs up to [`ROWS`] rows of `inner` numbers, each times `scale`: the first numbers of all rows,
/// then the second ones. A row that is not there is 0.
// ANCHOR: rows
#[inline(always)]
pub(crate) fn pack_rows(a: &[f32], inner: usize, scale: f32, rows: &mut Vec<[f32; ROWS]>) {
    let first = rows.len();
    rows.resize(first + inner, [0.0; ROWS]);
    for (row, numbers) in a.chunks_exact(inner).enumerate() {
        for (packed, number) in zip(&mut rows[first..], numbers) {
            packed[row] = scale * number;
        }
    }
}
// ANCHOR_END: rows

/// The tile: six rows times a panel, in twelve registers that stay where they are for the whole
/// inner loop. Eight loads make twelve multiplications with additions, each of a register full.
// ANCHOR: tile
#[inline(always)]
pub(crate) fn tile<S: Simd>(
    simd: S,
    rows: &[[f32; ROWS]],
    panel: &[f32],
) -> [[S::f32s; VECTORS]; ROWS] {
    assert_eq!(panel.len(), VECTORS * S::F32_LANES * rows.len(), "packed for these registers");
    let (registers, _) = S::as_simd_f32s(panel);
    let (pairs, _) = registers.as_chunks::<VECTORS>();
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for (a, b) in zip(rows, pairs) {
        for (sums, &a) in zip(&mut sums, a) {
            let a = simd.splat_f32s(a);
            sums[0] = simd.mul_add_e_f32s(a, b[0], sums[0]);
            sums[1] = simd.mul_add_e_f32s(a, b[1], sums[1]);
        }
    }
    sums
}
// ANCHOR_END: tile

/// Adds a tile to rows of `columns` numbers, from the column `first` on; what hangs over the edges
/// is left out.
// ANCHOR: add
#[inline(always)]
pub(crate) fn add<S: Simd>(
    simd: S,
    sums: &[[S::f32s; VECTORS]; ROWS],
    output: &mut [f32],
    columns: usize,
    first: usize,
) {
    let last = columns.min(first + VECTORS * S::F32_LANES);
    for (row, sums) in zip(output.chunks_exact_mut(columns), sums) {
        for (numbers, &sum) in zip(row[first..last].chunks_mut(S::F32_LANES), sums) {
            let before = simd.partial_load_f32s(numbers);
            simd.partial_store_f32s(numbers, simd.add_f32s(before, sum));
        }
    }
}
// ANCHOR_END: add

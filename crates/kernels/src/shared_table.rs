//! A table that all threads train at once (lesson 04).
//!
//! Two threads that write one number at once are undefined behaviour in C. Here every number is
//! read and written atomically in relaxed order: these are plain loads and stores, but of one cell
//! of 64 bits at a time, so rows are copied out before they are worked on.

use std::iter::zip;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::lanes::padded;

/// Rows of numbers that any thread may read and write without waiting: two numbers in each atomic
/// cell of 64 bits, every row padded with zeros.
#[derive(Debug)]
pub struct SharedTable {
    cells: Vec<AtomicU64>,
    /// How many cells a row has.
    width: usize,
}

impl SharedTable {
    /// A table of these rows.
    ///
    /// # Shapes
    ///
    /// - rows: `[vocab, d_model]` row by row
    pub fn new(rows: &[f32], d_model: usize) -> Self {
        let width = padded(d_model) / 2;
        let mut cells = Vec::with_capacity(rows.len() / d_model * width);
        for row in rows.chunks_exact(d_model) {
            for cell in 0..width {
                cells.push(AtomicU64::new(pack([entry(row, 2 * cell), entry(row, 2 * cell + 1)])));
            }
        }
        Self { cells, width }
    }

    /// The rows as they are now, without the padding: `[vocab, d_model]` row by row.
    pub fn rows(&self, d_model: usize) -> Vec<f32> {
        let mut rows = Vec::with_capacity(self.cells.len() / self.width * d_model);
        for row in self.cells.chunks_exact(self.width) {
            for column in 0..d_model {
                rows.push(unpack(row[column / 2].load(Relaxed))[column % 2]);
            }
        }
        rows
    }

    /// Makes `rows` the rows of these ids, padding included.
    #[inline(always)]
    pub(crate) fn fetch(&self, ids: &[u32], rows: &mut Vec<f32>) {
        rows.resize(ids.len() * 2 * self.width, 0.0);
        for (&id, row) in zip(ids, rows.chunks_exact_mut(2 * self.width)) {
            for (cell, pair) in zip(self.row(id), row.as_chunks_mut::<2>().0) {
                *pair = unpack(cell.load(Relaxed));
            }
        }
    }

    /// Goes one step against the gradient: the row of each id loses `rate` times its row of
    /// `gradient`. What another thread writes between the load and the store of a cell is lost.
    // ANCHOR: apply_gradient
    #[inline(always)]
    pub(crate) fn apply_gradient(&self, ids: &[u32], rate: f32, gradient: &[f32]) {
        for (&id, slope) in zip(ids, gradient.chunks_exact(2 * self.width)) {
            for (cell, slope) in zip(self.row(id), slope.as_chunks::<2>().0) {
                let [a, b] = unpack(cell.load(Relaxed));
                cell.store(pack([a - rate * slope[0], b - rate * slope[1]]), Relaxed);
            }
        }
    }
    // ANCHOR_END: apply_gradient

    /// The cells of an id's row.
    #[inline(always)]
    fn row(&self, id: u32) -> &[AtomicU64] {
        &self.cells[id as usize * self.width..][..self.width]
    }
}

/// A row's number, or the zero of its padding.
fn entry(row: &[f32], column: usize) -> f32 {
    if column < row.len() { row[column] } else { 0.0 }
}

/// Two numbers in the 64 bits of a cell, the first in the lower half.
#[inline(always)]
fn pack([a, b]: [f32; 2]) -> u64 {
    u64::from(a.to_bits()) | u64::from(b.to_bits()) << 32
}

/// The two numbers of a cell.
#[inline(always)]
fn unpack(cell: u64) -> [f32; 2] {
    [f32::from_bits(cell as u32), f32::from_bits((cell >> 32) as u32)]
}

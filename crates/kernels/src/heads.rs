//! Attention of all heads, a few queries at a time: their scores, the shares of every key and the
//! mean of the values stay in the processor's caches, and only the mean is written to memory.
//!
//! However long the text is, only the scores of a few queries are kept, and never the table of all.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::rows::softmax;
use crate::tiles::{FEW_ROWS, Lines, Matrix, REGISTERS, ROWS, fill_block, fill_panel, store, tile};

/// Scores that are worth a task of their own.
const WORTH_A_TASK: usize = 1 << 10;

/// Queries below which nothing is laid out: the keys and values are read once where they lie.
const FEWEST_QUERIES: usize = 4;

/// What a hidden score becomes before the softmax: the lowest finite number, as lesson 09 has it.
const LOWEST: f32 = f32::MIN;

/// Numbers of `[batch, heads, tokens, d_head]` inside a slice, those of a head's token in one piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads<'a> {
    /// The numbers, the first one that of the first token of the first head.
    pub(crate) numbers: &'a [f32],
    /// How many there are of batch, heads, tokens and d_head.
    pub(crate) sizes: [usize; 4],
    /// How far the next text, head and token are.
    pub(crate) strides: [usize; 3],
}

impl<'a> Heads<'a> {
    /// The tokens of one head as a matrix `[tokens, d_head]`.
    fn of(&self, text: usize, head: usize) -> Matrix<'a> {
        let [_, _, tokens, d_head] = self.sizes;
        let [by_text, by_head, by_token] = self.strides;
        Matrix {
            numbers: &self.numbers[text * by_text + head * by_head..],
            rows: tokens,
            columns: d_head,
            row_stride: by_token,
            column_stride: 1,
        }
    }
}

/// Which keys are hidden from which queries: `[batch, heads, queries, keys]`, inside a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hidden<'a> {
    /// Nonzero = hidden.
    pub(crate) flags: &'a [u8],
    /// How far the next text, head, query and key are: 0 on an axis where all are alike.
    pub(crate) strides: [usize; 4],
}

impl Hidden<'_> {
    /// Whether a key is hidden from a query.
    #[inline(always)] // into the body of the dispatch, which alone is compiled for wide registers
    fn is_hidden(&self, query: [usize; 3], key: usize) -> bool {
        let [by_text, by_head, by_query, by_key] = self.strides;
        let [text, head, query] = query;
        self.flags[text * by_text + head * by_head + query * by_query + key * by_key] != 0
    }
}

/// What attention is computed from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) q: Heads<'a>,
    /// Keys, of as many heads as the queries or of a divisor of them.
    pub(crate) k: Heads<'a>,
    /// Values, of as many heads and tokens as the keys.
    pub(crate) v: Heads<'a>,
    pub(crate) hidden: Option<Hidden<'a>>,
}

/// softmax(q k^T / sqrt(d_head)) v of every head, what is hidden left out; zeros for a query that
/// everything is hidden from.
///
/// # Shapes
///
/// - out: `[batch, queries, heads * d_head]`, d_head that of the values
pub(crate) fn attention(inputs: Inputs, out: &mut [f32]) {
    let [_, heads, queries, _] = inputs.q.sizes;
    let [_, _, keys, d_head] = inputs.v.sizes;
    if out.is_empty() {
        return;
    }
    if keys == 0 {
        return out.fill(0.0);
    }
    let width = heads * d_head;
    let arch = Arch::new();
    let mut parts = Vec::new();
    for (text, out) in out.chunks_exact_mut(queries * width).enumerate() {
        for (head, out) in by_head(out, width, d_head).into_iter().enumerate() {
            parts.push(OneHead { inputs, text, head, out });
        }
    }
    let task = WORTH_A_TASK.div_ceil(queries * keys);
    parts.into_par_iter().with_min_len(task).for_each(|part| arch.dispatch(part));
}

/// The output of one text cut into heads: `[head][query]`, d_head numbers each.
fn by_head(out: &mut [f32], width: usize, d_head: usize) -> Vec<Vec<&mut [f32]>> {
    let queries = out.len() / width;
    let mut heads = Vec::new();
    heads.resize_with(width / d_head, || Vec::with_capacity(queries));
    for row in out.chunks_exact_mut(width) {
        for (of_head, part) in heads.iter_mut().zip(row.chunks_exact_mut(d_head)) {
            of_head.push(part);
        }
    }
    heads
}

/// One head of one text.
struct OneHead<'a> {
    inputs: Inputs<'a>,
    text: usize,
    head: usize,
    /// `[query][d_head]`
    out: Vec<&'a mut [f32]>,
}

impl WithSimd for OneHead<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.out.len() < FEWEST_QUERIES {
            self.one_by_one();
        } else if S::REGISTER_COUNT >= 32 {
            self.by_tiles::<S, ROWS>(simd);
        } else {
            self.by_tiles::<S, FEW_ROWS>(simd);
        }
    }
}

impl OneHead<'_> {
    /// The key/value head that this head reads.
    fn kv_head(&self) -> usize {
        let ([_, heads, ..], [_, kv_heads, ..]) = (self.inputs.q.sizes, self.inputs.k.sizes);
        self.head * kv_heads / heads
    }

    /// 1 / sqrt(d_head)
    fn scale(&self) -> f32 {
        1.0 / (self.inputs.q.sizes[3] as f32).sqrt()
    }

    /// How many keys there are up to the last one that some of these queries see.
    #[inline(always)] // as above
    fn keys_seen(&self, first_query: usize, end: usize) -> usize {
        let keys = self.inputs.k.sizes[2];
        let Some(hidden) = self.inputs.hidden else { return keys };
        let mut seen = 0;
        for query in first_query..end {
            let query = [self.text, self.head, query];
            let mut last = keys;
            while last > seen && hidden.is_hidden(query, last - 1) {
                last -= 1;
            }
            seen = last;
        }
        seen
    }

    /// Turns the scores of one query into shares: scaled, what is hidden set aside, and zeros where
    /// everything is.
    #[inline(always)] // as above
    fn weigh(&self, scores: &mut [f32], query: usize, scale: f32) {
        for score in &mut *scores {
            *score *= scale;
        }
        let mut sees_something = true;
        if let Some(hidden) = self.inputs.hidden {
            let query = [self.text, self.head, query];
            sees_something = false;
            for (key, score) in scores.iter_mut().enumerate() {
                if hidden.is_hidden(query, key) {
                    *score = LOWEST;
                } else {
                    sees_something = true;
                }
            }
        }
        if sees_something {
            softmax(scores);
        } else {
            scores.fill(0.0);
        }
    }

    /// Computes the head, R queries at a time.
    #[inline(always)] // as above
    fn by_tiles<S: Simd, const R: usize>(mut self, simd: S) {
        let Inputs { q, k, v, .. } = self.inputs;
        let (kv_head, scale) = (self.kv_head(), self.scale());
        let q = q.of(self.text, self.head);
        let k = k.of(self.text, kv_head);
        let keys = Matrix {
            rows: k.columns,
            columns: k.rows,
            row_stride: 1,
            column_stride: k.row_stride,
            ..k
        };
        let key_panels = lay_out::<S>(keys);
        let value_panels = lay_out::<S>(v.of(self.text, kv_head));
        let row = keys.columns;
        let mut shares = vec![0.0; R * row];
        let mut out = std::mem::take(&mut self.out);
        let mut block = vec![[0.0; R]; keys.columns.max(q.columns)];
        for (i, out) in out.chunks_mut(R).enumerate() {
            let first = i * R;
            let seen = self.keys_seen(first, first + out.len());
            let queries = q.numbers[first * q.row_stride..].chunks(q.row_stride.max(1));
            let queries = queries.take(out.len()).map(|row| &row[..q.columns]);
            fill_block::<R>(queries, &mut block[..q.columns]);
            let scores = shares.chunks_exact_mut(row);
            multiply::<S, R>(simd, &block[..q.columns], &key_panels, seen, scores);
            for (i, row) in shares.chunks_exact_mut(row).take(out.len()).enumerate() {
                self.weigh(&mut row[..seen], first + i, scale);
            }
            let weights = shares.chunks_exact(row).take(out.len()).map(|row| &row[..seen]);
            fill_block::<R>(weights, &mut block[..seen]);
            let rows = out.iter_mut().map(|row| &mut **row);
            multiply::<S, R>(simd, &block[..seen], &value_panels, v.sizes[3], rows);
        }
    }

    /// Computes the head a query at a time, keys and values where they lie.
    #[inline(always)] // as above
    fn one_by_one(mut self) {
        let Inputs { q, k, v, .. } = self.inputs;
        let (kv_head, scale) = (self.kv_head(), self.scale());
        let q = q.of(self.text, self.head);
        let (k, v) = (k.of(self.text, kv_head), v.of(self.text, kv_head));
        let mut shares = Vec::new();
        for (i, out) in std::mem::take(&mut self.out).into_iter().enumerate() {
            let query = &q.numbers[i * q.row_stride..][..q.columns];
            let seen = self.keys_seen(i, i + 1);
            shares.clear();
            for key in 0..seen {
                shares.push(dot(query, &k.numbers[key * k.row_stride..][..k.columns]));
            }
            self.weigh(&mut shares, i, scale);
            out.fill(0.0);
            for (key, share) in shares.iter().enumerate() {
                let value = &v.numbers[key * v.row_stride..][..v.columns];
                for (sum, number) in out.iter_mut().zip(value) {
                    *sum += share * number;
                }
            }
        }
    }
}

/// sum_i a_i b_i, by sixteen sums.
#[inline(always)] // as above
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let mut dot: f32 = sums.iter().sum();
    for (a, b) in a_rest.iter().zip(b_rest) {
        dot += a * b;
    }
    dot
}

/// The panels of a matrix.
struct Panels {
    numbers: Lines,
    /// Rows of the matrix.
    rows: usize,
    /// Columns of a panel.
    width: usize,
}

/// Lays out all panels of a matrix.
#[inline(always)] // as above
fn lay_out<S: Simd>(matrix: Matrix) -> Panels {
    let width = REGISTERS * S::F32_LANES;
    let length = matrix.rows * width;
    let mut numbers = Lines::zeros(matrix.columns.div_ceil(width) * length);
    if length > 0 {
        for (i, panel) in numbers.chunks_exact_mut(length).enumerate() {
            fill_panel(matrix, i * width, panel, width);
        }
    }
    Panels { numbers, rows: matrix.rows, width }
}

/// A block of R rows times the first `columns` columns of a matrix, and its first rows if the block
/// has fewer numbers a row.
#[inline(always)] // as above
fn multiply<'a, S: Simd, const R: usize>(
    simd: S,
    block: &[[f32; R]],
    panels: &Panels,
    columns: usize,
    out: impl Iterator<Item = &'a mut [f32]>,
) {
    let Panels { numbers, rows: inner, width } = panels;
    let used = block.len();
    let mut out: Vec<&mut [f32]> = out.collect();
    for first in (0..columns).step_by(*width) {
        let panel = &numbers[first / width * inner * width..][..used * width];
        let (registers, _) = S::as_simd_f32s(panel);
        let (panel, _) = registers.as_chunks::<REGISTERS>();
        let sums = tile::<S, R>(simd, block, panel, [simd.splat_f32s(0.0); REGISTERS], registers);
        let last = columns.min(first + width);
        for (sums, row) in sums.iter().zip(&mut out) {
            store(simd, sums, &mut row[first..last]);
        }
    }
}

//! Attention with the online softmax: the scores are never kept.

use std::iter::zip;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::exponential::exp;
use crate::product::{Packed, ROWS, add, pack_rows, tile};
use crate::softmax::{finite, largest, sum};

/// Keys whose scores are computed at once. Both packed matrices of a block, for values of 64
/// numbers, fill 32 KiB.
pub const KEYS: usize = 64;

/// The output of one query, one key after the other: the largest score and the sum run along, and so
/// does the output, which is made smaller whenever a larger score comes.
///
/// softmax(q K^T / sqrt(d_head)) V without the row of scores (Dao et al. 2022, "FlashAttention",
/// section 3.1; Rabe and Staats 2021, section 2)
///
/// # Shapes
///
/// - query: `[d_head]`
/// - keys, values: `[keys, d_head]`, row by row
/// - hidden: `[keys]`, `true` = hidden; where all are, the output is 0
/// - output: `[d_head]`
// ANCHOR: one_query
pub fn attend_one_query(query: &[f32], keys: &[f32], values: &[f32], hidden: &[bool]) -> Vec<f32> {
    let d_head = query.len();
    let (mut largest, mut sum) = (f32::NEG_INFINITY, 0.0);
    let mut output = vec![0.0; d_head];
    let rows = zip(keys.chunks_exact(d_head), values.chunks_exact(d_head));
    for ((key, value), _) in zip(rows, hidden).filter(|(_, hidden)| !**hidden) {
        let score = dot(query, key) / (d_head as f32).sqrt();
        let larger = if score > largest { score } else { largest };
        let rescale = (largest - larger).exp();
        let exponential = (score - larger).exp();
        sum = rescale * sum + exponential;
        for (output, value) in zip(&mut output, value) {
            *output = rescale * *output + exponential * value;
        }
        largest = larger;
    }
    for output in &mut output {
        *output = if sum == 0.0 { 0.0 } else { *output / sum };
    }
    output
}
// ANCHOR_END: one_query

/// The dot product of two vectors of one length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sum = 0.0;
    for (a, b) in zip(a, b) {
        sum += a * b;
    }
    sum
}

/// The sizes of attention over slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadSizes {
    /// Queries of each head.
    pub queries: usize,
    /// Keys and values of each head.
    pub keys: usize,
    /// Numbers of a query, a key and a value.
    pub d_head: usize,
}

/// Attention of several heads, fast: a head per core at a time, tile by tile.
///
/// # Shapes
///
/// - q: `[heads, queries, d_head]`, row by row
/// - k, v: `[heads, keys, d_head]`, row by row
/// - hidden: `[keys]`, `true` = hidden from every query
/// - output: `[heads, queries, d_head]`, row by row
///
/// # Panics
///
/// If q, k, v and hidden are not of these sizes.
// ANCHOR: heads
pub fn attend_tiled(
    arch: Arch,
    [q, k, v]: [&[f32]; 3],
    hidden: &[bool],
    sizes: HeadSizes,
) -> Vec<f32> {
    let HeadSizes { queries, keys, d_head } = sizes;
    assert_eq!((k.len(), hidden.len()), (v.len(), keys), "a key has a value and a mark");
    assert_eq!(q.len() * keys, k.len() * queries, "q, k and v have as many heads");
    let mut output = vec![0.0; q.len()];
    if output.is_empty() || keys == 0 {
        return output;
    }
    let heads = output.par_chunks_mut(queries * d_head).zip(q.par_chunks(queries * d_head));
    let heads = heads.zip(k.par_chunks(keys * d_head)).zip(v.par_chunks(keys * d_head));
    heads.for_each(|(((output, q), k), v)| {
        arch.dispatch(OneHead { arch, q, k, v, hidden, d_head, output });
    });
    output
}
// ANCHOR_END: heads

/// One head, which one core computes.
struct OneHead<'a> {
    arch: Arch,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    hidden: &'a [bool],
    d_head: usize,
    output: &'a mut [f32],
}

/// Six queries and what is known of their softmax so far.
struct Queries {
    rows: Vec<[f32; ROWS]>,
    largest: [f32; ROWS],
    sums: [f32; ROWS],
}

// ANCHOR: head
impl WithSimd for OneHead<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { arch, q, k, v, hidden, d_head, output } = self;
        let mut tiles = queries_of(q, d_head);
        let blocks = zip(k.chunks(KEYS * d_head), v.chunks(KEYS * d_head));
        for ((k, v), hidden) in zip(blocks, hidden.chunks(KEYS)) {
            let keys = Packed::transposed(arch, k, d_head, hidden.len());
            let values = Packed::new(arch, v, hidden.len(), d_head);
            for (queries, output) in zip(&mut tiles, output.chunks_mut(ROWS * d_head)) {
                let shares = queries.score(simd, &keys, hidden, output, d_head);
                for (first, panel) in values.panels() {
                    let sums = tile(simd, &shares[..hidden.len()], panel);
                    add(simd, &sums, output, d_head, first);
                }
            }
        }
        for (queries, output) in zip(&tiles, output.chunks_mut(ROWS * d_head)) {
            queries.divide(output, d_head);
        }
    }
}
// ANCHOR_END: head

/// The queries in tiles of six, each divided by sqrt(d_head).
fn queries_of(q: &[f32], d_head: usize) -> Vec<Queries> {
    let scale = 1.0 / (d_head as f32).sqrt();
    let mut tiles = Vec::new();
    for q in q.chunks(ROWS * d_head) {
        let mut rows = Vec::with_capacity(d_head);
        pack_rows(q, d_head, scale, &mut rows);
        tiles.push(Queries { rows, largest: [f32::NEG_INFINITY; ROWS], sums: [0.0; ROWS] });
    }
    tiles
}

impl Queries {
    /// Scores a block of keys and takes the scores in: the largest and the sums move on, and the
    /// output so far is made smaller where a larger score came. Returns e^(score - largest), key by
    /// key.
    // ANCHOR: score
    #[inline(always)]
    fn score<S: Simd>(
        &mut self,
        simd: S,
        keys: &Packed,
        hidden: &[bool],
        output: &mut [f32],
        d_head: usize,
    ) -> [[f32; ROWS]; KEYS] {
        let mut scores = [[0.0; KEYS]; ROWS];
        for (first, panel) in keys.panels() {
            let sums = tile(simd, &self.rows, panel);
            add(simd, &sums, scores.as_flattened_mut(), KEYS, first);
        }
        let mut shares = [[0.0; ROWS]; KEYS];
        for (row, scores) in scores.iter_mut().enumerate() {
            let scores = &mut scores[..hidden.len()];
            for (score, &hidden) in zip(&mut *scores, hidden) {
                *score = if hidden { f32::NEG_INFINITY } else { *score };
            }
            let largest = largest(scores).max(self.largest[row]);
            let rescale = exp(self.largest[row] - finite(largest));
            for score in &mut *scores {
                *score = exp(*score - finite(largest));
            }
            self.sums[row] = rescale * self.sums[row] + sum(scores);
            self.largest[row] = largest;
            for output in output.iter_mut().skip(row * d_head).take(d_head) {
                *output *= rescale;
            }
            for (shares, &score) in zip(&mut shares, &*scores) {
                shares[row] = score;
            }
        }
        shares
    }
    // ANCHOR_END: score

    /// Divides each output by the sum of its shares; a query that saw nothing keeps zeros.
    fn divide(&self, output: &mut [f32], d_head: usize) {
        for (output, &sum) in zip(output.chunks_exact_mut(d_head), &self.sums) {
            for number in output {
                *number = if sum == 0.0 { 0.0 } else { *number / sum };
            }
        }
    }
}

/// Bytes of the table of scores that attention in three steps keeps.
pub fn score_bytes(heads: usize, sizes: HeadSizes) -> usize {
    4 * heads * sizes.queries * sizes.keys
}

/// Bytes that the tiles of one head keep beside queries, keys, values and output: the queries packed,
/// their largest scores and sums, a block of keys and one of values packed, and its scores twice.
pub fn tile_bytes(sizes: HeadSizes) -> usize {
    let HeadSizes { queries, keys, d_head } = sizes;
    let queries = queries.next_multiple_of(ROWS);
    let block = KEYS.min(keys);
    4 * (queries * d_head + 2 * queries + 2 * block * d_head + 2 * ROWS * KEYS)
}

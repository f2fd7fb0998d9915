//! # 03 Similarity
//!
//! **Question.** What does "close" mean between two vectors?
//!
//! **Equation.** Three answers (Manning et al. 2008, "Introduction to Information Retrieval",
//! section 6.3):
//!
//! ```text
//! dot(a, b)       = sum_i a_i b_i
//! cosine(a, b)    = dot(a, b) / (|a| |b|)        in -1..1; 0 where either vector is zero
//! euclidean(a, b) = |a - b|
//! ```
//!
//! Between unit vectors they agree on every order: `|a - b|^2 = 2 - 2 cosine(a, b)`.
//!
//! **Builds on.** The measures: nothing but tensors. The demo, for a space to measure in:
//! - `lookup::TokenEmbedding::forward(&self, ids: Tensor<2, Int>) -> Tensor<3>`: the table (lesson
//!   01);
//! - `lookup::cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1>`: what trains
//!   it (lesson 01).
//!
//! **Leaves you with.** [`cosine`], [`pairwise`] and [`nearest`]: all that a semantic search needs
//! once texts are vectors (lesson 14).
//!
//! **Try.** Multiply one vector of a pair by 1000 and predict which of the three measures notices.

pub mod demo;
pub mod naive;

use std::cmp::Ordering;

use burn::tensor::{Tensor, assert_shape};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "03-similarity",
    question: "What does \"close\" mean between two vectors?",
    leaves_you_with: "cosine, pairwise and nearest, and a measured warning about crowded spaces",
    minilm: true,
};

/// The axis along which a vector lies, in a matrix of one vector a row.
const COORDINATES: usize = 1;

/// Dot product, how far two vectors point the same way times both lengths: sum_i a_i b_i, row by
/// row.
///
/// # Shapes
///
/// - a, b: `[vectors, d_model]`
/// - output: `[vectors]`
///
/// # Panics
///
/// If the shapes differ.
pub fn dot(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [vectors, d_model] = a.dims();
    assert_shape!(b, [vectors, d_model]);
    (a * b).sum_dim(COORDINATES).squeeze_dim(COORDINATES)
}

/// Cosine, how far two vectors point the same way whatever their lengths: dot(a, b) / (|a| |b|), row
/// by row.
///
/// The zero vector points nowhere: its cosine with anything is 0 by convention, never NaN.
///
/// # Shapes
///
/// - a, b: `[vectors, d_model]`
/// - output: `[vectors]`, in -1..1
///
/// # Panics
///
/// If the shapes differ.
// ANCHOR: cosine
pub fn cosine(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    dot(normalise(a), normalise(b))
}
// ANCHOR_END: cosine

/// Euclidean distance, the length of the way between two vectors: |a - b|, row by row.
///
/// # Shapes
///
/// - a, b: `[vectors, d_model]`
/// - output: `[vectors]`, 0 or more
///
/// # Panics
///
/// If the shapes differ.
pub fn euclidean(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [vectors, d_model] = a.dims();
    assert_shape!(b, [vectors, d_model]);
    length(a - b).squeeze_dim(COORDINATES)
}

/// Brings every vector to length 1: x / |x|; the zero vector stays zero.
///
/// Each vector is first divided by its coordinate that is largest in absolute value, so that squares
/// of very long or very short vectors neither overflow nor vanish.
///
/// # Shapes
///
/// - x: `[vectors, d_model]`
/// - output: `[vectors, d_model]`
// ANCHOR: normalise
pub fn normalise(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().abs().max_dim(COORDINATES);
    let scaled = x / one_if_zero(largest);
    scaled.clone() / one_if_zero(length(scaled))
}
// ANCHOR_END: normalise

/// Computes the cosine of every row of `a` with every row of `b`, in one matrix product.
///
/// # Shapes
///
/// - a: `[n, d_model]`
/// - b: `[m, d_model]`
/// - output: `[n, m]`, in -1..1
///
/// # Panics
///
/// If the widths differ.
// ANCHOR: pairwise
pub fn pairwise(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = a.dims();
    assert_shape!(b, [_, d_model]);
    normalise(a).matmul(normalise(b).transpose())
}
// ANCHOR_END: pairwise

/// Finds for each query the `k` rows of `table` with the largest cosine: index and cosine, best
/// first, equal ones by index. A `k` above the number of rows gives all of them.
///
/// # Shapes
///
/// - queries: `[queries, d_model]`
/// - table: `[vectors, d_model]`
/// - output: `[queries][k]`
///
/// # Panics
///
/// If the widths differ, or the table has no rows.
// ANCHOR: nearest
pub fn nearest(queries: Tensor<2>, table: Tensor<2>, k: usize) -> Vec<Vec<(usize, f32)>> {
    let [vectors, _] = table.dims();
    let cosines: Vec<f32> = pairwise(queries, table).into_data().iter::<f32>().collect();
    cosines.chunks(vectors).map(|row| best(row, k)).collect()
}

/// Picks the `k` largest cosines of one query: index and cosine, best first, equal ones by
/// index. A `k` above their number gives all of them.
///
/// # Shapes
///
/// - cosines: `[vectors]`
/// - output: `[k]`
pub fn best(cosines: &[f32], k: usize) -> Vec<(usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
    if k < ranked.len() {
        ranked.select_nth_unstable_by(k, best_first);
        ranked.truncate(k);
    }
    ranked.sort_unstable_by(best_first);
    ranked
}

/// Orders rows by cosine, the largest first, equal ones by index.
fn best_first(a: &(usize, f32), b: &(usize, f32)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}
// ANCHOR_END: nearest

/// Mean cosine of all pairs of two different rows: near 0 where vectors spread evenly over all
/// directions, near 1 where they crowd into a cone.
///
/// Over the rows of a whole table it is the table's anisotropy (Ethayarajh 2019, "How Contextual
/// are Contextualized Word Representations?", section 3.4). It takes time and space in proportion
/// to the square of the number of rows. Fewer than two rows have no pair and give 0.
///
/// # Shapes
///
/// - table: `[vectors, d_model]`
///
/// # Panics
///
/// If the table has no rows.
// ANCHOR: anisotropy
pub fn anisotropy(table: Tensor<2>) -> f64 {
    let [vectors, _] = table.dims();
    let cosines = pairwise(table.clone(), table).into_data();
    let cosines: Vec<f64> = cosines.iter::<f64>().collect();
    let mut sum = 0.0;
    let mut pairs = 0;
    for i in 0..vectors {
        for j in i + 1..vectors {
            sum += cosines[i * vectors + j];
            pairs += 1;
        }
    }
    if pairs == 0 { 0.0 } else { sum / f64::from(pairs) }
}
// ANCHOR_END: anisotropy

/// Length of each vector: |x|, `[vectors, 1]`.
// ANCHOR: lengths
fn length(x: Tensor<2>) -> Tensor<2> {
    x.square().sum_dim(COORDINATES).sqrt()
}

/// Makes a divisor that leaves zero vectors zero: every 0 becomes 1.
fn one_if_zero(x: Tensor<2>) -> Tensor<2> {
    let zero = x.clone().equal_scalar(0.0);
    x.mask_fill(zero, 1.0)
}
// ANCHOR_END: lengths

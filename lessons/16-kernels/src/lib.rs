//! # 16 Kernels
//!
//! **Question.** Where does the time go, and can you write the kernel yourself?
//!
//! **Equation.** FLOP/s <= min(peak FLOP/s, bytes/s x FLOP / byte) (Williams, Waterman and Patterson
//! 2009, "Roofline: An Insightful Visual Performance Model for Multicore Architectures", section 3):
//! an operation goes as fast as the processor computes or as fast as the memory delivers, whichever
//! is less.
//!
//! **Builds on.** The tiled attention is held against, and timed beside, the three steps of lesson
//! 08:
//! - `attention::scores<const D: usize>(q: Tensor<D>, k: Tensor<D>) -> Tensor<D>`
//! - `attention::weights<const D: usize>(scores: Tensor<D>) -> Tensor<D>`
//! - `attention::attend<const D: usize>(weights: Tensor<D>, v: Tensor<D>) -> Tensor<D>`
//!
//! **Leaves you with.** [`Work`] and [`attainable`], which say before a line is written how fast an
//! operation can be; and four kernels on slices, each first plain, then fast: [`gelu`], [`softmax`],
//! [`product`] and [`online`], the attention that never keeps its scores.
//!
//! **Try.** `cargo rungs run 16`. Then make `ROWS` in [`product`] 1 and predict what is left of the
//! speed.

pub mod demo;
pub mod exponential;
pub mod gelu;
pub mod measure;
pub mod models;
pub mod online;
pub mod product;
pub mod softmax;

use serde::{Deserialize, Serialize};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "16-kernels",
    question: "Where does the time go, and can you write the kernel yourself?",
    leaves_you_with: "the roof line of your machine, and four kernels under it, each written twice \
        and proved equal",
    minilm: false,
};

/// Bytes of one number in f32.
pub const NUMBER: u64 = 4;

/// Arithmetic of one exponential, counted in [`exponential::exp`].
pub const EXPONENTIAL: u64 = 22;

// ANCHOR: work
/// What an operation has to do: arithmetic, and traffic between processor and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Additions, multiplications, divisions and comparisons of numbers.
    pub flops: u64,
    /// Bytes that are read or written, if everything that goes in is read once and everything that
    /// comes out is written once.
    pub bytes: u64,
}

impl Work {
    /// The arithmetic per byte: FLOP / byte.
    pub fn intensity(&self) -> f64 {
        self.flops as f64 / self.bytes as f64
    }
}
// ANCHOR_END: work

impl Work {
    /// The work of doing this `times` over.
    pub fn times(self, times: u64) -> Self {
        Self { flops: times * self.flops, bytes: times * self.bytes }
    }

    /// The work of both, one after the other.
    pub fn and(self, other: Self) -> Self {
        Self { flops: self.flops + other.flops, bytes: self.bytes + other.bytes }
    }
}

// ANCHOR: roof
/// What a machine can do at best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Roof {
    /// Arithmetic of numbers that lie in the cache: FLOP/s.
    pub flops_per_second: f64,
    /// Traffic with the main memory: bytes/s.
    pub bytes_per_second: f64,
}
// ANCHOR_END: roof

/// The most that an operation can do per second under a roof: FLOP/s.
///
/// min(peak FLOP/s, bytes/s x FLOP / byte) (Williams, Waterman and Patterson 2009, section 3)
// ANCHOR: attainable
pub fn attainable(roof: &Roof, work: &Work) -> f64 {
    let delivered = roof.bytes_per_second * work.intensity();
    delivered.min(roof.flops_per_second)
}
// ANCHOR_END: attainable

/// The least time that an operation can take under a roof: seconds.
pub fn least_seconds(roof: &Roof, work: &Work) -> f64 {
    let computing = work.flops as f64 / roof.flops_per_second;
    let moving = work.bytes as f64 / roof.bytes_per_second;
    computing.max(moving)
}

/// The work of a product of two matrices, `[rows, inner]` times `[inner, columns]`: per number that
/// comes out, `inner` multiplications and as many additions.
// ANCHOR: product_work
pub fn product_work(rows: u64, inner: u64, columns: u64) -> Work {
    let numbers = rows * inner + inner * columns + rows * columns;
    Work { flops: 2 * rows * inner * columns, bytes: NUMBER * numbers }
}
// ANCHOR_END: product_work

/// The work of one pass over `numbers`: `flops` each, `reads` numbers read for each one written.
pub fn pass_work(numbers: u64, reads: u64, flops: u64) -> Work {
    Work { flops: flops * numbers, bytes: NUMBER * (reads + 1) * numbers }
}

/// The work of GELU's tanh form in one pass: per number five multiplications, two additions and a
/// division around the exponential.
pub fn gelu_work(numbers: u64) -> Work {
    pass_work(numbers, 1, EXPONENTIAL + 8)
}

/// The work of the same GELU in the five passes of [`gelu::gelu_in_five_passes`], the last of which
/// reads two numbers for each that it writes.
pub fn gelu_work_in_five_passes(numbers: u64) -> Work {
    let bytes = NUMBER * (4 * 2 + 3) * numbers;
    Work { bytes, ..gelu_work(numbers) }
}

/// The work of a softmax over rows: per number a comparison, a subtraction, the exponential, an
/// addition and a multiplication.
pub fn softmax_work(rows: u64, columns: u64) -> Work {
    pass_work(rows * columns, 1, EXPONENTIAL + 4)
}

/// The work of a head's attention in three steps, each of which writes its whole table: scores,
/// softmax, means of the values.
pub fn attention_work_in_steps(queries: u64, keys: u64, d_head: u64) -> Work {
    let scores = product_work(queries, d_head, keys);
    let means = product_work(queries, keys, d_head);
    scores.and(softmax_work(queries, keys)).and(means)
}

/// The work of the same attention if no score ever leaves the cache: only queries, keys, values and
/// the output are moved.
// ANCHOR: attention_work
pub fn attention_work(queries: u64, keys: u64, d_head: u64) -> Work {
    let bytes = NUMBER * 2 * (queries + keys) * d_head;
    Work { bytes, ..attention_work_in_steps(queries, keys, d_head) }
}
// ANCHOR_END: attention_work

//! The fast operations bound to burn: what they do on flex, and how they are trained through.
//!
//! A fast function asks [`is_array`](crate::memory::is_array) whether a tensor is one of f32 on
//! flex. If so, burn's dispatch finds the operation for flex itself or, where the tensor is trained
//! through, for `Autodiff` around it. On every other backend the function is made of burn's own
//! operations.

pub(crate) mod activated;
pub(crate) mod attention;
mod columns;
pub(crate) mod cross_entropy;
pub(crate) mod gelu;
pub(crate) mod linear;
pub(crate) mod norm;
mod panels;
pub(crate) mod rms_norm;
pub(crate) mod softmax;
pub(crate) mod trained_attention;
mod trained_linear;

use burn::backend::TensorMetadata;
use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Shape};
use pulp::Arch;
use rayon::prelude::*;

/// Numbers that are worth a task of their own: some ten microseconds.
const WORTH_A_TASK: usize = 1 << 13;

/// Changes every row of the last axis, in place where no other tensor has the numbers.
fn each_row(x: FlexTensor, change: impl Fn(&mut [f32]) + Copy + Sync) -> FlexTensor {
    let mut x = whole(x);
    let (width, task) = row_and_task(&x);
    let arch = Arch::new();
    x.storage_mut::<f32>().par_chunks_mut(task).for_each(|numbers| {
        arch.dispatch(|| {
            for row in numbers.chunks_exact_mut(width) {
                change(row);
            }
        });
    });
    x
}

/// Length of a row, and how many numbers make whole rows that are worth a task.
fn row_and_task(x: &FlexTensor) -> (usize, usize) {
    let width = x.shape().last().copied().unwrap_or(1).max(1);
    (width, (WORTH_A_TASK / width).max(1) * width)
}

/// The tensor with its numbers row by row and nothing else in its storage.
fn whole(x: FlexTensor) -> FlexTensor {
    let whole = x.to_contiguous();
    drop(x); // or its storage would count as shared, and be copied before it is written to
    whole
}

/// Numbers as a tensor.
fn tensor(numbers: Vec<f32>, shape: Shape) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(numbers), Layout::contiguous(shape), DType::F32)
}

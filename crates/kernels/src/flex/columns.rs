//! What a linear map does to all rows alike, on flex: its bias added to each, and the sum of each
//! column, which is the gradient of the bias.

use burn::backend::Backend;
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;
use pulp::Arch;
use rayon::prelude::*;

use super::{each_row, row_and_task, tensor, whole};
use crate::rows;

/// Columns of a matrix, all at once.
pub(crate) trait Columns: Backend {
    /// A matrix with the same row added to each of its own.
    fn add_to_rows(x: FloatTensor<Self>, row: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The sum of each column of a matrix.
    fn column_sums(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Columns for Flex {
    fn add_to_rows(x: FlexTensor, row: FlexTensor) -> FlexTensor {
        let row = whole(row);
        let numbers = row.storage::<f32>();
        each_row(x, |row| rows::add(row, numbers))
    }

    fn column_sums(x: FlexTensor) -> FlexTensor {
        let x = whole(x);
        let (width, task) = row_and_task(&x);
        let arch = Arch::new();
        let parts = x.storage::<f32>().par_chunks(task).map(|numbers| {
            let mut sums = vec![0.0; width];
            arch.dispatch(|| {
                for row in numbers.chunks_exact(width) {
                    rows::add(&mut sums, row);
                }
            });
            sums
        });
        let parts: Vec<Vec<f32>> = parts.collect(); // added in the order of the rows
        let mut sums = vec![0.0; width];
        for part in &parts {
            rows::add(&mut sums, part);
        }
        tensor(sums, Shape::new([width]))
    }
}

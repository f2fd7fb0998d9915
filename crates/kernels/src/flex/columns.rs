//! What a linear map that is trained through does to all rows at once, on flex: its products, and the
//! sum of each column, which is the gradient of the bias.

use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, TensorMetadata};
use burn::tensor::Shape;
use pulp::Arch;
use rayon::prelude::*;

use super::{each_row, row_and_task, tensor, whole};
use crate::tiles::Matrix;
use crate::{rows, trained_product};

/// Columns of a matrix, all at once.
pub(crate) trait Columns: Backend {
    /// x W + b of matrices with at least one number each.
    fn rows_times(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Option<FloatTensor<Self>>,
    ) -> FloatTensor<Self>;

    /// x^T G of such matrices.
    fn columns_times(x: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The sum of each column of a matrix.
    fn column_sums(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Columns for Flex {
    fn rows_times(x: FlexTensor, weight: FlexTensor, bias: Option<FlexTensor>) -> FlexTensor {
        let ([rows, inner], [_, columns]) = (x.shape().dims(), weight.shape().dims());
        let bias = bias.map(whole);
        let bias = bias.as_ref().map(|bias| bias.storage::<f32>());
        if !trained_product::computes(inner, weight.layout().strides()) {
            let product = Flex::float_matmul(x, weight);
            let Some(bias) = bias else { return product };
            return each_row(product, |row| rows::add(row, bias));
        }
        let x = whole(x);
        let mut out = vec![0.0; rows * columns];
        trained_product::product(x.storage(), matrix(&weight), bias, &mut out);
        tensor(out, Shape::new([rows, columns]))
    }

    fn columns_times(x: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let ([rows, inner], [_, columns]) = (x.shape().dims(), gradient.shape().dims());
        if !trained_product::computes_turned(rows, inner) {
            return Flex::float_matmul(Flex::float_swap_dims(x, 0, 1), gradient);
        }
        let (x, gradient) = (whole(x), whole(gradient));
        let mut out = vec![0.0; inner * columns];
        trained_product::turned_product(x.storage(), inner, matrix(&gradient), &mut out);
        tensor(out, Shape::new([inner, columns]))
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

/// The numbers of a tensor of rank 2 whose strides are above 0.
fn matrix(x: &FlexTensor) -> Matrix<'_> {
    let ([rows, columns], strides) = (x.shape().dims(), x.layout().strides());
    Matrix {
        numbers: &x.storage::<f32>()[x.layout().start_offset()..],
        rows,
        columns,
        row_stride: strides[0].unsigned_abs(),
        column_stride: strides[1].unsigned_abs(),
    }
}

//! Mistakes in `pairwise`.

use burn::tensor::{Tensor, assert_shape};
use similarity::normalise;

/// The longest row of a table comes first for nearly every question.
pub fn the_lengths_of_b_left_in(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = a.dims();
    assert_shape!(b, [_, d_model]);
    normalise(a).matmul(b.transpose())
}

/// Every query still gets its rows in the right order, under scores that compare with nothing.
pub fn the_lengths_of_a_left_in(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = a.dims();
    assert_shape!(b, [_, d_model]);
    a.matmul(normalise(b).transpose())
}

/// Dot products: length speaks louder than direction.
pub fn no_row_brought_to_unit_length(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = a.dims();
    assert_shape!(b, [_, d_model]);
    a.matmul(b.transpose())
}

/// With as many queries as rows no shape tells who asked whom.
pub fn a_row_for_each_row_of_b_and_not_of_a(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = a.dims();
    assert_shape!(b, [_, d_model]);
    normalise(b).matmul(normalise(a).transpose())
}

/// The shape fits, and the numbers of several rows are mixed in each column.
pub fn b_reshaped_and_not_transposed(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = a.dims();
    let [m, _] = b.dims();
    assert_shape!(b, [_, d_model]);
    normalise(a).matmul(normalise(b).reshape([d_model, m]))
}

/// Smaller is better now, and a search that wants the largest returns what fits worst.
pub fn one_minus_the_cosine(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = a.dims();
    assert_shape!(b, [_, d_model]);
    1.0 - normalise(a).matmul(normalise(b).transpose())
}

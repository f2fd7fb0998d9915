//! Mistakes in `dot`.

use burn::tensor::{Tensor, assert_shape};

/// One number for the whole batch: every pair is told the same.
pub fn one_sum_over_all_pairs(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [vectors, d_model] = a.dims();
    assert_shape!(b, [vectors, d_model]);
    (a * b).sum()
}

/// A number for each coordinate instead of one for each pair. With as many pairs as coordinates no
/// shape tells.
pub fn along_the_vectors_and_not_along_the_coordinates(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [vectors, d_model] = a.dims();
    assert_shape!(b, [vectors, d_model]);
    (a * b).sum_dim(0).squeeze_dim(0)
}

/// A dot product grows with the width. Divided by it, logits of 384 numbers shrink to almost
/// nothing.
pub fn mean_of_the_products_and_not_their_sum(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [vectors, d_model] = a.dims();
    assert_shape!(b, [vectors, d_model]);
    (a * b).mean_dim(1).squeeze_dim(1)
}

/// The dot product is the measure in which lengths count: this one forgets them.
pub fn both_lengths_divided_out_as_in_the_cosine(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [vectors, d_model] = a.dims();
    assert_shape!(b, [vectors, d_model]);
    let lengths = a.clone().square().sum_dim(1).sqrt() * b.clone().square().sum_dim(1).sqrt();
    ((a * b).sum_dim(1) / lengths).squeeze_dim(1)
}

/// A single row of b is compared with every row of a, and nobody hears that there were too few.
pub fn a_single_row_of_b_repeated_for_every_row_of_a(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    (a * b).sum_dim(1).squeeze_dim(1)
}

/// Two vectors at a right angle come out as far from 0 as the products are large.
pub fn products_without_their_signs(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let [vectors, d_model] = a.dims();
    assert_shape!(b, [vectors, d_model]);
    (a * b).abs().sum_dim(1).squeeze_dim(1)
}

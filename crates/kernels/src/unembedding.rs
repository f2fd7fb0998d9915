//! Vectors against every row of a table, fast.

use burn::tensor::Tensor;

use crate::plain::count_call;

/// x W^T. On flex the vectors of all texts are one matrix, whose gradient goes to the table in one
/// product. Elsewhere each text is multiplied by itself.
///
/// Lesson 01 holds it equal to its plain product.
///
/// # Shapes
///
/// - x: `[batch, tokens, d_model]`
/// - table: `[vocab, d_model]`
/// - output: `[batch, tokens, vocab]`
///
/// # Panics
///
/// If the last axes differ.
pub fn unembed(x: Tensor<3>, table: Tensor<2>) -> Tensor<3> {
    count_call();
    let [_, d_model] = table.dims();
    burn::tensor::assert_shape!(x, [_, _, d_model]);
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&x) && crate::memory::is_array(&table) {
        return crate::flex::linear::linear(x, table.transpose(), None);
    }
    // Transpose last: `unsqueeze` of a transposed table copies it, megabytes a time.
    x.matmul(table.unsqueeze::<3>().transpose())
}

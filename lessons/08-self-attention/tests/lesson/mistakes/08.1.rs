//! Mistakes in `scores`.

use burn::tensor::Tensor;

/// The wider the head, the larger the scores, and at d_head 512 softmax has all but one key's share
/// at 0: nothing is left to learn from.
pub fn not_divided_by_the_square_root_of_d_head<const D: usize>(
    q: Tensor<D>,
    k: Tensor<D>,
) -> Tensor<D> {
    q.matmul(k.transpose())
}

/// Scores shrink as the head grows, and every key gets the same share.
pub fn divided_by_d_head_and_not_its_square_root<const D: usize>(
    q: Tensor<D>,
    k: Tensor<D>,
) -> Tensor<D> {
    let d_head = q.dims()[D - 1];
    q.matmul(k.transpose()) / d_head as f64
}

/// The scale then depends on the length of the text, which a trained model has never seen change.
pub fn divided_by_the_square_root_of_the_number_of_keys<const D: usize>(
    q: Tensor<D>,
    k: Tensor<D>,
) -> Tensor<D> {
    let keys = k.dims()[D - 2];
    q.matmul(k.transpose()) / (keys as f64).sqrt()
}

/// The scale the wrong way round: attention is a hard choice from the first step on.
pub fn multiplied_by_the_square_root_of_d_head<const D: usize>(
    q: Tensor<D>,
    k: Tensor<D>,
) -> Tensor<D> {
    let d_head = q.dims()[D - 1];
    q.matmul(k.transpose()) * (d_head as f64).sqrt()
}

/// In self-attention the shape is the same, and who asks whom is exchanged.
pub fn a_row_for_each_key_and_not_for_each_query<const D: usize>(
    q: Tensor<D>,
    k: Tensor<D>,
) -> Tensor<D> {
    let d_head = q.dims()[D - 1];
    k.matmul(q.transpose()) / (d_head as f64).sqrt()
}

/// With matrices that is the width. With heads before them it is the number of heads, and every model
/// with another number of them is scaled by another factor.
pub fn the_width_read_from_the_second_axis<const D: usize>(
    q: Tensor<D>,
    k: Tensor<D>,
) -> Tensor<D> {
    let d_head = q.dims()[1];
    q.matmul(k.transpose()) / (d_head as f64).sqrt()
}

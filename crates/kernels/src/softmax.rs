//! Softmax, fast.

use burn::tensor::{Tensor, activation};

use crate::plain::count_call;

/// The softmax over the last axis: exp(s_i) / sum_j exp(s_j). On flex the exponentials come many
/// side by side, and a row is written where it was. Elsewhere it is burn's own.
///
/// Lesson 08 holds it equal to its plain `softmax`.
///
/// # Shapes
///
/// - scores: `[.., classes]`
/// - output: the same, probabilities, rows sum to 1
pub fn softmax<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    count_call();
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&scores) {
        return crate::flex::softmax::softmax(scores);
    }
    activation::softmax(scores, D - 1)
}

//! Cross entropy of logits, fast.

use burn::tensor::{Int, Tensor, activation};

use crate::plain::count_call;

/// Axis of the classes in `[rows, classes]`.
const CLASSES: usize = 1;

/// `-(1/rows) sum_r log softmax(logits_r)[target_r]`. On flex the logarithm is taken of one sum a
/// row, and what is trained through keeps the gradient, softmax(logits) less 1 at the target.
/// Elsewhere it is made of burn's log-softmax.
///
/// Lesson 01 holds it equal to its plain `cross_entropy`.
///
/// # Shapes
///
/// - logits: `[rows, classes]`
/// - targets: `[rows]`, classes in `0..classes`
/// - output: `[1]`, nats per row
///
/// # Panics
///
/// If there are more or fewer targets than rows, or, on flex, a target is no class.
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    count_call();
    let [rows, _classes] = logits.dims();
    burn::tensor::assert_shape!(targets, [rows]);
    #[cfg(feature = "flex")]
    if rows > 0 && crate::memory::is_array(&logits) {
        return crate::flex::cross_entropy::cross_entropy(logits, targets);
    }
    let log_probabilities = activation::log_softmax(logits, CLASSES);
    let of_targets = log_probabilities.gather(CLASSES, targets.reshape([rows, 1]));
    of_targets.mean().neg()
}

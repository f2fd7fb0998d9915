//! Mistakes in `log_softmax`.

use burn::tensor::Tensor;

/// Axis of logits `[tokens, vocab]` along which the possible tokens lie.
const VOCAB: usize = 1;

/// Columns are made shares instead of rows: the places of a text compete for each token.
pub fn along_the_tokens_and_not_along_the_vocabulary(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.detach().max_dim(0);
    let log_sum = shifted.clone().exp().sum_dim(0).log();
    shifted - log_sum
}

/// e^89 is more than an f32 can hold: one large logit, and its whole row is lost.
pub fn exp_of_the_logits_as_they_are(logits: Tensor<2>) -> Tensor<2> {
    let log_sum = logits.clone().exp().sum_dim(VOCAB).log();
    logits - log_sum
}

/// A row far below the largest of another is all zeros under exp, and ln 0 is minus infinity.
pub fn one_maximum_for_all_rows(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.detach().max_dim(VOCAB).max_dim(0);
    let log_sum = shifted.clone().exp().sum_dim(VOCAB).log();
    shifted - log_sum
}

/// The smallest leaves the exponents 0 and more: exp still sees a difference of 89.
pub fn the_smallest_taken_out_and_not_the_largest(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.detach().min_dim(VOCAB);
    let log_sum = shifted.clone().exp().sum_dim(VOCAB).log();
    shifted - log_sum
}

/// What was taken from the sum must be taken from the logits too, or it no longer cancels.
pub fn the_maximum_taken_out_of_the_sum_only(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.clone().detach().max_dim(VOCAB);
    let log_sum = shifted.exp().sum_dim(VOCAB).log();
    logits - log_sum
}

/// A probability of e^-1000 is 0 in an f32, and its logarithm minus infinity instead of -1000.
pub fn the_logarithm_of_softmax(logits: Tensor<2>) -> Tensor<2> {
    let exponentials = (logits.clone() - logits.detach().max_dim(VOCAB)).exp();
    (exponentials.clone() / exponentials.sum_dim(VOCAB)).log()
}

/// Shares between 0 and 1: a loss made of them says little of a token that was thought impossible.
pub fn probabilities_without_their_logarithm(logits: Tensor<2>) -> Tensor<2> {
    let exponentials = (logits.clone() - logits.detach().max_dim(VOCAB)).exp();
    exponentials.clone() / exponentials.sum_dim(VOCAB)
}

/// Dividing becomes subtracting only between logarithms, and the sum is not one yet.
pub fn the_sum_without_its_logarithm(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.detach().max_dim(VOCAB);
    let sum = shifted.clone().exp().sum_dim(VOCAB);
    shifted - sum
}

/// The numbers are right. In training the token that came is raised and no other is lowered.
pub fn the_sum_cut_off_from_its_gradient(logits: Tensor<2>) -> Tensor<2> {
    let shifted = logits.clone() - logits.detach().max_dim(VOCAB);
    let log_sum = shifted.clone().detach().exp().sum_dim(VOCAB).log();
    shifted - log_sum
}

/// Right on paper. An f32 has seven digits, and a logarithm added to 10000 keeps three of its own:
/// the answer is wrong in the fourth.
pub fn the_maximum_added_back_before_the_logarithm_is_taken_off(logits: Tensor<2>) -> Tensor<2> {
    let largest = logits.clone().detach().max_dim(VOCAB);
    let log_sum = (logits.clone() - largest.clone()).exp().sum_dim(VOCAB).log() + largest;
    logits - log_sum
}

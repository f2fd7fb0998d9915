//! Mistakes in `softmax`.

use burn::tensor::Tensor;

/// Columns sum to 1 instead of rows: a token that everybody looks at is shared out among those who
/// look.
pub fn along_the_queries_and_not_along_the_keys<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let largest = scores.clone().detach().max_dim(D - 2);
    let exponentials = (scores - largest).exp();
    exponentials.clone() / exponentials.sum_dim(D - 2)
}

/// All rows together sum to 1: the longer the text, the smaller every output.
pub fn one_sum_over_all_queries<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let largest = scores.clone().detach().max_dim(D - 1).max_dim(D - 2);
    let exponentials = (scores - largest).exp();
    exponentials.clone() / exponentials.sum_dim(D - 1).sum_dim(D - 2)
}

/// Scores of mixed signs make shares below 0 and above 1, and a row whose sum is 0 divides by it.
pub fn shares_of_the_scores_without_exp<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    scores.clone() / scores.sum_dim(D - 1)
}

/// Shares that are less sharp than those a published model was trained with.
pub fn powers_of_two_and_not_of_e<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let largest = scores.clone().detach().max_dim(D - 1);
    let powers = ((scores - largest) * std::f64::consts::LN_2).exp();
    powers.clone() / powers.sum_dim(D - 1)
}

/// exp(89) is more than an f32 can hold: one large score, and the whole row is NaN.
pub fn exp_of_the_scores_as_they_are<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let exponentials = scores.exp();
    exponentials.clone() / exponentials.sum_dim(D - 1)
}

/// A row that lies a hundred below the largest score of another row has only zeros to divide by:
/// its shares are NaN.
pub fn one_maximum_for_all_rows<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let largest = scores.clone().detach().max_dim(D - 1).max_dim(D - 2);
    let exponentials = (scores - largest).exp();
    exponentials.clone() / exponentials.sum_dim(D - 1)
}

/// Right for a matrix; with a batch or heads before it, shares are taken among the heads.
pub fn along_the_second_axis_whatever_the_rank<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let largest = scores.clone().detach().max_dim(1);
    let exponentials = (scores - largest).exp();
    exponentials.clone() / exponentials.sum_dim(1)
}

/// Right on paper. An f32 has seven digits, and a logarithm added to 10000 keeps three of its own: the
/// shares are wrong in the fourth.
pub fn the_maximum_added_back_before_the_logarithm_is_taken_off<const D: usize>(
    scores: Tensor<D>,
) -> Tensor<D> {
    let largest = scores.clone().detach().max_dim(D - 1);
    let logarithm = (scores.clone() - largest.clone()).exp().sum_dim(D - 1).log() + largest;
    (scores - logarithm).exp()
}

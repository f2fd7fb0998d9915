//! Mistakes in `binary_cross_entropy`.

use burn::tensor::Tensor;

/// e^z is infinite in f32 from 89 on, and one sure answer makes the loss of the batch infinite.
pub fn e_to_the_z_as_it_is(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    z.clone().exp().log1p() - z * y
}

/// p of a large logit is 1 in f32 and 1 - p is 0: 0 times the logarithm of 0 is NaN.
pub fn the_logarithm_of_the_sigmoid(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    let p = ((-z).exp() + 1.0).recip();
    -(p.clone().log() * y.clone() + (-p + 1.0).log() * (-y + 1.0))
}

/// Finite, and no longer the loss: beyond a logit of 16 a wrong answer costs the same however sure
/// it was, and no gradient comes back from it.
pub fn the_probability_kept_away_from_0_and_1(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    let p = ((-z).exp() + 1.0).recip().clamp(1e-7, 1.0 - 1e-7);
    -(p.clone().log() * y.clone() + (-p + 1.0).log() * (-y + 1.0))
}

/// A label that is wrongly said costs nothing: the cheapest head says every label of every text.
pub fn what_is_not_the_case_costs_nothing(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    (z.clone().neg().clamp_min(0.0) + (-z.abs()).exp().log1p()) * y
}

/// Yes and no exchanged: training makes the model sure of the opposite.
pub fn yes_and_no_exchanged(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    z.clone().clamp_min(0.0) - z.clone() * (-y + 1.0) + (-z.abs()).exp().log1p()
}

/// Logits are any numbers: the logarithm of a negative one is NaN.
pub fn the_logit_taken_for_the_probability(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    -(z.clone().log() * y.clone() + (-z + 1.0).log() * (-y + 1.0))
}

/// The sum over the labels is for the caller to take: a loss of each label is promised.
pub fn one_number_for_all_labels_of_a_row(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    (z.clone().clamp_min(0.0) - z.clone() * y + (-z.abs()).exp().log1p()).mean_dim(1)
}

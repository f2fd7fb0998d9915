//! Softmax.

use burn::tensor::{Tensor, activation};
use kernels::softmax::softmax;

use crate::{assert_agree, assert_gradients_agree};

fn burns(scores: Tensor<2>) -> Tensor<2> {
    activation::softmax(scores, 1)
}

#[test]
fn the_softmax_is_burns_gradient_included() {
    assert_agree(softmax, burns, 1e-6);
    assert_gradients_agree(softmax, burns, 2e-6);
}

/// What is hidden has the lowest finite number, as lesson 09 masks it.
#[test]
fn a_hidden_score_has_no_share_and_a_row_of_them_has_equal_ones() {
    let device = backend::from_env();
    let scores =
        Tensor::<2>::from_floats([[f32::MIN, 500.0, f32::MIN, 500.0], [f32::MIN; 4]], &device);
    let shares: Vec<f32> = softmax(scores).into_data().iter().collect();
    assert_eq!(shares, [0.0, 0.5, 0.0, 0.5, 0.25, 0.25, 0.25, 0.25]);
}

#[test]
fn nan_spoils_its_own_row_and_no_other() {
    let device = backend::from_env();
    let mut scores = vec![1.0; 3 * 20];
    scores[25] = f32::NAN;
    let scores = Tensor::<1>::from_floats(&scores[..], &device).reshape([3, 20]);
    let shares: Vec<f32> = softmax(scores).into_data().iter().collect();
    for (i, share) in shares.iter().enumerate() {
        assert_eq!(share.is_nan(), i / 20 == 1, "share {i}");
    }
}

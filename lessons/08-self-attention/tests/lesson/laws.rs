//! What holds for every input.

use attention::{scores, softmax, weights};
use burn::tensor::{Distribution, Tensor};

#[test]
fn the_fused_softmax_is_the_one_spelt_out() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let q = Tensor::<3>::random([2, 5, 4], Distribution::Default, &device);
    let scores = scores(q.clone(), q);
    let tolerance = backend::tolerance(&device, 1e-6);
    golden::assert_close(&weights(scores.clone()), &softmax(scores), tolerance);
}

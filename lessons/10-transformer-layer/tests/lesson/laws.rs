//! What holds for every input.

use burn::tensor::{Distribution, Tensor};
use layer::{Activation, gelu_exact};

#[test]
fn the_fused_gelu_is_the_one_spelt_out() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let x = Tensor::<2>::random([4, 8], Distribution::Default, &device);
    golden::assert_close(
        &Activation::GeluExact.apply(x.clone()),
        &gelu_exact(x),
        backend::tolerance(&device, 1e-6),
    );
}

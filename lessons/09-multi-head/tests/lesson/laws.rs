//! What holds for every input.

use burn::tensor::{Distribution, Tensor};
use heads::{MultiHeadAttentionConfig, causal_mask, hidden_by_either, padding_mask};

#[test]
fn the_fused_path_is_the_one_spelt_out() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let layer = MultiHeadAttentionConfig::new(12, 3).init(&device);
    let x = Tensor::<3>::random([2, 5, 12], Distribution::Default, &device);
    let hidden = hidden_by_either(causal_mask(5, 5, &device), padding_mask(&[5, 2], 5, &device));
    let (spelt, _) = layer.forward_with_weights(x.clone(), Some(hidden.clone()));
    golden::assert_close(&layer.forward(x, Some(hidden)), &spelt, backend::tolerance(&device, 1e-6));
}

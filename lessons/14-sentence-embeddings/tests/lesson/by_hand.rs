//! The chapter's own small numbers: one text of three tokens, the last of them padding.

use burn::tensor::{Bool, Device, Tensor};
use golden::assert_close;
use sentences::Pooling;

fn states(device: &Device) -> Tensor<3> {
    Tensor::from_floats([[[1.0, 4.0], [3.0, -2.0], [50.0, 50.0]]], device)
}

fn hidden(device: &Device) -> Tensor<4, Bool> {
    Tensor::from_bool([[[[false, false, true]]]], device)
}

#[test]
fn the_mean_leaves_the_padding_out() {
    let device = backend::from_env();
    let mean = Pooling::Mean.pool(states(&device), Some(hidden(&device)));
    assert_close(&mean, &Tensor::from_floats([[2.0, 1.0]], &device), backend::tolerance(&device, 1e-6));
}

#[test]
fn without_the_mask_the_padding_wins() {
    let device = backend::from_env();
    let mean = Pooling::Mean.pool(states(&device), None);
    assert_close(
        &mean,
        &Tensor::from_floats([[18.0, 52.0 / 3.0]], &device),
        backend::tolerance(&device, 1e-5),
    );
}

#[test]
fn the_largest_of_each_coordinate_leaves_the_padding_out() {
    let device = backend::from_env();
    let max = Pooling::Max.pool(states(&device), Some(hidden(&device)));
    assert_close(&max, &Tensor::from_floats([[3.0, 4.0]], &device), 0.0);
}

#[test]
fn where_every_token_is_negative_the_largest_is_not_zero() {
    let device = backend::from_env();
    let max = Pooling::Max.pool(states(&device) - 60.0, Some(hidden(&device)));
    assert_close(&max, &Tensor::from_floats([[-57.0, -56.0]], &device), 0.0);
}

#[test]
fn cls_is_the_first_token() {
    let device = backend::from_env();
    let cls = Pooling::Cls.pool(states(&device), Some(hidden(&device)));
    assert_close(&cls, &Tensor::from_floats([[1.0, 4.0]], &device), 0.0);
}

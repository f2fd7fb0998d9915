//! Lesson 09's tests.

mod by_hand;
mod exercises;
mod laws;
mod learns;
mod parity;

use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Random numbers in -2..2, the same for the same seed on every device.
fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut rng = StdRng::seed_from_u64(seed);
    let numbers: Vec<f32> =
        (0..shape.iter().product()).map(|_| rng.random_range(-2.0..2.0)).collect();
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

/// The entries of a tensor, in order.
fn numbers<const D: usize>(x: &Tensor<D>) -> Vec<f32> {
    x.to_data().iter().collect()
}

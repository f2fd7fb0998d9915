//! Lesson 08's tests.

mod by_hand;
mod exercises;
mod laws;
mod learns;
mod parity;

use attention::naive::Matrix;
use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The rows of a matrix, for the plain loops.
fn rows(x: &Tensor<2>) -> Matrix {
    let numbers: Vec<f32> = x.to_data().iter().collect();
    numbers.chunks(x.dims()[1]).map(<[f32]>::to_vec).collect()
}

/// Random numbers in -2..2, the same for the same seed on every device.
fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut rng = StdRng::seed_from_u64(seed);
    let numbers: Vec<f32> =
        (0..shape.iter().product()).map(|_| rng.random_range(-2.0..2.0)).collect();
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

//! Sums over gradients, fast.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::dot::dot;
use crate::memory::{numbers, taken};

/// Numbers that one core adds up before it looks for more work.
const CHUNK: usize = 1 << 15;

/// The sum of the squares of a gradient's numbers, and the gradient, which is not copied where
/// nobody else holds it. It does not depend on the number of cores.
///
/// # Shapes
///
/// - gradient: any, an array ([`is_array`](crate::memory::is_array)) without autodiff
///
/// # Panics
///
/// If the numbers are no f32.
pub fn square_sum<const D: usize>(gradient: Tensor<D>) -> (f64, Tensor<D>) {
    let device = gradient.device();
    let data = taken(gradient);
    let sums: Vec<f32> = numbers(&data).par_chunks(CHUNK).map(|part| dot(part, part)).collect();
    let mut sum = 0.0;
    for part in sums {
        sum += f64::from(part);
    }
    (sum, Tensor::from_data(data, &device))
}

//! Lesson 05, tested.

mod by_hand;
mod exercises;
mod laws;
mod learns;
mod parity;

use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Numbers in -1..1, the same for every device.
fn numbers(shape: [usize; 2], seed: u64, device: &Device) -> Tensor<2> {
    let mut random = StdRng::seed_from_u64(seed);
    let values: Vec<f32> =
        (0..shape[0] * shape[1]).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// `clusters` heaps of `each` points in `d_model` dimensions, and each point's heap.
fn heaps(
    clusters: usize,
    each: usize,
    d_model: usize,
    seed: u64,
    device: &Device,
) -> (Tensor<2>, Vec<usize>) {
    let centres = numbers([clusters, d_model], seed, device) * 4.0;
    let around = numbers([clusters * each, d_model], seed + 1, device);
    let kinds: Vec<usize> = (0..clusters * each).map(|point| point % clusters).collect();
    (around + centres.repeat_dim(0, each), kinds)
}

/// The entries of a tensor in f64.
fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}

/// Asserts that two lists of numbers agree within `tolerance`, and else prints them side by side.
#[track_caller]
fn assert_alike(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    let [found, expected] =
        [found, expected].map(|numbers| TensorData::new(numbers.to_vec(), [numbers.len()]));
    golden::assert_data_close(what, &found, &expected, tolerance as f32);
}

/// All of p_ij, row by row.
fn dense(p: &maps::Affinities) -> Vec<Vec<f64>> {
    let mut rows = vec![vec![0.0; p.rows.len()]; p.rows.len()];
    for (row, kept) in rows.iter_mut().zip(&p.rows) {
        for &(j, p) in kept {
            row[j as usize] = f64::from(p);
        }
    }
    rows
}

/// A map of the rows of a matrix with two columns.
fn map_of(y: &Tensor<2>) -> maps::Map {
    let y = values(y);
    maps::Map { y: [0, 1].map(|axis| y.iter().skip(axis).step_by(2).map(|&y| y as f32).collect()) }
}

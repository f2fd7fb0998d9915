//! Every fast operation on tensors against burn's own, over random shapes.

mod attention;
mod cross_entropy;
mod gelu;
mod in_f64;
mod linear;
mod norm;
mod softmax;
mod trained_attention;
mod unembedding;

use burn::tensor::{Device, Tensor, TensorData};
use golden::assert_data_close;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// An operation on a matrix.
type Operation = fn(Tensor<2>) -> Tensor<2>;

/// Shapes that no kernel divides evenly: no row, one row, one column, some rows, many.
const SHAPES: [[usize; 2]; 8] =
    [[0, 5], [1, 1], [1, 37], [9, 1], [7, 16], [5, 47], [33, 384], [3, 9000]];

/// Numbers of -3..3, the same for the same seed on every device.
fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut numbers: Vec<f32> = Vec::new();
    for _ in 0..shape.iter().product() {
        numbers.push(rng.random_range(-3.0..3.0));
    }
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

/// Asserts that two operations agree on every shape, on a transposed tensor too, and that what they
/// are given stays as it was.
#[track_caller]
fn assert_agree(fast: Operation, plain: Operation, tolerance: f32) {
    let device = backend::from_env();
    let tolerance = backend::tolerance(&device, tolerance);
    for shape in SHAPES {
        let x = random(shape, 1, &device);
        let before = x.to_data();
        for (what, x) in [("as it is", x.clone()), ("transposed", x.clone().transpose())] {
            if x.dims()[1] == 0 {
                continue; // burn's own are not defined there
            }
            let what = format!("{shape:?} {what}");
            let (found, expected) = (fast(x.clone()), plain(x));
            assert_data_close(&what, &found.to_data(), &expected.to_data(), tolerance);
        }
        assert_data_close("what was given", &x.to_data(), &before, 0.0);
    }
}

/// The gradient of an operation's sum, weighted at random.
fn gradient(operation: Operation, x: &Tensor<2>) -> TensorData {
    let x = x.clone().detach().require_grad();
    let y = operation(x.clone());
    let weights = random(y.dims(), 2, &x.device());
    let gradients = (y * weights).sum().backward();
    x.grad(&gradients).expect("x was used").into_data()
}

/// Asserts that two operations have one gradient on every shape with a number in it.
#[track_caller]
fn assert_gradients_agree(fast: Operation, plain: Operation, tolerance: f32) {
    let device = backend::from_env().autodiff();
    let tolerance = backend::tolerance(&device, tolerance);
    for shape in &SHAPES[1..] {
        let x = random(*shape, 1, &device);
        let (found, expected) = (gradient(fast, &x), gradient(plain, &x));
        assert_data_close(&format!("{shape:?}"), &found, &expected, tolerance);
    }
}

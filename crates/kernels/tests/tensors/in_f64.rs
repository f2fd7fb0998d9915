//! Values against the same in f64, and gradients against finite differences of it.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Int, Tensor};
use kernels::attention::attention;
use kernels::cross_entropy::cross_entropy;
use kernels::gelu::{gelu_exact, gelu_tanh};
use kernels::linear::linear;
use kernels::norm::{layer_norm, rms_norm};
use kernels::softmax::softmax;

use crate::{Operation, gradient, random};

/// Rows and columns of what the operations are tried on; no kernel divides them.
const SHAPE: [usize; 2] = [5, 19];

const EPSILON: f64 = 1e-3;

/// An operation in f64, on the rows one after the other.
type InF64 = fn(&[f64]) -> Vec<f64>;

fn rows(x: &[f64]) -> impl Iterator<Item = &[f64]> {
    x.chunks_exact(SHAPE[1])
}

/// By its series, which is exact enough for the numbers below 3 that are tried.
fn erf(x: f64) -> f64 {
    let (mut power, mut sum) = (x, 0.0);
    for n in 0..60 {
        sum += power / f64::from(2 * n + 1);
        power *= -x * x / f64::from(n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

fn exact_gelu(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| x * (1.0 + erf(x / 2.0_f64.sqrt())) / 2.0).collect()
}

fn tanh_gelu(x: &[f64]) -> Vec<f64> {
    let slope = (2.0 / std::f64::consts::PI).sqrt();
    x.iter().map(|x| x * (1.0 + (slope * (x + 0.044715 * x.powi(3))).tanh()) / 2.0).collect()
}

fn shares(row: &[f64]) -> Vec<f64> {
    let exponentials: Vec<f64> = row.iter().map(|x| x.exp()).collect();
    let total: f64 = exponentials.iter().sum();
    exponentials.iter().map(|x| x / total).collect()
}

fn softmax_f64(x: &[f64]) -> Vec<f64> {
    rows(x).flat_map(shares).collect()
}

fn norm_f64(x: &[f64]) -> Vec<f64> {
    let width = SHAPE[1] as f64;
    let mut out = Vec::new();
    for row in rows(x) {
        let mean = row.iter().sum::<f64>() / width;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width;
        out.extend(row.iter().map(|x| (x - mean) / (variance + EPSILON).sqrt()));
    }
    out
}

fn norm(x: Tensor<2>) -> Tensor<2> {
    let device = x.device();
    layer_norm(x, Tensor::ones([SHAPE[1]], &device), Tensor::zeros([SHAPE[1]], &device), EPSILON)
}

fn rms_norm_f64(x: &[f64]) -> Vec<f64> {
    let mut out = Vec::new();
    for row in rows(x) {
        let mean_square = row.iter().map(|x| x * x).sum::<f64>() / SHAPE[1] as f64;
        out.extend(row.iter().map(|x| x / (mean_square + EPSILON).sqrt()));
    }
    out
}

fn rms(x: Tensor<2>) -> Tensor<2> {
    let weight = Tensor::ones([SHAPE[1]], &x.device());
    rms_norm(x, weight, EPSILON)
}

/// The class of row i is class i.
fn loss_f64(x: &[f64]) -> Vec<f64> {
    let mut loss = 0.0;
    for (class, row) in rows(x).enumerate() {
        loss -= shares(row)[class].ln() / SHAPE[0] as f64;
    }
    vec![loss]
}

fn loss(x: Tensor<2>) -> Tensor<2> {
    let targets = Tensor::<1, Int>::arange(0..SHAPE[0] as i64, &x.device().inner());
    cross_entropy(x, targets).unsqueeze()
}

/// Central differences of the sum over what f64 makes of x, weighted as [`gradient`] weights it.
fn differences(of: InF64, x: &[f64], weights: &[f64]) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let sum = |x: &[f64]| of(x).iter().zip(weights).map(|(y, weight)| y * weight).sum::<f64>();
    let mut x = x.to_vec();
    let mut found = Vec::new();
    for i in 0..x.len() {
        let there = x[i];
        x[i] = there + STEP;
        let above = sum(&x);
        x[i] = there - STEP;
        found.push((above - sum(&x)) / (2.0 * STEP));
        x[i] = there;
    }
    found
}

#[track_caller]
fn assert_near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(error < tolerance, "{what}, number {i}: expected {expected}, found {found}");
    }
}

#[test]
fn every_operation_is_that_of_f64_and_its_gradient_that_of_finite_differences() {
    let device = backend::from_env().autodiff();
    // As close as some roundings of an f32 below 4, of a sum of 19 of them for the gradients.
    let tolerance = f64::from(backend::tolerance(&device, 1e-5));
    let x = random(SHAPE, 1, &device);
    let numbers: Vec<f64> = x.to_data().iter().collect();
    let operations: [(&str, Operation, InF64); 6] = [
        ("exact GELU", gelu_exact, exact_gelu),
        ("GELU by tanh", gelu_tanh, tanh_gelu),
        ("softmax", softmax, softmax_f64),
        ("layer norm", norm, norm_f64),
        ("RMSNorm", rms, rms_norm_f64),
        ("cross entropy", loss, loss_f64),
    ];
    for (name, fast, in_f64) in operations {
        let y = fast(x.clone());
        let weights: Vec<f64> = random(y.dims(), 2, &device).into_data().iter().collect();
        let y: Vec<f64> = y.into_data().iter().collect();
        assert_near(name, &y, &in_f64(&numbers), tolerance);
        let found: Vec<f64> = gradient(fast, &x).iter().collect();
        let expected = differences(in_f64, &numbers, &weights);
        assert_near(&format!("gradient of {name}"), &found, &expected, tolerance);
    }
}

/// One to three rows, as a decoder has them, and more; more weights than one core reads alone.
#[test]
fn products_of_few_rows_and_of_many_are_those_of_f64() {
    let device = backend::from_env();
    for (rows, d_input, d_output) in
        [(0, 3, 5), (1, 1, 1), (1, 513, 700), (2, 37, 301), (3, 6, 3), (3, 700, 513), (40, 70, 50)]
    {
        for turned in [false, true] {
            let weight = if turned {
                random([d_output, d_input], 1, &device).transpose()
            } else {
                random([d_input, d_output], 1, &device)
            };
            let bias = random([d_output], 2, &device);
            let x = random([rows, d_input], 3, &device);
            let [x_f64, weight_f64]: [Vec<f64>; 2] =
                [x.to_data(), weight.to_data()].map(|numbers| numbers.iter().collect());
            let mut expected = Vec::new();
            for row in 0..rows {
                for (column, bias) in bias.to_data().iter::<f64>().enumerate() {
                    let mut sum = bias;
                    for k in 0..d_input {
                        sum += x_f64[row * d_input + k] * weight_f64[k * d_output + column];
                    }
                    expected.push(sum);
                }
            }
            let map =
                Linear { weight: Param::from_tensor(weight), bias: Some(Param::from_tensor(bias)) };
            let found: Vec<f64> = linear(&map, x).into_data().iter().collect();
            // Sums of up to 700 products below 9, each rounded where it is some hundred.
            let tolerance = f64::from(backend::tolerance(&device, 1e-3));
            let what = format!("{rows} rows, {d_input} to {d_output}, turned: {turned}");
            assert_near(&what, &found, &expected, tolerance);
        }
    }
}

#[test]
fn attention_is_that_of_f64() {
    let device = backend::from_env();
    let (queries, keys, d_head) = (9, 37, 19);
    let q = random([1, 1, queries, d_head], 1, &device);
    let [k, v] = [2, 3].map(|seed| random([1, 1, keys, d_head], seed, &device));
    let Some(found) = attention(&q, &k, &v, None) else { return };
    let [q, k, v]: [Vec<f64>; 3] = [q, k, v].map(|x| x.into_data().iter().collect());
    let mut expected = Vec::new();
    for query in q.chunks_exact(d_head) {
        let mut scores = Vec::new();
        for key in k.chunks_exact(d_head) {
            let product: f64 = query.iter().zip(key).map(|(q, k)| q * k).sum();
            scores.push(product / (d_head as f64).sqrt());
        }
        let shares = shares(&scores);
        for place in 0..d_head {
            let values = v.chunks_exact(d_head).map(|value| value[place]);
            expected.push(shares.iter().zip(values).map(|(share, value)| share * value).sum());
        }
    }
    let found: Vec<f64> = found.into_data().iter().collect();
    assert_near("attention", &found, &expected, f64::from(backend::tolerance(&device, 1e-5)));
}

//! Against lesson 08's attention, lesson 10's GELU and burn's own.

use attention::{attend, scores, softmax, weights};
use burn::tensor::{Device, Tensor, TensorData, module};
use golden::{assert_close, assert_data_close};
use layer::gelu_tanh;
use pulp::Arch;
use roofline::gelu::gelu;
use roofline::online::{HeadSizes, attend_tiled};
use roofline::product::{Packed, product};
use roofline::softmax::softmax_rows;

use crate::random;

fn tensor<const D: usize>(numbers: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), device)
}

/// Three heads, 70 queries and 130 keys of 20 numbers: two whole blocks of keys and a rest, eleven
/// tiles of queries and a rest.
#[test]
fn tiles_are_lesson_08s_attention_and_burns_own() {
    let device = backend::from_env();
    let tolerance = backend::tolerance(&device, 1e-5);
    let sizes = HeadSizes { queries: 70, keys: 130, d_head: 20 };
    let q = random(3 * 70 * 20, 1);
    let [k, v] = [2, 3].map(|seed| random(3 * 130 * 20, seed));
    let found = attend_tiled(Arch::new(), [&q, &k, &v], &[false; 130], sizes);
    let found = tensor(&found, [1, 3, 70, 20], &device);
    let q = tensor(&q, [1, 3, 70, 20], &device);
    let [k, v] = [k, v].map(|x| tensor(&x, [1, 3, 130, 20], &device));
    let spelt_out = attend(softmax(scores(q.clone(), k.clone())), v.clone());
    assert_close(&found, &spelt_out, tolerance);
    let fused = attend(weights(scores(q.clone(), k.clone())), v.clone());
    assert_close(&found, &fused, tolerance);
    assert_close(&found, &module::attention(q, k, v, None, None, Default::default()), tolerance);
}

#[test]
fn rows_of_softmax_are_lesson_08s() {
    let device = backend::from_env();
    let mut shares = random(101 * 37, 1);
    let expected = softmax(tensor(&shares, [101, 37], &device));
    softmax_rows(&mut shares, 37);
    let found = tensor(&shares, [101, 37], &device);
    assert_close(&found, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn the_fused_gelu_is_lesson_10s() {
    let device = backend::from_env();
    let mut x: Vec<f32> = random(1001, 1).iter().map(|x| 3.0 * x).collect();
    let expected = gelu_tanh(tensor(&x, [1001], &device));
    gelu(&mut x);
    assert_close(&tensor(&x, [1001], &device), &expected, backend::tolerance(&device, 2e-6));
}

/// MiniLM's feed-forward over 31 tokens: no size is a multiple of six but the weights' are of every
/// register. A sum of 384 products in another order.
#[test]
fn the_packed_product_is_burns() {
    let device = backend::from_env();
    let (a, b) = (random(31 * 384, 1), random(384 * 1536, 2));
    let packed = Packed::new(Arch::new(), &b, 384, 1536);
    let found = TensorData::new(product(Arch::new(), &a, &packed, 31), [31, 1536]);
    let expected =
        tensor(&a, [31, 384], &device).matmul(tensor(&b, [384, 1536], &device)).into_data();
    assert_data_close("product", &found, &expected, backend::tolerance(&device, 1e-4));
}

//! Vectors against every row of a table.

use burn::tensor::{Tensor, TensorData};
use golden::assert_data_close;
use kernels::linear::compare;

use crate::random;

fn spelt_out(x: Tensor<3>, table: Tensor<2>) -> Tensor<3> {
    x.matmul(table.unsqueeze::<3>().transpose())
}

/// The products, and the gradients of a random sum over them.
fn outcome(unembed: fn(Tensor<3>, Tensor<2>) -> Tensor<3>, shape: [usize; 4]) -> [TensorData; 3] {
    let device = backend::from_env().autodiff();
    let [batch, tokens, d_model, vocab] = shape;
    let x = random([batch, tokens, d_model], 1, &device).require_grad();
    let table = random([vocab, d_model], 2, &device).require_grad();
    let logits = unembed(x.clone(), table.clone());
    let gradients = (logits.clone() * random(logits.dims(), 3, &device)).sum().backward();
    let of_x = x.grad(&gradients).expect("it was used").into_data();
    [logits.into_data(), of_x, table.grad(&gradients).expect("it was used").into_data()]
}

#[test]
fn the_logits_and_their_gradients_are_those_of_each_text_alone() {
    for shape in [[1, 1, 1, 1], [3, 5, 7, 11], [2, 64, 33, 65], [1, 300, 16, 2]] {
        let (found, expected) = (outcome(compare, shape), outcome(spelt_out, shape));
        for (found, expected) in found.iter().zip(&expected) {
            let tolerance = backend::tolerance(&backend::from_env(), 1e-3); // sums of 300 products
            assert_data_close(&format!("{shape:?}"), found, expected, tolerance);
        }
    }
}

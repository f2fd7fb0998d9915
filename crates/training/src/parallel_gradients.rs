//! The gradients of a batch, computed for parts of it at the same time.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

/// The mean loss over equal parts of a batch, `[1]`, and its gradients; the parts run on several
/// cores at once.
///
/// A single backward pass keeps several cores idle: a layer is too little work to share, and much
/// of it runs on one core. Two halves of a batch keep two cores busy. The result does not depend on
/// the number of cores, but with dropout it would depend on which part draws first, since all parts
/// draw from one generator.
pub fn parallel_gradients<M: Module, P: Send>(
    model: &M,
    device: &Device,
    parts: Vec<P>,
    loss: impl Fn(&M, P) -> Tensor<1> + Sync,
) -> (Tensor<1>, GradientsParams) {
    let share = 1.0 / parts.len() as f64;
    // Each part gets a copy of the model: graphs that share a weight are one graph, in which one
    // backward pass waits for the other.
    let mut copies: Vec<(M, P)> = Vec::with_capacity(parts.len());
    for part in parts {
        copies.push((model.clone().fork(device), part));
    }
    let parts: Vec<(Tensor<1>, GradientsParams)> = copies
        .into_par_iter()
        .map(|(model, part)| {
            let loss = loss(&model, part) * share;
            (loss.clone().inner(), GradientsParams::from_grads(loss.backward(), &model))
        })
        .collect();
    let mut sum = GradientsAccumulator::new();
    let mut losses = Vec::new();
    for (loss, gradients) in parts {
        losses.push(loss);
        sum.accumulate(model, gradients);
    }
    (Tensor::cat(losses, 0).sum(), sum.grads())
}

//! Parts of a batch at the same time.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

/// The mean of the losses of equal parts of a batch, `[1]`, and its gradients; each part has a core
/// of its own.
///
/// A backward pass waits for itself: what a layer computes on several cores is too little to keep
/// them busy, and much of it runs on one. Two halves keep two busy. The numbers do not depend on
/// how many cores there are, but those of dropout would on which part asks first: what it draws
/// from is one for all.
pub fn parallel_gradients<M: Module, P: Send>(
    model: &M,
    device: &Device,
    parts: Vec<P>,
    loss: impl Fn(&M, P) -> Tensor<1> + Sync,
) -> (Tensor<1>, GradientsParams) {
    let share = 1.0 / parts.len() as f64;
    // A copy each: graphs that share a weight are one graph, in which one backward pass waits for
    // the other.
    let parts: Vec<(M, P)> =
        parts.into_iter().map(|part| (model.clone().fork(device), part)).collect();
    let parts: Vec<(Tensor<1>, GradientsParams)> = parts
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

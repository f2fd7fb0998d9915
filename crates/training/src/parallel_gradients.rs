//! The gradients of a batch, computed for parts of it at the same time.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use kernels::dropout::{is_seeded, next_seed, with_seed};
use kernels::tally::{self, Operation};
use rayon::prelude::*;

/// Parts that keep two cores busy. More of them would each write gradients of all weights.
const PARTS: usize = 2;

/// Axis of the rows in `[rows, numbers]`.
const ROWS: usize = 0;

/// How many parts of a batch are best computed at the same time: one on a GPU, which a single part
/// keeps busy, and one where `dropout` draws from the process's one generator, which two parts would
/// share.
pub fn parts(device: &Device, dropout: bool) -> usize {
    let shared_draws = dropout && !is_seeded();
    if backend::is_gpu(device) || shared_draws { 1 } else { PARTS }
}

/// A loss without autodiff, `[1]`, and its gradient for every weight of the model.
pub fn gradients_of<M: Module>(model: &M, loss: Tensor<1>) -> (Tensor<1>, GradientsParams) {
    (loss.clone().inner(), GradientsParams::from_grads(loss.backward(), model))
}

/// The mean loss over a batch, `[1]`, and its gradients; its parts, each with its share of the mean,
/// run on several cores at once.
///
/// A single backward pass keeps several cores idle: a layer is too little work to share, and much
/// of it runs on one core. Two halves of a batch keep two cores busy. The result does not depend on
/// the number of cores, dropout's zeros included where a step has a seed of its own ([`parts`]).
///
/// # Panics
///
/// If there is no part.
pub fn parallel_gradients<M: Module, P: Send>(
    model: &M,
    device: &Device,
    parts: Vec<(P, f64)>,
    loss: impl Fn(&M, P) -> Tensor<1> + Sync,
) -> (Tensor<1>, GradientsParams) {
    let parts = side_by_side(model, device, parts, |copy, (part, share)| {
        gradients_of(&copy, loss(&copy, part) * share)
    });
    let (mut losses, mut gradients) = (Vec::new(), Vec::new());
    for (loss, of_part) in parts {
        losses.push(loss);
        gradients.push(of_part);
    }
    (Tensor::cat(losses, ROWS).sum(), sum(model, gradients))
}

/// A loss that needs the rows of all parts of a batch together, `[1]`, and its gradients; the rows
/// are computed, and gone back through, on several cores at once.
///
/// The loss is taken of the rows alone, and its slope at each row is what that row's part goes back
/// along (Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited
/// Setup", section 3.2, with all rows kept).
///
/// # Shapes
///
/// - output of `rows`: `[rows of the part, numbers]`
/// - input of `loss`: `[rows, numbers]`, the rows of all parts in their order
///
/// # Panics
///
/// If there is no part.
pub fn joined_gradients<M: Module, P: Send>(
    model: &M,
    device: &Device,
    parts: Vec<P>,
    rows: impl Fn(&M, P) -> Tensor<2> + Sync,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
) -> (Tensor<1>, GradientsParams) {
    let forward = side_by_side(model, device, parts, |copy, part| {
        let rows = rows(&copy, part);
        (copy, rows)
    });
    let mut values = Vec::new();
    for (_, rows) in &forward {
        values.push(rows.clone().inner());
    }
    let joined = Tensor::from_inner(Tensor::cat(values, ROWS)).require_grad();
    let loss = loss(joined.clone());
    let slopes = joined.grad(&loss.backward()).expect("the loss depends on its rows");
    let mut backward = Vec::new();
    let mut first = 0;
    for (copy, rows) in forward {
        let [count, _] = rows.dims();
        backward.push((copy, rows, slopes.clone().narrow(ROWS, first, count)));
        first += count;
    }
    let gradients = backward
        .into_par_iter()
        .map(|(copy, rows, slopes)| {
            let along = (rows * Tensor::from_inner(slopes)).sum();
            GradientsParams::from_grads(along.backward(), &copy)
        })
        .collect();
    (loss.inner(), sum(model, gradients))
}

/// What `work` makes of each part with a copy of the model, on several cores at once.
///
/// Each part gets a copy, because graphs that share a weight are one graph, in which one backward
/// pass waits for the other; and seed and plain switch of this thread, whichever runs it.
fn side_by_side<M: Module, P: Send, T: Send>(
    model: &M,
    device: &Device,
    parts: Vec<P>,
    work: impl Fn(M, P) -> T + Sync,
) -> Vec<T> {
    let plain = kernels::plain();
    let mut copies = Vec::with_capacity(parts.len());
    for part in parts {
        copies.push((model.clone().fork(device), part, next_seed()));
    }
    let worked = copies.into_par_iter().map(|(model, part, seed)| {
        let _guard = plain.then(kernels::plain_here);
        let _timer = tally::timer(Operation::Rest, || [0, 0]); // what the work does not count itself
        with_seed(seed, || work(model, part))
    });
    worked.collect()
}

/// What `work` makes of each part, in their order: on several cores at once, and on a GPU, which a
/// single part keeps busy, one after the other. With dropout it would draw in any order: a model to
/// be evaluated has none.
pub fn on_all_cores<P: Send, T: Send>(
    device: &Device,
    parts: Vec<P>,
    work: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    if backend::is_gpu(device) {
        return parts.into_iter().map(work).collect();
    }
    let plain = kernels::plain(); // asked here, since a guard makes only its own thread plain
    let worked = parts.into_par_iter().map(|part| {
        let _guard = plain.then(kernels::plain_here);
        let _timer = tally::timer(Operation::Rest, || [0, 0]); // what the work does not count itself
        work(part)
    });
    worked.collect()
}

/// The gradients of all parts added up.
fn sum<M: Module>(model: &M, parts: Vec<GradientsParams>) -> GradientsParams {
    let mut sum = GradientsAccumulator::new();
    for gradients in parts {
        sum.accumulate(model, gradients);
    }
    sum.grads()
}

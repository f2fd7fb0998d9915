//! Mistakes in `ranking_loss`.

use burn::tensor::{Bool, Tensor};
use lookup::cross_entropy;
use similarity::pairwise;

/// A softmax down the columns: each candidate asks which query it belongs to, and a hard negative,
/// which belongs to none, teaches nothing.
pub fn each_candidate_looks_for_its_query(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let [n, _] = queries.dims();
    let own = Tensor::arange(0..n as i64, &queries.device());
    let logits = pairwise(queries, candidates) / temperature;
    let hidden = logits.mask_fill(mask, f32::MIN);
    cross_entropy(hidden.narrow(1, 0, n).transpose(), own)
}

/// Cosines differ by 2 at most, so that the loss cannot come near 0 however well the encoder does.
pub fn the_temperature_forgotten(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let _ = temperature;
    let own = Tensor::arange(0..queries.dims()[0] as i64, &queries.device());
    cross_entropy(pairwise(queries, candidates).mask_fill(mask, f32::MIN), own)
}

/// At 0.05 all candidates look alike, and the loss stays at the logarithm of their number.
pub fn multiplied_by_the_temperature(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let own = Tensor::arange(0..queries.dims()[0] as i64, &queries.device());
    let logits = pairwise(queries, candidates) * temperature;
    cross_entropy(logits.mask_fill(mask, f32::MIN), own)
}

/// The loss falls as vectors grow, so they grow, and nothing has been learned of directions.
pub fn dot_products_and_not_cosines(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let own = Tensor::arange(0..queries.dims()[0] as i64, &queries.device());
    let logits = queries.matmul(candidates.transpose()) / temperature;
    cross_entropy(logits.mask_fill(mask, f32::MIN), own)
}

/// All queries of a batch are drawn to one text.
pub fn the_first_candidate_is_everybodys_own(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let own = Tensor::arange(0..queries.dims()[0] as i64, &queries.device()).zeros_like();
    let logits = pairwise(queries, candidates) / temperature;
    cross_entropy(logits.mask_fill(mask, f32::MIN), own)
}

/// What means the same is pushed apart, whenever a batch holds it twice.
pub fn the_mask_not_looked_at(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let _ = mask;
    let own = Tensor::arange(0..queries.dims()[0] as i64, &queries.device());
    cross_entropy(pairwise(queries, candidates) / temperature, own)
}

/// A logit of 0 is a cosine of 0, that of any unrelated text: it takes its share of the softmax,
/// and more of it than a candidate that points away.
pub fn a_hidden_candidate_has_the_logit_0(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let own = Tensor::arange(0..queries.dims()[0] as i64, &queries.device());
    let logits = pairwise(queries, candidates) / temperature;
    cross_entropy(logits.mask_fill(mask, 0.0), own)
}

/// Its own candidate should be near 1 whatever the others have: nothing pushes the others away, and
/// all texts may end in one place.
pub fn how_far_its_own_is_from_1_and_the_others_not_seen(
    queries: Tensor<2>,
    candidates: Tensor<2>,
    mask: Tensor<2, Bool>,
    temperature: f64,
) -> Tensor<1> {
    let _ = mask;
    let [n, _] = queries.dims();
    let device = queries.device();
    let own = pairwise(queries, candidates).narrow(1, 0, n) * Tensor::eye(n, &device);
    (-own.sum() / n as f64 + 1.0) / temperature
}

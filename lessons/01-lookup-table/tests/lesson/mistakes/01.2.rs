//! Mistakes in `cross_entropy`.

use burn::tensor::activation;
use burn::tensor::{Int, Tensor, assert_shape};

/// Axis of logits `[tokens, vocab]` along which the possible tokens lie.
const VOCAB: usize = 1;

/// The loss grows with the batch: one of 64 tokens trains 64 times as fast as one of a single token.
pub fn summed_and_not_averaged(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    let log_probabilities = activation::log_softmax(logits, VOCAB);
    log_probabilities.gather(VOCAB, targets.reshape([tokens, 1])).sum().neg()
}

/// Logarithms to the base 2: larger by 1 / ln 2 = 1.44, and the perplexity is no longer e^L.
pub fn bits_and_not_nats(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    let log_probabilities = activation::log_softmax(logits, VOCAB);
    let nats = log_probabilities.gather(VOCAB, targets.reshape([tokens, 1])).mean().neg();
    nats / std::f64::consts::LN_2
}

/// Training makes the loss small, and so the truth unlikely: it falls without end.
pub fn the_sign(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    let log_probabilities = activation::log_softmax(logits, VOCAB);
    log_probabilities.gather(VOCAB, targets.reshape([tokens, 1])).mean()
}

/// Shares are taken among the places of the text. The tokens that might come do not compete.
pub fn softmax_along_the_tokens_and_not_along_the_vocabulary(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    let log_probabilities = activation::log_softmax(logits, 0);
    log_probabilities.gather(VOCAB, targets.reshape([tokens, 1])).mean().neg()
}

/// Probabilities lie between 0 and 1, and as logits they cannot say anything firmly: the loss
/// stops far above what the text allows.
pub fn softmax_twice(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    let probabilities = activation::softmax(logits, VOCAB);
    let log_probabilities = activation::log_softmax(probabilities, VOCAB);
    log_probabilities.gather(VOCAB, targets.reshape([tokens, 1])).mean().neg()
}

/// A logit of 89 or more is infinite under exp, and infinity divided by infinity is NaN.
pub fn exp_of_the_logits_as_they_are(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    let exponentials = logits.exp();
    let probabilities = exponentials.clone() / exponentials.sum_dim(VOCAB);
    probabilities.gather(VOCAB, targets.reshape([tokens, 1])).log().mean().neg()
}

/// Nobody asked which token came: the least such a loss can be is that of a model that prefers
/// nothing.
pub fn mean_over_all_entries_and_not_over_the_targets(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    activation::log_softmax(logits, VOCAB).mean().neg()
}

/// The logarithm comes before the mean. This way one sure prediction hides many hopeless ones.
pub fn the_logarithm_of_the_mean_probability(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    let probabilities = activation::softmax(logits, VOCAB);
    probabilities.gather(VOCAB, targets.reshape([tokens, 1])).mean().log().neg()
}

/// Logits have no scale of their own: raising all of them would be called learning.
pub fn the_logits_of_the_targets_without_softmax(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
) -> Tensor<1> {
    let [tokens, _vocab] = logits.dims();
    assert_shape!(targets, [tokens]);
    logits.gather(VOCAB, targets.reshape([tokens, 1])).mean().neg()
}

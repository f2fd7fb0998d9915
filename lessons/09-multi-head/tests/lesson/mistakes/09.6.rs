//! Mistakes in `MultiHeadAttention::heads`.

use attention::{attend, scores, weights};
use burn::tensor::{Bool, Tensor};
use heads::{MultiHeadAttention, masked_weights, share_heads};

/// Every token sees every other, whatever the rules are.
pub fn the_mask_forgotten(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let _ = mask;
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = masked_weights(scores, None);
    let kept = this.dropout.forward(weights.clone());
    (attend(kept, share_heads(v, this.n_heads())), weights)
}

/// The weights of what may be seen no longer sum to 1, and the hidden keys speak through the sum.
pub fn the_mask_laid_over_the_weights_and_not_over_the_scores(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let mut weights = weights(scores);
    if let Some(mask) = mask {
        weights = weights.mask_fill(mask, 0.0);
    }
    let kept = this.dropout.forward(weights.clone());
    (attend(kept, share_heads(v, this.n_heads())), weights)
}

/// A model with ALiBi has no other positions: it reads a set of words.
pub fn alibi_forgotten(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let scores = scores(q, share_heads(k, this.n_heads()));
    let weights = masked_weights(scores, mask);
    let kept = this.dropout.forward(weights.clone());
    (attend(kept, share_heads(v, this.n_heads())), weights)
}

/// Shares below 0, and a row that sums to less the longer the text.
pub fn alibi_added_to_the_weights_and_not_to_the_scores(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let scores = scores(q, share_heads(k, this.n_heads()));
    let mut weights = masked_weights(scores, mask);
    if let Some(bias) = alibi {
        weights = weights + bias;
    }
    let kept = this.dropout.forward(weights.clone());
    (attend(kept, share_heads(v, this.n_heads())), weights)
}

/// `scores` divides already: every row is flatter than it was trained to be.
pub fn scaled_twice(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let d_head = q.dims()[3];
    let mut scores = scores(q, share_heads(k, this.n_heads())) / (d_head as f64).sqrt();
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = masked_weights(scores, mask);
    let kept = this.dropout.forward(weights.clone());
    (attend(kept, share_heads(v, this.n_heads())), weights)
}

/// Softmax of shares is nearly flat, and what is hidden gets a share of it.
pub fn softmax_of_the_weights_once_more(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = weights(masked_weights(scores, mask));
    let kept = this.dropout.forward(weights.clone());
    (attend(kept, share_heads(v, this.n_heads())), weights)
}

/// What a token has to say is compared, and what it offers is mixed. All shapes fit.
pub fn keys_and_values_exchanged(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(v, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = masked_weights(scores, mask);
    let kept = this.dropout.forward(weights.clone());
    (attend(kept, share_heads(k, this.n_heads())), weights)
}

/// In training a drawing of the weights shows holes at random, and rows that do not sum to 1.
pub fn the_weights_given_back_after_dropout(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let kept = this.dropout.forward(masked_weights(scores, mask));
    (attend(kept.clone(), share_heads(v, this.n_heads())), kept)
}

/// A setting without effect: training and use are the same, and the model learns by heart.
pub fn dropout_forgotten(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = masked_weights(scores, mask);
    (attend(weights.clone(), share_heads(v, this.n_heads())), weights)
}

/// Single numbers of the answer are thrown away, and no key is ever left out: the layer learns to
/// lean on one neighbour.
pub fn dropout_on_what_was_mixed_and_not_on_the_weights(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = masked_weights(scores, mask);
    let mixed = attend(weights.clone(), share_heads(v, this.n_heads()));
    (this.dropout.forward(mixed), weights)
}

/// A number that is thrown away is missing for every query alike, and no key is left out.
pub fn dropout_on_the_values_and_not_on_the_weights(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = masked_weights(scores, mask);
    let kept = this.dropout.forward(share_heads(v, this.n_heads()));
    (attend(weights.clone(), kept), weights)
}

/// A score of 0 is a score like any other: no key is left out, and what is kept is doubled before it
/// is an exponent.
pub fn dropout_before_the_softmax_and_not_on_the_weights(
    this: &MultiHeadAttention,
    q: Tensor<4>,
    k: Tensor<4>,
    v: Tensor<4>,
    mask: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let alibi = this.alibi(&q, &k);
    let mut scores = scores(q, share_heads(k, this.n_heads()));
    if let Some(bias) = alibi {
        scores = scores + bias;
    }
    let weights = masked_weights(this.dropout.forward(scores), mask);
    (attend(weights.clone(), share_heads(v, this.n_heads())), weights)
}

//! One vector of all the vectors of a text's tokens.

use burn::tensor::{Bool, Int, Tensor, assert_shape};

use crate::TOKENS;

/// Least divisor of a mean, as in the sentence-transformers library: a text of which nothing is
/// kept has the vector 0.
const LEAST: f64 = 1e-9;

/// How the hidden states of a text's tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The hidden state of `[CLS]`: the first token that is not hidden.
    Cls,
    /// The largest value of each coordinate.
    Max,
    /// The mean of all tokens, `[CLS]` and `[SEP]` among them.
    Mean,
    /// The sum of all tokens, divided by the square root of their number.
    MeanSqrtLen,
    /// The mean of all tokens, the first weighted by 1, the second by 2, and so on.
    WeightedMean,
    /// The hidden state of the last token that is not hidden.
    LastToken,
}

impl Pooling {
    /// Every pooling with its name in the sentence-transformers library, in the order in which that
    /// lays several side by side.
    pub const NAMED: [(&'static str, Self); 6] = [
        ("cls", Self::Cls),
        ("max", Self::Max),
        ("mean", Self::Mean),
        ("mean_sqrt_len_tokens", Self::MeanSqrtLen),
        ("weightedmean", Self::WeightedMean),
        ("lasttoken", Self::LastToken),
    ];

    /// The name in the sentence-transformers library.
    pub fn name(self) -> &'static str {
        let [(mut name, _), ..] = Self::NAMED;
        for (other, pooling) in Self::NAMED {
            if pooling == self {
                name = other;
            }
        }
        name
    }

    /// The pooling of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        for (own, pooling) in Self::NAMED {
            if own == name {
                return Some(pooling);
            }
        }
        None
    }
}

impl Pooling {
    /// One vector for each text, from the tokens that are not hidden.
    ///
    /// # Shapes
    ///
    /// - states: `[batch, tokens, d_model]`, hidden states
    /// - mask: `[batch, 1, 1, tokens]`, `true` = hidden (padding)
    /// - output: `[batch, d_model]`
    ///
    /// # Panics
    ///
    /// If the mask is not that of these states.
    // ANCHOR: pool
    pub fn pool(self, states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
        match self {
            Pooling::Cls => first_token(states, mask),
            Pooling::Max => max_pooling(states, mask),
            Pooling::Mean => mean_pooling(states, mask),
            Pooling::MeanSqrtLen => {
                let kept = places(&states, mask).greater_elem(0.0).float();
                let tokens = kept.clone().sum_dim(TOKENS).clamp_min(LEAST);
                weighted_sum(states, kept / tokens.sqrt())
            }
            Pooling::WeightedMean => {
                let places = places(&states, mask);
                let sum = places.clone().sum_dim(TOKENS).clamp_min(LEAST);
                weighted_sum(states, places / sum)
            }
            Pooling::LastToken => {
                let places = places(&states, mask);
                let last = places.clone().max_dim(TOKENS).clamp_min(1.0);
                weighted_sum(states, places.equal(last).float())
            }
        }
    }
    // ANCHOR_END: pool
}

/// The mean of a text's tokens, padding left out: sum_i keep_i h_i / sum_i keep_i (Reimers and
/// Gurevych, 2019, section 3).
///
/// # Shapes
///
/// - states: `[batch, tokens, d_model]`
/// - mask: `[batch, 1, 1, tokens]`, `true` = hidden
/// - output: `[batch, d_model]`
///
/// # Panics
///
/// If the mask is not that of these states.
// ANCHOR: mean
pub fn mean_pooling(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let Some(mask) = mask else { return states.mean_dim(TOKENS).squeeze_dim(TOKENS) };
    let keep = over_tokens(mask, &states).bool_not().float(); // [batch, tokens, 1]
    let sum = (states * keep.clone()).sum_dim(TOKENS);
    (sum / keep.sum_dim(TOKENS).clamp_min(LEAST)).squeeze_dim(TOKENS)
}
// ANCHOR_END: mean

/// The largest value of each coordinate over a text's tokens, padding left out: max_i h_i (Conneau
/// et al., 2017, section 3.2.2).
///
/// # Shapes
///
/// - states: `[batch, tokens, d_model]`
/// - mask: `[batch, 1, 1, tokens]`, `true` = hidden
/// - output: `[batch, d_model]`
///
/// # Panics
///
/// If the mask is not that of these states.
// ANCHOR: max
pub fn max_pooling(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    let visible = match mask {
        Some(mask) => {
            let dims = states.dims();
            let mask = over_tokens(mask, &states).expand(dims);
            states.mask_fill(mask, f32::MIN) // below every finite state
        }
        None => states,
    };
    visible.max_dim(TOKENS).squeeze_dim(TOKENS)
}
// ANCHOR_END: max

/// The hidden state of each text's first token that is not hidden: `[batch, d_model]`.
fn first_token(states: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<2> {
    if mask.is_none() {
        return states.narrow(TOKENS, 0, 1).squeeze_dim(TOKENS);
    }
    let [_, tokens, _] = states.dims();
    let places = places(&states, mask);
    let behind_all = places.clone().mask_fill(places.clone().equal_elem(0.0), tokens as f64 + 1.0);
    weighted_sum(states, places.equal(behind_all.min_dim(TOKENS)).float())
}

/// The sum of a text's tokens, each times its weight.
///
/// # Shapes
///
/// - states: `[batch, tokens, d_model]`
/// - weights: `[batch, tokens, 1]`, or `[1, tokens, 1]` for all texts
/// - output: `[batch, d_model]`
fn weighted_sum(states: Tensor<3>, weights: Tensor<3>) -> Tensor<2> {
    (states * weights).sum_dim(TOKENS).squeeze_dim(TOKENS)
}

/// The place of each token in its text, counted from 1, and 0 for one that is hidden:
/// `[batch, tokens, 1]`, or `[1, tokens, 1]` where there is no mask.
fn places(states: &Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
    let [_, tokens, _] = states.dims();
    let counted = Tensor::<1, Int>::arange(1..tokens as i64 + 1, &states.device());
    let places = counted.float().reshape([1, tokens, 1]);
    match mask {
        Some(mask) => places * over_tokens(mask, states).bool_not().float(),
        None => places,
    }
}

/// The mask with the first `tokens` tokens of every text hidden too.
///
/// # Shapes
///
/// - states: `[batch, tokens, d_model]`
/// - mask, output: `[batch, 1, 1, tokens]`, `true` = hidden
pub(crate) fn hide_first(
    tokens: usize,
    states: &Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
) -> Option<Tensor<4, Bool>> {
    if tokens == 0 {
        return mask;
    }
    let [batch, all, _] = states.dims();
    let places = Tensor::<1, Int>::arange(0..all as i64, &states.device());
    let first = places.lower_elem(tokens as i64).reshape([1, 1, 1, all]).expand([batch, 1, 1, all]);
    match mask {
        Some(mask) => Some(mask.bool_or(first)),
        None => Some(first),
    }
}

/// The mask of attention, `[batch, 1, 1, tokens]`, as one of hidden states: `[batch, tokens, 1]`.
fn over_tokens(mask: Tensor<4, Bool>, states: &Tensor<3>) -> Tensor<3, Bool> {
    let [batch, tokens, _] = states.dims();
    assert_shape!(mask, [batch, 1, 1, tokens]);
    mask.reshape([batch, tokens, 1])
}

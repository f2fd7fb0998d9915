//! Mistakes in `MultiHeadAttention::forward_cached`.

use burn::tensor::{Bool, Tensor};
use heads::{KeyValueCache, MultiHeadAttention, merge_heads};

/// Each new token believes that it opens the text. Without RoPE nothing shows.
pub fn every_chunk_begins_at_position_0(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let (q, k, v) = this.project(x, 0);
    let (k, v) = cache.append(k, v);
    let (heads, _) = this.heads(q, k, v, mask);
    this.output.forward(merge_heads(heads))
}

/// From the second chunk on every token stands too far to the right, by the tokens of its chunk.
pub fn positions_counted_with_the_new_tokens(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let tokens = x.dims()[1];
    let (q, k, v) = this.project(x, cache.len() + tokens);
    let (k, v) = cache.append(k, v);
    let (heads, _) = this.heads(q, k, v, mask);
    this.output.forward(merge_heads(heads))
}

/// The model forgets everything after each token.
pub fn nothing_put_into_the_cache(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let (q, k, v) = this.project(x, cache.len());
    let (heads, _) = this.heads(q, k, v, mask);
    this.output.forward(merge_heads(heads))
}

/// The cache fills, and nobody reads it.
pub fn new_tokens_see_only_each_other(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let (q, k, v) = this.project(x, cache.len());
    cache.append(k.clone(), v.clone());
    let (heads, _) = this.heads(q, k, v, mask);
    this.output.forward(merge_heads(heads))
}

/// Twice the memory, each token there twice, and every position after the first chunk wrong.
pub fn put_into_the_cache_twice(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let (q, k, v) = this.project(x, cache.len());
    cache.append(k.clone(), v.clone());
    let (k, v) = cache.append(k, v);
    let (heads, _) = this.heads(q, k, v, mask);
    this.output.forward(merge_heads(heads))
}

/// Queries are compared with values, and keys are mixed. All shapes fit.
pub fn keys_and_values_exchanged(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let (q, k, v) = this.project(x, cache.len());
    let (k, v) = cache.append(v, k);
    let (heads, _) = this.heads(q, k, v, mask);
    this.output.forward(merge_heads(heads))
}

/// One token at a time nothing shows: it is the last, and may see all. In chunks the future is
/// seen.
pub fn the_mask_forgotten(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let _ = mask;
    let (q, k, v) = this.project(x, cache.len());
    let (k, v) = cache.append(k, v);
    let (heads, _) = this.heads(q, k, v, None);
    this.output.forward(merge_heads(heads))
}

/// Each head stays in a place of its own, and W_o never learns.
pub fn the_output_not_projected(
    this: &MultiHeadAttention,
    x: Tensor<3>,
    mask: Option<Tensor<4, Bool>>,
    cache: &mut KeyValueCache,
) -> Tensor<3> {
    let (q, k, v) = this.project(x, cache.len());
    let (k, v) = cache.append(k, v);
    let (heads, _) = this.heads(q, k, v, mask);
    merge_heads(heads)
}

//! Who may not look at whom. **`true` = hidden**, everywhere.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

/// Hides every key that comes after its query (Vaswani et al. 2017, section 3.2.3).
///
/// The queries are the last ones of the keys' positions: fewer queries than keys follow a cache.
///
/// # Shapes
///
/// - output: `[1, 1, queries, keys]`; **`true` = hidden**
///
/// # Panics
///
/// If there are more queries than keys.
// ANCHOR: causal_mask
pub fn causal_mask(queries: usize, keys: usize, device: &Device) -> Tensor<4, Bool> {
    assert!(
        queries <= keys,
        "{queries} queries stand among {keys} keys: there cannot be more of them"
    );
    let first_query = keys - queries;
    // burn's "tril mask" is false on the lower triangle and true above it: what lies
    // above is the future.
    Tensor::<2, Bool>::tril_mask([queries, keys], first_query as i64, device).unsqueeze()
}
// ANCHOR_END: causal_mask

/// Hides every key that is `window` places or more before its query, which sees itself and the
/// `window` - 1 keys before it (Beltagy et al. 2020, "Longformer", section 3.1; Jiang et al. 2023,
/// "Mistral 7B", section 2). The future is [`causal_mask`]'s to hide.
///
/// The queries are the last ones of the keys' positions, as in [`causal_mask`].
///
/// # Shapes
///
/// - output: `[1, 1, queries, keys]`; **`true` = hidden**
///
/// # Panics
///
/// If there are more queries than keys, or the window is 0.
// ANCHOR: window_mask
pub fn window_mask(
    queries: usize,
    keys: usize,
    window: usize, // in tokens, the query's own included
    device: &Device,
) -> Tensor<4, Bool> {
    assert!(
        queries <= keys,
        "{queries} queries stand among {keys} keys: there cannot be more of them"
    );
    assert!(window > 0, "a window of 0 hides a token from itself");
    let first_query = keys - queries;
    let first_seen = first_query as i64 + 1 - window.min(keys) as i64;
    // burn's "triu mask" is true below its diagonal, where a key is too far back.
    Tensor::<2, Bool>::triu_mask([queries, keys], first_seen, device).unsqueeze()
}
// ANCHOR_END: window_mask

/// Hides the padding to the right of texts of these lengths.
///
/// # Shapes
///
/// - lengths: one per text, in tokens
/// - output: `[batch, 1, 1, keys]`; **`true` = hidden**
///
/// # Panics
///
/// If a text is longer than `tokens`.
pub fn padding_mask(lengths: &[usize], tokens: usize, device: &Device) -> Tensor<4, Bool> {
    let mut mask = Vec::with_capacity(lengths.len() * tokens);
    for &length in lengths {
        assert!(length <= tokens, "a text of {length} tokens does not fit in {tokens}");
        for key in 0..tokens {
            mask.push(key >= length);
        }
    }
    Tensor::from_data(TensorData::new(mask, [lengths.len(), 1, 1, tokens]), device)
}

/// The padding mask of a tokenizer's attention mask, whose polarity is the other one.
///
/// # Shapes
///
/// - keep: `[batch, tokens]`, 1 = a token, 0 = padding, on either side
/// - output: `[batch, 1, 1, keys]`; **`true` = hidden**
// ANCHOR: padding_mask_from_keep
pub fn padding_mask_from_keep(keep: Tensor<2, Int>) -> Tensor<4, Bool> {
    let [batch, tokens] = keep.dims();
    keep.equal_scalar(0).reshape([batch, 1, 1, tokens])
}
// ANCHOR_END: padding_mask_from_keep

/// Hides what either mask hides: causal and padding together.
///
/// # Shapes
///
/// - a, b: `[batch, 1, queries, keys]`, any axis may be 1; **`true` = hidden**
/// - output: the larger axes of the two
///
/// # Panics
///
/// If an axis differs and is 1 in neither.
// ANCHOR: combine_masks
pub fn combine_masks(a: Tensor<4, Bool>, b: Tensor<4, Bool>) -> Tensor<4, Bool> {
    let mut shape = a.dims();
    for (axis, size) in b.dims().into_iter().enumerate() {
        shape[axis] = shape[axis].max(size);
    }
    a.expand(shape).bool_or(b.expand(shape))
}
// ANCHOR_END: combine_masks

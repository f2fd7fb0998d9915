//! What generation need not compute twice.

use burn::tensor::{Tensor, assert_shape, s};

use crate::TOKENS;

/// Keys and values of the tokens so far, of one layer. Keys are kept after RoPE turned them to
/// their positions.
///
/// All the room is taken at the first token: no later one moves what is there, and memory ends
/// where it began.
#[derive(Debug, Clone)]
pub struct KeyValueCache {
    capacity: usize,
    len: usize,
    /// `[batch, n_kv_heads, capacity, d_head]` each; zeros from `len` on.
    kept: Option<(Tensor<4>, Tensor<4>)>,
}

impl KeyValueCache {
    /// An empty one, with room for `capacity` tokens.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, len: 0, kept: None }
    }

    /// Tokens in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no token is in it yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Tokens it has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Numbers it holds room for, once a token is in it: 2 * batch * n_kv_heads * capacity *
    /// d_head.
    pub fn numbers(&self) -> usize {
        self.kept
            .as_ref()
            .map_or(0, |(keys, values)| keys.shape().num_elements() + values.shape().num_elements())
    }

    /// Adds the keys and values of new tokens and answers with all of them.
    ///
    /// # Shapes
    ///
    /// - keys, values: `[batch, n_kv_heads, tokens, d_head]`, the new tokens
    /// - output: the same, of all tokens
    ///
    /// # Panics
    ///
    /// If the tokens do not fit any more, or batch, heads or width are not those of the tokens
    /// before.
    pub fn append(&mut self, keys: Tensor<4>, values: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [batch, n_kv_heads, tokens, d_head] = keys.dims();
        assert_shape!(values, [batch, n_kv_heads, tokens, d_head]);
        let (first, end) = (self.len, self.len + tokens);
        assert!(end <= self.capacity, "a cache for {} tokens cannot hold {end}", self.capacity);
        let room = |like: &Tensor<4>| {
            Tensor::zeros(
                [batch, n_kv_heads, self.capacity, d_head],
                (&like.device(), like.dtype()),
            )
        };
        // Taken out, so that each is held once and written in place.
        let (kept_keys, kept_values) =
            self.kept.take().unwrap_or_else(|| (room(&keys), room(&values)));
        assert_shape!(kept_keys, [batch, n_kv_heads, _, d_head]);
        let write = |kept: Tensor<4>, new| kept.slice_assign(s![.., .., first..end, ..], new);
        let (kept_keys, kept_values) = (write(kept_keys, keys), write(kept_values, values));
        let so_far = |kept: &Tensor<4>| kept.clone().narrow(TOKENS, 0, end);
        let all = (so_far(&kept_keys), so_far(&kept_values));
        self.kept = Some((kept_keys, kept_values));
        self.len = end;
        all
    }
}

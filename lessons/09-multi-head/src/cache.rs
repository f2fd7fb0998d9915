//! The key-value cache: what generation need not compute twice.

use burn::tensor::{Tensor, assert_shape, s};

use crate::TOKENS;

/// Key-value cache of one layer: keys and values of the tokens so far. Keys are kept as RoPE has
/// rotated them to their positions.
///
/// The memory for all `capacity` tokens is taken at the first one: no later token moves what is
/// there, or needs more.
#[derive(Debug, Clone)]
pub struct KeyValueCache {
    capacity: usize,
    len: usize,
    /// `[batch, n_kv_heads, capacity, d_head]` each; zeros from `len` on.
    kept: Option<(Tensor<4>, Tensor<4>)>,
}

impl KeyValueCache {
    /// An empty cache with room for `capacity` tokens.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, len: 0, kept: None }
    }

    /// Number of tokens in the cache.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no token is in the cache yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of tokens that the cache has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many numbers the cache has room for: 2 * batch * n_kv_heads * capacity * d_head, or 0
    /// before the first token.
    pub fn numbers(&self) -> usize {
        match &self.kept {
            Some((keys, values)) => keys.shape().num_elements() + values.shape().num_elements(),
            None => 0,
        }
    }

    /// Adds the keys and values of new tokens, and returns those of all tokens.
    ///
    /// # Shapes
    ///
    /// - keys, values: `[batch, n_kv_heads, tokens, d_head]`, of the new tokens
    /// - output: keys and values of all tokens, the other axes the same
    ///
    /// # Panics
    ///
    /// If there is no room left for the tokens, or batch, heads or width are not those of the
    /// tokens before.
    pub fn append(&mut self, keys: Tensor<4>, values: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [batch, n_kv_heads, tokens, d_head] = keys.dims();
        assert_shape!(values, [batch, n_kv_heads, tokens, d_head]);
        let (first, end) = (self.len, self.len + tokens);
        assert!(end <= self.capacity, "a cache for {} tokens cannot hold {end}", self.capacity);
        // Taken out, so that each is held once and written in place.
        let (mut kept_keys, mut kept_values) = match self.kept.take() {
            Some(kept) => kept,
            None => (self.room(&keys), self.room(&values)),
        };
        assert_shape!(kept_keys, [batch, n_kv_heads, _, d_head]);
        kept_keys = kept_keys.slice_assign(s![.., .., first..end, ..], keys);
        kept_values = kept_values.slice_assign(s![.., .., first..end, ..], values);
        let all_keys = kept_keys.clone().narrow(TOKENS, 0, end);
        let all_values = kept_values.clone().narrow(TOKENS, 0, end);
        self.kept = Some((kept_keys, kept_values));
        self.len = end;
        (all_keys, all_values)
    }

    /// Zeros for `capacity` tokens: `[batch, n_kv_heads, capacity, d_head]`, the other axes as
    /// those of the first tokens.
    fn room(&self, first_tokens: &Tensor<4>) -> Tensor<4> {
        let [batch, n_kv_heads, _, d_head] = first_tokens.dims();
        let options = (&first_tokens.device(), first_tokens.dtype());
        Tensor::zeros([batch, n_kv_heads, self.capacity, d_head], options)
    }
}

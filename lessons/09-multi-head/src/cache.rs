//! What generation need not compute twice.

use burn::tensor::{Tensor, assert_shape};

use crate::TOKENS;

/// Keys and values of the tokens so far, of one layer. Keys are kept after RoPE turned them to their positions.
#[derive(Debug, Clone, Default)]
pub struct KeyValueCache {
    /// `[batch, n_kv_heads, tokens, d_head]` each.
    kept: Option<(Tensor<4>, Tensor<4>)>,
}

impl KeyValueCache {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tokens in it.
    pub fn len(&self) -> usize {
        self.kept.as_ref().map_or(0, |(keys, _)| keys.dims()[TOKENS])
    }

    /// Whether no token is in it yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers it holds: 2 * batch * n_kv_heads * tokens * d_head.
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
    /// If batch, heads or width are not those of the tokens before.
    pub fn append(&mut self, keys: Tensor<4>, values: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let (keys, values) = match self.kept.take() {
            None => (keys, values),
            Some((old_keys, old_values)) => {
                let [batch, n_kv_heads, _, d_head] = old_keys.dims();
                assert_shape!(keys, [batch, n_kv_heads, _, d_head]);
                assert_shape!(values, [batch, n_kv_heads, _, d_head]);
                (Tensor::cat(vec![old_keys, keys], TOKENS), Tensor::cat(vec![old_values, values], TOKENS))
            }
        };
        self.kept = Some((keys.clone(), values.clone()));
        (keys, values)
    }
}

//! Mistakes in `causal_mask`.

use burn::tensor::{Bool, Device, Tensor};

/// Right as long as there are as many queries as keys. After a cache, the first new token sees the
/// first key alone and forgets everything since.
pub fn counted_from_the_first_key(queries: usize, keys: usize, device: &Device) -> Tensor<4, Bool> {
    assert!(queries <= keys, "{queries} queries stand among {keys} keys");
    Tensor::<2, Bool>::tril_mask([queries, keys], 0, device).unsqueeze()
}

/// Every token sees the future only: the loss is better than it can be.
pub fn the_other_polarity(queries: usize, keys: usize, device: &Device) -> Tensor<4, Bool> {
    assert!(queries <= keys, "{queries} queries stand among {keys} keys");
    let first_query = keys - queries;
    let hidden = Tensor::<2, Bool>::tril_mask([queries, keys], first_query as i64, device);
    hidden.bool_not().unsqueeze()
}

/// The first token sees nothing at all, and no token knows what it is itself.
pub fn the_token_itself_hidden_too(
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<4, Bool> {
    assert!(queries <= keys, "{queries} queries stand among {keys} keys");
    let before = keys as i64 - queries as i64 - 1;
    Tensor::<2, Bool>::tril_mask([queries, keys], before, device).unsqueeze()
}

/// The next token, which is the answer, can be copied.
pub fn the_next_token_seen(queries: usize, keys: usize, device: &Device) -> Tensor<4, Bool> {
    assert!(queries <= keys, "{queries} queries stand among {keys} keys");
    let next = keys - queries + 1;
    Tensor::<2, Bool>::tril_mask([queries, keys], next as i64, device).unsqueeze()
}

/// A text read from its end: a token sees itself and what comes after it.
pub fn the_past_hidden(queries: usize, keys: usize, device: &Device) -> Tensor<4, Bool> {
    assert!(queries <= keys, "{queries} queries stand among {keys} keys");
    let first_query = keys - queries;
    Tensor::<2, Bool>::triu_mask([queries, keys], first_query as i64, device).unsqueeze()
}

/// The first queries then stand before the first key, see nothing and become zeros.
pub fn more_queries_than_keys_let_through(
    queries: usize,
    keys: usize,
    device: &Device,
) -> Tensor<4, Bool> {
    let first_query = keys as i64 - queries as i64;
    Tensor::<2, Bool>::tril_mask([queries, keys], first_query, device).unsqueeze()
}

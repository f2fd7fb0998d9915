//! Mistakes in `cache_bytes`.

/// A query meets keys, and what it gets is made of values: both are kept.
pub fn the_keys_without_the_values(
    n_layers: u64,
    n_kv_heads: u64,
    d_head: u64,
    tokens: u64,
    bytes_per_number: u64,
) -> u64 {
    n_layers * n_kv_heads * d_head * tokens * bytes_per_number
}

/// A query is asked once, by its own token, and never again.
pub fn the_queries_kept_as_well(
    n_layers: u64,
    n_kv_heads: u64,
    d_head: u64,
    tokens: u64,
    bytes_per_number: u64,
) -> u64 {
    3 * n_layers * n_kv_heads * d_head * tokens * bytes_per_number
}

/// Every layer has keys and values of its own.
pub fn one_layer_only(
    _n_layers: u64,
    n_kv_heads: u64,
    d_head: u64,
    tokens: u64,
    bytes_per_number: u64,
) -> u64 {
    2 * n_kv_heads * d_head * tokens * bytes_per_number
}

/// That is multi-query attention, whatever the groups.
pub fn one_head_only(
    n_layers: u64,
    _n_kv_heads: u64,
    d_head: u64,
    tokens: u64,
    bytes_per_number: u64,
) -> u64 {
    2 * n_layers * d_head * tokens * bytes_per_number
}

/// What is kept of the others is what the cache is for.
pub fn the_newest_token_only(
    n_layers: u64,
    n_kv_heads: u64,
    d_head: u64,
    _tokens: u64,
    bytes_per_number: u64,
) -> u64 {
    2 * n_layers * n_kv_heads * d_head * bytes_per_number
}

/// Right for f32, and twice too much for bf16.
pub fn four_bytes_whatever_the_numbers(
    n_layers: u64,
    n_kv_heads: u64,
    d_head: u64,
    tokens: u64,
    _bytes_per_number: u64,
) -> u64 {
    2 * n_layers * n_kv_heads * d_head * tokens * 4
}

/// Eight times too much.
pub fn bits_and_not_bytes(
    n_layers: u64,
    n_kv_heads: u64,
    d_head: u64,
    tokens: u64,
    bytes_per_number: u64,
) -> u64 {
    2 * n_layers * n_kv_heads * d_head * tokens * bytes_per_number * 8
}

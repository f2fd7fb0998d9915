//! Mistakes in `share_heads`.

use burn::tensor::Tensor;

/// A B A B instead of A A B B. With one key/value head, or as many as query heads, both are the
/// same.
pub fn the_heads_in_turn_and_not_in_groups(kv: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let n_kv_heads = kv.dims()[1];
    assert!(
        n_heads.is_multiple_of(n_kv_heads),
        "n_kv_heads = {n_kv_heads} does not divide n_heads = {n_heads}"
    );
    kv.repeat_dim(1, n_heads / n_kv_heads)
}

/// Every query head reads the first one, and the others have been computed for nothing.
pub fn the_first_head_for_all(kv: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let n_kv_heads = kv.dims()[1];
    assert!(
        n_heads.is_multiple_of(n_kv_heads),
        "n_kv_heads = {n_kv_heads} does not divide n_heads = {n_heads}"
    );
    if n_kv_heads == n_heads {
        return kv;
    }
    kv.narrow(1, 0, 1).repeat_dim(1, n_heads)
}

/// Each token is there several times, and there are as few heads as before.
pub fn repeated_along_the_tokens(kv: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let n_kv_heads = kv.dims()[1];
    assert!(
        n_heads.is_multiple_of(n_kv_heads),
        "n_kv_heads = {n_kv_heads} does not divide n_heads = {n_heads}"
    );
    kv.repeat_dim(2, n_heads / n_kv_heads)
}

/// The heads of queries and keys do not fit, or worse, one is stretched.
pub fn handed_on_as_they_are(kv: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let n_kv_heads = kv.dims()[1];
    assert!(
        n_heads.is_multiple_of(n_kv_heads),
        "n_kv_heads = {n_kv_heads} does not divide n_heads = {n_heads}"
    );
    kv
}

/// Each as often as there are query heads, not as often as a group has.
pub fn each_head_repeated_for_all_query_heads(kv: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let [batch, n_kv_heads, tokens, d_head] = kv.dims();
    assert!(
        n_heads.is_multiple_of(n_kv_heads),
        "n_kv_heads = {n_kv_heads} does not divide n_heads = {n_heads}"
    );
    let repeated: Tensor<5> = kv.unsqueeze_dim::<5>(2).repeat_dim(2, n_heads);
    repeated.reshape([batch, n_kv_heads * n_heads, tokens, d_head])
}

/// Two shared by five gives four, and the fifth query head has no keys.
pub fn heads_that_do_not_divide_let_through(kv: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let [batch, n_kv_heads, tokens, d_head] = kv.dims();
    let group = n_heads / n_kv_heads;
    let repeated: Tensor<5> = kv.unsqueeze_dim::<5>(2).repeat_dim(2, group);
    repeated.reshape([batch, n_kv_heads * group, tokens, d_head])
}

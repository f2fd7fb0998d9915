//! Attention of all heads, fast.

use burn::tensor::{Bool, Tensor};

use crate::memory::is_array;
use crate::plain::count_call;

/// The heads of softmax(q k^T / sqrt(d_head)) v side by side, if they are computed here: on flex, and
/// where nothing is trained through. `None` elsewhere.
///
/// A few queries at a time meet all keys that one of them sees, so that no table of all scores is
/// made, no key or value is copied for the heads that share it, and the heads are written where they
/// are merged. Lesson 09 holds it equal to its plain `heads` and `merge_heads`.
///
/// # Shapes
///
/// - q: `[batch, n_heads, queries, d_head]`
/// - k, v: `[batch, n_kv_heads, keys, d_head]`
/// - mask: `[batch, n_heads, queries, keys]`, any axis may be 1; **`true` = hidden**
/// - output: `[batch, queries, n_heads * d_head]`; zeros for a query that sees nothing
///
/// # Panics
///
/// If the shapes do not fit, or the key/value heads do not divide the heads.
pub fn attention(
    q: &Tensor<4>,
    k: &Tensor<4>,
    v: &Tensor<4>,
    mask: Option<&Tensor<4, Bool>>,
) -> Option<Tensor<3>> {
    if [q, k, v].into_iter().any(|x| x.is_autodiff() || !is_array(x)) {
        return None;
    }
    count_call();
    let [batch, n_heads, _, d_head] = q.dims();
    let [_, n_kv_heads, keys, _] = k.dims();
    burn::tensor::assert_shape!(k, [batch, _, _, d_head]);
    burn::tensor::assert_shape!(v, [batch, n_kv_heads, keys, _]);
    assert!(
        n_kv_heads > 0 && n_heads.is_multiple_of(n_kv_heads),
        "{n_kv_heads} key/value heads do not divide {n_heads} heads"
    );
    #[cfg(feature = "flex")]
    return Some(crate::flex::attention::attend(q.clone(), k.clone(), v.clone(), mask.cloned()));
    #[cfg(not(feature = "flex"))]
    unreachable!("without flex no tensor is an array of this process, {mask:?}")
}

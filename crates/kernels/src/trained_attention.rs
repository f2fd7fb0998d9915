//! Attention of all heads that is trained through, fast.

use burn::tensor::{Bool, Tensor};

use crate::dropout::{Dropout, is_seeded};
use crate::memory::is_array;
use crate::plain::count_call;

/// Whether [`attention`] computes what the heads see from these numbers: on flex, where they are
/// trained through and dropout, if there is any, draws by the thread's seed.
pub fn computes(x: &Tensor<3>, dropout: &Dropout) -> bool {
    let draws_here = !dropout.drops(x) || is_seeded();
    x.is_autodiff() && is_array(x) && draws_here && x.shape().num_elements() > 0
}

/// What the heads of an attention see, side by side, from queries, keys and values as one product
/// makes them.
///
/// A head is never cut out of the product, no table of all scores is made, and the gradient is
/// written where the product wants it. Lesson 09 holds it equal to its plain `heads`, gradients
/// included.
///
/// # Shapes
///
/// - all: `[batch, tokens, 3 * n_heads * d_head]`: the queries of all heads, then the keys, then the
///   values
/// - mask: `[batch, n_heads, queries, keys]`, any axis may be 1; **`true` = hidden**
/// - output: `[batch, tokens, n_heads * d_head]`; zeros for a query that sees nothing
///
/// # Panics
///
/// If the heads do not divide the last axis, the mask does not fit, or it does not compute these
/// numbers ([`computes`]).
pub fn attention(
    all: Tensor<3>,
    n_heads: usize,
    mask: Option<Tensor<4, Bool>>,
    dropout: &Dropout,
) -> Tensor<3> {
    let [_, _, width] = all.dims();
    assert!(
        n_heads > 0 && width.is_multiple_of(3 * n_heads),
        "{n_heads} heads do not divide {width} numbers"
    );
    assert!(computes(&all, dropout), "numbers that this attention does not compute");
    count_call();
    #[cfg(feature = "flex")]
    return crate::flex::trained_attention::attend(all, n_heads, mask, dropout);
    #[cfg(not(feature = "flex"))]
    unreachable!("without flex no tensor is an array of this process, {mask:?}")
}

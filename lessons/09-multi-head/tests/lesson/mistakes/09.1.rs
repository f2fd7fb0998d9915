//! Mistakes in `split_heads`.

use burn::tensor::Tensor;

/// All shapes are right, and a head gets whole tokens instead of a part of each: the first head
/// never sees the last token.
pub fn a_reshape_alone(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    assert!(heads > 0 && width % heads == 0, "{heads} heads do not divide {width} numbers");
    x.reshape([batch, heads, tokens, width / heads])
}

/// Each token stands alone with its heads, and a product over the last two axes compares heads
/// instead of tokens.
pub fn cut_and_not_swapped(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    assert!(heads > 0 && width % heads == 0, "{heads} heads do not divide {width} numbers");
    x.reshape([batch, tokens, heads, width / heads])
}

/// A fresh layer learns as well like that. A published one has its heads side by side, and its
/// output is wrong.
pub fn numbers_dealt_out_to_the_heads_in_turn(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    assert!(heads > 0 && width % heads == 0, "{heads} heads do not divide {width} numbers");
    x.reshape([batch, tokens, width / heads, heads]).permute([0, 3, 1, 2])
}

/// The cut then goes through the numbers of all tokens at once, and a row holds one number of
/// several tokens.
pub fn swapped_before_it_is_cut(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    assert!(heads > 0 && width % heads == 0, "{heads} heads do not divide {width} numbers");
    x.swap_dims(1, 2).reshape([batch, heads, tokens, width / heads])
}

/// The last numbers of every token reach no head, and nothing says so.
pub fn what_the_heads_do_not_divide_dropped(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    let d_head = width / heads;
    x.narrow(2, 0, heads * d_head).reshape([batch, tokens, heads, d_head]).swap_dims(1, 2)
}

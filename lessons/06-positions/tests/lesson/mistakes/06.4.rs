//! Mistakes in `Rope::rotate`.

use burn::tensor::Tensor;
use positions::{Rope, RopeLayout};

const TOKENS: usize = 2;

/// Scores still depend on the offset alone, so a model learns as well. Published weights hear
/// "before" as "behind".
pub fn the_other_way_round(this: &Rope, x: Tensor<4>, first_position: usize) -> Tensor<4> {
    let (cos, sin) = this.cos_and_sin(first_position, x.dims()[TOKENS], &x.device());
    let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze());
    let (a, b) = this.layout.split(x);
    let turned_a = a.clone() * cos.clone() + b.clone() * sin.clone();
    let turned_b = b * cos - a * sin;
    this.layout.join(turned_a, turned_b)
}

/// What a loop does that writes in place. No turn at all: lengths change.
pub fn the_second_number_from_the_first_already_turned(
    this: &Rope,
    x: Tensor<4>,
    first_position: usize,
) -> Tensor<4> {
    let (cos, sin) = this.cos_and_sin(first_position, x.dims()[TOKENS], &x.device());
    let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze());
    let (a, b) = this.layout.split(x);
    let turned_a = a * cos.clone() - b.clone() * sin.clone();
    let turned_b = b * cos + turned_a.clone() * sin;
    this.layout.join(turned_a, turned_b)
}

/// Good text for a token or two, then garbage: position 0 is turned by nothing.
pub fn the_pairs_of_the_other_layout(
    this: &Rope,
    x: Tensor<4>,
    first_position: usize,
) -> Tensor<4> {
    let (cos, sin) = this.cos_and_sin(first_position, x.dims()[TOKENS], &x.device());
    let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze());
    let other = match this.layout {
        RopeLayout::HalfSplit => RopeLayout::Interleaved,
        RopeLayout::Interleaved => RopeLayout::HalfSplit,
    };
    let (a, b) = other.split(x);
    let turned_a = a.clone() * cos.clone() - b.clone() * sin.clone();
    let turned_b = b * cos + a * sin;
    other.join(turned_a, turned_b)
}

/// A text read whole is right. Each token that is written afterwards stands at the beginning.
pub fn positions_counted_from_0_again(
    this: &Rope,
    x: Tensor<4>,
    _first_position: usize,
) -> Tensor<4> {
    let (cos, sin) = this.cos_and_sin(0, x.dims()[TOKENS], &x.device());
    let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze());
    let (a, b) = this.layout.split(x);
    let turned_a = a.clone() * cos.clone() - b.clone() * sin.clone();
    let turned_b = b * cos + a * sin;
    this.layout.join(turned_a, turned_b)
}

/// All tokens of a head are turned alike, so no score depends on where they stand.
pub fn by_the_number_of_the_head_and_not_of_the_token(
    this: &Rope,
    x: Tensor<4>,
    first_position: usize,
) -> Tensor<4> {
    let [_, heads, _, d_head] = x.dims();
    let (cos, sin) = this.cos_and_sin(first_position, heads, &x.device());
    let shape = [1, heads, 1, d_head / 2];
    let (cos, sin): (Tensor<4>, Tensor<4>) = (cos.reshape(shape), sin.reshape(shape));
    let (a, b) = this.layout.split(x);
    let turned_a = a.clone() * cos.clone() - b.clone() * sin.clone();
    let turned_b = b * cos + a * sin;
    this.layout.join(turned_a, turned_b)
}

/// The tokens of one call share a position, so their order is lost.
pub fn every_token_turned_like_the_first(
    this: &Rope,
    x: Tensor<4>,
    first_position: usize,
) -> Tensor<4> {
    let (cos, sin) = this.cos_and_sin(first_position, 1, &x.device());
    let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze());
    let (a, b) = this.layout.split(x);
    let turned_a = a.clone() * cos.clone() - b.clone() * sin.clone();
    let turned_b = b * cos + a * sin;
    this.layout.join(turned_a, turned_b)
}

/// (a cos + b sin, b cos + a sin): the minus is what makes it a turn. Lengths change.
pub fn plus_on_both_sides(this: &Rope, x: Tensor<4>, first_position: usize) -> Tensor<4> {
    let (cos, sin) = this.cos_and_sin(first_position, x.dims()[TOKENS], &x.device());
    let (cos, sin) = (cos.unsqueeze(), sin.unsqueeze());
    let (a, b) = this.layout.split(x);
    let turned_a = a.clone() * cos.clone() + b.clone() * sin.clone();
    let turned_b = b * cos + a * sin;
    this.layout.join(turned_a, turned_b)
}

//! Mistakes in `residual`.

use burn::tensor::Tensor;
use layer::Placement;

/// It reads like pre-norm, but what is kept is the normed vector: its size is lost at every
/// sub-layer. PyTorch and burn both began like this.
pub fn a_norm_on_the_road_of_what_is_kept(
    placement: Placement,
    x: Tensor<3>,
    norm: impl FnOnce(Tensor<3>) -> Tensor<3>,
    sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
) -> Tensor<3> {
    match placement {
        Placement::Pre => {
            let x = norm(x);
            x.clone() + sublayer(x)
        }
        Placement::Post => norm(x.clone() + sublayer(x)),
    }
}

/// The new vector replaces the old one: after two layers all tokens of a text are one.
pub fn nothing_kept(
    placement: Placement,
    x: Tensor<3>,
    norm: impl FnOnce(Tensor<3>) -> Tensor<3>,
    sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
) -> Tensor<3> {
    match placement {
        Placement::Pre => sublayer(norm(x)),
        Placement::Post => norm(sublayer(x)),
    }
}

/// The sum itself meets no norm, so it grows from layer to layer, and a BERT was never trained for
/// that.
pub fn post_norm_of_the_new_part_alone(
    placement: Placement,
    x: Tensor<3>,
    norm: impl FnOnce(Tensor<3>) -> Tensor<3>,
    sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
) -> Tensor<3> {
    match placement {
        Placement::Pre => x.clone() + sublayer(norm(x)),
        Placement::Post => x.clone() + norm(sublayer(x)),
    }
}

/// Pre-norm inside out: the sub-layer meets numbers of any size, and the road has the norm.
pub fn pre_norm_keeps_the_normed_and_works_on_the_raw(
    placement: Placement,
    x: Tensor<3>,
    norm: impl FnOnce(Tensor<3>) -> Tensor<3>,
    sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
) -> Tensor<3> {
    match placement {
        Placement::Pre => norm(x.clone()) + sublayer(x),
        Placement::Post => norm(x.clone() + sublayer(x)),
    }
}

/// Both have the same parameters, by name and shape, so every checkpoint loads.
pub fn pre_and_post_exchanged(
    placement: Placement,
    x: Tensor<3>,
    norm: impl FnOnce(Tensor<3>) -> Tensor<3>,
    sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
) -> Tensor<3> {
    match placement {
        Placement::Pre => norm(x.clone() + sublayer(x)),
        Placement::Post => x.clone() + sublayer(norm(x)),
    }
}

/// Every number is right, and no gradient takes the short road: deep stacks train as if they had no
/// residual.
pub fn what_is_kept_hands_no_gradient_back(
    placement: Placement,
    x: Tensor<3>,
    norm: impl FnOnce(Tensor<3>) -> Tensor<3>,
    sublayer: impl FnOnce(Tensor<3>) -> Tensor<3>,
) -> Tensor<3> {
    match placement {
        Placement::Pre => x.clone().detach() + sublayer(norm(x)),
        Placement::Post => norm(x.clone().detach() + sublayer(x)),
    }
}

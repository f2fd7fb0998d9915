//! Fresh weights in a fixed order.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Draws all weights of a fresh model now, in the order of its fields. burn draws a weight at its
/// first use, so that which number of the one generator it gets would depend on what runs first.
pub fn draw_in_order(model: &impl Module) {
    model.visit(&mut Touch);
}

/// Asks for each weight, which draws it.
struct Touch;

impl ModuleVisitor for Touch {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        param.val();
    }
}

//! One step of AdamW over all weights of a model.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{
    AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, GradientsParams, Optimizer,
};
use burn::tensor::Tensor;

use crate::Recipe;

/// burn's AdamW with its moments by the path of the weight that they belong to, so that a file of
/// them can be read into a new model.
#[derive(Clone)]
pub struct Update {
    /// Optimiser of weights of rank 2 and more, which decay.
    decayed: AdamW,
    /// Optimiser of norms and biases, which do not decay.
    kept: AdamW,
    /// Moments of each weight, laid out flat, by a path like
    /// `layers.0.attention.projection.weight`.
    pub(crate) moments: BTreeMap<String, AdaptiveMomentumState<1>>,
}

impl Update {
    /// AdamW before the first step, without moments.
    pub fn new(recipe: &Recipe) -> Self {
        let adamw = AdamWConfig::new()
            .with_beta_1(recipe.beta_1)
            .with_beta_2(recipe.beta_2)
            .with_epsilon(recipe.epsilon);
        Self {
            decayed: adamw.clone().with_weight_decay(recipe.weight_decay).build(),
            kept: adamw.with_weight_decay(0.0).build(),
            moments: BTreeMap::new(),
        }
    }

    /// The model after one step along the gradients, each times `scale`. Weights without a gradient
    /// stay.
    pub fn step<M: Module>(
        &mut self,
        rate: f64,
        model: M,
        gradients: GradientsParams,
        scale: f64,
    ) -> M {
        model.map(&mut Step { update: self, rate, gradients, scale, path: Vec::new() })
    }
}

/// Mapper that takes one step with every weight of a model.
struct Step<'a> {
    update: &'a mut Update,
    /// Learning rate of the step.
    rate: f64,
    gradients: GradientsParams,
    /// Factor of every gradient.
    scale: f64,
    /// Path of the module that is being mapped.
    path: Vec<String>,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return param };
        let path = self.path.join(".");
        let state = self.update.moments.remove(&path).map(|momentum| AdamWState { momentum });
        let adamw = if D > 1 { &self.update.decayed } else { &self.update.kept };
        let (shape, numbers) = (gradient.shape(), gradient.shape().num_elements());
        let gradient: Tensor<1> = gradient.reshape([numbers]);
        let gradient = if self.scale == 1.0 { gradient } else { gradient * self.scale };
        param.map(|value| {
            let (value, state) =
                adamw.step(self.rate, value.inner().reshape([numbers]), gradient, state);
            if let Some(state) = state {
                self.update.moments.insert(path, state.momentum);
            }
            Tensor::from_inner(value.reshape(shape)).require_grad()
        })
    }
}

/// The length of all gradients of a model laid end to end: `[1]`.
///
/// sqrt(sum over all weights of g^2) (Pascanu et al. 2013, algorithm 1, over all weights as
/// PyTorch's `clip_grad_norm_`)
///
/// # Panics
///
/// If there is no gradient.
pub fn gradient_norm<M: Module>(model: &M, gradients: &GradientsParams) -> Tensor<1> {
    /// Visitor that collects the sum of the squares of each gradient.
    struct Squares<'a> {
        gradients: &'a GradientsParams,
        sums: Vec<Tensor<1>>,
    }
    impl ModuleVisitor for Squares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.get::<D>(param.id) {
                self.sums.push(gradient.square().sum());
            }
        }
    }
    let mut squares = Squares { gradients, sums: Vec::new() };
    model.visit(&mut squares);
    Tensor::cat(squares.sums, 0).sum().sqrt()
}

/// The first weight of a model whose value or gradient holds a NaN or an infinity: its path, which
/// of the two it is, and the number.
pub(crate) fn first_not_finite<M: Module>(
    model: &M,
    gradients: &GradientsParams,
) -> Option<(String, &'static str, f32)> {
    /// Visitor that looks for that weight.
    struct Search<'a> {
        gradients: &'a GradientsParams,
        path: Vec<String>,
        found: Option<(String, &'static str, f32)>,
    }
    impl ModuleVisitor for Search<'_> {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.into());
        }

        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.found.is_some() {
                return;
            }
            if let Some(number) = not_finite(param.val()) {
                self.found = Some((self.path.join("."), "value", number));
            } else if let Some(gradient) = self.gradients.get::<D>(param.id)
                && let Some(number) = not_finite(gradient)
            {
                self.found = Some((self.path.join("."), "gradient", number));
            }
        }
    }
    let mut search = Search { gradients, path: Vec::new(), found: None };
    model.visit(&mut search);
    search.found
}

/// The first NaN or infinity of a tensor.
fn not_finite<const D: usize>(x: Tensor<D>) -> Option<f32> {
    x.into_data().iter::<f32>().find(|number| !number.is_finite())
}

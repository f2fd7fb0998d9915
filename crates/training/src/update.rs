//! One step of AdamW over all weights of a model.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{
    AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, GradientsParams, Optimizer,
};
use burn::tensor::Tensor;

use crate::Recipe;

/// burn's AdamW with its moments by the path of the weight they belong to, so that a file of them
/// can be read by a model that was made anew.
#[derive(Clone)]
pub struct Update {
    decayed: AdamW,
    kept: AdamW,
    /// `layers.0.attention.projection.weight`, say, to its moments laid out flat.
    pub(crate) moments: BTreeMap<String, AdaptiveMomentumState<1>>,
}

impl Update {
    /// No moments yet.
    pub fn new(recipe: &Recipe) -> Self {
        let adamw = |decay| {
            AdamWConfig::new()
                .with_beta_1(recipe.beta_1)
                .with_beta_2(recipe.beta_2)
                .with_epsilon(recipe.epsilon)
                .with_weight_decay(decay)
                .build()
        };
        Self { decayed: adamw(recipe.weight_decay), kept: adamw(0.0), moments: BTreeMap::new() }
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

struct Step<'a> {
    update: &'a mut Update,
    rate: f64,
    gradients: GradientsParams,
    scale: f64,
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
    struct Squares<'a>(&'a GradientsParams, Vec<Tensor<1>>);
    impl ModuleVisitor for Squares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.extend(self.0.get::<D>(param.id).map(|gradient| gradient.square().sum()));
        }
    }
    let mut squares = Squares(gradients, Vec::new());
    model.visit(&mut squares);
    Tensor::cat(squares.1, 0).sum().sqrt()
}

/// The first weight of a model whose gradient or value holds a number that is none: its path, which
/// of the two, and the number.
pub(crate) fn first_not_finite<M: Module>(
    model: &M,
    gradients: &GradientsParams,
) -> Option<(String, &'static str, f32)> {
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
            let first =
                |x: Tensor<D>| x.into_data().iter::<f32>().find(|number| !number.is_finite());
            let value = || first(param.val()).map(|number| ("value", number));
            let gradient = || {
                self.gradients.get::<D>(param.id).and_then(first).map(|number| ("gradient", number))
            };
            if self.found.is_none() {
                self.found = value()
                    .or_else(gradient)
                    .map(|(what, number)| (self.path.join("."), what, number));
            }
        }
    }
    let mut search = Search { gradients, path: Vec::new(), found: None };
    model.visit(&mut search);
    search.found
}

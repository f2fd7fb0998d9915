//! One step of AdamW over all weights of a model.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{
    AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, GradientsParams, Optimizer,
};
use burn::tensor::Tensor;
use kernels::gradients::square_sum;
use kernels::memory::is_array;

use crate::Recipe;

/// burn's AdamW with its moments by the path of the weight that they belong to, so that a file of
/// them can be read into a new model.
#[derive(Clone)]
pub struct Update {
    /// Optimiser of weights of rank 2 and more, which decay.
    decayed: Rule,
    /// Optimiser of norms and biases, which do not decay.
    kept: Rule,
    /// Moments of each weight, laid out flat, by a path like
    /// `layers.0.attention.projection.weight`.
    pub(crate) moments: BTreeMap<String, AdaptiveMomentumState<1>>,
}

impl Update {
    /// AdamW before the first step, without moments.
    pub fn new(recipe: &Recipe) -> Self {
        Self {
            decayed: Rule::new(recipe, recipe.weight_decay),
            kept: Rule::new(recipe, 0.0),
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

/// AdamW with one weight decay.
#[derive(Clone)]
struct Rule {
    /// The rule as burn computes it.
    plain: AdamW,
    /// The same rule in place, for tensors that are arrays of this process.
    fast: kernels::adamw::AdamW,
}

impl Rule {
    fn new(recipe: &Recipe, weight_decay: f32) -> Self {
        let Recipe { beta_1, beta_2, epsilon, .. } = *recipe;
        let plain = AdamWConfig::new()
            .with_beta_1(beta_1)
            .with_beta_2(beta_2)
            .with_epsilon(epsilon)
            .with_weight_decay(weight_decay)
            .build();
        Self { plain, fast: kernels::adamw::AdamW { beta_1, beta_2, epsilon, weight_decay } }
    }

    /// A weight after one step along its gradient times `scale`, and its moments, laid out flat.
    fn step(
        &self,
        rate: f64,
        scale: f64,
        value: Tensor<1>,
        gradient: Tensor<1>,
        moments: Option<AdaptiveMomentumState<1>>,
    ) -> (Tensor<1>, AdaptiveMomentumState<1>) {
        if !kernels::plain() && is_array(&value) {
            return self.fast.step(rate, scale, value, gradient, moments);
        }
        let gradient = if scale == 1.0 { gradient } else { gradient * scale };
        let state = moments.map(|momentum| AdamWState { momentum });
        let (value, state) = self.plain.step(rate, value, gradient, state);
        (value, state.expect("AdamW keeps moments of every weight").momentum)
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
        let moments = self.update.moments.remove(&path);
        let rule = if D > 1 { &self.update.decayed } else { &self.update.kept };
        let (shape, numbers) = (gradient.shape(), gradient.shape().num_elements());
        let gradient: Tensor<1> = gradient.reshape([numbers]);
        param.map(|value| {
            let value = value.inner().reshape([numbers]);
            let (value, moments) = rule.step(self.rate, self.scale, value, gradient, moments);
            self.update.moments.insert(path, moments);
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
pub fn gradient_norm<M: Module>(model: &M, gradients: &mut GradientsParams) -> Tensor<1> {
    /// Visitor that collects the sum of the squares of each gradient.
    struct Squares<'a> {
        gradients: &'a mut GradientsParams,
        sums: Vec<Tensor<1>>,
    }
    impl ModuleVisitor for Squares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            // Taken out, so that its numbers are nobody else's and need no copy.
            let Some(gradient) = self.gradients.remove::<D>(param.id) else { return };
            let (sum, gradient) = squares(gradient);
            self.sums.push(sum);
            self.gradients.register(param.id, gradient);
        }
    }
    let mut squares = Squares { gradients, sums: Vec::new() };
    model.visit(&mut squares);
    Tensor::cat(squares.sums, 0).sum().sqrt()
}

/// The sum of the squares of a gradient's numbers, `[1]`, and the gradient.
fn squares<const D: usize>(gradient: Tensor<D>) -> (Tensor<1>, Tensor<D>) {
    if kernels::plain() || !is_array(&gradient) {
        return (gradient.clone().square().sum(), gradient);
    }
    let device = gradient.device();
    let (sum, gradient) = square_sum(gradient);
    (Tensor::from_data([sum as f32], &device), gradient)
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

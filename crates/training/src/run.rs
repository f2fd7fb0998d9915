//! The training loop.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use kernels::dropout::with_seed;
use kernels::memory::is_memory;
use serde_json::Value;

use crate::folder::claim;
use crate::metrics::Metrics;
use crate::observer::{Event, Observer};
use crate::state::{self, State};
use crate::update::first_not_finite;
use crate::{Draw, Recipe, TrainingError, Update, gradient_norm, gradients_of};

/// The settings of a training that is not resumed.
static NO_SETTINGS: Value = Value::Null;

/// Steps after which a budget of time is turned into a number of steps: the first ones are slower
/// than the rest.
const MEASURED: usize = 20;

/// A model to be trained, and the data that it learns from.
pub trait Task {
    /// The model whose weights are learned.
    type Model: Module;

    /// Mean loss of the model on the micro-batch of a draw: `[1]`.
    fn loss(&self, model: &Self::Model, draw: Draw) -> Tensor<1>;

    /// The same loss, `[1]` without autodiff, and its gradient for every weight.
    fn gradients(&self, model: &Self::Model, draw: Draw) -> (Tensor<1>, GradientsParams) {
        gradients_of(model, self.loss(model, draw))
    }

    /// Number of tokens of a micro-batch, or of whatever else its speed is counted in.
    fn tokens(&self) -> usize;

    /// Validation loss of the model, on data that it has not learned from. The model is given
    /// without autodiff and dropout.
    fn evaluate(&self, model: &Self::Model) -> f64;
}

/// Setting of a training: its device, its folder, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRun<'a> {
    /// Device with autodiff: `device.autodiff()`.
    pub device: &'a Device,
    /// Folder for state and metrics; without one nothing is kept.
    pub folder: Option<&'a Path>,
    /// Whether to go on with the state in the folder.
    pub resume: bool,
    /// Settings that a training must be resumed with besides its recipe, such as sizes and corpus.
    pub settings: &'a Value,
    /// The longest that the training may take from now. After a few steps it is turned into the
    /// number of steps that fit, and the learning rate falls in time for the last of them. A
    /// training that ended so goes on when it is resumed.
    pub budget: Option<Duration>,
}

impl<'a> TrainingRun<'a> {
    /// A training of all steps of the recipe, of which nothing is kept.
    pub fn on(device: &'a Device) -> Self {
        Self { device, folder: None, resume: false, settings: &NO_SETTINGS, budget: None }
    }
}

/// Why a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All steps are done.
    Done,
    /// The budget of time is spent.
    Budget,
    /// The validation loss got no better for as long as the recipe's patience lasts.
    NoBetter,
    /// The observer asked to stop before the end; after the last step that asks for nothing more.
    Interrupted,
}

/// A training that ended.
#[derive(Debug)]
pub struct Trained<M> {
    /// The model after the last step; the best one is what the observer kept.
    pub model: M,
    /// Number of steps done, earlier runs included.
    pub step: usize,
    /// Step before which the best validation loss was measured, and that loss.
    pub best: Option<(usize, f64)>,
    /// Why the training ended.
    pub stop: Stop,
}

/// Trains a model on a task by a recipe; `observer` receives every step and evaluation, and may end
/// the training.
///
/// ```
/// use burn::module::Param;
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::{Device, Tensor};
/// use training::{Draw, Recipe, Task, TrainingRun, train};
///
/// /// Learns y = 2 x.
/// struct Double(Device);
///
/// impl Task for Double {
///     type Model = Linear;
///
///     fn loss(&self, model: &Linear, _: Draw) -> Tensor<1> {
///         let x = Tensor::<2>::from_data([[1.0], [3.0]], &self.0);
///         (model.forward(x.clone()) - x * 2.0).square().mean()
///     }
///
///     fn tokens(&self) -> usize {
///         2
///     }
///
///     fn evaluate(&self, model: &Linear) -> f64 {
///         f64::from((model.weight.val() - 2.0).abs().into_scalar::<f32>())
///     }
/// }
///
/// let device = backend::open("flex")?.autodiff();
/// let model = LinearConfig::new(1, 1).with_bias(false).init(&device);
/// let recipe = Recipe { steps: 200, learning_rate: 0.1, ..Recipe::default() };
/// let (task, run) = (Double(device.clone()), TrainingRun::on(&device));
/// let trained = train(&task, model, &recipe, run, &mut ())?;
/// assert_eq!(trained.step, 200);
/// assert!(trained.best.is_some_and(|(_, loss)| loss < 0.1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A folder that cannot be written to or already holds a training; a state of another model or
/// recipe; a loss or gradient that is NaN or infinite. What was saved before stays.
pub fn train<T: Task>(
    task: &T,
    model: T::Model,
    recipe: &Recipe,
    run: TrainingRun<'_>,
    observer: &mut impl Observer<T::Model>,
) -> Result<Trained<T::Model>, TrainingError> {
    let mut training = Training::begin(task, model, recipe, run)?;
    // ANCHOR: loop
    let stop = loop {
        let step = training.state.step;
        let due = step.is_multiple_of(recipe.evaluate_every) || training.ended().is_some();
        let asked = due && training.evaluate(observer)?.is_break();
        if let Some(stop) = training.ended() {
            break stop;
        }
        if asked || training.step(observer)?.is_break() && training.ended().is_none() {
            break Stop::Interrupted;
        }
    };
    // ANCHOR_END: loop
    match stop {
        // Not evaluated: an interrupt should end soon, and a resumed training evaluates where this
        // one would have.
        Stop::Interrupted => training.save()?,
        Stop::Budget => {
            training.state.steps = recipe.steps; // the plan for that time is done
            training.save()?;
        }
        Stop::Done | Stop::NoBetter => {}
    }
    let Training { model, state, .. } = training;
    let model = model.expect("a model lies here between two steps");
    let best = state.best.map(|(step, loss)| (step, loss.into()));
    Ok(Trained { model, step: state.step, best, stop })
}

/// A training that is going on.
struct Training<'a, T: Task> {
    task: &'a T,
    run: TrainingRun<'a>,
    /// The model, taken out while a step changes it.
    model: Option<T::Model>,
    update: Update,
    state: State,
    metrics: Option<Metrics>,
    begun: Instant,
    /// Number of steps that earlier runs did.
    first: usize,
    /// Seconds that earlier runs took.
    earlier: f64,
    /// Time of this run's steps without the first, in which a device may compile its kernels.
    stepping: Duration,
    /// Time of the last evaluation.
    evaluating: Duration,
}

impl<'a, T: Task> Training<'a, T> {
    /// Begins a training, or goes on with the one in the folder.
    fn begin(
        task: &'a T,
        model: T::Model,
        recipe: &Recipe,
        run: TrainingRun<'a>,
    ) -> Result<Self, TrainingError> {
        recipe.check()?;
        let begun = Instant::now();
        let new = State::new(recipe, run.settings.clone());
        let (model, update, state) = match run.folder {
            Some(folder) if run.resume => {
                let (model, update, state) = state::load(folder, model, run.device)?;
                (model, update, state.go_on(new, folder, run.budget.is_some())?)
            }
            _ => (model, Update::new(recipe), new),
        };
        let mut metrics = None;
        if let Some(folder) = run.folder {
            if !run.resume {
                claim(folder)?;
                state::save(folder, &model, &update, &state)?; // from here on it can be resumed
            }
            metrics = Some(Metrics::open(folder, &state)?);
        }
        let (first, earlier) = (state.step, state.seconds);
        Ok(Self {
            task,
            run,
            model: Some(model),
            update,
            state,
            metrics,
            begun,
            first,
            earlier,
            stepping: Duration::ZERO,
            evaluating: Duration::ZERO,
        })
    }

    /// Why the training is over, if it is.
    fn ended(&self) -> Option<Stop> {
        let State { step, steps, since_best, recipe, .. } = &self.state;
        let spent = self.run.budget.is_some_and(|budget| self.begun.elapsed() >= budget);
        let no_better = recipe.patience.is_some_and(|patience| *since_best >= patience);
        if *step >= recipe.steps {
            Some(Stop::Done)
        } else if no_better {
            Some(Stop::NoBetter)
        } else if spent || step >= steps {
            Some(Stop::Budget)
        } else {
            None
        }
    }

    /// Takes one step of the optimiser.
    fn step(
        &mut self,
        observer: &mut impl Observer<T::Model>,
    ) -> Result<ControlFlow<()>, TrainingError> {
        let start = Instant::now();
        let (step, steps) = (self.state.step, self.state.steps);
        let recipe = &self.state.recipe;
        let model = self.model.take().expect("a model lies here between two steps");
        // ANCHOR: step
        let mut accumulated = GradientsAccumulator::new();
        let mut losses = Vec::with_capacity(recipe.accumulation);
        for micro in 0..recipe.accumulation {
            let draw = Draw { seed: recipe.seed, step, micro };
            self.run.device.seed(draw.number());
            let seed = is_memory(self.run.device).then(|| draw.number());
            let (loss, gradients) = with_seed(seed, || self.task.gradients(&model, draw));
            losses.push(loss);
            accumulated.accumulate(&model, gradients);
        }
        let mut gradients = accumulated.grads();
        let share = 1.0 / recipe.accumulation as f64;
        let norm = gradient_norm(&model, &mut gradients) * share;
        let loss = Tensor::cat(losses, 0).mean();
        // one wait for both
        let both = Tensor::cat(vec![loss, norm], 0).into_data();
        let numbers: Vec<f32> = both.iter().collect();
        let [loss, norm] = [numbers[0], numbers[1]];
        if !(loss.is_finite() && norm.is_finite()) {
            let finite = loss.is_finite();
            let (what, value) = if finite { ("gradient", norm) } else { ("loss", loss) };
            return Err(self.not_finite(&model, &gradients, what, value));
        }
        let scale = share * clip_factor(recipe.clip, norm.into());
        let learning_rate = recipe.learning_rate_at(step, steps);
        let tokens = (self.task.tokens() * recipe.accumulation) as f64;
        self.model = Some(self.update.step(learning_rate, model, gradients, scale));
        self.state.step += 1;
        // ANCHOR_END: step
        if step > self.first {
            self.stepping += start.elapsed();
        }
        self.fit_budget();
        let event = Event::Step {
            step,
            steps: self.state.steps,
            loss: loss.into(),
            learning_rate,
            gradient_norm: norm.into(),
            tokens_per_s: tokens / start.elapsed().as_secs_f64(),
            seconds: self.seconds(),
        };
        self.write(&event)?;
        Ok(observer.on_event(&event))
    }

    /// Plans, after the first steps of this run, how many fit into its budget, evaluations
    /// included.
    fn fit_budget(&mut self) {
        let (Some(budget), MEASURED) = (self.run.budget, self.state.step - self.first) else {
            return;
        };
        // the first one is not counted
        let a_step = self.stepping.as_secs_f64() / (MEASURED - 1) as f64;
        let an_evaluation = self.evaluating.as_secs_f64();
        let left = budget.saturating_sub(self.begun.elapsed()).as_secs_f64() - an_evaluation;
        let fitting = left / (a_step + an_evaluation / self.state.recipe.evaluate_every as f64);
        self.state.steps = self.state.steps.min(self.state.step + fitting.max(0.0) as usize);
    }

    /// Evaluates the model, shows it to the observer, and saves the state.
    fn evaluate(
        &mut self,
        observer: &mut impl Observer<T::Model>,
    ) -> Result<ControlFlow<()>, TrainingError> {
        let start = Instant::now();
        let step = self.state.step;
        if self.state.evaluated == Some(step) {
            return Ok(ControlFlow::Continue(()));
        }
        let valid = self.model().valid();
        let validation_loss = self.task.evaluate(&valid);
        if !validation_loss.is_finite() {
            let none = GradientsParams::new();
            return Err(self.not_finite(&valid, &none, "validation loss", validation_loss as f32));
        }
        let best = self.state.best.is_none_or(|(_, least)| (validation_loss as f32) < least);
        self.state.evaluated = Some(step);
        self.state.since_best += 1;
        if best {
            self.state.best = Some((step, validation_loss as f32));
            self.state.since_best = 0;
        }
        let event = Event::Evaluated { step, validation_loss, best, seconds: self.seconds() };
        self.write(&event)?;
        observer.on_evaluation(&valid, best).map_err(TrainingError::Save)?;
        self.save()?;
        self.evaluating = start.elapsed();
        Ok(observer.on_event(&event))
    }

    /// Saves the state, unless a weight is NaN or infinite: then the state saved before is worth
    /// more.
    fn save(&mut self) -> Result<(), TrainingError> {
        let Some(folder) = self.run.folder else { return Ok(()) };
        let valid = self.model().valid();
        let none = GradientsParams::new();
        if first_not_finite(&valid, &none).is_some() {
            return Err(self.not_finite(&valid, &none, "value", f32::NAN));
        }
        self.state.seconds = self.seconds();
        state::save(folder, &valid, &self.update, &self.state)
    }

    /// Adds an event to the metrics, where there is a folder.
    fn write(&mut self, event: &Event) -> Result<(), TrainingError> {
        match &mut self.metrics {
            Some(metrics) => metrics.write(event),
            None => Ok(()),
        }
    }

    /// The model, between two steps.
    fn model(&self) -> &T::Model {
        self.model.as_ref().expect("a model lies here between two steps")
    }

    /// Seconds since the training began, earlier runs included.
    fn seconds(&self) -> f64 {
        self.earlier + self.begun.elapsed().as_secs_f64()
    }

    /// The error of a NaN or infinity, with the first weight that holds one, or else `what`.
    fn not_finite(
        &self,
        model: &T::Model,
        gradients: &GradientsParams,
        what: &'static str,
        value: f32,
    ) -> TrainingError {
        let found = first_not_finite(model, gradients);
        let (parameter, what, value) = found.unwrap_or(("the batch".into(), what, value));
        TrainingError::NotFinite { step: self.state.step, what, parameter, value }
    }
}

/// Factor that brings a gradient of this norm down to the longest that is allowed, if any is.
fn clip_factor(longest: Option<f64>, norm: f64) -> f64 {
    match longest {
        Some(longest) if norm > longest => longest / norm,
        _ => 1.0,
    }
}

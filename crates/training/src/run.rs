//! The training loop.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use serde_json::Value;

use crate::folder::claim;
use crate::metrics::Metrics;
use crate::observer::{Event, Observer};
use crate::state::{self, State};
use crate::update::first_not_finite;
use crate::{Draw, Recipe, TrainingError, Update, gradient_norm};

/// The settings of a training that is not resumed.
static NO_SETTINGS: Value = Value::Null;

/// Steps after which a budget of time is turned into a number of steps: the first ones are slower
/// than the rest.
const MEASURED: usize = 20;

/// What is learnt, and from what.
pub trait Task {
    /// The model whose weights are learnt.
    type Model: Module;

    /// How wrong the model is about the micro-batch of a draw, on average: `[1]`.
    fn loss(&self, model: &Self::Model, draw: Draw) -> Tensor<1>;

    /// That loss, `[1]` without autodiff, and how it changes with every weight.
    fn gradients(&self, model: &Self::Model, draw: Draw) -> (Tensor<1>, GradientsParams) {
        let loss = self.loss(model, draw);
        (loss.clone().inner(), GradientsParams::from_grads(loss.backward(), model))
    }

    /// Tokens, or whatever speed is counted in, of a micro-batch.
    fn tokens(&self) -> usize;

    /// How wrong the model is about what it has not learnt from. It is given without autodiff and
    /// dropout.
    fn evaluate(&self, model: &Self::Model) -> f64;
}

/// Where a training runs, what is kept of it, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRun<'a> {
    /// One that trains: `device.autodiff()`.
    pub device: &'a Device,
    /// Where state and metrics go; nowhere if there is none.
    pub folder: Option<&'a Path>,
    /// Whether to go on with the state in the folder.
    pub resume: bool,
    /// What a training must be resumed with besides its recipe, such as sizes and corpus.
    pub settings: &'a Value,
    /// The longest it may take from now: after a few steps it is turned into as many as fit, and
    /// the learning rate falls in time for the last of them. A training that ended so goes on when
    /// it is resumed.
    pub budget: Option<Duration>,
}

impl<'a> TrainingRun<'a> {
    /// All steps of the recipe, and nothing kept.
    pub fn on(device: &'a Device) -> Self {
        Self { device, folder: None, resume: false, settings: &NO_SETTINGS, budget: None }
    }
}

/// Why a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All steps are done.
    Done,
    /// The time is up.
    Budget,
    /// It got no better.
    NoBetter,
    /// The observer asked to stop.
    Interrupted,
}

/// A training that ended.
#[derive(Debug)]
pub struct Trained<M> {
    /// The model after the last step; the best one is what the observer kept.
    pub model: M,
    /// Steps done, earlier runs included.
    pub step: usize,
    /// The best validation loss, and the step before which it was measured.
    pub best: Option<(usize, f64)>,
    /// Why it ended.
    pub stop: Stop,
}

/// Trains a model; `observer` hears of every step and evaluation and may end it.
///
/// # Errors
///
/// A folder that cannot be written to or already holds a training; a state of another model or
/// recipe; a loss or gradient that is no number. What was saved before stays.
pub fn train<T: Task>(
    task: &T,
    model: T::Model,
    recipe: &Recipe,
    run: TrainingRun<'_>,
    observer: &mut impl Observer<T::Model>,
) -> Result<Trained<T::Model>, TrainingError> {
    let mut training = Training::begin(task, model, recipe, run)?;
    let stop = loop {
        let due =
            training.state.step.is_multiple_of(recipe.evaluate_every) || training.ended().is_some();
        if due && training.evaluate(observer)?.is_break() {
            break Stop::Interrupted;
        }
        if let Some(stop) = training.ended() {
            break stop;
        }
        if training.step(observer)?.is_break() {
            break Stop::Interrupted;
        }
    };
    match stop {
        // Not measured: who asks to stop wants it now, and a resumed training measures where it
        // would have.
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

struct Training<'a, T: Task> {
    task: &'a T,
    run: TrainingRun<'a>,
    /// Taken out while a step changes it.
    model: Option<T::Model>,
    update: Update,
    state: State,
    metrics: Option<Metrics>,
    begun: Instant,
    /// Steps done when it began.
    first: usize,
    /// Seconds spent by earlier runs.
    earlier: f64,
    /// Spent on the steps of this run but the first, in which a device may compile its kernels.
    stepping: Duration,
    /// Spent on the last evaluation.
    evaluating: Duration,
}

impl<'a, T: Task> Training<'a, T> {
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
        if let Some(folder) = run.folder.filter(|_| !run.resume) {
            claim(folder)?;
            state::save(folder, &model, &update, &state)?; // from here on the folder can be resumed
        }
        let metrics = run.folder.map(|folder| Metrics::open(folder, &state)).transpose()?;
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

    /// Why it is over, if it is.
    fn ended(&self) -> Option<Stop> {
        let State { step, steps, since_best, recipe, .. } = &self.state;
        let spent = self.run.budget.is_some_and(|budget| self.begun.elapsed() >= budget);
        let no_better = recipe.patience.is_some_and(|patience| *since_best >= patience);
        match () {
            () if *step >= recipe.steps => Some(Stop::Done),
            () if no_better => Some(Stop::NoBetter),
            () if spent || step >= steps => Some(Stop::Budget),
            () => None,
        }
    }

    /// One step of the optimiser.
    fn step(
        &mut self,
        observer: &mut impl Observer<T::Model>,
    ) -> Result<ControlFlow<()>, TrainingError> {
        let start = Instant::now();
        let (step, steps) = (self.state.step, self.state.steps);
        let recipe = &self.state.recipe;
        let model = self.model.take().expect("a model lies here between two steps");
        let mut accumulated = GradientsAccumulator::new();
        let mut losses = Vec::with_capacity(recipe.accumulation);
        for micro in 0..recipe.accumulation {
            let draw = Draw { seed: recipe.seed, step, micro };
            self.run.device.seed(draw.number());
            let (loss, gradients) = self.task.gradients(&model, draw);
            losses.push(loss);
            accumulated.accumulate(&model, gradients);
        }
        let gradients = accumulated.grads();
        let share = 1.0 / recipe.accumulation as f64;
        let norm = gradient_norm(&model, &gradients) * share;
        let loss = Tensor::cat(losses, 0).mean();
        // one wait for both
        let numbers: Vec<f32> = Tensor::cat(vec![loss, norm], 0).into_data().iter().collect();
        let [loss, norm] = [numbers[0], numbers[1]];
        if !(loss.is_finite() && norm.is_finite()) {
            let (what, value) = if loss.is_finite() { ("gradient", norm) } else { ("loss", loss) };
            return Err(self.not_finite(&model, &gradients, what, value));
        }
        let clip = recipe.clip.filter(|&longest| f64::from(norm) > longest);
        let scale = share * clip.map_or(1.0, |longest| longest / f64::from(norm));
        let learning_rate = recipe.learning_rate_at(step, steps);
        let tokens = (self.task.tokens() * recipe.accumulation) as f64;
        self.model = Some(self.update.step(learning_rate, model, gradients, scale));
        self.state.step += 1;
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
        Ok(observer.hear(&event))
    }

    /// After the first steps of this run: how many fit into its budget, evaluations included.
    fn fit_budget(&mut self) {
        let (Some(budget), MEASURED) = (self.run.budget, self.state.step - self.first) else {
            return;
        };
        // the first is not counted
        let a_step = self.stepping.as_secs_f64() / (MEASURED - 1) as f64;
        let an_evaluation = self.evaluating.as_secs_f64();
        let left = budget.saturating_sub(self.begun.elapsed()).as_secs_f64() - an_evaluation;
        let fitting = left / (a_step + an_evaluation / self.state.recipe.evaluate_every as f64);
        self.state.steps = self.state.steps.min(self.state.step + fitting.max(0.0) as usize);
    }

    /// Measures the model, shows it to the observer, and saves the state.
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
        observer.see(&valid, best).map_err(TrainingError::Save)?;
        self.save()?;
        self.evaluating = start.elapsed();
        Ok(observer.hear(&event))
    }

    /// Saves the state, unless a weight is no number: the state saved before is worth more.
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

    fn write(&mut self, event: &Event) -> Result<(), TrainingError> {
        self.metrics.as_mut().map_or(Ok(()), |metrics| metrics.write(event))
    }

    fn model(&self) -> &T::Model {
        self.model.as_ref().expect("a model lies here between two steps")
    }

    fn seconds(&self) -> f64 {
        self.earlier + self.begun.elapsed().as_secs_f64()
    }

    fn not_finite(
        &self,
        model: &T::Model,
        gradients: &GradientsParams,
        what: &'static str,
        value: f32,
    ) -> TrainingError {
        let found = first_not_finite(model, gradients);
        let (parameter, what, value) = found.unwrap_or(("the batch".into(), what, value));
        TrainingError::NotFinite {
            step: self.state.step,
            what,
            parameter,
            value,
            device: format!("{:?}", self.run.device),
        }
    }
}

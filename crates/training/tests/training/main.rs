//! The loop, tested on a model small enough to take two hundred steps in a blink.

mod batches;
mod budget;
mod errors;
mod exercises;
mod guard;
mod kill;
mod laws;
mod parity;
mod resume;

use std::cell::Cell;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::MutexGuard;
use std::thread;
use std::time::Duration;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use kernels::dropout::Dropout;
use serde_json::{Value, json};
use training::{
    Draw, Event, Observer, Recipe, SaveError, Task, Trained, TrainingError, TrainingRun,
    batch_of_epoch, train,
};

const VOCAB: usize = 11;
/// Pairs of a token and the one that follows it. Three batches of them are an epoch.
const PAIRS: usize = 36;
const BATCH: usize = 12;
const SEED: u64 = 7;

/// Table, dropout, output: what a language model is without its layers.
#[derive(Module, Debug)]
struct Small {
    table: Embedding,
    dropout: Dropout,
    output: Linear,
}

impl Small {
    fn new(width: usize, dropout: f64, device: &Device) -> Self {
        Self {
            table: EmbeddingConfig::new(VOCAB, width).init(device),
            dropout: Dropout::new(dropout),
            output: LinearConfig::new(width, VOCAB).init(device),
        }
    }

    fn loss(&self, pairs: &[usize], device: &Device) -> Tensor<1> {
        let targets = column(pairs, |pair| (pair * pair + 1) % VOCAB, device);
        CrossEntropyLossConfig::new().init(device).forward(self.logits(pairs, device), targets)
    }

    fn logits(&self, pairs: &[usize], device: &Device) -> Tensor<2> {
        let tokens = column(pairs, |pair| pair % VOCAB, device);
        let inputs: Tensor<2> = self.table.forward(tokens.unsqueeze::<2>()).squeeze_dim(0);
        self.output.forward(self.dropout.forward(inputs))
    }
}

/// A token of each pair, as a tensor.
fn column(pairs: &[usize], of: fn(usize) -> usize, device: &Device) -> Tensor<1, Int> {
    let ids: Vec<i64> = pairs.iter().map(|&pair| of(pair) as i64).collect();
    Tensor::from_data(TensorData::new(ids, [pairs.len()]), device)
}

/// Learns what follows each token, and does on request what a training must cope with.
struct Pairs {
    device: Device,
    /// Pairs of a micro-batch, and micro-batches of a step.
    batch: usize,
    accumulation: usize,
    /// What evaluations answer, one after the other; measured where there are none.
    answers: Vec<f64>,
    asked: Cell<usize>,
    /// From this step on, the gradient of the output's bias, or the loss, is no number.
    spoilt: Option<(usize, Spoilt)>,
    /// How long a step takes at least.
    pause: Duration,
}

#[derive(Clone, Copy, PartialEq)]
enum Spoilt {
    Gradient,
    Loss,
}

impl Pairs {
    fn new(device: &Device) -> Self {
        Self {
            device: device.clone().autodiff(),
            batch: BATCH,
            accumulation: 1,
            answers: Vec::new(),
            asked: Cell::new(0),
            spoilt: None,
            pause: Duration::ZERO,
        }
    }
}

impl Task for Pairs {
    type Model = Small;

    fn loss(&self, model: &Small, draw: Draw) -> Tensor<1> {
        thread::sleep(self.pause);
        let index = draw.step * self.accumulation + draw.micro;
        let loss = model.loss(&batch_of_epoch(PAIRS, self.batch, index, draw.seed), &self.device);
        match self.spoilt.filter(|&(step, _)| draw.step >= step) {
            None => loss,
            Some((_, Spoilt::Loss)) => loss * f32::NAN,
            Some((_, Spoilt::Gradient)) => {
                // The root of 0 x is 0, and its slope is 0 times infinity.
                let bias = model.output.bias.as_ref().expect("a bias").val();
                loss + (bias * 0.0).sqrt().sum()
            }
        }
    }

    fn tokens(&self) -> usize {
        self.batch
    }

    fn evaluate(&self, model: &Small) -> f64 {
        let asked = self.asked.replace(self.asked.get() + 1);
        let all: Vec<usize> = (0..PAIRS).collect();
        let measured =
            || model.loss(&all, &self.device.clone().inner()).into_scalar::<f32>().into();
        self.answers.get(asked).copied().unwrap_or_else(measured)
    }
}

fn recipe(steps: usize) -> Recipe {
    Recipe {
        steps,
        warm_up: 5,
        learning_rate: 1e-2,
        evaluate_every: 20,
        seed: SEED,
        ..Recipe::default()
    }
}

/// The device, the seed lock that everything random on it needs, and a new model, the same each
/// time.
fn fresh(dropout: f64) -> (Device, MutexGuard<'static, ()>, Small) {
    let device = backend::from_env();
    let guard = backend::seeded(&device, SEED);
    let model = Small::new(8, dropout, &device.clone().autodiff());
    let model = model.map(&mut Drawn);
    (device, guard, model)
}

/// Draws the weights of a model now: burn does it when they are first used, after others may have
/// seeded.
struct Drawn;

impl ModuleMapper for Drawn {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|value| value)
    }
}

/// Steps and their losses.
type Losses = Vec<(usize, f64)>;

/// Trains, and answers with the loss of each step too.
fn losses_of(
    task: &Pairs,
    model: Small,
    recipe: &Recipe,
    run: TrainingRun<'_>,
    until: impl FnMut(&Event) -> bool,
) -> (Result<Trained<Small>, TrainingError>, Losses) {
    let settings = json!({"batch": task.batch});
    let run = TrainingRun { settings: &settings, ..run };
    let mut watching = Watching { losses: Vec::new(), until, folder: run.folder };
    let trained = train(task, model, recipe, run, &mut watching);
    (trained, watching.losses)
}

/// Keeps the losses, publishes the best model, and ends the training when it is told to.
struct Watching<'a, F> {
    losses: Losses,
    until: F,
    folder: Option<&'a Path>,
}

impl<F: FnMut(&Event) -> bool> Observer<Small> for Watching<'_, F> {
    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        if let Event::Step { step, loss, .. } = event {
            self.losses.push((*step, *loss));
        }
        if (self.until)(event) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn on_evaluation(&mut self, model: &Small, best: bool) -> Result<(), SaveError> {
        let Some(folder) = self.folder.filter(|_| best) else { return Ok(()) };
        let table = model.table.weight.val().into_data();
        Ok(checkpoint::write_weights(
            &folder.join(checkpoint::SINGLE_FILE),
            &[("table".into(), table)],
            &[],
        )?)
    }
}

fn never(_: &Event) -> bool {
    false
}

/// Runs in `folder` from the beginning.
fn into<'a>(device: &'a Device, folder: &'a Path) -> TrainingRun<'a> {
    TrainingRun { folder: Some(folder), ..TrainingRun::on(device) }
}

/// Goes on in `folder`.
fn on<'a>(device: &'a Device, folder: &'a Path) -> TrainingRun<'a> {
    TrainingRun { resume: true, ..into(device, folder) }
}

/// The lines of a folder's metrics: steps with their losses, and evaluations.
fn metrics(folder: &Path) -> (Losses, Vec<usize>) {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let (mut steps, mut evaluations) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let step = line["step"].as_u64().unwrap() as usize;
        match line["loss"].as_f64() {
            // JSON is read to all but the last bit
            Some(loss) => steps.push((step, f64::from(loss as f32))),
            None => evaluations.push(step),
        }
    }
    (steps, evaluations)
}

/// Every weight's numbers.
fn weights(model: &Small) -> Vec<f32> {
    let tensors = [
        model.table.weight.val().into_data(),
        model.output.weight.val().into_data(),
        model.output.bias.as_ref().unwrap().val().into_data(),
    ];
    tensors.iter().flat_map(|data| data.iter::<f32>().collect::<Vec<_>>()).collect()
}

/// Asserts that an error is one line that holds each of `texts`.
#[track_caller]
fn assert_says<T>(result: Result<T, TrainingError>, texts: &[&str]) {
    let line = match result {
        Ok(_) => panic!("it went on; expected an error with {texts:?}"),
        Err(error) => error.to_string(),
    };
    for text in texts {
        assert!(line.contains(text), "expected {text:?} in: {line}");
    }
    assert!(!line.chars().any(char::is_control), "control characters in: {line:?}");
}

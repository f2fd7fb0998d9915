//! Trainings that show where they are and that an interrupt ends.

use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Result;
use burn::tensor::Device;
use humantime::format_duration;
use indicatif::ProgressBar;
use training::{Event, Recipe, Stop, Task, Trained, TrainingRun};

use crate::shell::interrupt::Interrupt;
use crate::shell::progress;

/// Steps after which the time that is left is printed once.
const MEASURED: usize = 20;

/// Share that the loss on what is held back falls by between the last two evaluations of a training
/// that could have gone on.
const STILL_FALLING: f64 = 0.02;

/// Trains to the end or to an interrupt, showing the loss on the `unit` (pairs, rows) held back.
/// Returns what was trained and the seconds spent.
pub fn train<T: Task>(
    task: &T,
    model: T::Model,
    recipe: &Recipe,
    device: &Device,
    unit: &str,
) -> Result<(Trained<T::Model>, f64)> {
    let interrupt = Interrupt::catch()?;
    let bar = progress::bar(recipe.steps as u64, "steps");
    let mut spent = 0.0;
    let mut held_back = Vec::new(); // its losses
    let trained =
        training::train(task, model, recipe, TrainingRun::on(device), &mut |event: &Event| {
            match *event {
                Event::Step { step, loss, seconds, .. } => {
                    spent = seconds;
                    bar.set_position(step as u64 + 1);
                    bar.set_message(format!(", loss {loss:.3}"));
                }
                Event::Evaluated { step, validation_loss, seconds, .. } => {
                    spent = seconds;
                    held_back.push(validation_loss);
                    let line =
                        format!("step {step:5}  loss on the {unit} held back {validation_loss:.4}");
                    note!("{line}");
                }
            }
            if interrupt.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    bar.finish_and_clear();
    let trained = trained?;
    if let ([.., before, last], Stop::Done) = (&held_back[..], trained.stop)
        && *last < before * (1.0 - STILL_FALLING)
    {
        note!(
            "note: the loss on the {unit} held back was still falling: more --epochs may teach more"
        );
    }
    Ok((trained, spent))
}

/// View of a training as it goes: a bar, and a line for every evaluation.
pub struct Watch {
    /// Line that is printed with the first event: by then nothing was refused.
    opening: Option<String>,
    /// Bar of the steps.
    bar: ProgressBar,
    /// Number of steps of the whole training.
    pub steps: usize,
    /// Number of steps of this run so far.
    seen: usize,
    /// Number and loss of each step of this run.
    pub losses: Vec<(f64, f64)>,
    /// Seconds after the first step of this run, those of earlier runs among them.
    first_seconds: f64,
    /// Seconds of all runs.
    pub seconds: f64,
}

impl Watch {
    /// Watches a training of this many steps; `opening` is printed once it began.
    pub fn new(steps: usize, opening: String) -> Self {
        Self {
            opening: Some(opening),
            bar: progress::bar(steps as u64, "steps"),
            steps,
            seen: 0,
            losses: Vec::new(),
            first_seconds: 0.0,
            seconds: 0.0,
        }
    }

    /// Shows an event of the training.
    pub fn show(&mut self, event: &Event) {
        if let Some(opening) = self.opening.take() {
            note!("{opening}");
            let (Event::Step { step, .. } | Event::Evaluated { step, .. }) = *event;
            if step > 0 {
                let steps = self.steps;
                note!("goes on after step {step}, up to step {steps}");
            }
        }
        match *event {
            Event::Evaluated { step, validation_loss, best, seconds } => {
                self.seconds = seconds;
                let mark = if best { "" } else { " (was better before)" };
                note!("step {step:5}  validation {validation_loss:.4}{mark}");
            }
            Event::Step { step, steps, loss, tokens_per_s, seconds, .. } => {
                self.steps = steps;
                self.seconds = seconds;
                self.losses.push((step as f64, loss));
                self.seen += 1;
                self.bar.set_length(steps as u64);
                self.bar.set_position(step as u64 + 1);
                self.bar.set_message(format!(", loss {loss:.3}, {tokens_per_s:.0} tokens/s"));
                if self.seen == 1 {
                    self.first_seconds = seconds;
                    self.bar.reset_eta(); // those of earlier runs are not of this one's pace
                }
                if self.seen == MEASURED {
                    let left = format_duration(self.left(step));
                    note!("{tokens_per_s:.0} tokens/s: about {left} left for {steps} steps");
                }
            }
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// The time that is left, from the pace of this run without its first step, in which a device
    /// may compile its kernels.
    fn left(&self, step: usize) -> Duration {
        let pace = (self.seconds - self.first_seconds) / (self.seen.max(2) - 1) as f64;
        let left = pace * self.steps.saturating_sub(step + 1) as f64;
        Duration::from_secs(left.ceil() as u64)
    }
}

/// From this many examples on, what is measured on those held back is no matter of chance: of 30,
/// two standard errors are at most 18 in 100.
const FEW_HELD_OUT: usize = 30;

/// Notes on standard error that few examples were held back, if so.
pub fn note_few_held_out(held_out: usize, what: &str) {
    if held_out < FEW_HELD_OUT {
        let held_out = files::counted(held_out, what);
        note!("note: measured on {held_out} held back, which is few");
    }
}

//! Training that shows where it is and that Ctrl-C ends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::{Context, Result};
use burn::tensor::Device;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use training::{Event, Recipe, Run, Task, Trained};

use crate::output;

/// What becomes true once the user wants to stop.
pub fn stopped() -> Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, stopped.clone()).context("Ctrl-C cannot be caught")?;
    }
    Ok(stopped)
}

/// Trains to the end or to Ctrl-C, with the loss on what is `held_out`; how many seconds it took.
pub fn train<T: Task>(
    task: &T,
    model: T::Model,
    recipe: &Recipe,
    device: &Device,
    held_out: &str,
) -> Result<(Trained<T::Model>, f64)> {
    let stopped = stopped()?;
    let bar = output::bar(recipe.steps as u64, "{bar:30} step {pos} of {len}, {msg}, {eta} left");
    let mut spent = 0.0;
    let trained = training::train(task, model, recipe, Run::on(device), &mut |event| {
        match *event {
            Event::Step { step, loss, seconds, .. } => {
                spent = seconds;
                bar.set_position(step as u64 + 1);
                bar.set_message(format!("loss {loss:.3}"));
            }
            Event::Evaluated { step, validation_loss, seconds, .. } => {
                spent = seconds;
                let said = format!("step {step:5}  loss on the {held_out} held back {validation_loss:.4}");
                bar.suspend(|| eprintln!("{said}"));
            }
        }
        if stopped.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    Ok((trained?, spent))
}

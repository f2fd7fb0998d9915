//! The events of a training, and the observer that receives them.

use std::ops::ControlFlow;

use serde::Serialize;

use crate::error::SaveError;

/// What happened in a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// A step was taken.
    Step {
        /// Number of the step, from 0.
        step: usize,
        /// Number of steps in all.
        #[serde(skip)]
        steps: usize,
        /// Loss on the step's batch, before the step.
        loss: f64,
        /// Learning rate that the step was taken with.
        learning_rate: f64,
        /// Length of the gradient before clipping.
        gradient_norm: f64,
        /// Tokens per second in this step.
        tokens_per_s: f64,
        /// Seconds since the training began.
        seconds: f64,
    },
    /// The model was measured.
    Evaluated {
        /// Number of the step before which it was measured.
        step: usize,
        /// Loss on data that the model has not learned from.
        validation_loss: f64,
        /// Whether the model was never better.
        best: bool,
        /// Seconds since the training began.
        seconds: f64,
    },
}

/// Receives the events of a training, and may end it. `()` ignores them all; a closure over
/// [`Event`]s receives each.
pub trait Observer<M> {
    /// Receives an event, and decides whether the training goes on.
    fn on_event(&mut self, _event: &Event) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Receives the model at every evaluation, without autodiff and dropout, before the state is
    /// saved; `best` if it was never better. This is the time to publish it.
    ///
    /// # Errors
    ///
    /// If the model cannot be written, which ends the training.
    fn on_evaluation(&mut self, _model: &M, _best: bool) -> Result<(), SaveError> {
        Ok(())
    }
}

impl<M> Observer<M> for () {}

impl<M, F: FnMut(&Event) -> ControlFlow<()>> Observer<M> for F {
    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        self(event)
    }
}

//! The recipe of a training: its steps, its optimiser and its learning rate schedule.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::TrainingError;

/// Recipe of a training. The defaults are nanoGPT's for a small model (Karpathy 2022,
/// `config/train_shakespeare_char.py`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    /// Number of optimiser steps.
    pub steps: usize,
    /// Number of micro-batches whose gradients are averaged into one step.
    pub accumulation: usize,
    /// Learning rate at its highest.
    pub learning_rate: f64,
    /// Learning rate at the end.
    pub minimum_learning_rate: f64,
    /// Number of steps over which the learning rate rises.
    pub warm_up: usize,
    /// Weight decay: share of every weight of rank 2 and more that a step takes away, times the
    /// learning rate (Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization",
    /// algorithm 2). Norms and biases do not decay.
    pub weight_decay: f32,
    /// Decay rate of AdamW's mean gradient, its first moment.
    pub beta_1: f32,
    /// Decay rate of AdamW's mean squared gradient, its second moment.
    pub beta_2: f32,
    /// Epsilon of AdamW, added to the root of the second moment.
    pub epsilon: f32,
    /// Gradient clipping: the largest norm of the gradient, over all weights together, that a step
    /// takes (Pascanu et al. 2013, "On the difficulty of training recurrent neural networks",
    /// algorithm 1).
    pub clip: Option<f64>,
    /// Number of steps between two evaluations.
    pub evaluate_every: usize,
    /// Patience: number of evaluations in a row that may be no better before the training stops.
    pub patience: Option<usize>,
    /// Seed from which everything random follows.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            steps: 2000,
            accumulation: 1,
            learning_rate: 1e-3,
            minimum_learning_rate: 1e-4,
            warm_up: 100,
            weight_decay: 0.1,
            beta_1: 0.9,
            beta_2: 0.99,
            epsilon: 1e-8,
            clip: Some(1.0),
            evaluate_every: 200,
            patience: None,
            seed: 7,
        }
    }
}

impl Recipe {
    /// The recipe by which a pretrained model is trained on, as BERT was (Devlin et al. 2019,
    /// section A.2): a tenth of the steps to warm up, then down to nothing; measured four times.
    pub fn fine_tuning(steps: usize, learning_rate: f64, seed: u64) -> Self {
        Self {
            steps,
            learning_rate,
            minimum_learning_rate: 0.0,
            warm_up: steps / 10,
            weight_decay: 0.01,
            beta_2: 0.999,
            evaluate_every: steps.div_ceil(4),
            seed,
            ..Self::default()
        }
    }

    /// The learning rate of a step out of `steps`: a straight rise over the warm-up, then half a
    /// cosine down (Loshchilov & Hutter 2017, "SGDR", equation 5, as in nanoGPT).
    ///
    /// The rise gives step 0 one part of the highest rate out of `warm_up + 1`, step 1 two, and so on;
    /// step `warm_up` has the highest rate, and from step `steps` on it is the lowest. Where `steps`
    /// is less than the recipe's, because a budget shortens the training, the rise takes a tenth of
    /// them (rounded down) at most, or the rate might never fall.
    ///
    /// burn's own schedulers keep a counter instead of answering for any step, and start a rise at
    /// zero, where the first step learns nothing.
    // ANCHOR: schedule
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f64 {
        let warm_up = if steps < self.steps { self.warm_up.min(steps / 10) } else { self.warm_up };
        if step < warm_up {
            return self.learning_rate * (step + 1) as f64 / (warm_up + 1) as f64;
        }
        if step >= steps {
            return self.minimum_learning_rate;
        }
        let way = (step - warm_up) as f64 / (steps - warm_up) as f64;
        let share = (1.0 + (PI * way).cos()) / 2.0;
        self.minimum_learning_rate + share * (self.learning_rate - self.minimum_learning_rate)
    }
    // ANCHOR_END: schedule

    /// Checks that every number is within its range.
    pub(crate) fn check(&self) -> Result<(), TrainingError> {
        let (rate, least) = (self.learning_rate, self.minimum_learning_rate);
        let decay = f64::from(self.weight_decay);
        natural("steps", self.steps)?;
        natural("accumulation", self.accumulation)?;
        natural("evaluate_every", self.evaluate_every)?;
        natural("patience", self.patience.unwrap_or(1))?;
        positive("learning_rate", rate)?;
        positive("epsilon", self.epsilon.into())?;
        positive("clip", self.clip.unwrap_or(1.0))?;
        share("beta_1", self.beta_1.into())?;
        share("beta_2", self.beta_2.into())?;
        let falls = (0.0..=rate).contains(&least);
        expect("minimum_learning_rate", "0 to learning_rate", least, falls)?;
        expect("weight_decay", "0 or more", decay, decay >= 0.0 && decay.is_finite())
    }
}

/// Checks a field that counts something.
fn natural(key: &'static str, number: usize) -> Result<(), TrainingError> {
    expect(key, "1 or more", number as f64, number > 0)
}

/// Checks a field that is a number above 0.
fn positive(key: &'static str, number: f64) -> Result<(), TrainingError> {
    expect(key, "a number above 0", number, number > 0.0 && number.is_finite())
}

/// Checks a field that is a share of something.
fn share(key: &'static str, number: f64) -> Result<(), TrainingError> {
    expect(key, "0 or more and below 1", number, (0.0..1.0).contains(&number))
}

/// The error of a field whose number is not the expected one, unless it `holds`.
fn expect(
    key: &'static str,
    expected: &'static str,
    found: f64,
    holds: bool,
) -> Result<(), TrainingError> {
    if holds { Ok(()) } else { Err(TrainingError::Recipe { key, expected, found }) }
}

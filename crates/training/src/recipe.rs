//! How long, how fast, how often.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::TrainingError;

/// How to train. The defaults are nanoGPT's for a small model (Karpathy 2022,
/// `config/train_shakespeare_char.py`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    /// Optimiser steps.
    pub steps: usize,
    /// Micro-batches whose gradients are averaged into one step.
    pub accumulation: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// What it falls to.
    pub minimum_learning_rate: f64,
    /// Steps over which it rises.
    pub warm_up: usize,
    /// Share of every weight of rank 2 and more that a step takes away, times the learning rate
    /// (Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2). Norms and
    /// biases keep theirs.
    pub weight_decay: f32,
    /// Memory of the mean gradient.
    pub beta_1: f32,
    /// Memory of the mean square of the gradient.
    pub beta_2: f32,
    /// Added to the root of the latter.
    pub epsilon: f32,
    /// The longest gradient, over all weights together, that a step takes (Pascanu et al. 2013, "On
    /// the difficulty of training recurrent neural networks", algorithm 1).
    pub clip: Option<f64>,
    /// Steps between two evaluations.
    pub evaluate_every: usize,
    /// Evaluations in a row that may be no better before the training stops.
    pub patience: Option<usize>,
    /// Everything random follows from it.
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

    // ANCHOR: schedule
    /// The learning rate of a step out of `steps`: a straight rise over the warm-up, then half a
    /// cosine down (Loshchilov & Hutter 2017, "SGDR", equation 5, as in nanoGPT).
    ///
    /// burn's own schedulers keep a counter instead of answering for any step, and start a rise at
    /// zero, where the first step learns nothing.
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f64 {
        // A training that a budget shortens rises for a tenth of its way at most, or it might never
        // fall.
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

    /// Checks that every number is one that can be followed.
    pub(crate) fn check(&self) -> Result<(), TrainingError> {
        let natural = |key, number: usize| (key, "1 or more", number as f64, number > 0);
        let positive = |key, number: f64| {
            (key, "a number above 0", number, number > 0.0 && number.is_finite())
        };
        let share =
            |key, number: f64| (key, "0 or more and below 1", number, (0.0..1.0).contains(&number));
        let (rate, least) = (self.learning_rate, self.minimum_learning_rate);
        let decay = f64::from(self.weight_decay);
        let checks = [
            natural("steps", self.steps),
            natural("accumulation", self.accumulation),
            natural("evaluate_every", self.evaluate_every),
            natural("patience", self.patience.unwrap_or(1)),
            positive("learning_rate", rate),
            positive("epsilon", self.epsilon.into()),
            positive("clip", self.clip.unwrap_or(1.0)),
            share("beta_1", self.beta_1.into()),
            share("beta_2", self.beta_2.into()),
            ("minimum_learning_rate", "0 to learning_rate", least, (0.0..=rate).contains(&least)),
            ("weight_decay", "0 or more", decay, decay >= 0.0 && decay.is_finite()),
        ];
        match checks.into_iter().find(|&(.., holds)| !holds) {
            None => Ok(()),
            Some((key, expected, found, _)) => Err(TrainingError::Recipe { key, expected, found }),
        }
    }
}

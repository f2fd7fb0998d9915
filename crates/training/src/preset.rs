//! Presets: sizes of a model and of its training that suit a computer.

use serde::{Deserialize, Serialize};

use crate::Recipe;

/// Sizes of a model, of its batches and of its training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// Number of decoder layers.
    pub n_layers: usize,
    /// Number of attention heads of each layer.
    pub n_heads: usize,
    /// Width of the hidden states.
    pub d_model: usize,
    /// Number of tokens of a block: the longest text that the model will see.
    pub block: usize,
    /// Number of blocks per step.
    pub batch: usize,
    /// Number of training steps.
    pub steps: usize,
    /// Dropout: share of numbers that training sets to zero.
    pub dropout: f64,
}

impl Preset {
    /// Preset of seconds on a laptop.
    pub const TINY: Self = Self {
        n_layers: 2,
        n_heads: 2,
        d_model: 64,
        block: 32,
        batch: 16,
        steps: 500,
        dropout: 0.0,
    };
    /// Preset of minutes on a laptop: nanoGPT's advice for a CPU (Karpathy 2022, its README).
    pub const LAPTOP: Self = Self {
        n_layers: 4,
        n_heads: 4,
        d_model: 128,
        block: 64,
        batch: 12,
        steps: 2000,
        dropout: 0.0,
    };
    /// Preset of minutes on a GPU: nanoGPT's small model (Karpathy 2022,
    /// `config/train_shakespeare_char.py`).
    pub const GPU: Self = Self {
        n_layers: 6,
        n_heads: 6,
        d_model: 384,
        block: 256,
        batch: 64,
        steps: 5000,
        dropout: 0.2,
    };

    /// nanoGPT's recipe for this many steps; a short training warms up for a tenth of its steps.
    pub fn recipe(&self, seed: u64) -> Recipe {
        let usual = Recipe::default();
        Recipe {
            steps: self.steps,
            warm_up: usual.warm_up.min(self.steps / 10),
            evaluate_every: usual.evaluate_every.min(self.steps.div_ceil(5)),
            seed,
            ..usual
        }
    }
}

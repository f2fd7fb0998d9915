//! One training step of a small GPT: forward, backward, clipping, AdamW.

use std::ops::ControlFlow;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::Device;
use course::{SEED, Table};
use decoder::{CausalPretraining, GptConfig, TokenizedCorpus};
use indicatif::ProgressBar;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use tokens::Tokenizer;
use training::{Event, Preset, Recipe, TrainingRun};

use super::{Args, CHARACTERS, Seconds, megabytes, peak_rss_mb, placed};
use crate::shell::output;

/// Steps that are not counted: devices compile their kernels, memory is taken.
const WARM_UP: usize = 5;
/// Steps that are counted.
const STEPS: usize = 30;
/// Tokens of the made-up text.
const TEXT: usize = 100_000;

/// What was measured on one device.
#[derive(Serialize)]
struct Row {
    device: String,
    parameters: usize,
    batch: usize,
    block: usize,
    ms_per_step: Seconds,
    tokens_per_s: f64,
    gflops: f64,
    first_loss: f64,
    last_loss: f64,
    /// Largest difference of a loss from that of the first device of the list.
    max_difference: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_rss_mb: Option<f64>,
}

/// Times training steps on every device.
pub fn run(args: &Args, progress: &ProgressBar) -> Result<()> {
    let preset = args.preset.sizes();
    let batch = match args.batch {
        Some(batch) => batch as usize,
        None => preset.batch,
    };
    let preset = Preset { batch, dropout: args.dropout, ..preset };
    let tokens = (preset.batch * preset.block) as f64;
    let mut reference: Option<Vec<f64>> = None;
    let mut rows = Vec::new();
    for (name, device) in super::devices(args)? {
        let trained = train(&preset, STEPS, &device, progress)?;
        let ms_per_step = trained.ms_per_step();
        let expected = reference.get_or_insert_with(|| trained.losses.clone());
        rows.push(Row {
            device: name,
            parameters: trained.parameters,
            batch: preset.batch,
            block: preset.block,
            ms_per_step,
            tokens_per_s: tokens / ms_per_step.median * 1e3,
            gflops: operations(&preset, trained.parameters) / ms_per_step.median / 1e6,
            first_loss: trained.losses[0],
            last_loss: trained.losses[trained.losses.len() - 1],
            max_difference: trained.difference(expected),
            peak_rss_mb: peak_rss_mb(),
        });
    }
    output::rows(args.format, &rows, || table(&rows))
}

/// What a short training showed, step by step.
pub struct ShortTraining {
    /// Number of the model's parameters.
    pub parameters: usize,
    /// Loss of each step, the warm-up's among them.
    pub losses: Vec<f64>,
    /// Seconds of each step, the warm-up's among them.
    pub seconds: Vec<f64>,
}

impl ShortTraining {
    /// The seconds of the steps after the warm-up.
    pub fn counted(&self) -> &[f64] {
        &self.seconds[WARM_UP..]
    }

    /// The milliseconds of the steps after the warm-up.
    fn ms_per_step(&self) -> Seconds {
        Seconds::of(self.counted().iter().map(|seconds| seconds * 1e3).collect())
    }

    /// The largest difference of a loss from what was expected of its step.
    pub fn difference(&self, expected: &[f64]) -> f64 {
        let mut largest: f64 = 0.0;
        for (loss, expected) in self.losses.iter().zip(expected) {
            largest = largest.max((loss - expected).abs());
        }
        largest
    }
}

/// Trains a GPT of a preset's size for [`WARM_UP`] steps and as many more as are counted. It starts
/// with the same weights on every device; with dropout each draws other zeros.
pub fn train(
    preset: &Preset,
    counted: usize,
    device: &Device,
    progress: &ProgressBar,
) -> Result<ShortTraining> {
    let device = device.clone().autodiff();
    let model = placed(&device, |device| GptConfig::preset(preset, CHARACTERS).init(device));
    let parameters = model.num_params();
    let corpus = noise()?;
    let task = CausalPretraining::new(&corpus, preset, &device)?;
    let steps = WARM_UP + counted;
    let recipe = Recipe { steps, evaluate_every: usize::MAX, warm_up: 0, ..preset.recipe(SEED) };
    let (mut losses, mut seconds) = (Vec::new(), Vec::new());
    training::train(&task, model, &recipe, TrainingRun::on(&device), &mut |event: &Event| {
        if let Event::Step { step, loss, tokens_per_s, .. } = event {
            progress.set_message(format!("timing training, step {} of {steps}", step + 1));
            losses.push(*loss);
            seconds.push((preset.batch * preset.block) as f64 / tokens_per_s);
        }
        ControlFlow::Continue(())
    })?;
    Ok(ShortTraining { parameters, losses, seconds })
}

/// Text that says nothing: speed does not depend on it.
fn noise() -> Result<TokenizedCorpus> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let alphabet: Vec<char> = ('!'..).take(CHARACTERS).collect();
    let (training, validation) = (ids(TEXT, &mut rng), ids(2, &mut rng));
    Ok(TokenizedCorpus {
        tokenizer: Tokenizer::characters(&alphabet)?,
        training,
        validation,
        validation_characters: 2,
    })
}

/// Random token IDs.
fn ids(count: usize, rng: &mut StdRng) -> Vec<u32> {
    (0..count).map(|_| rng.random_range(0..CHARACTERS as u32)).collect()
}

/// Multiplications and additions of a step, forward and backward: six a weight and token, and those
/// of the attention (Chowdhery et al. 2022, "PaLM", appendix B).
fn operations(preset: &Preset, parameters: usize) -> f64 {
    let tokens = (preset.batch * preset.block) as f64;
    let attention = 12.0 * (preset.n_layers * preset.d_model * preset.block) as f64;
    tokens * (6.0 * parameters as f64 + attention)
}

/// The rows as a table for people.
fn table(rows: &[Row]) -> String {
    let mut table = Table::new([
        "device",
        "parameters",
        "batch",
        "min ms",
        "median ms",
        "max ms",
        "tokens/s",
        "GFLOP/s",
        "first loss",
        "last loss",
        "peak MB",
        "max difference",
    ]);
    for row in rows {
        table.row([
            row.device.clone(),
            row.parameters.to_string(),
            format!("{} x {}", row.batch, row.block),
            format!("{:.1}", row.ms_per_step.min),
            format!("{:.1}", row.ms_per_step.median),
            format!("{:.1}", row.ms_per_step.max),
            format!("{:.0}", row.tokens_per_s),
            format!("{:.1}", row.gflops),
            format!("{:.4}", row.first_loss),
            format!("{:.4}", row.last_loss),
            megabytes(row.peak_rss_mb),
            format!("{:.1e}", row.max_difference),
        ]);
    }
    output::fitted(&table)
}

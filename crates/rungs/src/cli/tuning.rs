//! What can be asked of encoders that learn.

use std::path::PathBuf;

use clap::Args;

use super::{DeviceArg, Format, MODELS, SEED, above_zero};

/// `tune`
#[derive(Debug, Args)]
pub struct TuneArgs {
    /// Rows of two or three texts with tabs between, or lesson 14's own
    #[arg(value_name = "FILE.tsv|feelings")]
    pub pairs: PathBuf,
    /// By name, or a folder.
    #[arg(long, value_name = "MODEL", default_value = crate::model::DEFAULT, help = MODELS)]
    pub model: String,
    /// Times through the pairs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: u32,
    /// Pairs a step
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(2..=4096))]
    pub batch: u32,
    /// The highest learning rate
    #[arg(long, value_name = "R", default_value_t = 2e-5, value_parser = above_zero)]
    pub learning_rate: f64,
    /// What cosines are divided by
    #[arg(long, value_name = "T", default_value_t = 0.05, value_parser = above_zero)]
    pub temperature: f64,
    /// Rows of sentence1,sentence2,score: say how well the model follows them before and after
    #[arg(long, value_name = "FILE.csv")]
    pub sts: Option<PathBuf>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Where the model goes: a new folder
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

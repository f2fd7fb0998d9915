//! What can be asked of classifiers.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{DeviceArg, Format, ModelArg, SEED};

/// `classify`
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ClassifyCommand,
}

/// What to do with a classifier.
#[derive(Debug, Subcommand)]
pub enum ClassifyCommand {
    /// Train one on labelled texts
    Train(ClassifyTrainArgs),
    /// Say what texts are, with probabilities, as JSON lines
    Predict {
        /// The classifier
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Text, one a line; - is standard input
        #[arg(value_name = "FILE|-", default_value = "-")]
        file: PathBuf,
        /// Where to compute.
        #[command(flatten)]
        device: DeviceArg,
    },
    /// Say how often it is right about labelled texts
    Eval {
        /// The classifier
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Rows of a text, a tab and a label
        #[arg(value_name = "FILE.tsv")]
        file: PathBuf,
        /// Where to compute.
        #[command(flatten)]
        device: DeviceArg,
        /// How to print
        #[arg(long, value_enum, default_value = "json")]
        format: Format,
    },
}

/// How to make a classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Logistic regression on the model's vectors: seconds
    Logreg,
    /// The same after every layer; the best is kept
    Probe,
    /// The whole model is trained: minutes
    Finetune,
}

/// `classify train`
#[derive(Debug, Args)]
pub struct ClassifyTrainArgs {
    /// Rows of a text, a tab and a label
    #[arg(value_name = "FILE.tsv")]
    pub file: PathBuf,
    /// How
    #[arg(long, value_enum, default_value = "logreg")]
    pub method: Method,
    /// Which model, and how.
    #[command(flatten)]
    pub model: ModelArg,
    /// Let rare labels weigh as much as common ones
    #[arg(long)]
    pub balanced: bool,
    /// Of logreg and probe, scikit-learn's C: the smaller, the smaller the weights
    #[arg(long, value_name = "C", default_value_t = 1.0, value_parser = super::above_zero)]
    pub c: f64,
    /// Of finetune, times through the texts
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: u32,
    /// Of finetune, the highest learning rate
    #[arg(long, value_name = "R", default_value_t = 5e-5, value_parser = super::above_zero)]
    pub learning_rate: f64,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Where the classifier goes: a new folder
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

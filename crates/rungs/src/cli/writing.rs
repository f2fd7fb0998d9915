//! What can be asked of models that write.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{DeviceArg, Format, SEED};

/// `generate`
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// A model's folder: config.json, model.safetensors and tokenizer.json
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The text to go on from
    #[arg(long, value_name = "TEXT")]
    pub prompt: String,
    /// Tokens to write at most
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub max: u32,
    /// 1: as likely as the model says; lower: bolder; 0: always the likeliest
    #[arg(long, value_name = "T", default_value_t = 1.0, allow_negative_numbers = true)]
    pub temperature: f64,
    /// Draw from the K likeliest tokens only
    #[arg(long, value_name = "K")]
    pub top_k: Option<usize>,
    /// Draw from the fewest likeliest tokens that make up this share
    #[arg(long, value_name = "P", default_value_t = 1.0, allow_negative_numbers = true)]
    pub top_p: f64,
    /// The same seed writes the same text
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Compute everything anew for every token
    #[arg(long)]
    pub no_cache: bool,
    /// Say how fast it was, on standard error
    #[arg(long)]
    pub stats: bool,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
}

/// `perplexity`
#[derive(Debug, Args)]
pub struct PerplexityArgs {
    /// A model's folder: config.json, model.safetensors and tokenizer.json
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The text
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Tokens that are read together [default: all that the model sees at once, at most 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub block: Option<u32>,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Which architecture to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// GPT-2's: learned positions, LayerNorm, GELU
    Gpt,
    /// LLaMA's: RoPE, RMSNorm, SwiGLU, grouped queries
    Llama,
}

impl Architecture {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpt => "gpt",
            Self::Llama => "llama",
        }
    }
}

/// How much to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// Seconds: 2 layers, 64 wide, block 32, 500 steps
    Tiny,
    /// Minutes: 4 layers, 128 wide, block 64, 2,000 steps
    Laptop,
    /// For a GPU: 6 layers, 384 wide, block 256, 5,000 steps
    Gpu,
}

impl Preset {
    /// What it stands for.
    pub fn sizes(self) -> training::Preset {
        match self {
            Self::Tiny => training::Preset::TINY,
            Self::Laptop => training::Preset::LAPTOP,
            Self::Gpu => training::Preset::GPU,
        }
    }
}

/// `train`
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Which architecture
    #[arg(value_enum)]
    pub architecture: Architecture,
    /// What to learn from
    #[arg(long, value_name = "toy|docs|FILE", default_value = "docs")]
    pub corpus: String,
    /// How much to train
    #[arg(long, value_enum, default_value = "laptop")]
    pub preset: Preset,
    /// One token a character, or byte pairs: so many tokens in all [default: characters]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(256..=100_000))]
    pub bpe: Option<u32>,
    /// Steps, in place of the preset's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: Option<u32>,
    /// Stop after this long, as in 90s, 3m or 2h; the learning rate falls in time for it
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub budget: Option<Duration>,
    /// Share of numbers set to zero in training, in place of the preset's
    #[arg(long, value_name = "P")]
    pub dropout: Option<f64>,
    /// Stop after so many evaluations without a better one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub patience: Option<u32>,
    /// Go on with the training in this folder, with its own corpus and settings
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "corpus", "preset", "bpe", "steps", "dropout", "patience", "seed"])]
    pub resume: Option<PathBuf>,
    /// Where model, checkpoint and metrics go
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    pub out: Option<PathBuf>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Where to compute.
    #[command(flatten)]
    pub device: DeviceArg,
}

/// `90s`, `3m`, `2h`.
fn duration(text: &str) -> Result<Duration, String> {
    let unit = |text: &str| match text {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        _ => None,
    };
    let parsed = text.find(|c: char| !c.is_ascii_digit()).and_then(|at| {
        let (number, of) = text.split_at(at);
        number.parse::<u64>().ok()?.checked_mul(unit(of)?)
    });
    match parsed {
        Some(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected a time like 90s, 3m or 2h".into()),
    }
}

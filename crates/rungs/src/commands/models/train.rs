//! `cargo rungs train`

mod fit;
mod start;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, ValueEnum};
use course::SEED;
use data::Corpus;
use decoder::GptConfig;
use llama::LlamaConfig;
use serde::{Deserialize, Serialize};

use crate::shell::failure::Helpful;
use crate::shell::options::{DeviceArg, PresetArg, above_zero, share};
use crate::shell::place::Claim;
use crate::shell::writers::Loaded;
use crate::shell::{input, names, progress};
use fit::Fit;
use start::Start;

/// Train a causal language model
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("folder").required(true).args(["out", "resume"])))]
#[command(after_help = "Examples:
  cargo rungs train gpt --corpus my_book.txt --out my_gpt
  cargo rungs train llama --preset tiny --bpe 1000 --out my_llama
  cargo rungs train gpt --corpus my_book.txt --budget 3m --out my_quick_gpt
  cargo rungs train gpt --resume my_gpt                 goes on where it stopped
  cargo rungs train gpt --resume my_gpt --steps 4000    goes on for longer than was planned
  cargo rungs train llama --from smollm2 --corpus my_book.txt --steps 200 --out my_smollm

DIR gets the model as Hugging Face transformers reads it (the best of all evaluations), the state \
of the training, metrics.jsonl and the loss as a figure. Ctrl-C saves, says how to go on, and \
stops, with the model as it is then in DIR/newest; a kill at any moment loses what came after the \
last save.")]
pub struct Args {
    /// Which architecture
    #[arg(value_enum)]
    architecture: Architecture,
    /// What to learn from
    #[arg(
        short, long, value_name = "toy|docs|FILE|-", default_value = "docs",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    corpus: String,
    /// How much to train
    #[arg(long, value_enum, default_value = "laptop")]
    preset: PresetArg,
    /// One token a character, or byte pairs: so many tokens in all [default: characters]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(256..=100_000))]
    bpe: Option<u32>,
    /// Begin with this trained model, its sizes and its tokenizer: smollm2, hf:OWNER/NAME[@COMMIT]
    /// (fetched before), a GGUF file or a model's folder
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["bpe", "dropout"])]
    from: Option<String>,
    /// Steps in all, in place of the preset's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,
    /// The highest learning rate, in place of the preset's; with --from it is 1e-4
    #[arg(long, value_name = "RATE", value_parser = above_zero)]
    learning_rate: Option<f64>,
    /// Stop after this long, as in 90s, 3m or 2h; the learning rate falls in time for it
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    /// Share of numbers set to zero in training, in place of the preset's
    #[arg(long, value_name = "P", value_parser = share)]
    dropout: Option<f64>,
    /// Stop after so many evaluations without a better one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    patience: Option<u32>,
    /// Go on with the training in this folder, with its own corpus and settings
    #[arg(
        long, value_name = "DIR",
        conflicts_with_all = [
            "corpus", "preset", "bpe", "from", "learning_rate", "dropout", "patience",
            "seed",
        ],
    )]
    resume: Option<PathBuf>,
    /// Where model, checkpoint and metrics go
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
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
    /// Returns the architecture's name as it is written on the command line.
    fn name(self) -> &'static str {
        match self {
            Self::Gpt => "gpt",
            Self::Llama => "llama",
        }
    }
}

/// Parses `90s`, `3m` or `2h`.
fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time.as_secs() > 0 => Ok(time),
        _ => Err("expected a time like 90s, 3m or 2h".into()),
    }
}

/// The highest learning rate of a training that begins with a trained model: a tenth of what small
/// new ones are trained with, or less.
const FROM_TRAINED: f64 = 1e-4;
/// Settings that a training is resumed with, besides its recipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Settings {
    architecture: Architecture,
    corpus: String,
    corpus_seed: u64,
    /// Number of characters of the corpus, so that another text of the same name is noticed.
    characters: usize,
    bpe: Option<usize>,
    /// Whether it began with a trained model.
    #[serde(default)]
    from: bool,
    preset: training::Preset,
}

/// Trains until the steps or the time are done, or Ctrl-C.
pub fn run(args: &Args) -> Result<()> {
    let device = names::device(&args.device.device)?.autodiff();
    let _claim; // of the folder, to the end
    let (folder, mut settings, recipe) = match (&args.resume, &args.out) {
        (Some(folder), _) => {
            _claim = Claim::resumed(folder)?;
            let (mut recipe, settings) = training::begun_with(folder)?;
            recipe.steps = args.steps.map_or(recipe.steps, to_usize);
            let settings: Settings = serde_json::from_value(settings).map_err(|error| {
                anyhow!("{}: expected a training of this command: {error}", folder.display())
            })?;
            (folder, settings, recipe)
        }
        (None, Some(folder)) => {
            let settings = settings(args)?;
            _claim = Claim::new_folder(folder)?;
            let mut recipe = settings.preset.recipe(args.seed);
            recipe.patience = args.patience.map(to_usize);
            let of_start = if settings.from { FROM_TRAINED } else { recipe.learning_rate };
            recipe.learning_rate = args.learning_rate.unwrap_or(of_start);
            (folder, settings, recipe)
        }
        (None, None) => bail!("--out: expected a folder to train into, found none"),
    };
    if settings.architecture != args.architecture {
        let (began, asked) = (settings.architecture.name(), args.architecture.name());
        let folder = folder.display();
        let error = format!("{folder}: expected a {asked}, found the training of a {began}");
        let help = format!("`cargo rungs train {began} --resume {folder}` goes on with it");
        return Err(Helpful { error, help }.into());
    }
    let progress = progress::spinner(format!("reading {}", settings.corpus));
    let text = input::corpus(&settings.corpus, settings.corpus_seed)?.text()?;
    let characters = text.chars().count();
    if args.resume.is_some() && characters != settings.characters {
        let expected = settings.characters;
        bail!(
            "{}: expected the text that this training began with, of {expected} characters, found \
                {characters}; give it back that text, or begin a new training with --out",
            settings.corpus
        );
    }
    settings.characters = characters;
    let start = Start::open(args, folder, &settings, &text, &device)?;
    progress.finish_and_clear();
    device.seed(recipe.seed);
    let preset = settings.preset;
    let vocab = start.corpus.tokenizer.vocab_size();
    let fit = Fit {
        args,
        folder,
        device: &device,
        corpus: &start.corpus,
        chat: start.chat.as_ref(),
        stops: &start.stops,
        settings: &settings,
        recipe: &recipe,
    };
    match (start.trained, settings.architecture) {
        (Some(Loaded::Gpt(trained)), _) => {
            let config = trained.config;
            fit.run(trained.model, |model, folder| {
                decoder::checkpoint::save(model, &config, folder)
            })
        }
        (Some(Loaded::Llama(trained)), _) => {
            let config = trained.config;
            fit.run(trained.model, |model, folder| llama::checkpoint::save(model, &config, folder))
        }
        (None, Architecture::Gpt) => {
            let config = GptConfig::preset(&preset, vocab);
            fit.run(config.init(&device), |model, folder| {
                decoder::checkpoint::save(model, &config, folder)
            })
        }
        (None, Architecture::Llama) => {
            let config = LlamaConfig::preset(&preset, vocab);
            fit.run(config.init(&device), |model, folder| {
                llama::checkpoint::save(model, &config, folder)
            })
        }
    }
}

/// The settings that the options ask for.
fn settings(args: &Args) -> Result<Settings> {
    let preset = args.preset.sizes();
    let of_start = if args.from.is_some() { 0.0 } else { preset.dropout };
    let dropout = args.dropout.unwrap_or(of_start);
    let steps = match args.steps {
        Some(steps) => steps as usize,
        None => preset.steps,
    };
    let corpus = match input::corpus(&args.corpus, args.seed)? {
        // resumed from anywhere
        Corpus::File(path) => std::path::absolute(&path)?.display().to_string(),
        _ => args.corpus.clone(),
    };
    Ok(Settings {
        architecture: args.architecture,
        corpus,
        corpus_seed: args.seed,
        characters: 0,
        bpe: args.bpe.map(to_usize),
        from: args.from.is_some(),
        preset: training::Preset { steps, dropout, ..preset },
    })
}

/// The number as an index: clap reads ranges of `u32`.
fn to_usize(number: u32) -> usize {
    number as usize
}

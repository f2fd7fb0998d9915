//! `cargo rungs train`

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use burn::module::Module;
use burn::tensor::Device;
use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;
use course::SEED;
use data::Corpus;
use decoder::{CausalPretraining, GptConfig, LanguageModel, Tokenization};
use llama::LlamaConfig;
use serde::{Deserialize, Serialize};
use training::{Event, Observer, Recipe, SaveError, Stop, Trained, TrainingRun};

use crate::shell::failure::Helpful;
use crate::shell::interrupt::Interrupt;
use crate::shell::options::{DeviceArg, PresetArg};
use crate::shell::watch::Watch;
use crate::shell::{names, output, progress};

/// Train a causal language model
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs train gpt --corpus my_book.txt --out my_gpt
  cargo rungs train llama --preset tiny --bpe 1000 --out my_llama
  cargo rungs train gpt --corpus my_book.txt --budget 3m --out my_gpt
  cargo rungs train gpt --resume my_gpt                 goes on where it stopped

DIR gets the model as Hugging Face transformers reads it (the best of all evaluations), the state \
of the training and metrics.jsonl. Ctrl-C saves, says how to go on, and stops; a kill at any \
moment loses what came after the last save.")]
pub struct Args {
    /// Which architecture
    #[arg(value_enum)]
    architecture: Architecture,
    /// What to learn from
    #[arg(
        long, value_name = "toy|docs|FILE", default_value = "docs",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    corpus: String,
    /// How much to train
    #[arg(long, value_enum, default_value = "laptop")]
    preset: PresetArg,
    /// One token a character, or byte pairs: so many tokens in all [default: characters]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(256..=100_000))]
    bpe: Option<u32>,
    /// Steps, in place of the preset's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,
    /// Stop after this long, as in 90s, 3m or 2h; the learning rate falls in time for it
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    /// Share of numbers set to zero in training, in place of the preset's
    #[arg(long, value_name = "P")]
    dropout: Option<f64>,
    /// Stop after so many evaluations without a better one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    patience: Option<u32>,
    /// Go on with the training in this folder, with its own corpus and settings
    #[arg(
        long, value_name = "DIR",
        conflicts_with_all = [
            "out", "corpus", "preset", "bpe", "steps", "dropout", "patience", "seed",
        ],
    )]
    resume: Option<PathBuf>,
    /// Where model, checkpoint and metrics go
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
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

/// Width and height of the loss curve, in characters.
const CURVE: (usize, usize) = (72, 12);

/// Settings that a training is resumed with, besides its recipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Settings {
    architecture: Architecture,
    corpus: String,
    corpus_seed: u64,
    /// Number of characters of the corpus, so that another text of the same name is noticed.
    characters: usize,
    bpe: Option<usize>,
    preset: training::Preset,
}

/// Trains until the steps or the time are done, or Ctrl-C.
pub fn run(args: &Args) -> Result<()> {
    let device = names::device(&args.device.device)?.autodiff();
    let (folder, mut settings, recipe) = match (&args.resume, &args.out) {
        (Some(folder), _) => {
            let (recipe, settings) = training::begun_with(folder)?;
            let settings: Settings = serde_json::from_value(settings).map_err(|error| {
                anyhow!("{}: expected a training of this command: {error}", folder.display())
            })?;
            (folder, settings, recipe)
        }
        (None, Some(folder)) => {
            let settings = settings(args)?;
            let recipe = settings.preset.recipe(args.seed);
            (folder, settings, Recipe { patience: args.patience.map(to_usize), ..recipe })
        }
        (None, None) => bail!("--out: expected a folder to train into, found none"),
    };
    if settings.architecture != args.architecture {
        let (began, asked) = (settings.architecture.name(), args.architecture.name());
        bail!("{}: expected a {asked}, found the training of a {began}", folder.display());
    }
    let progress = progress::spinner(format!("reading {}", settings.corpus));
    let text = Corpus::named(&settings.corpus, settings.corpus_seed).text()?;
    let characters = text.chars().count();
    if args.resume.is_some() && characters != settings.characters {
        let expected = settings.characters;
        bail!(
            "{}: expected the text that this training began with, of {expected} characters, found \
                {characters}",
            settings.corpus
        );
    }
    settings.characters = characters;
    let tokenization = match settings.bpe {
        Some(tokens) => Tokenization::BytePairs(tokens),
        None => Tokenization::Characters,
    };
    let corpus = tokenization.split(&text)?;
    progress.finish_and_clear();
    device.seed(recipe.seed);
    let (preset, vocab) = (settings.preset, corpus.tokenizer.vocab_size());
    let fit = Fit {
        args,
        folder,
        device: &device,
        corpus: &corpus,
        settings: &settings,
        recipe: &recipe,
    };
    match settings.architecture {
        Architecture::Gpt => {
            let config = GptConfig::preset(&preset, vocab);
            fit.run(config.init(&device), |model, folder| {
                decoder::checkpoint::save(model, &config, folder)
            })
        }
        Architecture::Llama => {
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
    let dropout = args.dropout.unwrap_or(preset.dropout);
    if !(0.0..1.0).contains(&dropout) {
        bail!("--dropout: expected a share of 0 or more and below 1, found {dropout}");
    }
    let steps = match args.steps {
        Some(steps) => steps as usize,
        None => preset.steps,
    };
    let corpus = match Corpus::named(&args.corpus, args.seed) {
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
        preset: training::Preset { steps, dropout, ..preset },
    })
}

/// The number as an index: clap reads ranges of `u32`.
fn to_usize(number: u32) -> usize {
    number as usize
}

/// Everything that a training of either architecture is given.
struct Fit<'a> {
    args: &'a Args,
    folder: &'a PathBuf,
    device: &'a Device,
    corpus: &'a decoder::TokenizedCorpus,
    settings: &'a Settings,
    recipe: &'a Recipe,
}

impl Fit<'_> {
    /// Trains the model; `save` writes one into the folder.
    fn run<M: Module + LanguageModel>(
        &self,
        model: M,
        save: impl Fn(&M, &Path) -> Result<(), checkpoint::CheckpointError>,
    ) -> Result<()> {
        let Self { args, folder, device, corpus, settings, recipe } = *self;
        let parameters = model.num_params();
        let block = settings.preset.block;
        let opening = format!(
            "{} of {parameters} parameters, {} tokens of {} to learn from, {} held back",
            args.architecture.name(),
            corpus.training.len(),
            corpus.tokenizer.vocab_size(),
            corpus.validation.len()
        );
        let task = CausalPretraining::new(corpus, &settings.preset, device)?;
        let settings = serde_json::to_value(settings)?;
        let resume = args.resume.is_some();
        let run = TrainingRun {
            device,
            folder: Some(folder),
            resume,
            settings: &settings,
            budget: args.budget,
        };
        let watch = Watch::new(recipe.steps, opening);
        let publish = |model: &M| {
            save(model, folder)?;
            Ok(corpus.tokenizer.save(folder, block)?)
        };
        let mut observer = Publisher { watch, publish, interrupt: Interrupt::catch()? };
        let trained = training::train(&task, model, recipe, run, &mut observer);
        observer.watch.end();
        self.finish(&trained?, &observer.watch)
    }

    /// Prints how the training went; an interrupt is an error that says how to go on.
    fn finish<M>(&self, trained: &Trained<M>, watch: &Watch) -> Result<()> {
        let folder = self.folder.display();
        let resume =
            format!("cargo rungs train {} --resume {folder}", self.args.architecture.name());
        if trained.stop == Stop::Interrupted {
            let error = format!(
                "stopped after {} of {} steps; model and state are in {folder}",
                trained.step, watch.steps
            );
            return Err(Helpful { error, help: format!("`{resume}` goes on") }.into());
        }
        output::line(training::curve(&watch.losses, CURVE.0, CURVE.1).trim_end())?;
        let (at, nats) = trained.best.unwrap_or_default();
        let tokens = (self.corpus.validation.len() - 1).max(1);
        let bits =
            lookup::bits_per_character(nats, tokens, self.corpus.validation_characters.max(1));
        let why = match trained.stop {
            Stop::Budget => ", the time being up",
            Stop::NoBetter => ", as it got no better",
            _ => "",
        };
        output::line(format!(
            "steps       {}{why}\nseconds     {:.1}\nvalidation  {nats:.4} nats a token, \
                {bits:.4} bits a character (best, after step {at})\n\
                written     {folder}: go on with it by\n            cargo rungs generate --model \
                {folder} --prompt '...'",
            trained.step, watch.seconds
        ))
    }
}

/// Observer that shows the training, publishes the best model into the folder, and stops at an
/// interrupt.
struct Publisher<F> {
    watch: Watch,
    /// Writes a model into the folder.
    publish: F,
    interrupt: Interrupt,
}

impl<M, F: Fn(&M) -> Result<(), SaveError>> Observer<M> for Publisher<F> {
    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        self.watch.show(event);
        if self.interrupt.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn on_evaluation(&mut self, model: &M, best: bool) -> Result<(), SaveError> {
        if best { (self.publish)(model) } else { Ok(()) }
    }
}

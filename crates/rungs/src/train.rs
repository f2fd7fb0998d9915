//! `cargo rungs train`

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use data::Corpus;
use decoder::{GptConfig, LanguageModel, Pretraining, Vocabulary};
use indicatif::ProgressBar;
use llama::LlamaConfig;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use training::{Draw, Event, Preset, Recipe, Run, SaveError, Stop, Task, Trained};

use crate::cli::{Architecture, TrainArgs};
use crate::output::Helpful;
use crate::{learning, model, output};

const BAR: &str = "{bar:30} step {pos} of {len}, {msg}";
/// Steps after which the time that is left is said.
const MEASURED: usize = 20;
/// Of the curve, in characters.
const CURVE: (usize, usize) = (72, 12);

/// What a training is resumed with, besides its recipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Settings {
    architecture: Architecture,
    corpus: String,
    corpus_seed: u64,
    /// Of the corpus: another text of the same name is noticed.
    characters: usize,
    bpe: Option<usize>,
    preset: Preset,
}

/// Trains until the steps or the time are done, or Ctrl-C.
pub fn run(args: &TrainArgs) -> Result<()> {
    let device = model::device(&args.device.device)?.autodiff();
    let (folder, mut settings, recipe) = match (&args.resume, &args.out) {
        (Some(folder), _) => {
            let (recipe, settings) = training::begun_with(folder)?;
            let settings: Settings = serde_json::from_value(settings)
                .with_context(|| format!("{}: expected a training of this command", folder.display()))?;
            (folder, settings, recipe)
        }
        (None, Some(folder)) => {
            let settings = settings(args)?;
            let recipe = settings.preset.recipe(args.seed);
            (folder, settings, Recipe { patience: args.patience.map(|n| n as usize), ..recipe })
        }
        (None, None) => bail!("--out: expected a folder to train into, found none"),
    };
    if settings.architecture != args.architecture {
        let (began, asked) = (settings.architecture.name(), args.architecture.name());
        bail!("{}: expected a {asked}, found the training of a {began}", folder.display());
    }
    let progress = output::spinner(format!("reading {}", settings.corpus));
    let text = Corpus::named(&settings.corpus, settings.corpus_seed).text()?;
    let characters = text.chars().count();
    if args.resume.is_some() && characters != settings.characters {
        let expected = settings.characters;
        bail!(
            "{}: expected the text that this training began with, of {expected} characters, found {characters}",
            settings.corpus
        );
    }
    settings.characters = characters;
    let vocabulary = settings.bpe.map_or(Vocabulary::Characters, Vocabulary::BytePairs);
    let corpus = vocabulary.split(&text)?;
    progress.finish_and_clear();
    device.seed(recipe.seed);
    let (preset, vocab) = (settings.preset, corpus.tokenizer.vocab_size());
    let fit = Fit { args, folder, device: &device, corpus: &corpus, settings: &settings, recipe: &recipe };
    match settings.architecture {
        Architecture::Gpt => {
            let config = GptConfig::preset(&preset, vocab);
            fit.run(config.init(&device), |model, folder| decoder::checkpoint::save(model, &config, folder))
        }
        Architecture::Llama => {
            let config = LlamaConfig::preset(&preset, vocab);
            fit.run(config.init(&device), |model, folder| llama::checkpoint::save(model, &config, folder))
        }
    }
}

/// What the options ask for.
fn settings(args: &TrainArgs) -> Result<Settings> {
    let preset = args.preset.sizes();
    let dropout = args.dropout.unwrap_or(preset.dropout);
    if !(0.0..1.0).contains(&dropout) {
        bail!("--dropout: expected a share of 0 or more and below 1, found {dropout}");
    }
    let steps = args.steps.map_or(preset.steps, |steps| steps as usize);
    let corpus = match Corpus::named(&args.corpus, args.seed) {
        Corpus::File(path) => std::path::absolute(&path)?.display().to_string(), // resumed from anywhere
        _ => args.corpus.clone(),
    };
    Ok(Settings {
        architecture: args.architecture,
        corpus,
        corpus_seed: args.seed,
        characters: 0,
        bpe: args.bpe.map(|tokens| tokens as usize),
        preset: Preset { steps, dropout, ..preset },
    })
}

/// All that a training of either architecture is given.
struct Fit<'a> {
    args: &'a TrainArgs,
    folder: &'a PathBuf,
    device: &'a Device,
    corpus: &'a decoder::Corpus,
    settings: &'a Settings,
    recipe: &'a Recipe,
}

impl Fit<'_> {
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
        let publish = |model: &M, folder: &Path| -> Result<(), SaveError> {
            save(model, folder)?;
            Ok(corpus.tokenizer.save(folder, block)?)
        };
        let task = Pretraining::new(corpus, &settings.preset, device)?;
        let task = Published { task, publish, settings: serde_json::to_value(settings)? };
        let stopped = learning::stopped()?;
        let run = Run { device, folder: Some(folder), resume: args.resume.is_some(), budget: args.budget };
        let mut watch = Watch::new(recipe.steps, opening);
        let trained = training::train(&task, model, recipe, run, &mut |event| {
            watch.see(event);
            if stopped.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        watch.bar.finish_and_clear();
        self.finish(&trained?, &watch)
    }

    fn finish<M>(&self, trained: &Trained<M>, watch: &Watch) -> Result<()> {
        let folder = self.folder.display();
        let resume = format!("cargo rungs train {} --resume {folder}", self.args.architecture.name());
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
        let bits = lookup::bits_per_character(nats, tokens, self.corpus.validation_characters.max(1));
        let why = match trained.stop {
            Stop::Budget => ", the time being up",
            Stop::NoBetter => ", as it got no better",
            _ => "",
        };
        output::line(format!(
            "steps       {}{why}\nseconds     {:.1}\nvalidation  {nats:.4} nats a token, {bits:.4} bits a character (best, after step {at})\n\
             written     {folder}: go on with it by\n            cargo rungs generate --model {folder} --prompt '...'",
            trained.step, watch.seconds
        ))
    }
}

/// [`Pretraining`] whose best model lies in the folder as others open it.
struct Published<'a, M, F> {
    task: Pretraining<'a, M>,
    publish: F,
    settings: Value,
}

impl<M, F> Task for Published<'_, M, F>
where
    M: Module + LanguageModel,
    F: Fn(&M, &Path) -> Result<(), SaveError>,
{
    type Model = M;

    fn loss(&self, model: &M, draw: Draw) -> Tensor<1> {
        self.task.loss(model, draw)
    }

    fn gradients(&self, model: &M, draw: Draw) -> (Tensor<1>, GradientsParams) {
        self.task.gradients(model, draw)
    }

    fn tokens(&self) -> usize {
        self.task.tokens()
    }

    fn evaluate(&self, model: &M) -> f64 {
        self.task.evaluate(model)
    }

    fn save(&self, model: &M, folder: &Path) -> Result<(), SaveError> {
        (self.publish)(model, folder)
    }

    fn settings(&self) -> Value {
        self.settings.clone()
    }
}

/// What is shown of a training as it goes.
struct Watch {
    /// Said with the first event: by then nothing was refused.
    opening: Option<String>,
    bar: ProgressBar,
    steps: usize,
    /// Steps of this run.
    seen: usize,
    losses: Vec<(f64, f64)>,
    /// Of this run, and of all.
    first_seconds: f64,
    seconds: f64,
}

impl Watch {
    fn new(steps: usize, opening: String) -> Self {
        Self {
            opening: Some(opening),
            bar: output::bar(steps as u64, BAR),
            steps,
            seen: 0,
            losses: Vec::new(),
            first_seconds: 0.0,
            seconds: 0.0,
        }
    }

    fn see(&mut self, event: &Event) {
        if let Some(opening) = self.opening.take() {
            self.bar.suspend(|| eprintln!("{opening}"));
        }
        match *event {
            Event::Evaluated { step, validation_loss, best, seconds } => {
                self.seconds = seconds;
                let mark = if best { "" } else { " (was better before)" };
                self.bar.suspend(|| eprintln!("step {step:5}  validation {validation_loss:.4}{mark}"));
            }
            Event::Step { step, steps, loss, tokens_per_s, seconds, .. } => {
                self.steps = steps;
                self.seconds = seconds;
                self.losses.push((step as f64, loss));
                self.seen += 1;
                if self.seen == 1 {
                    self.first_seconds = seconds;
                }
                let left = self.left(step);
                self.bar.set_length(steps as u64);
                self.bar.set_position(step as u64 + 1);
                self.bar
                    .set_message(format!("loss {loss:.3}, {tokens_per_s:.0} tokens/s, {} left", brief(left)));
                if self.seen == MEASURED {
                    self.bar.suspend(|| {
                        eprintln!("{tokens_per_s:.0} tokens/s: about {} left for {steps} steps", brief(left))
                    });
                }
            }
        }
    }

    /// From the pace of this run without its first step, in which a device may compile its kernels.
    fn left(&self, step: usize) -> Duration {
        let pace = (self.seconds - self.first_seconds) / (self.seen.max(2) - 1) as f64;
        Duration::from_secs_f64(pace * self.steps.saturating_sub(step + 1) as f64)
    }
}

/// `1 h 5 m`, `12 m 3 s`, `8 s`.
fn brief(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} m {s} s"),
        (h, m, _) => format!("{h} h {m} m"),
    }
}

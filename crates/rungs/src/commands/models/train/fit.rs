//! A training of either architecture: what is shown and written while it goes on, and after it.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use burn::module::Module;
use burn::tensor::Device;
use course::{Axis, Figure, Line, Marks, Panel};
use decoder::{CausalPretraining, Generation, LanguageModel, Sampling, TokenizedCorpus};
use files::FilesError;
use serde_json::{Value, json};
use tokens::{Chat, TokensError};
use training::{Event, Observer, Recipe, SaveError, Stop, Task, Trained, TrainingRun};

use super::{Args, Settings};
use crate::shell::failure::{Helpful, STANDARD_INPUT};
use crate::shell::interrupt::Interrupt;
use crate::shell::output;
use crate::shell::watch::Watch;

/// The folder, within a training's own, of the model as it was when an interrupt came.
const NEWEST: &str = "newest";
/// Tokens of a sample, those before it that are given, and how boldly it is drawn.
const SAMPLE: usize = 40;
const PROMPT: usize = 16;
const SAMPLE_TEMPERATURE: f64 = 0.8;
/// The most points of a curve in the figure.
const POINTS: usize = 300;

/// Times that a training reads its text from which on it learns it by heart.
const MANY_TIMES: usize = 40;

/// Width of the loss curve at most, of the numbers left of it, and its height, in characters.
const CURVE: usize = 72;
const NUMBERS: usize = 9;
const HEIGHT: usize = 12;

/// Everything that a training of either architecture is given.
pub struct Fit<'a> {
    pub(super) args: &'a Args,
    pub(super) folder: &'a PathBuf,
    pub(super) device: &'a Device,
    pub(super) corpus: &'a TokenizedCorpus,
    pub(super) chat: Option<&'a Chat>,
    pub(super) stops: &'a [u32],
    pub(super) settings: &'a Settings,
    pub(super) recipe: &'a Recipe,
}

impl Fit<'_> {
    /// Trains the model; `save` writes one into a folder.
    pub fn run<M: Module + LanguageModel>(
        &self,
        model: M,
        save: impl Fn(&M, &Path) -> Result<(), checkpoint::CheckpointError>,
    ) -> Result<()> {
        let Self { args, folder, device, corpus, settings, recipe, .. } = *self;
        let parameters = model.num_params();
        let longest = model.max_tokens();
        let preset =
            training::Preset { block: settings.preset.block.min(longest), ..settings.preset };
        let opening = format!(
            "{} of {parameters} parameters, {} tokens of {} to learn from, {} held back",
            args.architecture.name(),
            corpus.training.len(),
            corpus.tokenizer.vocab_size(),
            corpus.validation.len()
        );
        let task = CausalPretraining::new(corpus, &preset, device)?;
        self.note_what_is_bent(preset.block, task.tokens());
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
        let publish = |model: &M, folder: &Path| {
            save(model, folder)?;
            Ok(self.publish_rest(folder, longest)?)
        };
        let sample = |model: &M| self.sample(model);
        let interrupt = Interrupt::catch()?;
        let mut observer = Publisher { watch, folder, publish, sample, written: None, interrupt };
        let trained = training::train(&task, model, recipe, run, &mut observer);
        observer.watch.end();
        let trained = trained?;
        figure(folder)?;
        let newest = folder.join(NEWEST);
        if trained.stop == Stop::Interrupted {
            output::folder(&newest)?;
            (observer.publish)(&trained.model.valid(), &newest).map_err(|error| anyhow!(error))?;
        } else if newest.exists() {
            // that of an interruption before
            fs::remove_dir_all(&newest).map_err(FilesError::io(&newest, "removing"))?;
        }
        self.finish(&trained, &observer.watch)
    }

    /// Notes on standard error what is not as it was asked for, and a text that is too short.
    fn note_what_is_bent(&self, block: usize, tokens_a_step: usize) {
        let Self { args, corpus, settings, recipe, .. } = *self;
        let (asked, vocab) = (settings.preset.block, corpus.tokenizer.vocab_size());
        if block < asked {
            note!("note: blocks of {block} tokens, not {asked}: the model sees no more");
        }
        if let Some(bpe) = settings.bpe
            && vocab < bpe
        {
            note!("note: --bpe {bpe}: the text has pairs for {vocab} tokens");
        }
        let tokens = corpus.training.len();
        let times = recipe.steps * recipe.accumulation * tokens_a_step / tokens.max(1);
        if args.resume.is_none() && times >= MANY_TIMES {
            note!(
                "note: {} has {tokens} tokens, few to learn from: {} steps read each some {times} \
                    times, which learns them by heart; the model is kept as it was when what is \
                    held back surprised it least",
                settings.corpus,
                recipe.steps
            );
        }
    }

    /// Writes what lies beside a model's configuration and weights.
    fn publish_rest(&self, folder: &Path, longest: usize) -> Result<(), TokensError> {
        self.corpus.tokenizer.save(folder, longest)?;
        if let Some(chat) = self.chat {
            chat.save(folder)?;
        }
        if !self.stops.is_empty() {
            let settings = json!({"eos_token_id": self.stops});
            files::write_json(&folder.join("generation_config.json"), &settings)?;
        }
        Ok(())
    }

    /// How the model goes on from the beginning of what is held back, in one line.
    fn sample<M: LanguageModel>(&self, model: &M) -> Result<String, SaveError> {
        let prompt = &self.corpus.validation[..PROMPT.min(self.corpus.validation.len())];
        let device = self.device.clone().inner();
        let sampling = Sampling::new(SAMPLE_TEMPERATURE, None, 1.0)?;
        let prompts = [prompt.to_vec()];
        let drawn = Generation::new(model, &prompts, SAMPLE, sampling, self.recipe.seed, &device);
        let written: Vec<u32> = drawn.flatten().collect();
        let decode = |ids: &[u32]| self.corpus.tokenizer.decode(ids);
        let (before, after) = (decode(prompt)?, decode(&written)?);
        Ok(files::one_line(&format!("{before} | {after}")))
    }

    /// Prints how the training went; an interrupt is an error that says how to go on.
    fn finish<M>(&self, trained: &Trained<M>, watch: &Watch) -> Result<()> {
        let name = self.folder.to_string_lossy();
        let folder = shlex::try_quote(&name)?; // as it is pasted into a shell
        let resume =
            format!("cargo rungs train {} --resume {folder}", self.args.architecture.name());
        if trained.stop == Stop::Interrupted {
            let error = format!(
                "stopped after {} of {} steps; state and best model are in {folder}, the model as \
                    it is now in {folder}/{NEWEST}",
                trained.step, watch.steps
            );
            let again = if self.settings.corpus == STANDARD_INPUT {
                ", with the same text on standard input"
            } else {
                ""
            };
            return Err(Helpful { error, help: format!("`{resume}` goes on{again}") }.into());
        }
        let room = output::columns().map_or(CURVE, |columns| columns.saturating_sub(NUMBERS));
        output::line(training::curve(&watch.losses, CURVE.min(room.max(1)), HEIGHT).trim_end())?;
        let (at, nats) = trained.best.unwrap_or_default();
        // its first token is not predicted, and counts as the mean of the others
        let (tokens, characters) =
            (self.corpus.validation.len(), self.corpus.validation_characters);
        let bits = lookup::bits_per_character(nats, tokens, characters.max(1));
        let why = match trained.stop {
            Stop::Budget => ", the time being up",
            Stop::NoBetter => ", as it got no better",
            Stop::Done if watch.losses.is_empty() => ", all of them done before",
            _ => "",
        };
        let longer = match trained.stop {
            Stop::NoBetter => String::new(), // nor would it then
            Stop::Done => format!("\ntrain on    {resume} --steps {}", 2 * trained.step),
            Stop::Budget | Stop::Interrupted => format!("\ntrain on    {resume}"),
        };
        output::line(format!(
            "steps       {}{why}\nseconds     {:.1}\nvalidation  {nats:.4} nats a token, \
                {bits:.4} bits a character\n            (the best, after step {at})\n\
                written     {folder}\ntry it      cargo rungs generate --model {folder} \
                --prompt '...'{longer}",
            trained.step, watch.seconds
        ))
    }
}

/// Observer that shows the training, publishes the best model into the folder, and stops at an
/// interrupt.
struct Publisher<'a, F, S> {
    watch: Watch,
    folder: &'a Path,
    /// Writes a model into a folder.
    publish: F,
    /// What a model writes.
    sample: S,
    /// What it wrote at an evaluation that was not shown yet.
    written: Option<String>,
    interrupt: Interrupt,
}

impl<M, F, S> Observer<M> for Publisher<'_, F, S>
where
    F: Fn(&M, &Path) -> Result<(), SaveError>,
    S: Fn(&M) -> Result<String, SaveError>,
{
    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        self.watch.show(event);
        if let Some(sample) = self.written.take() {
            note!("  {sample}");
        }
        if self.interrupt.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn on_evaluation(&mut self, model: &M, best: bool) -> Result<(), SaveError> {
        self.written = Some((self.sample)(model)?);
        if best { (self.publish)(model, self.folder) } else { Ok(()) }
    }
}

/// Draws the losses that metrics.jsonl has, those of earlier runs among them, as loss.svg.
fn figure(folder: &Path) -> Result<()> {
    let text = files::read_text(&folder.join("metrics.jsonl"), "the events of a training")?;
    let (mut losses, mut validation) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let event: Value = serde_json::from_str(line)
            .map_err(|error| anyhow!("{}: metrics.jsonl: {error}", folder.display()))?;
        let step = event["step"].as_f64().unwrap_or_default();
        losses.extend(event["loss"].as_f64().map(|loss| (step, loss)));
        validation.extend(event["validation_loss"].as_f64().map(|loss| (step, loss)));
    }
    let lines = [("batch", thinned(&losses)), ("held back", validation)];
    let lines = lines.into_iter().map(|(name, points)| Line::new(name, points)).collect();
    output::write_figure(folder, &Figure {
        name: "loss".into(),
        title: "Loss over the steps of the training".into(),
        alt: "Two curves over the training steps: the loss of each batch and of the text held back."
            .into(),
        band: 0.0,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("step"),
            y: Axis::linear("loss (nats per token)"),
            marks: Marks::Lines(lines),
        }],
    })
}

/// At most [`POINTS`] points of a curve, each the mean of its neighbours.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let together = points.len().div_ceil(POINTS).max(1);
    let mut means = Vec::new();
    for part in points.chunks(together) {
        let loss: f64 = part.iter().map(|(_, loss)| loss).sum();
        means.push((part[part.len() / 2].0, loss / part.len() as f64));
    }
    means
}

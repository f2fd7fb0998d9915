//! What the lesson shows: what a longer past is worth, a model that learns to write, ways to draw
//! the next token, and a recorded training beside PyTorch's.

mod context;
mod drawing;
mod learning;
pub mod picture;
mod shakespeare;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use anyhow::Result;
use burn::module::Module;
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step};
use data::World;
use lookup::bits_per_character;
use training::{Event, Observer, Preset, Recipe, SaveError, train};

use crate::{
    CausalPretraining, Generation, Gpt, GptConfig, Sampling, Tokenization, TokenizedCorpus,
};

pub use shakespeare::{Curve, RecordedTraining, recorded};

/// Size of all models that are trained here: half the layers of the tiny preset, half its tokens per
/// step, and four heads.
const SIZE: Preset = Preset { n_layers: 1, n_heads: 4, batch: 8, steps: 1000, ..Preset::TINY };

/// Highest learning rate: a model this narrow bears six times that of nanoGPT.
const LEARNING_RATE: f64 = 6e-3;

/// Sentences of the toy world that the models are trained on and, the last tenth, measured on.
const SENTENCES: usize = 4000;

/// How far a loss may differ on another processor: a share of it, or of 1 where it is smaller.
const TRAINED: f64 = 0.06;
/// How far a share of written words may differ.
const WRITTEN: f64 = 0.12;
/// How far a number of words or of candidates may differ: a share of it.
const COUNTED: f64 = 0.35;
/// How far a logit of the next character may differ: a share of it, or of 1 where it is smaller.
const SCORED: f64 = 0.5;
/// How far a probability of the next character may differ.
const DRAWN: f64 = 0.1;

/// Runs the demo of the lesson.
///
/// # Errors
///
/// None that a reader can cause: the demo reads no file.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    let text = data::Corpus::Toy { seed: run.seed, sentences: SENTENCES }.text()?;
    let corpus = Tokenization::Characters.split(&text)?;
    report.figure(shapes());
    report.figure(picture::draw()?);
    let watched = context::by_tokens_seen(run, &text, &corpus, &mut report)?;
    learning::as_it_learns(&watched, &corpus, &mut report);
    drawing::by_temperature(run, &watched.model, &corpus, &mut report)?;
    drawing::by_cut(run, &watched.model, &corpus, &mut report)?;
    shakespeare::beside_pytorch(&mut report)?;
    Ok(report)
}

/// Figure of the axes that go in and come out at each step.
fn shapes() -> Figure {
    let x = "batch, tokens, d_model";
    let steps = vec![
        Step::input("ids", "batch, tokens"),
        Step::input("table", "vocab, d_model"),
        Step::new("x_0", x, "rows of the table by id, plus positions", ["ids", "table"]),
        Step::new("x_n", x, "n decoder layers in turn (lesson 10)", ["x_0"]),
        Step::new("normed", x, "layer norm", ["x_n"]),
        Step::new(
            "logits",
            "batch, tokens, vocab",
            "products with all rows of the table",
            ["normed", "table"],
        ),
        Step::new("last logits", "batch, vocab", "those of the last token", ["logits"]),
        Step::new("next id", "batch", "temperature, top-k, top-p, a draw", ["last logits"]),
    ];
    let alt = "Shapes of GPT: ids [batch, tokens] pick rows of the table [vocab, d_model] and \
        become x_0 [batch, tokens, d_model]; decoder layers and a norm keep that shape; products \
        with all rows of the same table make logits [batch, tokens, vocab]; those of the last \
        token, [batch, vocab], give the next id.";
    Figure::shapes("12-shapes", "GPT: one table at both ends", alt, steps)
}

/// A panel of lines.
fn panel(title: &str, x: Axis, y: &str, lines: Vec<Line>) -> Panel {
    Panel { title: title.into(), x, y: Axis::linear(y), marks: Marks::Lines(lines) }
}

/// Observer of a training: keeps the loss of every evaluation, and hands the model to `look`.
struct Watching<F> {
    /// Pairs of (step, nats per token on the held-back text).
    curve: Vec<(usize, f64)>,
    /// What is called with the model at every evaluation.
    look: F,
}

impl<F: FnMut(&Gpt)> Observer<Gpt> for Watching<F> {
    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        if let Event::Evaluated { step, validation_loss, .. } = *event {
            self.curve.push((step, validation_loss));
        }
        ControlFlow::Continue(())
    }

    fn on_evaluation(&mut self, model: &Gpt, _: bool) -> Result<(), SaveError> {
        (self.look)(model);
        Ok(())
    }
}

/// Trains a GPT of [`SIZE`] on blocks of `seen` tokens. However long the blocks are, a step has as
/// many tokens.
///
/// The second part of the output is the loss on the held-back text, as (step, nats per token):
/// before the first step, after every `every` steps and after the last.
fn train_gpt(
    run: &Run,
    corpus: &TokenizedCorpus,
    seen: usize,
    every: usize,
    look: impl FnMut(&Gpt),
) -> Result<(Gpt, Vec<(usize, f64)>)> {
    let device = run.device.clone().autodiff();
    run.device.seed(run.seed);
    let model = GptConfig::preset(&SIZE, corpus.tokenizer.vocab_size()).init(&device);
    let blocks = Preset { block: seen, batch: SIZE.batch * SIZE.block / seen, ..SIZE };
    let task = CausalPretraining::new(corpus, &blocks, &device)?;
    let recipe = Recipe {
        learning_rate: LEARNING_RATE,
        minimum_learning_rate: LEARNING_RATE / 10.0,
        evaluate_every: every,
        ..blocks.recipe(run.seed)
    };
    let mut watching = Watching { curve: Vec::new(), look };
    let end = train(&task, model, &recipe, training::TrainingRun::on(&device), &mut watching)?;
    Ok((end.model.valid(), watching.curve))
}

/// Bits per character from nats per token, on the held-back text.
fn held_back_bits(corpus: &TokenizedCorpus, nats: f64) -> f64 {
    bits_per_character(nats, corpus.validation.len(), corpus.validation_characters)
}

/// Texts that are generated together, and characters of each.
const TEXTS: usize = 16;
const CHARACTERS: usize = 200;
/// Characters of a text that a table shows.
const OPENING: usize = 64;

/// Texts that a model generates, each beginning with a line of its own.
///
/// # Errors
///
/// If the corpus has no line break.
fn generated_texts(
    run: &Run,
    model: &Gpt,
    corpus: &TokenizedCorpus,
    sampling: Sampling,
) -> Result<Vec<String>> {
    let line_break = corpus.tokenizer.encode_whole("\n")?;
    let prompts = vec![line_break; TEXTS];
    let mut ids = vec![Vec::new(); TEXTS];
    for drawn in Generation::new(model, &prompts, CHARACTERS, sampling, run.seed, run.device) {
        for (text, token) in ids.iter_mut().zip(drawn) {
            text.push(token);
        }
    }
    let mut texts = Vec::with_capacity(TEXTS);
    for text in &ids {
        texts.push(corpus.tokenizer.decode(text)?);
    }
    Ok(texts)
}

/// The share of the words of some texts that the toy world has, and how many different ones of
/// those there are. The last word of a text, which may be cut off, is not counted.
fn existing_words(texts: &[String]) -> (f64, usize) {
    let vocabulary = World::vocabulary();
    let (mut all, mut existing) = (0, 0);
    let mut different = BTreeSet::new();
    for text in texts {
        let Some((whole_words, _)) = text.rsplit_once(|c: char| !c.is_alphabetic()) else {
            continue;
        };
        for word in data::words(whole_words) {
            all += 1;
            if vocabulary.binary_search(&word.as_str()).is_ok() {
                existing += 1;
                different.insert(word);
            }
        }
    }
    (existing as f64 / all.max(1) as f64, different.len())
}

/// The first characters of a text on one line: a line break is a stroke.
fn opening(text: &str) -> String {
    text.chars().take(OPENING).collect::<String>().replace('\n', "/")
}

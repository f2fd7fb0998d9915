//! What the lesson shows: what a longer past is worth, a model that learns to write, ways to draw
//! from it, and a recorded training beside PyTorch's.

mod context;
mod drawing;
mod learning;
mod shakespeare;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use anyhow::Result;
use burn::module::Module;
use course::{Figure, Report, Run, Step};
use data::World;
use lookup::bits_per_character;
use training::{Event, Observer, Preset, Recipe, SaveError, train};

use crate::{
    CausalPretraining, Generation, Gpt, GptConfig, Sampling, Tokenization, TokenizedCorpus,
};

pub use shakespeare::{Curve, RecordedTraining, recorded};

/// The size of all that is trained here: half of the tiny preset's layers and of its tokens a step,
/// in four heads.
const SIZE: Preset = Preset { n_layers: 1, n_heads: 4, batch: 8, steps: 1000, ..Preset::TINY };

/// The highest one: a model this narrow bears six times the steps of nanoGPT's.
const LEARNING_RATE: f64 = 6e-3;

/// Sentences of the toy world that are learnt from and, the last tenth, measured on.
const SENTENCES: usize = 4000;

/// Runs the lesson.
///
/// # Errors
///
/// None that a reader can cause: it reads no file.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    let text = data::Corpus::Toy { seed: run.seed, sentences: SENTENCES }.text()?;
    let corpus = Tokenization::Characters.split(&text)?;
    report.figure(shapes());
    let writer = context::by_tokens_seen(run, &text, &corpus, &mut report)?;
    learning::as_it_learns(&writer, &corpus, &mut report);
    drawing::by_temperature(run, &writer.model, &corpus, &mut report)?;
    drawing::by_cut(run, &writer.model, &corpus, &mut report)?;
    shakespeare::beside_pytorch(&mut report)?;
    Ok(report)
}

/// Which axes go in and which come out.
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

/// Keeps the loss of every evaluation, and looks at the model.
struct Watching<F> {
    /// (step, nats a token on the text held back)
    curve: Vec<(usize, f64)>,
    look: F,
}

impl<F: FnMut(&Gpt)> Observer<Gpt> for Watching<F> {
    fn hear(&mut self, event: &Event) -> ControlFlow<()> {
        if let Event::Evaluated { step, validation_loss, .. } = *event {
            self.curve.push((step, validation_loss));
        }
        ControlFlow::Continue(())
    }

    fn see(&mut self, model: &Gpt, _: bool) -> Result<(), SaveError> {
        (self.look)(model);
        Ok(())
    }
}

/// A GPT of [`SIZE`] trained on blocks of `seen` tokens, as many tokens a step whatever that is;
/// and its nats a token on the text held back, (step, nats), before the first step, after every so
/// many and after the last.
fn trained(
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
    let trained = train(&task, model, &recipe, training::TrainingRun::on(&device), &mut watching)?;
    Ok((trained.model.valid(), watching.curve))
}

/// Bits a character from nats a token, on the text held back.
fn bits(corpus: &TokenizedCorpus, nats: f64) -> f64 {
    bits_per_character(nats, corpus.validation.len(), corpus.validation_characters)
}

/// Texts that are written at a time, and characters of each.
const TEXTS: usize = 16;
const CHARACTERS: usize = 200;
/// Characters of a text that are shown.
const OPENING: usize = 64;

/// What a model writes, beginning with a line of its own.
///
/// # Errors
///
/// If the corpus has no line break.
fn written(
    run: &Run,
    model: &Gpt,
    corpus: &TokenizedCorpus,
    sampling: Sampling,
) -> Result<Vec<String>> {
    let line_break = corpus.tokenizer.encode_whole("\n")?;
    let prompts = vec![line_break; TEXTS];
    let drawn: Vec<Vec<u32>> =
        Generation::new(model, &prompts, CHARACTERS, sampling, run.seed, run.device).collect();
    let text = |text: usize| drawn.iter().map(|tokens| tokens[text]).collect::<Vec<u32>>();
    (0..TEXTS).map(|i| Ok(corpus.tokenizer.decode(&text(i))?)).collect()
}

/// Of all words of some texts, the share that the toy world has; and how many different ones of
/// those there are. The last word of a text, which may be cut off, is not counted.
fn words(texts: &[String]) -> (f64, usize) {
    let whole = |text: &String| {
        data::words(text.rsplit_once(|c: char| !c.is_alphabetic()).unwrap_or_default().0)
    };
    let words: Vec<String> = texts.iter().flat_map(whole).collect();
    let vocabulary = World::vocabulary();
    let exists = |word: &&String| vocabulary.binary_search(&word.as_str()).is_ok();
    let existing: Vec<&String> = words.iter().filter(exists).collect();
    let share = existing.len() as f64 / words.len().max(1) as f64;
    (share, existing.into_iter().collect::<BTreeSet<_>>().len())
}

/// The first characters of a text on one line: a line break is a stroke.
fn opening(text: &str) -> String {
    text.chars().take(OPENING).map(|c| if c == '\n' { '/' } else { c }).collect()
}

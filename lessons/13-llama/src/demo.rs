//! What the lesson shows: four parts exchanged one by one, what the key-value cache saves and holds,
//! and RoPE at lengths that it was not trained at.

mod cache;
mod parts;
pub mod picture;
mod stretch;

use std::ops::ControlFlow;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::Device;
use course::{Figure, Report, Run, Step};
use decoder::{CausalPretraining, LanguageModel, Tokenization, TokenizedCorpus};
use training::{Event, Preset, Recipe, train};

use crate::{Llama, LlamaConfig};

pub use parts::{Parts, Stage};

/// The size of everything that is trained here: that of lesson 12.
pub const SIZE: Preset = Preset { n_layers: 1, n_heads: 4, batch: 8, steps: 400, ..Preset::TINY };

/// Highest learning rate: that of lesson 12.
const LEARNING_RATE: f64 = 6e-3;

/// Number of seeds that each stage is trained with: what two of them differ by is chance.
const SEEDS: u64 = 3;

/// Sentences of the toy world that the models are trained on and, the last tenth, measured on.
const SENTENCES: usize = 1000;

/// How many times longer the texts are that the last model sees than those it is trained on.
const LONGER: usize = 4;

/// Runs the demo of the lesson.
///
/// # Errors
///
/// None that a reader can cause: the demo reads no file.
pub fn demo(run: &Run) -> Result<Report> {
    demo_of(run, SEEDS)
}

/// [`demo`] with every stage trained with this many seeds.
///
/// # Errors
///
/// As [`demo`].
pub fn demo_of(run: &Run, seeds: u64) -> Result<Report> {
    let mut report = Report::default();
    let text = data::Corpus::Toy { seed: run.seed, sentences: SENTENCES }.text()?;
    let corpus = Tokenization::Characters.split(&text)?;
    report.figure(shapes());
    report.figure(picture::cache());
    parts::one_by_one(run, seeds, &corpus, &mut report)?;
    cache::by_groups(&mut report);
    let (config, model) = llama(run, &corpus)?;
    cache::same_characters(&model, &corpus, run, &mut report);
    cache::with_and_without(&model, &corpus, run, &mut report)?;
    stretch::after_the_fact(&config, &model, &corpus, run, &mut report)?;
    Ok(report)
}

/// Trains a LLaMA on texts of [`SIZE`]'s length that is made to see longer ones.
fn llama(run: &Run, corpus: &TokenizedCorpus) -> Result<(LlamaConfig, Llama)> {
    let mut config = LlamaConfig::preset(&SIZE, corpus.tokenizer.vocab_size());
    config.max_tokens = LONGER * SIZE.block;
    run.device.seed(run.seed);
    let model = config.init(&run.device.clone().autodiff());
    let (model, _) = trained(model, corpus, &SIZE, run.seed, run.device)?;
    Ok((config, model))
}

/// Trains a model. The second part of the answer is the loss on the held-back text, as (step, nats
/// per character).
fn trained<M: Module + LanguageModel>(
    model: M,
    corpus: &TokenizedCorpus,
    size: &Preset,
    seed: u64,
    device: &Device,
) -> Result<(M, Vec<(f64, f64)>)> {
    let device = device.clone().autodiff();
    let task = CausalPretraining::new(corpus, size, &device)?;
    let recipe = Recipe {
        learning_rate: LEARNING_RATE,
        minimum_learning_rate: LEARNING_RATE / 10.0,
        ..size.recipe(seed)
    };
    let mut curve = Vec::new();
    let trained =
        train(&task, model, &recipe, training::TrainingRun::on(&device), &mut |event: &Event| {
            if let Event::Evaluated { step, validation_loss, .. } = *event {
                curve.push((step as f64, validation_loss));
            }
            ControlFlow::Continue(())
        })?;
    Ok((trained.model.valid(), curve))
}

/// Figure of the axes that go in and come out at each step.
fn shapes() -> Figure {
    let x = "batch, tokens, d_model";
    let steps = vec![
        Step::input("ids", "batch, tokens"),
        Step::input("table", "vocab, d_model"),
        Step::new("x", x, "rows of the table by id, no positions", ["ids", "table"]),
        Step::new("normed", x, "RMSNorm", ["x"]),
        Step::new("q", "batch, heads, tokens, d_head", "W_q, turned by RoPE", ["normed"]),
        Step::new("k", "batch, n_kv_heads, tokens, d_head", "W_k, turned by RoPE", ["normed"]),
        Step::new("v", "batch, n_kv_heads, tokens, d_head", "W_v", ["normed"]),
        Step::new("a", x, "causal attention, W_o, added to x", ["x", "q", "k", "v"]),
        Step::new("gated", "batch, tokens, d_ff", "silu(gate) * up, of RMSNorm(a)", ["a"]),
        Step::new("x_1", x, "down, added to a", ["a", "gated"]),
        Step::new(
            "logits",
            "batch, tokens, vocab",
            "RMSNorm, products with all rows",
            ["x_1", "table"],
        ),
    ];
    let alt = "Shapes of LLaMA with one layer: ids [batch, tokens] pick rows of the table \
        [vocab, d_model], x [batch, tokens, d_model], without positions; after RMSNorm come \
        queries q [batch, heads, tokens, d_head], and keys k and values v of fewer heads, [batch, \
        n_kv_heads, tokens, d_head]; attention is added to x, the gated feed-forward [batch, \
        tokens, d_ff] to that; the same table makes logits [batch, tokens, vocab].";
    Figure::shapes("13-shapes", "LLaMA with one layer", alt, steps)
}

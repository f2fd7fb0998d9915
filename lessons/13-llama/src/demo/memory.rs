//! What memory saves, and what it holds.

use std::cell::Cell;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Int, Tensor};
use course::{Axis, Bar, Figure, Line, Marks, Panel, Report, Run, Table};
use decoder::{Generation, LanguageModel, Sampling, TokenizedCorpus};
use layer::DecoderLayer;
use serde::Deserialize;

use super::parts::numbers_a_token;
use crate::{Llama, LlamaConfig};

/// Layers, numbers a token and query heads of the model whose key/value heads are shared by more
/// and more.
const GROUPED: [usize; 3] = [1, 64, 8];

/// Its key/value heads and what that is called.
const KV_HEADS: [(usize, &str); 4] =
    [(8, "multi-head"), (4, "grouped-query"), (2, "grouped-query"), (1, "multi-query")];

/// What memory holds of a token, by how many key/value heads there are.
pub(super) fn by_groups(run: &Run, report: &mut Report) {
    let [n_layers, d_model, n_heads] = GROUPED;
    report.say(format!("{n_layers} layer of {d_model} numbers in {n_heads} query heads:"));
    let mut table = Table::new(["key/value heads", "memory a token", "parameters of attention"]);
    let mut bars = Vec::new();
    for (kv_heads, name) in KV_HEADS {
        let config =
            LlamaConfig::new(2, d_model, n_layers, n_heads, 1, 1).with_n_kv_heads(Some(kv_heads));
        let model = config.init(run.device);
        let memory = numbers_a_token(&model, run.device);
        let attention: usize = model.layers.iter().map(|layer| layer.attention.num_params()).sum();
        table.row([kv_heads, memory, attention]);
        bars.push(Bar { label: kv_heads.to_string(), group: name.into(), value: memory as f64 });
    }
    report.table(&table);
    report.figure(Figure {
        name: "13-groups".into(),
        title: "What memory keeps of one token".into(),
        alt: "Numbers that memory keeps of one token in a layer of 64 with 8 query heads: 128 \
            with 8 key/value heads, 64 with 4, 32 with 2 and 16 with one for all."
            .into(),
        band: 0.0,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("key/value heads for 8 query heads"),
            y: Axis::linear("numbers a token"),
            marks: Marks::Bars(bars),
        }],
    });
}

/// Prompts that are continued, and the characters of each.
const PROMPTS: usize = 4;
const PROMPT: usize = 8;

/// Characters written for each: more than the model sees, so that it has to forget on the way.
const WRITTEN: usize = 200;

/// The first characters of the text held back.
fn prompts(corpus: &TokenizedCorpus) -> Vec<Vec<u32>> {
    corpus.validation.chunks(PROMPT).take(PROMPTS).map(<[u32]>::to_vec).collect()
}

/// Whether memory changes what is written.
pub(super) fn same_characters(
    model: &Llama,
    corpus: &TokenizedCorpus,
    run: &Run,
    report: &mut Report,
) {
    let sees = model.max_tokens();
    report.say(format!(
        "{PROMPTS} texts of {PROMPT} characters continued by {WRITTEN}, with memory and without \
            (the model sees {sees}):"
    ));
    for (how, sampling) in
        [("the likeliest each time", Sampling::GREEDY), ("drawn", Sampling::default())]
    {
        let begin =
            || Generation::new(model, &prompts(corpus), WRITTEN, sampling, run.seed, run.device);
        let pairs = begin().flatten().zip(begin().without_cache().flatten());
        let same = pairs.filter(|(with, without)| with == without).count();
        report.say(format!("  {how}: {same} of {} characters are the same", PROMPTS * WRITTEN));
    }
    report.say("");
}

/// A model, and the tokens that it was given to read since somebody asked.
struct Counted<'a> {
    model: &'a Llama,
    read: Cell<usize>,
}

impl LanguageModel for Counted<'_> {
    fn embed(&self, ids: Tensor<2, Int>, first: usize, padding: &[usize]) -> Tensor<3> {
        self.read.set(self.read.get() + ids.dims()[1]);
        self.model.embed(ids, first, padding)
    }

    fn layers(&self) -> &[DecoderLayer] {
        self.model.layers()
    }

    fn finish(&self, x: Tensor<3>) -> Tensor<3> {
        self.model.finish(x)
    }

    fn unembed(&self, x: Tensor<3>) -> Tensor<3> {
        self.model.unembed(x)
    }

    fn max_tokens(&self) -> usize {
        self.model.max_tokens()
    }

    fn vocab(&self) -> usize {
        self.model.vocab()
    }

    fn parameters(&self) -> usize {
        self.model.parameters()
    }
}

/// For each character of a text: how many stand before it, and how many were read to write it.
fn characters_read(
    model: &Llama,
    corpus: &TokenizedCorpus,
    with_memory: bool,
    run: &Run,
) -> Vec<(f64, f64)> {
    let counted = Counted { model, read: Cell::new(0) };
    let prompt = &prompts(corpus)[..1];
    let generation =
        Generation::new(&counted, prompt, WRITTEN, Sampling::GREEDY, run.seed, run.device);
    let mut generation = if with_memory { generation } else { generation.without_cache() };
    let places = (PROMPT..).map(|before| before as f64);
    places
        .map_while(|before| generation.next().map(|_| (before, counted.read.take() as f64)))
        .collect()
}

/// How long a token took by how many stood before it: recorded, since a fresh measurement says as
/// much about what else the machine has to do.
#[derive(Deserialize)]
struct Times {
    commands: Vec<String>,
    device: String,
    parameters: usize,
    with_cache: Vec<(f64, f64)>,
    without_cache: Vec<(f64, f64)>,
}

/// What is read for each token, and how long that takes.
pub(super) fn with_and_without(
    model: &Llama,
    corpus: &TokenizedCorpus,
    run: &Run,
    report: &mut Report,
) -> Result<()> {
    let reads = [false, true].map(|with_memory| characters_read(model, corpus, with_memory, run));
    let [without, with] =
        reads.each_ref().map(|reads| reads.iter().map(|&(_, read)| read).sum::<f64>());
    report.say(format!(
        "To write {WRITTEN} characters after a prompt of {PROMPT}, {without} are read without \
            memory and {with} with it."
    ));
    report.say("");
    let times: Times = serde_json::from_str(include_str!("../times.json"))?;
    report.say(format!(
        "Milliseconds a token of a LLaMA of {} parameters, {}:",
        times.parameters, times.device
    ));
    let mut table = Table::new(["tokens before", "without memory", "with memory"]);
    for (without, with) in times.without_cache.iter().zip(&times.with_cache) {
        table.row([without.0.to_string(), format!("{:.3}", without.1), format!("{:.3}", with.1)]);
    }
    report.table(&table);
    report.say("Recorded, medians of 16 tokens, by:");
    times.commands.iter().for_each(|command| report.say(format!("  {command}")));
    report.say("");
    report.figure(figure(reads, [times.without_cache, times.with_cache]));
    Ok(())
}

/// Without memory first, both times.
fn figure(reads: [Vec<(f64, f64)>; 2], times: [Vec<(f64, f64)>; 2]) -> Figure {
    let panel = |title: &str, y: &str, [without, with]: [Vec<(f64, f64)>; 2]| Panel {
        title: title.into(),
        x: Axis::linear("tokens before it"),
        y: Axis::linear(y),
        marks: Marks::Lines(vec![
            Line::new("without memory", without),
            Line::new("with memory", with),
        ]),
    };
    Figure {
        name: "13-memory".into(),
        title: "What one more token takes, with memory and without".into(),
        alt: "Two panels by tokens before the one that is written. Tokens read: without memory a \
            line that climbs to 128, where the older half is forgotten, and twice again from 64; \
            with memory a flat line at 1, but for the 8 of the prompt and 64 whenever the rest is \
            forgotten. Time, recorded: without memory it climbs from 5.6 to 47.1 milliseconds, \
            with memory from 1.6 to 2.1."
            .into(),
        band: 0.0, // counts, and a record
        panels: vec![
            panel("counted: a model that sees 128", "tokens read for it", reads),
            panel("recorded: a model that sees 256", "time (ms)", times),
        ],
    }
}

//! What the key-value cache saves, and what it holds.

use std::cell::Cell;

use anyhow::Result;
use burn::tensor::{Int, Tensor};
use course::{Axis, Bar, Figure, Line, Marks, Panel, Report, Run, Table};
use decoder::{Generation, LanguageModel, Sampling, TokenizedCorpus};
use layer::DecoderLayer;
use serde::Deserialize;

use crate::{Llama, cache_bytes, layer_parameters, tokens_read};

/// Layers, width, feed-forward width and query heads of the model whose key/value heads are shared
/// by more and more.
const N_LAYERS: usize = 1;
const D_MODEL: usize = 64;
const D_FF: usize = 176;
const N_HEADS: usize = 8;

/// Numbers of its key/value heads and what each is called.
const KV_HEADS: [(usize, &str); 4] =
    [(8, "multi-head"), (4, "grouped-query"), (2, "grouped-query"), (1, "multi-query")];

/// Reports how many numbers the cache holds of a token, by the number of key/value heads.
pub(super) fn by_groups(report: &mut Report) {
    report.say(format!("{N_LAYERS} layer of {D_MODEL} numbers in {N_HEADS} query heads:"));
    let mut table = Table::new(["key/value heads", "cache per token", "parameters of attention"]);
    let mut bars = Vec::new();
    for (kv_heads, name) in KV_HEADS {
        let d_head = D_MODEL / N_HEADS;
        // one token, and one byte per number: that many numbers
        let numbers = cache_bytes(N_LAYERS as u64, kv_heads as u64, d_head as u64, 1, 1);
        let parameters = layer_parameters(D_MODEL, N_HEADS, kv_heads, D_FF);
        let attention = N_LAYERS * parameters.attention;
        table.row([kv_heads.to_string(), numbers.to_string(), attention.to_string()]);
        let (label, group) = (format!("{kv_heads}: {name}"), String::new());
        bars.push(Bar { label, group, value: numbers as f64 });
    }
    report.table(&table);
    report.figure(Figure {
        name: "13-groups".into(),
        title: "What the cache keeps of one token".into(),
        alt: "Numbers that the cache keeps of one token in a layer of 64 with 8 query heads: 128 \
            with 8 key/value heads, 64 with 4, 32 with 2 and 16 with one for all."
            .into(),
        band: 0.0,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("key/value heads for 8 query heads"),
            y: Axis::linear("numbers per token"),
            marks: Marks::Bars(bars),
        }],
    });
}

/// Number of prompts that are continued, and the characters of each.
const PROMPTS: usize = 4;
const PROMPT: usize = 8;

/// Characters generated for each: more than the model sees, so that it has to forget on the way.
const WRITTEN: usize = 200;

/// Prompts from the beginning of the held-back text.
fn prompts(corpus: &TokenizedCorpus) -> Vec<Vec<u32>> {
    corpus.validation.chunks(PROMPT).take(PROMPTS).map(<[u32]>::to_vec).collect()
}

/// Generation that continues the prompts.
fn continued<'a>(
    model: &'a Llama,
    corpus: &TokenizedCorpus,
    sampling: Sampling,
    run: &Run,
) -> Generation<'a, Llama> {
    Generation::new(model, &prompts(corpus), WRITTEN, sampling, run.seed, run.device)
}

/// Reports whether the cache changes what is generated.
pub(super) fn same_characters(
    model: &Llama,
    corpus: &TokenizedCorpus,
    run: &Run,
    report: &mut Report,
) {
    let sees = model.max_tokens();
    report.say(format!(
        "{PROMPTS} texts of {PROMPT} characters continued by {WRITTEN}, with the cache and without \
            (the model sees {sees}):"
    ));
    for (how, sampling) in
        [("the likeliest each time", Sampling::GREEDY), ("drawn", Sampling::default())]
    {
        let with = continued(model, corpus, sampling, run);
        let without = continued(model, corpus, sampling, run).without_cache();
        let same = with.flatten().zip(without.flatten()).filter(|(a, b)| a == b).count();
        report.say(format!("  {how}: {same} of {} characters are the same", PROMPTS * WRITTEN));
    }
    report.say("");
}

/// A model that counts the tokens it reads.
struct Counted<'a> {
    model: &'a Llama,
    read: Cell<usize>,
}

impl LanguageModel for Counted<'_> {
    fn embed(&self, ids: Tensor<2, Int>, first: usize, padding: &[usize]) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        self.read.set(self.read.get() + tokens);
        self.model.embed(ids, first, padding)
    }

    fn layers(&self) -> &[DecoderLayer] {
        self.model.layers()
    }

    fn final_norm(&self, x: Tensor<3>) -> Tensor<3> {
        self.model.final_norm(x)
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

/// Counts for each character of a generated text how many stand before it, and how many are read to
/// generate it.
fn characters_read(
    model: &Llama,
    corpus: &TokenizedCorpus,
    with_cache: bool,
    run: &Run,
) -> Vec<(f64, f64)> {
    let counted = Counted { model, read: Cell::new(0) };
    let prompt = &prompts(corpus)[..1];
    let generation =
        Generation::new(&counted, prompt, WRITTEN, Sampling::GREEDY, run.seed, run.device);
    let generation = if with_cache { generation } else { generation.without_cache() };
    let mut reads = Vec::with_capacity(WRITTEN);
    for (i, _drawn) in generation.enumerate() {
        reads.push(((PROMPT + i) as f64, counted.read.take() as f64));
    }
    reads
}

/// Milliseconds that a token took by how many tokens stood before it. They are recorded, since a
/// fresh measurement says as much about what else the machine has to do.
#[derive(Deserialize)]
struct Times {
    commands: Vec<String>,
    device: String,
    parameters: usize,
    with_cache: Vec<(f64, f64)>,
    without_cache: Vec<(f64, f64)>,
}

/// Reports how many tokens are read for each new one, and how long that takes.
pub(super) fn with_and_without(
    model: &Llama,
    corpus: &TokenizedCorpus,
    run: &Run,
    report: &mut Report,
) -> Result<()> {
    let sees = model.max_tokens();
    let without = tokens_read(PROMPT, WRITTEN, sees, false);
    let with = tokens_read(PROMPT, WRITTEN, sees, true);
    report.say(format!(
        "To write {WRITTEN} characters after a prompt of {PROMPT}, {without} are read without \
            the cache and {with} with it."
    ));
    report.say("");
    let times: Times = serde_json::from_str(include_str!("../times.json"))?;
    report.say(format!(
        "Milliseconds per token of a LLaMA of {} parameters, {}:",
        times.parameters, times.device
    ));
    let mut table = Table::new(["tokens before", "without cache", "with cache"]);
    for (without, with) in times.without_cache.iter().zip(&times.with_cache) {
        table.row([without.0.to_string(), format!("{:.3}", without.1), format!("{:.3}", with.1)]);
    }
    report.table(&table);
    report.say("Recorded, medians of 16 tokens, by:");
    for command in &times.commands {
        report.say(format!("  {command}"));
    }
    report.say("");
    let reads =
        [characters_read(model, corpus, false, run), characters_read(model, corpus, true, run)];
    report.figure(figure(reads, [times.without_cache, times.with_cache]));
    Ok(())
}

/// The curves of both arguments come without the cache first, then with it.
fn figure(reads: [Vec<(f64, f64)>; 2], times: [Vec<(f64, f64)>; 2]) -> Figure {
    Figure {
        name: "13-memory".into(),
        title: "What one more token takes, with the cache and without".into(),
        alt: "Two panels by tokens before the one that is written. Tokens read: without the cache \
            a line that climbs to 128, where the older half is forgotten, and twice again from 64; \
            with the cache a flat line at 1, but for the 8 of the prompt and 64 whenever the rest \
            is forgotten. Time, recorded: without the cache it climbs from 5.6 to 47.1 \
            milliseconds, with the cache from 1.6 to 2.1."
            .into(),
        band: 0.0, // counts, and a record
        panels: vec![
            panel("counted: a model that sees 128", "tokens read for it", reads),
            panel("recorded: a model that sees 256", "time (ms)", times),
        ],
    }
}

/// A panel of two curves, without the cache and with it.
fn panel(title: &str, y: &str, [without, with]: [Vec<(f64, f64)>; 2]) -> Panel {
    Panel {
        title: title.into(),
        x: Axis::linear("tokens before it"),
        y: Axis::linear(y),
        marks: Marks::Lines(vec![
            Line::new("without cache", without),
            Line::new("with cache", with),
        ]),
    }
}

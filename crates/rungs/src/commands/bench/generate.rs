//! A causal language model that generates text: how long a prompt takes, how many tokens a second
//! come after it, and whether that lasts.

use std::time::Instant;

use anyhow::Result;
use burn::tensor::Device;
use course::Table;
use decoder::{Generation, GptConfig, LanguageModel, Sampling};
use indicatif::ProgressBar;
use serde::Serialize;

use super::{Args, Seconds, megabytes, peak_rss_mb, placed};
use crate::shell::output;
use crate::shell::writers::Writer;

/// GPT-2 small (Radford et al. 2019, table 2): vocabulary, width, layers, heads, context.
const GPT2_SMALL: [usize; 5] = [50_257, 768, 12, 12, 1024];
/// Tokens of the prompt, fewer where the model sees no more than twice as many.
const PROMPT: usize = 32;
/// Tokens of which a median is taken, at either end and in between.
const END: usize = 16;

/// What was measured on one device.
#[derive(Serialize)]
struct Row {
    device: String,
    parameters: usize,
    prompt: usize,
    new: usize,
    prefill_ms: f64,
    tokens_per_s: f64,
    /// Median of the first [`END`] tokens.
    ms_at_first: f64,
    /// Median of the last [`END`] tokens.
    ms_at_last: f64,
    /// Tokens before each group of [`END`] tokens, and the group's median in milliseconds.
    ms_per_token: Vec<(usize, f64)>,
    /// Size of the key-value cache.
    memory_mb: f64,
    /// Number of tokens, from the first, that are those of the first device of the list.
    same_tokens: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_rss_mb: Option<f64>,
}

/// Times a model that generates text on every device.
pub fn run(args: &Args, progress: &ProgressBar) -> Result<()> {
    let mut reference: Option<Vec<u32>> = None;
    let mut rows = Vec::new();
    for (name, device) in super::devices(args)? {
        let model = open(args, &device)?;
        let prompt = prompt_length(&*model);
        let new = room(&*model, args);
        if rows.is_empty() && new < args.tokens as usize {
            note!("note: the model sees {} tokens: {new} are written", model.max_tokens());
        }
        let written = write(&*model, new, !args.no_cache, &device, progress);
        let after_first = written.after_first();
        let end = END.min(after_first.len());
        let mut seconds = 0.0;
        for token in after_first {
            seconds += token;
        }
        rows.push(Row {
            device: name,
            parameters: model.parameters(),
            prompt,
            new,
            prefill_ms: written.seconds[0] * 1e3,
            tokens_per_s: after_first.len() as f64 / seconds,
            ms_at_first: median_ms(&after_first[..end]),
            ms_at_last: median_ms(&after_first[after_first.len() - end..]),
            ms_per_token: by_position(prompt, after_first),
            memory_mb: (written.cache_numbers * size_of::<f32>()) as f64 / 1e6,
            same_tokens: written
                .same_tokens(reference.get_or_insert_with(|| written.tokens.clone())),
            peak_rss_mb: peak_rss_mb(),
        });
    }
    output::rows(args.format, &rows, || table(&rows))
}

/// The median of every [`END`] tokens, with the tokens before the first of them.
fn by_position(prompt: usize, seconds: &[f64]) -> Vec<(usize, f64)> {
    let mut medians = Vec::new();
    let mut before = prompt + 1;
    for part in seconds.chunks(END) {
        medians.push((before, median_ms(part)));
        before += part.len();
    }
    medians
}

/// The median in milliseconds.
fn median_ms(seconds: &[f64]) -> f64 {
    Seconds::of(seconds.to_vec()).median * 1e3
}

/// The model that `--model` names, or a GPT-2 small with random weights.
pub fn open(args: &Args, device: &Device) -> Result<Box<dyn LanguageModel>> {
    if let Some(folder) = &args.model {
        return Ok(Writer::open(folder, device)?.model);
    }
    let [vocab, d_model, n_layers, n_heads, max_tokens] = GPT2_SMALL;
    let config = GptConfig::new(vocab, d_model, n_layers, n_heads, max_tokens);
    Ok(Box::new(placed(device, |device| config.init(device))))
}

/// Tokens of the prompt of a model: what it writes after it has room too.
fn prompt_length(model: &dyn LanguageModel) -> usize {
    PROMPT.min(model.max_tokens() / 2).max(1)
}

/// Tokens that a model writes of those that are asked for: at least two, since the first waits for
/// the prompt and does not count.
pub fn room(model: &dyn LanguageModel, args: &Args) -> usize {
    (args.tokens as usize).min(model.max_tokens() - prompt_length(model)).max(2)
}

/// What a model wrote, and how long it took.
pub struct Written {
    /// Seconds of the first token of the warm-up.
    pub warm_up_s: f64,
    /// Seconds of the prompt with the first token, then of each token.
    pub seconds: Vec<f64>,
    /// IDs of the tokens.
    pub tokens: Vec<u32>,
    /// Numbers in the key-value cache after the last token.
    cache_numbers: usize,
}

impl Written {
    /// The seconds of the tokens after the first, which waits for the prompt.
    pub fn after_first(&self) -> &[f64] {
        &self.seconds[1..]
    }

    /// The number of tokens, from the first, that are those expected.
    pub fn same_tokens(&self, expected: &[u32]) -> usize {
        let mut same = 0;
        while same < self.tokens.len().min(expected.len()) && self.tokens[same] == expected[same] {
            same += 1;
        }
        same
    }
}

/// Writes `new` tokens, at least two, after a prompt of [`PROMPT`], always the likeliest; before
/// that a few, since a device may compile its kernels first.
pub fn write(
    model: &dyn LanguageModel,
    new: usize,
    with_cache: bool,
    device: &Device,
    progress: &ProgressBar,
) -> Written {
    let prompt: Vec<u32> =
        (0..prompt_length(model)).map(|i| (i * 37 % model.vocab()) as u32).collect();
    let warm_up_s = timed(model, &prompt, 2, with_cache, device, progress).seconds[0];
    Written { warm_up_s, ..timed(model, &prompt, new, with_cache, device, progress) }
}

/// Writes `new` tokens after the prompt and times each.
fn timed(
    model: &dyn LanguageModel,
    prompt: &[u32],
    new: usize,
    with_cache: bool,
    device: &Device,
    progress: &ProgressBar,
) -> Written {
    let generation = Generation::new(model, &[prompt.to_vec()], new, Sampling::GREEDY, 0, device);
    let mut generation = if with_cache { generation } else { generation.without_cache() };
    let (mut seconds, mut tokens) = (Vec::with_capacity(new), Vec::with_capacity(new));
    let mut start = Instant::now();
    for drawn in generation.by_ref() {
        tokens.extend(drawn);
        seconds.push(start.elapsed().as_secs_f64());
        progress.set_message(format!("timing writing, token {} of {new}", seconds.len()));
        start = Instant::now();
    }
    Written { warm_up_s: seconds[0], seconds, tokens, cache_numbers: generation.cache_numbers() }
}

/// The rows as a table for people.
fn table(rows: &[Row]) -> String {
    let mut table = Table::new([
        "device",
        "parameters",
        "prefill ms",
        "tokens/s",
        "ms at first",
        "ms at last",
        "memory MB",
        "peak MB",
        "same tokens",
    ]);
    for row in rows {
        table.row([
            row.device.clone(),
            row.parameters.to_string(),
            format!("{:.1}", row.prefill_ms),
            format!("{:.2}", row.tokens_per_s),
            format!("{:.2}", row.ms_at_first),
            format!("{:.2}", row.ms_at_last),
            format!("{:.1}", row.memory_mb),
            megabytes(row.peak_rss_mb),
            format!("{} of {}", row.same_tokens, row.new),
        ]);
    }
    output::fitted(&table)
}

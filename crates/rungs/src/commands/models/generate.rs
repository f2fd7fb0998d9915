//! `cargo rungs generate`

use std::time::Instant;

use anyhow::{Result, bail};
use course::SEED;
use decoder::{Generation, Sampling};
use tokens::TextStream;

use crate::shell::options::{DeviceArg, WRITERS, temperature, top_p};
use crate::shell::writers::Writer;
use crate::shell::{input, names, options, output};

/// Let a model write on from a prompt
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs generate --model my_gpt --prompt 'The '
  cargo rungs generate --model my_gpt --prompt 'The ' --temperature 0.8 --top-k 20 --stats

GPT-2, BLOOM and LLaMA folders are read: config.json, model.safetensors (or shards), \
tokenizer.json.")]
pub struct Args {
    /// Name of the model, or its folder.
    #[arg(short, long, value_name = "MODEL", help = WRITERS)]
    model: String,
    /// The text to go on from
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = prompt)]
    prompt: String,
    /// Tokens to write at most
    #[arg(
        long, value_name = "N", default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    max: u32,
    /// 1: as likely as the model says; lower: safer; 0: always the likeliest
    #[arg(
        long, value_name = "T", default_value_t = 1.0, allow_negative_numbers = true,
        value_parser = temperature,
    )]
    temperature: f64,
    /// Draw from the K likeliest tokens only
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    top_k: Option<u32>,
    /// Draw from the fewest likeliest tokens that make up this share
    #[arg(
        long, value_name = "P", default_value_t = 1.0, allow_negative_numbers = true,
        value_parser = top_p,
    )]
    top_p: f64,
    /// The same seed writes the same text
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Compute everything anew for every token
    #[arg(long)]
    no_cache: bool,
    /// Say how fast it was, on standard error
    #[arg(long)]
    stats: bool,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
}

/// A prompt may begin with `-`, but one of the command's own options is no prompt: its text was
/// forgotten.
fn prompt(text: &str) -> Result<String, String> {
    match options::meant::<Args>(text) {
        Some(option) => {
            Err(format!("expected a text to go on from, found another option, --{option}"))
        }
        None => Ok(text.into()),
    }
}

/// Writes on from the prompt, a token at a time as they are drawn.
pub fn run(args: &Args) -> Result<()> {
    let sampling = Sampling::new(args.temperature, args.top_k.map(|k| k as usize), args.top_p)?;
    let device = names::device(&args.device.device)?;
    let Writer { model, tokenizer, generation: config, .. } = Writer::open(&args.model, &device)?;
    let prompt = tokenizer.encode_whole(&args.prompt)?;
    tokenizer.check_ids(&prompt, model.vocab())?;
    input::note_lost(&tokenizer, &args.prompt)?;
    if prompt.is_empty() {
        bail!("--prompt: expected text to go on from, found none; one character is enough");
    }
    if prompt.len() > model.max_tokens() {
        let (tokens, seen) = (prompt.len(), model.max_tokens());
        note!(
            "note: the prompt has {tokens} tokens and the model sees {seen}: it goes on from the \
                end"
        );
    }
    if let Some(k) = args.top_k
        && k as usize > model.vocab()
    {
        note!("note: --top-k {k}: the model has {} tokens, and draws from all", model.vocab());
    }
    for note in config.notes_at(args.temperature) {
        note!("note: {note}");
    }
    let new = args.max as usize;
    let generation =
        Generation::new(&*model, std::slice::from_ref(&prompt), new, sampling, args.seed, &device)
            .stopping_at(&config.stops);
    let generation = if args.no_cache { generation.without_cache() } else { generation };
    let mut text = TextStream::new(&tokenizer);
    let mut clock = Clock::new();
    output::piece(&text.push(&prompt)?)?;
    for drawn in generation {
        clock.tick();
        // A token that ends the text belongs to it, as in transformers: a special one has no text.
        output::piece(&text.push(&drawn)?)?;
    }
    output::piece(&text.end()?)?;
    output::line("")?;
    if args.stats {
        note!("{}", clock.for_people());
    }
    Ok(())
}

/// Clock of a generation: when the first token came and how fast the others.
struct Clock {
    start: Instant,
    first: Option<Instant>,
    last: Instant,
    tokens: usize,
}

impl Clock {
    fn new() -> Self {
        let start = Instant::now();
        Self { start, first: None, last: start, tokens: 0 }
    }

    /// Notes that a token came.
    fn tick(&mut self) {
        self.last = Instant::now();
        self.first.get_or_insert(self.last);
        self.tokens += 1;
    }

    /// The speed for people.
    fn for_people(&self) -> String {
        let Some(first) = self.first else { return "no token drawn".into() };
        let prefill = (first - self.start).as_secs_f64();
        let rest = (self.last - first).as_secs_f64();
        let speed = (self.tokens - 1) as f64 / rest.max(f64::MIN_POSITIVE);
        let then =
            if self.tokens > 1 { format!(", then {speed:.1} tokens/s") } else { String::new() };
        format!("prefill and first token {:.1} ms{then}, {} tokens", prefill * 1e3, self.tokens)
    }
}

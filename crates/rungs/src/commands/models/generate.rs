//! `cargo rungs generate`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use course::SEED;
use decoder::{Generation, Sampling};

use crate::shell::names::LanguageModelFolder;
use crate::shell::options::DeviceArg;
use crate::shell::{names, output};

/// Let a model write on from a prompt
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs generate --model my_gpt --prompt 'The '
  cargo rungs generate --model my_gpt --prompt 'The ' --temperature 0.8 --top-k 20 --stats

GPT-2, BLOOM and LLaMA folders are read: config.json, model.safetensors (or shards), \
tokenizer.json.")]
pub struct Args {
    /// A model's folder: config.json, model.safetensors and tokenizer.json
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The text to go on from
    #[arg(long, value_name = "TEXT")]
    prompt: String,
    /// Tokens to write at most
    #[arg(
        long, value_name = "N", default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    max: u32,
    /// 1: as likely as the model says; lower: safer; 0: always the likeliest
    #[arg(long, value_name = "T", default_value_t = 1.0, allow_negative_numbers = true)]
    temperature: f64,
    /// Draw from the K likeliest tokens only
    #[arg(long, value_name = "K")]
    top_k: Option<usize>,
    /// Draw from the fewest likeliest tokens that make up this share
    #[arg(long, value_name = "P", default_value_t = 1.0, allow_negative_numbers = true)]
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

/// Writes on from the prompt, a token at a time as they are drawn.
pub fn run(args: &Args) -> Result<()> {
    let sampling = Sampling::new(args.temperature, args.top_k, args.top_p)?;
    let device = names::device(&args.device.device)?;
    let LanguageModelFolder { model, tokenizer, stops } =
        LanguageModelFolder::open(&args.model, &device)?;
    let prompt = tokenizer.encode_whole(&args.prompt)?;
    if prompt.is_empty() {
        bail!("--prompt: expected text to go on from, found none; one character is enough");
    }
    if prompt.len() > model.max_tokens() {
        let (tokens, seen) = (prompt.len(), model.max_tokens());
        eprintln!(
            "note: the prompt has {tokens} tokens and the model sees {seen}: it goes on from the \
                end"
        );
    }
    let new = args.max as usize;
    let generation =
        Generation::new(&*model, std::slice::from_ref(&prompt), new, sampling, args.seed, &device);
    let generation = if args.no_cache { generation.without_cache() } else { generation };
    let mut text = Streamed::new(&tokenizer, prompt)?;
    let mut clock = Clock::new();
    text.print_prompt()?;
    for drawn in generation {
        clock.tick();
        if stops.contains(&drawn[0]) {
            break;
        }
        text.push(drawn[0])?;
    }
    text.end()?;
    if args.stats {
        eprintln!("{}", clock.for_people());
    }
    Ok(())
}

/// Text that grows by tokens and is printed by whole characters.
struct Streamed<'a> {
    tokenizer: &'a tokens::Tokenizer,
    /// IDs of the prompt and of the tokens after it.
    ids: Vec<u32>,
    /// Text of the tokens since `from`, as far as it is on the screen.
    printed: String,
    /// Index of the token where decoding starts: far enough back that what was printed cannot
    /// change.
    from: usize,
}

impl<'a> Streamed<'a> {
    /// Tokens after which the text before is left alone: no character and no joint is longer.
    const REACH: usize = 16;

    fn new(tokenizer: &'a tokens::Tokenizer, ids: Vec<u32>) -> Result<Self> {
        let printed = tokenizer.decode(&ids)?;
        Ok(Self { tokenizer, ids, printed, from: 0 })
    }

    /// Prints the prompt.
    fn print_prompt(&self) -> Result<()> {
        output::piece(&self.printed)
    }

    /// Adds a token and prints the characters that it completes.
    fn push(&mut self, id: u32) -> Result<()> {
        self.ids.push(id);
        let text = self.tokenizer.decode(&self.ids[self.from..])?;
        // The bytes of one character may be spread over tokens: what is not whole yet waits.
        let whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        if whole.len() > self.printed.len() {
            output::piece(whole.get(self.printed.len()..).unwrap_or_default())?;
            self.printed = whole.into();
            if self.ids.len() - self.from > 2 * Self::REACH {
                self.from = self.ids.len() - Self::REACH;
                self.printed = self.tokenizer.decode(&self.ids[self.from..])?;
            }
        }
        Ok(())
    }

    /// Prints the characters that waited for more tokens, and ends the line.
    fn end(self) -> Result<()> {
        let text = self.tokenizer.decode(&self.ids[self.from..])?;
        output::piece(text.get(self.printed.len()..).unwrap_or_default())?;
        output::piece("\n")
    }
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

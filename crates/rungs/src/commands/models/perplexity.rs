//! `cargo rungs perplexity`

use std::path::PathBuf;

use anyhow::{Result, bail};
use burn::tensor::Device;
use data::Corpus;
use decoder::{LanguageModel, nats_of_text};
use serde::Serialize;

use crate::shell::names::LanguageModelFolder;
use crate::shell::options::{DeviceArg, Format};
use crate::shell::{names, output, progress};

/// Say how surprised a model is by a text
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs perplexity --model my_gpt my_other_book.txt
  cargo rungs perplexity --model my_gpt my_other_book.txt --block 64 --format json")]
pub struct Args {
    /// A model's folder: config.json, model.safetensors and tokenizer.json
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The text
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Tokens that are read together [default: all that the model sees at once, at most 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    block: Option<u32>,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Most tokens that are read together where `--block` does not say otherwise: attention's memory
/// grows with the square.
const LONGEST_BLOCK: usize = 1024;

/// How surprised the model is by the text.
#[derive(Serialize)]
struct Row {
    tokens: usize,
    characters: usize,
    block: usize,
    nats_per_token: f64,
    bits_per_token: f64,
    bits_per_character: f64,
    perplexity: f64,
}

/// Measures how surprised the model is by a text, read in blocks one after the other.
pub fn run(args: &Args) -> Result<()> {
    let device = names::device(&args.device.device)?;
    let LanguageModelFolder { model, tokenizer, .. } =
        LanguageModelFolder::open(&args.model, &device)?;
    let text = Corpus::File(args.file.clone()).text()?;
    let ids = tokenizer.encode_whole(&text)?;
    if ids.len() < 2 {
        bail!(
            "{}: expected at least 2 tokens, one to predict from and one to predict, found {}",
            args.file.display(),
            ids.len()
        );
    }
    let block = match args.block {
        Some(block) => block as usize,
        None => LONGEST_BLOCK,
    };
    let block = block.min(model.max_tokens());
    let predicted = ids.len() - 1;
    let nats = nats(&*model, &ids, block, &device);
    // The first token is given and not predicted, and so are its characters.
    let characters = text.chars().count() - tokenizer.decode(&ids[..1])?.chars().count();
    let row = Row {
        tokens: predicted,
        characters,
        block,
        nats_per_token: nats,
        bits_per_token: nats / std::f64::consts::LN_2,
        bits_per_character: lookup::bits_per_character(nats, predicted, characters),
        perplexity: lookup::perplexity(nats),
    };
    output::object(args.format, &row, || for_people(&row))
}

/// The result for people.
fn for_people(row: &Row) -> String {
    let Row {
        tokens,
        characters,
        block,
        nats_per_token,
        bits_per_token,
        bits_per_character,
        perplexity,
    } = row;
    format!(
        "tokens              {tokens}\ncharacters          {characters}\nblock               \
            {block}\n\
            nats per token      {nats_per_token:.4}\nbits per token      {bits_per_token:.4}\n\
            bits per character  {bits_per_character:.4}\nperplexity          {perplexity:.4}\n"
    )
}

/// Mean cross-entropy per predicted token, in nats.
fn nats(model: &dyn LanguageModel, ids: &[u32], block: usize, device: &Device) -> f64 {
    let progress = progress::bar(ids.len() as u64, "{wide_bar} {pos}/{len} tokens");
    let sum = nats_of_text(model, ids, block, device, |predicted| progress.inc(predicted as u64));
    progress.finish_and_clear();
    sum / (ids.len() - 1) as f64
}

//! `cargo rungs perplexity`

use std::path::PathBuf;

use anyhow::{Error, Result, anyhow, bail};
use burn::tensor::Device;
use data::Corpus;
use decoder::{LanguageModel, nats_of_text};
use serde::Serialize;
use tokens::{LARGEST_TEXT, TokensError};

use crate::shell::options::{DeviceArg, Format, WRITERS};
use crate::shell::writers::Writer;
use crate::shell::{input, names, output, progress};

/// Say how surprised a model is by a text
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs perplexity --model my_gpt my_other_book.txt
  cargo rungs perplexity --model my_gpt my_other_book.txt --block 64 --format json")]
pub struct Args {
    /// Name of the model, or its folder.
    #[arg(short, long, value_name = "MODEL", help = WRITERS)]
    model: String,
    /// The text; - is standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Tokens that are read together [default: all that the model sees at once, at most 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    block: Option<u32>,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
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
    /// `None` where only special tokens were predicted.
    bits_per_character: Option<f64>,
    perplexity: f64,
}

/// Measures how surprised the model is by a text, read in blocks one after the other.
pub fn run(args: &Args) -> Result<()> {
    let device = names::device(&args.device.device)?;
    let Writer { model, tokenizer, .. } = Writer::open(&args.model, &device)?;
    let progress = progress::spinner(format!("reading {}", input::name(&args.file)));
    let text = Corpus::File(input::path(&args.file).into()).text()?;
    if text.len() > LARGEST_TEXT {
        bail!(
            "{}: expected at most {LARGEST_TEXT} bytes, as all of it becomes tokens at once, found \
                {}: split it into several files",
            args.file.display(),
            text.len()
        );
    }
    let ids = tokenizer.encode_whole(&text).map_err(|error| in_file(args, &error))?;
    tokenizer.check_ids(&ids, model.vocab()).map_err(|error| in_file(args, &error))?;
    progress.finish_and_clear();
    input::note_lost(&tokenizer, &text)?;
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
    if block > model.max_tokens() && args.block.is_some() {
        note!("note: --block {block}: the model sees {} tokens at once", model.max_tokens());
    }
    let block = block.min(model.max_tokens());
    let predicted = ids.len() - 1;
    let nats = nats(&*model, &ids, block, &device);
    let characters = characters_predicted(&text, &tokenizer.encode(&text, usize::MAX)?.offsets);
    let bits_per_character =
        (characters > 0).then(|| lookup::bits_per_character(nats, predicted, characters));
    let row = Row {
        tokens: predicted,
        characters,
        block,
        nats_per_token: nats,
        bits_per_token: nats / std::f64::consts::LN_2,
        bits_per_character,
        perplexity: lookup::perplexity(nats),
    };
    output::object(args.format, &row, || for_people(&row))
}

/// The error of a text that the model cannot read, with its file.
fn in_file(args: &Args, error: &TokensError) -> Error {
    anyhow!("{}: {error}", input::name(&args.file))
}

/// Number of the text's characters that a token after the first holds, by where the tokens lie in
/// the text: the first token is given and not predicted, and so are its characters. A normaliser may
/// make more or fewer characters of them; those of the text count.
fn characters_predicted(text: &str, offsets: &[(usize, usize)]) -> usize {
    let Some(((_, end_of_first), others)) = offsets.split_first() else { return 0 };
    let mut begin = text.len();
    for (start, end) in others {
        if start < end {
            // Of a character of several tokens a part is predicted; a blank may lie in none.
            begin = begin.min(*start).min(*end_of_first);
        }
    }
    text.char_indices().filter(|(at, character)| at + character.len_utf8() > begin).count()
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
    let bits_per_character = match bits_per_character {
        Some(bits) => format!("{bits:.4}"),
        None => "-".into(),
    };
    format!(
        "tokens              {tokens}\ncharacters          {characters}\nblock               \
            {block}\n\
            nats per token      {nats_per_token:.4}\nbits per token      {bits_per_token:.4}\n\
            bits per character  {bits_per_character}\nperplexity          {perplexity:.4}\n"
    )
}

/// Mean cross-entropy per predicted token, in nats.
fn nats(model: &dyn LanguageModel, ids: &[u32], block: usize, device: &Device) -> f64 {
    let progress = progress::bar(ids.len() as u64 - 1, "tokens");
    let sum = nats_of_text(model, ids, block, device, |predicted| progress.inc(predicted as u64));
    progress.finish_and_clear();
    sum / (ids.len() - 1) as f64
}

//! `cargo rungs embed`

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use anyhow::Result;
use clap::ValueEnum;
use data::DataError;
use sentences::{EmbeddedTokens, Pooling, SentenceEncoder};
use serde::Serialize;

use crate::shell::options::ModelArg;
use crate::shell::{input, names, output};

/// Turn each line of a text into a vector, as JSON lines
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  echo 'The cat sat on the mat.' | cargo rungs embed
  cargo rungs embed notes.txt --layer 3 --pool cls
  cargo rungs embed --pool none sentence.txt     one vector a token")]
pub struct Args {
    /// Text, one a line; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: PathBuf,
    /// Which model, and how.
    #[command(flatten)]
    model: ModelArg,
    /// Stop after this layer; 0 is the embeddings' output [default: the last]
    #[arg(long, value_name = "L")]
    layer: Option<usize>,
    /// How tokens become one vector [default: as the model says]
    #[arg(long, value_enum)]
    pool: Option<Pool>,
}

/// How one vector a token becomes one a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pool {
    /// The mean over all tokens
    Mean,
    /// The first token's
    Cls,
    /// The largest value of each coordinate
    Max,
    /// Not at all: one vector a token
    None,
}

/// Batches read ahead of the encoder, so that texts of one length can be put together.
const BATCHES_AHEAD: usize = 8;

#[derive(Serialize)]
struct Vector<'a> {
    text: &'a str,
    tokens: usize,
    embedding: &'a [f32],
}

#[derive(Serialize)]
struct Vectors<'a> {
    text: &'a str,
    tokens: usize,
    vectors: Vec<TokenVector<'a>>,
}

#[derive(Serialize)]
struct TokenVector<'a> {
    token: &'a str,
    embedding: &'a [f32],
}

/// One JSON line a line of text, in its order, as soon as it is ready.
pub fn run(args: &Args) -> Result<()> {
    let input = input::open(&args.file)?;
    let mut encoder = names::open(&args.model)?;
    names::stop_after(&mut encoder, args.layer)?;
    match args.pool {
        Some(Pool::Mean) => encoder.pooling = Pooling::Mean,
        Some(Pool::Cls) => encoder.pooling = Pooling::Cls,
        Some(Pool::Max) => encoder.pooling = Pooling::Max,
        Some(Pool::None) | None => {}
    }
    let by_token = args.pool == Some(Pool::None);
    let ahead = encoder.batch * BATCHES_AHEAD;
    let (send, lines) = sync_channel(ahead);
    thread::spawn(move || data::lines(input).try_for_each(|line| send.send(line)));
    let mut cut = 0;
    while let Some((texts, error)) = next(&lines, ahead) {
        cut +=
            if by_token { write_tokens(&encoder, &texts)? } else { write_texts(&encoder, &texts)? };
        if let Some(error) = error {
            return Err(error.into());
        }
    }
    input::say_cut(cut, encoder.limit);
    Ok(())
}

/// The lines that are there, at least one and at most `most`; waits for the first, and stops at an
/// error.
fn next(
    lines: &Receiver<Result<String, DataError>>,
    most: usize,
) -> Option<(Vec<String>, Option<DataError>)> {
    let mut texts = Vec::new();
    let mut line = lines.recv().ok();
    line.as_ref()?;
    while let Some(read) = line {
        match read {
            Ok(text) => texts.push(text),
            Err(error) => return Some((texts, Some(error))),
        }
        line = if texts.len() < most { lines.try_recv().ok() } else { None };
    }
    Some((texts, None))
}

/// Writes one vector a text; returns how many texts were cut.
fn write_texts(encoder: &SentenceEncoder, texts: &[String]) -> Result<usize> {
    let embedded = encoder.embed(texts)?;
    for (text, embedded) in texts.iter().zip(&embedded) {
        let vector = Vector { text, tokens: embedded.tokens, embedding: &embedded.vector };
        output::json_line(&vector)?;
    }
    Ok(embedded.iter().filter(|embedded| embedded.truncated).count())
}

/// Writes one vector a token; returns how many texts were cut.
fn write_tokens(encoder: &SentenceEncoder, texts: &[String]) -> Result<usize> {
    let embedded = encoder.embed_tokens(texts)?;
    for (text, EmbeddedTokens { encoding, vectors }) in texts.iter().zip(&embedded) {
        let named = encoding.tokens.iter().zip(vectors);
        let vectors = named.map(|(token, embedding)| TokenVector { token, embedding }).collect();
        output::json_line(&Vectors { text, tokens: encoding.ids.len(), vectors })?;
    }
    Ok(embedded.iter().filter(|text| text.encoding.truncated).count())
}

//! `cargo rungs embed`

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use anyhow::{Result, bail};
use clap::ValueEnum;
use data::DataError;
use sentences::{EmbeddedTokens, Pooling, Reading, SentenceEncoder};
use serde::Serialize;

use crate::shell::options::ModelArg;
use crate::shell::prompts::PromptArg;
use crate::shell::{input, names, output, progress};

/// Turn each line of a text into a vector, as JSON lines
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  echo 'The cat sat on the mat.' | cargo rungs embed
  cargo rungs embed notes.txt --layer 3 --pool cls
  cargo rungs embed --pool none sentence.txt     one vector a token
  cargo rungs embed --prompt query questions.txt --model hf:OWNER/NAME")]
pub struct Args {
    /// Text, one a line; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: PathBuf,
    /// Which model, and how.
    #[command(flatten)]
    model: ModelArg,
    /// What stands before each text.
    #[command(flatten)]
    prompt: PromptArg,
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
    /// The sum over all tokens, by the square root of their number
    MeanSqrtLen,
    /// The mean, the first token weighted by 1, the second by 2, and so on
    WeightedMean,
    /// The last token's
    LastToken,
    /// Not at all: one vector a token
    None,
}

impl Pool {
    /// The pooling, if there is to be one.
    fn pooling(self) -> Option<Pooling> {
        match self {
            Self::Mean => Some(Pooling::Mean),
            Self::Cls => Some(Pooling::Cls),
            Self::Max => Some(Pooling::Max),
            Self::MeanSqrtLen => Some(Pooling::MeanSqrtLen),
            Self::WeightedMean => Some(Pooling::WeightedMean),
            Self::LastToken => Some(Pooling::LastToken),
            Self::None => None,
        }
    }
}

/// Number of batches that are read ahead of the encoder, so that texts of one length can be put
/// together.
const BATCHES_AHEAD: usize = 8;

/// A text with its vector.
#[derive(Serialize)]
struct Vector<'a> {
    text: &'a str,
    tokens: usize,
    embedding: &'a [f32],
}

/// A text with one vector per token.
#[derive(Serialize)]
struct Vectors<'a> {
    text: &'a str,
    tokens: usize,
    vectors: Vec<TokenVector<'a>>,
}

/// A token with its vector.
#[derive(Serialize)]
struct TokenVector<'a> {
    token: &'a str,
    embedding: &'a [f32],
}

/// Prints a JSON line for each line of text, in order, as soon as it is ready.
pub fn run(args: &Args) -> Result<()> {
    let mut lines = input::lines(&args.file)?;
    let encoder = args.prompt.texts(names::open(&args.model)?)?;
    let mut reading = names::reading(&encoder, args.layer)?;
    if let Some(pooling) = args.pool.and_then(Pool::pooling) {
        names::has_layers(&encoder, "--pool")?;
        reading.poolings = vec![pooling];
        if reading.width(encoder.d_model()).is_none() {
            bail!(
                "--pool {}: expected as many numbers as the model's next module takes, found {}; \
                 leave --pool out",
                pooling.name(),
                encoder.d_model()
            );
        }
    }
    let by_token = args.pool == Some(Pool::None);
    let ahead = args.model.batch as usize * BATCHES_AHEAD;
    let (send, read) = sync_channel(ahead);
    thread::spawn(move || lines.try_for_each(|line| send.send(line)));
    let progress = progress::beside_results("embedding".into());
    let (mut done, mut truncated) = (0, 0);
    while let Some((texts, error)) = next(&read, ahead) {
        truncated += if by_token {
            write_tokens(&encoder, &texts, reading.layers)?
        } else {
            write_texts(&encoder, &texts, &reading)?
        };
        done += texts.len();
        progress.set_message(format!("{done} texts embedded"));
        if let Some(error) = error {
            progress.finish_and_clear();
            return Err(error.into());
        }
    }
    progress.finish_and_clear();
    input::note_truncated(truncated, encoder.limit());
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

/// Prints one vector per text; returns how many texts were truncated.
fn write_texts(encoder: &SentenceEncoder, texts: &[String], reading: &Reading) -> Result<usize> {
    let embedded = encoder.embed_with(texts, reading)?;
    let mut truncated = 0;
    for (text, embedded) in texts.iter().zip(&embedded) {
        let vector = Vector { text, tokens: embedded.tokens, embedding: &embedded.vector };
        output::json_line(&vector)?;
        truncated += usize::from(embedded.truncated);
    }
    Ok(truncated)
}

/// Prints one vector per token; returns how many texts were truncated.
fn write_tokens(encoder: &SentenceEncoder, texts: &[String], layers: usize) -> Result<usize> {
    let embedded = encoder.embed_tokens(texts, layers)?;
    let mut truncated = 0;
    for (text, EmbeddedTokens { encoding, vectors }) in texts.iter().zip(&embedded) {
        let mut named = Vec::with_capacity(vectors.len());
        for (token, embedding) in encoding.tokens.iter().zip(vectors) {
            named.push(TokenVector { token, embedding });
        }
        output::json_line(&Vectors { text, tokens: encoding.ids.len(), vectors: named })?;
        truncated += usize::from(encoding.truncated);
    }
    Ok(truncated)
}

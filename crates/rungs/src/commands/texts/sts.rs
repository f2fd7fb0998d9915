//! `cargo rungs sts`

use std::path::PathBuf;

use anyhow::{Context, Result};
use sentences::evaluation::Agreement;
use serde::Serialize;

use crate::shell::options::{ColumnsArg, Format, ModelArg};
use crate::shell::{input, names, output, progress};

/// Score a model on sentence pairs that people have rated
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs sts stsb-en-test.csv
  cargo rungs sts pairs.csv --model path/to/model --format text
  cargo rungs sts sts-dev.tsv --columns -,-,-,-,score,sentence1,sentence2")]
pub struct Args {
    /// Rows of sentence1,sentence2,score; - is standard input
    #[arg(value_name = "FILE.csv|-")]
    file: PathBuf,
    /// What its columns are.
    #[command(flatten)]
    columns: ColumnsArg,
    /// Which model, and how.
    #[command(flatten)]
    model: ModelArg,
    /// Stop after this layer; 0 is the embeddings' output [default: the last]
    #[arg(long, value_name = "L")]
    layer: Option<usize>,
    /// How to print [default: text in a terminal, json elsewhere]
    #[arg(short, long, value_enum)]
    format: Option<Format>,
}

/// How well a model's cosines follow people's ratings.
#[derive(Serialize)]
struct Correlations {
    spearman: f64,
    pearson: f64,
    rows: usize,
}

/// Correlates a model's cosines with people's ratings.
pub fn run(args: &Args) -> Result<()> {
    let encoder = names::open(&args.model)?;
    encoder.ranks_by_cosine()?;
    let reading = names::reading(&encoder, args.layer)?;
    let encoder = encoder.with_reading(reading);
    let pairs = input::noted(input::table(&args.file)?.rated(args.columns.columns.as_ref())?);
    let progress = progress::spinner(format!("embedding {} pairs", pairs.len()));
    let agreement = Agreement::of(&encoder, &pairs)?;
    progress.finish_and_clear();
    let mut texts = Vec::with_capacity(2 * pairs.len());
    for pair in &pairs {
        texts.extend([&pair.a[..], &pair.b[..]]);
    }
    input::note_truncation(&encoder, &texts)?;
    let needed = format!("{}: {}", input::name(&args.file), input::NEEDED_TO_CORRELATE);
    let correlations = Correlations {
        spearman: agreement.spearman.context(needed.clone())?,
        pearson: agreement.pearson.context(needed)?,
        rows: pairs.len(),
    };
    output::object(Format::for_reader(args.format), &correlations, || for_people(&correlations))
}

/// The correlations for people.
fn for_people(correlations: &Correlations) -> String {
    let Correlations { spearman, pearson, rows } = correlations;
    format!("spearman  {spearman:.4}\npearson   {pearson:.4}\nrows      {rows}\n")
}

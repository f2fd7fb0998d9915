//! `cargo rungs classify`

mod evaluate;
mod train;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use clap::Subcommand;
use classify::checkpoint::Classifier;
use classify::likeliest;
use serde::Serialize;

use crate::shell::options::{BATCH, ColumnsArg, DeviceArg, Format};
use crate::shell::{input, names, output, progress};

/// Train a classifier on labelled texts, and use it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs classify train reviews.tsv --out my_classifier
  cargo rungs classify train reviews.tsv --method finetune --out my_classifier
  cargo rungs classify predict my_classifier new.txt
  cargo rungs classify eval my_classifier more_reviews.tsv

A row is a text, a tab and its label, any string; in FILE.csv a comma stands between. A first line \
may name the columns: text, label. logreg fits a head to the model's vectors, probe \
does so after every layer and keeps the best, finetune trains the whole model, and Ctrl-C keeps \
what it has learnt by then. One row in ten is held back, to measure with.")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

/// What to do with a classifier.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train one on labelled texts
    Train(train::Args),
    /// Say what texts are, with probabilities
    #[command(after_help = "Examples:
  cargo rungs classify predict my_classifier new.txt
  echo 'a stirring, funny film' | cargo rungs classify predict my_classifier --format text")]
    Predict {
        /// The classifier
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Texts, one a line, or a table with a column of them; - is standard input
        #[arg(value_name = "FILE|-", default_value = "-")]
        file: PathBuf,
        /// What its columns are.
        #[command(flatten)]
        columns: ColumnsArg,
        /// Where to compute.
        #[command(flatten)]
        device: DeviceArg,
        /// How to print [default: text in a terminal, jsonl elsewhere]
        #[arg(short, long, value_enum)]
        format: Option<Format>,
    },
    /// Say how often it is right about labelled texts
    #[command(after_help = "Examples:
  cargo rungs classify eval my_classifier more_reviews.tsv
  cargo rungs classify eval my_classifier table.csv --columns -,label,text --format json")]
    Eval {
        /// The classifier
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Rows of a text, a tab and a label; - is standard input
        #[arg(value_name = "FILE|-")]
        file: PathBuf,
        /// What its columns are.
        #[command(flatten)]
        columns: ColumnsArg,
        /// Where to compute.
        #[command(flatten)]
        device: DeviceArg,
        /// How to print [default: text in a terminal, json elsewhere]
        #[arg(short, long, value_enum)]
        format: Option<Format>,
    },
}

/// Trains, uses or measures a classifier.
pub fn run(args: &Args) -> Result<()> {
    match &args.command {
        Command::Train(args) => train::run(args),
        Command::Predict { folder, file, columns, device, format } => {
            predict(&open(folder, device)?, file, columns, Format::for_reader(*format))
        }
        Command::Eval { folder, file, columns, device, format } => {
            let classifier = open(folder, device)?;
            let rows = input::noted(input::table(file)?.labelled(columns.columns.as_ref())?);
            evaluate::run(&classifier, file, &rows, Format::for_reader(*format))
        }
    }
}

/// Opens the classifier in a folder with the encoder that it names.
fn open(folder: &Path, device: &DeviceArg) -> Result<Classifier> {
    let device = names::device(&device.device)?;
    Classifier::open(folder, &device, |name| {
        let encoder = names::open_named(name, BATCH as usize, &device)?;
        let model = names::model_identity(&encoder, name)?;
        Ok((encoder, model))
    })
}

/// The probabilities of texts, `[texts, labels]`.
fn probabilities(classifier: &Classifier, texts: &[String]) -> Result<Tensor<2>> {
    let progress = progress::spinner(format!("reading {} texts", texts.len()));
    let probabilities = classifier.probabilities(texts);
    progress.finish_and_clear();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    input::note_truncation(&classifier.encoder, &texts)?;
    Ok(probabilities?)
}

/// The label that a text is given, and the probability of each.
#[derive(Serialize)]
struct Prediction<'a> {
    text: &'a str,
    label: &'a str,
    probability: f32,
    probabilities: BTreeMap<&'a str, f32>,
}

/// Prints what each line of a file is, or each row of a table.
fn predict(
    classifier: &Classifier,
    file: &Path,
    columns: &ColumnsArg,
    format: Format,
) -> Result<()> {
    let texts = input::texts(file, columns.columns.as_ref())?;
    if texts.is_empty() {
        bail!("{}: expected texts, one a line, found none", input::name(file));
    }
    let p = probabilities(classifier, &texts)?;
    let best = likeliest(p.clone());
    let numbers: Vec<f32> = p.into_data().iter().collect();
    let labels = &classifier.head.labels;
    let mut predictions = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        let p = &numbers[i * labels.len()..][..labels.len()];
        let mut probabilities = BTreeMap::new();
        for (label, &p) in labels.iter().zip(p) {
            probabilities.insert(&label[..], p);
        }
        let (label, probability) = (&labels[best[i]][..], p[best[i]]);
        predictions.push(Prediction { text, label, probability, probabilities });
    }
    output::rows(format, &predictions, || {
        let mut lines = String::new();
        for Prediction { text, label, probability, .. } in &predictions {
            lines.push_str(&format!("{probability:7.4}  {label}  {text}\n"));
        }
        lines
    })
}

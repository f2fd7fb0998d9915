//! `cargo rungs classify train`

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use clap::ValueEnum;
use classify::baseline::{BagOfWords, majority};
use classify::checkpoint::{About, Classifier, Head, Method};
use classify::finetune::{Example, Examples, FineTuning, predict, sequence_classifier};
use classify::{Labels, LogisticRegression, likeliest, one_hot};
use course::SEED;
use course::metrics::accuracy;
use data::Labelled;
use encoder::SequenceClassifier;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sentences::{Reading, SentenceEncoder};
use serde::Serialize;
use training::Stop;

use crate::shell::failure::Helpful;
use crate::shell::options::{ColumnsArg, Format, ModelArg, above_zero};
use crate::shell::place::Claim;
use crate::shell::{input, names, output, progress, watch};

/// How to train a classifier.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs classify train reviews.tsv --out my_classifier
  cargo rungs classify train reviews.csv --columns -,label,text --balanced --out balanced
  cargo rungs classify train reviews.tsv --method finetune --epochs 4 --out finetuned")]
pub struct Args {
    /// Rows of a text, a tab and a label; - is standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// What its columns are.
    #[command(flatten)]
    columns: ColumnsArg,
    /// How to train it
    #[arg(long, value_enum, default_value = "logreg")]
    method: How,
    /// Which model, and how.
    #[command(flatten)]
    model: ModelArg,
    /// Let rare labels weigh as much as common ones
    #[arg(long)]
    balanced: bool,
    /// With logreg and probe, scikit-learn's C: the smaller, the smaller the weights
    #[arg(long, value_name = "C", default_value_t = 1.0, value_parser = above_zero)]
    c: f64,
    /// With finetune, times through the texts [default: 2, and up to 10 where rows are few]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// With finetune, the highest learning rate [default: 5e-5]
    #[arg(long, value_name = "R", value_parser = above_zero)]
    learning_rate: Option<f64>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Where the classifier goes: a new folder
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// How to make a classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum How {
    /// Logistic regression on the model's vectors: seconds
    Logreg,
    /// The same after every layer; the best is kept
    Probe,
    /// The whole model is trained, which has to have layers (not wordllama): minutes
    Finetune,
}

impl From<How> for Method {
    fn from(how: How) -> Self {
        match how {
            How::Logreg => Self::Logreg,
            How::Probe => Self::Probe,
            How::Finetune => Self::Finetune,
        }
    }
}

/// One row in this many is held back, to measure with.
const HELD_OUT: usize = 10;
/// Steps that a fine-tuning takes at least, unless it would read its rows more than so many times:
/// with 270 rows 34 steps are too few to learn them, and 102 enough.
const STEPS: usize = 100;
const FEWEST_EPOCHS: usize = 2;
const MOST_EPOCHS: usize = 10;
/// From this many rows on, labels that mostly differ are taken for something else.
const FEW_ROWS: usize = 10;

/// How a training went.
#[derive(Serialize)]
struct Summary {
    rows: usize,
    held_out: usize,
    labels: BTreeMap<String, usize>,
    method: Method,
    layer: usize,
    /// Accuracy on the rows held back, of each layer that was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by_layer: Vec<f64>,
    seconds: f64,
    /// Accuracy on the rows held back.
    accuracy: f64,
    majority: f64,
    bag_of_words: f64,
    out: String,
}

/// Labelled texts with their labels as numbers; the first ones are held back, to measure with.
struct LabelledRows {
    texts: Vec<String>,
    numbers: Vec<usize>,
    labels: Vec<String>,
    held_out: usize,
}

impl LabelledRows {
    fn read(path: &Path, columns: &ColumnsArg, seed: u64) -> Result<Self> {
        let mut rows = input::noted(input::table(path)?.labelled(columns.columns.as_ref())?);
        let labels = labels(&rows);
        if let [only] = &labels[..] {
            let path = input::name(path);
            bail!("{path}: expected at least two labels to tell apart, found only {only:?}");
        }
        if rows.len() <= labels.len() {
            let (path, labels) = (input::name(path), labels.len());
            bail!(
                "{path}: expected more rows than labels, found {} of {}",
                files::counted(rows.len(), "row"),
                files::counted(labels, "label")
            );
        }
        if rows.len() >= FEW_ROWS && labels.len() * 2 > rows.len() {
            let (error, help) = (
                format!(
                    "{}: expected labels that stand in several rows, found {} different ones in {} \
                     rows",
                    input::name(path),
                    labels.len(),
                    rows.len()
                ),
                "the label is the second column, unless `--columns` or the first line says another",
            );
            return Err(Helpful { error, help: help.into() }.into());
        }
        note_single(path, &rows);
        rows.shuffle(&mut StdRng::seed_from_u64(seed));
        // The first rows are held back, and one row of each label, however rare, is to be learnt
        // from.
        let mut met = HashSet::new();
        rows.sort_by_cached_key(|row| met.insert(row.label.clone()));
        let held_out = rows.len().div_ceil(HELD_OUT).min(rows.len() - labels.len());
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for row in rows {
            numbers.push(labels.binary_search(&row.label).expect("every label is listed"));
            texts.push(row.text);
        }
        Ok(Self { texts, numbers, labels, held_out })
    }

    /// The number of rows of each label.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for &number in &self.numbers {
            *counts.entry(self.labels[number].clone()).or_default() += 1;
        }
        counts
    }

    /// A weight for each label: 1, or, if `balanced`, the larger the rarer the label is.
    fn weights(&self, balanced: bool) -> Vec<f32> {
        if !balanced {
            return vec![1.0; self.labels.len()];
        }
        let counts = self.counts();
        let (rows, labels) = (self.texts.len(), self.labels.len());
        let mut weights = Vec::with_capacity(labels);
        for label in &self.labels {
            weights.push(rows as f32 / (labels * counts[label]) as f32);
        }
        weights
    }

    /// The numbers of the rows held back, and of those to learn from.
    fn split(&self) -> (&[usize], &[usize]) {
        self.numbers.split_at(self.held_out)
    }
}

/// Notes on standard error the labels that one row alone has.
fn note_single(path: &Path, rows: &[Labelled]) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(&row.label).or_default() += 1;
    }
    counts.retain(|_, count| *count == 1);
    if let Some((first, _)) = counts.first_key_value() {
        let (path, count) = (input::name(path), counts.len());
        note!("note: {path}: labels that stand in one row only: {count}, the first {first:?}");
    }
}

/// The different labels of the rows, in order.
fn labels(rows: &[Labelled]) -> Vec<String> {
    let mut labels = BTreeSet::new();
    for row in rows {
        labels.insert(row.label.clone());
    }
    Vec::from_iter(labels)
}

/// Trains a classifier, writes it, and says how it fares with the rows held back.
pub fn run(args: &Args) -> Result<()> {
    let rows = LabelledRows::read(&args.file, &args.columns, args.seed)?;
    let encoder = names::open(&args.model)?;
    if matches!(args.method, How::Finetune) {
        encoder.bert()?;
    } else if args.epochs.is_some() || args.learning_rate.is_some() {
        bail!("--epochs and --learning-rate: expected --method finetune, which reads in turns");
    }
    let _claim = Claim::new_folder(&args.out)?;
    let texts: Vec<&str> = rows.texts.iter().map(String::as_str).collect();
    input::note_truncation(&encoder, &texts)?;
    let begun = Instant::now();
    let last = encoder.reading().layers;
    let learned = match args.method {
        How::Logreg => fitted(args, &encoder, &rows, last..=last)?,
        How::Probe => fitted(args, &encoder, &rows, 0..=last)?,
        How::Finetune => finetuned(args, &encoder, &rows)?,
    };
    let (measured, training_numbers) = rows.split();
    let commonest = majority(training_numbers, rows.labels.len());
    let about = About {
        method: args.method.into(),
        model: names::model_identity(&encoder, &args.model.model)?,
        layer: learned.layer,
        majority: rows.labels[commonest].clone(),
    };
    let summary = Summary {
        rows: rows.texts.len(),
        held_out: rows.held_out,
        labels: rows.counts(),
        method: about.method,
        layer: about.layer,
        by_layer: learned.by_layer,
        seconds: begun.elapsed().as_secs_f64(),
        accuracy: accuracy(&learned.predicted, measured),
        majority: accuracy(&vec![commonest; rows.held_out], measured),
        bag_of_words: accuracy(&bag_of_words(&rows), measured),
        out: args.out.display().to_string(),
    };
    Classifier { about, encoder, head: learned.head, tuned: learned.tuned }.save(&args.out)?;
    if let Some(steps) = learned.stopped {
        let (after, out) = (files::counted(steps, "step"), args.out.display());
        bail!("stopped after {after}; the classifier so far is in {out}");
    }
    watch::note_few_held_out(summary.held_out, "row");
    output::object(args.format, &summary, || for_people(&summary))
}

/// The labels that counting words gives to the rows held back.
fn bag_of_words(rows: &LabelledRows) -> Vec<usize> {
    let (held_out, training) = rows.texts.split_at(rows.held_out);
    let bag = BagOfWords::fit(training, rows.split().1, rows.labels.len());
    held_out.iter().map(|text| bag.predict(text)).collect()
}

/// A classifier's head, and how well it did on the rows held back.
struct Learned {
    head: Head,
    /// The whole model, where a method trains it.
    tuned: Option<SequenceClassifier>,
    /// Number of layers after which the vectors are taken.
    layer: usize,
    /// Labels that the rows held back are given by what was learned without them.
    predicted: Vec<usize>,
    /// Accuracy on the rows held back, after each layer that was tried.
    by_layer: Vec<f64>,
    /// Number of steps after which an interrupt ended the training.
    stopped: Option<usize>,
}

/// Fits a head to the best of these layers, and in the end to all rows.
fn fitted(
    args: &Args,
    encoder: &SentenceEncoder,
    rows: &LabelledRows,
    layers: RangeInclusive<usize>,
) -> Result<Learned> {
    let (measured, training_numbers) = rows.split();
    let mut by_layer = Vec::new();
    let mut best: Option<(f64, usize, Vec<usize>, Tensor<2>)> = None;
    for layer in layers {
        let reading = Reading { layers: layer, ..encoder.reading() };
        let progress =
            progress::spinner(format!("embedding {} texts, layer {layer}", rows.texts.len()));
        let x = encoder.embed_matrix_with(&rows.texts, &reading)?;
        progress.finish_and_clear();
        let held_out = x.clone().narrow(0, 0, rows.held_out);
        let training = x.clone().narrow(0, rows.held_out, training_numbers.len());
        let predicted =
            likeliest(fit(args, training, training_numbers, rows.labels.len()).forward(held_out));
        let right = accuracy(&predicted, measured);
        by_layer.push(right);
        if best.as_ref().is_none_or(|(most, ..)| right > *most) {
            best = Some((right, layer, predicted, x));
        }
    }
    let (_, layer, predicted, x) = best.context("expected a layer to try")?;
    let linear = fit(args, x, &rows.numbers, rows.labels.len());
    let head = Head { linear, labels: rows.labels.clone(), kind: Labels::One };
    Ok(Learned { head, tuned: None, layer, predicted, by_layer, stopped: None })
}

/// Logistic regression of label numbers on vectors `[rows, d_model]`.
fn fit(args: &Args, x: Tensor<2>, numbers: &[usize], labels: usize) -> Linear {
    let y = one_hot(numbers, labels, &x.device());
    let regression = LogisticRegression::as_scikit_learn(args.c, numbers.len(), labels);
    regression.with_balanced(args.balanced).fit(x, y)
}

/// Times through so many rows: what was asked for, else enough to make [`STEPS`] steps.
fn epochs(args: &Args, rows: usize, batch: usize) -> usize {
    if let Some(epochs) = args.epochs {
        return epochs as usize;
    }
    let epochs = STEPS.div_ceil(rows.div_ceil(batch).max(1)).clamp(FEWEST_EPOCHS, MOST_EPOCHS);
    if epochs > FEWEST_EPOCHS {
        note!(
            "note: {rows} rows to learn from are few: they are read {epochs} times; --epochs \
                says otherwise"
        );
    }
    epochs
}

/// Trains the whole model without the rows held back.
fn finetuned(args: &Args, encoder: &SentenceEncoder, rows: &LabelledRows) -> Result<Learned> {
    let device = names::device(&args.model.device.device)?;
    let training_device = device.clone().autodiff();
    training_device.seed(args.seed);
    let mut examples = Vec::with_capacity(rows.texts.len());
    for (text, &target) in rows.texts.iter().zip(&rows.numbers) {
        examples.push(Example { ids: encoder.encode(text)?.ids, target });
    }
    let (held_out, training) = examples.split_at(rows.held_out);
    let how = FineTuning::new(args.seed);
    let learning_rate = args.learning_rate.unwrap_or(how.learning_rate);
    let how = how.with_learning_rate(learning_rate);
    let how = how.with_epochs(epochs(args, training.len(), how.batch));
    let task = Examples::<SequenceClassifier> {
        training,
        held_out,
        label_weights: rows.weights(args.balanced),
        pad: encoder.tokenizer.pad_id()?,
        how,
        device: &training_device,
    };
    let model = sequence_classifier(encoder.bert()?.clone(), rows.labels.len(), &device).train();
    let recipe = how.recipe(training.len());
    let (trained, _) = watch::train(&task, model, &recipe, &training_device, "rows")?;
    let model = trained.model.valid();
    let texts: Vec<&[u32]> = held_out.iter().map(|example| &example.ids[..]).collect();
    Ok(Learned {
        predicted: likeliest(predict(&model, &texts, task.pad, &device)),
        head: Head {
            linear: model.classifier.clone(),
            labels: rows.labels.clone(),
            kind: Labels::One,
        },
        tuned: Some(model),
        layer: encoder.reading().layers,
        by_layer: Vec::new(),
        stopped: if trained.stop == Stop::Interrupted { Some(trained.step) } else { None },
    })
}

/// The summary for people.
fn for_people(summary: &Summary) -> String {
    let by_layer: Vec<String> = summary.by_layer.iter().map(|&share| percent(share)).collect();
    let layers = if by_layer.len() > 1 {
        format!(
            "by layer      {}: layer {} is kept, so other rows should judge it\n",
            by_layer.join(", "),
            summary.layer
        )
    } else {
        String::new()
    };
    let mut labels = Vec::new();
    for (label, rows) in &summary.labels {
        labels.push(format!("{label} {rows}"));
    }
    format!(
        "rows          {}, {} of them held back\nlabels        {}\n{layers}accuracy      {} of \
            the rows held back\n\
            bag of words  {}\nmajority      {}\nseconds       {:.1}\nwritten       {}\n",
        summary.rows,
        summary.held_out,
        labels.join(", "),
        percent(summary.accuracy),
        percent(summary.bag_of_words),
        percent(summary.majority),
        summary.seconds,
        summary.out
    )
}

/// A share for people.
fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

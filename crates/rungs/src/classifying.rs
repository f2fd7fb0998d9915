//! `cargo rungs classify`

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use classify::baseline::{BagOfWords, majority};
use classify::calibration::{Bin, calibration_error, reliability};
use classify::checkpoint::Head;
use classify::finetune::{Example, Examples, FineTuning, predict, sequence_classifier};
use classify::{Labels, LogisticRegression, likeliest, one_hot, probabilities};
use course::Table;
use course::metrics::{Confusion, accuracy};
use encoder::SequenceClassifier;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sentences::SentenceEncoder;
use serde::{Deserialize, Serialize};
use training::{Event, Run};

use crate::cli::{ClassifyCommand, ClassifyMethod as Method, ClassifyTrainArgs};
use crate::{embed, model, output};

/// One row in so many is held back, to measure with.
const HELD_OUT: usize = 10;
/// Of the calibration error.
const BINS: usize = 10;
/// What a classifier's folder says of itself.
const ABOUT: &str = "classifier.json";

/// What was trained, and how.
#[derive(Serialize, Deserialize)]
struct About {
    method: Method,
    /// Whose vectors the head reads; of a fine-tuned model, what it began as.
    model: String,
    /// The vectors are those after so many layers.
    layer: usize,
    labels: Vec<String>,
    /// The label that most rows had.
    majority: String,
}

#[derive(Serialize)]
struct Summary {
    rows: usize,
    held_out: usize,
    labels: BTreeMap<String, usize>,
    method: Method,
    layer: usize,
    /// On the rows held back, of each layer that was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by_layer: Vec<f64>,
    seconds: f64,
    /// On the rows held back.
    accuracy: f64,
    majority: f64,
    bag_of_words: f64,
    out: String,
}

/// How one label fares.
#[derive(Serialize)]
struct OfLabel {
    precision: f64,
    recall: f64,
    f1: f64,
    support: usize,
}

#[derive(Serialize)]
struct Evaluation {
    rows: usize,
    accuracy: f64,
    macro_f1: f64,
    /// Of always saying what most rows in training had.
    majority: f64,
    calibration_error: f64,
    /// Answers by how sure they are.
    calibration: Vec<Bin>,
    labels: BTreeMap<String, OfLabel>,
    confusion: Matrix,
    /// Labels that training did not have; none of their rows can be right.
    unseen: Vec<String>,
}

/// `counts[truth][predicted]`, both in the order of the labels.
#[derive(Serialize)]
struct Matrix {
    labels: Vec<String>,
    counts: Vec<Vec<usize>>,
}

#[derive(Serialize)]
struct Prediction<'a> {
    text: &'a str,
    label: &'a str,
    probability: f32,
    probabilities: BTreeMap<&'a str, f32>,
}

/// Trains, uses or measures a classifier.
pub fn run(command: &ClassifyCommand) -> Result<()> {
    match command {
        ClassifyCommand::Train(args) => train(args),
        ClassifyCommand::Predict { folder, file, device } => {
            let classifier = Classifier::open(folder, &model::device(&device.device)?)?;
            let lines = data::lines(embed::input(file)?).collect::<Result<Vec<String>, _>>()?;
            if lines.is_empty() {
                bail!("{}: expected texts, one a line, found none", embed::name(file));
            }
            classifier.print(&lines)
        }
        ClassifyCommand::Eval { folder, file, device, format } => {
            let classifier = Classifier::open(folder, &model::device(&device.device)?)?;
            let evaluation = classifier.evaluate(&data::labelled(file)?)?;
            output::object(*format, &evaluation, || report(&evaluation))
        }
    }
}

/// Labelled texts with their labels as numbers.
struct Rows {
    texts: Vec<String>,
    numbers: Vec<usize>,
    labels: Vec<String>,
}

impl Rows {
    fn read(path: &Path, seed: u64) -> Result<Self> {
        let mut rows = data::labelled(path)?;
        let mut labels: Vec<String> = rows.iter().map(|row| row.label.clone()).collect();
        labels.sort();
        labels.dedup();
        if let [only] = &labels[..] {
            let path = path.display();
            bail!("{path}: expected at least two labels to tell apart, found only {only:?}");
        }
        rows.shuffle(&mut StdRng::seed_from_u64(seed));
        let number = |label: &String| labels.binary_search(label).expect("every label is listed");
        let numbers = rows.iter().map(|row| number(&row.label)).collect();
        Ok(Self { texts: rows.into_iter().map(|row| row.text).collect(), numbers, labels })
    }

    /// How many have each label.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        self.numbers.iter().for_each(|&number| *counts.entry(self.labels[number].clone()).or_default() += 1);
        counts
    }
}

fn train(args: &ClassifyTrainArgs) -> Result<()> {
    let rows = Rows::read(&args.file, args.seed)?;
    if args.out.join(ABOUT).exists() {
        bail!("{}: expected a new folder, found one with a classifier; name another", args.out.display());
    }
    let encoder = model::open(&args.model)?;
    let begun = std::time::Instant::now();
    let held_out = rows.texts.len().div_ceil(HELD_OUT).min(rows.texts.len() - 1);
    let (measured, learnt) = rows.numbers.split_at(held_out);
    let last = encoder.layers;
    let (kind, said, by_layer) = match args.method {
        Method::Logreg => fitted(args, &encoder, &rows, held_out, last..=last)?,
        Method::Probe => fitted(args, &encoder, &rows, held_out, 0..=last)?,
        Method::Finetune => {
            let (kind, said) = finetuned(args, &encoder, &rows, held_out)?;
            (kind, said, Vec::new())
        }
    };
    let bag = BagOfWords::fit(&rows.texts[held_out..], learnt, rows.labels.len());
    let bag: Vec<usize> = rows.texts[..held_out].iter().map(|text| bag.predict(text)).collect();
    let commonest = majority(learnt, rows.labels.len());
    let about = About {
        method: args.method,
        model: known_by(&args.model.model)?,
        layer: if let Kind::Frozen { layer, .. } = kind { layer } else { last },
        labels: rows.labels.clone(),
        majority: rows.labels[commonest].clone(),
    };
    kind.save(&args.out, &encoder, &about)?;
    let summary = Summary {
        rows: rows.texts.len(),
        held_out,
        labels: rows.counts(),
        method: args.method,
        layer: about.layer,
        by_layer,
        seconds: begun.elapsed().as_secs_f64(),
        accuracy: accuracy(&said, measured),
        majority: accuracy(&vec![commonest; held_out], measured),
        bag_of_words: accuracy(&bag, measured),
        out: args.out.display().to_string(),
    };
    output::object(args.format, &summary, || told(&summary))
}

/// A folder by its whole path, so that it is found from anywhere.
fn known_by(name: &str) -> Result<String> {
    let folder = Path::new(name);
    Ok(if folder.is_dir() { fs::canonicalize(folder)?.display().to_string() } else { name.into() })
}

/// A head on the best of these layers, fitted to all rows; what one fitted without the rows held back says of those; how
/// good each layer was.
fn fitted(
    args: &ClassifyTrainArgs,
    encoder: &SentenceEncoder,
    rows: &Rows,
    held_out: usize,
    layers: std::ops::RangeInclusive<usize>,
) -> Result<(Kind, Vec<usize>, Vec<f64>)> {
    let mut encoder = encoder.clone();
    let labels = rows.labels.len();
    let fit = |x: Tensor<2>, numbers: &[usize]| {
        let y = one_hot(numbers, labels, &x.device());
        let regression = LogisticRegression::as_scikit_learn(args.c, numbers.len(), labels);
        regression.with_balanced(args.balanced).fit(x, y)
    };
    let mut by_layer = Vec::new();
    let mut best: Option<(f64, usize, Vec<usize>, Tensor<2>)> = None;
    for layer in layers {
        encoder.layers = layer;
        let progress = output::spinner(format!("embedding {} texts, layer {layer}", rows.texts.len()));
        let x = encoder.embed_matrix(&rows.texts)?;
        progress.finish_and_clear();
        let learnt = x.clone().narrow(0, held_out, rows.texts.len() - held_out);
        let said =
            likeliest(fit(learnt, &rows.numbers[held_out..]).forward(x.clone().narrow(0, 0, held_out)));
        let right = accuracy(&said, &rows.numbers[..held_out]);
        by_layer.push(right);
        if best.as_ref().is_none_or(|(most, ..)| right > *most) {
            best = Some((right, layer, said, x));
        }
    }
    let (_, layer, said, x) = best.context("expected a layer to try")?;
    let linear = fit(x, &rows.numbers);
    let head = Head { linear, names: rows.labels.clone(), labels: Labels::One };
    Ok((Kind::Frozen { head, layer }, said, by_layer))
}

/// The whole model, trained without the rows held back, and what it says of those.
fn finetuned(
    args: &ClassifyTrainArgs,
    encoder: &SentenceEncoder,
    rows: &Rows,
    held_out: usize,
) -> Result<(Kind, Vec<usize>)> {
    let device = model::device(&args.model.device.device)?;
    let training_device = device.clone().autodiff();
    training_device.seed(args.seed);
    let labels = rows.labels.len();
    let example = |(text, &target): (&String, &usize)| Ok(Example { ids: encoder.encode(text)?.ids, target });
    let examples: Vec<Example<usize>> =
        rows.texts.iter().zip(&rows.numbers).map(example).collect::<Result<_>>()?;
    let (held_out, learnt) = examples.split_at(held_out);
    let counts = rows.counts();
    let weight = |label: &String| rows.texts.len() as f32 / (labels * counts[label]) as f32;
    let weights = if args.balanced { rows.labels.iter().map(weight).collect() } else { vec![1.0; labels] };
    let how =
        FineTuning::new(args.seed).with_epochs(args.epochs as usize).with_learning_rate(args.learning_rate);
    let task = Examples::<SequenceClassifier> {
        training: learnt,
        held_out,
        weights,
        pad: encoder.tokenizer.pad_id()?,
        how,
        device: &training_device,
    };
    let model = sequence_classifier(encoder.bert.clone(), labels, &device).train();
    let recipe = how.recipe(learnt.len());
    let bar = output::bar(recipe.steps as u64, "{bar:30} step {pos} of {len}, {msg}, {eta} left");
    let trained = training::train(&task, model, &recipe, Run::on(&training_device), &mut |event| {
        match *event {
            Event::Step { step, loss, .. } => {
                bar.set_position(step as u64 + 1);
                bar.set_message(format!("loss {loss:.3}"));
            }
            Event::Evaluated { step, validation_loss, .. } => {
                bar.suspend(|| eprintln!("step {step:5}  loss on the rows held back {validation_loss:.4}"));
            }
        }
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    let model = trained?.model.valid();
    let texts: Vec<&[u32]> = held_out.iter().map(|example| &example.ids[..]).collect();
    let said = likeliest(predict(&model, &texts, task.pad, &device));
    Ok((Kind::Tuned(Box::new(model)), said))
}

/// What makes labels of texts.
enum Kind {
    /// A head on the vectors of a model that stays as it is.
    Frozen { head: Head, layer: usize },
    /// A model of its own.
    Tuned(Box<SequenceClassifier>),
}

impl Kind {
    fn save(&self, folder: &Path, encoder: &SentenceEncoder, about: &About) -> Result<()> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: expected a folder to write into", folder.display()))?;
        match self {
            Kind::Frozen { head, .. } => head.save(folder)?,
            Kind::Tuned(model) => {
                encoder::checkpoint::save_sequence_classifier(model, &about.labels, folder)?;
                encoder.tokenizer.save(folder, encoder.limit)?;
                let linear = model.classifier.clone();
                Head { linear, names: about.labels.clone(), labels: Labels::One }.save(folder)?;
            }
        }
        // Last: a folder without it is no classifier.
        Ok(zoo::write_json(&folder.join(ABOUT), &serde_json::to_value(about)?)?)
    }
}

/// A classifier from its folder.
struct Classifier {
    about: About,
    encoder: SentenceEncoder,
    kind: Kind,
    device: Device,
}

impl Classifier {
    fn open(folder: &Path, device: &Device) -> Result<Self> {
        let path = folder.join(ABOUT);
        if !path.exists() {
            let folder = folder.display();
            bail!(
                "{folder}: expected a classifier, found no {ABOUT}; `cargo rungs classify train` makes one"
            );
        }
        let about: About = zoo::read_json(&path)?;
        let checks = zoo::Checks::of(&path);
        let tuned = about.method == Method::Finetune;
        let name = if tuned { folder.display().to_string() } else { about.model.clone() };
        let (encoder, kind) = if tuned {
            let model = encoder::checkpoint::load_sequence_classifier(folder, device)?.model;
            let tokenizer = tokens::Tokenizer::open(folder)?;
            (SentenceEncoder::new(tokenizer, model.bert.clone(), device)?, Kind::Tuned(Box::new(model)))
        } else {
            let mut encoder = model::open_named(&name, model::BATCH as usize, device)?;
            if about.layer > encoder.layers {
                let problem =
                    format!("expected at most {}, the model's last, found {}", encoder.layers, about.layer);
                return Ok(checks.refuse("layer", problem)?);
            }
            encoder.layers = about.layer;
            let head = Head::open(folder, encoder.bert.d_model(), device)?;
            (encoder, Kind::Frozen { head, layer: about.layer })
        };
        let names = match &kind {
            Kind::Frozen { head, .. } => head.names.len(),
            Kind::Tuned(model) => model.classifier.weight.dims()[1],
        };
        if names != about.labels.len() {
            let problem = format!("expected {names}, as the head has, found {}", about.labels.len());
            return Ok(checks.refuse("labels", problem)?);
        }
        Ok(Self { about, encoder, kind, device: device.clone() })
    }

    /// `[texts, labels]`, rows that sum to 1.
    fn probabilities(&self, texts: &[String]) -> Result<Tensor<2>> {
        let progress = output::spinner(format!("reading {} texts", texts.len()));
        let p = match &self.kind {
            Kind::Frozen { head, .. } => {
                probabilities(head.linear.forward(self.encoder.embed_matrix(texts)?), head.labels)
            }
            Kind::Tuned(model) => {
                let ids: Vec<Vec<u32>> =
                    texts.iter().map(|text| Ok(self.encoder.encode(text)?.ids)).collect::<Result<_>>()?;
                let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
                predict(model, &ids, self.encoder.tokenizer.pad_id()?, &self.device)
            }
        };
        progress.finish_and_clear();
        Ok(p)
    }

    fn print(&self, texts: &[String]) -> Result<()> {
        let p = self.probabilities(texts)?;
        let said = likeliest(p.clone());
        let numbers: Vec<f32> = p.into_data().iter().collect();
        let mut out = io::stdout().lock();
        for ((text, p), best) in texts.iter().zip(numbers.chunks(self.about.labels.len())).zip(said) {
            let probabilities = self.about.labels.iter().map(String::as_str).zip(p.iter().copied()).collect();
            let (label, probability) = (&self.about.labels[best][..], p[best]);
            let prediction = Prediction { text, label, probability, probabilities };
            writeln!(out, "{}", serde_json::to_string(&prediction)?)?;
        }
        Ok(())
    }

    fn evaluate(&self, rows: &[data::Labelled]) -> Result<Evaluation> {
        let mut labels = self.about.labels.clone();
        let mut unseen: Vec<String> =
            rows.iter().map(|row| row.label.clone()).filter(|label| !labels.contains(label)).collect();
        unseen.sort();
        unseen.dedup();
        labels.extend(unseen.iter().cloned());
        let number = |label: &String| labels.iter().position(|known| known == label).expect("listed above");
        let truth: Vec<usize> = rows.iter().map(|row| number(&row.label)).collect();
        let texts: Vec<String> = rows.iter().map(|row| row.text.clone()).collect();
        let p = self.probabilities(&texts)?;
        let said = likeliest(p.clone());
        let sure: Vec<f64> = p.max_dim(1).into_data().iter().collect();
        let answers: Vec<(f64, bool)> = sure
            .into_iter()
            .zip(said.iter().zip(&truth))
            .map(|(p, (said, truth))| (p.clamp(0.0, 1.0), said == truth))
            .collect();
        let calibration = reliability(&answers, BINS);
        let confusion = Confusion::new(labels.len(), &said, &truth);
        let of_label = |(label, scores): (&String, course::metrics::Scores)| {
            let course::metrics::Scores { precision, recall, f1, support } = scores;
            (label.clone(), OfLabel { precision, recall, f1, support })
        };
        Ok(Evaluation {
            rows: rows.len(),
            accuracy: accuracy(&said, &truth),
            macro_f1: confusion.macro_f1(),
            majority: accuracy(&vec![number(&self.about.majority); rows.len()], &truth),
            calibration_error: calibration_error(&calibration),
            calibration,
            labels: labels.iter().zip(confusion.scores()).map(of_label).collect(),
            confusion: Matrix { labels, counts: confusion.counts },
            unseen,
        })
    }
}

fn told(summary: &Summary) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let layers: Vec<String> = summary.by_layer.iter().map(|&share| percent(share)).collect();
    let layers = if layers.len() > 1 {
        format!("by layer      {}: layer {} is kept\n", layers.join(", "), summary.layer)
    } else {
        String::new()
    };
    let labels: Vec<String> = summary.labels.iter().map(|(label, rows)| format!("{label} {rows}")).collect();
    format!(
        "rows          {}, {} of them held back\nlabels        {}\n{layers}accuracy      {} of the rows held back\n\
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

fn report(evaluation: &Evaluation) -> String {
    let mut table = Table::new(["label", "precision", "recall", "F1", "rows"]);
    for (label, OfLabel { precision, recall, f1, support }) in &evaluation.labels {
        let [precision, recall, f1] = [precision, recall, f1].map(|share| format!("{share:.3}"));
        table.row([label.clone(), precision, recall, f1, support.to_string()]);
    }
    let Matrix { labels, counts } = &evaluation.confusion;
    let mut confusion = String::from("rows are what is true, columns what was said\n");
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(6);
    for (label, row) in labels.iter().zip(counts) {
        let cells: Vec<String> = row.iter().map(|count| format!("{count:>7}")).collect();
        confusion.push_str(&format!("  {label:width$}{}\n", cells.concat()));
    }
    let unseen = if evaluation.unseen.is_empty() {
        String::new()
    } else {
        format!("not in training: {}\n", evaluation.unseen.join(", "))
    };
    format!(
        "accuracy  {:.4} of {} rows (always the commonest label: {:.4})\nmacro F1  {:.4}\n\
         calibration error  {:.4}\n\n{table}\n{confusion}{unseen}",
        evaluation.accuracy,
        evaluation.rows,
        evaluation.majority,
        evaluation.macro_f1,
        evaluation.calibration_error
    )
}

//! `cargo rungs classify`

mod classifier;
mod report;

use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use burn::module::Module;
use burn::tensor::Tensor;
use classify::baseline::{BagOfWords, majority};
use classify::checkpoint::Head;
use classify::finetune::{Example, Examples, FineTuning, predict, sequence_classifier};
use classify::{Labels, LogisticRegression, likeliest, one_hot};
use course::metrics::accuracy;
use encoder::SequenceClassifier;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sentences::SentenceEncoder;
use training::Stop;

use self::classifier::{ABOUT, About, Answering, Classifier};
use self::report::{Summary, report, told};
use crate::cli::{ClassifyCommand, ClassifyMethod as Method, ClassifyTrainArgs};
use crate::{embed, learning, model, output};

/// One row in so many is held back, to measure with.
const HELD_OUT: usize = 10;

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
        // The first rows are held back, and one row of each label, however rare, is to be learnt from.
        let mut met = HashSet::new();
        rows.sort_by_cached_key(|row| met.insert(row.label.clone()));
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
    let begun = Instant::now();
    let (all, labels) = (rows.texts.len(), rows.labels.len());
    let held_out = all.div_ceil(HELD_OUT).min(all - labels).max(1);
    let (measured, learnt) = rows.numbers.split_at(held_out);
    let last = encoder.layers;
    let result = match args.method {
        Method::Logreg => fitted(args, &encoder, &rows, held_out, last..=last)?,
        Method::Probe => fitted(args, &encoder, &rows, held_out, 0..=last)?,
        Method::Finetune => finetuned(args, &encoder, &rows, held_out)?,
    };
    let bag = BagOfWords::fit(&rows.texts[held_out..], learnt, labels);
    let bag: Vec<usize> = rows.texts[..held_out].iter().map(|text| bag.predict(text)).collect();
    let commonest = majority(learnt, labels);
    let about = About {
        method: args.method,
        model: model::known_by(&encoder, &args.model.model)?,
        layer: result.layer,
        majority: rows.labels[commonest].clone(),
    };
    result.answering.save(&args.out, &encoder, &about)?;
    if let Some(steps) = result.stopped {
        bail!("stopped after {steps} steps; the classifier so far is in {}", args.out.display());
    }
    let summary = Summary {
        rows: rows.texts.len(),
        held_out,
        labels: rows.counts(),
        method: args.method,
        layer: about.layer,
        by_layer: result.by_layer,
        seconds: begun.elapsed().as_secs_f64(),
        accuracy: accuracy(&result.said, measured),
        majority: accuracy(&vec![commonest; held_out], measured),
        bag_of_words: accuracy(&bag, measured),
        out: args.out.display().to_string(),
    };
    output::object(args.format, &summary, || told(&summary))
}

/// What a method comes to.
struct Learnt {
    answering: Answering,
    /// The vectors are those after so many layers.
    layer: usize,
    /// The labels of the rows held back, by what was learnt without them.
    said: Vec<usize>,
    /// How good each layer was, of those tried.
    by_layer: Vec<f64>,
    /// After so many steps, by Ctrl-C.
    stopped: Option<usize>,
}

/// A head on the best of these layers, fitted to all rows.
fn fitted(
    args: &ClassifyTrainArgs,
    encoder: &SentenceEncoder,
    rows: &Rows,
    held_out: usize,
    layers: RangeInclusive<usize>,
) -> Result<Learnt> {
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
    Ok(Learnt { answering: Answering { head, tuned: None }, layer, said, by_layer, stopped: None })
}

/// The whole model, trained without the rows held back.
fn finetuned(
    args: &ClassifyTrainArgs,
    encoder: &SentenceEncoder,
    rows: &Rows,
    held_out: usize,
) -> Result<Learnt> {
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
    let (trained, _) = learning::train(&task, model, &recipe, &training_device, "rows")?;
    let stopped = (trained.stop == Stop::Interrupted).then_some(trained.step);
    let model = trained.model.valid();
    let texts: Vec<&[u32]> = held_out.iter().map(|example| &example.ids[..]).collect();
    let said = likeliest(predict(&model, &texts, task.pad, &device));
    let linear = model.classifier.clone();
    let head = Head { linear, names: rows.labels.clone(), labels: Labels::One };
    let answering = Answering { head, tuned: Some(model) };
    Ok(Learnt { answering, layer: encoder.layers, said, by_layer: Vec::new(), stopped })
}

//! `cargo rungs classify eval`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail};
use classify::calibration::{Bin, calibration_error, reliability};
use classify::checkpoint::Classifier;
use classify::likeliest;
use course::Table;
use course::metrics::{Confusion, accuracy};
use data::Labelled;
use serde::Serialize;

use crate::shell::options::Format;
use crate::shell::{input, output};

/// Bins of answers by how sure they are, for the calibration error.
const BINS: usize = 10;
/// Most labels of the rows that the training may lack: the confusion matrix grows with the square
/// of all labels, and what has so many others is another table.
const MOST_UNSEEN: usize = 100;
/// Number of labels that an error names.
const NAMED: usize = 3;

/// Scores of one label.
#[derive(Serialize)]
struct LabelScores {
    precision: f64,
    recall: f64,
    f1: f64,
    support: usize,
}

/// Scores of a classifier on labelled texts.
#[derive(Serialize)]
struct Evaluation {
    rows: usize,
    accuracy: f64,
    macro_f1: f64,
    /// Accuracy of always answering the commonest label of the training.
    majority: f64,
    calibration_error: f64,
    /// Bins of the answers by how sure they are.
    calibration: Vec<Bin>,
    labels: BTreeMap<String, LabelScores>,
    confusion: ConfusionMatrix,
    /// Labels that the training did not have; none of their rows can be right.
    unseen: Vec<String>,
}

/// Confusion matrix: `counts[truth][predicted]`, both in the order of the labels.
#[derive(Serialize)]
struct ConfusionMatrix {
    labels: Vec<String>,
    counts: Vec<Vec<usize>>,
}

/// Measures a classifier on the labelled texts of a file.
pub fn run(classifier: &Classifier, file: &Path, rows: &[Labelled], format: Format) -> Result<()> {
    let (labels, unseen) = (&classifier.head.labels, unseen(&classifier.head.labels, rows));
    if unseen.len() > MOST_UNSEEN {
        bail!(
            "{}: expected labels of the training ({}), found {} others ({}); `--columns` says \
             which column has the labels",
            input::name(file),
            beginning(labels),
            unseen.len(),
            beginning(&unseen)
        );
    }
    let evaluation = evaluate(classifier, rows, unseen)?;
    output::object(format, &evaluation, || for_people(&evaluation))
}

/// The first few of several labels.
fn beginning(labels: &[String]) -> String {
    let more = if labels.len() > NAMED { ", .." } else { "" };
    let first = labels[..labels.len().min(NAMED)].join(", ");
    files::one_line(&first) + more
}

/// Scores a classifier on labelled texts.
fn evaluate(classifier: &Classifier, rows: &[Labelled], unseen: Vec<String>) -> Result<Evaluation> {
    let mut labels = classifier.head.labels.clone();
    if !rows.iter().any(|row| labels.contains(&row.label)) {
        note!(
            "note: no row has a label of the training ({}); the first has {:?}",
            beginning(&labels),
            rows[0].label
        );
    }
    labels.extend(unseen.iter().cloned());
    let (mut truth, mut texts) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        truth.push(number(&labels, &row.label));
        texts.push(row.text.clone());
    }
    let majority = vec![number(&labels, &classifier.about.majority); rows.len()];
    let p = super::probabilities(classifier, &texts)?;
    let predicted = likeliest(p.clone());
    let mut answers = Vec::with_capacity(rows.len());
    for (i, p) in p.max_dim(1).into_data().iter::<f64>().enumerate() {
        answers.push((p.clamp(0.0, 1.0), predicted[i] == truth[i]));
    }
    let calibration = reliability(&answers, BINS);
    let confusion = Confusion::new(labels.len(), &predicted, &truth);
    let mut by_label = BTreeMap::new();
    for (label, scores) in labels.iter().zip(confusion.scores()) {
        let scores = LabelScores {
            precision: scores.precision,
            recall: scores.recall,
            f1: scores.f1,
            support: scores.support,
        };
        by_label.insert(label.clone(), scores);
    }
    Ok(Evaluation {
        rows: rows.len(),
        accuracy: accuracy(&predicted, &truth),
        macro_f1: confusion.macro_f1(),
        majority: accuracy(&majority, &truth),
        calibration_error: calibration_error(&calibration),
        calibration,
        labels: by_label,
        confusion: ConfusionMatrix { labels, counts: confusion.counts },
        unseen,
    })
}

/// The number of a label that is listed.
fn number(labels: &[String], label: &String) -> usize {
    labels.iter().position(|known| known == label).expect("every label is listed")
}

/// Labels of the rows that the classifier does not know.
fn unseen(known: &[String], rows: &[Labelled]) -> Vec<String> {
    let mut unseen = BTreeSet::new();
    for row in rows {
        if !known.contains(&row.label) {
            unseen.insert(&row.label);
        }
    }
    unseen.into_iter().cloned().collect()
}

/// The evaluation for people.
fn for_people(evaluation: &Evaluation) -> String {
    let mut table = Table::new(["label", "precision", "recall", "F1", "rows"]);
    for (label, LabelScores { precision, recall, f1, support }) in &evaluation.labels {
        table.row([
            label.clone(),
            format!("{precision:.3}"),
            format!("{recall:.3}"),
            format!("{f1:.3}"),
            support.to_string(),
        ]);
    }
    let ConfusionMatrix { labels, counts } = &evaluation.confusion;
    let mut confusion = String::from("rows are what is true, columns what was said\n");
    let mut width = 6;
    for label in labels {
        width = width.max(label.chars().count());
    }
    for (label, row) in labels.iter().zip(counts) {
        confusion.push_str(&format!("  {label:width$}"));
        for count in row {
            confusion.push_str(&format!("{count:>7}"));
        }
        confusion.push('\n');
    }
    let unseen = if evaluation.unseen.is_empty() {
        String::new()
    } else {
        format!("not in training: {}\n", evaluation.unseen.join(", "))
    };
    format!(
        "accuracy  {:.4} of {} (always the commonest label of the training: {:.4})\n\
         macro F1  {:.4}\ncalibration error  {:.4}\n\n{}\n{confusion}{unseen}",
        evaluation.accuracy,
        files::counted(evaluation.rows, "row"),
        evaluation.majority,
        evaluation.macro_f1,
        evaluation.calibration_error,
        output::fitted(&table)
    )
}

//! `cargo rungs classify eval`

use std::collections::BTreeMap;

use anyhow::Result;
use classify::calibration::{Bin, calibration_error, reliability};
use classify::checkpoint::Classifier;
use classify::likeliest;
use course::Table;
use course::metrics::{Confusion, accuracy};
use data::Labelled;
use serde::Serialize;

use crate::shell::options::Format;
use crate::shell::output;

/// Bins of answers by how sure they are, for the calibration error.
const BINS: usize = 10;

/// How one label fares.
#[derive(Serialize)]
struct OfLabel {
    precision: f64,
    recall: f64,
    f1: f64,
    support: usize,
}

/// How a classifier fares with labelled texts.
#[derive(Serialize)]
struct Evaluation {
    rows: usize,
    accuracy: f64,
    macro_f1: f64,
    /// Accuracy of always saying what most rows in training had.
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

/// Measures a classifier on labelled texts.
pub fn run(classifier: &Classifier, rows: &[Labelled], format: Format) -> Result<()> {
    let evaluation = evaluate(classifier, rows)?;
    output::object(format, &evaluation, || text(&evaluation))
}

fn evaluate(classifier: &Classifier, rows: &[Labelled]) -> Result<Evaluation> {
    let mut labels = classifier.head.labels.clone();
    let unseen = unseen(&labels, rows);
    labels.extend(unseen.iter().cloned());
    let number =
        |label: &String| labels.iter().position(|known| known == label).expect("listed above");
    let truth: Vec<usize> = rows.iter().map(|row| number(&row.label)).collect();
    let majority = vec![number(&classifier.about.majority); rows.len()];
    let texts: Vec<String> = rows.iter().map(|row| row.text.clone()).collect();
    let p = super::probabilities(classifier, &texts)?;
    let predicted = likeliest(p.clone());
    let sure: Vec<f64> = p.max_dim(1).into_data().iter().collect();
    let mut answers = Vec::with_capacity(rows.len());
    for (i, p) in sure.into_iter().enumerate() {
        answers.push((p.clamp(0.0, 1.0), predicted[i] == truth[i]));
    }
    let calibration = reliability(&answers, BINS);
    let confusion = Confusion::new(labels.len(), &predicted, &truth);
    let mut by_label = BTreeMap::new();
    for (label, scores) in labels.iter().zip(confusion.scores()) {
        let (precision, recall, f1, support) =
            (scores.precision, scores.recall, scores.f1, scores.support);
        by_label.insert(label.clone(), OfLabel { precision, recall, f1, support });
    }
    Ok(Evaluation {
        rows: rows.len(),
        accuracy: accuracy(&predicted, &truth),
        macro_f1: confusion.macro_f1(),
        majority: accuracy(&majority, &truth),
        calibration_error: calibration_error(&calibration),
        calibration,
        labels: by_label,
        confusion: Matrix { labels, counts: confusion.counts },
        unseen,
    })
}

/// Labels of the rows that the classifier does not know.
fn unseen(known: &[String], rows: &[Labelled]) -> Vec<String> {
    let mut unseen = Vec::new();
    for row in rows {
        if !known.contains(&row.label) {
            unseen.push(row.label.clone());
        }
    }
    unseen.sort();
    unseen.dedup();
    unseen
}

/// An evaluation for people.
fn text(evaluation: &Evaluation) -> String {
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

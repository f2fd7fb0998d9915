//! What is said of a classifier: how it was trained, and how often it is right.

use std::collections::BTreeMap;

use classify::calibration::Bin;
use course::Table;
use serde::Serialize;

use crate::cli::ClassifyMethod as Method;

/// Of a training.
#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) rows: usize,
    pub(super) held_out: usize,
    pub(super) labels: BTreeMap<String, usize>,
    pub(super) method: Method,
    pub(super) layer: usize,
    /// On the rows held back, of each layer that was tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) by_layer: Vec<f64>,
    pub(super) seconds: f64,
    /// On the rows held back.
    pub(super) accuracy: f64,
    pub(super) majority: f64,
    pub(super) bag_of_words: f64,
    pub(super) out: String,
}

/// How one label fares.
#[derive(Serialize)]
pub(super) struct OfLabel {
    pub(super) precision: f64,
    pub(super) recall: f64,
    pub(super) f1: f64,
    pub(super) support: usize,
}

/// Of labelled texts.
#[derive(Serialize)]
pub(super) struct Evaluation {
    pub(super) rows: usize,
    pub(super) accuracy: f64,
    pub(super) macro_f1: f64,
    /// Of always saying what most rows in training had.
    pub(super) majority: f64,
    pub(super) calibration_error: f64,
    /// Answers by how sure they are.
    pub(super) calibration: Vec<Bin>,
    pub(super) labels: BTreeMap<String, OfLabel>,
    pub(super) confusion: Matrix,
    /// Labels that training did not have; none of their rows can be right.
    pub(super) unseen: Vec<String>,
}

/// `counts[truth][predicted]`, both in the order of the labels.
#[derive(Serialize)]
pub(super) struct Matrix {
    pub(super) labels: Vec<String>,
    pub(super) counts: Vec<Vec<usize>>,
}

/// Of one text.
#[derive(Serialize)]
pub(super) struct Prediction<'a> {
    pub(super) text: &'a str,
    pub(super) label: &'a str,
    pub(super) probability: f32,
    pub(super) probabilities: BTreeMap<&'a str, f32>,
}

/// A training, for people.
pub(super) fn told(summary: &Summary) -> String {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let layers: Vec<String> = summary.by_layer.iter().map(|&share| percent(share)).collect();
    let layers = if layers.len() > 1 {
        let layers = layers.join(", ");
        format!("by layer      {layers}: layer {} is kept, so other rows should judge it\n", summary.layer)
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

/// An evaluation, for people.
pub(super) fn report(evaluation: &Evaluation) -> String {
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

//! Single words: the textbook's pairs, and how alike any two words are.

use std::collections::BTreeSet;

use anyhow::Result;
use burn::tensor::{Device, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use data::World;
use data::textbook::WORD_PAIRS;
use similarity::{cosine, pairwise};

use super::{Subject, Vectors, points};
use crate::toy::CORPUS;

/// The textbook's word pairs: its similarities, and those of this model.
pub(super) fn textbook_pairs(
    subject: &Subject,
    device: &Device,
    report: &mut Report,
) -> Result<()> {
    report.say(
        "Single words: what the textbook says, and what the last layer of this model says, by the \
        mean of all",
    );
    report.say(
        "tokens, [CLS] and [SEP] among them, and by the mean of the word's own; and its token \
        table.",
    );
    let mut table = Table::new(["pair", "textbook", "all tokens", "the word's own", "table"]);
    for (a, b, textbook) in WORD_PAIRS {
        let mut cells = vec![format!("{a}, {b}"), format!("{textbook:.2}")];
        for which in [Vectors::All, Vectors::Words] {
            let (a, b) = (subject.mean(a, which, device)?, subject.mean(b, which, device)?);
            cells.push(format!("{:.2}", cosine(a, b).into_scalar::<f32>()));
        }
        cells.push(match (subject.row(a, device)?, subject.row(b, device)?) {
            (Some(a), Some(b)) => format!("{:.2}", cosine(a, b).into_scalar::<f32>()),
            _ => "-".into(),
        });
        table.row(cells);
    }
    report.keyed_table("pair", &table);
    Ok(())
}

/// How alike the vectors of different words are, layer by layer: 0 would be no preferred direction.
pub(super) fn anisotropy(subject: &Subject, run: &Run, report: &mut Report) -> Result<()> {
    let words = different_words(subject, run);
    let mut cosines = Vec::new();
    for layer in 0..=subject.bert.layers.len() {
        cosines.push(mean_cosine(&words, layer));
    }
    report.say(format!(
        "Anisotropy of {}: mean cosine of {} different words, each in a sentence of its own.",
        subject.name,
        words.len()
    ));
    let mut table = Table::new(["layer", "mean cosine"]);
    for (layer, cosine) in cosines.iter().enumerate() {
        table.row([layer.to_string(), format!("{cosine:.3}")]);
    }
    report.keyed_table("alike", &table);
    report.figure(Figure {
        name: "11-anisotropy".into(),
        title: format!(
            "Different words in different sentences are not orthogonal ({})",
            subject.name
        ),
        alt: "The mean cosine of different words, each in a sentence of its own, is above zero at \
                every layer."
            .into(),
        band: 1e-3, // real weights: rounding alone
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("layer (0: embeddings)"),
            y: Axis::linear("mean cosine of two words' vectors"),
            marks: Marks::Lines(vec![Line::new("40 different words", points(&cosines))]),
        }],
    });
    Ok(())
}

/// The vectors of different words after every layer, each word in a sentence of its own.
fn different_words(subject: &Subject, run: &Run) -> Vec<Vec<Tensor<2>>> {
    const WORDS: usize = 40;
    let mut seen = BTreeSet::new();
    let mut words: Vec<Vec<Tensor<2>>> = Vec::new();
    for sentence in World::sentences(run.seed + 1).take(CORPUS) {
        if words.len() == WORDS {
            break;
        }
        // Places in turn, or all vectors would share one row of the position table.
        let word = &sentence.words[words.len() % sentence.words.len()].text;
        // A word that the tokenizer cuts in pieces has no vector of its own.
        let Ok(layers) = subject.word_by_layer(&sentence.to_string(), word, run.device) else {
            continue;
        };
        if seen.insert(word.clone()) {
            words.push(layers);
        }
    }
    words
}

/// The mean cosine of two different words' vectors after one layer.
fn mean_cosine(words: &[Vec<Tensor<2>>], layer: usize) -> f64 {
    let mut rows = Vec::with_capacity(words.len());
    for layers in words {
        rows.push(layers[layer].clone());
    }
    let rows = Tensor::cat(rows, 0);
    let [n, _] = rows.dims();
    let all: f32 = pairwise(rows.clone(), rows).sum().into_scalar();
    (f64::from(all) - n as f64) / (n * (n - 1)) as f64 // without each vector with itself
}

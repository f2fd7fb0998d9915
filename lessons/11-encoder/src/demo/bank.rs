//! One word in two senses: how its vectors part from layer to layer.

use anyhow::Result;
use burn::tensor::{Device, Tensor};
use course::{Axis, Figure, Line, Marks, Panel, Report, Table};
use similarity::cosine;

use super::{Subject, points};

/// Three sentences with one word in two senses, and with another whose sense is the same in all
/// three.
const SENTENCES: [(&str, &str); 3] = [
    ("money", "I deposited money at the bank"),
    ("river", "I sat by the river bank"),
    ("cash", "I withdrew cash from the bank"),
];

/// Cosines, layer by layer, of a word's vector in the first sentence with its vectors in two
/// others.
struct Partings {
    /// Cosines with the second sentence, about a river.
    river: Vec<f64>,
    /// Cosines with the third sentence, about cash.
    cash: Vec<f64>,
}

/// How a word's vectors part from layer to layer, over [`SENTENCES`].
fn partings(subject: &Subject, word: &str, device: &Device) -> Result<Partings> {
    let [money, river, cash] = SENTENCES.map(|(_, text)| subject.word_by_layer(text, word, device));
    let money = money?;
    Ok(Partings {
        river: cosines_by_layer(&money, &river?),
        cash: cosines_by_layer(&money, &cash?),
    })
}

/// The cosine of two words' vectors after every layer.
fn cosines_by_layer(a: &[Tensor<2>], b: &[Tensor<2>]) -> Vec<f64> {
    let mut cosines = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        cosines.push(f64::from(cosine(a.clone(), b.clone()).into_scalar::<f32>()));
    }
    cosines
}

/// One word in two senses, beside a word in one: what does the sense do, and what does the
/// sentence?
pub(super) fn by_layer(subject: &Subject, device: &Device, report: &mut Report) -> Result<()> {
    let (bank, control) = (partings(subject, "bank", device)?, partings(subject, "i", device)?);
    report.say(format!(
        "The words \"bank\" and \"I\" in {}: cosine of a word's vectors, layer by layer.",
        subject.name
    ));
    for (name, text) in SENTENCES {
        report.say(format!("  {name:6} {text}"));
    }
    let mut table = Table::new([
        "layer",
        "bank: money-river",
        "bank: money-cash",
        "I: money-river",
        "I: money-cash",
    ]);
    for layer in 0..bank.river.len() {
        let mut cells = vec![layer.to_string()];
        for cosines in [&bank.river, &bank.cash, &control.river, &control.cash] {
            cells.push(format!("{:.3}", cosines[layer]));
        }
        table.row(cells);
    }
    report.table(&table);
    report.figure(Figure {
        name: "11-bank".into(),
        title: format!("A word of two senses and one of a single sense ({})", subject.name),
        alt: "Two panels: cosine of a word's vectors in two sentences, by layer. Left: \"bank\", \
            money with cash and money with river; both start at 1, and the pair of one sense \
            stays closer from the first layer on. Right: \"I\" in the same sentences; it parts as \
            well, and most at the last layer."
            .into(),
        band: 1e-3, // real weights: rounding alone
        panels: vec![panel("bank", &bank), panel("I", &control)],
    });
    Ok(())
}

/// One panel of the figure: a word's cosines with both other sentences.
fn panel(title: &str, partings: &Partings) -> Panel {
    Panel {
        title: title.into(),
        x: Axis::linear("layer (0: embeddings)"),
        y: Axis::linear("cosine of the word's two vectors"),
        marks: Marks::Lines(vec![
            Line::new("money, cash", points(&partings.cash)),
            Line::new("money, river", points(&partings.river)),
        ]),
    }
}

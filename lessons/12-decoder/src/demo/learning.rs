//! What a model writes while it learns to.

use std::cell::RefCell;

use anyhow::Result;
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};

use super::{SIZE, TEXTS, bits, opening, trained, words, written};
use crate::{Gpt, Sampling, TokenizedCorpus};

/// Steps between two looks at the model.
const EVERY: usize = 100;
/// The looks whose texts are shown.
const SHOWN: [usize; 4] = [0, 100, 300, SIZE.steps];

/// A model that was looked at as it learnt.
pub(super) struct Writer {
    pub model: Gpt,
    /// Every look: (step, nats a character on the text held back).
    curve: Vec<(usize, f64)>,
    /// What it wrote at each.
    samples: Vec<Vec<String>>,
}

impl Writer {
    /// At the last look.
    pub fn nats(&self) -> f64 {
        self.curve[self.curve.len() - 1].1
    }
}

/// Trains a GPT that sees whole blocks.
pub(super) fn watched(run: &Run, corpus: &TokenizedCorpus) -> Result<Writer> {
    let samples = RefCell::new(Vec::new());
    let look =
        |model: &Gpt| samples.borrow_mut().push(written(run, model, corpus, Sampling::default()));
    let (model, curve) = trained(run, corpus, SIZE.block, EVERY, look)?;
    Ok(Writer { model, curve, samples: samples.into_inner().into_iter().collect::<Result<_>>()? })
}

/// Loss, texts, and the words in them that exist.
pub(super) fn as_it_learns(writer: &Writer, corpus: &TokenizedCorpus, report: &mut Report) {
    report.say(format!(
        "What the GPT that sees {} writes as it learns, at temperature 1 (/ is a line break), and \
            of {TEXTS} such texts",
        SIZE.block
    ));
    report.say("the share of words that the toy world has:");
    let mut table = Table::new(["step", "bits", "words", "text"]);
    let (mut losses, mut shares) = (Vec::new(), Vec::new());
    for (&(step, nats), texts) in writer.curve.iter().zip(&writer.samples) {
        let (bits, share) = (bits(corpus, nats), words(texts).0);
        losses.push((step as f64, bits));
        shares.push((step as f64, share));
        if SHOWN.contains(&step) {
            let cells =
                [format!("{bits:.3}"), format!("{:.0}%", 100.0 * share), opening(&texts[0])];
            table.row(std::iter::once(step.to_string()).chain(cells));
        }
    }
    report.table(&table);
    report.figure(figure(losses, shares));
}

fn figure(losses: Vec<(f64, f64)>, shares: Vec<(f64, f64)>) -> Figure {
    let last = losses.len() - 1;
    let alt = format!(
        "Two panels over {} training steps of a small GPT. Bits a character on held-back text \
            fall from {:.2} to {:.2}; the share of written words that the toy world has rises \
            from {:.2} to {:.2}.",
        SIZE.steps, losses[0].1, losses[last].1, shares[0].1, shares[last].1
    );
    let panel = |title: &str, y: &str, name: &str, points| Panel {
        title: title.into(),
        x: Axis::linear("training step"),
        y: Axis::linear(y),
        marks: Marks::Lines(vec![Line::new(name, points)]),
    };
    Figure {
        name: "12-learning".into(),
        title: "Learning to write".into(),
        alt,
        band: 0.3, // what training may differ by between processors halfway, in bits
        panels: vec![
            panel("loss", "bits per character, held back", "GPT, 32 tokens seen", losses),
            panel(
                "words",
                "share of written words that exist",
                "16 texts of 200 characters",
                shares,
            ),
        ],
    }
}

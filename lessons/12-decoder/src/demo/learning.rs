//! What a model generates while it is trained.

use anyhow::Result;
use course::{Axis, Figure, Line, Report, Run, Table};

use super::{
    SIZE, TEXTS, TRAINED, WRITTEN, existing_words, generated_texts, held_back_bits, opening, panel,
    train_gpt,
};
use crate::{Gpt, Sampling, TokenizedCorpus};

/// Steps between two looks at the model.
const EVERY: usize = 100;
/// Steps after which a text is shown.
const SHOWN: [usize; 4] = [0, 100, 300, SIZE.steps];

/// A model that was looked at while it was trained.
pub(super) struct WatchedGpt {
    pub model: Gpt,
    /// Pairs of (step, nats per token on the held-back text), one for every look.
    curve: Vec<(usize, f64)>,
    /// Texts that the model generated at every look.
    texts: Vec<Vec<String>>,
}

impl WatchedGpt {
    /// Nats per token on the held-back text at the last look.
    pub fn nats(&self) -> f64 {
        self.curve[self.curve.len() - 1].1
    }
}

/// Trains a GPT that sees whole blocks, and lets it generate texts on the way.
pub(super) fn train_and_watch(run: &Run, corpus: &TokenizedCorpus) -> Result<WatchedGpt> {
    let mut texts = Vec::new();
    let mut failed = Ok(());
    let (model, curve) =
        train_gpt(run, corpus, SIZE.block, EVERY, |model| {
            match generated_texts(run, model, corpus, Sampling::default()) {
                Ok(generated) => texts.push(generated),
                Err(error) => failed = Err(error),
            }
        })?;
    failed?;
    Ok(WatchedGpt { model, curve, texts })
}

/// Reports the loss, a text and the share of its words that exist for every look.
pub(super) fn as_it_learns(watched: &WatchedGpt, corpus: &TokenizedCorpus, report: &mut Report) {
    report.say(format!(
        "What the GPT that sees {} writes as it learns, at temperature 1 (/ is a line break), and \
            of {TEXTS} such texts",
        SIZE.block
    ));
    report.say("the share of words that the toy world has:");
    let mut table = Table::new(["step", "bits", "words", "text"]);
    let (mut losses, mut shares) = (Vec::new(), Vec::new());
    for (&(step, nats), texts) in watched.curve.iter().zip(&watched.texts) {
        let (bits, (share, _)) = (held_back_bits(corpus, nats), existing_words(texts));
        losses.push((step as f64, bits));
        shares.push((step as f64, share));
        if SHOWN.contains(&step) {
            let (bits, share) = (format!("{bits:.3}"), format!("{:.0}%", 100.0 * share));
            table.row([step.to_string(), bits.clone(), share.clone(), opening(&texts[0])]);
            report.band(TRAINED);
            let what = format!("step {step}: bits per character, held back");
            report.number(&format!("bits-{step}"), &what, bits);
            report.band(WRITTEN);
            let what = format!("step {step}: written words that exist");
            report.number(&format!("words-{step}"), &what, share);
        }
    }
    report.loose_table(&table);
    report.band(0.0);
    report.figure(learning_figure(losses, shares));
}

fn learning_figure(losses: Vec<(f64, f64)>, shares: Vec<(f64, f64)>) -> Figure {
    let last = losses.len() - 1;
    let alt = format!(
        "Two panels over {} training steps of a small GPT. Bits per character on held-back text \
            fall from {:.2} to {:.2}; the share of written words that the toy world has rises \
            from {:.2} to {:.2}.",
        SIZE.steps, losses[0].1, losses[last].1, shares[0].1, shares[last].1
    );
    Figure {
        name: "12-learning".into(),
        title: "Learning to write".into(),
        alt,
        band: 0.3, // what training may differ by between processors halfway, in bits
        panels: vec![
            panel(
                "loss",
                Axis::linear("training step"),
                "bits per character, held back",
                vec![Line::new("GPT, 32 tokens seen", losses)],
            ),
            panel(
                "words",
                Axis::linear("training step"),
                "share of written words that exist",
                vec![Line::new("16 texts of 200 characters", shares)],
            ),
        ],
    }
}

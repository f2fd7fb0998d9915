//! How a tiny BERT learns to guess masked words.

use anyhow::{Context, Result};
use burn::tensor::Device;
use course::{Axis, Figure, Line, Marks, Panel, Report, Table};

use crate::toy::{CORPUS, HELD_OUT, MAX_TOKENS, ToyBert};
use crate::{Batch, TOKENS};

/// Steps averaged into one point of the curve: a masked batch holds some 50 guesses, so single
/// losses are noisy.
const SMOOTHED: usize = 20;

/// Axis of the words in logits, `[batch, tokens, vocab]`.
const VOCAB: usize = 2;

/// Reports how the tiny BERT learned, and what it guesses.
pub(super) fn curve_and_guesses(toy: &ToyBert, device: &Device, report: &mut Report) -> Result<()> {
    let curve = smoothed(&toy.losses);
    let ((_, first), (last_step, last)) = (curve[0], curve[curve.len() - 1]);
    let uniform = (toy.tokenizer.vocab_size() as f64).ln();
    report.say(format!("A tiny BERT guesses masked words of the toy world ({CORPUS} sentences)."));
    report.band(super::TRAINED);
    let mut table = Table::new(["guess", "nats per masked word"]);
    table.row(["every word alike", &format!("{uniform:.2}")]);
    table.row(["by how often each word comes", &format!("{:.2}", toy.unigram)]);
    table.row(["the model, first steps", &format!("{first:.2}")]);
    table.row(["the model, last steps", &format!("{last:.2}")]);
    table.row([&format!("the model, {HELD_OUT} new sentences"), &format!("{:.2}", toy.held_out)]);
    report.table(&table);
    for (key, what, nats) in [
        ("first", "first 20 steps", first),
        ("last", "last 20 steps", last),
        ("new", "256 new sentences", toy.held_out),
    ] {
        report.number(
            key,
            &format!("tiny BERT, {what}: nats per masked word"),
            format!("{nats:.2}"),
        );
    }
    let perplexity = format!("{:.1}", last.exp());
    report.number("perplexity", "tiny BERT, last 20 steps: perplexity", perplexity);
    report.loose_table(&holes(toy, device)?);
    report.figure(Figure {
        name: "11-pretraining".into(),
        title: "Guessing masked words, from scratch".into(),
        alt:
            "The loss of a tiny BERT on masked words falls below what word counts alone can reach."
                .into(),
        // one nat: training diverges between processors, the order of the levels does not
        band: 1.0,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("training step"),
            y: Axis::linear("loss (nats per masked word)"),
            marks: Marks::Lines(vec![
                level("every word alike", uniform, last_step),
                level("word counts", toy.unigram, last_step),
                Line::new("tiny BERT", curve),
            ]),
        }],
    });
    Ok(())
}

/// The curve of the losses: step and mean loss of [`SMOOTHED`] steps at a time.
fn smoothed(losses: &[f64]) -> Vec<(f64, f64)> {
    let mut curve = Vec::new();
    for (i, losses) in losses.chunks(SMOOTHED).enumerate() {
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        curve.push(((i * SMOOTHED) as f64, mean));
    }
    curve
}

/// A level to compare with from step 0 to the last.
fn level(name: &str, loss: f64, last_step: f64) -> Line {
    Line::new(name, [(0.0, loss), (last_step, loss)]).as_guide()
}

/// A table of texts with a masked word, and the model's guesses.
fn holes(toy: &ToyBert, device: &Device) -> Result<Table> {
    let mut table = Table::new(["the hole", "three best guesses"]);
    for text in [
        "the cat [MASK] in the house.",
        "paris is the capital of [MASK].",
        "the [MASK] wears a crown.",
    ] {
        table.row([text.to_string(), guesses(toy, text, device)?.join(", ")]);
    }
    Ok(table)
}

/// The three words that the model gives the highest logits at the mask token of `text`.
fn guesses(toy: &ToyBert, text: &str, device: &Device) -> Result<Vec<String>> {
    let encoding = toy.tokenizer.encode(text, MAX_TOKENS)?;
    let mask = toy.tokenizer.mask_id()?;
    let place = encoding.ids.iter().position(|&id| id == mask).context("the text has a hole")?;
    let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
    let logits = toy.model.forward(&batch).narrow(TOKENS, place, 1); // [1, 1, vocab]
    let best = logits.argsort_descending(VOCAB).into_data();
    let mut words = Vec::new();
    for id in best.iter::<i64>().take(3) {
        words.extend(toy.tokenizer.token(id as u32));
    }
    Ok(words)
}

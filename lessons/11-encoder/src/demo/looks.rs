//! What the widget of the two banks shows: how the vectors of a word of two senses part from layer
//! to layer, and which words it looks at in each of its sentences.

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};
use course::{Report, rounded};
use serde::Serialize;

use super::Subject;
use super::bank::{Parted, Place};
use crate::Batch;
use crate::toy::MAX_TOKENS;

/// Axis of the heads in `[batch, heads, queries, keys]`.
const HEADS: usize = 1;
/// Axis of the queries there.
const QUERIES: usize = 2;

/// A word of two senses.
#[derive(Serialize)]
struct Word {
    word: &'static str,
    /// Words of one sense in its place.
    plain: Vec<&'static str>,
    /// Its first sentence, the one of the same sense, the one of the other.
    sentences: Vec<Sentence>,
    /// Cosines of the first sentence with the one of the same sense, layer by layer.
    same: Vec<f64>,
    /// The same with the sentence of the other sense.
    other: Vec<f64>,
    /// Mean cosines of the words of one sense.
    plain_same: Vec<f64>,
    plain_other: Vec<f64>,
}

/// A sentence with the word in it.
#[derive(Serialize)]
struct Sentence {
    tokens: Vec<String>,
    /// Which of the tokens is the word.
    place: usize,
    /// For each layer, how the word shares out its attention: one share per token.
    attention: Vec<Vec<f64>>,
}

/// Records what the widget shows.
pub(super) fn record(
    parted: &[Parted],
    subject: &Subject,
    device: &Device,
    report: &mut Report,
) -> Result<()> {
    let mut words = Vec::new();
    for of_word in parted {
        let Place { ambiguous: word, first, same, other, .. } = of_word.place;
        let mut sentences = Vec::new();
        for text in [first, same, other] {
            sentences.push(looked_at(subject, &text.replace('_', word), word, device)?);
        }
        let plain = of_word.plain_means();
        words.push(Word {
            word,
            plain: of_word.place.plain_words_of(subject),
            sentences,
            same: short(&of_word.ambiguous.same, 5),
            other: short(&of_word.ambiguous.other, 5),
            plain_same: short(&plain.same, 5),
            plain_other: short(&plain.other, 5),
        });
    }
    report.data("senses", "words of two senses: cosines and attention by layer", &words);
    Ok(())
}

/// How a word shares out its attention in every layer, as a mean over the heads.
fn looked_at(subject: &Subject, text: &str, word: &str, device: &Device) -> Result<Sentence> {
    let encoding = subject.tokenizer.encode(text, MAX_TOKENS)?;
    let place = encoding.tokens.iter().position(|token| token == word);
    let place = place.context("the word is in the text")?;
    let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
    let mut attention = Vec::new();
    for weights in subject.bert.trace(&batch).attentions {
        let row: Tensor<4> = weights.narrow(QUERIES, place, 1).mean_dim(HEADS);
        let shares: Vec<f64> = row.into_data().iter::<f64>().collect();
        attention.push(short(&shares, 3));
    }
    Ok(Sentence { tokens: encoding.tokens, place, attention })
}

/// Numbers rounded to so many decimals.
fn short(values: &[f64], decimals: i32) -> Vec<f64> {
    values.iter().map(|&value| rounded(value, decimals)).collect()
}

//! What this lesson shows: a tiny BERT learns to fill holes, one word gets many vectors, and all of
//! them crowd.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use burn::prelude::*;
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::World;
use data::textbook::WORD_PAIRS;
use similarity::{cosine, pairwise};
use tokens::Tokenizer;

use crate::checkpoint::load_bert;
use crate::toy::{CORPUS, HELD_OUT, MAX_TOKENS, ToyBert, toy_bert};
use crate::{Batch, Bert};

/// Steps of pretraining.
const STEPS: usize = 600;
/// Steps averaged into one point of the curve: a masked batch holds some 50 guesses, so single
/// losses are noisy.
const SMOOTHED: usize = 20;

/// An encoder with its tokenizer.
#[derive(Debug)]
pub struct Subject {
    /// What to call it.
    pub name: String,
    /// Text to ids.
    pub tokenizer: Tokenizer,
    /// Ids to vectors.
    pub bert: Bert,
}

/// Shows the lesson, with the real MiniLM if it was fetched.
///
/// # Errors
///
/// A model folder that cannot be read.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    report.figure(shapes());
    let toy = toy_bert(run.seed, STEPS, run.device)?;
    pretraining(&toy, run.device, &mut report)?;
    let subject = match run.minilm {
        Some(folder) => Subject {
            name: "all-MiniLM-L6-v2".into(),
            tokenizer: Tokenizer::open(folder)?,
            bert: load_bert(folder, run.device)?.model,
        },
        None => {
            report.say(
                "MiniLM is not fetched: what follows looks into the tiny BERT just trained.\n",
            );
            Subject { name: "the tiny BERT".into(), tokenizer: toy.tokenizer, bert: toy.model.bert }
        }
    };
    bank(&subject, run.device, &mut report)?;
    if run.minilm.is_some() {
        word_pairs(&subject, run.device, &mut report)?;
    }
    anisotropy(&subject, run, &mut report)?;
    Ok(report)
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("ids, segments", "batch, tokens"),
        Step::new(
            "hidden state 0",
            "batch, tokens, d_model",
            "embeddings (lesson 07)",
            ["ids, segments"],
        ),
        Step::input("padding", "batch, 1, 1, tokens"),
        Step::new(
            "last hidden state",
            "batch, tokens, d_model",
            "each layer in turn (lesson 10)",
            ["hidden state 0", "padding"],
        ),
        Step::new(
            "word logits",
            "batch, tokens, vocab",
            "masked-language head",
            ["last hidden state"],
        ),
        Step::new("pooled", "batch, d_model", "tanh of [CLS] projected", ["last hidden state"]),
        Step::new("class logits", "batch, classes", "sequence head", ["pooled"]),
    ];
    let alt = "Shapes of BERT: ids [batch, tokens] become embeddings and, layer after layer, \
        hidden states [batch, tokens, d_model]; the masked-language head makes logits [batch, \
        tokens, vocab], the pooler [batch, d_model], the sequence head [batch, classes].";
    Figure::shapes("11-shapes", "BERT: from ids to hidden states and heads", alt, steps)
}

fn pretraining(toy: &ToyBert, device: &Device, report: &mut Report) -> Result<()> {
    let curve: Vec<(f64, f64)> = toy
        .losses
        .chunks(SMOOTHED)
        .enumerate()
        .map(|(i, losses)| {
            ((i * SMOOTHED) as f64, losses.iter().sum::<f64>() / losses.len() as f64)
        })
        .collect();
    let (first, last) = (curve[0].1, curve[curve.len() - 1].1);
    let uniform = (toy.tokenizer.vocab_size() as f64).ln();
    report.say(format!("A tiny BERT guesses masked words of the toy world ({CORPUS} sentences)."));
    let mut table = Table::new(["guess", "nats per masked word"]);
    table.row(["every word alike", &format!("{uniform:.2}")]);
    table.row(["by how often each word comes", &format!("{:.2}", toy.unigram)]);
    table.row(["the model, first steps", &format!("{first:.2}")]);
    table.row(["the model, last steps", &format!("{last:.2}")]);
    table.row([&format!("the model, {HELD_OUT} new sentences"), &format!("{:.2}", toy.held_out)]);
    report.table(&table);
    let mut table = Table::new(["the hole", "three best guesses"]);
    for text in [
        "the cat [MASK] in the house.",
        "paris is the capital of [MASK].",
        "the [MASK] wears a crown.",
    ] {
        table.row([text.to_string(), guesses(toy, text, device)?.join(", ")]);
    }
    report.table(&table);
    let level = |name: &str, y: f64| Line::new(name, [(0.0, y), (curve[curve.len() - 1].0, y)]);
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
                level("every word alike", uniform),
                level("word counts", toy.unigram),
                Line::new("tiny BERT", curve.clone()),
            ]),
        }],
    });
    Ok(())
}

/// The three words the model would put into the hole of `text`.
fn guesses(toy: &ToyBert, text: &str, device: &Device) -> Result<Vec<String>> {
    let encoding = toy.tokenizer.encode(text, MAX_TOKENS)?;
    let hole = encoding.ids.iter().position(|&id| Ok(id) == toy.tokenizer.mask_id().map_err(drop));
    let hole = hole.context("the text has a hole")?;
    let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
    let logits = toy.model.forward(&batch).narrow(1, hole, 1); // [1, 1, vocab]
    let best = logits.argsort_descending(2).into_data();
    Ok(best.iter::<i64>().take(3).filter_map(|id| toy.tokenizer.token(id as u32)).collect())
}

/// Which of a text's vectors are averaged.
#[derive(Debug, Clone, Copy)]
enum Vectors {
    All,
    /// All but those of `[CLS]`, the first, and `[SEP]`, the last.
    OfTheWord,
}

impl Subject {
    /// The vector of `word` in `text` after every layer, the embeddings' output first:
    /// `[1, d_model]` each.
    ///
    /// # Errors
    ///
    /// A text that does not hold the word as one token.
    pub fn word_by_layer(&self, text: &str, word: &str, device: &Device) -> Result<Vec<Tensor<2>>> {
        let encoding = self.tokenizer.encode(text, MAX_TOKENS)?;
        let at = encoding
            .tokens
            .iter()
            .position(|token| token == word)
            .context("the word is in the text")?;
        let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
        let states = self.bert.trace(&batch).hidden_states;
        Ok(states.into_iter().map(|states| states.narrow(1, at, 1).squeeze_dim(1)).collect())
    }

    /// The mean of some of a short text's last vectors: `[1, d_model]`.
    fn mean(&self, text: &str, which: Vectors, device: &Device) -> Result<Tensor<2>> {
        let encoding = self.tokenizer.encode(text, MAX_TOKENS)?;
        let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
        let states = self.bert.forward(&batch);
        let states = match which {
            Vectors::All => states,
            Vectors::OfTheWord => states.narrow(1, 1, encoding.ids.len() - 2),
        };
        Ok(states.mean_dim(1).squeeze_dim(1))
    }
}

/// Three sentences with one word in two senses, and with another whose sense is the same in all
/// three.
const SENTENCES: [(&str, &str); 3] = [
    ("money", "I deposited money at the bank"),
    ("river", "I sat by the river bank"),
    ("cash", "I withdrew cash from the bank"),
];

/// How a word's vectors part from layer to layer: cosines of the first sentence's with the second's
/// and the third's.
fn partings(subject: &Subject, word: &str, device: &Device) -> Result<[Vec<f64>; 2]> {
    let [money, river, cash] = SENTENCES.map(|(_, text)| subject.word_by_layer(text, word, device));
    let money = money?;
    let by_layer = |other: Vec<Tensor<2>>| -> Vec<f64> {
        let pairs = money.iter().cloned().zip(other);
        pairs.map(|(a, b)| f64::from(cosine(a, b).into_scalar::<f32>())).collect()
    };
    Ok([by_layer(river?), by_layer(cash?)])
}

/// One word in two senses, beside a word in one: what does the sense do, and what does the
/// sentence?
fn bank(subject: &Subject, device: &Device, report: &mut Report) -> Result<()> {
    let (bank, control) = (partings(subject, "bank", device)?, partings(subject, "i", device)?);
    report.say(format!(
        "The words \"bank\" and \"I\" in {}: cosine of a word's vectors, layer by layer.",
        subject.name
    ));
    SENTENCES.iter().for_each(|(name, text)| report.say(format!("  {name:6} {text}")));
    let mut table = Table::new([
        "layer",
        "bank: money-river",
        "bank: money-cash",
        "I: money-river",
        "I: money-cash",
    ]);
    for layer in 0..bank[0].len() {
        let cells = bank.iter().chain(&control).map(|cosines| format!("{:.3}", cosines[layer]));
        table.row(std::iter::once(layer.to_string()).chain(cells));
    }
    report.table(&table);
    let panel = |title: &str, [across, within]: [Vec<f64>; 2]| {
        let line = |name: &str, cosines: Vec<f64>| {
            Line::new(
                name,
                cosines.into_iter().enumerate().map(|(layer, cosine)| (layer as f64, cosine)),
            )
        };
        Panel {
            title: title.into(),
            x: Axis::linear("layer (0: embeddings)"),
            y: Axis::linear("cosine of the word's two vectors"),
            marks: Marks::Lines(vec![line("money, cash", within), line("money, river", across)]),
        }
    };
    report.figure(Figure {
        name: "11-bank".into(),
        title: format!("A word of two senses and one of a single sense ({})", subject.name),
        alt: "Two panels: cosine of a word's vectors in two sentences, by layer. Left: \"bank\", \
            money with cash and money with river; both start at 1, and the pair of one sense \
            stays closer from the first layer on. Right: \"I\" in the same sentences; it parts as \
            well, and most at the last layer."
            .into(),
        band: 1e-3, // real weights: rounding alone
        panels: vec![panel("bank", bank), panel("I", control)],
    });
    Ok(())
}

/// The textbook's word pairs, and what this model says of them.
fn word_pairs(subject: &Subject, device: &Device, report: &mut Report) -> Result<()> {
    report.say(
        "Single words: what the textbook says, and what the last layer of this model says, by the \
        mean of all",
    );
    report.say("tokens, [CLS] and [SEP] among them, and by the mean of the word's own.");
    let mut table = Table::new(["a", "b", "textbook", "all tokens", "the word's own"]);
    for (a, b, said) in WORD_PAIRS {
        let [all, own] = [Vectors::All, Vectors::OfTheWord].map(|which| {
            let (a, b) = (subject.mean(a, which, device)?, subject.mean(b, which, device)?);
            anyhow::Ok(cosine(a, b).into_scalar::<f32>())
        });
        table.row([
            a.into(),
            b.into(),
            format!("{said:.2}"),
            format!("{:.2}", all?),
            format!("{:.2}", own?),
        ]);
    }
    report.table(&table);
    Ok(())
}

/// How alike the vectors of different words are, layer by layer: 0 would be no preferred direction.
fn anisotropy(subject: &Subject, run: &Run, report: &mut Report) -> Result<()> {
    const WORDS: usize = 40;
    let mut seen = BTreeSet::new();
    let mut words: Vec<Vec<Tensor<2>>> = Vec::new();
    for sentence in World::sentences(run.seed + 1).take(CORPUS) {
        // Places in turn, or all vectors would share one row of the position table.
        let word = &sentence.words[words.len() % sentence.words.len()].text;
        if words.len() == WORDS {
            break;
        }
        // A word that the tokenizer cuts in pieces has no vector of its own.
        let Ok(layers) = subject.word_by_layer(&sentence.to_string(), word, run.device) else {
            continue;
        };
        if seen.insert(word.clone()) {
            words.push(layers);
        }
    }
    let mean_cosine = |layer: usize| {
        let rows = Tensor::cat(words.iter().map(|layers| layers[layer].clone()).collect(), 0);
        let [n, _] = rows.dims();
        let all: f32 = pairwise(rows.clone(), rows).sum().into_scalar();
        (f64::from(all) - n as f64) / (n * (n - 1)) as f64 // without each vector with itself
    };
    let curve: Vec<(f64, f64)> =
        (0..=subject.bert.layers.len()).map(|layer| (layer as f64, mean_cosine(layer))).collect();
    report.say(format!(
        "Anisotropy of {}: mean cosine of {} different words, each in a sentence of its own.",
        subject.name,
        words.len()
    ));
    let mut table = Table::new(["layer", "mean cosine"]);
    curve
        .iter()
        .for_each(|(layer, cosine)| table.row([format!("{layer}"), format!("{cosine:.3}")]));
    report.table(&table);
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
            marks: Marks::Lines(vec![Line::new("40 different words", curve)]),
        }],
    });
    Ok(())
}

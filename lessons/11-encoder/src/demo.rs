//! What this lesson shows: a tiny BERT learns to guess masked words, one word gets many vectors,
//! and all of them crowd.

mod bank;
mod distance;
mod looks;
pub mod picture;
mod pretraining;
mod words;

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};
use course::{Figure, Report, Run, Step};
use tokens::Tokenizer;

use crate::checkpoint::load_bert;
use crate::toy::{MAX_TOKENS, toy_bert};
use crate::{Batch, Bert, TOKENS};

/// Steps of pretraining.
const STEPS: usize = 600;

/// How far what is trained here may differ on another processor: a share of a loss in nats.
const TRAINED: f64 = 0.15;
/// How far what real weights compute may differ: rounding alone, in numbers of three digits.
const ROUNDING: f64 = 0.002;

/// An encoder with its tokenizer.
#[derive(Debug)]
pub struct Subject {
    /// Name in what is printed.
    pub name: String,
    /// Tokenizer, from text to ids.
    pub tokenizer: Tokenizer,
    /// Encoder, from ids to vectors.
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
    pretraining::curve_and_guesses(&toy, run.device, &mut report)?;
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
    report.band(ROUNDING);
    let parted = bank::by_layer(&subject, run.device, &mut report)?;
    looks::record(&parted, &subject, run.device, &mut report)?;
    if run.minilm.is_some() {
        report.figure(picture::attention(&subject, run.device)?);
        distance::by_layer(&subject, run.device, &mut report)?;
        words::textbook_pairs(&subject, run.device, &mut report)?;
    }
    words::anisotropy(&subject, run, &mut report)?;
    Ok(report)
}

/// The figure of which axes go into a BERT and which come out.
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

/// Which of a text's vectors are averaged.
#[derive(Debug, Clone, Copy)]
enum Vectors {
    /// Those of all tokens.
    All,
    /// Those of all tokens but `[CLS]`, the first, and `[SEP]`, the last.
    Words,
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
        let place = encoding.tokens.iter().position(|token| token == word);
        let place = place.context("the word is in the text")?;
        let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
        let mut vectors = Vec::new();
        for states in self.bert.trace(&batch).hidden_states {
            vectors.push(states.narrow(TOKENS, place, 1).squeeze_dim(TOKENS));
        }
        Ok(vectors)
    }

    /// The row that a word has in the token table, `[1, d_model]`, if it is one token.
    fn row(&self, word: &str, device: &Device) -> Result<Option<Tensor<2>>> {
        let encoding = self.tokenizer.encode(word, MAX_TOKENS)?;
        let [_, id, _] = encoding.ids[..] else { return Ok(None) }; // between [CLS] and [SEP]
        let ids = Tensor::from_data([[i64::from(id)]], device);
        Ok(Some(self.bert.embeddings.tokens.forward(ids).squeeze_dim(TOKENS)))
    }

    /// The mean of some of a short text's vectors after the last layer: `[1, d_model]`.
    fn mean(&self, text: &str, which: Vectors, device: &Device) -> Result<Tensor<2>> {
        let encoding = self.tokenizer.encode(text, MAX_TOKENS)?;
        let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
        let states = self.bert.forward(&batch);
        let states = match which {
            Vectors::All => states,
            Vectors::Words => states.narrow(TOKENS, 1, encoding.ids.len() - 2),
        };
        Ok(states.mean_dim(TOKENS).squeeze_dim(TOKENS))
    }
}

/// Points of a line over the layers, the embeddings first.
fn points(values: &[f64]) -> Vec<(f64, f64)> {
    let mut points = Vec::with_capacity(values.len());
    for (layer, &value) in values.iter().enumerate() {
        points.push((layer as f64, value));
    }
    points
}

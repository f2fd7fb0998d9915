//! One corpus, and models that see more and more of it before they guess.

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use lookup::{BigramConfig, bigram_counts, bigram_entropy};

use super::learning::{self, Writer};
use super::{SIZE, bits, trained};
use crate::{LanguageModel, Tokenization, TokenizedCorpus};

/// Tokens that a model sees, but for the last one of all.
const SEEN: [usize; 5] = [1, 2, 4, 8, 16];

/// Byte pairs of the model whose tokens are no characters.
const BYTE_PAIRS: usize = 512;

/// Characters that the bigram learns from, all of them in every step; by steps twice as long as in
/// lesson 01, and fewer.
const BIGRAM_TEXT: usize = 30_000;
const BIGRAM_STEPS: usize = 80;
const BIGRAM_LEARNING_RATE: f64 = 0.2;

/// Trains a bigram and six GPTs, measures each on the same text, and hands the last GPT on.
pub(super) fn by_tokens_seen(
    run: &Run,
    text: &str,
    corpus: &TokenizedCorpus,
    report: &mut Report,
) -> Result<Writer> {
    let [bigram, best] = bigram(run, corpus);
    let mut seen_and_nats = Vec::new();
    for seen in SEEN {
        seen_and_nats.push((seen, last_nats(run, corpus, seen)?));
    }
    let writer = learning::watched(run, corpus)?;
    seen_and_nats.push((SIZE.block, writer.nats()));
    let pairs = Tokenization::BytePairs(BYTE_PAIRS).split(text)?;

    report.say(format!(
        "{} characters of the toy world to learn from, {} different ones, and {} more to measure on",
        corpus.training.len(),
        corpus.tokenizer.vocab_size(),
        corpus.validation_characters
    ));
    report.say(format!(
        "(a GPT on characters: {} layer of {} numbers in {} heads, {} parameters, {} steps of {} \
            tokens)",
        SIZE.n_layers,
        SIZE.d_model,
        SIZE.n_heads,
        writer.model.parameters(),
        SIZE.steps,
        SIZE.batch * SIZE.block
    ));
    let mut table = Table::new(["model", "tokens seen", "nats a token", "bits a character"]);
    let mut row = |name: &str, seen: usize, nats: f64, bits: f64| {
        table.row([name.to_string(), seen.to_string(), format!("{nats:.3}"), format!("{bits:.3}")]);
    };
    row("best bigram there can be", 1, best, bits(corpus, best));
    row("bigram of lesson 01", 1, bigram, bits(corpus, bigram));
    seen_and_nats.iter().for_each(|&(seen, nats)| row("GPT", seen, nats, bits(corpus, nats)));
    let nats = last_nats(run, &pairs, SIZE.block)?;
    row(&format!("GPT on {BYTE_PAIRS} byte pairs"), SIZE.block, nats, bits(&pairs, nats));
    report.table(&table);
    report.say(format!(
        "A byte-pair token has {:.2} characters on average.",
        pairs.validation_characters as f64 / pairs.validation.len() as f64
    ));
    report.say("");
    let points = seen_and_nats.into_iter().map(|(seen, nats)| (seen as f64, bits(corpus, nats)));
    report.figure(figure(bits(corpus, bigram), bits(corpus, best), points.collect()));
    Ok(writer)
}

/// Nats a token on the text held back, after the last step.
fn last_nats(run: &Run, corpus: &TokenizedCorpus, seen: usize) -> Result<f64> {
    let (_, curve) = trained(run, corpus, seen, SIZE.steps, |_| ())?;
    Ok(curve[curve.len() - 1].1)
}

/// Nats a token on the text held back: of the bigram of lesson 01 after training, and of the best
/// one that there can be, which has counted that very text.
fn bigram(run: &Run, corpus: &TokenizedCorpus) -> [f64; 2] {
    let vocab = corpus.tokenizer.vocab_size();
    let fresh = BigramConfig::new(vocab).init(&run.device.clone().autodiff());
    let learnt = &corpus.training[..BIGRAM_TEXT.min(corpus.training.len())];
    let (model, _) = lookup::train(fresh, learnt, BIGRAM_STEPS, BIGRAM_LEARNING_RATE);
    let held_back = &corpus.validation;
    let ids = TensorData::new(held_back.clone(), [1, held_back.len()]);
    let loss = model.valid().loss(Tensor::from_data(ids, run.device));
    [loss.into_scalar::<f32>().into(), bigram_entropy(&bigram_counts(held_back, vocab))]
}

fn figure(bigram: f64, best: f64, points: Vec<(f64, f64)>) -> Figure {
    let (first, last) = (points[0], points[points.len() - 1]);
    let level = |name: &str, bits: f64| Line::new(name, [(first.0, bits), (last.0, bits)]);
    Figure {
        name: "12-context".into(),
        title: "What a longer past is worth".into(),
        alt: format!(
            "Bits a character on held-back text of the toy world, by the tokens that a GPT of one \
                size sees. Seeing 1 it has {:.2}, the level of the bigram of lesson 01 at \
                {bigram:.2}; each doubling of what it sees lowers it, to {:.2} at {}.",
            first.1, last.1, last.0
        ),
        // bits: what training may differ by between processors, less than most steps of the line
        band: 0.15,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::log("tokens seen, at most"),
            y: Axis::linear("bits per character, held back"),
            marks: Marks::Lines(vec![
                Line::new("GPT", points),
                level("bigram (lesson 01)", bigram),
                level("best bigram there can be", best),
            ]),
        }],
    }
}

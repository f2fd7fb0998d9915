//! One corpus, and models that see more and more of it before they predict.

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use course::{Axis, Figure, Line, Report, Run, Table};
use lookup::{BigramConfig, bigram_counts, bigram_entropy};

use super::learning::{self, WatchedGpt};
use super::{SIZE, TRAINED, held_back_bits, panel, train_gpt};
use crate::{LanguageModel, Tokenization, TokenizedCorpus};

/// Tokens that each model sees; the last model, which is looked at as it learns, sees more.
const SEEN: [usize; 5] = [1, 2, 4, 8, 16];

/// Vocabulary of the model whose tokens are byte pairs.
const BYTE_PAIRS: usize = 512;

/// Characters that the bigram is trained on, all of them in every step: twice those of lesson 01,
/// which is many for a table of 45 * 45 logits.
const BIGRAM_TEXT: usize = 30_000;
/// Steps and learning rate of the bigram. AdamW moves each logit by about the learning rate per step:
/// 80 * 0.2 = 16 is twice the way that lesson 01 says a logit has to travel, in a quarter of its steps.
const BIGRAM_STEPS: usize = 80;
const BIGRAM_LEARNING_RATE: f64 = 0.2;

/// Trains a bigram and six GPTs, measures each on the same text, and hands the last GPT on.
pub(super) fn by_tokens_seen(
    run: &Run,
    text: &str,
    corpus: &TokenizedCorpus,
    report: &mut Report,
) -> Result<WatchedGpt> {
    let [bigram, best] = bigram_nats(run, corpus);
    let mut seen_and_nats = Vec::new();
    for seen in SEEN {
        seen_and_nats.push((seen, last_nats(run, corpus, seen)?));
    }
    let watched = learning::train_and_watch(run, corpus)?;
    seen_and_nats.push((SIZE.block, watched.nats()));
    let pairs = Tokenization::BytePairs(BYTE_PAIRS).split(text)?;

    report.say(format!(
        "{} characters of the toy world to learn from, {} different ones, and {} more to measure \
            on",
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
        watched.model.parameters(),
        SIZE.steps,
        SIZE.batch * SIZE.block
    ));
    let mut table = Table::new(["model", "tokens seen", "nats per token", "bits per character"]);
    row(&mut table, "best bigram there can be", 1, best, held_back_bits(corpus, best));
    row(&mut table, "bigram of lesson 01", 1, bigram, held_back_bits(corpus, bigram));
    let mut points = Vec::new();
    for (seen, nats) in seen_and_nats {
        let bits = held_back_bits(corpus, nats);
        row(&mut table, "GPT", seen, nats, bits);
        points.push((seen as f64, bits));
    }
    let nats = last_nats(run, &pairs, SIZE.block)?;
    let name = format!("GPT on {BYTE_PAIRS} byte pairs");
    row(&mut table, &name, SIZE.block, nats, held_back_bits(&pairs, nats));
    report.band(TRAINED);
    report.keyed_table("context", &table);
    report.band(0.0);
    report.say(format!(
        "A byte-pair token has {:.2} characters on average.",
        pairs.validation_characters as f64 / pairs.validation.len() as f64
    ));
    report.say("");
    report.figure(context_figure(
        held_back_bits(corpus, bigram),
        held_back_bits(corpus, best),
        points,
    ));
    Ok(watched)
}

fn row(table: &mut Table, name: &str, seen: usize, nats: f64, bits: f64) {
    table.row([name.to_string(), seen.to_string(), format!("{nats:.3}"), format!("{bits:.3}")]);
}

/// Nats per token on the held-back text after the last step, for a GPT that sees `seen` tokens.
fn last_nats(run: &Run, corpus: &TokenizedCorpus, seen: usize) -> Result<f64> {
    let (_, curve) = train_gpt(run, corpus, seen, SIZE.steps, |_| ())?;
    Ok(curve[curve.len() - 1].1)
}

/// Nats per token on the held-back text of two bigrams: that of lesson 01 after its training, and
/// the best one there can be, which has counted that very text.
fn bigram_nats(run: &Run, corpus: &TokenizedCorpus) -> [f64; 2] {
    let vocab = corpus.tokenizer.vocab_size();
    let fresh = BigramConfig::new(vocab).init(&run.device.clone().autodiff());
    let learnt = &corpus.training[..BIGRAM_TEXT.min(corpus.training.len())];
    let (model, _) = lookup::train(fresh, learnt, BIGRAM_STEPS, BIGRAM_LEARNING_RATE);
    let held_back = &corpus.validation;
    let ids = TensorData::new(held_back.clone(), [1, held_back.len()]);
    let loss = model.valid().loss(Tensor::from_data(ids, run.device));
    [loss.into_scalar::<f32>().into(), bigram_entropy(&bigram_counts(held_back, vocab))]
}

fn context_figure(bigram: f64, best: f64, points: Vec<(f64, f64)>) -> Figure {
    let (first, last) = (points[0], points[points.len() - 1]);
    let ends = [first.0, last.0];
    Figure {
        name: "12-context".into(),
        title: "What a longer past is worth".into(),
        alt: format!(
            "Bits per character on held-back text of the toy world, by the tokens that a GPT of \
                one size sees. Seeing 1 it has {:.2}, the level of the bigram of lesson 01 at \
                {bigram:.2}; each doubling of what it sees lowers it, to {:.2} at {}.",
            first.1, last.1, last.0
        ),
        // bits: what training may differ by between processors, less than most steps of the line
        band: 0.15,
        panels: vec![panel(
            "",
            Axis::log("tokens seen, at most"),
            "bits per character, held back",
            vec![
                Line::new("GPT", points),
                level("bigram (lesson 01)", ends, bigram),
                level("best bigram there can be", ends, best),
            ],
        )],
    }
}

/// A level to compare with between two places on the horizontal axis.
fn level(name: &str, [from, to]: [f64; 2], bits: f64) -> Line {
    Line::new(name, [(from, bits), (to, bits)]).as_guide()
}

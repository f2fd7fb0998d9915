//! What contrastive training is worth, measured by retrieval: without downloads, and as recorded
//! with real weights.

use std::collections::HashSet;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use course::{Axis, Bar, Figure, Marks, Panel, Report, Run, Table};
use data::{Related, Sentence, Topic, World};
use encoder::toy::toy_bert;
use serde::Deserialize;
use similarity::pairwise;

use super::STEPS;
use crate::contrastive::{Contrastive, Tuning};
use crate::evaluation::Retrieval;
use crate::{Pooling, SentenceEncoder};

/// Sentences to pair by topic, pairs held back, and sentences to search in.
const TO_PAIR: usize = 1200;
const HELD_OUT: usize = 32;
const TO_SEARCH: usize = 180;

/// A training on real weights, as `cargo rungs tune feelings` reported it.
const RECORDED: &str = include_str!("../feelings/tuned.json");

#[derive(Deserialize)]
struct Recorded {
    command: String,
    runs: Vec<Tuned>,
}

#[derive(Deserialize)]
struct Tuned {
    seed: u64,
    steps: usize,
    seconds: f64,
    before: Scores,
    after: Scores,
}

#[derive(Deserialize)]
struct Scores {
    mrr: f64,
    sts: f64,
    cases: usize,
    /// Cosines of "feeling down" with the textbook's three texts.
    search: [f64; 3],
}

/// Trains a tiny encoder to bring sentences on one topic together, for each pooling, and lets each
/// search.
pub(super) fn contrastive(run: &Run, report: &mut Report) -> Result<()> {
    let corpus: Vec<Sentence> = World::sentences(run.seed + 3).take(TO_SEARCH).collect();
    let texts: Vec<String> = corpus.iter().map(ToString::to_string).collect();
    let toy = toy_bert(run.seed, STEPS, run.device)?;
    let mut encoder = SentenceEncoder::new(toy.tokenizer, toy.model.bert.clone(), run.device)?;
    let mut rows = vec![("words in common", judged(&corpus, shared_words(&corpus, run)))];
    let cosines = |encoder: &SentenceEncoder| -> Result<Tensor<2>> {
        let vectors = encoder.embed_matrix(&texts)?;
        Ok(pairwise(vectors.clone(), vectors))
    };
    rows.push(("pretrained, mean", judged(&corpus, cosines(&encoder)?)));
    for (name, pooling) in [
        ("tuned, mean", Pooling::Mean),
        ("tuned, [CLS]", Pooling::Cls),
        ("tuned, max", Pooling::Max),
    ] {
        encoder.pooling = pooling;
        encoder.bert = toy.model.bert.clone();
        encoder.bert = tuned(&encoder, run)?;
        rows.push((name, judged(&corpus, cosines(&encoder)?)));
    }
    report.say(format!(
        "A tiny BERT, pretrained on the toy world, then tuned on {} pairs of sentences on one \
            topic. Each of\n\
            {TO_SEARCH} new sentences searches the others for its topic:",
        TO_PAIR / 2 - HELD_OUT
    ));
    let mut table = Table::new(["by", "recall@10", "MRR", "nDCG@10"]);
    for (name, scores) in &rows {
        let [recall, mrr, ndcg] = shown(scores).map(|score| format!("{score:.3}"));
        table.row([name.to_string(), recall, mrr, ndcg]);
    }
    report.table(&table);
    report.figure(figure(&rows));
    Ok(())
}

/// The encoder after contrastive training on pairs of one topic.
fn tuned(encoder: &SentenceEncoder, run: &Run) -> Result<encoder::Bert> {
    let pairs = by_topic(World::sentences(run.seed).take(TO_PAIR));
    let (held_out, pairs) = pairs.split_at(HELD_OUT);
    let tuning = Tuning { epochs: 4, learning_rate: 5e-4, seed: run.seed, ..Tuning::default() };
    let device = run.device.clone().autodiff();
    let task = Contrastive::new(encoder, pairs, held_out, tuning, &device)?;
    let bert = encoder.bert.clone().train();
    let recipe = tuning.recipe(pairs.len());
    let run = training::TrainingRun::on(&device);
    let trained = training::train(&task, bert, &recipe, run, &mut ())?;
    Ok(trained.model.valid())
}

/// Each sentence with the next on its topic.
fn by_topic(sentences: impl Iterator<Item = Sentence>) -> Vec<Related> {
    let mut waiting: Vec<(Topic, String)> = Vec::new();
    let mut pairs = Vec::new();
    for sentence in sentences {
        match waiting.iter().position(|(topic, _)| *topic == sentence.topic) {
            Some(at) => pairs.push(Related {
                query: waiting.remove(at).1,
                meant: sentence.to_string(),
                other: None,
            }),
            None => waiting.push((sentence.topic, sentence.to_string())),
        }
    }
    pairs
}

/// The share of words that two sentences have in common, of all in either: what can be had without
/// a model.
fn shared_words(corpus: &[Sentence], run: &Run) -> Tensor<2> {
    let words: Vec<HashSet<&str>> = corpus
        .iter()
        .map(|sentence| sentence.words.iter().map(|word| &word.text[..]).collect())
        .collect();
    let share = |a: &HashSet<&str>, b: &HashSet<&str>| {
        a.intersection(b).count() as f32 / a.union(b).count() as f32
    };
    let shares: Vec<f32> =
        words.iter().flat_map(|a| words.iter().map(move |b| share(a, b))).collect();
    Tensor::from_data(TensorData::new(shares, [corpus.len(); 2]), run.device)
}

/// How well every sentence finds, among the others, those on its topic.
fn judged(corpus: &[Sentence], scores: Tensor<2>) -> Retrieval {
    let scores: Vec<f32> = scores.into_data().iter().collect();
    let n = corpus.len();
    let mut rankings = Vec::new();
    for (i, scores) in scores.chunks(n).enumerate() {
        let mut order: Vec<usize> = (0..n).filter(|&j| j != i).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        rankings.push(order.iter().map(|&j| corpus[j].topic == corpus[i].topic).collect());
    }
    Retrieval::of(&rankings)
}

/// The scores that table and figure show: recall@10, MRR, nDCG@10.
fn shown(scores: &Retrieval) -> [f64; 3] {
    [scores.recall_at_10, scores.mrr, scores.ndcg_at_10]
}

fn figure(rows: &[(&str, Retrieval)]) -> Figure {
    let mut bars = Vec::new();
    for (label, scores) in rows {
        for (group, value) in ["recall@10", "MRR", "nDCG@10"].into_iter().zip(shown(scores)) {
            bars.push(Bar { label: label.to_string(), group: group.into(), value });
        }
    }
    Figure {
        name: "14-retrieval".into(),
        title: "Finding sentences on the same topic".into(),
        alt: "Recall@10, MRR and nDCG@10 of a tiny encoder. Tuned with any pooling it is above \
            shared words and above the encoder that only guessed masked words."
            .into(),
        // trained from scratch: processors differ, the order of before and after does not
        band: 0.1,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("ranked by"),
            y: Axis::linear("score (1 is best)"),
            marks: Marks::Bars(bars),
        }],
    }
}

/// What the recorded training changed.
pub(super) fn recorded(report: &mut Report) -> Result<()> {
    let Recorded { command, runs } = serde_json::from_str(RECORDED)?;
    let all = crate::feelings::cases().len();
    report.say(format!("Recorded: {command}"));
    let mut table = Table::new([
        "seed",
        "steps",
        "seconds",
        "",
        "told apart",
        "MRR",
        "STS",
        "sad",
        "stock",
        "birthday",
    ]);
    for Tuned { seed, steps, seconds, before, after } in &runs {
        for (when, scores) in [("before", before), ("after", after)] {
            let Scores { mrr, sts, cases, search: [sad, stock, birthday] } = scores;
            let numbers = [mrr, sts, sad, stock, birthday].map(|number| format!("{number:.4}"));
            let run = [seed.to_string(), steps.to_string(), format!("{seconds:.0}")];
            table.row(
                run.into_iter().chain([when.into(), format!("{cases} of {all}")]).chain(numbers),
            );
        }
    }
    report.table(&table);
    Ok(())
}

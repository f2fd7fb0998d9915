//! The worth of contrastive training, measured by retrieval: without downloads, and as recorded
//! with real weights.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use course::{Axis, Bar, Figure, Marks, Panel, Report, Run, Table};
use data::{Related, Sentence, Topic, World};
use encoder::toy::toy_bert;
use serde::Deserialize;
use similarity::pairwise;
use training::TrainingRun;

use super::{STEPS, texts};
use crate::contrastive::{Contrastive, Tuning};
use crate::evaluation::Retrieval;
use crate::{Pooling, Reading, SentenceEncoder, feelings};

/// Number of sentences that are paired by topic.
const TO_PAIR: usize = 1200;
/// Number of pairs that only measure.
const HELD_OUT: usize = 32;
/// Number of sentences to search in.
const TO_SEARCH: usize = 180;
/// How far another processor's scores may lie from the recorded ones: the encoder is trained from
/// scratch. The order of before and after does not differ.
const BAND: f64 = 0.1;
/// Names of the scores that table and figure show, see [`shown`].
const SHOWN: [&str; 3] = ["recall@10", "MRR", "nDCG@10"];

/// Report of a training on real weights by `cargo rungs tune feelings`.
const RECORDED: &str = include_str!("../feelings/tuned.json");

#[derive(Deserialize)]
struct RecordedTuning {
    command: String,
    runs: Vec<TunedRun>,
}

#[derive(Deserialize)]
struct TunedRun {
    seed: u64,
    steps: usize,
    seconds: f64,
    before: TunedScores,
    after: TunedScores,
}

#[derive(Deserialize)]
struct TunedScores {
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
    let toy = toy_bert(run.seed, STEPS, run.device)?;
    let pretrained = SentenceEncoder::new(toy.tokenizer, toy.model.bert, run.device)?;
    let mut rows = vec![
        ("words in common", judged(&corpus, shared_words(&corpus, run))),
        ("pretrained, mean", judged(&corpus, cosines(&pretrained, &corpus)?)),
    ];
    for (name, pooling) in [
        ("tuned, mean", Pooling::Mean),
        ("tuned, [CLS]", Pooling::Cls),
        ("tuned, max", Pooling::Max),
    ] {
        let reading = Reading { poolings: vec![pooling], ..pretrained.reading() };
        let tuned = tuned(pretrained.clone().with_reading(reading), run)?;
        rows.push((name, judged(&corpus, cosines(&tuned, &corpus)?)));
    }
    report.say(format!(
        "A tiny BERT, pretrained on the toy world, then tuned on {} pairs of sentences on one \
            topic. Each of\n\
            {TO_SEARCH} new sentences searches the others for its topic:",
        TO_PAIR / 2 - HELD_OUT
    ));
    let mut table = Table::new(["by", SHOWN[0], SHOWN[1], SHOWN[2]]);
    for (name, scores) in &rows {
        let [recall, mrr, ndcg] = shown(scores).map(|score| format!("{score:.3}"));
        table.row([name.to_string(), recall, mrr, ndcg]);
    }
    report.band(BAND);
    report.keyed_table("retrieval", &table);
    report.figure(figure(&rows));
    Ok(())
}

/// The encoder after contrastive training on pairs of one topic.
fn tuned(encoder: SentenceEncoder, run: &Run) -> Result<SentenceEncoder> {
    let pairs = by_topic(World::sentences(run.seed).take(TO_PAIR));
    let (held_out, pairs) = pairs.split_at(HELD_OUT);
    let tuning = Tuning { epochs: 4, learning_rate: 5e-4, seed: run.seed, ..Tuning::default() };
    let device = run.device.clone().autodiff();
    let task = Contrastive::new(&encoder, pairs, held_out, tuning, &device)?;
    let bert = encoder.bert()?.clone().train();
    let recipe = tuning.recipe(pairs.len());
    let training_run = TrainingRun::on(&device);
    let trained = training::train(&task, bert, &recipe, training_run, &mut ())?;
    Ok(encoder.with_bert(trained.model.valid()))
}

/// The cosine of every sentence with every other: `[sentences, sentences]`.
fn cosines(encoder: &SentenceEncoder, corpus: &[Sentence]) -> Result<Tensor<2>> {
    let vectors = encoder.embed_matrix(&texts(corpus))?;
    Ok(pairwise(vectors.clone(), vectors))
}

/// Each sentence with the next on its topic.
fn by_topic(sentences: impl Iterator<Item = Sentence>) -> Vec<Related> {
    let mut waiting: BTreeMap<Topic, String> = BTreeMap::new();
    let mut pairs = Vec::new();
    for sentence in sentences {
        let text = sentence.to_string();
        match waiting.remove(&sentence.topic) {
            Some(query) => pairs.push(Related { query, meant: text, other: None }),
            None => {
                waiting.insert(sentence.topic, text);
            }
        }
    }
    pairs
}

/// The share of words that two sentences have in common, of all in either: the score that needs no
/// model.
fn shared_words(corpus: &[Sentence], run: &Run) -> Tensor<2> {
    let mut words: Vec<HashSet<&str>> = Vec::with_capacity(corpus.len());
    for sentence in corpus {
        words.push(sentence.words.iter().map(|word| &word.text[..]).collect());
    }
    let mut shares: Vec<f32> = Vec::with_capacity(corpus.len() * corpus.len());
    for a in &words {
        for b in &words {
            shares.push(a.intersection(b).count() as f32 / a.union(b).count() as f32);
        }
    }
    Tensor::from_data(TensorData::new(shares, [corpus.len(); 2]), run.device)
}

/// How well every sentence finds, among the others, those on its topic.
fn judged(corpus: &[Sentence], scores: Tensor<2>) -> Retrieval {
    let scores: Vec<f32> = scores.into_data().iter().collect();
    let n = corpus.len();
    let mut rankings = Vec::with_capacity(n);
    for (i, scores) in scores.chunks(n).enumerate() {
        let mut order: Vec<usize> = (0..n).collect();
        order.remove(i);
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        rankings.push(order.iter().map(|&j| corpus[j].topic == corpus[i].topic).collect());
    }
    Retrieval::of(&rankings)
}

/// The scores that table and figure show, in the order of [`SHOWN`].
fn shown(scores: &Retrieval) -> [f64; 3] {
    [scores.recall_at_10, scores.mrr, scores.ndcg_at_10]
}

fn figure(rows: &[(&str, Retrieval)]) -> Figure {
    let mut bars = Vec::new();
    for (label, scores) in rows {
        for (group, value) in SHOWN.into_iter().zip(shown(scores)) {
            bars.push(Bar { label: label.to_string(), group: group.into(), value });
        }
    }
    Figure {
        name: "14-retrieval".into(),
        title: "Finding sentences on the same topic".into(),
        alt: "Recall@10, MRR and nDCG@10 of a tiny encoder. Tuned with any pooling it is above \
            shared words and above the encoder that only guessed masked words."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("ranked by"),
            y: Axis::linear("score (1 is best)"),
            marks: Marks::Bars(bars),
        }],
    }
}

/// The effect of the recorded training.
pub(super) fn recorded(report: &mut Report) -> Result<()> {
    let RecordedTuning { command, runs } = serde_json::from_str(RECORDED)?;
    report.say(format!("Recorded: {command}"));
    report.say(format!("(\"right\": of {} searches)", feelings::cases().len()));
    let mut table = Table::new([
        "seed", "", "right", "MRR", "STS", "sad", "stock", "birthday", "steps", "seconds",
    ]);
    for run in &runs {
        for (when, scores) in [("before", &run.before), ("after", &run.after)] {
            let mut cells = vec![run.seed.to_string(), when.into(), scores.cases.to_string()];
            let [sad, stock, birthday] = scores.search;
            for score in [scores.mrr, scores.sts, sad, stock, birthday] {
                cells.push(format!("{score:.4}"));
            }
            cells.extend([run.steps.to_string(), format!("{:.0}", run.seconds)]);
            table.row(cells);
        }
    }
    report.keyed_table("tuned", &table);
    Ok(())
}

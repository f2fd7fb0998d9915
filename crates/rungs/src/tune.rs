//! `cargo rungs tune`

use std::path::Path;

use anyhow::{Result, bail};
use burn::module::Module;
use burn::tensor::Tensor;
use course::metrics::{ndcg_at, recall_at, reciprocal_rank};
use data::Related;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sentences::contrastive::{Contrastive, Tuning};
use sentences::{SentenceEncoder, feelings};
use serde::Serialize;
use similarity::nearest;
use training::Stop;

use crate::cli::TuneArgs;
use crate::{learning, model, output, sts};

/// One pair in so many is held back, to measure with.
const HELD_OUT: usize = 10;
/// How far down a ranking counts.
const TOP: usize = 10;

#[derive(Serialize)]
struct Summary {
    pairs: usize,
    held_out: usize,
    seed: u64,
    steps: usize,
    seconds: f64,
    before: Scores,
    after: Scores,
    out: String,
}

/// How good the model is at finding.
#[derive(Serialize)]
struct Scores {
    /// Of the pairs held back: does a query find what belongs to it among all that belongs to any?
    recall_at_1: f64,
    recall_at_10: f64,
    mrr: f64,
    ndcg_at_10: f64,
    /// Spearman, if a file was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    sts: Option<f64>,
    /// Of the searches of lesson 14 that a shared word misleads, those that find what is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    cases: Option<usize>,
    /// Cosines of the textbook's query with its three texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<[f32; 3]>,
}

/// Trains an encoder on pairs and writes it with all that belongs to it.
pub fn run(args: &TuneArgs) -> Result<()> {
    let feelings_asked = args.pairs == Path::new("feelings");
    let mut pairs = if feelings_asked { feelings::pairs() } else { data::related(&args.pairs)? };
    if pairs.len() < 2 {
        bail!(
            "{}: expected at least 2 pairs, one to learn from and one to measure, found 1",
            args.pairs.display()
        );
    }
    if args.out.join("config.json").exists() {
        bail!("{}: expected a new folder, found one with a model; name another", args.out.display());
    }
    let tuning = Tuning {
        batch: args.batch as usize,
        epochs: args.epochs as usize,
        learning_rate: args.learning_rate,
        temperature: args.temperature,
        seed: args.seed,
    };
    let device = model::device(&args.device.device)?;
    let mut encoder = model::open_named(&args.model, model::BATCH as usize, &device)?;
    pairs.shuffle(&mut StdRng::seed_from_u64(args.seed));
    let (held_out, pairs) = pairs.split_at(pairs.len().div_ceil(HELD_OUT));
    let scores = |encoder: &SentenceEncoder| scores(encoder, held_out, args.sts.as_deref(), feelings_asked);
    let before = scores(&encoder)?;
    let training_device = device.clone().autodiff();
    training_device.seed(args.seed);
    let bert = encoder.bert.clone().train();
    let task = Contrastive::new(&encoder, pairs, held_out, tuning, &training_device)?;
    let recipe = tuning.recipe(pairs.len());
    let (trained, seconds) = learning::train(&task, bert, &recipe, &training_device, "pairs")?;
    let steps = trained.step;
    encoder.bert = trained.model.valid();
    encoder.save(&args.out)?;
    if trained.stop == Stop::Interrupted {
        bail!("stopped after {steps} steps; the model so far is in {}", args.out.display());
    }
    let after = scores(&encoder)?;
    let out = args.out.display().to_string();
    let summary = Summary {
        pairs: pairs.len(),
        held_out: held_out.len(),
        seed: args.seed,
        steps,
        seconds,
        before,
        after,
        out,
    };
    output::object(args.format, &summary, || text(&summary))
}

fn scores(
    encoder: &SentenceEncoder,
    held_out: &[Related],
    sts_file: Option<&Path>,
    feelings_asked: bool,
) -> Result<Scores> {
    let queries: Vec<&str> = held_out.iter().map(|pair| &pair.query[..]).collect();
    let mut texts: Vec<&str> =
        held_out.iter().flat_map(|pair| [Some(&pair.meant[..]), pair.other.as_deref()]).flatten().collect();
    texts.sort();
    texts.dedup();
    let found: Vec<Vec<(usize, f32)>> = {
        let (queries, texts): (Tensor<2>, Tensor<2>) =
            (encoder.embed_matrix(&queries)?, encoder.embed_matrix(&texts)?);
        let all = texts.dims()[0];
        nearest(queries, texts, all)
    };
    let ranked: Vec<Vec<bool>> = held_out
        .iter()
        .zip(&found)
        .map(|(pair, found)| found.iter().map(|&(i, _)| texts[i] == pair.meant).collect())
        .collect();
    let mean = |score: &dyn Fn(&[bool]) -> f64| {
        ranked.iter().map(|hits| score(hits)).sum::<f64>() / ranked.len() as f64
    };
    let gains = |hits: &[bool]| hits.iter().map(|&hit| f64::from(u8::from(hit))).collect::<Vec<_>>();
    Ok(Scores {
        recall_at_1: mean(&|hits| recall_at(1, hits, 1)),
        recall_at_10: mean(&|hits| recall_at(TOP, hits, 1)),
        mrr: mean(&reciprocal_rank),
        ndcg_at_10: mean(&|hits| ndcg_at(TOP, &gains(hits))),
        sts: sts_file.map(|file| sts::correlate(encoder, file)).transpose()?.map(|scores| scores.spearman),
        cases: feelings_asked.then(|| feelings::told_apart(encoder)).transpose()?,
        search: feelings_asked.then(|| feelings::textbook(encoder)).transpose()?,
    })
}

fn text(summary: &Summary) -> String {
    let Summary { pairs, held_out, steps, seconds, before, after, out, .. } = summary;
    let row = |name: &str, before: f64, after: f64| format!("{name:20}{before:8.4}{after:8.4}\n");
    let mut text =
        format!("{pairs} pairs to learn from, {held_out} held back, {steps} steps, {seconds:.0} s\n\n");
    text.push_str(&format!("{:20}{:>8}{:>8}\n", "", "before", "after"));
    text.push_str(&row("recall@1", before.recall_at_1, after.recall_at_1));
    text.push_str(&row("recall@10", before.recall_at_10, after.recall_at_10));
    text.push_str(&row("MRR", before.mrr, after.mrr));
    text.push_str(&row("nDCG@10", before.ndcg_at_10, after.ndcg_at_10));
    if let (Some(before), Some(after)) = (before.sts, after.sts) {
        text.push_str(&row("STS", before, after));
    }
    if let (Some(before), Some(after)) = (before.cases, after.cases) {
        text.push_str(&format!("{:20}{before:>8}{after:>8}\n", "told apart"));
    }
    if let (Some(before), Some(after)) = (before.search, after.search) {
        text.push_str(&format!("\n{:?} and\n", feelings::QUERY));
        for (i, found) in feelings::TEXTS.iter().enumerate() {
            text.push_str(&row(found, before[i].into(), after[i].into()));
        }
    }
    text.push_str(&format!("\nwritten to {out}: use it by --model {out}\n"));
    text
}

//! `cargo rungs tune`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::module::Module;
use course::SEED;
use data::{Pair, Related};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sentences::contrastive::{Contrastive, Tuning};
use sentences::evaluation::{Agreement, Retrieval};
use sentences::{SentenceEncoder, feelings};
use serde::Serialize;
use training::Stop;

use crate::shell::options::{BATCH, ColumnsArg, DEFAULT, DeviceArg, Format, TRAINABLE, above_zero};
use crate::shell::place::Claim;
use crate::shell::prompts::{PassagePromptArg, PromptArg};
use crate::shell::{input, names, output, prompts, watch};

/// Train an encoder on pairs of texts that belong together
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs tune pairs.tsv --model minilm --out my_encoder
  cargo rungs tune feelings --sts stsb-en-test.csv --out my_feelings    lesson 14's own pairs
  cargo rungs search 'feeling down' diary.txt --model my_encoder

A row is a text, a tab and what belongs to it; perhaps a tab and what does not, though it may look \
like it; in FILE.csv commas stand between. A first line may name the columns: anchor, positive, \
negative. One pair in ten is held back, to measure with. DIR loads with --model, and in \
sentence-transformers. Ctrl-C writes what was learnt and stops.")]
pub struct Args {
    /// Rows of two or three texts with tabs between, or lesson 14's own
    #[arg(value_name = "FILE|-|feelings")]
    pairs: PathBuf,
    /// What their columns are.
    #[command(flatten)]
    columns: ColumnsArg,
    /// Name of the model, or its folder.
    #[arg(short, long, value_name = "MODEL", default_value = DEFAULT, help = TRAINABLE)]
    model: String,
    /// What stands before each query.
    #[command(flatten)]
    prompt: PromptArg,
    /// What stands before what belongs to it, and what does not.
    #[command(flatten)]
    passage_prompt: PassagePromptArg,
    /// Times through the pairs
    #[arg(
        long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    epochs: u32,
    /// Pairs a step
    #[arg(
        long, value_name = "N", default_value_t = 32,
        value_parser = clap::value_parser!(u32).range(2..=4096),
    )]
    batch: u32,
    /// The highest learning rate
    #[arg(long, value_name = "R", default_value_t = 2e-5, value_parser = above_zero)]
    learning_rate: f64,
    /// What cosines are divided by
    #[arg(long, value_name = "T", default_value_t = 0.05, value_parser = above_zero)]
    temperature: f64,
    /// Rows of sentence1,sentence2,score: say how well the model follows them before and after
    #[arg(long, value_name = "FILE.csv")]
    sts: Option<PathBuf>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Where the model goes: a new folder
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// One pair in this many is held back, to measure with.
const HELD_OUT: usize = 10;

/// How the training went.
#[derive(Serialize)]
struct Summary {
    pairs: usize,
    held_out: usize,
    seed: u64,
    steps: usize,
    seconds: f64,
    before: SearchScores,
    after: SearchScores,
    out: String,
}

/// Scores of the model at finding texts.
#[derive(Serialize)]
struct SearchScores {
    /// Share of held-out queries whose own text ranks first among all texts of the pairs held out.
    recall_at_1: f64,
    recall_at_10: f64,
    mrr: f64,
    ndcg_at_10: f64,
    /// Spearman's correlation with the ratings of the file, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    sts: Option<f64>,
    /// Number of lesson 14's searches that find what is meant although a shared word misleads.
    #[serde(skip_serializing_if = "Option::is_none")]
    cases: Option<usize>,
    /// Cosines of the textbook's query with its three texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<[f32; 3]>,
}

/// Trains an encoder on pairs and writes it with all that belongs to it.
pub fn run(args: &Args) -> Result<()> {
    let feelings_asked = args.pairs == Path::new("feelings");
    let mut pairs = if feelings_asked {
        feelings::pairs()
    } else {
        input::check_meant(&args.pairs, &["feelings"])?;
        input::noted(input::table(&args.pairs)?.related(args.columns.columns.as_ref())?)
    };
    if pairs.len() < 2 {
        bail!(
            "{}: expected at least 2 pairs, one to learn from and one to measure, found 1",
            input::name(&args.pairs)
        );
    }
    let tuning = Tuning {
        batch: args.batch as usize,
        epochs: args.epochs as usize,
        learning_rate: args.learning_rate,
        temperature: args.temperature,
        seed: args.seed,
    };
    let device = names::device(&args.device.device)?;
    let encoder = names::open_named(&args.model, BATCH as usize, &device)?;
    encoder.ranks_by_cosine()?;
    let encoder = prompts::queries_and_passages(encoder, &args.prompt, &args.passage_prompt)?;
    let bert = encoder.trainable()?.clone().train();
    let _claim = Claim::new_folder(&args.out)?;
    pairs.shuffle(&mut StdRng::seed_from_u64(args.seed));
    let (held_out, pairs) = pairs.split_at(pairs.len().div_ceil(HELD_OUT));
    let rated = match &args.sts {
        Some(path) => Some(input::noted(input::table(path)?.rated(None)?)),
        None => None,
    };
    let before = scores(&encoder, held_out, rated.as_deref(), feelings_asked)?;
    let training_device = device.clone().autodiff();
    training_device.seed(args.seed);
    let task = Contrastive::new(&encoder, pairs, held_out, tuning, &training_device)?;
    let recipe = tuning.recipe(pairs.len());
    let (trained, seconds) = watch::train(&task, bert, &recipe, &training_device, "pairs")?;
    let steps = trained.step;
    let encoder = encoder.with_bert(trained.model.valid());
    encoder.save(&args.out)?;
    if trained.stop == Stop::Interrupted {
        let (after, out) = (files::counted(steps, "step"), args.out.display());
        bail!("stopped after {after}; the model so far is in {out}");
    }
    let after = scores(&encoder, held_out, rated.as_deref(), feelings_asked)?;
    watch::note_few_held_out(held_out.len(), "pair");
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
    output::object(args.format, &summary, || for_people(&summary))
}

/// Scores the encoder on the pairs held out, and on what else was asked for.
fn scores(
    encoder: &SentenceEncoder,
    held_out: &[Related],
    rated: Option<&[Pair]>,
    feelings_asked: bool,
) -> Result<SearchScores> {
    let Retrieval { recall_at_1, recall_at_10, mrr, ndcg_at_10 } =
        Retrieval::of_pairs(encoder, held_out)?;
    let mut scores = SearchScores {
        recall_at_1,
        recall_at_10,
        mrr,
        ndcg_at_10,
        sts: None,
        cases: None,
        search: None,
    };
    if let Some(rated) = rated {
        let spearman = Agreement::of(encoder, rated)?.spearman;
        scores.sts = Some(spearman.context(format!("--sts: {}", input::NEEDED_TO_CORRELATE))?);
    }
    if feelings_asked {
        scores.cases = Some(feelings::told_apart(encoder)?);
        scores.search = Some(feelings::textbook(encoder)?);
    }
    Ok(scores)
}

/// The summary for people.
fn for_people(summary: &Summary) -> String {
    let Summary { pairs, held_out, steps, seconds, before, after, out, .. } = summary;
    let mut text = format!(
        "{} to learn from, {held_out} held back, {}, {seconds:.0} s\n\n",
        files::counted(*pairs, "pair"),
        files::counted(*steps, "step")
    );
    text.push_str(&format!("{:20}{:>8}{:>8}\n", "", "before", "after"));
    text.push_str(&line("recall@1", before.recall_at_1, after.recall_at_1));
    text.push_str(&line("recall@10", before.recall_at_10, after.recall_at_10));
    text.push_str(&line("MRR", before.mrr, after.mrr));
    text.push_str(&line("nDCG@10", before.ndcg_at_10, after.ndcg_at_10));
    if let (Some(before), Some(after)) = (before.sts, after.sts) {
        text.push_str(&line("STS", before, after));
    }
    if let (Some(before), Some(after)) = (before.cases, after.cases) {
        let of = feelings::cases().len();
        text.push_str(&format!("{:20}{before:>8}{after:>8}  of {of}\n", "told apart"));
    }
    if let (Some(before), Some(after)) = (before.search, after.search) {
        text.push_str(&format!("\n{:?} and\n", feelings::QUERY));
        for (i, found) in feelings::TEXTS.iter().enumerate() {
            text.push_str(&line(found, before[i].into(), after[i].into()));
        }
    }
    text.push_str(&format!("\nwritten to {out}: use it by --model {out}\n"));
    text
}

/// A line of a score before and after.
fn line(name: &str, before: f64, after: f64) -> String {
    format!("{name:20}{before:8.4}{after:8.4}\n")
}

//! `cargo rungs word2vec`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use checkpoint::WordVectors;
use data::{Corpus, Ids, Vocabulary};
use serde::Serialize;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use word2vec::{Word2VecConfig, train};

use crate::cli::Word2vecArgs;
use crate::output;

const BAR: &str = "{bar:30} {percent}% {per_sec} {msg} {eta} left";

#[derive(Serialize)]
struct Summary {
    corpus: String,
    words: u64,
    vocabulary: usize,
    epochs: u32,
    /// Nats per pair, mean of each epoch.
    losses: Vec<f64>,
    seconds: f64,
    words_per_second: f64,
    out: String,
}

/// Trains and writes vectors; Ctrl-C ends the training early and writes what there is.
pub fn run(args: &Word2vecArgs) -> Result<()> {
    output::check_folder(&args.out)?;
    let corpus = Corpus::named(&args.corpus, args.seed);
    let progress = output::spinner(format!("counting the words of {}", args.corpus));
    let vocabulary = Vocabulary::count(corpus.passages()?, args.min_count)?;
    if vocabulary.words.is_empty() {
        let (said, least) = (vocabulary.said, args.min_count);
        bail!(
            "{}: expected words said {least} times or more, found none among {said}: lower --min-count",
            args.corpus
        );
    }
    let start = Instant::now();
    let ids = Ids::write(corpus.passages()?, |word| vocabulary.id(word))?;
    progress.finish_and_clear();
    let stopped = Arc::new(AtomicBool::new(false));
    flag::register(SIGINT, stopped.clone()).context("Ctrl-C cannot be caught")?;
    let config = config(args)?;
    let bar = output::bar(ids.words() * config.epochs as u64, BAR);
    let trained = train(&ids, &vocabulary, &config, &mut |progress| {
        bar.set_position(progress.words);
        bar.set_message(format!("words, loss {:.3}", progress.loss));
        !stopped.load(Relaxed)
    })?;
    let read = bar.position();
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    let summary = Summary {
        corpus: args.corpus.clone(),
        words: vocabulary.said,
        vocabulary: vocabulary.words.len(),
        epochs: args.epochs,
        words_per_second: (vocabulary.said * u64::from(args.epochs)) as f64 / seconds,
        losses: trained.losses,
        seconds,
        out: args.out.display().to_string(),
    };
    WordVectors { words: vocabulary.words, d_model: config.d_model, values: trained.vectors }
        .write(&args.out)?;
    if stopped.load(Relaxed) {
        let total = ids.words() * config.epochs as u64;
        bail!("stopped after {read} of {total} words; the vectors learnt until then are in {}", summary.out);
    }
    output::object(args.format, &summary, || text(&summary))
}

fn config(args: &Word2vecArgs) -> Result<Word2VecConfig> {
    let threads = match args.threads {
        Some(threads) => threads as usize,
        None => thread::available_parallelism()?.get(),
    };
    Ok(Word2VecConfig::new()
        .with_d_model(args.dim as usize)
        .with_window(args.window as usize)
        .with_negative(args.negative as usize)
        .with_epochs(args.epochs as usize)
        .with_sample(args.sample)
        .with_threads(threads)
        .with_seed(args.seed))
}

fn text(summary: &Summary) -> String {
    let Summary { corpus, words, vocabulary, epochs, losses, seconds, words_per_second, out } = summary;
    let losses: Vec<String> = losses.iter().map(|loss| format!("{loss:.3}")).collect();
    format!(
        "corpus      {corpus}: {words} words, read {epochs} times\nvocabulary  {vocabulary}\n\
         loss        {} nats a pair, by epoch\nspeed       {words_per_second:.0} words/s, {seconds:.1} s\n\
         written     {out}\n",
        losses.join(", ")
    )
}

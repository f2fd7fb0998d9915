//! `cargo rungs word2vec`

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Result, bail};
use checkpoint::WordVectors;
use clap::builder::NonEmptyStringValueParser;
use course::SEED;
use data::{Corpus, DataError, Ids, Passages, Vocabulary};
use serde::Serialize;
use word2vec::{Word2VecConfig, train};

use crate::shell::interrupt::Interrupt;
use crate::shell::options::Format;
use crate::shell::place::{self, ForceArg, Kind};
use crate::shell::{input, output, progress};

/// Train word vectors on a text
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs word2vec --out docs.bin                   on the docs corpus
  cargo rungs word2vec --corpus my_book.txt --dim 50 --min-count 2 --out book.txt

FILE.bin is written in word2vec's binary format, anything else in its text format; gensim reads \
both. Ctrl-C stops and writes what was learnt. With --threads 1 the same seed gives \
the same file.")]
pub struct Args {
    /// What to learn from
    #[arg(
        short, long, value_name = "toy|docs|FILE|-", default_value = "docs",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    corpus: String,
    /// The width of a vector
    #[arg(
        long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=4096),
    )]
    dim: u32,
    /// The farthest neighbour on either side
    #[arg(
        long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=1000),
    )]
    window: u32,
    /// Noise words a window
    #[arg(
        long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=1000),
    )]
    negative: u32,
    /// Times through the corpus
    #[arg(
        long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
    )]
    epochs: u32,
    /// Words said fewer times are passed over
    #[arg(
        long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(1..),
    )]
    min_count: u64,
    /// Words more frequent than this share of the corpus are thinned out; 0 thins none
    #[arg(long, value_name = "T", default_value_t = 1e-3, value_parser = share)]
    sample: f64,
    /// Threads [default: as many as there are cores]; with more than 1, two runs differ a little
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Where the vectors go
    #[arg(short, long, value_name = "VEC")]
    out: PathBuf,
    /// Whether what is there may go.
    #[command(flatten)]
    force: ForceArg,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// Parses a number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

/// Words of a text below which its vectors teach little: with the defaults, of the toy world's
/// questions 10,000 words answer 3 in 100, 100,000 words 64, and all 300,000 words 77.
const FEW_WORDS: u64 = 100_000;

/// How the training went.
#[derive(Serialize)]
struct Summary {
    corpus: String,
    words: u64,
    vocabulary: usize,
    epochs: u32,
    /// Mean loss of each epoch, in nats per pair.
    losses: Vec<f64>,
    seconds: f64,
    words_per_second: f64,
    out: String,
}

/// Trains and writes vectors; Ctrl-C ends the training early and writes what there is.
pub fn run(args: &Args) -> Result<()> {
    place::file(&args.out, Kind::WordVectors, args.force)?;
    input::check_meant(Path::new(&args.corpus), &input::CORPORA)?;
    let interrupt = Interrupt::catch()?;
    let name = input::name(Path::new(&args.corpus));
    let _saved; // removed at the end
    let corpus = match &args.corpus[..] {
        "-" => {
            let saved = input::saved()?;
            let corpus = Corpus::File(saved.path().into());
            _saved = saved;
            corpus
        }
        name => Corpus::named(name, args.seed),
    };
    if let Corpus::File(path) = &corpus
        && path.exists()
        && !path.is_file()
    {
        bail!(
            "--corpus {}: expected a file, which is read twice, found a stream or a folder; save \
             it as a file first",
            args.corpus
        );
    }
    let progress = progress::spinner(format!("counting the words of {name}"));
    let vocabulary = Vocabulary::count(until(&interrupt, corpus.passages()?), args.min_count)?;
    check_going(args, &interrupt)?;
    if vocabulary.words.is_empty() {
        bail!(
            "{name}: expected words said {} times or more, found none among {}: lower --min-count",
            args.min_count,
            vocabulary.corpus_words
        );
    }
    if vocabulary.corpus_words < FEW_WORDS {
        note!(
            "note: {name} has {}, few to learn from: below some {FEW_WORDS} most words come out \
                alike, and neighbours are chance; a longer text or more --epochs teach more",
            files::counted(vocabulary.corpus_words as usize, "word")
        );
    }
    let start = Instant::now();
    let ids = Ids::write(until(&interrupt, corpus.passages()?), |word| vocabulary.id(word))?;
    check_going(args, &interrupt)?;
    progress.finish_and_clear();
    let config = config(args)?;
    let total = ids.words() * config.epochs as u64;
    let bar = progress::bar(total, "words");
    let trained = train(&ids, &vocabulary, &config, &mut |progress| {
        bar.set_position(progress.words);
        if progress.loss.is_finite() {
            bar.set_message(format!(", loss {:.3}", progress.loss));
        }
        !interrupt.came()
    })?;
    let read = bar.position();
    bar.finish_and_clear();
    let stopped = interrupt.came() && read < total; // after the last word nothing was left to stop
    if trained.pairs == 0 {
        if stopped {
            bail!("{name}: stopped after {read} of {total} words with nothing learned yet");
        }
        bail!(
            "{name}: expected lines of several words, found not one with two left, and nothing to \
                learn; lower --min-count, or thin out less with --sample 0"
        );
    }
    let seconds = start.elapsed().as_secs_f64();
    // what is finished is not given up for what is not
    let out = if stopped && args.out.exists() { stopped_beside(args)? } else { args.out.clone() };
    let summary = Summary {
        corpus: name,
        words: vocabulary.corpus_words,
        vocabulary: vocabulary.words.len(),
        epochs: args.epochs,
        words_per_second: (vocabulary.corpus_words * u64::from(args.epochs)) as f64 / seconds,
        losses: trained.losses,
        seconds,
        out: out.display().to_string(),
    };
    WordVectors { words: vocabulary.words, d_model: config.d_model, values: trained.vectors }
        .write(&out)?;
    if stopped {
        bail!(
            "stopped after {read} of {total} words; the vectors learnt until then are in {}",
            summary.out
        );
    }
    output::object(args.format, &summary, || for_people(&summary))
}

/// The place beside that of finished vectors for those of a stopped training, in the same format.
fn stopped_beside(args: &Args) -> Result<PathBuf> {
    let ending = args.out.extension().unwrap_or_default().to_string_lossy();
    let out = args.out.with_extension("stopped").with_added_extension(&*ending);
    place::file(&out, Kind::WordVectors, args.force)?;
    Ok(out)
}

/// The passages that are read before an interrupt.
fn until(
    interrupt: &Interrupt,
    passages: Passages,
) -> impl Iterator<Item = Result<String, DataError>> {
    passages.take_while(|_| !interrupt.came())
}

/// Ends the command where an interrupt came before anything was learned.
fn check_going(args: &Args, interrupt: &Interrupt) -> Result<()> {
    if interrupt.came() {
        bail!("{}: stopped while it was read; nothing was learned or written", args.corpus);
    }
    Ok(())
}

/// The configuration that the arguments ask for.
fn config(args: &Args) -> Result<Word2VecConfig> {
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

/// The summary for people.
fn for_people(summary: &Summary) -> String {
    let Summary { corpus, words, vocabulary, epochs, losses, seconds, words_per_second, out } =
        summary;
    let losses: Vec<String> = losses.iter().map(|loss| format!("{loss:.3}")).collect();
    format!(
        "corpus      {corpus}: {}, read {}\nvocabulary  {vocabulary}\n\
         loss        {} nats a pair, by epoch\nspeed       {words_per_second:.0} words/s, \
         {seconds:.1} s\nwritten     {out}\n",
        files::counted(*words as usize, "word"),
        files::counted(*epochs as usize, "time"),
        losses.join(", "),
    )
}

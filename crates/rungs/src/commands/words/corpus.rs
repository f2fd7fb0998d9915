//! `cargo rungs corpus`

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use course::{SEED, Table};
use data::{Corpus, Passages, Section, World};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::shell::interrupt::Interrupt;
use crate::shell::options::Format;
use crate::shell::place::{self, ForceArg, Kind};
use crate::shell::{input, output, progress};

/// Describe a corpus, or write it, split into words
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs corpus                                    the docs corpus: the documentation of this \
workspace's dependencies
  cargo rungs corpus toy --words 1000000 --out toy.txt  sentences about a small world
  cargo rungs corpus toy --questions --out toy-questions.txt
  cargo rungs corpus my_book.txt --format json

A corpus is written a passage a line, in small letters, words separated by spaces; bytes and \
sha256 are those of the file that --out writes.")]
pub struct Args {
    /// Which corpus
    #[arg(value_name = "toy|docs|FILE|-", default_value = "docs")]
    corpus: String,
    /// Only so many words, with --raw to the end of their passage [default: all; of the toy world
    /// 40,000 sentences]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    words: Option<u64>,
    /// The text as it stands, not split into words
    #[arg(long)]
    raw: bool,
    /// The toy world's analogy questions in place of its sentences
    #[arg(long, conflicts_with_all = ["words", "raw"])]
    questions: bool,
    /// Write it here; - is standard output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Whether what is there may go.
    #[command(flatten)]
    force: ForceArg,
    /// Which sentences of the toy world
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// Number of most frequent words that are listed.
const FREQUENT: usize = 10;

/// The description of a corpus.
#[derive(Serialize)]
struct Description {
    corpus: String,
    bytes: u64,
    lines: u64,
    words: u64,
    vocabulary: usize,
    most_frequent: Vec<(String, u64)>,
    sha256: String,
}

/// Reads a corpus once, writes it where that is asked for, and describes what was written or would
/// have been.
pub fn run(args: &Args) -> Result<()> {
    if let Some(path) = &args.out {
        place::text(path, Kind::Any, args.force)?;
    }
    let interrupt = Interrupt::catch()?;
    let lines = if args.questions { questions(&args.corpus)? } else { passages(args)? };
    let name = input::name(Path::new(&args.corpus));
    let message = format!("reading {name}");
    let progress = match &args.out {
        Some(out) if output::is_stdout(out) => progress::beside_results(message),
        _ => progress::spinner(message),
    };
    let description = match &args.out {
        None => describe(args, lines, &interrupt, &mut std::io::sink()),
        Some(path) => output::aside(path, |file| describe(args, lines, &interrupt, file)),
    };
    progress.finish_and_clear();
    let description = description?;
    if let Some(most) = args.words
        && description.words < most
    {
        let words = files::counted(description.words as usize, "word");
        note!("note: {name} has {words}, fewer than {most}");
    }
    match &args.out {
        Some(out) => output::summary(out, args.format, &description, || for_people(&description)),
        None => output::object(args.format, &description, || for_people(&description)),
    }
}

/// The passages of the corpus that the arguments name.
fn passages(args: &Args) -> Result<Passages> {
    let mut corpus = input::corpus(&args.corpus, args.seed)?;
    if let (Corpus::Toy { sentences, .. }, Some(_)) = (&mut corpus, args.words) {
        *sentences = usize::MAX; // as many as the words need
    }
    Ok(corpus.passages()?)
}

/// The toy world's questions as `questions-words.txt` has its own.
fn questions(corpus: &str) -> Result<Passages> {
    if corpus != "toy" {
        bail!(
            "--questions: expected the corpus toy, found {corpus:?}: no other has questions of \
                its own"
        );
    }
    let mut lines = Vec::new();
    for Section { name, questions } in World::analogies() {
        lines.push(Ok(format!(": {name}")));
        for question in questions {
            lines.push(Ok(question.join(" ")));
        }
    }
    Ok(Box::new(lines.into_iter()))
}

/// Writes the passages to `out` and describes what was written.
fn describe(
    args: &Args,
    passages: Passages,
    interrupt: &Interrupt,
    out: &mut dyn Write,
) -> Result<Description> {
    let (mut bytes, mut lines, mut words_read) = (0, 0, 0);
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut sum = Sha256::new();
    let most = args.words.unwrap_or(u64::MAX);
    for passage in passages {
        if interrupt.came() {
            let (name, after) = (input::name(Path::new(&args.corpus)), words_read as usize);
            bail!("{name}: stopped after {}; nothing was written", files::counted(after, "word"));
        }
        let passage = passage?;
        let mut words = data::words(&passage);
        if !args.raw {
            words.truncate((most - words_read).try_into().unwrap_or(usize::MAX));
        }
        let line = if args.raw || args.questions { passage } else { words.join(" ") };
        if line.is_empty() {
            continue; // punctuation alone
        }
        let line = line + "\n";
        out.write_all(line.as_bytes())?;
        sum.update(&line);
        bytes += line.len() as u64;
        lines += 1;
        words_read += words.len() as u64;
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
        if words_read >= most {
            break;
        }
    }
    let vocabulary = counts.len();
    let mut most_frequent = Vec::from_iter(counts);
    most_frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    most_frequent.truncate(FREQUENT);
    let sha256 = files::hex(&sum.finalize());
    let corpus = input::name(Path::new(&args.corpus));
    Ok(Description { corpus, bytes, lines, words: words_read, vocabulary, most_frequent, sha256 })
}

/// The description for people.
fn for_people(description: &Description) -> String {
    let Description { corpus, bytes, lines, words, vocabulary, most_frequent, sha256 } =
        description;
    let mut table = Table::new(["word", "times"]);
    for (word, count) in most_frequent {
        table.row([word.clone(), count.to_string()]);
    }
    format!(
        "corpus      {corpus}\nbytes       {bytes}\nlines       {lines}\nwords       {words}\n\
         vocabulary  {vocabulary}\nsha256      {sha256}\n\n{}",
        output::fitted(&table)
    )
}

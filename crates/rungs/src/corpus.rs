//! `cargo rungs corpus`

use std::collections::HashMap;
use std::io::Write;

use anyhow::{Result, bail};
use course::Table;
use data::{Corpus, Passages, Section, World};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cli::CorpusArgs;
use crate::output;

/// Words listed.
const FREQUENT: usize = 10;

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

/// Reads a corpus once, writes it where that is asked for, and describes what was written or would have been.
pub fn run(args: &CorpusArgs) -> Result<()> {
    let lines = if args.questions { questions(&args.corpus)? } else { passages(args)? };
    let progress = output::spinner(format!("reading {}", args.corpus));
    let description = match &args.out {
        None => describe(args, lines, &mut std::io::sink()),
        Some(path) => output::aside(path, |file| describe(args, lines, file)),
    };
    progress.finish_and_clear();
    let description = description?;
    output::object(args.format, &description, || text(&description))
}

fn passages(args: &CorpusArgs) -> Result<Passages> {
    let mut corpus = Corpus::named(&args.corpus, args.seed);
    if let (Corpus::Toy { sentences, .. }, Some(_)) = (&mut corpus, args.words) {
        *sentences = usize::MAX; // as many as the words need
    }
    Ok(corpus.passages()?)
}

/// The toy world's questions as `questions-words.txt` has its own.
fn questions(corpus: &str) -> Result<Passages> {
    if corpus != "toy" {
        bail!("--questions: expected the corpus toy, found {corpus:?}: no other has questions of its own");
    }
    let lines = |Section { name, questions }: Section| {
        let questions = questions.into_iter().map(|question| question.join(" "));
        std::iter::once(format!(": {name}")).chain(questions).map(Ok).collect::<Vec<_>>()
    };
    Ok(Box::new(World::analogies().into_iter().flat_map(lines)))
}

fn describe(args: &CorpusArgs, passages: Passages, out: &mut dyn Write) -> Result<Description> {
    let (mut bytes, mut lines, mut said) = (0, 0, 0);
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut sum = Sha256::new();
    let most = args.words.unwrap_or(u64::MAX);
    for passage in passages {
        let passage = passage?;
        let mut words = data::words(&passage);
        words.truncate((most - said).try_into().unwrap_or(usize::MAX));
        let line = if args.raw || args.questions { passage } else { words.join(" ") };
        if line.is_empty() {
            continue; // punctuation alone
        }
        let line = line + "\n";
        out.write_all(line.as_bytes())?;
        sum.update(&line);
        bytes += line.len() as u64;
        lines += 1;
        said += words.len() as u64;
        words.into_iter().for_each(|word| *counts.entry(word).or_default() += 1);
        if said == most {
            break;
        }
    }
    let vocabulary = counts.len();
    let mut most_frequent: Vec<(String, u64)> = counts.into_iter().collect();
    most_frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    most_frequent.truncate(FREQUENT);
    let sha256 = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let corpus = args.corpus.clone();
    Ok(Description { corpus, bytes, lines, words: said, vocabulary, most_frequent, sha256 })
}

fn text(description: &Description) -> String {
    let Description { corpus, bytes, lines, words, vocabulary, most_frequent, sha256 } = description;
    let mut table = Table::new(["word", "times"]);
    most_frequent.iter().for_each(|(word, count)| table.row([word.clone(), count.to_string()]));
    format!(
        "corpus      {corpus}\nbytes       {bytes}\nlines       {lines}\nwords       {words}\n\
         vocabulary  {vocabulary}\nsha256      {sha256}\n\n{table}"
    )
}

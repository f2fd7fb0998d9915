//! `cargo rungs neighbours`, `cargo rungs analogy`, `cargo rungs analogies`

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use course::Table;
use data::World;
use serde::Serialize;
use word2vec::{Score, Space};

use crate::shell::failure::Helpful;
use crate::shell::options::{DeviceArg, Format};
use crate::shell::{input, names, output, progress};

/// List the words whose vectors are nearest to a word's
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs neighbours docs.bin function --top 5
  cargo rungs neighbours glove cat                      `cargo rungs fetch glove` gets them")]
pub struct NeighboursArgs {
    /// Which vectors.
    #[command(flatten)]
    vectors: VectorsArg,
    /// The word
    #[arg(value_name = "WORD", allow_hyphen_values = true)]
    word: String,
    /// How many to show
    #[arg(
        short = 'k', long, value_name = "K", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
}

/// Ask: A is to B as C is to what?
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs analogy toy.bin man king woman            the words nearest to king - man + woman")]
pub struct AnalogyArgs {
    /// Which vectors.
    #[command(flatten)]
    vectors: VectorsArg,
    /// A is to B
    #[arg(value_name = "A", allow_hyphen_values = true)]
    a: String,
    /// As A to this, so is C to what is looked for
    #[arg(value_name = "B", allow_hyphen_values = true)]
    b: String,
    /// As C is to what?
    #[arg(value_name = "C", allow_hyphen_values = true)]
    c: String,
    /// How many to show
    #[arg(
        short = 'k', long, value_name = "K", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
}

/// Score word vectors on a file of analogy questions
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs analogies toy.bin toy                     the toy world's own questions
  cargo rungs analogies docs.bin questions-words.txt    `cargo rungs fetch questions-words` gets \
the file
  cargo rungs analogies glove questions-words.txt --words 30000

Only questions all of whose words have vectors are asked: covered says how many.")]
pub struct AnalogiesArgs {
    /// Which vectors.
    #[command(flatten)]
    vectors: VectorsArg,
    /// Questions: `: name` opens a section, then four words a line
    #[arg(value_name = "toy|QUESTIONS|-")]
    questions: String,
}

/// Options that say which word vectors, and how to print.
#[derive(Debug, clap::Args)]
pub struct VectorsArg {
    /// A file of word vectors: .bin in word2vec's binary format, anything else in its text format
    /// or in GloVe's, which has no first line; or glove, once it is fetched
    #[arg(value_name = "VEC|glove")]
    vectors: PathBuf,
    /// Only the first words of the file, the most frequent ones in most [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    words: Option<u32>,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// Number of spellings that are offered for an unknown word, and how like it they are at least.
const OFFERED: usize = 3;
const LIKE: f64 = 0.5;

/// A word that was found.
#[derive(Serialize)]
struct RankedWord<'a> {
    rank: usize,
    cosine: f32,
    word: &'a str,
}

/// Ranks all words by their cosine with one.
pub fn neighbours(args: &NeighboursArgs) -> Result<()> {
    let space = open(&args.vectors)?;
    let row = row(&space, &args.word, &args.vectors.vectors)?;
    show_words(&space, space.neighbours(row, args.top as usize), args.vectors.format)
}

/// Ranks all words by their cosine with b - a + c.
pub fn analogy(args: &AnalogyArgs) -> Result<()> {
    let space = open(&args.vectors)?;
    let mut rows = [0; 3];
    for (i, word) in [&args.a, &args.b, &args.c].into_iter().enumerate() {
        rows[i] = row(&space, word, &args.vectors.vectors)?;
    }
    show_words(&space, space.analogy(rows, args.top as usize), args.vectors.format)
}

/// Prints the rows of `space` that were found, with their cosines.
fn show_words(space: &Space, found: Vec<(usize, f32)>, format: Format) -> Result<()> {
    let mut words = Vec::new();
    for (row, cosine) in found {
        let rank = words.len() + 1;
        words.push(RankedWord { rank, cosine, word: &space.words()[row] });
    }
    output::rows(format, &words, || {
        let mut text = String::new();
        for RankedWord { cosine, word, .. } in &words {
            text.push_str(&format!("{cosine:7.4}  {word}\n"));
        }
        text
    })
}

/// The answers to all questions, by section and in all.
#[derive(Serialize)]
struct Sections {
    sections: Vec<Counts>,
    total: Counts,
}

/// The answers to a section's questions.
#[derive(Serialize)]
struct Counts {
    section: String,
    right: usize,
    covered: usize,
    questions: usize,
    /// Share of the covered questions that were answered right; `None` where none is covered.
    accuracy: Option<f64>,
}

impl From<Score> for Counts {
    fn from(Score { section, questions, covered, right }: Score) -> Self {
        let accuracy = if covered > 0 { Some(right as f64 / covered as f64) } else { None };
        Self { section, right, covered, questions, accuracy }
    }
}

/// Counts right answers by section.
pub fn analogies(args: &AnalogiesArgs) -> Result<()> {
    let sections = if args.questions == "toy" {
        World::analogies()
    } else {
        input::check_meant(Path::new(&args.questions), &["toy"])?;
        data::questions(input::path(Path::new(&args.questions)))?
    };
    let space = open(&args.vectors)?;
    let words = space.words().len();
    let progress = progress::bar(sections.len() as u64, "sections");
    let mut total = Score { section: "total".into(), questions: 0, covered: 0, right: 0 };
    let mut counted = Vec::new();
    for section in sections {
        for score in space.score(&[section]) {
            total.questions += score.questions;
            total.covered += score.covered;
            total.right += score.right;
            counted.push(Counts::from(score));
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if total.covered == 0 && total.questions > 0 {
        let words = files::counted(words, "word");
        note!("note: no question has all its words among the {words} that were read");
    }
    let sections = Sections { sections: counted, total: total.into() };
    output::object(args.vectors.format, &sections, || for_people(&sections))
}

/// The answers for people.
fn for_people(answers: &Sections) -> String {
    let mut table = Table::new(["section", "right", "covered", "questions", "accuracy"]);
    for counts in &answers.sections {
        table.row(cells(counts));
    }
    table.row(cells(&answers.total));
    output::fitted(&table)
}

/// A row of the table for people.
fn cells(counts: &Counts) -> [String; 5] {
    let Counts { section, right, covered, questions, accuracy } = counts;
    let accuracy = match accuracy {
        Some(accuracy) => format!("{:.1}%", 100.0 * accuracy),
        None => "-".into(),
    };
    [section.clone(), right.to_string(), covered.to_string(), questions.to_string(), accuracy]
}

/// Reads the vectors onto the device that the arguments name.
fn open(args: &VectorsArg) -> Result<Space> {
    let most = args.words.map_or(usize::MAX, |words| words as usize);
    names::vectors(&args.vectors, most, &names::device(&args.device.device)?)
}

/// The row of a word, or an error that offers what it may have meant.
fn row(space: &Space, word: &str, path: &Path) -> Result<usize> {
    if let Some(row) = space.row(word) {
        let known = &space.words()[row];
        if known != word {
            note!("note: {word:?} has no vector of its own; the answer is {known:?}'s");
        }
        return Ok(row);
    }
    let lower_case = word.to_lowercase();
    let mut known: Vec<(f64, &str)> = Vec::new();
    for spelling in space.words() {
        let likeness = strsim::normalized_damerau_levenshtein(&lower_case, spelling);
        if likeness >= LIKE {
            known.push((likeness, spelling));
        }
    }
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut offered = Vec::new();
    for (_, spelling) in known.iter().take(OFFERED) {
        offered.push(*spelling);
    }
    let words = files::counted(space.words().len(), "word");
    let error = format!("{word:?} has no vector among the {words} read of {}", path.display());
    if offered.is_empty() {
        bail!(error);
    }
    let help = format!("the nearest known spellings are {}", offered.join(", "));
    Err(Helpful { error, help }.into())
}

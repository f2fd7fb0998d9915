//! `cargo rungs neighbours`, `cargo rungs analogy`, `cargo rungs analogies`

use std::path::{Path, PathBuf};

use anyhow::Result;
use course::Table;
use data::World;
use serde::Serialize;
use word2vec::{Score, Space};

use crate::shell::failure::Helpful;
use crate::shell::options::{DeviceArg, Format};
use crate::shell::{names, output, progress};

/// List the words whose vectors are nearest to a word's
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs neighbours docs.bin function --top 5")]
pub struct NeighboursArgs {
    /// Which vectors.
    #[command(flatten)]
    vectors: VectorsArg,
    /// The word
    #[arg(value_name = "WORD")]
    word: String,
    /// How many to show
    #[arg(
        long, value_name = "K", default_value_t = 10,
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
    /// A is to B as C is to what?
    #[arg(value_names = ["A", "B", "C"], num_args = 3, required = true)]
    words: Vec<String>,
    /// How many to show
    #[arg(
        long, value_name = "K", default_value_t = 5,
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

Only questions all of whose words have vectors are asked: covered says how many.")]
pub struct AnalogiesArgs {
    /// Which vectors.
    #[command(flatten)]
    vectors: VectorsArg,
    /// Questions: `: name` opens a section, then four words a line
    #[arg(value_name = "toy|QUESTIONS")]
    questions: String,
}

/// Word vectors, and how to answer about them.
#[derive(Debug, clap::Args)]
pub struct VectorsArg {
    /// A file of word vectors: .bin in word2vec's binary format, anything else in its text format
    #[arg(value_name = "VEC")]
    vectors: PathBuf,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Spellings offered for an unknown word.
const OFFERED: usize = 3;

#[derive(Serialize)]
struct Found<'a> {
    rank: usize,
    cosine: f32,
    word: &'a str,
}

/// Ranks all words by their cosine with one.
pub fn neighbours(args: &NeighboursArgs) -> Result<()> {
    let space = open(&args.vectors)?;
    let row = row(&space, &args.word, &args.vectors.vectors)?;
    show(&space, space.neighbours(row, args.top as usize), args.vectors.format)
}

/// Ranks all words by their cosine with b - a + c.
pub fn analogy(args: &AnalogyArgs) -> Result<()> {
    let space = open(&args.vectors)?;
    let mut rows = [0; 3];
    for (place, word) in rows.iter_mut().zip(&args.words) {
        *place = row(&space, word, &args.vectors.vectors)?;
    }
    show(&space, space.analogy(rows, args.top as usize), args.vectors.format)
}

fn show(space: &Space, found: Vec<(usize, f32)>, format: Format) -> Result<()> {
    let found: Vec<Found> = (1..)
        .zip(found)
        .map(|(rank, (row, cosine))| Found { rank, cosine, word: &space.words()[row] })
        .collect();
    output::rows(format, &found, || {
        found.iter().map(|found| format!("{:7.4}  {}\n", found.cosine, found.word)).collect()
    })
}

#[derive(Serialize)]
struct Sections {
    sections: Vec<Counted>,
    total: Counted,
}

#[derive(Serialize)]
struct Counted {
    section: String,
    right: usize,
    covered: usize,
    questions: usize,
    /// Of those covered; none where none is.
    accuracy: Option<f64>,
}

impl From<Score> for Counted {
    fn from(Score { section, questions, covered, right }: Score) -> Self {
        let accuracy = (covered > 0).then(|| right as f64 / covered as f64);
        Self { section, right, covered, questions, accuracy }
    }
}

/// Counts right answers by section.
pub fn analogies(args: &AnalogiesArgs) -> Result<()> {
    let sections = if args.questions == "toy" {
        World::analogies()
    } else {
        data::questions(Path::new(&args.questions))?
    };
    let space = open(&args.vectors)?;
    let progress = progress::bar(sections.len() as u64, "{bar:30} {pos}/{len} sections");
    let mut scores = Vec::new();
    for section in sections {
        scores.extend(space.score(&[section]));
        progress.inc(1);
    }
    progress.finish_and_clear();
    let sum = |of: fn(&Score) -> usize| scores.iter().map(of).sum();
    let total = Score {
        section: "total".into(),
        questions: sum(|score| score.questions),
        covered: sum(|score| score.covered),
        right: sum(|score| score.right),
    };
    let scored =
        Sections { sections: scores.into_iter().map(Counted::from).collect(), total: total.into() };
    output::object(args.vectors.format, &scored, || text(&scored))
}

fn text(scored: &Sections) -> String {
    let mut table = Table::new(["section", "right", "covered", "questions", "accuracy"]);
    for counted in scored.sections.iter().chain([&scored.total]) {
        let accuracy =
            counted.accuracy.map_or("-".into(), |accuracy| format!("{:.1}%", 100.0 * accuracy));
        let numbers =
            [counted.right, counted.covered, counted.questions].map(|count| count.to_string());
        table.row([counted.section.clone()].into_iter().chain(numbers).chain([accuracy]));
    }
    table.to_string()
}

fn open(args: &VectorsArg) -> Result<Space> {
    names::vectors(&args.vectors, &names::device(&args.device.device)?)
}

/// The row of a word, or an error that offers what it may have meant.
fn row(space: &Space, word: &str, path: &Path) -> Result<usize> {
    if let Some(row) = space.row(word) {
        return Ok(row);
    }
    let likeness =
        |known: &String| strsim::normalized_damerau_levenshtein(&word.to_lowercase(), known);
    let mut known: Vec<(f64, &String)> =
        space.words().iter().map(|known| (likeness(known), known)).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    let offered: Vec<&str> = known.iter().take(OFFERED).map(|(_, known)| known.as_str()).collect();
    let error = format!("{word:?} has no vector in {}", path.display());
    Err(Helpful { error, help: format!("the nearest known spellings are {}", offered.join(", ")) }
        .into())
}

//! `cargo rungs neighbours`, `cargo rungs analogy`, `cargo rungs analogies`

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use checkpoint::WordVectors;
use course::Table;
use data::World;
use serde::Serialize;
use word2vec::{Score, Space};

use crate::cli::{AnalogiesArgs, AnalogyArgs, Format, NeighboursArgs, VectorsArg};
use crate::model;
use crate::output::{self, Helpful};

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
    print(&space, space.neighbours(row, args.top as usize), args.vectors.format)
}

/// Ranks all words by their cosine with b - a + c.
pub fn analogy(args: &AnalogyArgs) -> Result<()> {
    let space = open(&args.vectors)?;
    let mut rows = [0; 3];
    for (place, word) in rows.iter_mut().zip(&args.words) {
        *place = row(&space, word, &args.vectors.vectors)?;
    }
    print(&space, space.analogy(rows, args.top as usize), args.vectors.format)
}

fn print(space: &Space, found: Vec<(usize, f32)>, format: Format) -> Result<()> {
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
    let progress = output::bar(sections.len() as u64, "{bar:30} {pos}/{len} sections");
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
    let scored = Sections { sections: scores.into_iter().map(Counted::from).collect(), total: total.into() };
    output::object(args.vectors.format, &scored, || text(&scored))
}

fn text(scored: &Sections) -> String {
    let mut table = Table::new(["section", "right", "covered", "questions", "accuracy"]);
    for counted in scored.sections.iter().chain([&scored.total]) {
        let accuracy = counted.accuracy.map_or("-".into(), |accuracy| format!("{:.1}%", 100.0 * accuracy));
        let numbers = [counted.right, counted.covered, counted.questions].map(|count| count.to_string());
        table.row([counted.section.clone()].into_iter().chain(numbers).chain([accuracy]));
    }
    table.to_string()
}

fn open(args: &VectorsArg) -> Result<Space> {
    read(&args.vectors, &model::device(&args.device.device)?)
}

/// Reads vectors and makes them ready to be asked.
pub fn read(path: &Path, device: &Device) -> Result<Space> {
    let progress = output::spinner(format!("reading {}", path.display()));
    let vectors = WordVectors::read(path)?;
    progress.finish_and_clear();
    Ok(Space::new(vectors.words, vectors.values, device))
}

/// The row of a word, or an error that offers what it may have meant.
fn row(space: &Space, word: &str, path: &Path) -> Result<usize> {
    if let Some(row) = space.row(word) {
        return Ok(row);
    }
    let likeness = |known: &String| strsim::normalized_damerau_levenshtein(&word.to_lowercase(), known);
    let mut known: Vec<(f64, &String)> = space.words().iter().map(|known| (likeness(known), known)).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    let offered: Vec<&str> = known.iter().take(OFFERED).map(|(_, known)| known.as_str()).collect();
    let error = format!("{word:?} has no vector in {}", path.display());
    Err(Helpful { error, help: format!("the nearest known spellings are {}", offered.join(", ")) }.into())
}

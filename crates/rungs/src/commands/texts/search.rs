//! `cargo rungs search`

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Result, bail};
use index::Index;
use serde::Serialize;

use crate::shell::failure::Helpful;
use crate::shell::options::{DEFAULT, Format, OwnModelArg};
use crate::shell::prompts::{PassagePromptArg, PromptArg};
use crate::shell::{input, names, options, output, progress, prompts};

/// Rank the lines of a text, or the passages of an index, by what they mean
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs search 'feeling down' diary.txt
  cargo rungs search 'feeling down' --index notes.index
  ls | cargo rungs search 'holiday pictures' --top 3")]
pub struct Args {
    /// What to look for
    #[arg(value_name = "QUERY", allow_hyphen_values = true, value_parser = words)]
    query: String,
    /// Text, one passage a line; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: PathBuf,
    /// Search in an index in place of a file
    #[arg(long, value_name = "INDEX", conflicts_with = "file")]
    index: Option<PathBuf>,
    /// Which model, and how.
    #[command(flatten)]
    model: OwnModelArg,
    /// What stands before the query.
    #[command(flatten)]
    prompt: PromptArg,
    /// What stands before each line.
    #[command(flatten)]
    passage_prompt: PassagePromptArg,
    /// How many passages to show
    #[arg(
        short = 'k', long, value_name = "K", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// A query may begin with `-`, but one of the command's options that is misspelt is none.
fn words(text: &str) -> Result<String, String> {
    match options::meant::<Args>(text) {
        Some(option) => Err(format!("expected words to look for; is --{option} meant?")),
        None => Ok(text.into()),
    }
}

/// Most characters of a passage that a line for people shows.
const SHOWN: usize = 160;

/// Ranks texts by their cosine with the query. Blanks around a query or a passage are layout, and
/// left out as an index leaves them out.
pub fn run(args: &Args) -> Result<()> {
    if args.query.trim().is_empty() {
        bail!("expected a query, found an empty text: say what to look for");
    }
    if args.index.is_none() && args.file.is_dir() {
        let folder = args.file.display();
        let error = format!("{folder}: expected a file, a text a line, found a folder");
        let help = format!(
            "`cargo rungs index build {folder} --out FILE` reads a folder, and `search QUERY \
                --index FILE` looks in it"
        );
        return Err(Helpful { error, help }.into());
    }
    match &args.index {
        Some(_) if args.passage_prompt.is_given() => {
            bail!(
                "expected no prompt for passages with --index, which has that of its own; leave it \
                 out, or build another index"
            )
        }
        Some(index) => in_an_index(args, index),
        None => in_lines(args),
    }
}

/// A line that was found.
#[derive(Serialize)]
struct FoundLine<'a> {
    rank: usize,
    score: f32,
    line: usize,
    text: &'a str,
}

/// Ranks the lines of a file; blank lines are no passages.
fn in_lines(args: &Args) -> Result<()> {
    let OwnModelArg { model, batch, device } = &args.model;
    let name = model.as_deref().unwrap_or(DEFAULT);
    let encoder = names::open_named(name, *batch as usize, &names::device(&device.device)?)?;
    encoder.ranks_by_cosine()?;
    let encoder = prompts::queries_and_passages(encoder, &args.prompt, &args.passage_prompt)?;
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(input::lines(&args.file)?) {
        let line = line?;
        let text = line.trim();
        if !text.is_empty() {
            lines.push((number, text.to_string()));
        }
    }
    if lines.is_empty() {
        bail!("{}: expected lines to search in, found none", input::name(&args.file));
    }
    let texts: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
    let progress = progress::spinner(format!("reading {} lines", texts.len()));
    let found = encoder.search(args.query.trim(), &texts, args.top as usize)?;
    progress.finish_and_clear();
    input::note_truncated_query(&encoder.for_queries()?, args.query.trim())?;
    input::note_truncation(&encoder.for_passages()?, &texts)?;
    let mut rows = Vec::new();
    for (rank, (i, score)) in (1..).zip(found) {
        rows.push(FoundLine { rank, score, line: lines[i].0, text: texts[i] });
    }
    output::rows(args.format, &rows, || {
        let mut text = String::new();
        let width = rows.iter().map(|row| row.line).max().unwrap_or(0).to_string().len();
        for row in &rows {
            text.push_str(&format!("{:7.4}  {:>width$}  {}\n", row.score, row.line, row.text));
        }
        text
    })
}

/// A passage that was found.
#[derive(Serialize)]
struct FoundPassage {
    rank: usize,
    score: f32,
    file: String,
    line: u32,
    text: String,
    /// Number of other places where the same text stands.
    more: usize,
}

/// Ranks the passages of an index.
fn in_an_index(args: &Args, path: &Path) -> Result<()> {
    let index = Index::open_to_read(path)?;
    // Both take about as long, and neither needs the other.
    let (vectors, query) = thread::scope(|scope| {
        let vectors = scope.spawn(|| index.load_vectors());
        let query = query(args, &index);
        (vectors.join().expect("reading an index does not panic"), query)
    });
    let (query, vectors) = (query?, vectors?);
    if vectors.is_empty() {
        let index = path.display();
        let error = format!("{index}: expected an index with passages in it, found an empty one");
        let help = format!("`cargo rungs index add DIR_OR_FILE --index {index}` puts some in");
        return Err(Helpful { error, help }.into());
    }
    let mut rows = Vec::new();
    for (rank, hit) in (1..).zip(index.hits(&vectors.nearest(&query, args.top as usize))?) {
        let (file, line) = match hit.places.first() {
            Some((name, line)) => (relative(name), *line),
            None => (String::new(), 0),
        };
        let more = hit.places.len().saturating_sub(1);
        rows.push(FoundPassage { rank, score: hit.score, file, line, text: hit.text, more });
    }
    output::rows(args.format, &rows, || rows.iter().map(for_people).collect())
}

/// The query's vector, from the model that the arguments name or else from the index's own.
fn query(args: &Args, index: &Index) -> Result<Vec<f32>> {
    let OwnModelArg { model, batch, device } = &args.model;
    let (own, batch, device) =
        (&index.model().name, *batch as usize, names::device(&device.device)?);
    let (name, encoder) = match model {
        Some(name) => (name, names::open_named(name, batch, &device)?),
        None => (own, names::open_own(own, index.path(), batch, &device)?),
    };
    encoder.ranks_by_cosine()?;
    let passages = encoder.clone().with_prompt(&index.model().prompt)?;
    index.check_model(&names::model_identity(&passages, name)?)?;
    let encoder = args.prompt.queries(encoder)?.for_queries()?;
    let text = args.query.trim();
    input::note_truncated_query(&encoder, text)?;
    Ok(encoder.embed(&[text])?.remove(0).vector)
}

/// A file's name as seen from the current directory, where it lies in that.
fn relative(name: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    match Path::new(name).strip_prefix(here) {
        Ok(inside) => inside.display().to_string(),
        Err(_) => name.to_string(),
    }
}

/// A passage for people.
fn for_people(row: &FoundPassage) -> String {
    let FoundPassage { score, file, line, text, more, .. } = row;
    let mut beginning: String = text.chars().take(SHOWN).collect();
    if beginning.len() < text.len() {
        beginning.push_str("..");
    }
    let also = match more {
        0 => String::new(),
        more => format!("  (and in {})", files::counted(*more, "other place")),
    };
    format!("{score:7.4}  {file}:{line}  {beginning}{also}\n")
}

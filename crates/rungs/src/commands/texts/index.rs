//! `cargo rungs index`

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Subcommand;
use course::Table;
use data::Split;
use files::{FilesError, Home};
use index::{FileProgress, Index, IndexError, Info, Renewal, Renewed, SourceFile, StoredPassage};
use indicatif::ProgressBar;
use sentences::SentenceEncoder;
use serde::Serialize;

use crate::shell::failure::Helpful;
use crate::shell::interrupt::Interrupt;
use crate::shell::options::{Format, ModelArg, OwnModelArg};
use crate::shell::place::{self, ForceArg, Kind};
use crate::shell::prompts::PromptArg;
use crate::shell::{failure, input, names, output, progress};

/// Keep the vectors of files, to search in them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs index build notes/ book.md --out notes.index
  cargo rungs index add more.txt --index notes.index
  cargo rungs search 'a place to keep money' --index notes.index
  cargo rungs index docs                        the documentation of this workspace's dependencies

Markdown (.md) gives a passage for each paragraph, item, table row and block of code, behind its \
headings, of which the title of a front matter is the highest; Rust (.rs) the prose of its \
documentation comments; any other file gives its lines, or with --paragraphs what stands \
between empty lines. Of a directory .md, .markdown, .rs and .txt are read; hidden entries, \
symbolic links, target/ and what a .gitignore names are left out. Only what changed is embedded \
again.")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

/// What to do with an index.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an index hold exactly these files: a new one, or an old one renewed
    #[command(after_help = "Examples:
  cargo rungs index build notes/ book.md --out notes.index
  cargo rungs index build letters.txt --paragraphs --out letters.index")]
    Build {
        /// What to read.
        #[command(flatten)]
        sources: Sources,
        /// The index, one file
        #[arg(short, long, value_name = "INDEX", visible_alias = "index")]
        out: PathBuf,
        /// Which model, and how.
        #[command(flatten)]
        model: ModelArg,
    },
    /// Add files to an index, or renew them in it
    #[command(after_help = "Examples:
  cargo rungs index add more.txt --index notes.index")]
    Add {
        /// What to read.
        #[command(flatten)]
        sources: Sources,
        /// The index
        #[arg(long, value_name = "INDEX", visible_alias = "out")]
        index: PathBuf,
        /// Which model, and how.
        #[command(flatten)]
        model: OwnModelArg,
    },
    /// Take files, or all files of a directory, out of an index
    #[command(after_help = "Examples:
  cargo rungs index remove notes/drafts --index notes.index")]
    Remove {
        /// Files, directories, or names as searches print them
        #[arg(value_name = "DIR_OR_FILE", required = true)]
        files: Vec<PathBuf>,
        /// The index
        #[arg(long, value_name = "INDEX", visible_alias = "out")]
        index: PathBuf,
        /// How to print
        #[arg(short, long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Say what an index holds
    #[command(after_help = "Examples:
  cargo rungs index info notes.index
  cargo rungs index info notes.index --files      each file, with how many passages it has")]
    Info {
        /// The index
        #[arg(value_name = "INDEX")]
        index: PathBuf,
        /// List its files, with how many passages each has
        #[arg(long)]
        files: bool,
        /// How to print
        #[arg(short, long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Print passages and vectors, to carry them into another program
    #[command(after_help = "Examples:
  cargo rungs index export notes.index > notes.jsonl
  cargo rungs index export notes.index --out vectors.npy     and vectors.jsonl beside it")]
    Export {
        /// The index
        #[arg(value_name = "INDEX")]
        index: PathBuf,
        /// A NumPy array of the vectors, with the passages as JSON lines beside it, instead of JSON
        /// lines with both on standard output
        #[arg(short, long, value_name = "FILE.npy")]
        out: Option<PathBuf>,
        /// Whether what is there may go.
        #[command(flatten)]
        force: ForceArg,
    },
    /// Index the documentation of this workspace's dependencies
    #[command(after_help = "Examples:
  cargo rungs index docs
  cargo rungs search 'write a file so that a crash leaves the old one' --index \
~/.cache/rungs/docs.index")]
    Docs {
        /// The index [default: docs.index in the cache]
        #[arg(short, long, value_name = "INDEX", visible_alias = "index")]
        out: Option<PathBuf>,
        /// Which model, and how.
        #[command(flatten)]
        model: ModelArg,
        /// How to print
        #[arg(short, long, value_enum, default_value = "text")]
        format: Format,
    },
}

/// Options that say which files are read, and how.
#[derive(Debug, clap::Args)]
pub struct Sources {
    /// Files, or directories of them
    #[arg(value_name = "DIR_OR_FILE", required = true)]
    sources: Vec<PathBuf>,
    /// What stands before each passage.
    #[command(flatten)]
    prompt: PromptArg,
    /// In plain texts, what stands between empty lines is a passage, not each line
    #[arg(long)]
    paragraphs: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// Summary of what was done.
#[derive(Serialize)]
struct Summary {
    index: String,
    files: usize,
    unchanged: usize,
    renewed: usize,
    removed: usize,
    /// Number of files in the directories that could not be read as text.
    unreadable: usize,
    passages: usize,
    /// Number of texts that went through the encoder.
    embedded: usize,
    seconds_embedding: f64,
    seconds: f64,
}

/// Builds, changes or describes an index.
pub fn run(args: &Args) -> Result<()> {
    match &args.command {
        Command::Build { sources, out, model } => {
            if !out.exists() || output::is_stdout(out) {
                place::file(out, Kind::Any, ForceArg::default())?;
            }
            let (files, unreadable) = source_files(&sources.sources)?;
            let how = Renewal { split: split(sources), only: true };
            let encoder = || sources.prompt.passages(names::open(model)?, None);
            let renewing = Renewing::create(out, &model.model, encoder)?;
            renewing.run(&files, unreadable, how, sources.format)
        }
        Command::Add { sources, index, model } => add(sources, index, model),
        Command::Remove { files, index, format } => remove(index, files, *format),
        Command::Export { index, out, force } => export(index, out.as_deref(), *force),
        Command::Info { index, files: true, format } => list_files(index, *format),
        Command::Info { index, format, .. } => {
            let info = Index::open_to_read(index)?.info()?;
            output::object(*format, &info, || info_for_people(&info))
        }
        Command::Docs { out, model, format } => {
            let out = match out {
                Some(out) if out.exists() && !output::is_stdout(out) => out.clone(),
                Some(out) => {
                    place::file(out, Kind::Any, ForceArg::default())?;
                    out.clone()
                }
                None => Home::from_env()?.root().join("docs.index"),
            };
            let mut files = Vec::new();
            for (name, path) in data::docs_files()? {
                files.push(SourceFile { name, path, asked_for: false });
            }
            if let Some(folder) = out.parent() {
                output::folder(folder)?;
            }
            let how = Renewal { split: Split::Lines, only: true };
            let encoder = || Ok(names::open(model)?.for_passages()?);
            Renewing::create(&out, &model.model, encoder)?.run(&files, 0, how, *format)
        }
    }
}

/// Adds files to an index, by its own model unless another place of that is named.
fn add(sources: &Sources, index: &Path, model: &OwnModelArg) -> Result<()> {
    let own = Index::open_to_read(index)?.model().clone();
    let device = names::device(&model.device.device)?;
    let (files, unreadable) = source_files(&sources.sources)?;
    let how = Renewal { split: split(sources), only: false };
    let name = model.model.clone().unwrap_or(own.name.clone());
    let encoder = || {
        let encoder = match &model.model {
            Some(name) => names::open_named(name, model.batch as usize, &device)?,
            None => names::open_own(&own.name, index, model.batch as usize, &device)?,
        };
        sources.prompt.passages(encoder, Some(&own.prompt))
    };
    Renewing::create(index, &name, encoder)?.run(&files, unreadable, how, sources.format)
}

/// How plain texts become passages.
fn split(sources: &Sources) -> Split {
    if sources.paragraphs { Split::Paragraphs } else { Split::Lines }
}

/// Finds the files to read, and notes on standard error what was passed over; the second number is
/// that of files and directories that cannot be read.
fn source_files(sources: &[PathBuf]) -> Result<(Vec<SourceFile>, usize)> {
    let found = index::find_files(sources)?;
    note_passed_over(found.passed_over, ["file of another kind", "files of other kinds"]);
    note_passed_over(found.links, ["symbolic link", "symbolic links"]);
    for error in &found.unreadable {
        note!("note: {}", failure::printable(&error.to_string()));
    }
    let unreadable = found.unreadable.len();
    let what = ["file or directory", "files or directories"];
    note_passed_over(unreadable, what.map(|what| format!("{what} could not be read and")));
    Ok((found.files, unreadable))
}

/// Notes on standard error that so many things were passed over, said of one and of several.
fn note_passed_over(count: usize, [one, several]: [impl Display; 2]) {
    match count {
        0 => {}
        1 => note!("note: 1 {one} was passed over"),
        _ => note!("note: {count} {several} were passed over"),
    }
}

/// An index that is being changed, and the encoder that it is changed by.
struct Renewing {
    index: Index,
    encoder: SentenceEncoder,
    /// Whether the index did not exist before.
    new: bool,
    begun: Instant,
}

/// What went through the encoder.
#[derive(Default)]
struct EncoderWork {
    texts: usize,
    /// Number of texts of which only the beginning was read.
    truncated: usize,
    spent: Duration,
}

impl EncoderWork {
    /// The vectors of these texts.
    fn embed(&mut self, encoder: &SentenceEncoder, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let begun = Instant::now();
        let mut vectors = Vec::with_capacity(texts.len());
        for text in encoder.embed(texts)? {
            self.truncated += usize::from(text.truncated);
            vectors.push(text.vector);
        }
        self.texts += texts.len();
        self.spent += begun.elapsed();
        Ok(vectors)
    }
}

impl Renewing {
    /// Opens or makes the index at `path` for the model called `name`.
    fn create(
        path: &Path,
        name: &str,
        open: impl FnOnce() -> Result<SentenceEncoder>,
    ) -> Result<Self> {
        let begun = Instant::now();
        let encoder = open()?;
        encoder.ranks_by_cosine()?;
        let model = names::model_identity(&encoder, name)?;
        let new = !path.exists();
        Ok(Self { index: Index::create(path, &model)?, encoder, new, begun })
    }

    /// Renews the files and prints what was done, beside so many that could not be read.
    fn run(
        mut self,
        files: &[SourceFile],
        unreadable: usize,
        how: Renewal,
        format: Format,
    ) -> Result<()> {
        let bar = progress::bar(files.len() as u64, "files read");
        let (mut work, encoder) = (EncoderWork::default(), &self.encoder);
        let interrupt = Interrupt::catch()?;
        let embed = |texts: &[&str]| {
            if interrupt.came() {
                bail!("interrupted");
            }
            let vectors = work.embed(encoder, texts)?;
            bar.inc(texts.len() as u64);
            Ok(vectors)
        };
        let renewed =
            index::renew(&mut self.index, files, how, &mut |event| show(event, &bar), embed);
        bar.finish_and_clear();
        let info = self.index.info()?;
        let stopped = renewed.is_err() && interrupt.came();
        let pending = if stopped { self.index.pending()? } else { 0 };
        if self.new && info.passages == 0 && pending == 0 {
            self.take_away()?;
            if stopped {
                bail!("stopped before anything was embedded; no index was made");
            }
            renewed?;
            let without = files::counted(info.files, "file");
            bail!("expected files with text in them, found {without} without; no index was made");
        }
        if stopped {
            return Err(self.stopped(&info, pending));
        }
        let Renewed { unchanged, renewed, removed, passed_over } = renewed?;
        let what = ["file", "files"].map(|what| format!("{what} could not be read as text and"));
        note_passed_over(passed_over, what);
        input::note_truncated(work.truncated, self.encoder.limit());
        let summary = Summary {
            index: self.index.path().display().to_string(),
            files: info.files,
            unchanged,
            renewed,
            removed,
            unreadable: unreadable + passed_over,
            passages: info.passages,
            embedded: work.texts,
            seconds_embedding: work.spent.as_secs_f64(),
            seconds: self.begun.elapsed().as_secs_f64(),
        };
        output::object(format, &summary, || for_people(&summary))
    }

    /// Removes the index.
    fn take_away(self) -> Result<()> {
        let path = self.index.path().to_path_buf();
        drop(self.index);
        Ok(fs::remove_file(&path).map_err(FilesError::io(&path, "removing"))?)
    }

    /// The error of an interrupt: what the index keeps, and of files that were not finished.
    fn stopped(&self, info: &Info, pending: u64) -> anyhow::Error {
        let error = format!(
            "stopped; {} keeps {}, {}, and {} of files that were not finished",
            self.index.path().display(),
            files::counted(info.files, "file"),
            files::counted(info.passages, "passage"),
            files::counted(pending as usize, "vector"),
        );
        Helpful { error, help: "the same command goes on".into() }.into()
    }
}

/// Shows what happens while an index is renewed.
fn show(progress: FileProgress, bar: &ProgressBar) {
    match progress {
        FileProgress::Looked => bar.inc(1),
        FileProgress::PassedOver(error) => {
            note!("note: {}", failure::printable(&error.to_string()));
        }
        FileProgress::ToEmbed(texts) => {
            bar.reset();
            bar.set_length(texts as u64);
            bar.set_prefix("texts embedded");
        }
    }
}

/// What was taken out, and what is left.
#[derive(Serialize)]
struct Removed {
    removed: usize,
    #[serde(flatten)]
    info: Info,
}

/// Takes files out of an index and prints what is left.
fn remove(path: &Path, files: &[PathBuf], format: Format) -> Result<()> {
    let mut index = Index::open(path)?;
    let removed = index::remove_files(&mut index, files).map_err(|error| match error {
        IndexError::NotInIndex { .. } => {
            let help = format!("`cargo rungs index info {} --files` lists them", path.display());
            Helpful { error: error.to_string(), help }.into()
        }
        other => anyhow::Error::from(other),
    })?;
    drop(index); // the file gets its size when it is closed
    let info = Index::open_to_read(path)?.info()?;
    let report = Removed { removed, info };
    output::object(format, &report, || {
        let removed = files::counted(removed, "file");
        format!("removed     {removed}\n{}", info_for_people(&report.info))
    })
}

/// A file of an index.
#[derive(Serialize)]
struct IndexedFile {
    file: String,
    passages: usize,
}

/// Prints the files of an index.
fn list_files(path: &Path, format: Format) -> Result<()> {
    let index = Index::open_to_read(path)?;
    let mut rows = Vec::new();
    for (file, passages) in index.passages_by_file()? {
        rows.push(IndexedFile { file, passages });
    }
    output::rows(format, &rows, || {
        let mut table = Table::new(["file", "passages"]);
        for IndexedFile { file, passages } in &rows {
            table.row([file.clone(), passages.to_string()]);
        }
        output::fitted(&table)
    })
}

/// A passage that is carried into another program.
#[derive(Serialize)]
struct Exported<'a> {
    file: &'a str,
    line: u32,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<&'a [f32]>,
}

/// Prints every passage with its vector, or writes vectors and passages into two files.
fn export(path: &Path, out: Option<&Path>, force: ForceArg) -> Result<()> {
    if let Some(out) = out {
        if out.extension().is_none_or(|ending| ending != "npy") {
            bail!(
                "{}: expected a name that ends in .npy; JSON lines go to standard output without \
                    --out",
                out.display()
            );
        }
        for place in [out, &out.with_extension("jsonl")] {
            place::file(place, Kind::Any, force)?;
        }
    }
    let index = Index::open_to_read(path)?;
    let vectors = index.load_vectors()?;
    let passages = index.passages(&vectors)?;
    let mut lines = Vec::new();
    let mut numbers = Vec::new();
    for StoredPassage { file, line, text, vector } in &passages {
        let vector = vectors.vector(*vector);
        let embedding = out.is_none().then_some(vector);
        let exported = Exported { file, line: *line, text, embedding };
        if out.is_none() {
            output::json_line(&exported)?;
            continue;
        }
        serde_json::to_writer(&mut lines, &exported)?;
        lines.push(b'\n');
        for number in vector {
            numbers.extend(number.to_le_bytes());
        }
    }
    let Some(out) = out else { return Ok(()) };
    let (rows, width) = (passages.len(), index.model().probe.len());
    output::aside(out, |file| Ok(file.write_all(&[npy_header(rows, width), numbers].concat())?))?;
    let beside = out.with_extension("jsonl");
    output::aside(&beside, |file| Ok(file.write_all(&lines)?))?;
    output::line(format_args!(
        "{} of {width} numbers in {}, with the passages in {}",
        files::counted(rows, "vector"),
        out.display(),
        beside.display()
    ))
}

/// The header of a NumPy array `[rows, width]` of f32 (NumPy's format 1.0): its length is a multiple
/// of 64.
fn npy_header(rows: usize, width: usize) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    let magic = b"\x93NUMPY\x01\x00";
    let unpadded = magic.len() + 2 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let length = u16::try_from(header.len()).expect("a header is short");
    [&magic[..], &length.to_le_bytes(), header.as_bytes()].concat()
}

/// The summary for people.
fn for_people(summary: &Summary) -> String {
    let Summary { index, files, unchanged, renewed, removed, passages, embedded, .. } = summary;
    let unreadable = match summary.unreadable {
        0 => String::new(),
        count => format!("; {count} could not be read"),
    };
    format!(
        "index       {index}\nfiles       {files}: {renewed} new or changed, {unchanged} \
            unchanged; {removed} removed{unreadable}\n\
            passages    {passages}, {} embedded\nseconds     {:.1}, {:.1} of them \
            in the encoder\n",
        files::counted(*embedded, "text"),
        summary.seconds,
        summary.seconds_embedding
    )
}

/// What an index holds, for people.
fn info_for_people(info: &Info) -> String {
    let Info { model, width, files, passages, texts, bytes, format } = info;
    format!(
        "model       {model}, vectors of {width} numbers\nfiles       {files}\npassages    \
            {passages}, {}\n\
            bytes       {bytes}, format {format}\n",
        files::counted(*texts as usize, "different text")
    )
}

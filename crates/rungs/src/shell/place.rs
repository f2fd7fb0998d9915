//! Where outputs go: what is not a command's own is not written over, and a place that cannot be
//! written to is refused before work is done for it.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use checkpoint::WordVectors;
use clap::Args;
use training::STATE_FILE;

use crate::shell::{html, output};

/// Option that lets a command write over a file that it does not know for its own.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ForceArg {
    /// Write over the file that is there, whatever it is
    #[arg(long)]
    pub force: bool,
}

/// Kind of a file that commands write, and by which they know theirs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text or numbers like anybody's: none is known again.
    Any,
    /// Word vectors as word2vec writes them.
    WordVectors,
    /// A figure as this course draws it.
    Figure,
    /// A page of HTML as commands write it.
    Page,
}

/// Most bytes of a file that are looked at to know it again.
const BEGINNING: u64 = 1 << 16;

impl Kind {
    /// What may be written over.
    fn expected(self) -> &'static str {
        match self {
            Self::Any => "a new file",
            Self::WordVectors => "a new file or one of word vectors",
            Self::Figure => "a new file or a figure that was drawn here",
            Self::Page => "a new file or a page that was made here",
        }
    }

    /// Whether the file at `path` is of this kind.
    fn is_own(self, path: &Path) -> bool {
        match self {
            Self::Any => false,
            Self::WordVectors => {
                has_sizes(path).unwrap_or(false) && WordVectors::read_first(path, 1).is_ok()
            }
            Self::Figure => beginning(path).is_ok_and(|text| figures::is_drawn_here(&text)),
            Self::Page => beginning(path).is_ok_and(|text| html::is_made_here(&text)),
        }
    }
}

/// Whether a file opens with a line of two numbers, as word vectors do and GloVe's do not.
fn has_sizes(path: &Path) -> io::Result<bool> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?.take(BEGINNING)).read_until(b'\n', &mut line)?;
    let line = String::from_utf8_lossy(&line);
    let numbers: Vec<Result<usize, _>> = line.split_whitespace().map(str::parse).collect();
    Ok(numbers.len() == 2 && numbers.iter().all(Result::is_ok))
}

/// The beginning of a file.
fn beginning(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Refuses a text's file that cannot be written, as [`file`] does; `-` is standard output.
pub fn text(path: &Path, kind: Kind, force: ForceArg) -> Result<()> {
    if output::is_stdout(path) { Ok(()) } else { file(path, kind, force) }
}

/// Refuses `-`, which is no name of a place.
fn check_name(path: &Path) -> Result<()> {
    if output::is_stdout(path) {
        bail!("-: expected the name of a place on the disk, found standard output; name one");
    }
    Ok(())
}

/// Refuses a file that cannot be written, or that would be lost: one that is there and not of this
/// kind, unless `force` says that it may go.
pub fn file(path: &Path, kind: Kind, force: ForceArg) -> Result<()> {
    check_name(path)?;
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
        && !folder.exists()
    {
        return Err(output::no_parent(path, folder));
    }
    let place = path.display();
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => {
            bail!("{place}: expected a file to write, found a folder; name a file in it")
        }
        Ok(about) if !about.is_file() => {
            bail!("{place}: expected a file to write, found a device, pipe or socket; name a file")
        }
        Ok(about) if about.len() > 0 && !force.force && !kind.is_own(path) => bail!(
            "{place}: expected {}, found another, which would be lost; name a new one, or write \
                over it with --force",
            kind.expected()
        ),
        _ => output::try_writing(path).map_err(|error| output::not_writable(path, &error)),
    }
}

/// Makes a folder that a user names, with those above it, and tries to write there.
pub fn folder(path: &Path) -> Result<()> {
    check_name(path)?;
    output::folder(path)
}

/// A folder that a command writes a model into, and no other command meanwhile.
pub struct Claim {
    /// The folder, locked until this is dropped or the process ends in whatever way; `None` where
    /// the system locks no folders.
    _lock: Option<File>,
    /// Folders that were made for it, the innermost first: they go again if nothing is in them.
    made: Vec<PathBuf>,
}

impl Claim {
    /// Makes the folder for a new model, and refuses one with anything in it, one that another
    /// command writes into, or that cannot be written to.
    pub fn new_folder(path: &Path) -> Result<Self> {
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let made = path.ancestors().take_while(missing).map(PathBuf::from).collect();
        let mut claim = Self { _lock: None, made };
        folder(path)?;
        claim._lock = lock(path)?;
        let mut entries = Vec::new();
        for entry in path.read_dir().map_err(|error| output::no_folder(path, &error))? {
            entries.push(entry.map_err(|error| output::no_folder(path, &error))?.file_name());
        }
        entries.sort();
        let Some(found) = entries.first().map(|name| name.to_string_lossy()) else {
            return Ok(claim);
        };
        let has_state = path.join(STATE_FILE).exists();
        let resume = if has_state { ", or go on with it by --resume" } else { "" };
        let place = path.display();
        bail!("{place}: expected a new folder, found one with {found}; name another{resume}")
    }

    /// Claims the folder of a training that goes on; where there is none, its reading says so.
    pub fn resumed(path: &Path) -> Result<Self> {
        Ok(Self { _lock: lock(path)?, made: Vec::new() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        for folder in &self.made {
            let _ = fs::remove_dir(folder); // refused where something was written
        }
    }
}

/// Locks a folder, where the system can; a lock ends with its process, whatever ends that.
fn lock(path: &Path) -> Result<Option<File>> {
    let Ok(folder) = File::open(path) else { return Ok(None) };
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => bail!(
            "{}: expected a folder that no other command writes into, found a training at work \
                in it; wait for its end, or name another folder",
            path.display()
        ),
        Err(TryLockError::Error(_)) => Ok(None), // as on file systems without locks
        Ok(()) => Ok(Some(folder)),
    }
}

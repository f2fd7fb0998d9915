//! Writing a file so that a kill at any moment, a full disk or a cut of the power leaves the old
//! one or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::FilesError;

/// Has `write` make the file `NAME.rungs-part`, brings it to the disk and renames it to `path`,
/// whose last name is `NAME`. When that fails, the old file stays as it was and nothing of the new
/// one.
///
/// A link stays, and what it leads to is written anew.
///
/// # Errors
///
/// What `write` fails with, a device, pipe or socket in the file's place, or if the file cannot be
/// brought to the disk or renamed.
pub fn aside<T, E: From<FilesError>>(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    let path = &place(path)?;
    let part = part_of(path);
    remove_old(&part).map_err(FilesError::io(&part, "removing"))?;
    let settled = write(&part).and_then(|written| {
        settle(&part, path).map_err(FilesError::io(path, "writing"))?;
        Ok(written)
    });
    settled.inspect_err(|_| drop(fs::remove_file(&part)))
}

/// Where a file that is called `path` lies, if it is there, or will lie.
fn place(path: &Path) -> Result<PathBuf, FilesError> {
    match fs::metadata(path) {
        Ok(about) if !about.is_file() && !about.is_dir() => Err(FilesError::NotThat {
            path: path.into(),
            expected: "a file to write",
            found: "a device, pipe or socket".into(),
            remedy: "name a file",
        }),
        Ok(_) => fs::canonicalize(path).map_err(FilesError::io(path, "writing")),
        Err(_) => Ok(path.into()),
    }
}

/// The name of the file at `path` while it is being written: `NAME.rungs-part`, which nobody else
/// gives a file.
pub fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".rungs-part");
    name.into()
}

/// Removes what a killed run left of a file; a link goes itself, not the file that it leads to.
fn remove_old(part: &Path) -> io::Result<()> {
    match fs::remove_file(part) {
        // Where there is no folder, the writing itself says so.
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Writes `bytes` as the file at `path`, aside and renamed.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; the old file stays then, and nothing of the new
/// one.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), FilesError> {
    aside(path, |part| fs::write(part, bytes).map_err(FilesError::io(path, "writing")))
}

/// Brings the complete file `part` to the disk and renames it to `path`.
///
/// # Errors
///
/// What the operating system refuses.
pub fn settle(part: &Path, path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(part)?.sync_all()?;
    fs::rename(part, path)?;
    // The folder's own entry reaches the disk too, where the system lets folders be opened.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(())
}

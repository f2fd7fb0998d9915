//! Opening a file of others: only a regular file, and only so much of it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::error::FilesError;

/// Opens the regular file at `path`, which is `expected` there, and says its size. A pipe or a
/// device is refused before it is opened: it could block for ever.
///
/// # Errors
///
/// Nothing there, a folder, a device, pipe or socket, an empty file, or one that cannot be opened.
pub fn open(path: &Path, expected: &'static str) -> Result<(File, u64), FilesError> {
    let about = fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FilesError::NotFound {
            path: path.into(),
            expected: format!(
                "{expected}; check the path, or fetch the model: `cargo rungs fetch --help`"
            ),
        },
        _ => FilesError::Io { path: path.into(), action: "reading", source },
    })?;
    if about.is_dir() {
        return refuse(path, expected, "a folder", "give the path of the file in it");
    }
    if !about.is_file() {
        let remedy = "save it as a regular file first";
        return refuse(path, expected, "a device, pipe or socket", remedy);
    }
    if about.len() == 0 {
        return refuse(path, expected, "an empty file", "fetch it again");
    }
    let file = File::open(path).map_err(FilesError::io(path, "reading"))?;
    Ok((file, about.len()))
}

/// Reads the regular file at `path`, which is `expected` there and takes `most` bytes at most.
///
/// # Errors
///
/// As [`open`], and a file that is larger.
pub fn read(path: &Path, expected: &'static str, most: u64) -> Result<Vec<u8>, FilesError> {
    let (file, size) = open(path, expected)?;
    if size > most {
        let found = format!("{size} bytes, above {most}");
        return refuse(path, expected, &found, "check that it is the right file");
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(FilesError::io(path, "reading"))?;
    Ok(bytes)
}

fn refuse<T>(
    path: &Path,
    expected: &'static str,
    found: &str,
    remedy: &'static str,
) -> Result<T, FilesError> {
    Err(FilesError::NotThat { path: path.into(), expected, found: found.into(), remedy })
}

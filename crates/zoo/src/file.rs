//! Opening a file of others: only a regular file, and not one of the things that are often saved in its place.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::ZooError;

/// Opens the regular file at `path` and says its size. A pipe or a device is refused before it is opened: it
/// could block for ever.
pub(crate) fn open(path: &Path, expected: &'static str) -> Result<(File, u64), ZooError> {
    let not_that =
        |found: &str, remedy| ZooError::NotThat { path: path.into(), expected, found: found.into(), remedy };
    let about = fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ZooError::NotFound {
            path: path.into(),
            expected: format!("{expected}; check the path, or fetch the model: `cargo rungs fetch --help`"),
        },
        _ => ZooError::Io { path: path.into(), action: "reading", source },
    })?;
    if about.is_dir() {
        return Err(not_that("a folder", "give the path of the file in it"));
    }
    if !about.is_file() {
        return Err(not_that("a device, pipe or socket", "save it as a regular file first"));
    }
    if about.len() == 0 {
        return Err(not_that("an empty file", "fetch it again"));
    }
    let file = File::open(path).map_err(ZooError::io(path, "reading"))?;
    Ok((file, about.len()))
}

/// What stands at a file's beginning, when that gives it away as something else than safetensors or JSON.
pub(crate) fn lookalike(beginning: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = beginning.trim_ascii_start().to_ascii_lowercase();
    if text.starts_with(b"version https://git-lfs") {
        return Some(("a Git-LFS pointer", "run `git lfs pull` in its repository, or fetch the file itself"));
    }
    if text.starts_with(b"<!doctype") || text.starts_with(b"<html") || text.starts_with(b"<?xml") {
        return Some((
            "a web page saved under this name",
            "download the file itself (on the hub: its `resolve` address)",
        ));
    }
    let archive = beginning.starts_with(b"PK\x03\x04");
    let pickle = beginning.first() == Some(&0x80) && beginning.get(1).is_some_and(|v| (2..=5).contains(v));
    // A header length of 640 to 1,408 bytes begins with 0x80, 2..=5 too, but then six zeros follow.
    if archive || (pickle && beginning.get(2..8).is_some_and(|rest| rest != [0; 6])) {
        return Some(PICKLE);
    }
    beginning.starts_with(b"GGUF").then_some(("a GGUF file", "take the model's safetensors files"))
}

/// A pickle can run code when it is opened, so it never is.
pub(crate) const PICKLE: (&str, &str) = (
    "a Python pickle, which is never opened because it can run code",
    "convert it: `safetensors.torch.save_file(torch.load(PATH, weights_only=True), \"model.safetensors\")`",
);

/// Whether the ending of a file's name is one of PyTorch's pickles.
pub(crate) fn is_pickle_name(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["bin", "pt", "pth", "ckpt", "pkl"].contains(&ending)
}

/// Refuses a pickle, a web page, a Git-LFS pointer or a GGUF file by its name.
pub(crate) fn refuse_lookalikes(path: &Path, file: &mut File) -> Result<(), ZooError> {
    let mut beginning = Vec::new();
    file.take(64).read_to_end(&mut beginning).map_err(ZooError::io(path, "reading"))?;
    file.seek(SeekFrom::Start(0)).map_err(ZooError::io(path, "reading"))?;
    let kind = lookalike(&beginning).or_else(|| is_pickle_name(path).then_some(PICKLE));
    match kind {
        None => Ok(()),
        Some((found, remedy)) => Err(ZooError::NotThat {
            path: path.into(),
            expected: "a safetensors file",
            found: found.into(),
            remedy,
        }),
    }
}

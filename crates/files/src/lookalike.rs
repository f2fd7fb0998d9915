//! What is often saved in a file's place.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::FilesError;

/// A file that is another than its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookalike {
    /// What it is.
    pub found: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// A pickle can run code when it is opened, so it never is.
pub const PICKLE: Lookalike = Lookalike {
    found: "a Python pickle, which is never opened because it can run code",
    remedy: "convert it: `safetensors.torch.save_file(torch.load(PATH, weights_only=True), \
             \"model.safetensors\")`",
};

const WEB_PAGE: Lookalike = Lookalike {
    found: "a web page saved under this name",
    remedy: "download the file itself (on the hub: its `resolve` address)",
};

const LFS_POINTER: Lookalike = Lookalike {
    found: "a Git-LFS pointer",
    remedy: "run `git lfs pull` in its repository, or fetch the file itself",
};

const GGUF: Lookalike =
    Lookalike { found: "a GGUF file", remedy: "take the model's safetensors files" };

/// Bytes of a file's beginning that give it away.
const TELLING: usize = 64;

/// What stands at a file's beginning, when that gives it away as something else than safetensors or
/// text.
pub fn lookalike(beginning: &[u8]) -> Option<Lookalike> {
    let beginning = &beginning[..beginning.len().min(TELLING)];
    if is_web_page(beginning) {
        return Some(WEB_PAGE);
    }
    if small_letters(beginning).starts_with(b"version https://git-lfs") {
        return Some(LFS_POINTER);
    }
    let archive = beginning.starts_with(b"PK\x03\x04");
    let version = beginning.get(1).copied().unwrap_or_default();
    let pickle = beginning.first() == Some(&0x80) && (2..=5).contains(&version);
    // A header length of 640 to 1,408 bytes begins with 0x80, 2..=5 too, but then six zeros follow.
    if archive || (pickle && beginning.get(2..8).is_some_and(|rest| rest != [0; 6])) {
        return Some(PICKLE);
    }
    beginning.starts_with(b"GGUF").then_some(GGUF)
}

/// Whether a file that begins so is a web page.
pub fn is_web_page(beginning: &[u8]) -> bool {
    let text = small_letters(beginning);
    text.starts_with(b"<!doctype") || text.starts_with(b"<html") || text.starts_with(b"<?xml")
}

fn small_letters(beginning: &[u8]) -> Vec<u8> {
    beginning.trim_ascii_start().to_ascii_lowercase()
}

/// Refuses a pickle, a web page, a Git-LFS pointer or a GGUF file where safetensors are expected,
/// by what it is.
///
/// # Errors
///
/// Such a file, or one that cannot be read.
pub fn refuse_lookalikes(path: &Path, file: &mut File) -> Result<(), FilesError> {
    let mut beginning = Vec::new();
    file.take(TELLING as u64)
        .read_to_end(&mut beginning)
        .map_err(FilesError::io(path, "reading"))?;
    file.seek(SeekFrom::Start(0)).map_err(FilesError::io(path, "reading"))?;
    match lookalike(&beginning).or_else(|| is_pickle_name(path).then_some(PICKLE)) {
        None => Ok(()),
        Some(Lookalike { found, remedy }) => Err(FilesError::NotThat {
            path: path.into(),
            expected: "a safetensors file",
            found: found.into(),
            remedy,
        }),
    }
}

/// Whether the ending of a file's name is one of PyTorch's pickles.
fn is_pickle_name(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["bin", "pt", "pth", "ckpt", "pkl"].contains(&ending)
}

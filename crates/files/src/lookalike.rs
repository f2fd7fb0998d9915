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

const GGUF: Lookalike = Lookalike {
    found: "a GGUF file",
    remedy: "a model that writes is read from it by its path; of others take the safetensors files",
};

const GZIP: Lookalike =
    Lookalike { found: "a gzip file", remedy: "unpack it first (`gunzip`, or `tar xzf` for .tgz)" };

const ZIP: Lookalike = Lookalike {
    found: "a zip archive",
    remedy: "unpack it first; a spreadsheet is saved as CSV in UTF-8",
};

const TAR: Lookalike = Lookalike { found: "a tar archive", remedy: "unpack it first (`tar xf`)" };

const ZSTD: Lookalike = Lookalike { found: "a zstd file", remedy: "unpack it first (`unzstd`)" };

const XZ: Lookalike = Lookalike { found: "an xz file", remedy: "unpack it first (`unxz`)" };

const BZIP2: Lookalike = Lookalike { found: "a bzip2 file", remedy: "unpack it first (`bunzip2`)" };

const PARQUET: Lookalike = Lookalike {
    found: "a Parquet file",
    remedy: "save it as a table first (pandas: `read_parquet(PATH).to_csv(\"table.csv\")`)",
};

const NUMPY: Lookalike = Lookalike {
    found: "a NumPy array, which says nothing of the words or names that belong to it",
    remedy: "save it with them in a format that keeps both",
};

const UTF_16: Lookalike = Lookalike {
    found: "text in UTF-16",
    remedy: "save it again as UTF-8 (`iconv -f UTF-16 -t UTF-8`)",
};

const UTF_32: Lookalike = Lookalike {
    found: "text in UTF-32",
    remedy: "save it again as UTF-8 (`iconv -f UTF-32 -t UTF-8`)",
};

/// The first bytes of formats that have such; the longer of two with the same beginning first.
const MAGIC: [(&[u8], Lookalike); 11] = [
    (b"\x1f\x8b", GZIP),
    (b"\x28\xb5\x2f\xfd", ZSTD),
    (b"\xfd7zXZ\0", XZ),
    (b"PAR1\x15", PARQUET),
    (b"\x93NUMPY", NUMPY),
    (b"GGUF\x02\0", GGUF),
    (b"GGUF\x03\0", GGUF),
    (b"\xff\xfe\0\0", UTF_32),
    (b"\0\0\xfe\xff", UTF_32),
    (b"\xff\xfe", UTF_16),
    (b"\xfe\xff", UTF_16),
];

/// Bytes of a file's beginning that give it away; a tar archive's are the last of them.
const TELLING: usize = 512;

/// What stands at a file's beginning, when that gives it away as something else than safetensors or
/// text in UTF-8.
pub fn lookalike(beginning: &[u8]) -> Option<Lookalike> {
    let beginning = &beginning[..beginning.len().min(TELLING)];
    if is_safetensors(beginning) {
        return None;
    }
    if is_web_page(beginning) {
        return Some(WEB_PAGE);
    }
    if small_letters(beginning).starts_with(b"version https://git-lfs") {
        return Some(LFS_POINTER);
    }
    for (magic, lookalike) in MAGIC {
        if beginning.starts_with(magic) {
            return Some(lookalike);
        }
    }
    let version = beginning.get(1).copied().unwrap_or_default();
    if beginning.first() == Some(&0x80) && (2..=5).contains(&version) && beginning.len() > 2 {
        return Some(PICKLE);
    }
    if beginning.starts_with(b"PK\x03\x04") {
        return Some(if holds_a_pickle(beginning) { PICKLE } else { ZIP });
    }
    // the block's magic number follows the level: https://en.wikipedia.org/wiki/Bzip2
    if beginning.starts_with(b"BZh") && beginning.get(4..10) == Some(b"1AY&SY") {
        return Some(BZIP2);
    }
    (beginning.get(257..262) == Some(b"ustar")).then_some(TAR)
}

/// Whether the file begins as safetensors do: the length of the header, below 16 MiB, in eight
/// bytes, and the bracket that opens it. The length may be any, so also one that begins as another
/// format does.
fn is_safetensors(beginning: &[u8]) -> bool {
    beginning.get(3..9) == Some(b"\0\0\0\0\0{")
}

/// Whether a zip archive is what `torch.save` writes, whose first file is `NAME/data.pkl`; one whose
/// first name is cut off may be.
fn holds_a_pickle(archive: &[u8]) -> bool {
    // PKWARE's APPNOTE, 4.3.7: the name's length at byte 26, the name from byte 30 on
    let Some(&[low, high]) = archive.get(26..28) else { return true };
    let length = usize::from(u16::from_le_bytes([low, high]));
    archive.get(30..30 + length).is_none_or(|name| name.ends_with(b"data.pkl"))
}

/// Whether a file that begins so is a web page.
pub fn is_web_page(beginning: &[u8]) -> bool {
    let text = small_letters(beginning);
    text.starts_with(b"<!doctype") || text.starts_with(b"<html") || text.starts_with(b"<?xml")
}

fn small_letters(beginning: &[u8]) -> Vec<u8> {
    beginning.trim_ascii_start().to_ascii_lowercase()
}

/// Refuses what is no safetensors file, by what it is: by its beginning, and a pickle by its name
/// too.
///
/// # Errors
///
/// Such a file, with what to do about it; or one that cannot be read.
pub fn refuse_lookalikes(path: &Path, file: &mut File) -> Result<(), FilesError> {
    let expected = "a safetensors file";
    let told = told(path, file)?.or_else(|| is_pickle_name(path).then_some(PICKLE));
    refuse(path, expected, told)
}

/// The error of a file that is another than its name says, if it is told.
pub(crate) fn refuse(
    path: &Path,
    expected: &'static str,
    told: Option<Lookalike>,
) -> Result<(), FilesError> {
    let Some(Lookalike { found, remedy }) = told else { return Ok(()) };
    Err(FilesError::NotThat { path: path.into(), expected, found: found.into(), remedy })
}

/// What the beginning of a file tells; it is read from the beginning on after that.
fn told(path: &Path, file: &mut File) -> Result<Option<Lookalike>, FilesError> {
    let mut beginning = Vec::new();
    file.take(TELLING as u64)
        .read_to_end(&mut beginning)
        .map_err(FilesError::io(path, "reading"))?;
    file.seek(SeekFrom::Start(0)).map_err(FilesError::io(path, "reading"))?;
    Ok(lookalike(&beginning))
}

/// Whether the ending of a file's name is one of PyTorch's pickles.
fn is_pickle_name(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["bin", "pt", "pth", "ckpt", "pkl"].contains(&ending)
}

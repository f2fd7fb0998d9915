//! Opening a file of others: only a regular file, and only so much of it; of texts that are read
//! from their beginning to their end, streams too.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::error::FilesError;
use crate::line::one_line;

/// Opens the regular file at `path`, which is `expected` there, and says its size. A pipe or a
/// device is refused before it is opened: it could block for ever.
///
/// # Errors
///
/// Nothing there, a folder, a device, pipe or socket, an empty file, or one that cannot be opened.
pub fn open(path: &Path, expected: &'static str) -> Result<(File, u64), FilesError> {
    let about = fs::metadata(path).map_err(|source| not_opened(path, expected, source))?;
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

/// Opens the text at `path`, which is read once from its beginning to its end: a regular file,
/// perhaps an empty one, or a stream that this process was started with (`/dev/stdin`, or the
/// `/dev/fd/63` that a shell makes of `<(..)`). Another pipe or a device is refused before it is
/// opened: it could block, or go on, for ever.
///
/// # Errors
///
/// What the operating system refuses, a folder, a device, or a pipe or socket that has a name.
pub fn open_text(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    let found = if kind.is_dir() {
        "it is a directory, expected a file"
    } else if kind.is_file() || is_own_stream(path) {
        return File::open(path);
    } else {
        "it is a device, pipe or socket; give what it says on standard input"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, found))
}

/// Whether a path stands for something that this process has open already.
fn is_own_stream(path: &Path) -> bool {
    path == Path::new("/dev/stdin")
        || ["/dev/fd", "/proc/self/fd"].iter().any(|streams| path.starts_with(streams))
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

/// The error of a path that cannot be opened, with its cause.
pub(crate) fn not_opened(path: &Path, expected: &'static str, source: io::Error) -> FilesError {
    if source.kind() == io::ErrorKind::InvalidInput {
        let found = "a device, pipe or socket".into();
        let remedy = "save it as a regular file, or give what it says on standard input";
        return FilesError::NotThat { path: path.into(), expected, found, remedy };
    }
    if !matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
        return FilesError::Io { path: path.into(), action: "reading", source };
    }
    let Ok(target) = fs::read_link(path) else {
        let expected =
            format!("{expected}; check the path, or fetch it: `cargo rungs fetch --help`");
        return FilesError::NotFound { path: path.into(), expected };
    };
    let found = one_line(&format!("a link to {target:?}, where nothing is"));
    let remedy = "copy the file itself, or mend the link";
    FilesError::NotThat { path: path.into(), expected, found, remedy }
}

fn refuse<T>(
    path: &Path,
    expected: &'static str,
    found: &str,
    remedy: &'static str,
) -> Result<T, FilesError> {
    Err(FilesError::NotThat { path: path.into(), expected, found: found.into(), remedy })
}

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
/// opened: it could block, or go on, for ever. So could a file that something writes to: reading
/// fails where it does not end after as many bytes as it had at first.
///
/// # Errors
///
/// What the operating system refuses, a folder, a device, or a pipe or socket that has a name.
pub fn open_text(path: &Path) -> io::Result<TextFile> {
    let kind = fs::metadata(path)?.file_type();
    let found = if kind.is_dir() {
        "it is a directory, expected a file"
    } else if is_own_stream(path) {
        return Ok(TextFile { file: File::open(path)?, left: None });
    } else if kind.is_file() {
        return TextFile::of(File::open(path)?);
    } else {
        "it is a device, pipe or socket; give what it says on standard input"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, found))
}

/// A text that was opened by [`open_text`].
#[derive(Debug)]
pub struct TextFile {
    file: File,
    /// Bytes of a regular file that are still to come; a stream says nothing of its length.
    left: Option<u64>,
}

impl TextFile {
    /// A regular file, from its beginning to where it ends now.
    fn of(file: File) -> io::Result<Self> {
        let left = Some(file.metadata()?.len());
        Ok(Self { file, left })
    }
}

impl Read for TextFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let Some(left) = &mut self.left else { return Ok(read) };
        let ends_early = read == 0 && *left > 0 && !buffer.is_empty();
        match left.checked_sub(read as u64) {
            Some(rest) if !ends_early => *left = rest,
            still => {
                let change = if still.is_none() { "grew" } else { "became shorter" };
                let found = format!("it {change} while it was read");
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, found));
            }
        }
        Ok(read)
    }
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
/// As [`open`], and a file that is larger, or changes its size meanwhile.
pub fn read(path: &Path, expected: &'static str, most: u64) -> Result<Vec<u8>, FilesError> {
    let (file, size) = open(path, expected)?;
    if size > most {
        let found = format!("{size} bytes, above {most}");
        return refuse(path, expected, &found, "check that it is the right file");
    }
    let mut bytes = Vec::new();
    TextFile { file, left: Some(size) }
        .read_to_end(&mut bytes)
        .map_err(FilesError::io(path, "reading"))?;
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
        let expected = format!("{expected}; check the path");
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

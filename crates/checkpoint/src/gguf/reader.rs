//! The numbers and texts of a GGUF header, one after the other, never past the end of the file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use files::{FilesError, Lookalike, one_line};
use serde_json::Value;

use super::MAGIC;
use crate::error::CheckpointError;

/// What is expected of the file.
const EXPECTED: &str = "a GGUF file";
/// The longest text: a template or a whole list of merges in one is far below.
const LONGEST_TEXT: u64 = 4 << 20;
/// The most values in all lists together: a vocabulary of 256,000 tokens takes about a million.
const MOST_VALUES: u64 = 8_000_000;
/// The most bytes of metadata: that of a vocabulary of 256,000 tokens takes about 12 MB.
const MOST_BYTES: u64 = 256 << 20;
/// The type of a list.
const LIST: u32 = 9;

/// A header on its way through the reader.
pub(super) struct Reader<'a> {
    path: &'a Path,
    file: BufReader<File>,
    position: u64,
    size: u64,
    /// Values of lists that were read so far.
    values: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, FilesError> {
        let (file, size) = files::open(path, EXPECTED)?;
        let mut file = BufReader::new(file);
        let beginning = file.fill_buf().map_err(FilesError::io(path, "reading"))?;
        if !beginning.starts_with(&MAGIC)
            && let Some(Lookalike { found, remedy }) = files::lookalike(beginning)
        {
            let (path, found) = (path.into(), found.into());
            return Err(FilesError::NotThat { path, expected: EXPECTED, found, remedy });
        }
        Ok(Self { path, file, position: 0, size, values: 0 })
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn into_file(self) -> File {
        self.file.into_inner()
    }

    pub(super) fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], CheckpointError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self, what: &str) -> Result<u32, CheckpointError> {
        Ok(u32::from_le_bytes(self.bytes(what)?))
    }

    pub(super) fn u64(&mut self, what: &str) -> Result<u64, CheckpointError> {
        Ok(u64::from_le_bytes(self.bytes(what)?))
    }

    /// A count of `what`, at most `most`.
    pub(super) fn count(&mut self, what: &str, most: u64) -> Result<u64, CheckpointError> {
        let count = self.u64(what)?;
        if count > most {
            return self.refuse(&format!("expected at most {most} {what}, found {count}"));
        }
        Ok(count)
    }

    /// A text: its length, then its bytes in UTF-8.
    pub(super) fn text(&mut self, what: &str) -> Result<String, CheckpointError> {
        let length = self.u64(what)?;
        let left = self.size - self.position;
        if length > LONGEST_TEXT.min(left) {
            let problem = format!(
                "expected {what} of at most {} bytes, found {length}",
                LONGEST_TEXT.min(left)
            );
            return self.refuse(&problem);
        }
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes, what)?;
        String::from_utf8(bytes).or_else(|error| {
            let at = error.utf8_error().valid_up_to();
            self.refuse(&format!("expected {what} in UTF-8, found another byte at position {at}"))
        })
    }

    /// The value of `key`: its type, then itself.
    pub(super) fn value(&mut self, key: &str) -> Result<Value, CheckpointError> {
        let kind = self.u32(key)?;
        if kind != LIST {
            return self.value_of(kind, key);
        }
        let kind = self.u32(key)?;
        let count = self.u64(key)?;
        let room = MOST_VALUES - self.values;
        let left = (self.size - self.position) / least_bytes(kind);
        if count > room.min(left) {
            let most = room.min(left);
            return self
                .refuse(&format!("expected at most {most} values at {key:?}, found {count}"));
        }
        self.values += count;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.value_of(kind, key)?);
        }
        Ok(Value::Array(values))
    }

    fn value_of(&mut self, kind: u32, key: &str) -> Result<Value, CheckpointError> {
        Ok(match kind {
            0 => u8::from_le_bytes(self.bytes(key)?).into(),
            1 => i8::from_le_bytes(self.bytes(key)?).into(),
            2 => u16::from_le_bytes(self.bytes(key)?).into(),
            3 => i16::from_le_bytes(self.bytes(key)?).into(),
            4 => self.u32(key)?.into(),
            5 => i32::from_le_bytes(self.bytes(key)?).into(),
            6 => {
                let number = f32::from_le_bytes(self.bytes(key)?);
                self.float(number.into(), key)?
            }
            7 => self.flag(key)?,
            8 => self.text(key)?.into(),
            10 => self.u64(key)?.into(),
            11 => i64::from_le_bytes(self.bytes(key)?).into(),
            12 => {
                let number = f64::from_le_bytes(self.bytes(key)?);
                self.float(number, key)?
            }
            LIST => {
                return self.refuse(&format!("expected no list of lists, found one at {key:?}"));
            }
            _ => {
                return self
                    .refuse(&format!("expected a type of 0 to 12 at {key:?}, found {kind}"));
            }
        })
    }

    fn flag(&mut self, key: &str) -> Result<Value, CheckpointError> {
        match self.bytes::<1>(key)? {
            [0] => Ok(false.into()),
            [1] => Ok(true.into()),
            [other] => self.refuse(&format!("expected 0 or 1 at {key:?}, found {other}")),
        }
    }

    fn float(&self, number: f64, key: &str) -> Result<Value, CheckpointError> {
        if number.is_finite() {
            return Ok(number.into());
        }
        self.refuse(&format!("expected a finite number at {key:?}, found {number}"))
    }

    /// Fills `bytes` from the file.
    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), CheckpointError> {
        let end = self.position + bytes.len() as u64;
        if end > self.size {
            let what = one_line(what);
            return self.refuse(&format!("expected {what}, found the end of the file"));
        }
        if end > MOST_BYTES {
            return self
                .refuse(&format!("expected at most {MOST_BYTES} bytes before the tensors' data"));
        }
        self.file.read_exact(bytes).map_err(FilesError::io(self.path, "reading"))?;
        self.position = end;
        Ok(())
    }

    pub(super) fn refuse<T>(&self, problem: &str) -> Result<T, CheckpointError> {
        Err(CheckpointError::Gguf { path: self.path.into(), problem: problem.into() })
    }

    pub(super) fn refuse_tensor<T>(&self, name: &str, problem: &str) -> Result<T, CheckpointError> {
        self.refuse(&format!("tensor {name:?}: {problem}"))
    }
}

/// The fewest bytes that a value of this type takes.
fn least_bytes(kind: u32) -> u64 {
    match kind {
        2 | 3 => 2,
        4..=6 => 4,
        8 | 10..=12 => 8,
        _ => 1,
    }
}

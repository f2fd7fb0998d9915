//! Word vectors in word2vec's two formats (Mikolov et al. 2013, `word2vec.c`): what gensim reads
//! and writes too.
//!
//! Both open with a line `words d_model`. In the text format a line follows for each word: the
//! word, then its numbers, separated by spaces. In the binary format each word is followed by a
//! space and its numbers as 32-bit floats, little end first; line ends before a word are passed
//! over. Which of the two a file is in, its name says: `.bin` is binary, anything else is text.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use files::{FilesError, aside};

use crate::error::CheckpointError;

/// The longest line of a text file, in bytes: 65,536 numbers of 32 digits.
const LONGEST_LINE: u64 = 1 << 21;
/// The longest word of a binary file, in bytes. A longer one is what such a file looks like when it
/// is read at a wrong place.
const LONGEST_WORD: u64 = 1 << 12;
/// Bytes of a number in the binary format.
const NUMBER: usize = size_of::<f32>();

/// Words, and a vector each.
#[derive(Debug, Clone, PartialEq)]
pub struct WordVectors {
    /// In the order of the file; in most files the most frequent word comes first.
    pub words: Vec<String>,
    /// The width of a vector.
    pub d_model: usize,
    /// `[words, d_model]`, row by row.
    pub values: Vec<f32>,
}

impl WordVectors {
    /// Reads a file of word vectors.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, holds fewer or more rows than it says, a row of another width, a
    /// word twice, a word that is not UTF-8, or a number that is not finite. The line or the byte
    /// offset is named.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let (file, size) = files::open(path, "a file of word vectors")?;
        let mut rows = Rows {
            path,
            binary: is_binary(path),
            reader: BufReader::new(file),
            line: 0,
            offset: 0,
            row: 0,
        };
        let (count, d_model) = rows.header(size)?;
        let mut vectors =
            Self { words: Vec::new(), d_model, values: Vec::with_capacity(count * d_model) };
        let mut seen = HashSet::new();
        for _ in 0..count {
            let before = vectors.values.len();
            let word = rows.next(d_model, &mut vectors.values)?;
            let numbers = &vectors.values[before..];
            if numbers.len() != d_model {
                return Err(rows.refuse(format!(
                    "expected {d_model} numbers after {word:?}, found {}",
                    numbers.len()
                )));
            }
            if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
                return Err(
                    rows.refuse(format!("expected finite numbers after {word:?}, found {number}"))
                );
            }
            if !seen.insert(word.clone()) {
                return Err(rows.refuse(format!("expected each word once, found {word:?} again")));
            }
            vectors.words.push(word);
        }
        rows.end(count)?;
        Ok(vectors)
    }

    /// Writes a file of word vectors, aside and renamed, so that a kill leaves the old file or the
    /// new one.
    ///
    /// # Errors
    ///
    /// A word that the format cannot hold (empty, or with white space in it), or a file that cannot
    /// be written.
    ///
    /// # Panics
    ///
    /// If there are not `d_model` values a word.
    pub fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        assert_eq!(self.values.len(), self.words.len() * self.d_model, "expected a vector a word");
        if let Some(word) =
            self.words.iter().find(|word| word.is_empty() || word.contains(char::is_whitespace))
        {
            let problem = format!("expected words without white space, found {word:?}");
            return Err(CheckpointError::Vectors {
                path: path.into(),
                place: "a word".into(),
                problem,
            });
        }
        aside(path, |part| {
            let written = File::create(part).and_then(|file| self.write_to(file, is_binary(path)));
            written.map_err(|error| FilesError::io(path, "writing")(error).into())
        })
    }

    fn write_to(&self, file: File, binary: bool) -> io::Result<()> {
        let mut out = BufWriter::new(file);
        writeln!(out, "{} {}", self.words.len(), self.d_model)?;
        for (word, row) in self.words.iter().zip(self.values.chunks_exact(self.d_model)) {
            write!(out, "{word}")?;
            if binary {
                write!(out, " ")?;
                row.iter().try_for_each(|number| out.write_all(&number.to_le_bytes()))?;
            } else {
                row.iter().try_for_each(|number| write!(out, " {number}"))?;
            }
            writeln!(out)?;
        }
        out.flush()
    }
}

fn is_binary(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "bin")
}

/// A file on its way through the reader.
struct Rows<'a> {
    path: &'a Path,
    binary: bool,
    reader: BufReader<File>,
    /// Lines read of a text file.
    line: u64,
    /// Number of bytes read so far.
    offset: u64,
    /// Where the row that is being read begins.
    row: u64,
}

impl Rows<'_> {
    /// How many words of what width the file says it has, checked against its size before anything
    /// is kept for them.
    fn header(&mut self, size: u64) -> Result<(usize, usize), CheckpointError> {
        let line = self.until(b'\n', LONGEST_WORD)?;
        self.line = 1;
        let numbers: Option<Vec<usize>> = String::from_utf8_lossy(&line)
            .split_whitespace()
            .map(|number| number.parse().ok())
            .collect();
        let Some(&[words, d_model]) = numbers.as_deref() else {
            let found = String::from_utf8_lossy(&line).chars().take(60).collect::<String>();
            return Err(
                self.refuse(format!("expected a first line `words d_model`, found {found:?}"))
            );
        };
        // The shortest row: a word of one letter, each number a space and a digit or four bytes.
        let row = if self.binary { d_model.checked_mul(NUMBER) } else { d_model.checked_mul(2) };
        let least = row.and_then(|row| (row + 1).checked_mul(words)).map(|least| least as u64);
        if words == 0 || d_model == 0 || least.is_none_or(|least| least > size) {
            return Err(self.refuse(format!(
                "expected {words} vectors of {d_model} numbers, found {size} bytes in all"
            )));
        }
        Ok((words, d_model))
    }

    /// The next word; its numbers go to the end of `values`.
    fn next(&mut self, d_model: usize, values: &mut Vec<f32>) -> Result<String, CheckpointError> {
        self.row = self.offset;
        self.line += 1;
        if self.binary { self.next_binary(d_model, values) } else { self.next_text(values) }
    }

    fn next_text(&mut self, values: &mut Vec<f32>) -> Result<String, CheckpointError> {
        let line = self.until(b'\n', LONGEST_LINE)?;
        let text = std::str::from_utf8(&line)
            .map_err(|error| self.not_utf8(&line, error.valid_up_to()))?;
        let mut fields = text.trim_end().split(' ');
        let word = fields.next().filter(|word| !word.is_empty());
        let word = word
            .ok_or_else(|| self.refuse("expected a word and its numbers, found nothing".into()))?;
        for field in fields {
            let number = field.parse();
            values.push(number.map_err(|_| {
                self.refuse(format!("expected a number after {word:?}, found {field:?}"))
            })?);
        }
        Ok(word.into())
    }

    fn next_binary(
        &mut self,
        d_model: usize,
        values: &mut Vec<f32>,
    ) -> Result<String, CheckpointError> {
        let bytes = self.until(b' ', LONGEST_WORD)?;
        let bytes = bytes.trim_ascii();
        let word = std::str::from_utf8(bytes)
            .map_err(|error| self.not_utf8(bytes, error.valid_up_to()))?;
        if word.is_empty() || word.contains(char::is_control) {
            return Err(self.refuse(format!("expected a word and its numbers, found {word:?}")));
        }
        let mut numbers = vec![0; d_model * NUMBER];
        let read = self.reader.read_exact(&mut numbers);
        read.map_err(|error| self.cut_off(error, format!("{d_model} numbers after {word:?}")))?;
        self.offset += numbers.len() as u64;
        values.extend(
            numbers.as_chunks::<NUMBER>().0.iter().map(|&number| f32::from_le_bytes(number)),
        );
        Ok(word.into())
    }

    /// The bytes to the next `end`, which is read too.
    fn until(&mut self, end: u8, most: u64) -> Result<Vec<u8>, CheckpointError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(most).read_until(end, &mut bytes);
        read.map_err(FilesError::io(self.path, "reading"))?;
        self.offset += bytes.len() as u64;
        if bytes.len() as u64 == most {
            return Err(
                self.refuse(format!("expected a word, found {most} bytes without an end to it"))
            );
        }
        Ok(bytes)
    }

    /// Nothing may follow the last row.
    fn end(&mut self, words: usize) -> Result<(), CheckpointError> {
        (self.row, self.line) = (self.offset, self.line + 1);
        let mut rest = Vec::new();
        self.reader
            .by_ref()
            .take(LONGEST_WORD)
            .read_to_end(&mut rest)
            .map_err(FilesError::io(self.path, "reading"))?;
        if rest.trim_ascii().is_empty() {
            return Ok(());
        }
        Err(self.refuse(format!("expected the end of the file after {words} words, found more")))
    }

    fn cut_off(&self, error: io::Error, expected: String) -> CheckpointError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.refuse(format!("expected {expected}, found the end of the file"))
            }
            _ => FilesError::io(self.path, "reading")(error).into(),
        }
    }

    fn not_utf8(&self, bytes: &[u8], at: usize) -> CheckpointError {
        self.refuse(format!(
            "expected a word in UTF-8, found byte 0x{:02x} as byte {} of it",
            bytes[at],
            at + 1
        ))
    }

    /// The error for the row that is being read.
    fn refuse(&self, problem: String) -> CheckpointError {
        let place = if self.binary {
            format!("byte offset {}", self.row)
        } else {
            format!("line {}", self.line.max(1))
        };
        CheckpointError::Vectors { path: self.path.into(), place, problem }
    }
}

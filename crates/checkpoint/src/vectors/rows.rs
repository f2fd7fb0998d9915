//! A file of word vectors, row by row.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use files::{FilesError, Lookalike, PICKLE, one_line};

use crate::error::CheckpointError;

/// The longest word, in bytes, written or read: more than a corpus hands on at once (65,536), in
/// small letters, which may be half as long again. A longer one is what a binary file looks like
/// when it is read at a wrong place.
pub(super) const LONGEST_WORD: usize = 1 << 17;
/// The longest number of a text file, in bytes; those that are written take up to 57.
const LONGEST_NUMBER: usize = 64;
/// The longest first line of a text file, in bytes: a word and 32,768 numbers.
const LONGEST_LINE: usize = LONGEST_WORD + (LONGEST_NUMBER << 15);
/// The first bytes of fastText's own models, which hold more than vectors (`FastText.h`:
/// `FASTTEXT_FILEFORMAT_MAGIC_INT32`).
const FASTTEXT: [u8; 4] = 793_712_314_i32.to_le_bytes();
/// What is expected of the file.
const EXPECTED: &str = "a file of word vectors";
/// The fewest numbers by whose sizes the order of their bytes is told: one could be any.
const FEWEST: usize = 8;
/// Bytes of a number in the binary format.
const NUMBER: usize = size_of::<f32>();

/// A file on its way through the reader.
pub(super) struct Rows<'a> {
    path: &'a Path,
    binary: bool,
    reader: BufReader<File>,
    /// Lines read of a text file.
    line: u64,
    /// Number of bytes read so far.
    offset: u64,
    /// Where the row that is being read begins.
    row: u64,
    /// The first word with a blank in it.
    spaced: Option<String>,
}

impl<'a> Rows<'a> {
    /// Opens the file at `path`, and says its size; what gives itself away as another file is
    /// refused.
    pub(super) fn open(path: &'a Path, binary: bool) -> Result<(Self, u64), FilesError> {
        let (file, size) = files::open(path, EXPECTED)?;
        let mut reader = BufReader::new(file);
        refuse_lookalikes(path, &mut reader)?;
        Ok((Self { path, binary, reader, line: 0, offset: 0, row: 0, spaced: None }, size))
    }

    /// The first line, without a byte order mark.
    pub(super) fn first_line(&mut self) -> Result<Vec<u8>, CheckpointError> {
        let line = self.until(b'\n', LONGEST_LINE)?;
        self.line = 1;
        Ok(line.strip_prefix("\u{feff}".as_bytes()).map(<[u8]>::to_vec).unwrap_or(line))
    }

    /// How many words of what width the first line says there are, checked against the size of the
    /// file before anything is kept for them; nothing if it is a row itself.
    pub(super) fn header(
        &self,
        line: &[u8],
        size: u64,
    ) -> Result<Option<(usize, usize)>, CheckpointError> {
        let text = String::from_utf8_lossy(line);
        let fields: Vec<&str> = text.split_whitespace().collect();
        let numbers: Option<Vec<usize>> = fields.iter().map(|number| number.parse().ok()).collect();
        let Some(&[words, d_model]) = numbers.as_deref() else {
            // A word and one number is a list of frequencies rather than of vectors.
            if !self.binary && fields.len() > 2 {
                return Ok(None);
            }
            let found = text.trim_end().chars().take(60).collect::<String>();
            return Err(self.refuse(format!(
                "expected a first line `words d_model`, or in a text without it a word and its \
                 numbers, found {found:?}"
            )));
        };
        // The shortest row: a word of one letter, each number a space and a digit or four bytes.
        let row = if self.binary { d_model.checked_mul(NUMBER) } else { d_model.checked_mul(2) };
        let least = row.and_then(|row| (row + 1).checked_mul(words)).map(|least| least as u64);
        if words == 0 || d_model == 0 || least.is_none_or(|least| least > size) {
            return Err(self.refuse(format!(
                "expected {words} vectors of {d_model} numbers, found {size} bytes in all"
            )));
        }
        Ok(Some((words, d_model)))
    }

    /// The width of a file without a header: the numbers that its first row ends with, but the
    /// first of a row of numbers is its word.
    pub(super) fn width(&self, line: &[u8]) -> Result<usize, CheckpointError> {
        let text = self.utf_8(line)?;
        let fields: Vec<&str> = text.trim_end().split(' ').collect();
        let numbers = fields.iter().rev().take_while(|field| is_number(field)).count();
        match numbers.min(fields.len() - 1) {
            0 => {
                let found = one_line(text.trim_end());
                Err(self.refuse(format!(
                    "expected a first line `words d_model`, or a word and its numbers, found \
                     \"{found}\""
                )))
            }
            width => Ok(width),
        }
    }

    /// The next word, if one of `count` is expected or stands there; its numbers go to the end of
    /// `values`.
    pub(super) fn next(
        &mut self,
        d_model: usize,
        count: Option<usize>,
        values: &mut Vec<f32>,
    ) -> Result<Option<String>, CheckpointError> {
        self.row = self.offset;
        self.line += 1;
        if self.binary {
            return self.next_binary(d_model, values).map(Some);
        }
        let longest = LONGEST_LINE.max(LONGEST_WORD + d_model.saturating_mul(LONGEST_NUMBER));
        let line = self.until(b'\n', longest)?;
        if count.is_none() && line.trim_ascii().is_empty() {
            return Ok(None);
        }
        self.row_of(&line, d_model, values).map(Some)
    }

    /// The word of a row of text; its numbers go to the end of `values`.
    pub(super) fn row_of(
        &mut self,
        line: &[u8],
        d_model: usize,
        values: &mut Vec<f32>,
    ) -> Result<String, CheckpointError> {
        let text = self.utf_8(line)?;
        let fields: Vec<&str> = text.trim_end().split(' ').collect();
        if fields[0].is_empty() {
            return Err(self.refuse("expected a word and its numbers, found nothing".into()));
        }
        // A word may hold blanks, but nothing behind one that is empty or a number: such a row is
        // too long.
        let blanks = fields.len().saturating_sub(d_model + 1);
        let is_too_long =
            fields[1..][..blanks].iter().any(|field| field.is_empty() || is_number(field));
        let words = if is_too_long { 0 } else { blanks };
        let word = fields[..=words].join(" ");
        let numbers = &fields[words + 1..];
        if numbers.len() != d_model {
            let (word, found) = (one_line(&word), numbers.len());
            let found = match numbers.contains(&"") {
                true => "two blanks in a row".to_string(),
                false => found.to_string(),
            };
            return Err(
                self.refuse(format!("expected {d_model} numbers after \"{word}\", found {found}"))
            );
        }
        for field in numbers {
            let number = field.parse();
            values.push(number.map_err(|_| {
                let (word, field) = (one_line(&word), one_line(field));
                self.refuse(format!("expected a number after \"{word}\", found \"{field}\""))
            })?);
        }
        if words > 0 && self.spaced.is_none() {
            self.spaced = Some(word.clone());
        }
        Ok(word)
    }

    fn next_binary(
        &mut self,
        d_model: usize,
        values: &mut Vec<f32>,
    ) -> Result<String, CheckpointError> {
        let bytes = self.until(b' ', LONGEST_WORD)?;
        let bytes = bytes.trim_ascii();
        let word = self.utf_8(bytes)?;
        if word.is_empty() || word.contains(char::is_control) {
            let word = one_line(word);
            return Err(self.refuse(format!("expected a word and its numbers, found \"{word}\"")));
        }
        let mut numbers = vec![0; d_model * NUMBER];
        let read = self.reader.read_exact(&mut numbers);
        read.map_err(|error| {
            let word = one_line(word);
            self.cut_off(error, format!("{d_model} numbers after \"{word}\""))
        })?;
        self.offset += numbers.len() as u64;
        if values.is_empty()
            && let Some(found) = other_numbers(&numbers)
        {
            let word = one_line(word);
            return Err(self.refuse(format!(
                "expected 32-bit floats, little end first, after \"{word}\", found {found}"
            )));
        }
        values.extend(
            numbers.as_chunks::<NUMBER>().0.iter().map(|&number| f32::from_le_bytes(number)),
        );
        Ok(word.into())
    }

    /// The bytes to the next `end`, which is read too.
    fn until(&mut self, end: u8, most: usize) -> Result<Vec<u8>, CheckpointError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(most as u64).read_until(end, &mut bytes);
        read.map_err(FilesError::io(self.path, "reading"))?;
        self.offset += bytes.len() as u64;
        if bytes.len() == most && !bytes.ends_with(&[end]) {
            return Err(
                self.refuse(format!("expected a word, found {most} bytes without an end to it"))
            );
        }
        Ok(bytes)
    }

    /// Nothing may follow the last row.
    pub(super) fn end(&mut self, words: usize) -> Result<(), CheckpointError> {
        (self.row, self.line) = (self.offset, self.line + 1);
        let mut rest = Vec::new();
        self.reader
            .by_ref()
            .take(LONGEST_WORD as u64)
            .read_to_end(&mut rest)
            .map_err(FilesError::io(self.path, "reading"))?;
        if rest.trim_ascii().is_empty() {
            return Ok(());
        }
        Err(self.refuse(format!("expected the end of the file after {words} words, found more")))
    }

    /// What a reader of the file should know about how it was read.
    pub(super) fn note(&self, no_header: bool, d_model: usize) -> Option<String> {
        let mut notes = Vec::new();
        if no_header {
            notes.push(format!(
                "no first line `words d_model`; read as GloVe writes, {d_model} numbers a word"
            ));
        }
        if let Some(word) = &self.spaced {
            notes.push(format!("some words hold blanks, the first \"{}\"", one_line(word)));
        }
        (!notes.is_empty()).then(|| format!("{}: {}", self.path.display(), notes.join("; ")))
    }

    fn cut_off(&self, error: io::Error, expected: String) -> CheckpointError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.refuse(format!("expected {expected}, found the end of the file"))
            }
            _ => FilesError::io(self.path, "reading")(error).into(),
        }
    }

    /// The text of a word or a line.
    fn utf_8<'b>(&self, bytes: &'b [u8]) -> Result<&'b str, CheckpointError> {
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            self.refuse(format!(
                "expected a word in UTF-8, found byte 0x{:02x} as byte {} of it",
                bytes[at],
                at + 1
            ))
        })
    }

    /// The error for the row that is being read.
    pub(super) fn refuse(&self, problem: String) -> CheckpointError {
        let place = if self.binary {
            format!("byte offset {}", self.row)
        } else {
            format!("line {}", self.line.max(1))
        };
        CheckpointError::Vectors { path: self.path.into(), place, problem }
    }
}

fn is_number(field: &str) -> bool {
    field.parse::<f32>().is_ok()
}

/// What the first row's numbers are, where they are no floats with the little end first.
fn other_numbers(bytes: &[u8]) -> Option<&'static str> {
    if bytes.iter().all(|byte| b"0123456789.+-eE \r\n".contains(byte)) {
        return Some("numbers in text");
    }
    let floats: Vec<[u8; NUMBER]> =
        bytes.as_chunks().0.iter().copied().filter(|float| *float != [0; NUMBER]).collect();
    let is_right = floats.iter().all(|&float| is_usual(f32::from_le_bytes(float)));
    let is_swapped = floats.iter().all(|&float| is_usual(f32::from_be_bytes(float)));
    (floats.len() >= FEWEST && is_swapped && !is_right).then_some("floats with the big end first")
}

/// Whether a vector's number is of a size that trained vectors have.
fn is_usual(number: f32) -> bool {
    (1e-6..1e4).contains(&number.abs())
}

/// Refuses what gives itself away as another file than one of word vectors.
fn refuse_lookalikes(path: &Path, reader: &mut BufReader<File>) -> Result<(), FilesError> {
    let beginning = reader.fill_buf().map_err(FilesError::io(path, "reading"))?;
    let (found, remedy) = match files::lookalike(beginning) {
        Some(PICKLE) => (
            PICKLE.found,
            "in Python: `gensim.models.KeyedVectors.load(PATH).save_word2vec_format(\"v.bin\", \
             binary=True)`",
        ),
        Some(Lookalike { found, remedy }) => (found, remedy),
        None if beginning.starts_with(&FASTTEXT) => {
            ("a fastText model", "take the `.vec` file that fastText writes beside it")
        }
        None => return Ok(()),
    };
    Err(FilesError::NotThat { path: path.into(), expected: EXPECTED, found: found.into(), remedy })
}

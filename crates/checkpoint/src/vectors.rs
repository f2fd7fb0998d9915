//! Word vectors in word2vec's two formats (Mikolov et al. 2013, `word2vec.c`): what gensim reads
//! and writes too.
//!
//! Both open with a line `words d_model`. In the text format a line follows for each word: the
//! word, then its numbers, separated by spaces. In the binary format each word is followed by a
//! space and its numbers as 32-bit floats, little end first; line ends before a word are passed
//! over. Which of the two a file is in, its name says: `.bin` is binary, anything else is text.
//!
//! A text without the first line, as GloVe writes it (Pennington et al. 2014), is read too, as
//! gensim 4.4 does with `no_header=True`: its first row has the width. In GloVe's largest table some
//! words hold blanks (`. . .`), which gensim refuses; here a row's numbers are its last.

mod rows;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use files::{FilesError, aside, one_line};

use crate::error::CheckpointError;
use rows::{LONGEST_WORD, Rows};

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
        Ok(Self::read_noted(path)?.0)
    }

    /// Reads a file of word vectors, and says what about it its reader should know: that it has no
    /// first line, or words with blanks.
    ///
    /// # Errors
    ///
    /// As [`WordVectors::read`].
    pub fn read_noted(path: &Path) -> Result<(Self, Option<String>), CheckpointError> {
        Self::read_first(path, usize::MAX)
    }

    /// Reads the first `most` words of a file of word vectors, one at least, and what its reader
    /// should know about it. What follows them is not looked at.
    ///
    /// # Errors
    ///
    /// As [`WordVectors::read`].
    pub fn read_first(path: &Path, most: usize) -> Result<(Self, Option<String>), CheckpointError> {
        let (mut rows, size) = Rows::open(path, is_binary(path))?;
        let mut vectors = Self { words: Vec::new(), d_model: 0, values: Vec::new() };
        let first_line = rows.first_line()?;
        let count = match rows.header(&first_line, size)? {
            Some((count, d_model)) => {
                vectors.d_model = d_model;
                vectors.values.reserve_exact(count.min(most) * d_model);
                Some(count)
            }
            None => {
                vectors.d_model = rows.width(&first_line)?;
                let word = rows.row_of(&first_line, vectors.d_model, &mut vectors.values)?;
                vectors.push(word, &mut HashSet::new(), &rows)?;
                None
            }
        };
        let mut seen = HashSet::from_iter(vectors.words.iter().cloned());
        while vectors.words.len() < count.unwrap_or(usize::MAX).min(most) {
            let Some(word) = rows.next(vectors.d_model, count, &mut vectors.values)? else { break };
            vectors.push(word, &mut seen, &rows)?;
        }
        if vectors.words.len() < most {
            rows.end(vectors.words.len())?;
        }
        let note = rows.note(count.is_none(), vectors.d_model);
        Ok((vectors, note))
    }

    /// Keeps `word`, whose numbers are the last of the values, if it is new and they are finite.
    fn push(
        &mut self,
        word: String,
        seen: &mut HashSet<String>,
        rows: &Rows<'_>,
    ) -> Result<(), CheckpointError> {
        let numbers = &self.values[self.words.len() * self.d_model..];
        if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
            let word = one_line(&word);
            return Err(
                rows.refuse(format!("expected finite numbers after \"{word}\", found {number}"))
            );
        }
        if !seen.insert(word.clone()) {
            let word = one_line(&word);
            return Err(rows.refuse(format!("expected each word once, found \"{word}\" again")));
        }
        self.words.push(word);
        Ok(())
    }

    /// Writes a file of word vectors, aside and renamed, so that a kill leaves the old file or the
    /// new one.
    ///
    /// # Errors
    ///
    /// What could not be read again: no word, a word that the format cannot hold (empty, of 131,072
    /// bytes or more, with white space or a control character in it), a word twice, or a number that
    /// is not finite; or a file that cannot be written.
    ///
    /// # Panics
    ///
    /// If there are not `d_model` values a word.
    pub fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        assert_eq!(self.values.len(), self.words.len() * self.d_model, "expected a vector a word");
        if let Err((place, problem)) = self.check() {
            return Err(CheckpointError::Vectors { path: path.into(), place, problem });
        }
        aside(path, |part| {
            let written = File::create(part).and_then(|file| self.write_to(file, is_binary(path)));
            written.map_err(|error| FilesError::io(path, "writing")(error).into())
        })
    }

    /// What stands in the way of reading these vectors again once they are written: where, and what.
    fn check(&self) -> Result<(), (String, String)> {
        if self.values.is_empty() {
            let problem = "expected a word and a number or more, found none".into();
            return Err(("the vectors".into(), problem));
        }
        let mut seen = HashSet::new();
        for (i, word) in self.words.iter().enumerate() {
            let shown = one_line(word);
            let place = || format!("word {}", i + 1);
            if word.is_empty() || word.contains(|c: char| c.is_whitespace() || c.is_control()) {
                let problem = format!(
                    "expected words without white space or control characters, found \"{shown}\""
                );
                return Err((place(), problem));
            }
            if word.len() >= LONGEST_WORD {
                let found = word.len();
                let problem =
                    format!("expected a word below {LONGEST_WORD} bytes, found {found}: {shown}");
                return Err((place(), problem));
            }
            if !seen.insert(word) {
                let problem = format!("expected each word once, found \"{shown}\" again");
                return Err((place(), problem));
            }
            let numbers = &self.values[i * self.d_model..][..self.d_model];
            if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
                let problem = format!(
                    "expected finite numbers for \"{shown}\", found {number}: the training \
                     diverged"
                );
                return Err((place(), problem));
            }
        }
        Ok(())
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

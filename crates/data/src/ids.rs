//! A corpus as numbers.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use tempfile::NamedTempFile;

use crate::{DataError, words};

/// Ends a sentence; no word has this number.
const END: u32 = u32::MAX;
/// Bytes of a number on disk.
const WIDTH: u64 = size_of::<u32>() as u64;

/// A corpus split into words once, each word as its number in a vocabulary, in a temporary file
/// that goes away with this value. Training reads it again in every epoch and in every thread, and
/// memory holds no more than a buffer of it.
#[derive(Debug)]
pub struct Ids {
    file: NamedTempFile,
    /// Number of ids and ends of sentences in the file.
    length: u64,
    /// Number of ids in the file.
    words: u64,
}

impl Ids {
    /// Splits passages into words and keeps those that `id` has a number for; the others are as if
    /// they did not stand there.
    ///
    /// # Errors
    ///
    /// What the passages end with, or a disk that is full.
    pub fn write(
        passages: impl Iterator<Item = Result<String, DataError>>,
        id: impl Fn(&str) -> Option<u32>,
    ) -> Result<Self, DataError> {
        let file = NamedTempFile::new().map_err(temporary)?;
        let mut writer = BufWriter::new(file.as_file());
        let (mut length, mut count) = (0, 0);
        for passage in passages {
            for word in words(&passage?) {
                if let Some(id) = id(&word) {
                    writer.write_all(&id.to_le_bytes()).map_err(temporary)?;
                    count += 1;
                    length += 1;
                }
            }
            writer.write_all(&END.to_le_bytes()).map_err(temporary)?;
            length += 1;
        }
        writer.flush().map_err(temporary)?;
        drop(writer);
        Ok(Self { file, length, words: count })
    }

    /// Number of words that it holds.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// The sentences of one of `parts` equal parts: every sentence is in exactly one.
    ///
    /// # Errors
    ///
    /// If the temporary file is gone.
    ///
    /// # Panics
    ///
    /// If there is no such part.
    pub fn part(&self, part: u64, parts: u64) -> Result<IdSentences, DataError> {
        assert!(part < parts, "expected a part below {parts}, found {part}");
        let (start, end) = (self.length * part / parts, self.length * (part + 1) / parts);
        let mut reader = BufReader::new(self.file.reopen().map_err(temporary)?);
        // One place before the first: the sentence that begins there, if one does, follows an end.
        let first = start.saturating_sub(1);
        reader.seek(SeekFrom::Start(first * WIDTH)).map_err(temporary)?;
        let mut sentences = IdSentences { reader, at: first, end };
        if start > 0 {
            sentences.next_into(&mut Vec::new())?;
        }
        Ok(sentences)
    }
}

/// Sentences of a part of [`Ids`].
#[derive(Debug)]
pub struct IdSentences {
    reader: BufReader<File>,
    at: u64,
    end: u64,
}

impl IdSentences {
    /// Puts the next sentence in place of what `ids` holds; `false` at the end of the part.
    ///
    /// # Errors
    ///
    /// If the temporary file is gone.
    pub fn next_into(&mut self, ids: &mut Vec<u32>) -> Result<bool, DataError> {
        ids.clear();
        if self.at >= self.end {
            return Ok(false);
        }
        loop {
            let mut bytes = [0; WIDTH as usize];
            self.reader.read_exact(&mut bytes).map_err(temporary)?;
            self.at += 1;
            match u32::from_le_bytes(bytes) {
                END => return Ok(true),
                id => ids.push(id),
            }
        }
    }
}

fn temporary(source: io::Error) -> DataError {
    DataError::Temporary { source }
}

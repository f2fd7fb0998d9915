//! Text by the passage, whatever it comes from.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use files::TextFile;
use unicode_segmentation::UnicodeSegmentation;

use crate::{DataError, World, docs};

/// The longest passage that is handed on whole, in bytes: several pages. A longer line is cut
/// between two words, so that a book without a line break is read in pieces too.
const LONGEST_PASSAGE: usize = 1 << 16;

/// What is expected of a file.
const EXPECTED: &str = "a text in UTF-8";
/// What some editors put before a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Sentences of the toy world unless told otherwise: some 300,000 words.
pub const TOY_SENTENCES: usize = 40_000;

/// Where text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Corpus {
    /// Sentences of the small world, [`World::sentences`] and [`World::habits`] in turn.
    Toy {
        /// The same seed says the same.
        seed: u64,
        /// Number of sentences.
        sentences: usize,
    },
    /// The documentation comments and READMEs of this workspace's own dependencies, in the order
    /// and versions of a committed list.
    Docs,
    /// Any text in UTF-8.
    File(PathBuf),
}

/// Passages of a text, read as they are asked for; none is blank. After an error it ends.
pub type Passages = Box<dyn Iterator<Item = Result<String, DataError>>>;

impl Corpus {
    /// `toy` (of [`TOY_SENTENCES`]), `docs` or the path of a file; a file of such a name is reached
    /// as `./toy`.
    pub fn named(name: &str, seed: u64) -> Self {
        match name {
            "toy" => Corpus::Toy { seed, sentences: TOY_SENTENCES },
            "docs" => Corpus::Docs,
            path => Corpus::File(path.into()),
        }
    }

    /// Its text from the beginning: a sentence, a paragraph or a line at a time, without line
    /// breaks.
    ///
    /// # Errors
    ///
    /// Here or while it is read: a file that is missing, holds no word, or is no UTF-8 text;
    /// sources of a dependency that are missing or not the ones of the list.
    pub fn passages(&self) -> Result<Passages, DataError> {
        match self {
            Corpus::Toy { seed, sentences } => {
                let pairs =
                    World::sentences(*seed).zip(World::habits(*seed)).flat_map(<[_; 2]>::from);
                Ok(Box::new(pairs.take(*sentences).map(|sentence| Ok(sentence.to_string()))))
            }
            Corpus::Docs => Ok(Box::new(docs::passages()?)),
            Corpus::File(path) => Ok(Box::new(FilePassages::open(path)?)),
        }
    }
}

impl Corpus {
    /// The whole text: a file as it stands past a byte order mark, of any other corpus its
    /// passages, each on a line of its own.
    ///
    /// # Errors
    ///
    /// As [`Corpus::passages`].
    pub fn text(&self) -> Result<String, DataError> {
        let Corpus::File(path) = self else {
            let mut text = String::new();
            for passage in self.passages()? {
                text.push_str(&passage?);
                text.push('\n');
            }
            return Ok(text);
        };
        let mut bytes = Vec::new();
        files::text(path, EXPECTED)?
            .read_to_end(&mut bytes)
            .map_err(files::FilesError::io(path, "reading"))?;
        check_text(path, &bytes, 0)?;
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        match String::from_utf8(bytes) {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => Err(DataError::NoText { path: path.clone(), bytes: 0 }),
        }
    }
}

/// The bytes of a file from byte `start` on as text: UTF-8 without a zero, which no text holds.
fn check_text<'a>(path: &Path, bytes: &'a [u8], start: u64) -> Result<&'a str, DataError> {
    let (text, invalid) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, text.find('\0')),
        Err(error) => ("", Some(error.valid_up_to())),
    };
    match invalid {
        None => Ok(text),
        Some(at) => Err(DataError::NotText {
            path: path.into(),
            offset: start + at as u64,
            byte: bytes[at],
        }),
    }
}

/// The words of a text in small letters: letters, digits and what joins them (`don't`,
/// `from_utf8`), no punctuation; boundaries as Unicode sets them (Unicode Standard Annex 29,
/// section 4).
///
/// Words joined by spaces and split again are the same words.
pub fn words(text: &str) -> Vec<String> {
    // a lone accent brings the blank before it
    text.unicode_words().map(|word| word.trim().to_lowercase()).collect()
}

/// A file by the line, a long line by the piece.
struct FilePassages {
    path: PathBuf,
    reader: BufReader<TextFile>,
    /// Read and not handed on: what follows the cut of a long line.
    rest: Vec<u8>,
    /// Number of bytes handed on so far.
    offset: u64,
    any_passage: bool,
    ended: bool,
}

impl Iterator for FilePassages {
    type Item = Result<String, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let start = self.offset;
            let passage = self.piece().and_then(|piece| self.text(start, &piece));
            self.ended = passage.is_err() || self.offset == start;
            match passage {
                Ok(text) if text.is_empty() => continue,
                passage => {
                    self.any_passage = true;
                    return Some(passage);
                }
            }
        }
        if self.any_passage {
            return None;
        }
        self.any_passage = true;
        Some(Err(DataError::NoText { path: self.path.clone(), bytes: self.offset }))
    }
}

impl FilePassages {
    fn open(path: &Path) -> Result<Self, DataError> {
        let reader = files::text(path, EXPECTED)?;
        Ok(Self {
            path: path.into(),
            reader,
            rest: Vec::new(),
            offset: 0,
            any_passage: false,
            ended: false,
        })
    }

    /// The next line or piece of one, with its end; empty at the end of the file.
    fn piece(&mut self) -> Result<Vec<u8>, DataError> {
        let mut piece = std::mem::take(&mut self.rest);
        let most = (LONGEST_PASSAGE - piece.len()) as u64;
        self.reader.by_ref().take(most).read_until(b'\n', &mut piece).map_err(|source| {
            DataError::Stopped {
                path: self.path.clone(),
                offset: self.offset + piece.len() as u64,
                source,
            }
        })?;
        if piece.len() == LONGEST_PASSAGE && !piece.ends_with(b"\n") {
            self.rest = piece.split_off(cut(&piece));
        }
        self.offset += piece.len() as u64;
        Ok(piece)
    }

    /// A piece that starts at byte `start`, as text without blanks around it.
    fn text(&self, start: u64, piece: &[u8]) -> Result<String, DataError> {
        let text = check_text(&self.path, piece, start)?;
        let text = if start == 0 { text.trim_start_matches('\u{feff}') } else { text };
        Ok(text.trim().to_string())
    }
}

/// Where a piece of a line may end: after its last blank, or before its last character.
fn cut(piece: &[u8]) -> usize {
    if let Some(blank) = piece.iter().rposition(u8::is_ascii_whitespace) {
        return blank + 1;
    }
    match piece.iter().rposition(|byte| byte & 0b1100_0000 != 0b1000_0000) {
        Some(character) if character > 0 => character,
        _ => piece.len(),
    }
}

//! Texts that a command reads: from a file or from standard input, and perhaps only their
//! beginning.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::{Result, bail};
use sentences::SentenceEncoder;

/// Opens a file, or standard input for `-`.
pub fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    if path.is_dir() {
        bail!("{}: expected a text file, found a directory", path.display());
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => bail!("{}: expected a readable text file: {error}", path.display()),
    }
}

/// Returns what messages call a file.
pub fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}

/// Notes on standard error how many of these texts the encoder truncates, if any.
pub fn note_truncation(encoder: &SentenceEncoder, texts: &[&str]) -> Result<()> {
    let mut truncated = 0;
    for text in texts {
        truncated += usize::from(encoder.encode(text)?.truncated);
    }
    note_truncated(truncated, encoder.limit());
    Ok(())
}

/// Notes on standard error that this many texts were truncated, if any.
pub fn note_truncated(texts: usize, limit: usize) {
    if texts > 0 {
        let texts = if texts == 1 { "1 text was".into() } else { format!("{texts} texts were") };
        eprintln!("note: {texts} longer than {limit} tokens; only the beginning was read");
    }
}

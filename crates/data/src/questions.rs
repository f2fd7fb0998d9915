//! Analogies: "a is to b as c is to what?"

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::{DataError, lines};

/// Questions of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What they are about: `gram8-plural`.
    pub name: String,
    /// `[a, b, c, answer]`: a is to b as c is to the answer.
    pub questions: Vec<[String; 4]>,
}

/// Reads questions as the authors of word2vec wrote theirs (Mikolov et al. 2013,
/// `questions-words.txt`): `: name` opens a section, every other line has four words.
///
/// # Errors
///
/// A file that cannot be read, a line of another number of words, a question before the first
/// section, or no question.
pub fn questions(path: &Path) -> Result<Vec<Section>, DataError> {
    let file = File::open(path).map_err(|source| DataError::Open { path: path.into(), source })?;
    let mut sections: Vec<Section> = Vec::new();
    for (line, text) in (1..).zip(lines(BufReader::new(file))) {
        let text =
            text.map_err(|error| DataError::InFile { path: path.into(), error: Box::new(error) })?;
        let refuse =
            |expected, found| Err(DataError::Row { path: path.into(), line, expected, found });
        if let Some(name) = text.strip_prefix(':') {
            sections.push(Section { name: name.trim().into(), questions: Vec::new() });
            continue;
        }
        let words: Vec<String> = text.split_whitespace().map(String::from).collect();
        match (<[String; 4]>::try_from(words), sections.last_mut()) {
            (Err(words), _) if words.is_empty() => {}
            (Err(words), _) => {
                return refuse(
                    "four words, or `: name` of a section",
                    format!("{} words", words.len()),
                );
            }
            (Ok(_), None) => return refuse("`: name` of a section first", format!("{text:?}")),
            (Ok(question), Some(section)) => section.questions.push(question),
        }
    }
    if sections.iter().all(|section| section.questions.is_empty()) {
        let (expected, found) =
            ("`: name` of a section, then lines of four words", "no question".into());
        return Err(DataError::Row { path: path.into(), line: 1, expected, found });
    }
    Ok(sections)
}

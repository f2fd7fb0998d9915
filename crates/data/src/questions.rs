//! Analogies: "a is to b as c is to what?"

use std::path::Path;

use crate::{DataError, lines};

/// Questions of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Name of the section, what its questions are about: `gram8-plural`.
    pub name: String,
    /// Questions, each `[a, b, c, answer]`: a is to b as c is to the answer.
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
    let reader = files::text(path, "a file of analogy questions")?;
    let mut sections: Vec<Section> = Vec::new();
    let mut some_question = false;
    for (line, text) in (1..).zip(lines(reader)) {
        let text = text.map_err(|error| error.in_file(path))?;
        if let Some(name) = text.strip_prefix(':') {
            sections.push(Section { name: name.trim().into(), questions: Vec::new() });
            continue;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let (expected, found) = match (words[..].as_array::<4>(), sections.last_mut()) {
            (Some(question), Some(section)) => {
                section.questions.push(question.map(String::from));
                some_question = true;
                continue;
            }
            _ if words.is_empty() => continue,
            (Some(_), None) => ("`: name` of a section first", format!("{text:?}")),
            (None, _) => ("four words, or `: name` of a section", format!("{} words", words.len())),
        };
        return Err(DataError::Row { path: path.into(), line, expected, found });
    }
    if !some_question {
        let (expected, found) =
            ("`: name` of a section, then lines of four words", "no question".into());
        return Err(DataError::Row { path: path.into(), line: 1, expected, found });
    }
    Ok(sections)
}

//! Semantic textual similarity: sentence pairs rated by people (Cer et al. 2017, "SemEval-2017 Task
//! 1").

use std::path::Path;

use crate::DataError;

/// Columns of a table.
const COLUMNS: &str = "sentence1,sentence2,score";

/// Two sentences, and how alike people found them.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// First sentence of the pair.
    pub a: String,
    /// Second sentence of the pair.
    pub b: String,
    /// Score from 0 (unrelated) to 5 (the same) in STS-B; any scale will do for a correlation.
    pub score: f32,
}

/// Reads rows of `sentence1,sentence2,score`, quoted as CSV is; a first row that names these
/// columns is passed over.
///
/// # Errors
///
/// A file that cannot be read, a row of another number of columns, a score that is no finite
/// number, or no row.
pub fn sts(path: &Path) -> Result<Vec<Pair>, DataError> {
    let file = std::fs::File::open(path)
        .map_err(|source| DataError::Open { path: path.into(), source })?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let mut pairs = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| refused(path, &error))?;
        let line = record.position().map_or(row as u64 + 1, csv::Position::line);
        if record.len() != 3 {
            return Err(DataError::Row {
                path: path.into(),
                line,
                expected: COLUMNS,
                found: format!("{} columns", record.len()),
            });
        }
        if row == 0 && record[2].trim().eq_ignore_ascii_case("score") {
            continue;
        }
        match record[2].trim().parse::<f32>() {
            Ok(score) if score.is_finite() => {
                pairs.push(Pair { a: record[0].into(), b: record[1].into(), score });
            }
            _ => {
                return Err(DataError::Row {
                    path: path.into(),
                    line,
                    expected: "a number as the score",
                    found: format!("{:?}", &record[2]),
                });
            }
        }
    }
    if pairs.is_empty() {
        let found = "an empty table".into();
        return Err(DataError::Row { path: path.into(), line: 1, expected: COLUMNS, found });
    }
    Ok(pairs)
}

/// A failure of the CSV reader as an error of ours.
fn refused(path: &Path, error: &csv::Error) -> DataError {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Io(source) => DataError::Open {
            path: path.into(),
            source: std::io::Error::new(source.kind(), source.to_string()),
        },
        csv::ErrorKind::Utf8 { .. } => DataError::Row {
            path: path.into(),
            line,
            expected: "UTF-8",
            found: "other bytes".into(),
        },
        _ => DataError::Row {
            path: path.into(),
            line,
            expected: "a CSV row",
            found: error.to_string(),
        },
    }
}

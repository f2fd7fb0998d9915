//! Columns that do not hold what such columns hold are asked about.

use std::collections::HashSet;

use crate::DataError;
use crate::roles::{Kind, Role, is_number, is_one_word, plain};
use crate::rows::Row;
use crate::table::Table;

/// Each column holds what such a column holds.
pub(crate) fn check_columns(
    table: &Table,
    kind: &Kind,
    rows: &[Row],
    places: &[usize],
) -> Result<(), DataError> {
    for (role, &place) in kind.roles.iter().zip(places) {
        let mut cells = Vec::new();
        for row in rows {
            cells.extend(row.cells.get(place).map(String::as_str));
        }
        let Some(first) = cells.first().filter(|_| role.is_text()) else { continue };
        let found = if cells.iter().all(|cell| is_number(cell)) {
            "a number"
        } else if cells.len() > 1 && are_ids(&cells) {
            "an id"
        } else if kind.roles.contains(&Role::Other) && are_labels(&cells) {
            "one of a few words, as labels are,"
        } else {
            continue;
        };
        let column = place + 1;
        let problem = format!(
            "column {column}: expected texts, found {found} in every row (the first: {first:?})"
        );
        return Err(doubt(table, kind, problem));
    }
    if let ([Role::Text, Role::Label], &[text, label]) = (kind.roles, places) {
        let texts: Vec<&str> = rows.iter().map(|row| &row.cells[text][..]).collect();
        let labels: Vec<&str> = rows.iter().map(|row| &row.cells[label][..]).collect();
        if are_swapped(&texts, &labels) {
            let problem = format!(
                "columns {} and {}: expected texts and their labels, found them swapped: the first \
                 label is {:?}, of the text {:?}",
                text + 1,
                label + 1,
                labels[0],
                texts[0]
            );
            return Err(doubt(table, kind, problem));
        }
    }
    Ok(())
}

/// Names of columns that say whether two texts belong together; who learns from pairs that do must
/// not pass them over.
const JUDGEMENTS: [&str; 8] = [
    "isduplicate",
    "duplicate",
    "relevance",
    "relevant",
    "entailment",
    "judgement",
    "match",
    "gold",
];

/// Refuses to learn from every pair where a column says which of them belong together.
pub(crate) fn refuse_unused_judgement(
    table: &Table,
    header: &Row,
    kind: &Kind,
    places: &[usize],
) -> Result<(), DataError> {
    if !kind.roles.contains(&Role::Other) {
        return Ok(());
    }
    for (place, name) in header.cells.iter().enumerate() {
        let judges = Role::Label.is_named(name)
            || Role::Score.is_named(name)
            || JUDGEMENTS.contains(&plain(name).as_str());
        if judges && !places.contains(&place) {
            let problem = format!(
                "expected rows of texts that belong together, found a column {name:?} that may say \
                 which do; keep the rows that do"
            );
            return Err(doubt(table, kind, problem));
        }
    }
    Ok(())
}

/// Whether these are ids: one word with a digit in it each, and each another.
fn are_ids(cells: &[&str]) -> bool {
    let is_id = |cell: &&str| {
        is_one_word(cell) && cell.is_ascii() && cell.contains(|c: char| c.is_ascii_digit())
    };
    cells.iter().all(is_id) && distinct(cells) == cells.len()
}

/// Whether these are labels: the same few words again and again.
fn are_labels(cells: &[&str]) -> bool {
    cells.len() >= 4
        && cells.iter().all(|cell| is_one_word(cell))
        && distinct(cells) * 2 <= cells.len()
}

/// Whether the texts are few and short, and the labels many and long.
fn are_swapped(texts: &[&str], labels: &[&str]) -> bool {
    let (rows, different_texts, different_labels) =
        (texts.len(), distinct(texts), distinct(labels));
    let few_texts =
        different_texts * 2 <= rows || different_texts < rows && different_labels == rows;
    few_texts && different_labels * 2 > rows && length(labels) > length(texts)
}

/// How many characters the cells have together.
fn length(cells: &[&str]) -> usize {
    cells.iter().map(|cell| cell.chars().count()).sum()
}

fn distinct(cells: &[&str]) -> usize {
    cells.iter().collect::<HashSet<_>>().len()
}

/// The error of columns that may not be what they are taken for.
pub(crate) fn doubt(table: &Table, kind: &Kind, problem: String) -> DataError {
    DataError::Doubtful { path: table.path.clone(), problem, names: kind.names }
}

//! What the columns of a table are: by the names in its first line, by names that a user gives, or
//! by their order; and whether they hold what such columns hold.
//!
//! In this order:
//!
//! 1. Names that a user gives hold. `-`, or a name that means nothing here, passes a column over.
//! 2. A first line that names every column that is needed is a header, and its names hold. They are
//!    those of well-known data sets: GLUE's files, and the columns of sentence-transformers 6.2
//!    (`anchor`, `positive`, `negative`; `sentence1`, `sentence2`, `score`; `text`, `label`).
//! 3. Else the columns stand in their usual order, and the first line is a header if it looks like
//!    one (`looks_like_a_header`), which is said.
//!
//! A column that holds numbers or ids where texts are expected, or labels where a text is, is
//! refused, and so are columns that look swapped: unless the user names the columns.

use std::ops::RangeInclusive;

use crate::DataError;
use crate::doubts::{check_columns, doubt};
use crate::header::{header_note, looks_like_a_header};
use crate::roles::{Kind, Role, plain};
use crate::table::{Row, Table};

/// Names of columns that a user gives in the order of the table: `text,label`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<String>);

impl Columns {
    /// Names with commas between.
    pub fn named(names: &str) -> Self {
        Self(names.split(',').map(|name| name.trim().to_string()).collect())
    }
}

/// Rows of a table, and what about it a reader should know.
#[derive(Debug)]
pub struct Noted<T> {
    /// What the rows hold.
    pub rows: Vec<T>,
    /// How the first line was read, where it is no row.
    pub note: Option<String>,
}

/// A table whose columns are known.
#[derive(Debug)]
pub(crate) struct Laid {
    /// Rows without the header.
    pub(crate) rows: Vec<Row>,
    /// Place of each role's column, in the order of the kind's roles.
    pub(crate) places: Vec<usize>,
    /// How the first line was read, where it is no row.
    pub(crate) note: Option<String>,
}

/// Finds the columns of `table`.
pub(crate) fn lay_out(
    table: &Table,
    kind: &Kind,
    columns: Option<&Columns>,
) -> Result<Laid, DataError> {
    let given = match columns {
        Some(Columns(names)) => match named(names, kind) {
            Ok(Some(places)) => Some(places),
            Ok(None) | Err(_) => {
                let (given, names) = (names.join(","), kind.names);
                return Err(DataError::Columns { given, names });
            }
        },
        None => None,
    };
    let widths = match columns {
        Some(Columns(names)) => names.len()..=names.len(),
        None => kind.widths(),
    };
    let mut rows = table.rows(&widths)?;
    let Some(first) = rows.first().cloned() else {
        let found = "an empty table: no row".into();
        return Err(row_error(table, kind, 1, found));
    };
    let in_first_line = named(&first.cells, kind);
    let has_names = matches!(in_first_line, Ok(Some(_)));
    let places = match (&given, in_first_line) {
        (Some(places), _) => places.clone(),
        (None, found) => match found.map_err(|problem| doubt(table, kind, problem))? {
            Some(places) => {
                refuse_unused_judgement(table, &first, kind, &places)?;
                places
            }
            None => {
                let widest = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
                (0..kind.roles.len().min(widest)).collect()
            }
        },
    };
    let widths = if has_names && given.is_none() {
        let width = first.cells.len();
        width..=width
    } else {
        widths
    };
    let mut note = None;
    if has_names || looks_like_a_header(&rows, kind, &places, given.is_some()) {
        rows.remove(0);
        if let Some(again) = rows.iter().find(|row| row.cells == first.cells) {
            let found = "the names of the columns again".into();
            return Err(row_error(table, kind, again.line, found));
        }
        note = Some(header_note(table, &first, kind, &places, has_names));
    }
    check_rows(table, kind, &rows, &places, &widths)?;
    if given.is_none() {
        check_columns(table, kind, &rows, &places)?;
    }
    Ok(Laid { rows, places, note })
}

/// Finds the column of texts beside that of labels which `label` names: a number from 1, or a name
/// in the first line or among `columns`.
pub(crate) fn lay_out_by(
    table: &Table,
    kind: &Kind,
    label: &str,
    columns: Option<&Columns>,
) -> Result<Laid, DataError> {
    let mut rows = table.rows(&(2..=2))?;
    let Some(first) = rows.first().cloned() else {
        return Err(row_error(table, kind, 1, "an empty table: no row".into()));
    };
    let names = columns.map_or(&first.cells, |Columns(names)| names);
    let is_label = |name: &String| name == label || plain(name) == plain(label);
    let place = match label.parse::<usize>() {
        Ok(from_one) => from_one.checked_sub(1),
        Err(_) => names.iter().position(is_label),
    };
    let width = columns.map_or(first.cells.len(), |Columns(names)| names.len());
    let Some(place) = place.filter(|&place| place < width && width > 1) else {
        let found = format!("{width} columns, and none of them is column {label}");
        return Err(row_error(table, kind, first.line, found));
    };
    let others = (0..width).filter(|&other| other != place);
    let named: Vec<usize> = others.clone().filter(|&i| Role::Text.is_named(&names[i])).collect();
    let text = match named[..] {
        [text] => text,
        _ => others.clone().next().unwrap_or_default(),
    };
    let places = vec![text, place];
    let has_names = columns.is_none()
        && (label.parse::<usize>().is_err()
            || named.len() == 1 && Role::Label.is_named(&names[place]));
    let mut note = None;
    if has_names || looks_like_a_header(&rows, kind, &places, columns.is_some()) {
        rows.remove(0);
        note = Some(header_note(table, &first, kind, &places, has_names));
    }
    for row in &rows {
        if row.cells.len() <= place {
            let found = format!("{} columns, and none of them is column {label}", row.cells.len());
            return Err(row_error(table, kind, row.line, found));
        }
    }
    check_rows(table, kind, &rows, &places, &(width..=width))?;
    if columns.is_none() {
        check_columns(table, kind, &rows, &places)?;
    }
    Ok(Laid { rows, places, note })
}

/// The place of each role among these names, if every role that is needed has one; an error says
/// which two columns there are for one role.
fn named(names: &[String], kind: &Kind) -> Result<Option<Vec<usize>>, String> {
    let mut places = Vec::new();
    for (i, role) in kind.roles.iter().enumerate() {
        let mut found = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if role.is_named(name) && !places.contains(&place) {
                found.push(place);
            }
        }
        // its own name goes before another that would do
        let own = found.iter().find(|&&place| plain(&names[place]) == role.names()[0]).copied();
        match (&found[..], own) {
            ([], _) if i < kind.needed => return Ok(None),
            ([], _) => {}
            (&[place], _) | (_, Some(place)) => places.push(place),
            ([one, two, ..], None) => {
                let (role, one, two) = (role.names()[0], &names[*one], &names[*two]);
                return Err(format!(
                    "expected one column of the {role}, found {one:?} and {two:?}"
                ));
            }
        }
    }
    Ok(Some(places))
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
fn refuse_unused_judgement(
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

/// Each row has the columns of the table and something in those that are read.
fn check_rows(
    table: &Table,
    kind: &Kind,
    rows: &[Row],
    places: &[usize],
    widths: &RangeInclusive<usize>,
) -> Result<(), DataError> {
    if rows.is_empty() {
        return Err(row_error(table, kind, 1, "an empty table: no row".into()));
    }
    for Row { line, cells } in rows {
        let read = places.iter().filter_map(|&place| cells.get(place));
        let empty = read.filter(|cell| cell.is_empty()).count();
        if widths.contains(&cells.len()) && empty == 0 {
            continue;
        }
        let mut found = format!("{} columns, {empty} of them empty", cells.len());
        if cells.len() > *widths.end() && rows[0].cells.len() > *widths.end() {
            found.push_str("; `--columns` says what they are, - for one that is passed over");
        }
        if cells.len() == 1 && cells[0].contains([',', ';']) {
            found.push_str(" and no tab between; a table with commas is called .csv");
        }
        return Err(row_error(table, kind, *line, found));
    }
    Ok(())
}

fn row_error(table: &Table, kind: &Kind, line: u64, found: String) -> DataError {
    DataError::Row { path: table.path.clone(), line, expected: kind.expected, found }
}

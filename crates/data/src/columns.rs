//! What the columns of a table are: by the names in its first line, by names that a user gives, or
//! by their order; and whether they hold what such columns hold.
//!
//! In this order:
//!
//! 1. Names that a user gives hold, each once. `-`, or a name that means nothing here, passes a
//!    column over. The first line is a header if it has one of these names, or looks like one;
//!    where it only might be one, it is a row, which is said.
//! 2. A first line that names every column that is needed is a header, and its names hold. They are
//!    those of well-known data sets: GLUE's files, and the columns of sentence-transformers 6.2
//!    (`anchor`, `positive`, `negative`; `sentence1`, `sentence2`, `score`; `text`, `label`).
//! 3. Else the columns stand in their usual order, and the first line is a header if it looks like
//!    one (`looks_like_a_header`), which is said.
//!
//! A column that holds numbers or ids where texts are expected, or labels where a text is, is
//! refused, and so are columns that look swapped: unless the user names the columns.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::DataError;
use crate::doubts::{check_columns, doubt, refuse_unused_judgement};
use crate::header::{header_note, looks_like_a_header};
use crate::roles::{Kind, Role, plain};
use crate::rows::{Row, in_words};
use crate::table::Table;

/// Names of columns that a user gives in the order of the table: `text,label`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<String>);

impl Columns {
    /// Names with commas between.
    pub fn named(names: &str) -> Self {
        Self(names.split(',').map(|name| name.trim().to_string()).collect())
    }

    /// The place of each role by these names.
    fn places(&self, kind: &Kind) -> Result<Vec<usize>, DataError> {
        self.check_once(kind)?;
        let Ok(Some(places)) = named(&self.0, kind) else { return Err(self.refused(kind)) };
        Ok(places)
    }

    /// Each name stands once.
    fn check_once(&self, kind: &Kind) -> Result<(), DataError> {
        let mut met = HashSet::new();
        for name in &self.0 {
            let name = plain(name);
            if !name.is_empty() && !met.insert(name) {
                return Err(self.refused(kind));
            }
        }
        Ok(())
    }

    fn refused(&self, kind: &Kind) -> DataError {
        DataError::Columns { given: self.0.join(","), names: kind.names }
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
        Some(columns) => Some(columns.places(kind)?),
        None => None,
    };
    let widths = match columns {
        Some(Columns(names)) => names.len()..=names.len(),
        None => kind.widths(),
    };
    let mut rows = table.rows(&widths)?;
    let Some(first) = rows.first().cloned() else {
        return Err(no_rows(table, kind));
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
    let note = take_header(table, kind, &mut rows, &places, has_names, columns)?;
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
    if let Some(columns) = columns {
        columns.check_once(kind)?;
    }
    let mut rows = table.rows(&(2..=2))?;
    let Some(first) = rows.first().cloned() else {
        return Err(no_rows(table, kind));
    };
    let names = columns.map_or(&first.cells, |Columns(names)| names);
    let width = names.len();
    let place = label_place(names, label).filter(|&place| place < width && width > 1);
    let Some(place) = place else {
        return Err(no_column(table, label, first.line, names));
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
    let note = take_header(table, kind, &mut rows, &places, has_names, columns)?;
    for row in &rows {
        if row.cells.len() <= place {
            return Err(no_column(table, label, row.line, &row.cells));
        }
    }
    check_rows(table, kind, &rows, &places, &(width..=width))?;
    if columns.is_none() {
        check_columns(table, kind, &rows, &places)?;
    }
    Ok(Laid { rows, places, note })
}

/// The place of the labels' column, by its number from 1 or by the one name of these that is it.
fn label_place(names: &[String], label: &str) -> Option<usize> {
    if let Ok(from_one) = label.parse::<usize>() {
        return from_one.checked_sub(1);
    }
    let is_label = |name: &String| name == label || plain(name) == plain(label);
    let place = names.iter().position(is_label)?;
    let is_twice = names[place + 1..].iter().any(is_label);
    (!is_twice).then_some(place)
}

/// Takes the names of the columns out of the rows, where the first row is these; a note says how it
/// was read, if it is one or might be.
fn take_header(
    table: &Table,
    kind: &Kind,
    rows: &mut Vec<Row>,
    places: &[usize],
    has_names: bool,
    columns: Option<&Columns>,
) -> Result<Option<String>, DataError> {
    let given = columns.map(|Columns(names)| &names[..]);
    if has_names || looks_like_a_header(rows, kind, places, given) {
        let first = rows.remove(0);
        if let Some(again) = rows.iter().find(|row| row.cells == first.cells) {
            let found = "the names of the columns again".into();
            return Err(row_error(table, kind, again.line, found));
        }
        let is_sure = has_names || given.is_some();
        return Ok(Some(header_note(table, &first, kind, places, is_sure)));
    }
    if given.is_some() && looks_like_a_header(rows, kind, places, None) {
        let (path, line) = (table.path.display(), rows[0].line);
        let note =
            format!("{path}: line {line} is read as a row; if it names the columns, remove it");
        return Ok(Some(note));
    }
    Ok(None)
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
        let is_own = |place: &usize| plain(&names[*place]) == role.names()[0];
        let own: Vec<usize> = found.iter().copied().filter(is_own).collect();
        match (&found[..], &own[..]) {
            ([], _) if i < kind.needed => return Ok(None),
            ([], _) => {}
            (&[place], _) | (_, &[place]) => places.push(place),
            (_, [one, two, ..]) | ([one, two, ..], []) => {
                let (role, one, two) = (role.names()[0], &names[*one], &names[*two]);
                return Err(format!(
                    "expected one column of the {role}, found {one:?} and {two:?}"
                ));
            }
        }
    }
    Ok(Some(places))
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
        return Err(no_rows(table, kind));
    }
    if rows.iter().all(|row| row.cells.len() < kind.needed) {
        return Err(too_few_columns(table, kind, rows));
    }
    for Row { line, cells } in rows {
        let read = places.iter().filter_map(|&place| cells.get(place));
        let empty = read.filter(|cell| cell.is_empty()).count();
        if widths.contains(&cells.len()) && empty == 0 {
            continue;
        }
        let mut found = in_words(cells.len());
        if empty > 0 {
            found.push_str(&format!(", {empty} of them empty"));
        }
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

/// The error of a table of which every row has fewer columns than are needed.
fn too_few_columns(table: &Table, kind: &Kind, rows: &[Row]) -> DataError {
    let widest = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let has_commas = widest == 1 && rows[0].cells[0].contains([',', ';']);
    let remedy = if has_commas {
        "call a table with commas between FILE.csv"
    } else {
        "put a tab between columns, or commas in FILE.csv"
    };
    let problem =
        format!("expected rows of {}, found {} at most; {remedy}", kind.expected, in_words(widest));
    DataError::OtherTable { path: table.path.clone(), problem }
}

/// The error of a table without rows.
fn no_rows(table: &Table, kind: &Kind) -> DataError {
    DataError::NoRows { path: table.path.clone(), expected: kind.expected }
}

/// The error of a row that has these columns and not the one that is named.
fn no_column(table: &Table, label: &str, line: u64, columns: &[String]) -> DataError {
    let found = format!("{}: {}", in_words(columns.len()), columns.join(", "));
    DataError::NoColumn { path: table.path.clone(), line, label: label.into(), found }
}

fn row_error(table: &Table, kind: &Kind, line: u64, found: String) -> DataError {
    DataError::Row { path: table.path.clone(), line, expected: kind.expected, found }
}

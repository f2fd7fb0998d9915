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
//!    one ([`looks_like_a_header`]), which is said.
//!
//! A column that holds numbers or ids where texts are expected, or labels where a text is, is
//! refused, and so are columns that look swapped: unless the user names the columns.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use crate::DataError;
use crate::table::{Row, Table};

/// What a column is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A text.
    Text,
    /// What a text is.
    Label,
    /// The first of two texts.
    First,
    /// The second of two texts.
    Second,
    /// How alike the two are, a number.
    Score,
    /// A text that does not belong to the first.
    Other,
}

impl Role {
    /// The names that such a column has, in small letters and without anything between them; the
    /// first is how it is called here.
    fn names(self) -> &'static [&'static str] {
        match self {
            Role::Text => &[
                "text",
                "texts",
                "sentence",
                "sentences",
                "review",
                "content",
                "comment",
                "tweet",
                "message",
                "document",
                "utterance",
                "headline",
                "description",
                "title",
                "query",
                "question",
                "passage",
                "body",
                "word",
                "words",
            ],
            Role::Label => &[
                "label",
                "labels",
                "class",
                "category",
                "sentiment",
                "target",
                "intent",
                "topic",
                "emotion",
                "genre",
                "rating",
                "stars",
                "goldlabel",
                "tag",
                "polarity",
            ],
            Role::First => &[
                "sentence1",
                "anchor",
                "query",
                "question",
                "text1",
                "sentencea",
                "premise",
                "question1",
                "s1",
                "texta",
                "source",
                "string1",
                "sent1",
            ],
            Role::Second => &[
                "sentence2",
                "positive",
                "pos",
                "answer",
                "text2",
                "sentenceb",
                "hypothesis",
                "question2",
                "s2",
                "textb",
                "passage",
                "document",
                "string2",
                "sent2",
            ],
            Role::Score => &[
                "score",
                "similarity",
                "similarityscore",
                "rating",
                "relatednessscore",
                "label",
                "labels",
                "stsscore",
                "goldscore",
            ],
            Role::Other => &["negative", "neg", "hardnegative", "negative1"],
        }
    }

    fn is_named(self, name: &str) -> bool {
        self.names().contains(&plain(name).as_str())
    }

    fn is_text(self) -> bool {
        !matches!(self, Role::Label | Role::Score)
    }
}

/// What a table is read as.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Columns in their usual order.
    pub(crate) roles: &'static [Role],
    /// How many of them every table has.
    pub(crate) needed: usize,
    /// What a row should hold.
    pub(crate) expected: &'static str,
    /// Names by which a user says what the columns are.
    pub(crate) names: &'static str,
}

impl Kind {
    fn widths(&self) -> RangeInclusive<usize> {
        self.needed..=self.roles.len()
    }
}

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

/// Whether the first row, in which not every name is known, is a header all the same: one word in
/// each column, and
///
/// - a score that is no number where all others are (then several words will do), or a label that is
///   no number where all others are;
/// - a label that stands nowhere else, where all others stand twice or more, or beside a known name;
/// - without label and score, a known name, or more than one word in every other row's texts.
///
/// Only the first holds where a user has named the columns.
fn looks_like_a_header(rows: &[Row], kind: &Kind, places: &[usize], is_given: bool) -> bool {
    let [first, others @ ..] = rows else { return false };
    if others.is_empty() {
        return false;
    }
    let judge = kind.roles.iter().position(|role| !role.is_text());
    let judge = judge.and_then(|role| Some((kind.roles[role], *places.get(role)?)));
    let cell = |row: &Row, place: usize| row.cells.get(place).cloned().unwrap_or_default();
    let is_one_word_each = first.cells.iter().all(|cell| is_one_word(cell));
    if let Some((role, place)) = judge {
        let numbers_below = others.iter().all(|row| is_number(&cell(row, place)));
        let is_told = role == Role::Score || is_one_word_each && others.len() > 1;
        if numbers_below && is_told && !is_number(&cell(first, place)) {
            return true;
        }
    }
    if is_given || !is_one_word_each {
        return false;
    }
    let any_known =
        first.cells.iter().any(|name| kind.roles.iter().any(|role| role.is_named(name)));
    match judge {
        Some((Role::Label, place)) => {
            let mut counts: HashMap<String, usize> = HashMap::new();
            for row in others {
                *counts.entry(cell(row, place)).or_default() += 1;
            }
            let others_repeat = counts.len() > 1 && counts.values().all(|&count| count > 1);
            !counts.contains_key(&cell(first, place)) && (any_known || others_repeat)
        }
        Some(_) => false,
        None => {
            let has_sentences =
                |row: &Row| places.iter().all(|&place| !is_one_word(&cell(row, place)));
            any_known || others.len() > 1 && others.iter().all(has_sentences)
        }
    }
}

/// What is said of a first line that is read as a header.
fn header_note(table: &Table, first: &Row, kind: &Kind, places: &[usize], known: bool) -> String {
    let mut used = Vec::new();
    for (role, &place) in kind.roles.iter().zip(places) {
        if let Some(name) = first.cells.get(place) {
            used.push(format!("{name:?} as {}", role.names()[0]));
        }
    }
    let mut note = format!(
        "{}: line {} is read as the names of its columns: {}",
        table.path.display(),
        first.line,
        used.join(", ")
    );
    let mut unused = Vec::new();
    for (place, name) in first.cells.iter().enumerate() {
        if !places.contains(&place) {
            unused.push(format!("{name:?}"));
        }
    }
    if !unused.is_empty() {
        note.push_str(&format!("; passed over: {}", unused.join(", ")));
    }
    if !known {
        note.push_str(&format!("; if it is a row, `--columns {}` says so", kind.names));
    }
    note
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
        return Err(row_error(table, kind, *line, found));
    }
    Ok(())
}

/// Each column holds what such a column holds.
fn check_columns(
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
    let length = |cells: &[&str]| cells.iter().map(|cell| cell.chars().count()).sum::<usize>();
    let few_texts =
        different_texts * 2 <= rows || different_texts < rows && different_labels == rows;
    few_texts && different_labels * 2 > rows && length(labels) > length(texts)
}

fn distinct(cells: &[&str]) -> usize {
    cells.iter().collect::<HashSet<_>>().len()
}

/// A name as it is compared: small letters and digits alone.
fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a cell may be a name: one word, and no number.
fn is_one_word(cell: &str) -> bool {
    const LONGEST: usize = 40;
    !cell.is_empty()
        && cell.chars().count() <= LONGEST
        && !cell.contains(char::is_whitespace)
        && !is_number(cell)
        && cell.contains(char::is_alphanumeric)
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok_and(f64::is_finite)
}

fn row_error(table: &Table, kind: &Kind, line: u64, found: String) -> DataError {
    DataError::Row { path: table.path.clone(), line, expected: kind.expected, found }
}

fn doubt(table: &Table, kind: &Kind, problem: String) -> DataError {
    DataError::Doubtful { path: table.path.clone(), problem, names: kind.names }
}

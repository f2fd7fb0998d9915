//! Whether the first row of a table is the names of its columns, where not all of them are known.

use std::collections::HashMap;

use crate::roles::{Kind, Role, is_one_word, plain};
use crate::rows::Row;
use crate::table::Table;

/// Whether the first row, in which not every name is known, is a header all the same: one word in
/// each column, and
///
/// - a score that is no number where all others are (then several words will do), or a label that is
///   no number where all others are;
/// - up to three words in each column, one of which is a name of such a column (`Review Text`);
/// - a label that stands nowhere else, where all others stand twice or more, or beside a known name;
/// - without label and score, a known name, or more than one word in every other row's texts.
///
/// Where a user has named the columns, only the first two hold; and that a cell is such a `given`
/// name, which no other row has there.
pub(crate) fn looks_like_a_header(
    rows: &[Row],
    kind: &Kind,
    places: &[usize],
    given: Option<&[String]>,
) -> bool {
    let [first, others @ ..] = rows else { return false };
    if others.is_empty() {
        return false;
    }
    let judge = kind.roles.iter().position(|role| !role.is_text());
    let judge = judge.and_then(|role| Some((kind.roles[role], *places.get(role)?)));
    let is_one_word_each = first.cells.iter().all(|cell| is_one_word(cell));
    if let Some((role, place)) = judge {
        let numbers_below = others.iter().all(|row| looks_like_a_number(&cell(row, place)));
        let is_told = role == Role::Score || is_one_word_each && others.len() > 1;
        if numbers_below && is_told && !looks_like_a_number(&cell(first, place)) {
            return true;
        }
    }
    let names_each = |(i, &place): (usize, &usize)| speaks_of(kind.roles[i], &cell(first, place));
    if places.iter().enumerate().all(names_each)
        && judge.is_none_or(|(_, place)| {
            others.iter().all(|row| cell(row, place) != cell(first, place))
        })
    {
        return true;
    }
    if judge.is_some_and(|(role, place)| role == Role::Score && role.is_named(&cell(first, place)))
    {
        return true;
    }
    if let Some(names) = given {
        return has_a_name(rows, names);
    }
    if !is_one_word_each {
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

/// Whether a cell of the first row is the name of its column, and no other row has it there.
fn has_a_name(rows: &[Row], names: &[String]) -> bool {
    for (place, name) in names.iter().enumerate() {
        let name = plain(name);
        let has_it = |row: &Row| plain(&cell(row, place)) == name;
        if !name.is_empty() && has_it(&rows[0]) && !rows[1..].iter().any(has_it) {
            return true;
        }
    }
    false
}

/// What is said of a first line that is read as a header.
pub(crate) fn header_note(
    table: &Table,
    first: &Row,
    kind: &Kind,
    places: &[usize],
    known: bool,
) -> String {
    let mut used = Vec::new();
    let names: Vec<&str> = kind.names.split(',').collect();
    for (i, &place) in places.iter().enumerate() {
        let own = kind.roles[i].names()[0];
        let called = if names.len() == kind.roles.len() { names[i] } else { own };
        if let Some(name) = first.cells.get(place) {
            used.push(format!("{name:?} as {called}"));
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

/// Whether a cell of up to three words holds a name of such a column among them.
fn speaks_of(role: Role, cell: &str) -> bool {
    let words: Vec<&str> = cell.split_whitespace().collect();
    words.len() <= 3 && words.iter().any(|word| role.is_named(word))
}

/// Whether a cell is a number, or one as it is written elsewhere (`4,5`).
fn looks_like_a_number(cell: &str) -> bool {
    cell.contains(|c: char| c.is_ascii_digit())
        && cell.chars().all(|c| c.is_ascii_digit() || "+-.,eE".contains(c))
}

/// The cell of a row at a place; empty where the row has none.
fn cell(row: &Row, place: usize) -> String {
    row.cells.get(place).cloned().unwrap_or_default()
}

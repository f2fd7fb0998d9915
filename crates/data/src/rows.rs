//! Rows of a table, and how many columns they have.

use std::collections::HashMap;
use std::ops::RangeInclusive;

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Number of the line where it begins, counted from 1.
    pub(crate) line: u64,
    /// What its columns hold, without blanks around it.
    pub(crate) cells: Vec<String>,
}

/// A row a line, its cells divided by tabs.
pub(crate) fn by_tabs(text: &str) -> Vec<Row> {
    // a lone carriage return ends the lines of old spreadsheets
    let end = if text.contains('\r') && !text.contains('\n') { '\r' } else { '\n' };
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(text.split(end)) {
        if text.trim().is_empty() {
            continue;
        }
        let text = text.strip_suffix('\r').unwrap_or(text);
        let mut cells = Vec::with_capacity(text.matches('\t').count() + 1);
        for cell in text.split('\t') {
            cells.push(cell.trim().to_string());
        }
        rows.push(Row { line, cells });
    }
    rows
}

/// How many columns more than half of the rows have, if one number is so common.
pub(crate) fn usual_width(rows: &[Row]) -> Option<usize> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *counts.entry(row.cells.len()).or_default() += 1;
    }
    let (width, count) = counts.into_iter().max_by_key(|&(_, count)| count)?;
    (count * 2 > rows.len()).then_some(width)
}

/// So many columns, in words.
pub(crate) fn in_words(count: usize) -> String {
    if count == 1 { "1 column".into() } else { format!("{count} columns") }
}

/// Whether each row has one of `widths` columns, or as many as the first.
pub(crate) fn alike(rows: &[Row], widths: &RangeInclusive<usize>) -> bool {
    let Some(first) = rows.first() else { return true };
    rows.iter().all(|row| row.cells.len() == first.cells.len())
        || rows.iter().all(|row| widths.contains(&row.cells.len()))
}

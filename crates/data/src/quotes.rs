//! Quotes around the cells of a table.

use std::borrow::Cow;

/// A table without the blanks that stand before the quotes of a quoted cell and hide them: the row
/// `a, "b, c"` becomes `a,"b, c"` (`skipinitialspace` of Python's `csv`). A quote that does not
/// hold all of its cell is part of a text, and the blanks before it stay.
pub(crate) fn without_blanks_before_quotes(text: &str, delimiter: char) -> Cow<'_, str> {
    if !text.contains(" \"") {
        return text.into();
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text; // begins with a cell
    while !rest.is_empty() {
        let cell = rest.trim_start_matches(' ');
        let quoted = quoted_part(cell);
        let after = cell[quoted..].trim_start_matches(' ');
        let is_whole = after.is_empty() || after.starts_with([delimiter, '\n', '\r']);
        let (cell, quoted) = if is_whole { (cell, quoted) } else { (rest, quoted_part(rest)) };
        let end = cell[quoted..].find([delimiter, '\n', '\r']);
        let length = end.map_or(cell.len(), |end| quoted + end + 1);
        kept.push_str(&cell[..length]);
        rest = &cell[length..];
    }
    kept.into()
}

/// Length of the part in quotes that a cell begins with; 0 where there is none.
fn quoted_part(cell: &str) -> usize {
    let closing = cell.strip_prefix('"').and_then(closing_quote);
    closing.map_or(0, |end| end + "\"\"".len())
}

/// Whether every cell that begins with a quote also ends with one, and a tab or the end of a line
/// stands in one of them: what divides cells elsewhere belongs to this one.
pub(crate) fn quotes_hold_a_delimiter(text: &str) -> bool {
    let (mut holds, mut rest) = (false, text);
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let Some(end) = closing_quote(quoted) else { return false };
            let after = &quoted[end + 1..];
            if !(after.is_empty() || after.starts_with(['\t', '\n', '\r'])) {
                return false;
            }
            holds |= quoted[..end].contains(['\t', '\n']);
            rest = after;
        }
        match rest.find(['\t', '\n']) {
            Some(end) => rest = &rest[end + 1..],
            None => return holds,
        }
    }
}

/// Where the quote is that ends a cell: two of them stand for one within it.
fn closing_quote(cell: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + cell[from..].find('"')?;
        if !cell[at + 1..].starts_with('"') {
            return Some(at);
        }
        from = at + 2;
    }
}

/// The text of a cell that is quoted as a whole, with each quote inside it doubled.
pub(crate) fn unquoted(cell: &str) -> Option<String> {
    let inside = cell.strip_prefix('"')?.strip_suffix('"')?;
    let pieces: Vec<&str> = inside.split("\"\"").collect();
    let is_whole = pieces.iter().all(|piece| !piece.contains('"'));
    is_whole.then(|| pieces.join("\"").trim().to_string())
}

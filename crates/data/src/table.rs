//! Tables of texts as files hold them: columns divided by tabs, commas or semicolons.
//!
//! Which of them divides a table, its name and its first row say:
//!
//! 1. `.tsv` and `.tab` are divided by tabs; `.csv` by commas or semicolons, and by tabs where
//!    neither stands in the first row; any other name by tabs where the first row has one, and as
//!    `.csv` where it has none.
//! 2. Where commas and semicolons both divide the first row into columns enough, the one that
//!    divides every row alike; where both do, the table is refused.
//! 3. What `|` divides is refused, and so is a text of which most lines, but not all, have the same
//!    number of tabs.
//!
//! Between commas and semicolons a cell in quotes may hold everything, line breaks too (Shafranovich
//! 2005, RFC 4180; what Python's `csv` and pandas write and read). Between tabs quotes are part of
//! the text, as in GLUE's files, but a cell that is quoted as a whole loses them, and where lines do
//! not give rows alike and quoted cells do, it is read as these.

use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::quotes::{quotes_hold_a_delimiter, unquoted, without_blanks_before_quotes};
use crate::rows::{Row, alike, by_tabs, in_words, usual_width};
use crate::{DataError, lines};

/// A table that was opened, and not yet divided into columns.
#[derive(Debug)]
pub struct Table {
    pub(crate) path: PathBuf,
    text: String,
}

/// What follows a table to find out whether its last quote was closed.
const END: &str = "\n\u{1}end";

impl Table {
    /// Opens the table at `path`.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is no text in UTF-8.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let mut bytes = Vec::new();
        files::text(path, "a table of texts")?
            .read_to_end(&mut bytes)
            .map_err(files::FilesError::io(path, "reading"))?;
        Self::of(path, bytes)
    }

    /// The table that `bytes` are, read from `path`, whose name may say what divides it.
    ///
    /// # Errors
    ///
    /// Bytes that are no text in UTF-8.
    pub fn of(path: &Path, bytes: Vec<u8>) -> Result<Self, DataError> {
        if let Some((line, found)) = not_text(&bytes) {
            return Err(DataError::Row { path: path.into(), line, expected: "UTF-8", found });
        }
        let text = files::utf_8(path, "a table of texts", bytes)?;
        if is_json(&text) {
            let problem = "expected rows of columns, or a text a line, found JSON; save it as CSV \
                           (pandas: `read_json(PATH, lines=True)`, then `to_csv(index=False)`)";
            let (path, problem) = (path.into(), problem.into());
            return Err(DataError::OtherTable { path, problem });
        }
        Ok(Self { path: path.into(), text })
    }

    /// Whether it is a table rather than a text a line: by its name (`.csv`, `.tsv`, `.tab`), or
    /// because a tab stands in each of its lines, as many in one as in another.
    ///
    /// # Errors
    ///
    /// A line of another number of tabs than most lines have.
    pub fn has_columns(&self) -> Result<bool, DataError> {
        if matches!(extension(&self.path).as_str(), "csv" | "tsv" | "tab") {
            return Ok(true);
        }
        let rows = self.by_tabs_or_quoted(&(0..=0));
        let Some(width) = usual_width(&rows).filter(|&width| width > 1) else { return Ok(false) };
        let Some(odd) = rows.iter().find(|row| row.cells.len() != width) else { return Ok(true) };
        let found = format!(
            "{} where most rows have {width}; if each line is a text, its tabs are made blanks \
             (`tr '\\t' ' '`)",
            in_words(odd.cells.len())
        );
        let expected = "as many columns, with tabs between, as most rows have";
        Err(DataError::Row { path: self.path.clone(), line: odd.line, expected, found })
    }

    /// Whether `|` divides it, and no tab: it stands in every row outside of quotes, as often in
    /// one as in another.
    pub fn has_bars(&self) -> bool {
        if self.first_line().contains('\t') || !self.text.contains('|') {
            return false;
        }
        let Ok(rows) = self.quoted(b'|') else { return false };
        rows.len() > 1 && rows[0].cells.len() > 1 && alike(&rows, &(0..=0))
    }

    /// Its lines, where it is a text a line; empty lines count.
    pub fn lines(&self) -> impl Iterator<Item = Result<String, DataError>> {
        let lines = lines(self.text.as_bytes());
        lines.map(move |line| line.map_err(|error| error.in_file(&self.path)))
    }

    /// The rows, divided so that each has one of `widths` columns, or as many as the first, where
    /// that can be; empty lines are no rows.
    ///
    /// # Errors
    ///
    /// A quote that is opened and not closed, or a table that both commas and semicolons divide, or
    /// `|` does.
    pub(crate) fn rows(&self, widths: &RangeInclusive<usize>) -> Result<Vec<Row>, DataError> {
        if self.has_bars() {
            let problem = "expected tabs, commas or semicolons between columns, found `|` in every \
                           row; save it as CSV (pandas: `read_csv(PATH, sep=\"|\")`, then \
                           `to_csv(index=False)`), or put texts that hold it in quotes";
            let (path, problem) = (self.path.clone(), problem.into());
            return Err(DataError::OtherTable { path, problem });
        }
        if self.is_divided_by_tabs() {
            Ok(self.by_tabs_or_quoted(widths))
        } else {
            self.by_commas_or_semicolons(widths)
        }
    }

    /// The first line that is not blank.
    fn first_line(&self) -> &str {
        self.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()
    }

    fn is_divided_by_tabs(&self) -> bool {
        let first = self.first_line();
        match extension(&self.path).as_str() {
            "tsv" | "tab" => true,
            "csv" => first.contains('\t') && !first.contains([',', ';']),
            _ => first.contains('\t'),
        }
    }

    fn by_tabs_or_quoted(&self, widths: &RangeInclusive<usize>) -> Vec<Row> {
        let mut rows = by_tabs(&self.text);
        let is_odd = || !alike(&rows, widths) || quotes_hold_a_delimiter(&self.text);
        if self.text.contains('"')
            && is_odd()
            && let Ok(quoted) = self.quoted(b'\t')
            && alike(&quoted, widths)
        {
            return quoted;
        }
        for cell in rows.iter_mut().flat_map(|row| &mut row.cells) {
            if let Some(text) = unquoted(cell) {
                *cell = text;
            }
        }
        rows
    }

    fn by_commas_or_semicolons(
        &self,
        widths: &RangeInclusive<usize>,
    ) -> Result<Vec<Row>, DataError> {
        if !self.text.contains(';') {
            return self.quoted(b',');
        }
        let enough = |rows: &Result<Vec<Row>, DataError>| {
            rows.as_ref().is_ok_and(|rows| {
                rows.first().is_some_and(|row| row.cells.len() >= *widths.start())
            })
        };
        let semicolons = self.quoted(b';');
        if !enough(&semicolons) {
            drop(semicolons); // two tables take much memory
            return self.quoted(b',');
        }
        let commas = self.quoted(b',');
        if !enough(&commas) {
            return semicolons;
        }
        let (commas, semicolons) = (commas?, semicolons?);
        match (alike(&commas, widths), alike(&semicolons, widths)) {
            (false, true) => Ok(semicolons),
            (true, true) if commas[0].cells.len() > 1 && semicolons[0].cells.len() > 1 => {
                let fits = |rows: &[Row]| widths.contains(&rows[0].cells.len());
                match (fits(&commas), fits(&semicolons)) {
                    (true, false) => Ok(commas),
                    (false, true) => Ok(semicolons),
                    _ => Err(DataError::OtherTable {
                        path: self.path.clone(),
                        problem: "expected columns with either commas or semicolons between, \
                                  found both in every row, not in quotes; put the texts in quotes, \
                                  or tabs between in FILE.tsv"
                            .into(),
                    }),
                }
            }
            (true, true) if semicolons[0].cells.len() > 1 => Ok(semicolons),
            _ => Ok(commas),
        }
    }

    /// Rows of cells that may stand in quotes.
    fn quoted(&self, delimiter: u8) -> Result<Vec<Row>, DataError> {
        let text = without_blanks_before_quotes(&self.text, char::from(delimiter));
        let text = text.as_bytes();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.chain(END.as_bytes()));
        let (mut rows, mut line, mut counted) = (Vec::<Row>::new(), 1, 0);
        for record in reader.records() {
            let record = record.map_err(|error| DataError::Row {
                path: self.path.clone(),
                line,
                expected: "a CSV row",
                found: error.to_string(),
            })?;
            // Where the reader was, and past the empty lines that it skips.
            let mut start = record.position().map_or(counted, |at| at.byte() as usize);
            start = start.min(text.len());
            start += text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            line += text[counted..start].iter().filter(|&&byte| byte == b'\n').count() as u64;
            counted = start;
            let mut cells = Vec::with_capacity(record.len());
            for cell in &record {
                cells.push(cell.trim().to_string());
            }
            if cells != [""] {
                rows.push(Row { line, cells });
            }
        }
        match rows.pop() {
            Some(Row { cells, .. }) if cells == [END.trim()] => Ok(rows),
            Some(Row { line, .. }) => Err(DataError::Row {
                path: self.path.clone(),
                line,
                expected: "an end to each quote",
                found: "a quote that opens in this row and is not closed".into(),
            }),
            None => Ok(rows),
        }
    }
}

/// The line of the first bytes that are not UTF-8, and what stands there.
fn not_text(bytes: &[u8]) -> Option<(u64, String)> {
    let at = std::str::from_utf8(bytes).err()?.valid_up_to();
    if files::lookalike(bytes).is_some() {
        return None; // has a better name
    }
    let before = &bytes[..at];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    let column = at - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1) + 1;
    let found = format!(
        "other bytes, 0x{:02x} at column {column} (a spreadsheet's are converted by `iconv -f \
         WINDOWS-1252 -t UTF-8`)",
        bytes[at]
    );
    Some((line, found))
}

/// Whether a text is JSON: an object in its first line, or objects in all of it.
fn is_json(text: &str) -> bool {
    let text = text.trim();
    let first = text.lines().next().unwrap_or_default().trim();
    first.starts_with('{') && is_valid(first)
        || text.starts_with(['{', '[']) && text.contains('{') && is_valid(text)
}

/// Whether a text is one JSON value.
fn is_valid(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn extension(path: &Path) -> String {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase()
}

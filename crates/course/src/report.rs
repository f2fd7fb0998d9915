//! Text, tables, numbers and figures in the order a demo made them.

use std::cell::RefCell;
use std::fmt::{self, Display};

use serde::Serialize;

use crate::Figure;

/// What a demo shows: text to print, numbers that the book quotes, figures to draw.
#[derive(Debug, Clone, Default)]
pub struct Report {
    text: String,
    /// For each line of the text its band, as [`Number::band`].
    bands: Vec<f64>,
    numbers: Vec<Number>,
    figures: Vec<Figure>,
    band: f64,
}

/// Hears each text as a report is told it.
type Listener = Box<dyn FnMut(&str)>;

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// Runs `work`, and lets `listener` hear every text, lines with their ends, as soon as a report of
/// this thread is told it.
pub fn heard<T>(listener: impl FnMut(&str) + 'static, work: impl FnOnce() -> T) -> T {
    LISTENER.set(Some(Box::new(listener)));
    let done = work();
    LISTENER.set(None);
    done
}

/// A number that the book's text may quote by its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Name of the number within its lesson: small letters, digits and hyphens, a letter first.
    pub key: String,
    /// What was measured, with its unit: `GPT, 16 tokens seen: bits per character`.
    pub what: String,
    /// The number as the book shows it: `1.431`, `68%`.
    pub shown: String,
    /// How far another processor's number may lie from this one: a share of it, or of 1 where it
    /// is smaller; infinity for words that it may say otherwise.
    pub band: f64,
}

impl Report {
    /// Lets the values that follow differ by `band` on another processor: a share of the value, or
    /// of 1 where it is smaller (of 100 for a percentage). At first nothing may differ.
    pub fn band(&mut self, band: f64) {
        self.band = band;
    }

    /// Adds a line of text; an empty one separates paragraphs.
    pub fn say(&mut self, line: impl Display) {
        self.push(line, self.band);
    }

    /// Adds a line that trained weights drew or ranked: another processor may say it otherwise.
    pub fn say_loosely(&mut self, line: impl Display) {
        self.push(line, f64::INFINITY);
    }

    /// Adds a table, with a blank line after it.
    pub fn table(&mut self, table: &Table) {
        self.say(table);
    }

    /// Adds a table whose words trained weights ranked: another processor may say it otherwise.
    pub fn loose_table(&mut self, table: &Table) {
        self.say_loosely(table);
    }

    /// Adds a table, and each of its numbers under the key `name-row-column`.
    ///
    /// # Panics
    ///
    /// If two numbers get one key.
    pub fn keyed_table(&mut self, name: &str, table: &Table) {
        self.table(table);
        for (row, column, shown) in table.numbers() {
            let what = format!("{row}: {column}");
            self.number(&slug(&format!("{name} {row} {column}")), &what, shown);
        }
    }

    /// Adds a number that the book quotes as `{{#include numbers/NN-lesson.txt:key}}`. It is not
    /// printed.
    ///
    /// # Panics
    ///
    /// If the key is no key, or was given before.
    pub fn number(&mut self, key: &str, what: &str, shown: impl Display) {
        let begins_well = key.starts_with(|c: char| c.is_ascii_lowercase());
        assert!(begins_well && slug(key) == key, "{key:?} is no key: small letters, digits, -");
        let new = self.numbers.iter().all(|number| number.key != key);
        assert!(new, "two numbers are called {key}");
        let (key, what, shown) = (key.into(), what.into(), shown.to_string());
        self.numbers.push(Number { key, what, shown, band: self.band });
    }

    /// Adds words that trained weights drew or ranked and that the book quotes as it quotes a
    /// number. Another processor may say others.
    ///
    /// # Panics
    ///
    /// As [`Report::number`].
    pub fn words(&mut self, key: &str, what: &str, shown: impl Display) {
        let band = std::mem::replace(&mut self.band, f64::INFINITY);
        self.number(key, what, shown);
        self.band = band;
    }

    /// Adds what a widget of the book computes with, as JSON on one line. A chapter includes it by
    /// its key, as it does a number; the list of measured numbers passes it over.
    ///
    /// # Panics
    ///
    /// As [`Report::number`], or if `data` is no JSON.
    pub fn data(&mut self, key: &str, what: &str, data: &impl Serialize) {
        let json = serde_json::to_string(data).expect("data of numbers, texts and lists of them");
        // Between two dollars the book would see a formula, and "</script>" would end the data.
        self.number(key, what, json.replace('$', "\\u0024").replace('<', "\\u003c"));
    }

    /// Adds a figure to the report.
    pub fn figure(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Everything said so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The numbers so far.
    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// The figures so far.
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Says where the printed text is not what `recorded` says: another count of lines, other
    /// words, or a number outside of its band.
    pub fn differences(&self, recorded: &str) -> Vec<String> {
        let (said, counted) = (self.bands.len(), recorded.lines().count());
        if said != counted {
            return vec![format!("{said} lines, recorded {counted}")];
        }
        let mut differences = Vec::new();
        for ((now, then), &band) in self.text.lines().zip(recorded.lines()).zip(&self.bands) {
            if !agree(now, then, band) {
                differences.push(format!("{now:?}, recorded {then:?}, band {band}"));
            }
        }
        differences
    }

    fn push(&mut self, text: impl Display, band: f64) {
        let text = format!("{text}\n");
        self.bands.extend(text.lines().map(|_| band));
        LISTENER.with_borrow_mut(|listener| {
            if let Some(listener) = listener {
                listener(&text);
            }
        });
        self.text.push_str(&text);
    }
}

/// Whether what was recorded under a key is [data](Report::data) of a widget, and no number.
pub fn is_data(shown: &str) -> bool {
    shown.starts_with(['[', '{'])
}

/// A number rounded to so many decimals, so that data stay short.
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let unit = 10_f64.powi(decimals);
    (value * unit).round() / unit
}

/// Whether two texts have the same words, and numbers that lie within a band of each other. Within
/// an infinite one all do.
pub fn agree(now: &str, then: &str, band: f64) -> bool {
    if band == f64::INFINITY {
        return true;
    }
    let (now, then): (Vec<&str>, Vec<&str>) = (pieces(now), pieces(then));
    now.len() == then.len() && now.iter().zip(then).all(|(a, b)| *a == b || near(a, b, band))
}

/// Splits a text into its numbers, with their percent signs, and the words between them; blanks
/// only separate.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let start = if rest[..start].ends_with('-') { start - 1 } else { start };
            let number = &rest[start..];
            let end = number[1..].find(|c: char| !(c.is_ascii_digit() || ".%".contains(c)));
            let end = end.map_or(number.len(), |end| end + 1);
            let number = number[..end].trim_end_matches('.');
            pieces.extend([&rest[..start], number].into_iter().filter(|piece| !piece.is_empty()));
            rest = &rest[start + number.len()..];
        }
        if !rest.is_empty() {
            pieces.push(rest);
        }
    }
    pieces
}

/// Whether two numbers, or two percentages, lie within a band of each other.
fn near(now: &str, then: &str, band: f64) -> bool {
    let percent = now.ends_with('%') && then.ends_with('%');
    let number = |text: &str| text.strip_suffix('%').filter(|_| percent).unwrap_or(text).parse();
    let (Ok(now), Ok(then)): (Result<f64, _>, Result<f64, _>) = (number(now), number(then)) else {
        return false;
    };
    let unit = if percent { 100.0 } else { 1.0 };
    (now - then).abs() <= band * then.abs().max(unit)
}

/// A key made of words: small letters and digits, joined by hyphens.
fn slug(words: &str) -> String {
    let kept = words.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), " ");
    kept.split_whitespace().collect::<Vec<_>>().join("-")
}

/// Columns of text under a header; numbers to the right, words to the left.
#[derive(Debug, Clone)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these column names.
    pub fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { header: header.map(String::from).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If the row has another number of cells than the header.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Display>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| cell.to_string()).collect();
        assert_eq!(cells.len(), self.header.len(), "a row has as many cells as the header");
        self.rows.push(cells);
    }

    /// The table for a terminal of so many columns. Where it is wider than that, a row becomes
    /// lines: each column's name and the row's cell, one below the other.
    pub fn fitted(&self, columns: usize) -> String {
        let table = self.to_string();
        if table.lines().all(|line| line.chars().count() <= columns) {
            return table;
        }
        let widest = self.header.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        let indent = " ".repeat(2 + widest + 2);
        let mut records = Vec::new();
        for row in &self.rows {
            let mut record = String::new();
            for (name, cell) in self.header.iter().zip(row) {
                if cell.is_empty() {
                    continue;
                }
                let name = format!("  {name:widest$}  ");
                // what may be copied, as a path, stays in one piece
                let options = textwrap::Options::new(columns)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation)
                    .break_words(false)
                    .initial_indent(&name)
                    .subsequent_indent(&indent);
                record.push_str(&textwrap::fill(cell, options));
                record.push('\n');
            }
            records.push(record);
        }
        records.join("\n")
    }

    /// The numbers of the table, each with the name of its row and of its column. A row is named by
    /// its first cell, or by as many as no two rows have alike.
    fn numbers(&self) -> Vec<(String, &str, &str)> {
        let mut names = Vec::new();
        let mut cells = 1;
        while cells <= self.header.len() {
            names = self.rows.iter().map(|row| row[..cells].join(" ")).collect();
            let mut different: Vec<&String> = names.iter().collect();
            different.sort();
            different.dedup();
            if different.len() == names.len() {
                break;
            }
            cells += 1;
        }
        let mut numbers = Vec::new();
        for (name, row) in names.into_iter().zip(&self.rows) {
            for (column, cell) in self.header.iter().zip(row).skip(cells) {
                if cell != "-" && is_number(cell) {
                    numbers.push((name.trim().to_string(), column.as_str(), cell.as_str()));
                }
            }
        }
        numbers
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = Vec::new();
        let mut numeric = Vec::new();
        for (column, name) in self.header.iter().enumerate() {
            let mut width = name.chars().count();
            let mut all_numbers = true;
            for row in &self.rows {
                width = width.max(row[column].chars().count());
                all_numbers &= is_number(&row[column]);
            }
            widths.push(width);
            numeric.push(all_numbers);
        }
        write_line(f, &self.header, &widths, &numeric)?;
        for row in &self.rows {
            write_line(f, row, &widths, &numeric)?;
        }
        Ok(())
    }
}

/// Writes a header or a row: every cell filled up to its column's width, no blanks at the end.
fn write_line(
    f: &mut fmt::Formatter<'_>,
    cells: &[String],
    widths: &[usize],
    numeric: &[bool],
) -> fmt::Result {
    let mut line = String::new();
    for (column, cell) in cells.iter().enumerate() {
        let width = widths[column];
        if column > 0 {
            line.push_str("  ");
        }
        if numeric[column] {
            line.push_str(&format!("{cell:>width$}"));
        } else {
            line.push_str(&format!("{cell:<width$}"));
        }
    }
    writeln!(f, "  {}", line.trim_end())
}

/// Whether a cell is a number, perhaps with a percent sign or an x behind it, or stands for none.
fn is_number(cell: &str) -> bool {
    cell == "-" || cell.trim_end_matches(['%', 'x']).parse::<f64>().is_ok()
}

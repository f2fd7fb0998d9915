//! Text, tables and figures in the order a demo made them.

use std::fmt::{self, Display};

use crate::Figure;

/// What a demo shows: text to print, figures to draw.
#[derive(Debug, Clone, Default)]
pub struct Report {
    text: String,
    figures: Vec<Figure>,
}

impl Report {
    /// Adds a line of text; an empty one separates paragraphs.
    pub fn say(&mut self, line: impl Display) {
        self.text.push_str(&format!("{line}\n"));
    }

    /// Adds a table, with a blank line after it.
    pub fn table(&mut self, table: &Table) {
        self.say(table);
    }

    /// Adds a figure to the report.
    pub fn figure(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Everything said so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The figures so far.
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }
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

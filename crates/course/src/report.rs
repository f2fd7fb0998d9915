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

    /// Adds a figure.
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
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| lines().map(|line| line[column].chars().count()).max().unwrap_or(0))
            .collect();
        let numeric: Vec<bool> = (0..self.header.len())
            .map(|column| self.rows.iter().all(|row| is_number(&row[column])))
            .collect();
        for line in lines() {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .zip(&numeric)
                .map(
                    |((cell, &width), &right)| {
                        if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                    },
                )
                .collect();
            writeln!(f, "  {}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn is_number(cell: &str) -> bool {
    cell == "-" || cell.trim_end_matches(['%', 'x']).parse::<f64>().is_ok()
}

//! Tables of texts that belong together, and of texts with labels.

use std::path::Path;

use crate::columns::{Columns, Laid, Noted, lay_out, lay_out_by};
use crate::roles::{Kind, Role};
use crate::rows::Row;
use crate::table::Table;
use crate::{DataError, Pair};

/// Two texts that belong together, and perhaps one that does not though it may look like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Text that is asked, or stands first.
    pub query: String,
    /// Text that belongs to the query.
    pub meant: String,
    /// Text that does not belong to it, though it may look like it.
    pub other: Option<String>,
}

/// A text and the name of what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Text of the row.
    pub text: String,
    /// Label of the text, any string that is not empty.
    pub label: String,
}

const RELATED: Kind = Kind {
    roles: &[Role::First, Role::Second, Role::Other],
    needed: 2,
    expected: "a text, what belongs to it, and perhaps a text that does not belong",
    names: "anchor,positive,negative",
};

const LABELLED: Kind = Kind {
    roles: &[Role::Text, Role::Label],
    needed: 2,
    expected: "a text and a label",
    names: "text,label",
};

const RATED: Kind = Kind {
    roles: &[Role::First, Role::Second, Role::Score],
    needed: 3,
    expected: "sentence1,sentence2,score",
    names: "sentence1,sentence2,score",
};

const TEXTS: Kind = Kind { roles: &[Role::Text], needed: 1, expected: "a text", names: "id,text" };

/// Reads rows of two texts that belong together, or of three, the third of which does not belong to
/// the first; see [`Table::related`].
///
/// # Errors
///
/// A file that cannot be read, and those of [`Table::related`].
pub fn related(path: &Path) -> Result<Vec<Related>, DataError> {
    Ok(Table::open(path)?.related(None)?.rows)
}

/// Reads rows of a text and its label; see [`Table::labelled`].
///
/// # Errors
///
/// A file that cannot be read, and those of [`Table::labelled`].
pub fn labelled(path: &Path) -> Result<Vec<Labelled>, DataError> {
    Ok(Table::open(path)?.labelled(None)?.rows)
}

impl Table {
    /// Its rows as texts that belong together: two columns, or three, the third of which does not
    /// belong to the first. `columns` are the names that a user gives, else those of the first line
    /// hold, or the usual order.
    ///
    /// # Errors
    ///
    /// A row of another number of columns or with nothing in one that is read, no row, or columns
    /// that hold something else than texts.
    pub fn related(&self, columns: Option<&Columns>) -> Result<Noted<Related>, DataError> {
        let laid = lay_out(self, &RELATED, columns)?;
        let other_place = laid.places.get(2).copied();
        let mut rows = Vec::with_capacity(laid.rows.len());
        for mut row in laid.rows {
            let mut other = None;
            if let Some(place) = other_place.filter(|&place| place < row.cells.len()) {
                other = Some(take(&mut row, place));
            }
            let [query, meant] = [0, 1].map(|role| take(&mut row, laid.places[role]));
            rows.push(Related { query, meant, other });
        }
        Ok(Noted { rows, note: laid.note })
    }

    /// Its rows as texts and their labels; `columns` as for [`Table::related`].
    ///
    /// # Errors
    ///
    /// As [`Table::related`], and columns that look swapped.
    pub fn labelled(&self, columns: Option<&Columns>) -> Result<Noted<Labelled>, DataError> {
        lay_out(self, &LABELLED, columns).map(with_labels)
    }

    /// Its rows as texts and the labels in the column that `label` names: by a number from 1, or by a
    /// name in the first line or among `columns`.
    ///
    /// # Errors
    ///
    /// As [`Table::labelled`], and a column that is not there.
    pub fn labelled_by(
        &self,
        label: &str,
        columns: Option<&Columns>,
    ) -> Result<Noted<Labelled>, DataError> {
        lay_out_by(self, &LABELLED, label, columns).map(with_labels)
    }

    /// Its rows as sentences that people have rated; `columns` as for [`Table::related`].
    ///
    /// # Errors
    ///
    /// As [`Table::related`], and a score that is no finite number.
    pub fn rated(&self, columns: Option<&Columns>) -> Result<Noted<Pair>, DataError> {
        let laid = lay_out(self, &RATED, columns)?;
        let score_place = laid.places[2];
        let mut rows = Vec::with_capacity(laid.rows.len());
        for mut row in laid.rows {
            let number =
                row.cells[score_place].parse::<f32>().ok().filter(|score| score.is_finite());
            let Some(score) = number else {
                return Err(DataError::Row {
                    path: self.path.clone(),
                    line: row.line,
                    expected: "a number as the score",
                    found: format!("{:?}", row.cells[score_place]),
                });
            };
            let [a, b] = [0, 1].map(|role| take(&mut row, laid.places[role]));
            rows.push(Pair { a, b, score });
        }
        Ok(Noted { rows, note: laid.note })
    }

    /// The texts of its rows, of which a table with several columns has one that is named, by its
    /// first line or by `columns`.
    ///
    /// # Errors
    ///
    /// As [`Table::related`].
    pub fn texts(&self, columns: Option<&Columns>) -> Result<Noted<String>, DataError> {
        let laid = lay_out(self, &TEXTS, columns)?;
        let mut rows = Vec::with_capacity(laid.rows.len());
        for mut row in laid.rows {
            rows.push(take(&mut row, laid.places[0]));
        }
        Ok(Noted { rows, note: laid.note })
    }
}

/// The rows of a table of texts and labels.
fn with_labels(laid: Laid) -> Noted<Labelled> {
    let mut rows = Vec::with_capacity(laid.rows.len());
    for mut row in laid.rows {
        let [text, label] = [0, 1].map(|role| take(&mut row, laid.places[role]));
        rows.push(Labelled { text, label });
    }
    Noted { rows, note: laid.note }
}

fn take(row: &mut Row, place: usize) -> String {
    std::mem::take(&mut row.cells[place])
}

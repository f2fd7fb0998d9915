//! Semantic textual similarity: sentence pairs rated by people (Cer et al. 2017, "SemEval-2017 Task
//! 1").

use std::path::Path;

use crate::{DataError, Table};

/// Two sentences, and how alike people found them.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// First sentence of the pair.
    pub a: String,
    /// Second sentence of the pair.
    pub b: String,
    /// Score from 0 (unrelated) to 5 (the same) in STS-B; any scale will do for a correlation.
    pub score: f32,
}

/// Reads rows of `sentence1,sentence2,score`; a first row that names these columns is passed over.
/// See [`Table::rated`].
///
/// # Errors
///
/// A file that cannot be read, and those of [`Table::rated`].
pub fn sts(path: &Path) -> Result<Vec<Pair>, DataError> {
    Ok(Table::open(path)?.rated(None)?.rows)
}

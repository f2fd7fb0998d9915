//! What every architecture checks of its `config.json`, before a tensor is asked for.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use files::FilesError;

use crate::error::CheckpointError;

/// The checks of one configuration file; each refuses in the words of [`FilesError::Json`].
///
/// ```no_run
/// # fn main() -> Result<(), checkpoint::CheckpointError> {
/// let checks = checkpoint::Checks::of("model/config.json".as_ref());
/// checks.above_zero(&[("n_layer", 12), ("n_head", 12)])?;
/// checks.divides(("n_head", 12), ("n_embd", 768))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Checks {
    path: PathBuf,
}

impl Checks {
    /// Checks of the file at `path`, which errors name.
    pub fn of(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// What to answer where a key's value cannot be.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn refuse<T>(&self, key: &str, problem: String) -> Result<T, CheckpointError> {
        Err(FilesError::Json { path: self.path.clone(), key: key.into(), problem }.into())
    }

    /// Checks that a key holds the one value that is known here; a missing one is `None`.
    ///
    /// # Errors
    ///
    /// Any other value.
    pub fn is<T: PartialEq + Debug>(
        &self,
        key: &str,
        found: T,
        expected: T,
    ) -> Result<(), CheckpointError> {
        if found == expected {
            return Ok(());
        }
        self.refuse(key, format!("expected {expected:?}, found {found:?}"))
    }

    /// Checks the architecture that a file names.
    ///
    /// # Errors
    ///
    /// Another, or none.
    pub fn model_type(&self, found: Option<&str>, expected: &str) -> Result<(), CheckpointError> {
        match found {
            Some(found) => self.is("model_type", found, expected),
            None => self.refuse("model_type", format!("expected {expected:?}, found no such key")),
        }
    }

    /// Checks that no size is zero.
    ///
    /// # Errors
    ///
    /// The first that is.
    pub fn above_zero(&self, sizes: &[(&str, usize)]) -> Result<(), CheckpointError> {
        match sizes.iter().find(|(_, size)| *size == 0) {
            Some((key, _)) => self.refuse(key, "expected at least 1, found 0".into()),
            None => Ok(()),
        }
    }

    /// Checks that the first size divides the second.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn divides(
        &self,
        (key, part): (&str, usize),
        (of, whole): (&str, usize),
    ) -> Result<(), CheckpointError> {
        if whole.is_multiple_of(part) {
            return Ok(());
        }
        self.refuse(key, format!("expected a divisor of {of} ({whole}), found {part}"))
    }

    /// Checks what a norm adds to the variance.
    ///
    /// # Errors
    ///
    /// If it does not lie between 0 and 1.
    pub fn epsilon(&self, key: &str, epsilon: f64) -> Result<(), CheckpointError> {
        if epsilon > 0.0 && epsilon < 1.0 {
            return Ok(());
        }
        self.refuse(key, format!("expected a number above 0 and below 1, found {epsilon}"))
    }

    /// Checks a share that is dropped in training.
    ///
    /// # Errors
    ///
    /// If it is negative, or 1 and more.
    pub fn probability(&self, key: &str, share: f64) -> Result<(), CheckpointError> {
        if (0.0..1.0).contains(&share) {
            return Ok(());
        }
        self.refuse(key, format!("expected a probability below 1, found {share}"))
    }
}

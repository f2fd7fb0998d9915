//! Why a training could not begin, go on or be saved.

use std::path::PathBuf;

use checkpoint::CheckpointError;
use files::FilesError;

/// Why a model could not be written.
pub type SaveError = Box<dyn std::error::Error + Send + Sync>;

/// Why a training failed, in one line: what was expected, what was found, what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A text in which no block fits.
    #[error(
        "the corpus is too short: expected at least {needed} tokens (a block and the token after \
            it), found {found}; use a longer text, or a model that sees fewer tokens"
    )]
    ShortCorpus {
        /// Number of tokens of a block and the token after it.
        needed: usize,
        /// Number of tokens of the text.
        found: usize,
    },
    /// A loss, gradient or weight that is NaN or infinite.
    #[error(
        "step {step}: the {what} of {parameter} became {value}; lower the learning rate, or look \
            at the batch of this step"
    )]
    NotFinite {
        /// Number of the step.
        step: usize,
        /// Which number it was: `loss`, `gradient` or `value`.
        what: &'static str,
        /// Path of the weight in the model; `the batch` for a loss.
        parameter: String,
        /// The number: NaN or infinite.
        value: f32,
    },
    /// A folder that holds something already.
    #[error(
        "{path:?}: expected a new folder, found one with {found}; resume that training, or name \
            another folder"
    )]
    Occupied {
        /// Path of the folder.
        path: PathBuf,
        /// File of a training that lies in it.
        found: &'static str,
    },
    /// A folder without a state.
    #[error(
        "{path:?} does not exist: expected the state of a training; begin one in a new folder, \
            then resume it"
    )]
    Nothing {
        /// Path where the state was looked for.
        path: PathBuf,
    },
    /// A recipe that cannot be followed.
    #[error("the recipe's {key}: expected {expected}, found {found}; correct it")]
    Recipe {
        /// Name of the field.
        key: &'static str,
        /// Values that the field may have.
        expected: &'static str,
        /// Value that the field has.
        found: f64,
    },
    /// A state of another model.
    #[error("expected the state of this model; {0}")]
    OtherModel(CheckpointError),
    /// A state of something else.
    #[error(
        "{path:?}: {problem}; resume with what began this training, or begin another in a new \
            folder"
    )]
    State {
        /// Path of the file.
        path: PathBuf,
        /// What was expected, and what was found.
        problem: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FilesError),
    /// A state that is not well-formed, or could not be written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The model could not be written.
    #[error(transparent)]
    Save(SaveError),
}

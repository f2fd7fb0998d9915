//! The files in the folder of a training.

use std::fs;
use std::path::Path;

use checkpoint::{INDEX_FILE, SINGLE_FILE};
use files::FilesError;

use crate::TrainingError;

/// Name of the file of weights, moments and the rest of the state.
pub const STATE_FILE: &str = "training.safetensors";
/// Name of the file of events, one JSON object per line.
pub const METRICS_FILE: &str = "metrics.jsonl";

/// Name of the file that says what model a folder holds.
const CONFIG_FILE: &str = "config.json";

/// Makes a folder for a new training, and refuses one that holds a training or a model.
pub fn claim(folder: &Path) -> Result<(), TrainingError> {
    fs::create_dir_all(folder).map_err(FilesError::io(folder, "making the folder"))?;
    for file in [STATE_FILE, CONFIG_FILE, SINGLE_FILE, INDEX_FILE, METRICS_FILE] {
        if folder.join(file).exists() {
            return Err(TrainingError::Occupied { path: folder.into(), found: file });
        }
    }
    Ok(())
}

//! What happened, one JSON object a line.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use files::FilesError;
use serde_json::{Value, json};

use crate::TrainingError;
use crate::folder::METRICS_FILE;
use crate::observer::Event;
use crate::state::State;

/// The open file.
pub(crate) struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Opens the metrics in `folder`, cut back to what `state` knows of: what came after it will
    /// happen again.
    pub fn open(folder: &Path, state: &State) -> Result<Self, TrainingError> {
        let path = folder.join(METRICS_FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            text => text.map_err(FilesError::io(&path, "reading"))?,
        };
        let text = String::from_utf8_lossy(&text);
        let kept =
            text.lines().filter(|line| is_known(line, state)).map(|line| format!("{line}\n"));
        let kept: String = kept.collect();
        files::write(&path, kept)?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(FilesError::io(&path, "opening"))?;
        Ok(Self { path, file })
    }

    /// Adds what happened.
    pub fn write(&mut self, event: &Event) -> Result<(), TrainingError> {
        let line = serde_json::to_string(event).expect("an event is JSON");
        Ok(writeln!(self.file, "{line}").map_err(FilesError::io(&self.path, "writing"))?)
    }
}

/// Whether a line is whole and of a step that was taken, or of an evaluation before such a step or
/// the next.
fn is_known(line: &str, state: &State) -> bool {
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    let of_last_evaluation =
        value["validation_loss"].is_number() && value["step"] == json!(state.evaluated);
    value["step"].as_u64().is_some_and(|step| (step as usize) < state.step) || of_last_evaluation
}

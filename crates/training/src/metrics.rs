//! The file of events, one JSON object per line.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use files::FilesError;
use serde_json::{Value, json};

use crate::TrainingError;
use crate::folder::METRICS_FILE;
use crate::observer::Event;
use crate::state::State;

/// Open file of events.
pub(crate) struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Opens the metrics in `folder` without the events after `state`, which will happen again.
    pub fn open(folder: &Path, state: &State) -> Result<Self, TrainingError> {
        let path = folder.join(METRICS_FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            text => text.map_err(FilesError::io(&path, "reading"))?,
        };
        let text = String::from_utf8_lossy(&text);
        let mut kept = String::new();
        for line in text.lines() {
            if is_known(line, state) {
                kept.push_str(&format!("{line}\n"));
            }
        }
        files::write(&path, kept)?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(FilesError::io(&path, "opening"))?;
        Ok(Self { path, file })
    }

    /// Adds a line for an event.
    pub fn write(&mut self, event: &Event) -> Result<(), TrainingError> {
        let line = serde_json::to_string(event).expect("an event is JSON");
        Ok(writeln!(self.file, "{line}").map_err(FilesError::io(&self.path, "writing"))?)
    }
}

/// Whether a line is whole and its event lies before `state`: a step that was taken, an evaluation
/// before such a step, or the last evaluation.
fn is_known(line: &str, state: &State) -> bool {
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    let is_last_evaluation =
        value["validation_loss"].is_number() && value["step"] == json!(state.evaluated);
    value["step"].as_u64().is_some_and(|step| (step as usize) < state.step) || is_last_evaluation
}

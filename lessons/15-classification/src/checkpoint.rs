//! A head and the names of its labels in one file.

use std::path::Path;

use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use checkpoint::{CheckpointError, Checks, Expect, Load, Save, Walk, Weights};
use serde_json::Value;

use crate::Labels;

/// What the head's file is called.
pub const HEAD_FILE: &str = "head.safetensors";
const NAME: &str = "classifier";
const LABELS: &str = "labels";
const KIND: &str = "kind";

/// A head with what its columns mean.
#[derive(Debug)]
pub struct Head {
    /// `[d_model, labels]`
    pub linear: Linear,
    /// In the order of the columns.
    pub names: Vec<String>,
    /// How many of them a text has.
    pub labels: Labels,
}

impl Head {
    /// Writes `head.safetensors`: `classifier.weight` `[labels, d_model]` and `classifier.bias` as PyTorch stores them, the
    /// labels as a JSON list among the file's metadata.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub fn save(&self, folder: &Path) -> Result<(), CheckpointError> {
        let names = Value::from(self.names.clone()).to_string();
        let kind =
            serde_json::to_value(self.labels).map(|kind| kind.as_str().unwrap_or_default().to_string());
        let kind = kind.unwrap_or_default();
        let metadata = [(LABELS, &names[..]), (KIND, &kind[..])];
        let mut save = Save::default();
        save.linear(NAME, &mut self.linear.clone())?;
        checkpoint::write_weights(&folder.join(HEAD_FILE), &save.tensors, &metadata)
    }

    /// Reads `head.safetensors` for vectors of `d_model` numbers.
    ///
    /// # Errors
    ///
    /// A file that is missing or no head, one without its labels, or one for vectors of another width.
    pub fn open(folder: &Path, d_model: usize, device: &Device) -> Result<Self, CheckpointError> {
        let path = folder.join(HEAD_FILE);
        let weights = Weights::open(&path)?;
        let checks = Checks::of(&path);
        let text = |key: &str| weights.metadata(key).unwrap_or_default();
        let Ok(names) = serde_json::from_str::<Vec<String>>(text(LABELS)) else {
            return checks
                .refuse(LABELS, "expected a JSON list of labels in the metadata, found none".into());
        };
        let Ok(labels) = serde_json::from_value(Value::from(text(KIND))) else {
            let problem = format!("expected \"one\" or \"any\" in the metadata, found {:?}", text(KIND));
            return checks.refuse(KIND, problem);
        };
        let mut linear = LinearConfig::new(d_model, names.len()).init(device);
        let mut expect = Expect::default();
        expect.linear(NAME, &mut linear)?;
        weights.matches(&expect.tensors, &[])?;
        Load::new(&weights, device).linear(NAME, &mut linear)?;
        Ok(Self { linear, names, labels })
    }
}

//! From a folder to a model that writes.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use checkpoint::Checks;
use decoder::LanguageModel;
use serde::Deserialize;
use serde_json::Value;
use tokens::Tokenizer;

use crate::output::Helpful;

/// A model that writes and its vocabulary.
pub struct Writer {
    /// GPT-2, BLOOM or LLaMA.
    pub model: Box<dyn LanguageModel>,
    /// From text to its token IDs and back.
    pub tokenizer: Tokenizer,
    /// What ends a text.
    pub stops: Vec<u32>,
}

#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    #[serde(default)]
    eos_token_id: Value,
}

impl Writer {
    /// Opens the model in `folder`.
    pub fn open(folder: &Path, device: &Device) -> Result<Self> {
        if !folder.is_dir() {
            let error = format!("--model {folder:?}: expected a model's folder, found no folder");
            let help = "`cargo rungs train gpt --out DIR` makes one".into();
            return Err(Helpful { error, help }.into());
        }
        let config: Config = files::read_json(&folder.join("config.json"))?;
        let model = language_model(folder, config.model_type.as_deref(), device)?;
        let tokenizer = Tokenizer::open(folder)?;
        tokenizer.check_vocab(model.vocab())?;
        let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
        let stops = match &config.eos_token_id {
            Value::Array(several) => several.iter().filter_map(id).collect(),
            one => id(one).into_iter().collect(),
        };
        Ok(Self { model, tokenizer, stops })
    }
}

/// Loads the weights in `folder` as the architecture that its configuration names.
pub fn language_model(
    folder: &Path,
    model_type: Option<&str>,
    device: &Device,
) -> Result<Box<dyn LanguageModel>> {
    match model_type {
        Some("gpt2" | "bloom") => Ok(Box::new(decoder::checkpoint::load(folder, device)?.model)),
        Some("llama") => Ok(Box::new(llama::checkpoint::load(folder, device)?.model)),
        other => {
            let found = other.map_or("no such key".into(), |other| format!("{other:?}"));
            let problem = format!("expected \"gpt2\", \"bloom\" or \"llama\", which write, found {found}");
            Ok(Checks::of(&folder.join("config.json")).refuse("model_type", problem)?)
        }
    }
}

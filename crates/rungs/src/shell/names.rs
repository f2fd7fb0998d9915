//! From what a user calls a device, an encoder, a language model or word vectors to one that runs.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, bail};
use burn::tensor::Device;
use checkpoint::{Checks, WordVectors};
use decoder::LanguageModel;
use fetch::Source;
use files::Home;
use index::Model;
use sentences::{Reading, SentenceEncoder};
use serde::Deserialize;
use serde_json::Value;
use tokens::Tokenizer;
use word2vec::Space;

use crate::shell::failure::Helpful;
use crate::shell::options::ModelArg;
use crate::shell::progress;

/// Opens the device called `name`.
pub fn device(name: &str) -> Result<Device> {
    backend::open(name).map_err(|error| match &error {
        backend::DeviceError::NotBuilt { name } => Helpful {
            error: format!("device {name} is not in this build"),
            help: format!("cargo run --package rungs --features {name} -- ... builds it in"),
        }
        .into(),
        _ => error.into(),
    })
}

/// Loads the model that the arguments name onto the device that they name.
pub fn open(args: &ModelArg) -> Result<SentenceEncoder> {
    open_named(&args.model, args.batch as usize, &device(&args.device.device)?)
}

/// Loads the model called `name`.
pub fn open_named(name: &str, batch: usize, device: &Device) -> Result<SentenceEncoder> {
    Ok(SentenceEncoder::open(&folder(name)?, device)?.with_batch(batch))
}

/// The folder of MiniLM, if it was fetched.
pub fn fetched_minilm() -> Option<PathBuf> {
    Home::from_env().ok()?.minilm()
}

/// The identity of a model, by which an index or a classifier knows it again: its vector of one
/// text, and its name, which for a folder is the absolute path so that it is found from anywhere.
pub fn model_identity(encoder: &SentenceEncoder, name: &str) -> Result<Model> {
    let name = if is_fetched(name) { name.into() } else { index::absolute(Path::new(name))? };
    let probe = encoder.embed(&[index::PROBE])?.remove(0).vector;
    Ok(Model { name, prompt: encoder.prompt().to_string(), probe })
}

/// Whether a name is that of a model which `fetch` gets; then no folder of that name is looked for.
fn is_fetched(name: &str) -> bool {
    name == "minilm" || name.starts_with("hf:")
}

/// The folder of the model called `name`, with a remedy where there is none.
fn folder(name: &str) -> Result<PathBuf> {
    if is_fetched(name) {
        let folder = Source::from_str(name)?.folder(&Home::from_env()?);
        if folder.is_dir() {
            return Ok(folder);
        }
        let error = format!("model {name} is not fetched: expected it in {}", folder.display());
        return Err(Helpful { error, help: format!("run `cargo rungs fetch {name}`") }.into());
    }
    let folder = Path::new(name);
    if folder.is_dir() {
        return Ok(folder.into());
    }
    let found = if folder.exists() { "a file" } else { "nothing" };
    let error = format!(
        "model {name:?}: expected minilm, hf:OWNER/NAME or a model's folder, found {found}"
    );
    Err(Helpful { error, help: "a model's folder holds config.json and model.safetensors".into() }
        .into())
}

/// The encoder's own reading, or one that stops after a layer.
pub fn reading(encoder: &SentenceEncoder, layer: Option<usize>) -> Result<Reading> {
    let own = encoder.reading();
    if layer.is_some() {
        has_layers(encoder, "--layer")?;
    }
    let layers = layer.unwrap_or(own.layers);
    if layers > own.layers {
        bail!("--layer {layers}: expected at most {}, the model's last layer", own.layers);
    }
    Ok(Reading { layers, ..own })
}

/// Refuses an option that needs layers, for a model that has none.
pub fn has_layers(encoder: &SentenceEncoder, option: &str) -> Result<()> {
    match encoder.bert() {
        Ok(_) => Ok(()),
        Err(error) => bail!("{option}: {error}"),
    }
}

/// Reads word vectors and makes them ready to be asked.
pub fn vectors(path: &Path, device: &Device) -> Result<Space> {
    let progress = progress::spinner(format!("reading {}", path.display()));
    let (vectors, note) = WordVectors::read_noted(path)?;
    progress.finish_and_clear();
    if let Some(note) = note {
        eprintln!("note: {note}");
    }
    Ok(Space::new(vectors.words, vectors.values, device))
}

/// A causal language model of a folder: its weights, its tokenizer and the tokens that end a text.
pub struct LanguageModelFolder {
    /// The model: GPT-2, BLOOM or LLaMA.
    pub model: Box<dyn LanguageModel>,
    /// Tokenizer, from a text to its token IDs and back.
    pub tokenizer: Tokenizer,
    /// IDs of the end-of-text tokens.
    pub stops: Vec<u32>,
}

/// The part of a `config.json` that is read here.
#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    /// One ID, or a list of them.
    #[serde(default)]
    eos_token_id: Value,
}

impl LanguageModelFolder {
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
        let mut stops = Vec::new();
        match &config.eos_token_id {
            Value::Array(several) => {
                for value in several {
                    stops.extend(token_id(value));
                }
            }
            one => stops.extend(token_id(one)),
        }
        Ok(Self { model, tokenizer, stops })
    }
}

/// The token ID in a JSON value, where it holds one.
fn token_id(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
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
            let found = match other {
                Some(other) => format!("{other:?}"),
                None => "no such key".into(),
            };
            let problem =
                format!("expected \"gpt2\", \"bloom\" or \"llama\", which write, found {found}");
            Ok(Checks::of(&folder.join("config.json")).refuse("model_type", problem)?)
        }
    }
}

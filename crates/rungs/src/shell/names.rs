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
use sentences::SentenceEncoder;
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
    let mut encoder = SentenceEncoder::open(&folder(name)?, device)?;
    encoder.batch = batch;
    encoder.parallel = !backend::is_gpu(device);
    Ok(encoder)
}

/// The folder of MiniLM, if it was fetched.
pub fn fetched_minilm() -> Option<PathBuf> {
    Home::from_env().ok()?.minilm()
}

/// A model's name, which of a folder is its absolute path so that it is found from anywhere, and
/// its vector of one text, by which it is known again.
pub fn known_by(encoder: &SentenceEncoder, name: &str) -> Result<Model> {
    let name = if is_fetched(name) { name.into() } else { index::absolute(Path::new(name))? };
    let probe = encoder.embed(&[index::PROBE])?.remove(0).vector;
    Ok(Model { name, probe })
}

/// Whether a name is that of a model which `fetch` gets, and no folder's, whatever folders there
/// are.
fn is_fetched(name: &str) -> bool {
    name == "minilm" || name.starts_with("hf:")
}

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

/// Lets the encoder stop after a layer.
pub fn stop_after(encoder: &mut SentenceEncoder, layer: Option<usize>) -> Result<()> {
    if let Some(layer) = layer {
        if layer > encoder.layers {
            bail!("--layer {layer}: expected at most {}, the model's last layer", encoder.layers);
        }
        encoder.layers = layer;
    }
    Ok(())
}

/// Reads word vectors and makes them ready to be asked.
pub fn vectors(path: &Path, device: &Device) -> Result<Space> {
    let progress = progress::spinner(format!("reading {}", path.display()));
    let vectors = WordVectors::read(path)?;
    progress.finish_and_clear();
    Ok(Space::new(vectors.words, vectors.values, device))
}

/// A causal language model of a folder: its weights, its tokenizer and what ends a text.
pub struct LanguageModelFolder {
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
            let problem =
                format!("expected \"gpt2\", \"bloom\" or \"llama\", which write, found {found}");
            Ok(Checks::of(&folder.join("config.json")).refuse("model_type", problem)?)
        }
    }
}

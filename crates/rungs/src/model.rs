//! From what a user calls a model or a device to one that runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Result;
use burn::tensor::Device;
use fetch::Source;
use files::Home;
use index::Model;
use sentences::SentenceEncoder;

use crate::cli::ModelArg;
use crate::output::Helpful;

/// The encoder that is used where none is named.
pub const DEFAULT: &str = "minilm";

/// Texts that go through it together unless told otherwise.
pub const BATCH: u32 = 32;

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
    let folder = Source::Minilm.folder(&Home::from_env().ok()?);
    folder.join("model.safetensors").exists().then_some(folder)
}

/// A model by its name, a folder's being its whole path so that it is found from anywhere, and by what tells it from others.
pub fn known_by(encoder: &SentenceEncoder, name: &str) -> Result<Model> {
    let folder = Path::new(name);
    let name = if folder.is_dir() { absolute(folder)? } else { name.into() };
    let probe = encoder.embed(&[index::PROBE])?.remove(0).vector;
    Ok(Model { name, probe })
}

/// A path that means the same from every folder.
pub fn absolute(path: &Path) -> Result<String> {
    let whole = fs::canonicalize(path).or_else(|_| std::path::absolute(path))?;
    Ok(whole.display().to_string())
}

fn folder(name: &str) -> Result<PathBuf> {
    if name == "minilm" || name.starts_with("hf:") {
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
    let error =
        format!("--model {name:?}: expected minilm, hf:OWNER/NAME or a model's folder, found {found}");
    Err(Helpful { error, help: "a model's folder holds config.json and model.safetensors".into() }.into())
}

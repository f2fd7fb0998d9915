//! From what a user calls a causal language model to one that writes.

use std::path::{Path, PathBuf};

use anyhow::Result;
use burn::tensor::Device;
use checkpoint::gguf::Gguf;
use checkpoint::{CheckpointError, Checks};
use decoder::LanguageModel;
use decoder::checkpoint::LoadedGpt;
use fetch::SMOLLM2_FILE;
use llama::checkpoint::LoadedLlama;
use serde::Deserialize;
use tokens::{Chat, Tokenizer, TokensError};

use crate::shell::generation_config::GenerationConfig;
use crate::shell::{names, progress};

/// A causal language model of a folder or a GGUF file, and what belongs to it.
pub struct Writer<M = Box<dyn LanguageModel>> {
    /// The model: GPT-2, BLOOM, LLaMA, Mistral or Qwen.
    pub model: M,
    /// Tokenizer, from a text to its token IDs and back.
    pub tokenizer: Tokenizer,
    /// How the folder says that it writes.
    pub generation: GenerationConfig,
    /// How the model was taught to talk, if it was; an error where the folder says it wrongly, which
    /// is nothing to whoever does not talk with it.
    pub chat: Option<Result<Chat, TokensError>>,
}

/// A model with its configuration, by the lesson that owns it.
pub enum Loaded {
    /// GPT-2 or BLOOM.
    Gpt(Box<LoadedGpt>),
    /// LLaMA, Mistral, Qwen2 or Qwen3.
    Llama(Box<LoadedLlama>),
}

impl Loaded {
    /// Loads the weights in `folder` as the architecture that its configuration names.
    pub fn open(
        folder: &Path,
        model_type: Option<&str>,
        device: &Device,
    ) -> Result<Self, CheckpointError> {
        let (gpts, llamas) = (decoder::checkpoint::MODEL_TYPES, llama::checkpoint::MODEL_TYPES);
        let checks = Checks::of(&folder.join("config.json"));
        let found = checks.one_of_types(model_type, &[&gpts[..], &llamas].concat())?;
        if gpts.contains(&found) {
            return Ok(Self::Gpt(Box::new(decoder::checkpoint::load(folder, device)?)));
        }
        Ok(Self::Llama(Box::new(llama::checkpoint::load(folder, device)?)))
    }

    /// The model alone.
    pub fn into_model(self) -> Box<dyn LanguageModel> {
        match self {
            Self::Gpt(loaded) => Box::new(loaded.model),
            Self::Llama(loaded) => Box::new(loaded.model),
        }
    }

    /// Number of tokens that the model knows.
    pub fn vocab(&self) -> usize {
        match self {
            Self::Gpt(loaded) => loaded.model.vocab(),
            Self::Llama(loaded) => loaded.model.vocab(),
        }
    }
}

/// The part of a `config.json` that is read here.
#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
}

impl Writer {
    /// Opens the model called `name`.
    pub fn open(name: &str, device: &Device) -> Result<Self> {
        let Writer { model, tokenizer, generation, chat } = Writer::open_configured(name, device)?;
        Ok(Self { model: model.into_model(), tokenizer, generation, chat })
    }
}

impl Writer<Loaded> {
    /// Opens the model called `name`, with its configuration.
    pub fn open_configured(name: &str, device: &Device) -> Result<Self> {
        let _progress = progress::spinner(format!("loading {name}"));
        let writer = match gguf_file(name)? {
            Some(path) => Self::open_gguf(&path, device)?,
            None => Self::open_folder(&names::folder(name, names::WRITERS)?, device)?,
        };
        writer.tokenizer.check_words(writer.model.vocab())?;
        Ok(writer)
    }

    fn open_folder(folder: &Path, device: &Device) -> Result<Self> {
        let config: Config = files::read_json(&folder.join("config.json"))?;
        let model = Loaded::open(folder, config.model_type.as_deref(), device)?;
        let tokenizer = Tokenizer::open(folder)?;
        let generation = GenerationConfig::read(folder, model.vocab())?;
        let chat = Chat::open(folder, &tokenizer).transpose();
        Ok(Self { model, tokenizer, generation, chat })
    }

    fn open_gguf(path: &Path, device: &Device) -> Result<Self> {
        let file = Gguf::open(path)?;
        let tokenizer = Tokenizer::from_gguf(path, &file.metadata)?;
        let generation = GenerationConfig::of_gguf(path, &file.metadata, tokenizer.vocab_size())?;
        let chat = Chat::of_gguf(path, &file.metadata, &tokenizer).transpose();
        let model = Loaded::Llama(Box::new(llama::checkpoint::load_gguf(path, file, device)?));
        Ok(Self { model, tokenizer, generation, chat })
    }
}

/// The GGUF file of a model, if that is what lies under its name.
fn gguf_file(name: &str) -> Result<Option<PathBuf>> {
    if name == "smollm2" {
        return Ok(Some(names::folder(name, names::WRITERS)?.join(SMOLLM2_FILE)));
    }
    Ok(names::is_gguf(name).then(|| name.into()))
}

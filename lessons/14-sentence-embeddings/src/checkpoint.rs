//! A sentence model's folder, which holds more than an encoder.
//!
//! `modules.json` says what follows the encoder, `1_Pooling/config.json` how it pools,
//! `config_sentence_transformers.json` what stands before a text, `sentence_bert_config.json` how
//! long a text may be and whether it is lower-cased. A model that pools by `[CLS]` and is read as
//! mean-pooled is silently wrong, so all of these files are read, as sentence-transformers 6.2
//! reads them, and what is not known here is refused by its name.
//!
//! - `pipeline`: `modules.json` and the modules that it names
//! - `settings`: prompts, limits and lower-casing
//! - `table`: a table of token vectors, as a module or alone

mod pipeline;
mod settings;
mod table;

use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use encoder::Bert;
use encoder::checkpoint::load_bert;
use files::FilesError;
use serde_json::{Value, json};
use tokens::{Tokenizer, TokensError};

use self::pipeline::{Input, Pipeline};
use self::settings::{LIMITS, Limits, MODEL, ModelConfig};
pub use self::table::is_table;
use crate::error::SentenceError;
use crate::{Body, Pooling, Prompts, Reading, SentenceEncoder, VectorStage};

/// Number of texts that go through the encoder together by default, as in the
/// sentence-transformers library.
const BATCH: usize = 32;

impl SentenceEncoder {
    /// Loads a sentence model, a plain BERT folder (then: mean pooling, vectors of any length), or a
    /// folder of nothing but a table of token vectors and its tokenizer (then: the mean of a text's
    /// rows, at unit length).
    ///
    /// # Errors
    ///
    /// A file that is missing or not what it should be, a module, pooling or architecture not known
    /// here, a tokenizer with ids beyond the token table.
    pub fn open(folder: &Path, device: &Device) -> Result<Self, SentenceError> {
        let modules = folder.join("modules.json");
        if is_table(folder) {
            return Self::open_bare_table(folder, device);
        }
        if !modules.exists() {
            // The library would pass over a file of lengths here; who put one there means it.
            return Self::open_transformer(folder, device);
        }
        let config = ModelConfig::read(folder)?;
        let pipeline = Pipeline::read(folder, &modules)?;
        let encoder = match &pipeline.input {
            Input::Transformer(folder) => Self::open_transformer(folder, device)?,
            Input::Table(folder) => {
                Self::open_table(folder, &folder.join(checkpoint::SINGLE_FILE), device)?
            }
        };
        let (d_model, mut reading) = (encoder.d_model(), encoder.reading());
        if let Some(pooling) = &pipeline.pooling {
            pooling.check_width(d_model)?;
            reading.poolings = pooling.poolings.clone();
        }
        let pooled = d_model * reading.poolings.len();
        reading.stages = pipeline.load_stages(pooled, config.truncate_dim, device)?;
        let is_pooled = pipeline.pooling.as_ref().is_none_or(|pooling| pooling.include_prompt);
        let encoder = Self { similarity: config.similarity(), ..encoder.with_reading(reading) };
        Ok(encoder.with_prompts(config.prompts(is_pooled))?)
    }

    /// Loads an encoder, the tokenizer beside it and its lengths.
    fn open_transformer(folder: &Path, device: &Device) -> Result<Self, SentenceError> {
        let (name, limits) = Limits::read(folder)?;
        let bert = load_bert(folder, device)?.model;
        let encoder = Self::new(Tokenizer::open(folder)?, bert, device)?;
        encoder.with_limit(folder, name, &limits)
    }

    /// The encoder with the limit, the lower-casing and the prompts of a folder that
    /// [`SentenceEncoder::save_tokenizer`] wrote.
    ///
    /// # Errors
    ///
    /// A file that is not what it should be, or a limit that leaves room for no token.
    pub fn with_limits_of(self, folder: &Path) -> Result<Self, SentenceError> {
        let (name, limits) = Limits::read(folder)?;
        let prompts = ModelConfig::read(folder)?.prompts(self.prompts.pooled);
        Ok(self.with_limit(folder, name, &limits)?.with_prompts(prompts)?)
    }

    /// The encoder with the limit and the lower-casing that the file called `name` says.
    fn with_limit(
        mut self,
        folder: &Path,
        name: &str,
        limits: &Limits,
    ) -> Result<Self, SentenceError> {
        self.limit = settings::limit(folder, name, limits, self.limit)?;
        self.lower_case = limits.do_lower_case;
        if self.lower_case {
            self.tokenizer = Arc::new(Tokenizer::clone(&self.tokenizer).lowercased()?);
        }
        Ok(self)
    }

    /// An encoder of one's own: mean pooling, vectors of any length, texts as long as there are
    /// positions.
    ///
    /// # Errors
    ///
    /// A tokenizer without `[PAD]`, or with ids beyond the token table.
    pub fn new(tokenizer: Tokenizer, bert: Bert, device: &Device) -> Result<Self, TokensError> {
        let rows = bert.embeddings.tokens.vocab();
        tokenizer.check_words(rows)?;
        let pad = tokenizer.pad_id()?;
        tokenizer.check_ids(&[pad], rows)?;
        let limit = bert.max_tokens();
        Ok(Self::with_body(tokenizer, Body::Bert(Box::new(bert)), limit, pad, device))
    }

    /// An encoder that reads by the mean, and has no prompts.
    fn with_body(
        tokenizer: Tokenizer,
        body: Body,
        limit: usize,
        pad: u32,
        device: &Device,
    ) -> Self {
        let layers = match &body {
            Body::Bert(bert) => bert.layers.len(),
            Body::Table(_) => 0,
        };
        Self {
            tokenizer: Arc::new(tokenizer),
            body,
            reading: Reading {
                layers,
                poolings: vec![Pooling::Mean],
                stages: Vec::new(),
                unpooled: 0,
            },
            prompts: Prompts::default(),
            prompt: String::new(),
            similarity: settings::COSINE.into(),
            limit,
            lower_case: false,
            pad,
            batch: BATCH,
            device: device.clone(),
        }
    }

    /// The layers, for a training that changes them.
    ///
    /// # Errors
    ///
    /// A model without layers, or one in which learned modules follow them, which would be trained
    /// with them by the sentence-transformers library.
    pub fn trainable(&self) -> Result<&Bert, SentenceError> {
        if self.reading.stages.iter().any(VectorStage::is_learned) {
            return Err(SentenceError::NotTrained);
        }
        self.bert()
    }

    /// Checks that the model's vectors are ranked by their cosine, or that it makes no difference.
    ///
    /// # Errors
    ///
    /// A model that ranks them in another way.
    pub fn ranks_by_cosine(&self) -> Result<(), SentenceError> {
        match self.similarity.as_str() {
            settings::COSINE => Ok(()),
            settings::DOT if self.reading.is_unit() => Ok(()),
            similarity => Err(SentenceError::NotByCosine { similarity: similarity.into() }),
        }
    }
}

impl SentenceEncoder {
    /// Writes the whole model into `folder`, which the sentence-transformers library opens too.
    ///
    /// # Errors
    ///
    /// A folder that cannot be made or written to, or a model that is not one of
    /// [`SentenceEncoder::trainable`]: only what was trained is written.
    pub fn save(&self, folder: &Path) -> Result<(), SentenceError> {
        let bert = self.trainable()?;
        let pooling = folder.join("1_Pooling");
        if let Err(source) = std::fs::create_dir_all(&pooling) {
            let error = FilesError::Io { path: pooling, action: "making the folder", source };
            return Err(error.into());
        }
        encoder::checkpoint::save(bert, folder)?;
        self.save_tokenizer(folder)?;
        let poolings = &self.reading.poolings;
        let config = pipeline::pooling_config(poolings, self.d_model(), self.prompts.pooled);
        files::write_json(&pooling.join("config.json"), &config)?;
        let mut modules = vec![module(0, "Transformer", ""), module(1, "Pooling", "1_Pooling")];
        if self.reading.stages.iter().any(|stage| matches!(stage, VectorStage::Normalise)) {
            modules.push(module(2, "Normalize", "2_Normalize"));
        }
        // Last: a folder without it would be read as a plain encoder.
        Ok(files::write_json(&folder.join("modules.json"), &json!(modules))?)
    }

    /// Writes the tokenizer, the limit, the lower-casing and the prompts.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written to.
    pub fn save_tokenizer(&self, folder: &Path) -> Result<(), SentenceError> {
        self.tokenizer.save(folder, self.limit)?;
        let limits = json!({"max_seq_length": self.limit, "do_lower_case": self.lower_case});
        files::write_json(&folder.join(LIMITS[0]), &limits)?;
        let mut config = json!({
            "prompts": self.prompts.by_name,
            "default_prompt_name": self.prompts.default,
            "similarity_fn_name": self.similarity,
        });
        if let Some(VectorStage::Truncate(most)) = self.reading.stages.last() {
            config["truncate_dim"] = json!(most);
        }
        Ok(files::write_json(&folder.join(MODEL), &config)?)
    }
}

/// One line of `modules.json`, with the name of a class that every version knows.
fn module(idx: usize, kind: &str, path: &str) -> Value {
    let kind = format!("sentence_transformers.models.{kind}");
    json!({"idx": idx, "name": idx.to_string(), "path": path, "type": kind})
}

/// The error for the value at a key of a file.
fn refused(path: &Path, key: &str, problem: String) -> FilesError {
    FilesError::Json { path: path.into(), key: key.into(), problem }
}

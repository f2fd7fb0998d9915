//! What a training begins with: a vocabulary of its own, or a model that others trained.

use std::path::Path;

use anyhow::{Result, bail};
use burn::tensor::Device;
use decoder::{Family, Tokenization, TokenizedCorpus};
use tokens::Chat;

use super::{Architecture, Args, Settings};
use crate::shell::writers::{Loaded, Writer};

/// What a training begins with.
pub struct Start {
    /// The text as token IDs.
    pub corpus: TokenizedCorpus,
    /// A trained model to go on from.
    pub trained: Option<Loaded>,
    /// How that model was taught to talk.
    pub chat: Option<Chat>,
    /// IDs of the tokens that end its texts.
    pub stops: Vec<u32>,
}

impl Start {
    /// Opens the trained model that a training begins with, or learns a vocabulary for a new one. A
    /// resumed training has its trained model in its own folder.
    pub fn open(
        args: &Args,
        folder: &Path,
        settings: &Settings,
        text: &str,
        device: &Device,
    ) -> Result<Self> {
        if !settings.from {
            let tokenization = match settings.bpe {
                Some(tokens) => Tokenization::BytePairs(tokens),
                None => Tokenization::Characters,
            };
            let corpus = tokenization.split(text)?;
            return Ok(Self { corpus, trained: None, chat: None, stops: Vec::new() });
        }
        let own = folder.display().to_string();
        if args.from.is_none() && !folder.join("config.json").exists() {
            bail!(
                "{own}: expected the model that a training writes with its first evaluation, found \
                    none: it ended before, and nothing was learned; remove the folder and begin \
                    again"
            );
        }
        let name = args.from.as_ref().unwrap_or(&own);
        let Writer { model, tokenizer, generation, chat } = Writer::open_configured(name, device)?;
        let found = match &model {
            Loaded::Gpt(trained) if trained.config.family == Family::Bloom => {
                bail!("{name}: expected a model that can be written again, found a BLOOM");
            }
            Loaded::Gpt(_) => Architecture::Gpt,
            Loaded::Llama(_) => Architecture::Llama,
        };
        if found != args.architecture {
            let (found, asked) = (found.name(), args.architecture.name());
            bail!("{name}: expected a {asked}, found a {found}; say `train {found}`");
        }
        let corpus = TokenizedCorpus::of(tokenizer, text)?;
        for ids in [&corpus.training, &corpus.validation] {
            corpus.tokenizer.check_ids(ids, model.vocab())?;
        }
        let (stops, chat) = (generation.stops, chat.transpose()?);
        Ok(Self { corpus, trained: Some(model), chat, stops })
    }
}

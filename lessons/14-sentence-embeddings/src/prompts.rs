//! A text that stands before every text: some models are trained with one before a query and
//! another before what it should find (Wang et al. 2022, "Text Embeddings by Weakly-Supervised
//! Contrastive Pre-training").

use std::collections::BTreeMap;

use tokens::TokensError;

use crate::SentenceEncoder;
use crate::error::SentenceError;

/// Name of the prompt of queries.
pub const QUERY: &str = "query";
/// Name of the prompt of passages, which searches look among.
pub const PASSAGE: &str = "document";

/// The prompts of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    /// Each prompt by its name.
    pub by_name: BTreeMap<String, String>,
    /// Name of the prompt that stands before texts of which nothing else is known.
    pub default: Option<String>,
    /// Whether a prompt's tokens are pooled like those of the text.
    pub pooled: bool,
}

impl Default for Prompts {
    /// No prompt: those of queries and of passages are empty, as sentence-transformers 6.2 has them
    /// for every model (`SentenceTransformer._default_prompts`).
    fn default() -> Self {
        let mut by_name = BTreeMap::new();
        for name in [QUERY, PASSAGE] {
            by_name.insert(name.to_string(), String::new());
        }
        Self { by_name, default: None, pooled: true }
    }
}

impl Prompts {
    /// The prompt of this name.
    ///
    /// # Errors
    ///
    /// A name that the model does not know; the error says which it knows.
    pub fn named(&self, name: &str) -> Result<&str, SentenceError> {
        match self.by_name.get(name) {
            Some(prompt) => Ok(prompt),
            None => {
                let known: Vec<String> = self.by_name.keys().cloned().collect();
                Err(SentenceError::NoPrompt { name: name.into(), known })
            }
        }
    }

    /// The prompt of this name, empty if there is none.
    fn text(&self, name: Option<&str>) -> &str {
        name.and_then(|name| self.by_name.get(name)).map_or("", String::as_str)
    }
}

impl SentenceEncoder {
    /// The prompts that the model knows.
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// The text that stands before every text.
    pub fn prompt(&self) -> &str {
        &self.prompt
    }

    /// The encoder with other prompts, of which the default one stands before every text.
    ///
    /// # Errors
    ///
    /// A prompt that the tokenizer refuses.
    pub fn with_prompts(self, prompts: Prompts) -> Result<Self, TokensError> {
        let prompt = prompts.text(prompts.default.as_deref()).to_string();
        Self { prompts, ..self }.with_prompt(&prompt)
    }

    /// The encoder with this text before every text.
    ///
    /// # Errors
    ///
    /// A prompt that the tokenizer refuses.
    // ANCHOR: with_prompt
    pub fn with_prompt(mut self, prompt: &str) -> Result<Self, TokensError> {
        self.prompt = prompt.into();
        self.reading.unpooled = 0;
        if !self.prompts.pooled && !prompt.is_empty() {
            // [CLS] is counted, [SEP] is not: it does not stand there once a text
            // follows.
            let alone = self.encode("")?.ids;
            self.reading.unpooled = alone.len() - usize::from(self.ends_special(&alone));
        }
        Ok(self)
    }
    // ANCHOR_END: with_prompt

    /// The encoder that reads queries: with the model's prompt for them.
    ///
    /// # Errors
    ///
    /// A prompt that the tokenizer refuses.
    pub fn for_queries(&self) -> Result<Self, TokensError> {
        self.clone().with_prompt(self.prompts.text(Some(QUERY)))
    }

    /// The encoder that reads passages: with the model's prompt for them.
    ///
    /// # Errors
    ///
    /// A prompt that the tokenizer refuses.
    pub fn for_passages(&self) -> Result<Self, TokensError> {
        self.clone().with_prompt(self.prompts.text(Some(PASSAGE)))
    }

    /// Whether the last of these ids is `[SEP]`, which closes a text.
    fn ends_special(&self, ids: &[u32]) -> bool {
        ids.last().is_some_and(|last| self.tokenizer.sep_id().is_ok_and(|sep| sep == *last))
    }
}

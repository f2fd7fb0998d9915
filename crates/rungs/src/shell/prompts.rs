//! Prompts that a command puts before texts: by the name that the model gives them, or as they
//! stand, for a model that names them in its card alone.

use anyhow::Result;
use clap::Args;
use sentences::{PASSAGE, QUERY, SentenceEncoder};

/// Names that other versions of the sentence-transformers library gave the prompt of passages.
const OTHER_PASSAGES: [&str; 2] = ["passage", "corpus"];

/// Options that say what stands before texts, in a search before the query.
#[derive(Debug, Args)]
pub struct PromptArg {
    /// Put the model's prompt of this name before each text (of a search or a pair: the query)
    /// [default: as the model says]
    #[arg(long, value_name = "NAME", conflicts_with = "prompt_text")]
    pub prompt: Option<String>,
    /// Put this before it, as it stands: 'query: '
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub prompt_text: Option<String>,
}

/// Options that say what stands before the passages that a query is to find.
#[derive(Debug, Args)]
pub struct PassagePromptArg {
    /// Put the model's prompt of this name before each passage [default: document, if it has one]
    #[arg(long, value_name = "NAME", conflicts_with = "passage_prompt_text")]
    pub passage_prompt: Option<String>,
    /// Put this before each passage, as it stands: 'passage: '
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub passage_prompt_text: Option<String>,
}

/// The text of the prompt that was asked for, if one was.
fn asked(
    encoder: &SentenceEncoder,
    name: Option<&str>,
    text: Option<&str>,
) -> Result<Option<String>> {
    match (text, name) {
        (Some(text), _) => Ok(Some(text.to_string())),
        (None, Some(name)) => Ok(Some(encoder.prompts().named(name)?.to_string())),
        (None, None) => Ok(None),
    }
}

impl PromptArg {
    /// The prompt's text, if one was asked for.
    fn text(&self, encoder: &SentenceEncoder) -> Result<Option<String>> {
        asked(encoder, self.prompt.as_deref(), self.prompt_text.as_deref())
    }

    /// The encoder with the prompt that was asked for, else with its own default.
    pub fn texts(&self, encoder: SentenceEncoder) -> Result<SentenceEncoder> {
        match self.text(&encoder)? {
            Some(prompt) => Ok(encoder.with_prompt(&prompt)?),
            None => Ok(encoder),
        }
    }

    /// The encoder of an index's passages, with the prompt that was asked for; else with `kept`,
    /// that of the index, or the model's own for passages.
    pub fn passages(
        &self,
        encoder: SentenceEncoder,
        kept: Option<&str>,
    ) -> Result<SentenceEncoder> {
        match (self.text(&encoder)?, kept) {
            (Some(prompt), _) => Ok(encoder.with_prompt(&prompt)?),
            (None, Some(kept)) => Ok(encoder.with_prompt(kept)?),
            (None, None) => {
                note_other_names(&encoder);
                Ok(encoder.for_passages()?)
            }
        }
    }

    /// The encoder with the prompt that was asked for as its prompt of queries.
    pub fn queries(&self, encoder: SentenceEncoder) -> Result<SentenceEncoder> {
        let query = self.text(&encoder)?;
        with_prompts(encoder, query, None)
    }
}

impl PassagePromptArg {
    /// Whether anything was asked for.
    pub fn is_given(&self) -> bool {
        self.passage_prompt.is_some() || self.passage_prompt_text.is_some()
    }
}

/// The encoder with the prompts that were asked for as its prompts of queries and of passages.
pub fn queries_and_passages(
    encoder: SentenceEncoder,
    query: &PromptArg,
    passage: &PassagePromptArg,
) -> Result<SentenceEncoder> {
    let query = query.text(&encoder)?;
    let (name, text) = (passage.passage_prompt.as_deref(), passage.passage_prompt_text.as_deref());
    let passage = asked(&encoder, name, text)?;
    if passage.is_none() {
        note_other_names(&encoder);
    }
    with_prompts(encoder, query, passage)
}

/// The encoder with these texts, if any, as its prompts of queries and of passages.
fn with_prompts(
    encoder: SentenceEncoder,
    query: Option<String>,
    passage: Option<String>,
) -> Result<SentenceEncoder> {
    let mut prompts = encoder.prompts().clone();
    for (name, text) in [(QUERY, query), (PASSAGE, passage)] {
        if let Some(text) = text {
            prompts.by_name.insert(name.to_string(), text);
        }
    }
    Ok(encoder.with_prompts(prompts)?)
}

/// Notes on standard error that a prompt which looks like one for passages is not used:
/// sentence-transformers 6.2 takes the one called "document", which every model has, if an empty
/// one (`SentenceTransformer.encode_document`).
fn note_other_names(encoder: &SentenceEncoder) {
    let by_name = &encoder.prompts().by_name;
    if by_name.get(PASSAGE).is_some_and(|prompt| !prompt.is_empty()) {
        return;
    }
    for name in OTHER_PASSAGES {
        if by_name.get(name).is_some_and(|prompt| !prompt.is_empty()) {
            note!(
                "note: no prompt stands before passages: the model has {name:?} and none called \
                 {PASSAGE:?}; name it to put it there"
            );
        }
    }
}

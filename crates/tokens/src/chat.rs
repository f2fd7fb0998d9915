//! Conversations as a model was trained to read them: messages with roles, written as one text by
//! the model's own template.
//!
//! A template is a program that a file brings: it runs within bounds of time and memory, and can
//! open nothing. The rules are those of the transformers library, 5.24
//! (`utils/chat_template_utils.py`), but for one: `strftime_now` is not there, so that a
//! conversation is the same tokens tomorrow (templates that ask for it have a date of their own).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use files::one_line;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value as Jinja, context, filters};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokenizers::{AddedToken, Tokenizer as Library};

use crate::Tokenizer;
use crate::config::{read_object, wrong};
use crate::error::TokensError;

/// File that holds a template alone; it goes before `chat_template` in tokenizer_config.json.
const TEMPLATE_FILE: &str = "chat_template.jinja";
const CONFIG_FILE: &str = "tokenizer_config.json";
/// Key of the template in tokenizer_config.json, and in the metadata of a GGUF file.
const KEY: &str = "chat_template";
const GGUF_KEY: &str = "tokenizer.chat_template";
/// The largest template, in bytes; the longest in wide use have some 20,000.
const LARGEST_TEMPLATE: u64 = 1 << 20;
/// What a template may do: steps, with 64 bytes each (`Environment::set_fuel`); more for every
/// message, and for so many bytes of them one.
const FUEL: u64 = 100_000;
const FUEL_OF_A_MESSAGE: u64 = 1_000;
const BYTES_OF_FUEL: u64 = 4;
/// What fuel does not bound: lists in lists are printed, compared and dropped level by level, on the
/// stack, and two of one list, two of those and so on are printed without an end. A level takes a
/// step, and less than 3 KB of stack (measured: 41,360 levels in 128 MB).
const STACK_OF_FUEL: u64 = 3 << 10;
const STACK: (u64, u64) = (16 << 20, 1 << 30);
const LONGEST_RUN: Duration = Duration::from_secs(5);

/// First characters of private use that stand in for special tokens: for those of a template, and
/// for what a message spells like one. No text has a meaning for any of them.
const OF_TEMPLATE: u32 = 0xf_0000;
const OF_MESSAGE: u32 = 0x10_0000;
/// The most special tokens that have such characters.
const MOST_SPECIALS: usize = 0xfffe;

/// What somebody says in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it: `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Message {
    /// What `role` says.
    pub fn new(role: &str, content: &str) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}

/// The template of a model, with the tokenizer that reads what it writes.
#[derive(Debug)]
pub struct Chat {
    template: String,
    /// File of the template, for errors.
    path: PathBuf,
    /// Special tokens by role, as templates name them (`eos_token`).
    roles: BTreeMap<String, String>,
    /// The tokenizer, with a character in place of each special token: whatever a message spells is
    /// text to it.
    library: Library,
    stand_ins: Vec<StandIn>,
    /// Special tokens by the ID that the tokenizer gives to the character in their place.
    ids: BTreeMap<u32, u32>,
}

/// A special token that a template may write, and the characters that stand in for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// The token's text: `<|im_end|>`.
    pub text: String,
    /// What stands where the template wrote the token.
    pub of_template: char,
    /// What stands where a message spells it, while the template runs.
    pub of_message: char,
}

impl StandIn {
    /// The characters of the `i`th special token of a tokenizer.
    fn new(i: usize, text: String) -> Self {
        let character = |first| char::from_u32(first + i as u32).unwrap_or_default();
        Self { text, of_template: character(OF_TEMPLATE), of_message: character(OF_MESSAGE) }
    }
}

/// What writes messages as one text: a template with all that it is given.
pub type Template<'a> = dyn Fn(&[Message]) -> Result<String, TokensError> + 'a;

// ANCHOR: with_stand_ins
/// Lets `template` write a conversation so that its own special tokens can be told from
/// those that somebody typed. Where the template wrote one, the text has `of_template`;
/// what a message spells stays as it was typed.
///
/// Characters of a message that stand in for tokens are written as U+FFFD. Of two tokens,
/// one of which begins with the other, `stand_ins` has the longer one first.
///
/// # Errors
///
/// Those of the template.
pub fn with_stand_ins(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { content, .. } in &mut hidden {
        for one in stand_ins {
            *content = content.replace([one.of_template, one.of_message], "\u{fffd}");
            *content = content.replace(&one.text, &one.of_message.to_string());
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    for one in stand_ins {
        text = text.replace(one.of_message, &one.text);
    }
    Ok(text)
}
// ANCHOR_END: with_stand_ins

impl Chat {
    /// The template in a model's folder, if it has one: `chat_template.jinja`, else what
    /// tokenizer_config.json has.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a template that is none.
    pub fn open(folder: &Path, tokenizer: &Tokenizer) -> Result<Option<Self>, TokensError> {
        let path = folder.join(TEMPLATE_FILE);
        if path.exists() {
            let bytes = files::read(&path, "a chat template", LARGEST_TEMPLATE)?;
            let Ok(template) = String::from_utf8(bytes) else {
                return Err(wrong(&path, "a template in UTF-8".into(), "other bytes"));
            };
            return Self::new(&template, &path, tokenizer).map(Some);
        }
        let path = folder.join(CONFIG_FILE);
        match read_object(&path)?.unwrap_or_default().get(KEY) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Self::new(template_of(value, &path)?, &path, tokenizer).map(Some),
        }
    }

    /// The template in the metadata of the GGUF file at `path`, if it has one.
    ///
    /// # Errors
    ///
    /// A template that is none.
    pub fn of_gguf(
        path: &Path,
        metadata: &Map<String, Value>,
        tokenizer: &Tokenizer,
    ) -> Result<Option<Self>, TokensError> {
        match metadata.get(GGUF_KEY) {
            None => Ok(None),
            Some(value) => Self::new(template_of(value, path)?, path, tokenizer).map(Some),
        }
    }

    fn new(template: &str, path: &Path, tokenizer: &Tokenizer) -> Result<Self, TokensError> {
        let mut library = tokenizer.library.clone();
        library.set_encode_special_tokens(true);
        let mut specials: Vec<(u32, AddedToken)> = Vec::new();
        for (id, token) in library.get_added_tokens_decoder() {
            if is_marker(&token) {
                specials.push((id, token));
            }
        }
        if specials.len() > MOST_SPECIALS {
            let expected = format!("at most {MOST_SPECIALS} special tokens");
            return Err(wrong(&tokenizer.path, expected, &specials.len().to_string()));
        }
        // A token whose text begins with another's is looked for first.
        specials.sort_by_key(|(_, token)| std::cmp::Reverse(token.content.len()));
        let (mut stand_ins, mut added) = (Vec::new(), Vec::new());
        for (i, (_, token)) in specials.iter().enumerate() {
            let stand_in = StandIn::new(i, token.content.clone());
            added.push(
                AddedToken::from(stand_in.of_template.to_string(), false)
                    .normalized(false)
                    .lstrip(token.lstrip)
                    .rstrip(token.rstrip),
            );
            stand_ins.push(stand_in);
        }
        library.add_tokens(added).map_err(|error| TokensError::Refused {
            path: tokenizer.path.clone(),
            reason: one_line(&error.to_string()),
        })?;
        let mut ids = BTreeMap::new();
        for ((id, _), stand_in) in specials.iter().zip(&stand_ins) {
            if let Some(added) = library.token_to_id(&stand_in.of_template.to_string()) {
                ids.insert(added, *id);
            }
        }
        let chat = Self {
            template: template.into(),
            path: path.into(),
            roles: tokenizer.specials.by_name(),
            library,
            stand_ins,
            ids,
        };
        let parsed =
            environment(0).template_from_str(&chat.template).map(drop).map_err(Failure::of);
        parsed.map_err(|failure| chat.error(failure))?;
        Ok(chat)
    }

    /// Writes the template into a model's folder, as a file of its own.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written to.
    pub fn save(&self, folder: &Path) -> Result<(), TokensError> {
        Ok(files::write(&folder.join(TEMPLATE_FILE), &self.template)?)
    }

    /// The conversation as one text; with `answer_next`, up to where the assistant begins to answer.
    ///
    /// # Errors
    ///
    /// What the template refuses, such as two turns of one role; one that does too much. One that
    /// does not end in time goes on behind the back of [`TokensError::Endless`]: end the process.
    pub fn render(&self, messages: &[Message], answer_next: bool) -> Result<String, TokensError> {
        let mut given = Vec::new();
        let mut bytes = 0;
        for Message { role, content } in messages {
            bytes += content.len() as u64;
            given.push(context! { role, content });
        }
        let fuel = FUEL + messages.len() as u64 * FUEL_OF_A_MESSAGE + bytes / BYTES_OF_FUEL;
        let values = context! {
            messages => given,
            add_generation_prompt => answer_next,
            tools => (),
            documents => (),
            ..Jinja::from(self.roles.clone())
        };
        let template = self.template.clone();
        let (sender, receiver) = mpsc::channel();
        let stack = (STACK.0 + fuel * STACK_OF_FUEL).min(STACK.1);
        let run = move || {
            // an error may hold the template's values: what is left of them goes with this stack
            let said = environment(fuel).render_str(&template, values).map_err(Failure::of);
            let _ = sender.send(said);
        };
        if let Err(error) = thread::Builder::new().stack_size(stack as usize).spawn(run) {
            return Err(self.error(Failure { line: 1, reason: format!("no thread: {error}") }));
        }
        match receiver.recv_timeout(LONGEST_RUN) {
            Ok(said) => said.map_err(|failure| self.error(failure)),
            Err(RecvTimeoutError::Timeout) => {
                Err(TokensError::Endless { path: self.path.clone(), limit: LONGEST_RUN })
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(self.error(Failure { line: 1, reason: "it panicked".into() }))
            }
        }
    }

    /// The token IDs of the conversation. The template's special tokens become tokens; what a
    /// message spells like one stays text.
    ///
    /// # Errors
    ///
    /// As [`Chat::render`], or a failure of the tokenizers library.
    pub fn encode(&self, messages: &[Message], answer_next: bool) -> Result<Vec<u32>, TokensError> {
        let template = |messages: &[Message]| self.render(messages, answer_next);
        let text = with_stand_ins(messages, &self.stand_ins, &template)?;
        let encoded = crate::quietly(|| self.library.encode(text.as_str(), false));
        let encoded = encoded.map_err(|reason| TokensError::Encode {
            path: self.path.clone(),
            bytes: text.len(),
            reason,
        })?;
        let mut ids = encoded.get_ids().to_vec();
        for id in &mut ids {
            *id = *self.ids.get(id).unwrap_or(id);
        }
        Ok(ids)
    }

    fn error(&self, Failure { line, reason }: Failure) -> TokensError {
        TokensError::Template { path: self.path.clone(), line, reason }
    }
}

/// What a template runs in.
fn environment(fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the usual delimiters are no contradiction"));
    environment.set_unknown_method_callback(|state, value, method, args| match method {
        "format" => Err(ErrorKind::UnknownMethod.into()), // '{:>999999999}'
        _ => minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args),
    });
    environment.remove_filter("format");
    environment.set_fuel(Some(fuel));
    environment.add_filter("tojson", tojson);
    environment.add_function("raise_exception", |message: String| -> Result<(), Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    environment
}

/// JSON as the library writes it for templates: all characters as they are, where minijinja writes
/// four of them as HTML has it.
fn tojson(value: &Jinja, indent: Option<Jinja>, options: Kwargs) -> Result<Jinja, Error> {
    options.get::<Option<bool>>("ensure_ascii")?;
    let json = filters::tojson(value, indent, options)?;
    let json = json.as_str().unwrap_or_default();
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (escape, plain) = match rest.get(at..at + 6) {
            Some(r"\u003c") => (6, "<"),
            Some(r"\u003e") => (6, ">"),
            Some(r"\u0026") => (6, "&"),
            Some(r"\u0027") => (6, "'"),
            _ => (2, &rest[at..at + 2]), // a backslash and what it escapes
        };
        text.push_str(plain);
        rest = &rest[at + escape..];
    }
    text.push_str(rest);
    Ok(text.into())
}

/// Where a template failed, and why.
struct Failure {
    line: usize,
    reason: String,
}

impl Failure {
    fn of(error: Error) -> Self {
        let mut reason = one_line(error.detail().unwrap_or("it failed"));
        if error.kind() != ErrorKind::InvalidOperation {
            reason = format!("{}: {reason}", error.kind());
        }
        Self { line: error.line().unwrap_or(1), reason }
    }
}

/// The template in a value: a text, or in a list of named ones the one called `default`.
fn template_of<'a>(value: &'a Value, path: &Path) -> Result<&'a str, TokensError> {
    let named = value.as_array().and_then(|list| list.iter().find(|one| one["name"] == "default"));
    match named.map_or(value, |one| &one["template"]).as_str() {
        Some(template) => Ok(template),
        None => Err(wrong(path, format!("a template at {KEY}"), &value.to_string())),
    }
}

/// Whether a token is special, and a text that can be looked for.
fn is_marker(token: &AddedToken) -> bool {
    token.special && !token.content.is_empty()
}

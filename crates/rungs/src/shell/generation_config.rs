//! What a model's folder says of how it writes.

use std::path::Path;

use anyhow::Result;
use checkpoint::Checks;
use serde_json::{Map, Value};

/// The file that says it. Where it lies in the folder, `config.json` is not asked any more, not even
/// for what is missing here; where it does not, `config.json` is read in its place: transformers
/// 5.24, `GenerationMixin.adjust_generation_fn`. What a tokenizer calls its end-of-text token ends
/// no text there, and none here.
const FILE: &str = "generation_config.json";

/// Key of the tokens that end a text.
const EOS: &str = "eos_token_id";

/// Settings that make the likeliest tokens others, and the number that changes nothing, if there
/// is one: transformers 5.24, `GenerationMixin._get_logits_processor`, `_get_stopping_criteria`,
/// `generate` and `GenerationConfig.get_generation_mode`.
const LIKELIEST: [(&str, Option<f64>); 23] = [
    ("bad_words_ids", None),
    ("begin_suppress_tokens", None),
    ("constraints", None),
    ("dola_layers", None),
    ("encoder_no_repeat_ngram_size", Some(0.0)),
    ("encoder_repetition_penalty", Some(1.0)),
    ("exponential_decay_length_penalty", None),
    ("force_words_ids", None),
    ("forced_bos_token_id", None),
    ("forced_eos_token_id", None),
    ("guidance_scale", Some(1.0)),
    ("max_time", None),
    ("min_length", Some(0.0)),
    ("min_new_tokens", Some(0.0)),
    ("no_repeat_ngram_size", Some(0.0)),
    ("num_beams", Some(1.0)),
    ("penalty_alpha", Some(0.0)),
    ("repetition_penalty", Some(1.0)),
    ("sequence_bias", None),
    ("stop_strings", None),
    ("suppress_tokens", None),
    ("token_healing", None),
    ("watermarking_config", None),
];

/// Settings of how tokens are drawn, and the number that changes nothing.
const DRAWN: [(&str, Option<f64>); 8] = [
    ("epsilon_cutoff", Some(0.0)),
    ("eta_cutoff", Some(0.0)),
    ("min_p", Some(0.0)),
    ("temperature", Some(1.0)),
    ("top_h", None),
    ("top_k", Some(0.0)),
    ("top_p", Some(1.0)),
    ("typical_p", Some(1.0)),
];

/// What a model's folder says of how it writes.
#[derive(Debug)]
pub struct GenerationConfig {
    /// IDs of the tokens that end a text.
    pub stops: Vec<u32>,
    /// What the folder says and is not done, whatever is drawn: a sentence each.
    notes: Vec<String>,
    /// What the folder says of how tokens are drawn, which the user says here.
    drawing_note: Option<String>,
}

impl GenerationConfig {
    /// Reads it for a model of `vocab` tokens.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or whose end-of-text tokens are no token IDs.
    pub fn read(folder: &Path, vocab: usize) -> Result<Self> {
        let model: Map<String, Value> = files::read_json(&folder.join("config.json"))?;
        let path = folder.join(FILE);
        let (name, settings) = if path.exists() {
            (FILE, files::read_json(&path)?)
        } else {
            ("config.json", model.clone())
        };
        let stops = token_ids(&Checks::of(&folder.join(name)), &settings)?;
        let mut notes = beyond(&stops, vocab, name);
        if stops.is_empty() && name == FILE && !model.get(EOS).is_none_or(Value::is_null) {
            notes.push(format!(
                "{FILE} names no {EOS}, and config.json's does not count beside it: no token ends \
                    the text"
            ));
        }
        let not_done = named(&settings, &LIKELIEST);
        if !not_done.is_empty() {
            notes.push(format!(
                "{name} asks for {not_done}, which is not done here: other programs may write \
                    another text"
            ));
        }
        let drawn = named(&settings, &DRAWN);
        let drawing_note = (!drawn.is_empty()).then(|| {
            format!("{name} names {drawn}; here --temperature, --top-k and --top-p say it")
        });
        Ok(Self { stops, notes, drawing_note })
    }

    /// The notes where tokens are drawn at this temperature; at 0 none is drawn.
    pub fn notes_at(&self, temperature: f64) -> impl Iterator<Item = &String> {
        let drawn = if temperature > 0.0 { self.drawing_note.as_ref() } else { None };
        self.notes.iter().chain(drawn)
    }

    /// The same of a GGUF file's metadata, which names the tokens that end a text and nothing else.
    ///
    /// # Errors
    ///
    /// End-of-text tokens that are no token IDs.
    pub fn of_gguf(path: &Path, metadata: &Map<String, Value>, vocab: usize) -> Result<Self> {
        let ends = ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"];
        let ids: Vec<Value> = ends.iter().filter_map(|key| metadata.get(*key)).cloned().collect();
        let settings = Map::from_iter([(EOS.to_string(), ids.into())]);
        let stops = token_ids(&Checks::of(path), &settings)?;
        let notes = beyond(&stops, vocab, "its metadata");
        Ok(Self { stops, notes, drawing_note: None })
    }
}

/// A note on each end-of-text token of the file called `name` that the model does not have.
fn beyond(stops: &[u32], vocab: usize, name: &str) -> Vec<String> {
    let mut notes = Vec::new();
    for stop in stops {
        if *stop as usize >= vocab {
            notes.push(format!(
                "{name}: {EOS} {stop} is beyond the model's {vocab} tokens and ends no text"
            ));
        }
    }
    notes
}

/// The end-of-text tokens of a file: one ID, or a list of them.
fn token_ids(checks: &Checks, settings: &Map<String, Value>) -> Result<Vec<u32>> {
    let values = match settings.get(EOS) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let mut ids = Vec::with_capacity(values.len());
    for value in values {
        match value.as_u64().and_then(|id| u32::try_from(id).ok()) {
            Some(id) => ids.push(id),
            None => {
                let found = files::one_line(&value.to_string());
                let problem = format!("expected a token ID or a list of them, found {found}");
                checks.refuse(EOS, problem)?;
            }
        }
    }
    Ok(ids)
}

/// Those of `known` that are set to something, as `name value, name value`.
fn named(settings: &Map<String, Value>, known: &[(&str, Option<f64>)]) -> String {
    let mut named = Vec::new();
    for (name, nothing) in known {
        match settings.get(*name) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::Array(values)) if values.is_empty() => {}
            Some(Value::Number(number)) if number.as_f64() == *nothing => {}
            Some(Value::Number(number)) => named.push(format!("{name} {number}")),
            Some(_) => named.push(name.to_string()),
        }
    }
    named.join(", ")
}

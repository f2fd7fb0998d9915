//! The keys of a `config.json`, by the families of encoders that are a BERT.

use std::path::Path;

use checkpoint::{CheckpointError, Checks};
use layer::Activation;
use serde::Deserialize;
use serde_json::{Value, json};

use super::names::Family;
use crate::{BERT_EPSILON, BertConfig};

/// The encoders that are read, by their `model_type`.
const ENCODERS: &str = "an encoder: bert, distilbert, roberta, xlm-roberta or camembert";

/// What a `config.json` says.
pub(crate) struct Published {
    /// Whose names and keys the folder has.
    pub family: Family,
    /// The model's configuration. [`BertConfig::pooler`] is at its default: only the weights know.
    pub config: BertConfig,
    /// Whether the output table of a masked-language head is the token table.
    pub tied: bool,
}

/// The one key that is read before all others: it decides what these mean.
#[derive(Deserialize)]
struct ModelType {
    model_type: Option<String>,
}

/// The keys of BERT's and RoBERTa's `config.json`; those that change nothing here are passed over.
/// A key that may be absent has the default of transformers 5.24 (`BertConfig`, `RobertaConfig`).
#[derive(Deserialize)]
struct BertKeys {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "two_segments")]
    type_vocab_size: usize,
    #[serde(default = "bert_epsilon")]
    layer_norm_eps: f64,
    #[serde(default = "gelu")]
    hidden_act: String,
    #[serde(default = "a_tenth")]
    hidden_dropout_prob: f64,
    #[serde(default = "padding_of_roberta")]
    pad_token_id: Option<i64>,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
    tie_word_embeddings: Option<bool>,
}

/// The keys of DistilBERT's `config.json`, some of which have BERT's name too (`attribute_map` of
/// transformers 5.24's `DistilBertConfig`). `sinusoidal_pos_embds` says what the position table held
/// before training; it is stored either way.
#[derive(Deserialize)]
struct DistilBertKeys {
    vocab_size: usize,
    dim: Option<usize>,
    hidden_size: Option<usize>,
    n_layers: Option<usize>,
    num_hidden_layers: Option<usize>,
    n_heads: Option<usize>,
    num_attention_heads: Option<usize>,
    hidden_dim: usize,
    max_position_embeddings: usize,
    #[serde(default = "gelu")]
    activation: String,
    #[serde(default = "a_tenth")]
    dropout: f64,
    tie_word_embeddings: Option<bool>,
}

/// Segments of a BERT whose `config.json` does not say.
fn two_segments() -> usize {
    2
}

/// Epsilon of a BERT whose `config.json` does not say, and of every DistilBERT.
fn bert_epsilon() -> f64 {
    BERT_EPSILON
}

/// Name of the activation where a `config.json` does not say.
fn gelu() -> String {
    "gelu".into()
}

/// Dropout where a `config.json` does not say.
fn a_tenth() -> f64 {
    0.1
}

/// Id of padding of a RoBERTa whose `config.json` does not say.
fn padding_of_roberta() -> Option<i64> {
    Some(1)
}

/// Reads and checks the `config.json` of a folder: first of all whose it is.
pub(crate) fn read(folder: &Path) -> Result<Published, CheckpointError> {
    let path = folder.join("config.json");
    let checks = Checks::of(&path);
    let ModelType { model_type } = files::read_json(&path)?;
    let Some(family) = model_type.as_deref().and_then(Family::of) else {
        let found = model_type.map_or("no such key".into(), |found| format!("{found:?}"));
        return Err(CheckpointError::Architecture { path, expected: ENCODERS.into(), found });
    };
    let (config, tied) = match family {
        Family::DistilBert => files::read_json::<DistilBertKeys>(&path)?.checked(&checks)?,
        _ => files::read_json::<BertKeys>(&path)?.checked(family, &checks)?,
    };
    Ok(Published { family, config, tied: tied.unwrap_or(true) })
}

impl BertKeys {
    /// The configuration, and what the file says of the output table.
    fn checked(
        self,
        family: Family,
        checks: &Checks,
    ) -> Result<(BertConfig, Option<bool>), CheckpointError> {
        let mut sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
        ];
        checks.above_zero(&[("type_vocab_size", self.type_vocab_size)])?;
        checks.epsilon("layer_norm_eps", self.layer_norm_eps)?;
        let positions = self.position_embedding_type.as_deref();
        checks.is("position_embedding_type", positions.unwrap_or("absolute"), "absolute")?;
        checks.is("is_decoder", self.is_decoder, false)?;
        let mut padding = None;
        if family == Family::Roberta {
            let (id, rows) = self.padding(checks)?;
            padding = Some(id);
            sizes[5].1 = rows;
        }
        let activation = ("hidden_act", self.hidden_act.as_str());
        let dropout = ("hidden_dropout_prob", self.hidden_dropout_prob);
        let config = checked(checks, sizes, activation, dropout)?
            .with_segments(self.type_vocab_size)
            .with_epsilon(self.layer_norm_eps)
            .with_padding(padding);
        Ok((config, self.tie_word_embeddings))
    }

    /// The id of padding from which positions count, and how many positions are left for tokens.
    fn padding(&self, checks: &Checks) -> Result<(u32, usize), CheckpointError> {
        let rows = self.max_position_embeddings;
        let id = self.pad_token_id.and_then(|id| u32::try_from(id).ok());
        match id {
            Some(id) if (id as usize) < self.vocab_size && (id as usize) + 1 < rows => {
                Ok((id, rows - id as usize - 1))
            }
            _ => {
                let most = self.vocab_size.min(rows.saturating_sub(1));
                let found = self.pad_token_id.map_or("null".into(), |id| id.to_string());
                let problem = format!(
                    "expected the id of padding, below {most}, from which positions count, \
                     found {found}"
                );
                checks.refuse("pad_token_id", problem)
            }
        }
    }
}

impl DistilBertKeys {
    /// The configuration, and what the file says of the output table.
    fn checked(self, checks: &Checks) -> Result<(BertConfig, Option<bool>), CheckpointError> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            either(checks, ("dim", self.dim), ("hidden_size", self.hidden_size))?,
            either(
                checks,
                ("n_layers", self.n_layers),
                ("num_hidden_layers", self.num_hidden_layers),
            )?,
            either(
                checks,
                ("n_heads", self.n_heads),
                ("num_attention_heads", self.num_attention_heads),
            )?,
            ("hidden_dim", self.hidden_dim),
            ("max_position_embeddings", self.max_position_embeddings),
        ];
        let activation = ("activation", self.activation.as_str());
        let config = checked(checks, sizes, activation, ("dropout", self.dropout))?;
        Ok((config, self.tie_word_embeddings))
    }
}

/// A size that has two names: the one that is there, or both where they agree. Where they differ
/// transformers 5.24 takes BERT's name; no library writes such a file, so it is refused.
fn either(
    checks: &Checks,
    (key, size): (&'static str, Option<usize>),
    (other_key, other): (&'static str, Option<usize>),
) -> Result<(&'static str, usize), CheckpointError> {
    match (size, other) {
        (Some(size), Some(other)) if size != other => {
            let problem = format!(
                "expected the same as {other_key}, which is another name for it, found {size} and \
                 {other}"
            );
            checks.refuse(key, problem)
        }
        (Some(size), _) => Ok((key, size)),
        (None, Some(other)) => Ok((other_key, other)),
        (None, None) => checks.refuse(key, "expected a whole number, found no such key".into()),
    }
}

/// A configuration of sizes that can be: vocabulary, width, layers, heads, feed-forward, positions.
fn checked(
    checks: &Checks,
    sizes: [(&'static str, usize); 6],
    (activation_key, activation): (&str, &str),
    (dropout_key, dropout): (&str, f64),
) -> Result<BertConfig, CheckpointError> {
    checks.above_zero(&sizes)?;
    let [(_, vocab), width, (_, layers), heads, (_, d_ff), (_, max_tokens)] = sizes;
    checks.divides(heads, width)?;
    checks.probability(dropout_key, dropout)?;
    let Some(activation) = Activation::published(activation) else {
        return checks.not_read(activation_key, Activation::unknown(activation));
    };
    Ok(BertConfig::new(vocab, width.1, layers, heads.1, d_ff, max_tokens)
        .with_activation(activation)
        .with_dropout(dropout))
}

/// The `config.json` of a model that is written: RoBERTa's where positions count from padding, else
/// BERT's.
pub(crate) fn published(config: &BertConfig, class: &str, labels: &[String]) -> Value {
    let (model_type, prefix) = match config.padding {
        Some(_) => ("roberta", "Roberta"),
        None => ("bert", "Bert"),
    };
    let mut published = json!({
        "architectures": [format!("{prefix}{class}")], "model_type": model_type,
        "vocab_size": config.vocab,
        "hidden_size": config.d_model, "num_hidden_layers": config.n_layers,
        "num_attention_heads": config.n_heads, "intermediate_size": config.d_ff,
        "max_position_embeddings": config.max_tokens, "type_vocab_size": config.segments,
        "layer_norm_eps": config.epsilon, "hidden_act": config.activation.published_name(),
        "hidden_dropout_prob": config.dropout, "attention_probs_dropout_prob": config.dropout,
        "position_embedding_type": "absolute", "torch_dtype": "float32",
    });
    if let Some(padding) = config.padding {
        published["pad_token_id"] = json!(padding);
        published["max_position_embeddings"] = json!(config.max_tokens + padding as usize + 1);
    }
    if !labels.is_empty() {
        let names = labels.iter().enumerate();
        published["id2label"] =
            names.clone().map(|(id, label)| (id.to_string(), json!(label))).collect();
        published["label2id"] = names.map(|(id, label)| (label.clone(), json!(id))).collect();
    }
    published
}

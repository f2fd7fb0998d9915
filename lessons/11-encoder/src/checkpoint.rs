//! BERT as published: the keys of its `config.json` and the names of its tensors.
//!
//! A folder is read in three steps, and each can refuse it: the configuration, the header against
//! the configuration, and only then the numbers.

use std::path::Path;

use burn::nn::LinearConfig;
use burn::tensor::{Device, Tensor};
use checkpoint::{CheckpointError, Checks, Expect, Load, Save, Walk, Weights};
use inputs::LayerNorm;
use layer::{Activation, EncoderLayer};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Bert, BertConfig, MaskedLanguageModel, SequenceClassifier};

/// A model read from a folder.
#[derive(Debug)]
pub struct LoadedBert<M> {
    /// The model with the weights of the file.
    pub model: M,
    /// The model's configuration.
    pub config: BertConfig,
    /// Tensors of the file that this model has no use for.
    pub skipped: Vec<String>,
}

/// Positions that older libraries stored and that hold no weight.
const STORED_CONSTANTS: &str = "embeddings.position_ids";
/// The heads of pretraining, passed over when only the encoder is asked for.
const PRETRAINING_HEADS: &str = "cls.*";
/// Prefix of the encoder's names in a model with a head.
const PREFIX: &str = "bert.";
/// Prefix of a layer's names; the number of the layer follows.
const LAYERS: &str = "encoder.layer.";

/// Name of the token table.
const TOKENS: &str = "embeddings.word_embeddings.weight";
/// Name, within a layer, of the feed-forward's map outwards.
const UP: &str = "intermediate.dense";
/// Name of the pooler's linear map.
const POOLER: &str = "pooler.dense";
/// Name of the linear map to the labels.
const CLASSIFIER: &str = "classifier";
/// Name of the output bias of the masked-language head.
const OUTPUT_BIAS: &str = "cls.predictions.bias";
/// Name of the token table's copy, which some libraries store as the head's output matrix.
const OUTPUT_TABLE: &str = "cls.predictions.decoder.weight";
/// Name of the output bias's copy beside it.
const OUTPUT_BIAS_COPY: &str = "cls.predictions.decoder.bias";

// ANCHOR: load_bert
/// Loads the encoder of a BERT folder; heads above it are skipped.
///
/// # Errors
///
/// Anything of `config.json` or the weights that is not a BERT, or not whole.
pub fn load_bert(folder: &Path, device: &Device) -> Result<LoadedBert<Bert>, CheckpointError> {
    let (weights, config) = open(folder)?;
    let mut model = config.init(device);
    let mut expect = Expect::default();
    walk_encoder(&mut expect, &mut model)?;
    let skipped = weights.matches(&expect.tensors, &[STORED_CONSTANTS, PRETRAINING_HEADS])?;
    walk_encoder(&mut Load::new(&weights, device), &mut model)?;
    Ok(LoadedBert { model, config, skipped })
}
// ANCHOR_END: load_bert

/// Loads a BERT with its masked-language head.
///
/// # Errors
///
/// As [`load_bert`], and an output table of its own instead of the token table.
pub fn load_masked_language_model(
    folder: &Path,
    device: &Device,
) -> Result<LoadedBert<MaskedLanguageModel>, CheckpointError> {
    let (weights, config) = open(folder)?;
    let mut model = MaskedLanguageModel::random(&config, device);
    let mut expect = Expect::default();
    walk_masked_language_model(&mut expect, &mut model)?;
    let allowed = [STORED_CONSTANTS, OUTPUT_TABLE, OUTPUT_BIAS_COPY, "cls.seq_relationship.*"];
    let skipped = weights.matches(&expect.tensors, &allowed)?;
    weights.expect_tied(OUTPUT_TABLE, TOKENS)?;
    weights.expect_tied(OUTPUT_BIAS_COPY, OUTPUT_BIAS)?;
    walk_masked_language_model(&mut Load::new(&weights, device), &mut model)?;
    Ok(LoadedBert { model, config, skipped })
}

/// Loads a BERT with its sequence-classification head; the number of labels is the file's own.
///
/// # Errors
///
/// As [`load_bert`], and a missing pooler.
pub fn load_sequence_classifier(
    folder: &Path,
    device: &Device,
) -> Result<LoadedBert<SequenceClassifier>, CheckpointError> {
    let (weights, mut config) = open(folder)?;
    config.pooler = true;
    let labels = weights.shape(&format!("{CLASSIFIER}.bias")).and_then(<[usize]>::first).copied();
    let labels = labels.unwrap_or(2); // a missing classifier is named by the check that follows
    let classifier = LinearConfig::new(config.d_model, labels).init(device);
    let mut model = SequenceClassifier { bert: config.init(device), classifier };
    let mut expect = Expect::default();
    walk_sequence_classifier(&mut expect, "", &mut model)?;
    let skipped = weights.matches(&expect.tensors, &[STORED_CONSTANTS])?;
    walk_sequence_classifier(&mut Load::new(&weights, device), "", &mut model)?;
    Ok(LoadedBert { model, config, skipped })
}

/// Reads only the token table, `[vocab, d_model]`: the static vectors a trained model starts from.
///
/// # Errors
///
/// As [`load_bert`], as far as the table is concerned.
pub fn load_token_table(folder: &Path, device: &Device) -> Result<Tensor<2>, CheckpointError> {
    let (weights, config) = open(folder)?;
    weights.tensor(TOKENS, [config.vocab, config.d_model], device)
}

/// The keys of a BERT's `config.json`; those that change nothing here are passed over.
#[derive(Debug, Deserialize)]
struct PublishedConfig {
    model_type: Option<String>,
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
    hidden_act: String,
    #[serde(default)]
    hidden_dropout_prob: f64,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
    tie_word_embeddings: Option<bool>,
}

/// Segments of a BERT whose `config.json` does not say.
fn two_segments() -> usize {
    2
}

/// Epsilon of a BERT whose `config.json` does not say.
fn bert_epsilon() -> f64 {
    crate::BERT_EPSILON
}

/// Reads and checks the `config.json` of a BERT folder. [`BertConfig::pooler`] is left at its
/// default: only the weights know.
///
/// # Errors
///
/// A key that is missing or of another type, a value no BERT can have, or another architecture.
pub fn read_config(folder: &Path) -> Result<BertConfig, CheckpointError> {
    let path = folder.join("config.json");
    let config: PublishedConfig = files::read_json(&path)?;
    let checks = Checks::of(&path);
    checks.model_type(config.model_type.as_deref(), "bert")?;
    checks.above_zero(&[
        ("vocab_size", config.vocab_size),
        ("hidden_size", config.hidden_size),
        ("num_hidden_layers", config.num_hidden_layers),
        ("num_attention_heads", config.num_attention_heads),
        ("intermediate_size", config.intermediate_size),
        ("max_position_embeddings", config.max_position_embeddings),
        ("type_vocab_size", config.type_vocab_size),
    ])?;
    let heads = ("num_attention_heads", config.num_attention_heads);
    checks.divides(heads, ("hidden_size", config.hidden_size))?;
    checks.epsilon("layer_norm_eps", config.layer_norm_eps)?;
    checks.probability("hidden_dropout_prob", config.hidden_dropout_prob)?;
    let positions = config.position_embedding_type.as_deref();
    checks.is("position_embedding_type", positions.unwrap_or("absolute"), "absolute")?;
    checks.is("is_decoder", config.is_decoder, false)?;
    checks.is("tie_word_embeddings", config.tie_word_embeddings.unwrap_or(true), true)?;
    let Some(activation) = Activation::published(&config.hidden_act) else {
        return checks.refuse("hidden_act", Activation::unknown(&config.hidden_act));
    };
    Ok(BertConfig::new(
        config.vocab_size,
        config.hidden_size,
        config.num_hidden_layers,
        config.num_attention_heads,
        config.intermediate_size,
        config.max_position_embeddings,
    )
    .with_segments(config.type_vocab_size)
    .with_epsilon(config.layer_norm_eps)
    .with_activation(activation)
    .with_dropout(config.hidden_dropout_prob))
}

// ANCHOR: open
/// Reads configuration and header, and brings the two to one size before anything is listed or
/// allocated.
fn open(folder: &Path) -> Result<(Weights, BertConfig), CheckpointError> {
    let mut config = read_config(folder)?;
    let weights = Weights::open(folder)?.strip_prefix(PREFIX)?;
    weights.expect_layers(LAYERS, config.n_layers)?;
    weights.expect(TOKENS, &[config.vocab, config.d_model])?;
    weights.expect(&format!("{LAYERS}0.{UP}.weight"), &[config.d_ff, config.d_model])?;
    config.pooler = weights.has(&format!("{POOLER}.weight"));
    Ok((weights, config))
}
// ANCHOR_END: open

/// Visits every tensor of the encoder with its published name; the walker decides whether it is
/// checked, loaded or saved.
fn walk_encoder(walk: &mut impl Walk, bert: &mut Bert) -> Result<(), CheckpointError> {
    walk.tensor(TOKENS, &mut bert.embeddings.tokens.weight)?;
    walk.tensor("embeddings.position_embeddings.weight", &mut bert.embeddings.positions.weight)?;
    walk.tensor("embeddings.token_type_embeddings.weight", &mut bert.embeddings.segments.weight)?;
    walk_norm(walk, "embeddings.LayerNorm", &mut bert.embeddings.norm)?;
    for (i, layer) in bert.layers.iter_mut().enumerate() {
        walk_layer(&mut walk.under(format!("{LAYERS}{i}.")), layer)?;
    }
    if let Some(pooler) = &mut bert.pooler {
        walk.linear(POOLER, pooler)?;
    }
    Ok(())
}

// ANCHOR: layer
/// Visits the tensors of one layer by BERT's names, which keep queries, keys and values apart.
fn walk_layer(walk: &mut impl Walk, layer: &mut EncoderLayer) -> Result<(), CheckpointError> {
    let [_, d] = layer.attention.output.weight.lazy_shape().dims(); // asked so, no weight is drawn
    let parts =
        [("attention.self.query", d), ("attention.self.key", d), ("attention.self.value", d)];
    walk.joined(&parts, &mut layer.attention.projection)?;
    walk.linear("attention.output.dense", &mut layer.attention.output)?;
    walk_norm(walk, "attention.output.LayerNorm", &mut layer.attention_norm)?;
    walk.linear(UP, &mut layer.feed_forward.up)?;
    walk.linear("output.dense", &mut layer.feed_forward.down)?;
    walk_norm(walk, "output.LayerNorm", &mut layer.feed_forward_norm)
}
// ANCHOR_END: layer

/// Visits the weight and the bias of a LayerNorm.
fn walk_norm(
    walk: &mut impl Walk,
    name: &str,
    norm: &mut LayerNorm,
) -> Result<(), CheckpointError> {
    walk.tensor(&format!("{name}.weight"), &mut norm.weight)?;
    walk.tensor(&format!("{name}.bias"), &mut norm.bias)
}

/// Visits the encoder and its masked-language head, whose output table is the token table.
fn walk_masked_language_model(
    walk: &mut impl Walk,
    model: &mut MaskedLanguageModel,
) -> Result<(), CheckpointError> {
    walk_encoder(walk, &mut model.bert)?;
    walk.linear("cls.predictions.transform.dense", &mut model.transform)?;
    walk_norm(walk, "cls.predictions.transform.LayerNorm", &mut model.norm)?;
    walk.tensor(OUTPUT_BIAS, &mut model.bias)
}

/// Visits the encoder and its sequence-classification head, `prefix` before the encoder's names.
fn walk_sequence_classifier(
    walk: &mut impl Walk,
    prefix: &str,
    model: &mut SequenceClassifier,
) -> Result<(), CheckpointError> {
    walk_encoder(&mut walk.under(prefix), &mut model.bert)?;
    walk.linear(CLASSIFIER, &mut model.classifier)
}

/// Writes an encoder as `config.json` and `model.safetensors`, which other libraries open as a
/// BERT.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; what was there before stays whole.
pub fn save(bert: &Bert, folder: &Path) -> Result<(), CheckpointError> {
    files::write_json(
        &folder.join("config.json"),
        &published_config(&bert.config(), "BertModel", &[]),
    )?;
    let mut save = Save::default();
    walk_encoder(&mut save, &mut bert.clone())?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &save.tensors, &[])
}

/// Writes an encoder and its head with the names of its labels, which other libraries open as a
/// sequence classifier.
///
/// # Errors
///
/// The same as those of [`save`].
pub fn save_sequence_classifier(
    model: &SequenceClassifier,
    labels: &[String],
    folder: &Path,
) -> Result<(), CheckpointError> {
    let config = published_config(&model.bert.config(), "BertForSequenceClassification", labels);
    files::write_json(&folder.join("config.json"), &config)?;
    let mut save = Save::default();
    walk_sequence_classifier(&mut save, PREFIX, &mut model.clone())?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &save.tensors, &[])
}

/// BERT's `config.json`.
fn published_config(config: &BertConfig, architecture: &str, labels: &[String]) -> Value {
    let mut published = json!({
        "architectures": [architecture], "model_type": "bert", "vocab_size": config.vocab,
        "hidden_size": config.d_model, "num_hidden_layers": config.n_layers,
        "num_attention_heads": config.n_heads, "intermediate_size": config.d_ff,
        "max_position_embeddings": config.max_tokens, "type_vocab_size": config.segments,
        "layer_norm_eps": config.epsilon, "hidden_act": config.activation.published_name(),
        "hidden_dropout_prob": config.dropout, "attention_probs_dropout_prob": config.dropout,
        "position_embedding_type": "absolute", "torch_dtype": "float32",
    });
    if !labels.is_empty() {
        let names = labels.iter().enumerate();
        published["id2label"] =
            names.clone().map(|(id, label)| (id.to_string(), json!(label))).collect();
        published["label2id"] = names.map(|(id, label)| (label.clone(), json!(id))).collect();
    }
    published
}

//! BERT as published: the keys of its `config.json` and the names of its tensors.
//!
//! A folder is read in three steps, and each can refuse it: the configuration, the header against the
//! configuration, and only then the numbers.

use std::path::Path;

use burn::module::Param;
use burn::prelude::*;
use burn::tensor::TensorData;
use checkpoint::{CheckpointError, Checks, Under, Weights};
use inputs::LayerNorm;
use layer::{Activation, EncoderLayer};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Bert, BertConfig, MaskedLanguageModel, SequenceClassifier};

/// A model read from a folder.
#[derive(Debug)]
pub struct Loaded<M> {
    /// The model, its weights in place.
    pub model: M,
    /// Its sizes.
    pub config: BertConfig,
    /// Tensors of the file that this model has no use for.
    pub skipped: Vec<String>,
}

/// Tensors that older libraries stored and that hold no weight.
const STORED_CONSTANTS: &str = "embeddings.position_ids";
/// The heads of pretraining, passed over when only the encoder is asked for.
const PRETRAINING_HEADS: &str = "cls.*";
const POOLER: &str = "pooler.dense";
const TRANSFORM: &str = "cls.predictions.transform.dense";
const TRANSFORM_NORM: &str = "cls.predictions.transform.LayerNorm";
const OUTPUT_BIAS: &str = "cls.predictions.bias";
const OUTPUT_TABLE: &str = "cls.predictions.decoder.weight";
const OUTPUT_BIAS_COPY: &str = "cls.predictions.decoder.bias";
const CLASSIFIER: &str = "classifier";
/// Before the encoder's names where a head stands beside it.
const PREFIX: &str = "bert.";
const TOKENS: &str = "embeddings.word_embeddings.weight";
const POSITIONS: &str = "embeddings.position_embeddings.weight";
const SEGMENTS: &str = "embeddings.token_type_embeddings.weight";
const EMBEDDINGS_NORM: &str = "embeddings.LayerNorm";
const LAYERS: &str = "encoder.layer.";

/// Within a layer.
const QUERY_KEY_VALUE: [&str; 3] = ["attention.self.query", "attention.self.key", "attention.self.value"];
const ATTENTION_OUTPUT: &str = "attention.output.dense";
const ATTENTION_NORM: &str = "attention.output.LayerNorm";
const UP: &str = "intermediate.dense";
const DOWN: &str = "output.dense";
const FEED_FORWARD_NORM: &str = "output.LayerNorm";

// ANCHOR: load_bert
/// Loads the encoder of a BERT folder; heads above it are skipped.
///
/// # Errors
///
/// Anything of `config.json` or the weights that is not a BERT, or not whole.
pub fn load_bert(folder: &Path, device: &Device) -> Result<Loaded<Bert>, CheckpointError> {
    let (weights, config) = open(folder)?;
    let allowed = [STORED_CONSTANTS, PRETRAINING_HEADS];
    let skipped = weights.matches(&encoder_tensors(&config), &allowed)?;
    Ok(Loaded { model: encoder(&weights, &config, device)?, config, skipped })
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
) -> Result<Loaded<MaskedLanguageModel>, CheckpointError> {
    let (weights, config) = open(folder)?;
    let (vocab, d) = (config.vocab, config.d_model);
    let mut expected = encoder_tensors(&config);
    expected.extend(linear(TRANSFORM, d, d));
    expected.extend(norm(TRANSFORM_NORM, d));
    expected.push((OUTPUT_BIAS.into(), vec![vocab]));
    let allowed = [STORED_CONSTANTS, OUTPUT_TABLE, OUTPUT_BIAS_COPY, "cls.seq_relationship.*"];
    let skipped = weights.matches(&expected, &allowed)?;
    weights.expect_tied(OUTPUT_TABLE, TOKENS)?;
    weights.expect_tied(OUTPUT_BIAS_COPY, OUTPUT_BIAS)?;
    let mut model = MaskedLanguageModel::random(&config, device);
    model.bert = encoder(&weights, &config, device)?;
    model.transform = weights.linear(TRANSFORM, d, d, device)?;
    model.norm = layer_norm(&weights.under(""), TRANSFORM_NORM, &config, device)?;
    model.bias = Param::from_tensor(weights.tensor(OUTPUT_BIAS, [vocab], device)?);
    Ok(Loaded { model, config, skipped })
}

/// Loads a BERT with its sequence-classification head; the number of labels is the file's own.
///
/// # Errors
///
/// As [`load_bert`], and a missing pooler.
pub fn load_sequence_classifier(
    folder: &Path,
    device: &Device,
) -> Result<Loaded<SequenceClassifier>, CheckpointError> {
    let (weights, mut config) = open(folder)?;
    config.pooler = true;
    let d = config.d_model;
    let labels = weights.shape(&format!("{CLASSIFIER}.bias")).and_then(<[usize]>::first).copied();
    let labels = labels.unwrap_or(2); // a missing classifier is named by the check that follows
    let mut expected = encoder_tensors(&config);
    expected.extend(linear(CLASSIFIER, d, labels));
    let skipped = weights.matches(&expected, &[STORED_CONSTANTS])?;
    let bert = encoder(&weights, &config, device)?;
    let classifier = weights.linear(CLASSIFIER, d, labels, device)?;
    Ok(Loaded { model: SequenceClassifier { bert, classifier }, config, skipped })
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

/// What `config.json` of a BERT says; keys that change nothing here are passed over.
#[derive(Debug, Deserialize)]
struct PublishedConfig {
    model_type: Option<String>,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "two")]
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

fn two() -> usize {
    2
}

fn bert_epsilon() -> f64 {
    crate::BERT_EPSILON
}

/// Reads and checks the `config.json` of a BERT folder. [`BertConfig::pooler`] is left at its default: only the
/// weights know.
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
/// Reads configuration and header, and brings the two to one size before anything is listed or allocated.
fn open(folder: &Path) -> Result<(Weights, BertConfig), CheckpointError> {
    let mut config = read_config(folder)?;
    let weights = Weights::open(folder)?.strip_prefix(PREFIX)?;
    weights.expect_layers(LAYERS, config.n_layers)?;
    config.pooler = weights.has(&format!("{POOLER}.weight"));
    Ok((weights, config))
}
// ANCHOR_END: open

/// Every tensor of the encoder and its shape, as PyTorch stores it: `Linear` is `[out, in]`.
fn encoder_tensors(config: &BertConfig) -> Vec<(String, Vec<usize>)> {
    let (d, hidden) = (config.d_model, config.d_hidden);
    let mut tensors = vec![
        (TOKENS.into(), vec![config.vocab, d]),
        (POSITIONS.into(), vec![config.max_tokens, d]),
        (SEGMENTS.into(), vec![config.segments, d]),
    ];
    tensors.extend(norm(EMBEDDINGS_NORM, d));
    for layer in 0..config.n_layers {
        let at = |name: &str| format!("{LAYERS}{layer}.{name}");
        for name in QUERY_KEY_VALUE.into_iter().chain([ATTENTION_OUTPUT]) {
            tensors.extend(linear(&at(name), d, d));
        }
        tensors.extend(linear(&at(UP), d, hidden));
        tensors.extend(linear(&at(DOWN), hidden, d));
        tensors.extend(norm(&at(ATTENTION_NORM), d));
        tensors.extend(norm(&at(FEED_FORWARD_NORM), d));
    }
    if config.pooler {
        tensors.extend(linear(POOLER, d, d));
    }
    tensors
}

fn linear(name: &str, d_in: usize, d_out: usize) -> [(String, Vec<usize>); 2] {
    [(format!("{name}.weight"), vec![d_out, d_in]), (format!("{name}.bias"), vec![d_out])]
}

fn norm(name: &str, d: usize) -> [(String, Vec<usize>); 2] {
    [(format!("{name}.weight"), vec![d]), (format!("{name}.bias"), vec![d])]
}

fn encoder(weights: &Weights, config: &BertConfig, device: &Device) -> Result<Bert, CheckpointError> {
    let d = config.d_model;
    let table = |name: &str, rows| weights.tensor(name, [rows, d], device).map(Param::from_tensor);
    let mut bert = config.init(device);
    bert.embeddings.tokens.weight = table(TOKENS, config.vocab)?;
    bert.embeddings.positions.weight = table(POSITIONS, config.max_tokens)?;
    bert.embeddings.segments.weight = table(SEGMENTS, config.segments)?;
    bert.embeddings.norm = layer_norm(&weights.under(""), EMBEDDINGS_NORM, config, device)?;
    for (i, layer) in bert.layers.iter_mut().enumerate() {
        load_layer(layer, &weights.under(format!("{LAYERS}{i}.")), config, device)?;
    }
    if config.pooler {
        bert.pooler = Some(weights.linear(POOLER, d, d, device)?);
    }
    Ok(bert)
}

// ANCHOR: load_layer
fn load_layer(
    layer: &mut EncoderLayer,
    stored: &Under<'_>,
    config: &BertConfig,
    device: &Device,
) -> Result<(), CheckpointError> {
    let (d, hidden) = (config.d_model, config.d_hidden);
    layer.attention.projection = checkpoint::side_by_side(
        QUERY_KEY_VALUE.iter().map(|name| stored.linear(name, d, d, device)).collect::<Result<_, _>>()?,
    );
    layer.attention.output = stored.linear(ATTENTION_OUTPUT, d, d, device)?;
    layer.attention_norm = layer_norm(stored, ATTENTION_NORM, config, device)?;
    layer.feed_forward.up = stored.linear(UP, d, hidden, device)?;
    layer.feed_forward.down = stored.linear(DOWN, hidden, d, device)?;
    layer.feed_forward_norm = layer_norm(stored, FEED_FORWARD_NORM, config, device)?;
    Ok(())
}
// ANCHOR_END: load_layer

fn layer_norm(
    stored: &Under<'_>,
    name: &str,
    config: &BertConfig,
    device: &Device,
) -> Result<LayerNorm, CheckpointError> {
    let vector = |part: &str| {
        stored.tensor(&format!("{name}.{part}"), [config.d_model], device).map(Param::from_tensor)
    };
    Ok(LayerNorm { weight: vector("weight")?, bias: vector("bias")?, epsilon: config.epsilon })
}

/// Writes an encoder as `config.json` and `model.safetensors`, which other libraries open as a BERT.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; what was there before stays whole.
pub fn save(bert: &Bert, folder: &Path) -> Result<(), CheckpointError> {
    files::write_json(&folder.join("config.json"), &published_config(&bert.config(), "BertModel", &[]))?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &tensors(bert, ""), &[])
}

/// Writes an encoder and its head with the names of its labels, which other libraries open as a sequence classifier.
///
/// # Errors
///
/// As [`save`].
pub fn save_sequence_classifier(
    model: &SequenceClassifier,
    labels: &[String],
    folder: &Path,
) -> Result<(), CheckpointError> {
    let config = published_config(&model.bert.config(), "BertForSequenceClassification", labels);
    files::write_json(&folder.join("config.json"), &config)?;
    let mut tensors = tensors(&model.bert, PREFIX);
    tensors.extend(checkpoint::linear_tensors(CLASSIFIER, &model.classifier));
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &tensors, &[])
}

/// An encoder under BERT's names and in its layout, `prefix` before each.
fn tensors(bert: &Bert, prefix: &str) -> Vec<(String, TensorData)> {
    let embeddings = &bert.embeddings;
    let table = |name: &str, weight: &Param<Tensor<2>>| (format!("{prefix}{name}"), weight.val().into_data());
    let mut tensors = vec![
        table(TOKENS, &embeddings.tokens.weight),
        table(POSITIONS, &embeddings.positions.weight),
        table(SEGMENTS, &embeddings.segments.weight),
    ];
    tensors.extend(norm_tensors(&format!("{prefix}{EMBEDDINGS_NORM}"), &embeddings.norm));
    for (i, layer) in bert.layers.iter().enumerate() {
        let at = |name: &str| format!("{prefix}{LAYERS}{i}.{name}");
        let d = bert.d_model();
        for (part, name) in QUERY_KEY_VALUE.into_iter().enumerate() {
            let columns = checkpoint::columns(&layer.attention.projection, part * d, d);
            tensors.extend(checkpoint::linear_tensors(&at(name), &columns));
        }
        tensors.extend(checkpoint::linear_tensors(&at(ATTENTION_OUTPUT), &layer.attention.output));
        tensors.extend(norm_tensors(&at(ATTENTION_NORM), &layer.attention_norm));
        tensors.extend(checkpoint::linear_tensors(&at(UP), &layer.feed_forward.up));
        tensors.extend(checkpoint::linear_tensors(&at(DOWN), &layer.feed_forward.down));
        tensors.extend(norm_tensors(&at(FEED_FORWARD_NORM), &layer.feed_forward_norm));
    }
    let pooler = bert
        .pooler
        .iter()
        .flat_map(|pooler| checkpoint::linear_tensors(&format!("{prefix}{POOLER}"), pooler));
    tensors.extend(pooler);
    tensors
}

fn norm_tensors(name: &str, norm: &LayerNorm) -> [(String, TensorData); 2] {
    let vector = |part: &str, x: &Param<Tensor<1>>| (format!("{name}.{part}"), x.val().into_data());
    [vector("weight", &norm.weight), vector("bias", &norm.bias)]
}

/// BERT's `config.json`.
fn published_config(config: &BertConfig, architecture: &str, labels: &[String]) -> Value {
    let mut published = json!({
        "architectures": [architecture], "model_type": "bert", "vocab_size": config.vocab,
        "hidden_size": config.d_model, "num_hidden_layers": config.n_layers,
        "num_attention_heads": config.n_heads, "intermediate_size": config.d_hidden,
        "max_position_embeddings": config.max_tokens, "type_vocab_size": config.segments,
        "layer_norm_eps": config.epsilon, "hidden_act": config.activation.published_name(),
        "hidden_dropout_prob": config.dropout, "attention_probs_dropout_prob": config.dropout,
        "position_embedding_type": "absolute", "torch_dtype": "float32",
    });
    if !labels.is_empty() {
        let names = labels.iter().enumerate();
        published["id2label"] = names.clone().map(|(id, label)| (id.to_string(), json!(label))).collect();
        published["label2id"] = names.map(|(id, label)| (label.clone(), json!(id))).collect();
    }
    published
}

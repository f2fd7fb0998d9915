//! GPT-2 and BLOOM as published: the keys of their `config.json` and the names of their tensors.
//!
//! What is read is read in three steps, each of which can refuse a folder: the configuration, the header against the
//! configuration, and only then the numbers. What is written is GPT-2's form, which other libraries open.

pub mod parity;

use std::path::Path;

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use checkpoint::{CheckpointError, Checks, Under, Weights};
use inputs::LayerNorm;
use layer::{Activation, DecoderLayer, Norm, Transform};
use serde::Deserialize;
use serde_json::json;

use crate::{Family, Gpt, GptConfig, INITIALIZER_STD};

/// What BLOOM was trained on where its file does not say (Le Scao et al. 2022, table 3).
const BLOOM_TOKENS: usize = 2048;

/// The attention's mask, which older libraries stored with the weights, and the output table, if it is the token table
/// stored twice.
const ALLOWED: [&str; 3] = ["h.*.attn.bias", "h.*.attn.masked_bias", OUTPUT_TABLE];
const OUTPUT_TABLE: &str = "lm_head.weight";
/// Before every name but the output table's; older checkpoints leave it out.
const PREFIX: &str = "transformer.";
const LAYERS: &str = "h.";
const FINAL_NORM: &str = "ln_f";
/// GPT-2's.
const POSITIONS: &str = "wpe.weight";
/// BLOOM's.
const EMBEDDINGS_NORM: &str = "word_embeddings_layernorm";

/// How a family names the tensors of a layer, and the token table.
struct Names {
    table: &'static str,
    attention_norm: &'static str,
    projection: &'static str,
    output: &'static str,
    feed_forward_norm: &'static str,
    up: &'static str,
    down: &'static str,
}

const GPT2: Names = Names {
    table: "wte.weight",
    attention_norm: "ln_1",
    projection: "attn.c_attn",
    output: "attn.c_proj",
    feed_forward_norm: "ln_2",
    up: "mlp.c_fc",
    down: "mlp.c_proj",
};

const BLOOM: Names = Names {
    table: "word_embeddings.weight",
    attention_norm: "input_layernorm",
    projection: "self_attention.query_key_value",
    output: "self_attention.dense",
    feed_forward_norm: "post_attention_layernorm",
    up: "mlp.dense_h_to_4h",
    down: "mlp.dense_4h_to_h",
};

impl Family {
    fn names(self) -> &'static Names {
        match self {
            Self::Gpt2 => &GPT2,
            Self::Bloom => &BLOOM,
        }
    }
}

/// A model read from a folder.
#[derive(Debug)]
pub struct Loaded {
    /// The model, its weights in place.
    pub model: Gpt,
    /// Its sizes.
    pub config: GptConfig,
    /// Tensors of the file that this model has no use for.
    pub skipped: Vec<String>,
}

/// Loads a folder of GPT-2 or BLOOM, without dropout: that belongs to a training and not to what it made.
///
/// # Errors
///
/// Anything of `config.json` or the weights that is neither, or not whole.
pub fn load(folder: &Path, device: &Device) -> Result<Loaded, CheckpointError> {
    let config = read_config(folder)?;
    let weights = Weights::open(folder)?.strip_prefix(PREFIX)?;
    weights.expect_layers(LAYERS, config.n_layers)?;
    let skipped = weights.matches(&expected(&config), &ALLOWED)?;
    weights.expect_tied(OUTPUT_TABLE, config.family.names().table)?;
    let model = read(&weights, &config, device)?;
    Ok(Loaded { model, config, skipped })
}

/// Reads and checks the `config.json` of a GPT-2 or BLOOM folder.
///
/// # Errors
///
/// A key that is missing or of another type, a value that none of them can have, or another architecture.
pub fn read_config(folder: &Path) -> Result<GptConfig, CheckpointError> {
    #[derive(Deserialize)]
    struct Architecture {
        model_type: Option<String>,
    }
    let path = folder.join("config.json");
    let Architecture { model_type } = files::read_json(&path)?;
    match model_type.as_deref() {
        Some("gpt2") => Gpt2Config::read(&path),
        Some("bloom") => BloomConfig::read(&path),
        other => {
            let found = other.map_or("no such key".into(), |other| format!("{other:?}"));
            Checks::of(&path).refuse("model_type", format!("expected \"gpt2\" or \"bloom\", found {found}"))
        }
    }
}

/// What `config.json` of a GPT-2 says; keys that change nothing here are passed over.
#[derive(Deserialize)]
struct Gpt2Config {
    vocab_size: usize,
    n_embd: usize,
    n_layer: usize,
    n_head: usize,
    n_positions: usize,
    n_inner: Option<usize>,
    #[serde(default = "gpt2_activation")]
    activation_function: String,
    #[serde(default = "epsilon")]
    layer_norm_epsilon: f64,
    #[serde(default)]
    scale_attn_by_inverse_layer_idx: bool,
    scale_attn_weights: Option<bool>,
    #[serde(default)]
    add_cross_attention: bool,
    tie_word_embeddings: Option<bool>,
}

fn gpt2_activation() -> String {
    "gelu_new".into()
}

fn epsilon() -> f64 {
    1e-5
}

impl Gpt2Config {
    fn read(path: &Path) -> Result<GptConfig, CheckpointError> {
        let config: Self = files::read_json(path)?;
        let checks = Checks::of(path);
        let d_hidden = config.n_inner.unwrap_or(config.n_embd.saturating_mul(4));
        checks.above_zero(&[
            ("vocab_size", config.vocab_size),
            ("n_embd", config.n_embd),
            ("n_layer", config.n_layer),
            ("n_head", config.n_head),
            ("n_positions", config.n_positions),
            ("n_inner", d_hidden),
        ])?;
        checks.divides(("n_head", config.n_head), ("n_embd", config.n_embd))?;
        checks.epsilon("layer_norm_epsilon", config.layer_norm_epsilon)?;
        checks.is("scale_attn_by_inverse_layer_idx", config.scale_attn_by_inverse_layer_idx, false)?;
        checks.is("scale_attn_weights", config.scale_attn_weights.unwrap_or(true), true)?;
        checks.is("add_cross_attention", config.add_cross_attention, false)?;
        checks.is("tie_word_embeddings", config.tie_word_embeddings.unwrap_or(true), true)?;
        let Some(activation) = Activation::published(&config.activation_function) else {
            return checks.refuse("activation_function", Activation::unknown(&config.activation_function));
        };
        let Self { vocab_size, n_embd, n_layer, n_head, n_positions, .. } = config;
        Ok(GptConfig::new(vocab_size, n_embd, n_layer, n_head, n_positions)
            .with_d_hidden(Some(d_hidden))
            .with_epsilon(config.layer_norm_epsilon)
            .with_activation(activation))
    }
}

/// What `config.json` of a BLOOM says.
#[derive(Deserialize)]
struct BloomConfig {
    vocab_size: usize,
    #[serde(alias = "n_embed")]
    hidden_size: usize,
    #[serde(alias = "num_hidden_layers")]
    n_layer: usize,
    #[serde(alias = "num_attention_heads")]
    n_head: usize,
    seq_length: Option<usize>,
    #[serde(default = "epsilon")]
    layer_norm_epsilon: f64,
    #[serde(default)]
    apply_residual_connection_post_layernorm: bool,
    tie_word_embeddings: Option<bool>,
}

impl BloomConfig {
    fn read(path: &Path) -> Result<GptConfig, CheckpointError> {
        let config: Self = files::read_json(path)?;
        let checks = Checks::of(path);
        let max_tokens = config.seq_length.unwrap_or(BLOOM_TOKENS);
        checks.above_zero(&[
            ("vocab_size", config.vocab_size),
            ("hidden_size", config.hidden_size),
            ("n_layer", config.n_layer),
            ("n_head", config.n_head),
            ("seq_length", max_tokens),
        ])?;
        checks.divides(("n_head", config.n_head), ("hidden_size", config.hidden_size))?;
        checks.epsilon("layer_norm_epsilon", config.layer_norm_epsilon)?;
        let post = config.apply_residual_connection_post_layernorm;
        checks.is("apply_residual_connection_post_layernorm", post, false)?;
        checks.is("tie_word_embeddings", config.tie_word_embeddings.unwrap_or(true), true)?;
        let Self { vocab_size, hidden_size, n_layer, n_head, .. } = config;
        Ok(GptConfig::new(vocab_size, hidden_size, n_layer, n_head, max_tokens)
            .with_family(Family::Bloom)
            .with_epsilon(config.layer_norm_epsilon))
    }
}

/// Every tensor of the model and its shape as stored: GPT-2's maps are `[in, out]`, BLOOM's `[out, in]`.
fn expected(config: &GptConfig) -> Vec<(String, Vec<usize>)> {
    let (d, hidden, names) = (config.d_model, config.d_hidden(), config.family.names());
    let norm = |name: &str| [(format!("{name}.weight"), vec![d]), (format!("{name}.bias"), vec![d])];
    let linear = |name: &str, d_in: usize, d_out: usize| {
        let stored = match config.family {
            Family::Gpt2 => vec![d_in, d_out],
            Family::Bloom => vec![d_out, d_in],
        };
        [(format!("{name}.weight"), stored), (format!("{name}.bias"), vec![d_out])]
    };
    let mut tensors = vec![(names.table.to_string(), vec![config.vocab, d])];
    match config.family {
        Family::Gpt2 => tensors.push((POSITIONS.into(), vec![config.max_tokens, d])),
        Family::Bloom => tensors.extend(norm(EMBEDDINGS_NORM)),
    }
    tensors.extend(norm(FINAL_NORM));
    for layer in 0..config.n_layers {
        let at = |name: &str| format!("{LAYERS}{layer}.{name}");
        tensors.extend(norm(&at(names.attention_norm)));
        tensors.extend(linear(&at(names.projection), d, d.saturating_mul(3)));
        tensors.extend(linear(&at(names.output), d, d));
        tensors.extend(norm(&at(names.feed_forward_norm)));
        tensors.extend(linear(&at(names.up), d, hidden));
        tensors.extend(linear(&at(names.down), hidden, d));
    }
    tensors
}

fn read(weights: &Weights, config: &GptConfig, device: &Device) -> Result<Gpt, CheckpointError> {
    let (d, names) = (config.d_model, config.family.names());
    let table = |name: &str, rows| weights.tensor(name, [rows, d], device).map(Param::from_tensor);
    let mut gpt = config.init(device);
    gpt.tokens.weight = table(names.table, config.vocab)?;
    if let Some(positions) = &mut gpt.positions {
        positions.weight = table(POSITIONS, config.max_tokens)?;
    }
    if let Some(norm) = &mut gpt.embeddings_norm {
        *norm = layer_norm(&weights.under(""), EMBEDDINGS_NORM, config, device)?;
    }
    gpt.norm = layer_norm(&weights.under(""), FINAL_NORM, config, device)?;
    for (i, layer) in gpt.layers.iter_mut().enumerate() {
        read_layer(layer, &weights.under(format!("{LAYERS}{i}.")), config, device)?;
    }
    Ok(gpt)
}

fn read_layer(
    layer: &mut DecoderLayer,
    stored: &Under<'_>,
    config: &GptConfig,
    device: &Device,
) -> Result<(), CheckpointError> {
    let (d, hidden, names) = (config.d_model, config.d_hidden(), config.family.names());
    let linear = |name: &str, d_in: usize, d_out: usize| match config.family {
        Family::Bloom => stored.linear(name, d_in, d_out, device),
        Family::Gpt2 => {
            let weight = stored.tensor(&format!("{name}.weight"), [d_in, d_out], device)?;
            let bias = stored.tensor(&format!("{name}.bias"), [d_out], device)?;
            Ok(Linear { weight: Param::from_tensor(weight), bias: Some(Param::from_tensor(bias)) })
        }
    };
    layer.attention_norm = Norm::Layer(layer_norm(stored, names.attention_norm, config, device)?);
    layer.attention.projection = linear(names.projection, d, 3 * d)?;
    if config.family == Family::Bloom {
        layer.attention.projection = by_part(&layer.attention.projection, config.n_heads);
    }
    layer.attention.output = linear(names.output, d, d)?;
    layer.feed_forward_norm = Norm::Layer(layer_norm(stored, names.feed_forward_norm, config, device)?);
    if let Transform::Plain(feed_forward) = &mut layer.feed_forward {
        feed_forward.up = linear(names.up, d, hidden)?;
        feed_forward.down = linear(names.down, hidden, d)?;
    }
    Ok(())
}

/// BLOOM's columns, `[heads, (q, k, v), d_head]`, in the order of this course: `[(q, k, v), heads, d_head]`.
fn by_part(projection: &Linear, heads: usize) -> Linear {
    let [_, columns] = projection.weight.dims();
    let reorder = |x: Tensor<2>| {
        let [rows, _] = x.dims();
        let by_head = x.detach().reshape([rows, heads, 3, columns / 3 / heads]);
        by_head.swap_dims(1, 2).reshape([rows, columns])
    };
    let bias = projection.bias.as_ref().map(|bias| reorder(bias.val().unsqueeze()).reshape([columns]));
    Linear {
        weight: Param::from_tensor(reorder(projection.weight.val())),
        bias: bias.map(Param::from_tensor),
    }
}

fn layer_norm(
    stored: &Under<'_>,
    name: &str,
    config: &GptConfig,
    device: &Device,
) -> Result<LayerNorm, CheckpointError> {
    let vector = |part: &str| {
        stored.tensor(&format!("{name}.{part}"), [config.d_model], device).map(Param::from_tensor)
    };
    Ok(LayerNorm { weight: vector("weight")?, bias: vector("bias")?, epsilon: config.epsilon })
}

/// Writes a model of GPT-2's family as `config.json` and `model.safetensors`, which other libraries open as GPT-2.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; what was there before stays whole.
///
/// # Panics
///
/// If the model is of BLOOM's family, which is read and not written.
pub fn save(model: &Gpt, config: &GptConfig, folder: &Path) -> Result<(), CheckpointError> {
    files::write_json(&folder.join("config.json"), &published_config(config))?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &tensors(model), &[])
}

/// A model of GPT-2's family under GPT-2's names.
///
/// # Panics
///
/// If the model is of BLOOM's family.
pub fn tensors(model: &Gpt) -> Vec<(String, TensorData)> {
    let positions =
        model.positions.as_ref().expect("a model of GPT-2's family, which is the one that is written");
    let mut tensors = vec![
        (format!("{PREFIX}{}", GPT2.table), model.tokens.weight.val().into_data()),
        (format!("{PREFIX}{POSITIONS}"), positions.weight.val().into_data()),
    ];
    put_norm(&mut tensors, &format!("{PREFIX}{FINAL_NORM}"), &model.norm);
    for (i, layer) in model.layers.iter().enumerate() {
        let at = |name: &str| format!("{PREFIX}{LAYERS}{i}.{name}");
        let (Norm::Layer(first), Norm::Layer(second)) = (&layer.attention_norm, &layer.feed_forward_norm)
        else {
            unreachable!("GPT-2's layers are made with LayerNorm");
        };
        let Transform::Plain(feed_forward) = &layer.feed_forward else {
            unreachable!("GPT-2's layers are made with the plain feed-forward");
        };
        put_norm(&mut tensors, &at(GPT2.attention_norm), first);
        put_linear(&mut tensors, &at(GPT2.projection), &layer.attention.projection);
        put_linear(&mut tensors, &at(GPT2.output), &layer.attention.output);
        put_norm(&mut tensors, &at(GPT2.feed_forward_norm), second);
        put_linear(&mut tensors, &at(GPT2.up), &feed_forward.up);
        put_linear(&mut tensors, &at(GPT2.down), &feed_forward.down);
    }
    tensors
}

fn put_norm(tensors: &mut Vec<(String, TensorData)>, name: &str, norm: &LayerNorm) {
    tensors.push((format!("{name}.weight"), norm.weight.val().into_data()));
    tensors.push((format!("{name}.bias"), norm.bias.val().into_data()));
}

fn put_linear(tensors: &mut Vec<(String, TensorData)>, name: &str, linear: &Linear) {
    tensors.push((format!("{name}.weight"), linear.weight.val().into_data()));
    let bias = linear.bias.as_ref().expect("GPT-2's maps have biases");
    tensors.push((format!("{name}.bias"), bias.val().into_data()));
}

/// GPT-2's `config.json`.
fn published_config(config: &GptConfig) -> serde_json::Value {
    json!({
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": config.vocab,
        "n_embd": config.d_model, "n_layer": config.n_layers, "n_head": config.n_heads,
        "n_positions": config.max_tokens, "n_inner": config.d_hidden,
        "activation_function": config.activation.published_name(),
        "layer_norm_epsilon": config.epsilon, "resid_pdrop": config.dropout, "embd_pdrop": config.dropout,
        "attn_pdrop": config.dropout, "initializer_range": INITIALIZER_STD, "tie_word_embeddings": true,
        "bos_token_id": null, "eos_token_id": null, "torch_dtype": "float32",
    })
}

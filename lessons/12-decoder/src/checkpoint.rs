//! GPT-2 and BLOOM as published: the keys of their `config.json` and the names of their tensors.
//!
//! A folder is read in three steps, each of which can refuse it: the configuration, the header
//! against the configuration, and only then the numbers. What is written is GPT-2's form, which
//! other libraries open.

pub mod parity;

use std::path::Path;

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use checkpoint::{CheckpointError, Checks, Expect, Load, Save, Walk, Weights};
use inputs::LayerNorm;
use layer::{Activation, DecoderLayer, Norm, Transform};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Family, Gpt, GptConfig, INITIALIZER_STD};

/// Longest text of a BLOOM whose file names none, in tokens: what BLOOM was trained on (Le Scao et
/// al. 2022, table 3).
const BLOOM_TOKENS: usize = 2048;

/// What `config.json` calls the architectures that are read here.
pub const MODEL_TYPES: [&str; 2] = ["gpt2", "bloom"];

/// Tensors that a file may have and this model has no use for: the attention's mask, which older
/// libraries stored with the weights, and the output table, if it is the token table stored twice.
const ALLOWED: [&str; 3] = ["h.*.attn.bias", "h.*.attn.masked_bias", OUTPUT_TABLE];
const OUTPUT_TABLE: &str = "lm_head.weight";
/// Prefix of every name but the output table's; older checkpoints leave it out.
const PREFIX: &str = "transformer.";
const LAYERS: &str = "h.";

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
pub struct LoadedGpt {
    /// The model, its weights in place.
    pub model: Gpt,
    /// Sizes and settings of the model.
    pub config: GptConfig,
    /// Tensors of the file that this model has no use for.
    pub skipped: Vec<String>,
}

/// Loads a folder of GPT-2 or BLOOM. Dropout is left out: it belongs to the training, not to the
/// model.
///
/// # Errors
///
/// A `config.json` or weights that are neither GPT-2's nor BLOOM's, or not complete.
pub fn load(folder: &Path, device: &Device) -> Result<LoadedGpt, CheckpointError> {
    let config = read_config(folder)?;
    let weights = Weights::open(folder)?.strip_prefix(PREFIX)?;
    weights.expect_layers(LAYERS, config.n_layers)?;
    expect_sizes(&weights, &config)?;
    let mut model = config.lazy(device);
    let mut expect = Expect::default();
    walk_gpt(&mut expect, "", config.family, &mut model)?;
    let skipped = weights.matches(&expect.tensors, &ALLOWED)?;
    if config.tied {
        weights.expect_tied(OUTPUT_TABLE, config.family.names().table)?;
    }
    walk_gpt(&mut Load::new(&weights, device), "", config.family, &mut model)?;
    if config.family == Family::Bloom {
        for layer in &mut model.layers {
            layer.attention.projection = by_part(&layer.attention.projection, config.n_heads);
        }
    }
    Ok(LoadedGpt { model, config, skipped })
}

/// Checks the sizes that a model is made of, before it is made: a config may say anything.
fn expect_sizes(weights: &Weights, config: &GptConfig) -> Result<(), CheckpointError> {
    let (d, names) = (config.d_model, config.family.names());
    weights.expect(names.table, &[config.vocab, d])?;
    let up = format!("{LAYERS}0.{}.weight", names.up);
    match config.family {
        Family::Gpt2 => weights.expect(&up, &[d, config.d_ff()]),
        Family::Bloom => weights.expect(&up, &[config.d_ff(), d]),
    }
}

/// Reads and checks the `config.json` of a GPT-2 or BLOOM folder.
///
/// # Errors
///
/// A key that is missing or of another type, a value that neither model can have, or another
/// architecture.
pub fn read_config(folder: &Path) -> Result<GptConfig, CheckpointError> {
    let checks = Checks::of(&folder.join("config.json"));
    match checks.architecture(&MODEL_TYPES)?.as_str() {
        "gpt2" => Gpt2Config::read(&checks),
        _ => BloomConfig::read(&checks),
    }
}

/// The `config.json` of a GPT-2; keys that change nothing here are skipped.
#[derive(Deserialize)]
struct Gpt2Config {
    vocab_size: usize,
    n_embd: usize,
    n_layer: usize,
    n_head: usize,
    n_positions: usize,
    n_inner: Option<usize>,
    activation_function: String,
    layer_norm_epsilon: f64,
    scale_attn_weights: bool,
    scale_attn_by_inverse_layer_idx: bool,
    add_cross_attention: bool,
    tie_word_embeddings: bool,
}

impl Gpt2Config {
    /// Defaults and other names are the fields and the `attribute_map` of transformers 5.24.0,
    /// `GPT2Config`; a file without a size is refused.
    fn read(checks: &Checks) -> Result<GptConfig, CheckpointError> {
        let defaults = json!({
            "n_positions": 1024, "n_inner": null, "activation_function": "gelu_new",
            "layer_norm_epsilon": 1e-5, "scale_attn_weights": true,
            "scale_attn_by_inverse_layer_idx": false, "add_cross_attention": false,
            "tie_word_embeddings": true,
        });
        let other_names = [
            ("hidden_size", "n_embd"),
            ("num_hidden_layers", "n_layer"),
            ("num_attention_heads", "n_head"),
            ("max_position_embeddings", "n_positions"),
        ];
        let config: Self = checks.read(defaults, &other_names)?;
        let d_ff = config.n_inner.unwrap_or(config.n_embd.saturating_mul(4));
        checks.above_zero(&[
            ("vocab_size", config.vocab_size),
            ("n_embd", config.n_embd),
            ("n_layer", config.n_layer),
            ("n_head", config.n_head),
            ("n_positions", config.n_positions),
            ("n_inner", d_ff),
        ])?;
        checks.divides(("n_head", config.n_head), ("n_embd", config.n_embd))?;
        checks.epsilon("layer_norm_epsilon", config.layer_norm_epsilon)?;
        checks.is("add_cross_attention", config.add_cross_attention, false)?;
        let Some(activation) = Activation::published(&config.activation_function) else {
            return checks
                .not_read("activation_function", Activation::unknown(&config.activation_function));
        };
        let Self { vocab_size, n_embd, n_layer, n_head, n_positions, .. } = config;
        Ok(GptConfig::new(vocab_size, n_embd, n_layer, n_head, n_positions)
            .with_d_ff(Some(d_ff))
            .with_epsilon(config.layer_norm_epsilon)
            .with_activation(activation)
            .with_scores_by_width(config.scale_attn_weights)
            .with_scores_by_depth(config.scale_attn_by_inverse_layer_idx)
            .with_tied(config.tie_word_embeddings))
    }
}

/// The `config.json` of a BLOOM; keys that change nothing here are skipped.
#[derive(Deserialize)]
struct BloomConfig {
    vocab_size: usize,
    hidden_size: usize,
    n_layer: usize,
    n_head: usize,
    seq_length: usize,
    layer_norm_epsilon: f64,
    apply_residual_connection_post_layernorm: bool,
    tie_word_embeddings: bool,
    slow_but_exact: bool,
    pretraining_tp: usize,
}

impl BloomConfig {
    /// Defaults and other names are the fields, the `attribute_map` and the `__post_init__` of
    /// transformers 5.24.0, `BloomConfig`; a file without a size is refused.
    fn read(checks: &Checks) -> Result<GptConfig, CheckpointError> {
        let defaults = json!({
            "seq_length": BLOOM_TOKENS, "layer_norm_epsilon": 1e-5,
            "apply_residual_connection_post_layernorm": false, "tie_word_embeddings": true,
            "slow_but_exact": false, "pretraining_tp": 1,
        });
        let other_names = [
            ("n_embed", "hidden_size"),
            ("num_hidden_layers", "n_layer"),
            ("num_attention_heads", "n_head"),
        ];
        let config: Self = checks.read(defaults, &other_names)?;
        checks.above_zero(&[
            ("vocab_size", config.vocab_size),
            ("hidden_size", config.hidden_size),
            ("n_layer", config.n_layer),
            ("n_head", config.n_head),
            ("seq_length", config.seq_length),
        ])?;
        checks.divides(("n_head", config.n_head), ("hidden_size", config.hidden_size))?;
        checks.epsilon("layer_norm_epsilon", config.layer_norm_epsilon)?;
        if config.pretraining_tp > 1 {
            // transformers 5.24.0 leaves out two biases of a layer then (`BloomAttention.forward`).
            checks.is("slow_but_exact", config.slow_but_exact, false)?;
        }
        let Self { vocab_size, hidden_size, n_layer, n_head, seq_length, .. } = config;
        Ok(GptConfig::new(vocab_size, hidden_size, n_layer, n_head, seq_length)
            .with_family(Family::Bloom)
            .with_epsilon(config.layer_norm_epsilon)
            .with_residual_after_norm(config.apply_residual_connection_post_layernorm)
            .with_tied(config.tie_word_embeddings))
    }
}

/// Visits every tensor with its published name, `prefix` before all but the output matrix's; the
/// walker decides whether it is checked, loaded or saved.
fn walk_gpt(
    walk: &mut impl Walk,
    prefix: &str,
    family: Family,
    gpt: &mut Gpt,
) -> Result<(), CheckpointError> {
    if let Some(output) = &mut gpt.output {
        walk.tensor(OUTPUT_TABLE, &mut output.weight)?;
    }
    let walk = &mut walk.under(prefix);
    walk.tensor(family.names().table, &mut gpt.tokens.weight)?;
    if let Some(positions) = &mut gpt.positions {
        walk.tensor("wpe.weight", &mut positions.weight)?; // GPT-2's
    }
    if let Some(norm) = &mut gpt.embeddings_norm {
        walk_norm(walk, "word_embeddings_layernorm", norm)?; // BLOOM's
    }
    walk_norm(walk, "ln_f", &mut gpt.norm)?;
    for (i, layer) in gpt.layers.iter_mut().enumerate() {
        walk_layer(&mut walk.under(format!("{LAYERS}{i}.")), family, layer)?;
    }
    Ok(())
}

/// Visits the tensors of one layer by their names within it.
fn walk_layer(
    walk: &mut impl Walk,
    family: Family,
    layer: &mut DecoderLayer,
) -> Result<(), CheckpointError> {
    let (
        Norm::Layer(attention_norm),
        Norm::Layer(feed_forward_norm),
        Transform::Plain(feed_forward),
    ) = (&mut layer.attention_norm, &mut layer.feed_forward_norm, &mut layer.feed_forward)
    else {
        unreachable!(
            "GPT-2's and BLOOM's layers are made with LayerNorm and the plain feed-forward"
        );
    };
    let names = family.names();
    walk_norm(walk, names.attention_norm, attention_norm)?;
    walk_linear(walk, family, names.projection, &mut layer.attention.projection)?;
    walk_linear(walk, family, names.output, &mut layer.attention.output)?;
    walk_norm(walk, names.feed_forward_norm, feed_forward_norm)?;
    walk_linear(walk, family, names.up, &mut feed_forward.up)?;
    walk_linear(walk, family, names.down, &mut feed_forward.down)
}

/// Visits the weight and the bias of a norm.
fn walk_norm(
    walk: &mut impl Walk,
    name: &str,
    norm: &mut LayerNorm,
) -> Result<(), CheckpointError> {
    walk.tensor(&format!("{name}.weight"), &mut norm.weight)?;
    walk.tensor(&format!("{name}.bias"), &mut norm.bias)
}

/// Visits the weight and the bias of a map. BLOOM's maps are PyTorch's `Linear`, `[out, in]`; GPT-2's
/// are stored as the model holds them, `[in, out]`.
fn walk_linear(
    walk: &mut impl Walk,
    family: Family,
    name: &str,
    linear: &mut Linear,
) -> Result<(), CheckpointError> {
    if family == Family::Bloom {
        return walk.linear(name, linear);
    }
    walk.tensor(&format!("{name}.weight"), &mut linear.weight)?;
    match &mut linear.bias {
        Some(bias) => walk.tensor(&format!("{name}.bias"), bias),
        None => Ok(()),
    }
}

/// A projection whose columns are in BLOOM's order, `[heads, (q, k, v), d_head]`, in the order of
/// this course: `[(q, k, v), heads, d_head]`.
fn by_part(projection: &Linear, heads: usize) -> Linear {
    let weight = columns_by_part(projection.weight.val(), heads);
    let bias = projection.bias.as_ref().map(|bias| {
        let [columns] = bias.dims();
        let row = columns_by_part(bias.val().unsqueeze(), heads); // [1, columns]
        Param::from_tensor(row.reshape([columns]))
    });
    Linear { weight: Param::from_tensor(weight), bias }
}

/// Columns `[heads, (q, k, v), d_head]` to columns `[(q, k, v), heads, d_head]`.
fn columns_by_part(x: Tensor<2>, heads: usize) -> Tensor<2> {
    const HEADS: usize = 1;
    const PARTS: usize = 2;
    let [rows, columns] = x.dims();
    let by_head = x.detach().reshape([rows, heads, 3, columns / 3 / heads]);
    by_head.swap_dims(HEADS, PARTS).reshape([rows, columns])
}

/// Writes a model of GPT-2's family as `config.json` and `model.safetensors`, which other libraries
/// open as GPT-2.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; what was there before stays whole.
///
/// # Panics
///
/// If the model is of BLOOM's family, which is only read.
pub fn save(model: &Gpt, config: &GptConfig, folder: &Path) -> Result<(), CheckpointError> {
    files::write_json(&folder.join("config.json"), &published_config(config))?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &tensors(model), &[])
}

/// The tensors of a model of GPT-2's family, under GPT-2's names.
///
/// # Panics
///
/// If the model is of BLOOM's family.
pub fn tensors(model: &Gpt) -> Vec<(String, TensorData)> {
    assert!(
        model.positions.is_some(),
        "expected a model of GPT-2's family, which is the one that is written"
    );
    let mut save = Save::default();
    walk_gpt(&mut save, PREFIX, Family::Gpt2, &mut model.clone())
        .expect("nothing fails where nothing is read");
    save.tensors
}

/// GPT-2's `config.json`.
fn published_config(config: &GptConfig) -> Value {
    json!({
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": config.vocab,
        "n_embd": config.d_model, "n_layer": config.n_layers, "n_head": config.n_heads,
        "n_positions": config.max_tokens, "n_inner": config.d_ff,
        "activation_function": config.activation.published_name(),
        "layer_norm_epsilon": config.epsilon, "resid_pdrop": config.dropout,
        "embd_pdrop": config.dropout, "attn_pdrop": config.dropout,
        "initializer_range": INITIALIZER_STD, "tie_word_embeddings": config.tied,
        "scale_attn_weights": config.scores_by_width,
        "scale_attn_by_inverse_layer_idx": config.scores_by_depth,
        "bos_token_id": null, "eos_token_id": null, "torch_dtype": "float32",
    })
}

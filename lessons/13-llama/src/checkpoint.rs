//! LLaMA, Mistral, Qwen2 and Qwen3 as published: the keys of their `config.json`, in the classic form
//! and in that of transformers 5, and the names of their tensors.

mod config;
mod gguf;
mod rope;

use std::path::Path;

use burn::tensor::{Device, TensorData};
use checkpoint::{CheckpointError, Expect, Load, Save, Walk, Weights};
use layer::{DecoderLayer, Norm, Transform};

use crate::{Llama, LlamaConfig};

pub use config::{MODEL_TYPES, read_config};
pub use gguf::{half_split_columns, load_gguf};

/// RoPE's frequencies, which older libraries stored with the weights.
const STORED_CONSTANTS: &str = "layers.*.rotary_emb.inv_freq";
/// The output matrix; in a tied model it may be the token table stored twice.
const OUTPUT: &str = "lm_head.weight";
const OUTPUT_MAP: &str = "lm_head";
const TABLE: &str = "embed_tokens.weight";
/// Prefix of every name but the output matrix's.
const PREFIX: &str = "model.";
const LAYERS: &str = "layers.";

// Names that the check of the sizes asks for too.
const QUERIES: &str = "self_attn.q_proj";
const GATE: &str = "mlp.gate_proj";

/// A model read from a folder.
#[derive(Debug)]
pub struct LoadedLlama {
    /// The model, its weights in place.
    pub model: Llama,
    /// Sizes and settings of the model.
    pub config: LlamaConfig,
    /// Tensors of the file that this model has no use for.
    pub skipped: Vec<String>,
}

/// Loads a LLaMA-style folder. Dropout is left out: it belongs to the training, not to the model.
///
/// # Errors
///
/// A `config.json` or weights that are of no such model, or not complete.
pub fn load(folder: &Path, device: &Device) -> Result<LoadedLlama, CheckpointError> {
    let config = read_config(folder)?;
    load_weights(config, Weights::open(folder)?.strip_prefix(PREFIX)?, device)
}

/// Loads a model from weights under the published names.
fn load_weights(
    config: LlamaConfig,
    weights: Weights,
    device: &Device,
) -> Result<LoadedLlama, CheckpointError> {
    weights.expect_layers(LAYERS, config.n_layers)?;
    expect_sizes(&weights, &config)?;
    let mut model = config.lazy(device);
    let mut expect = Expect::default();
    walk_llama(&mut expect, "", &mut model)?;
    let allowed = if config.tied { &[STORED_CONSTANTS, OUTPUT][..] } else { &[STORED_CONSTANTS] };
    let skipped = weights.matches(&expect.tensors, allowed)?;
    if config.tied {
        weights.expect_tied(OUTPUT, TABLE)?;
    }
    walk_llama(&mut Load::new(&weights, device), "", &mut model)?;
    Ok(LoadedLlama { model, config, skipped })
}

/// Checks the sizes that a model is made of, before it is made: a config may say anything.
fn expect_sizes(weights: &Weights, config: &LlamaConfig) -> Result<(), CheckpointError> {
    let (d, d_ff) = (config.d_model, config.d_ff);
    let queries = config.n_heads.saturating_mul(config.d_head());
    weights.expect(TABLE, &[config.vocab, d])?;
    weights.expect(&format!("{LAYERS}0.{QUERIES}.weight"), &[queries, d])?;
    weights.expect(&format!("{LAYERS}0.{GATE}.weight"), &[d_ff, d])
}

/// Visits every tensor with its published name, `prefix` before all but the output matrix's; the
/// walker decides whether it is checked, loaded or saved.
fn walk_llama(
    walk: &mut impl Walk,
    prefix: &str,
    llama: &mut Llama,
) -> Result<(), CheckpointError> {
    walk.tensor(&format!("{prefix}{TABLE}"), &mut llama.tokens.weight)?;
    walk.tensor(&format!("{prefix}norm.weight"), &mut llama.norm.weight)?;
    if let Some(output) = &mut llama.output {
        walk.linear(OUTPUT_MAP, output)?;
    }
    for (i, layer) in llama.layers.iter_mut().enumerate() {
        walk_layer(&mut walk.under(format!("{prefix}{LAYERS}{i}.")), layer)?;
    }
    Ok(())
}

/// Visits the tensors of one layer by their names within it.
fn walk_layer(walk: &mut impl Walk, layer: &mut DecoderLayer) -> Result<(), CheckpointError> {
    let (Norm::Rms(attention_norm), Norm::Rms(feed_forward_norm), Transform::SwiGlu(swiglu)) =
        (&mut layer.attention_norm, &mut layer.feed_forward_norm, &mut layer.feed_forward)
    else {
        unreachable!("LLaMA's layers are made with RmsNorm and SwiGLU");
    };
    let attention = &mut layer.attention;
    let [queries, _] = attention.output.weight.lazy_shape().dims(); // no weight is drawn for it
    let kv = queries / attention.n_heads() * attention.n_kv_heads();
    let parts = [(QUERIES, queries), ("self_attn.k_proj", kv), ("self_attn.v_proj", kv)];
    walk.tensor("input_layernorm.weight", &mut attention_norm.weight)?;
    walk.joined(&parts, &mut attention.projection)?;
    if let Some(norms) = &mut attention.head_norms {
        walk.tensor("self_attn.q_norm.weight", &mut norms.query)?;
        walk.tensor("self_attn.k_norm.weight", &mut norms.key)?;
    }
    walk.linear("self_attn.o_proj", &mut attention.output)?;
    walk.tensor("post_attention_layernorm.weight", &mut feed_forward_norm.weight)?;
    walk.linear(GATE, &mut swiglu.gate)?;
    walk.linear("mlp.up_proj", &mut swiglu.up)?;
    walk.linear("mlp.down_proj", &mut swiglu.down)
}

/// Writes a model as `config.json` and `model.safetensors`, which other libraries open as the kind of
/// model that its configuration names.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; what was there before stays whole.
///
/// # Panics
///
/// If the configuration has settings that models of its kind do not have, such as biases in a Mistral.
pub fn save(model: &Llama, config: &LlamaConfig, folder: &Path) -> Result<(), CheckpointError> {
    files::write_json(&folder.join("config.json"), &config::published(config))?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &tensors(model), &[])
}

/// The tensors of a model under LLaMA's names and in its layout.
pub fn tensors(model: &Llama) -> Vec<(String, TensorData)> {
    let mut save = Save::default();
    walk_llama(&mut save, PREFIX, &mut model.clone()).expect("nothing fails where nothing is read");
    save.tensors
}

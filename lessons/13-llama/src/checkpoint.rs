//! LLaMA as published: the keys of its `config.json`, in the classic form and in that of
//! transformers 5, and the names of its tensors.

use std::path::Path;

use burn::nn::{Initializer, Linear};
use burn::tensor::{Device, TensorData};
use checkpoint::{CheckpointError, Checks, Expect, Load, Save, Walk, Weights};
use layer::{DecoderLayer, Norm, Transform};
use positions::RopeScaling;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Llama, LlamaConfig};

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

/// A configuration as published: the sizes, and which maps have biases.
struct PublishedLlama {
    config: LlamaConfig,
    attention_bias: bool,
    mlp_bias: bool,
}

/// Loads a LLaMA-style folder. Dropout is left out: it belongs to the training, not to the model.
///
/// # Errors
///
/// A `config.json` or weights that are not a LLaMA's, or not complete.
pub fn load(folder: &Path, device: &Device) -> Result<LoadedLlama, CheckpointError> {
    let published = read_published(folder)?;
    let config = &published.config;
    let weights = Weights::open(folder)?.strip_prefix(PREFIX)?;
    weights.expect_layers(LAYERS, config.n_layers)?;
    expect_sizes(&weights, config)?;
    let mut model = lazy(&published, device);
    let mut expect = Expect::default();
    walk_llama(&mut expect, "", &mut model)?;
    let allowed = if config.tied { &[STORED_CONSTANTS, OUTPUT][..] } else { &[STORED_CONSTANTS] };
    let skipped = weights.matches(&expect.tensors, allowed)?;
    if config.tied {
        weights.expect_tied(OUTPUT, TABLE)?;
    }
    walk_llama(&mut Load::new(&weights, device), "", &mut model)?;
    Ok(LoadedLlama { model, config: published.config, skipped })
}

/// Checks the sizes that a model is made of, before it is made: a config may say anything.
fn expect_sizes(weights: &Weights, config: &LlamaConfig) -> Result<(), CheckpointError> {
    let (d, d_ff) = (config.d_model, config.d_ff);
    let queries = config.n_heads.saturating_mul(config.d_head());
    weights.expect(TABLE, &[config.vocab, d])?;
    weights.expect(&format!("{LAYERS}0.{QUERIES}.weight"), &[queries, d])?;
    weights.expect(&format!("{LAYERS}0.{GATE}.weight"), &[d_ff, d])
}

/// A model of the published sizes, with the published biases, whose weights burn draws only if they
/// are read before the checkpoint fills them.
fn lazy(published: &PublishedLlama, device: &Device) -> Llama {
    let mut model = published.config.lazy(device);
    for layer in &mut model.layers {
        if published.attention_bias {
            add_bias(&mut layer.attention.projection, device);
            add_bias(&mut layer.attention.output, device);
        }
        if let (true, Transform::SwiGlu(swiglu)) = (published.mlp_bias, &mut layer.feed_forward) {
            add_bias(&mut swiglu.gate, device);
            add_bias(&mut swiglu.up, device);
            add_bias(&mut swiglu.down, device);
        }
    }
    model
}

fn add_bias(linear: &mut Linear, device: &Device) {
    let [_, d_out] = linear.weight.lazy_shape().dims();
    linear.bias = Some(Initializer::Zeros.init([d_out], device));
}

/// Reads and checks the `config.json` of a LLaMA-style folder.
///
/// # Errors
///
/// A key that is missing or of another type, a value that no LLaMA can have, or another
/// architecture.
pub fn read_config(folder: &Path) -> Result<LlamaConfig, CheckpointError> {
    read_published(folder).map(|published| published.config)
}

/// The `config.json` of a LLaMA; keys that change nothing here are skipped.
#[derive(Deserialize)]
struct PublishedConfig {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f64,
    #[serde(default = "silu")]
    hidden_act: String,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    tie_word_embeddings: bool,
    /// Base of RoPE's frequencies in the classic form.
    rope_theta: Option<f64>,
    /// Scaling of RoPE in the classic form.
    rope_scaling: Option<RopeParameters>,
    /// Base and scaling in the form of transformers 5.
    rope_parameters: Option<RopeParameters>,
}

#[derive(Deserialize)]
struct RopeParameters {
    rope_type: Option<String>,
    /// Older name of `rope_type`; some files have both.
    r#type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
}

fn silu() -> String {
    "silu".into()
}

fn read_published(folder: &Path) -> Result<PublishedLlama, CheckpointError> {
    #[derive(Deserialize)]
    struct Architecture {
        model_type: Option<String>,
    }
    let path = folder.join("config.json");
    let checks = Checks::of(&path);
    let Architecture { model_type } = files::read_json(&path)?;
    // Checked first, before a key is missed that another architecture lacks.
    checks.model_type(model_type.as_deref(), "llama")?;
    let config: PublishedConfig = files::read_json(&path)?;
    let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
    let sizes = [
        ("vocab_size", config.vocab_size),
        ("hidden_size", config.hidden_size),
        ("intermediate_size", config.intermediate_size),
        ("num_hidden_layers", config.num_hidden_layers),
        ("num_attention_heads", heads),
        ("num_key_value_heads", kv_heads.unwrap_or(heads)),
        ("head_dim", config.head_dim.unwrap_or(1)),
        ("max_position_embeddings", config.max_position_embeddings),
    ];
    checks.above_zero(&sizes)?;
    if config.head_dim.is_none() {
        checks.divides(("num_attention_heads", heads), ("hidden_size", config.hidden_size))?;
    }
    let d_head = config.head_dim.unwrap_or(config.hidden_size / heads);
    if !d_head.is_multiple_of(2) {
        return checks.refuse(
            "head_dim",
            format!("expected an even number (RoPE turns pairs), found {d_head}"),
        );
    }
    checks.divides(
        ("num_key_value_heads", kv_heads.unwrap_or(heads)),
        ("num_attention_heads", heads),
    )?;
    checks.epsilon("rms_norm_eps", config.rms_norm_eps)?;
    checks.is("hidden_act", config.hidden_act.as_str(), "silu")?;
    let (theta, scaling) = positions(&config, &checks)?;
    let PublishedConfig { vocab_size, hidden_size, num_hidden_layers, intermediate_size, .. } =
        config;
    let sizes = LlamaConfig::new(
        vocab_size,
        hidden_size,
        num_hidden_layers,
        heads,
        intermediate_size,
        config.max_position_embeddings,
    );
    Ok(PublishedLlama {
        config: sizes
            .with_n_kv_heads(kv_heads)
            .with_d_head(config.head_dim)
            .with_epsilon(config.rms_norm_eps)
            .with_theta(theta)
            .with_scaling(scaling)
            .with_tied(config.tie_word_embeddings),
        attention_bias: config.attention_bias,
        mlp_bias: config.mlp_bias,
    })
}

/// RoPE's base and scaling, from whichever of the two forms the file has.
fn positions(
    config: &PublishedConfig,
    checks: &Checks,
) -> Result<(f64, RopeScaling), CheckpointError> {
    /// Base of a file that names none (Touvron et al. 2023, the released code).
    const THETA: f64 = 10_000.0;
    let (key, rope) = match &config.rope_parameters {
        Some(rope) => ("rope_parameters", Some(rope)),
        None => ("rope_scaling", config.rope_scaling.as_ref()),
    };
    let theta = rope.and_then(|rope| rope.rope_theta).or(config.rope_theta).unwrap_or(THETA);
    if !(theta > 1.0 && theta.is_finite()) {
        return checks.refuse("rope_theta", format!("expected a number above 1, found {theta}"));
    }
    let Some(rope) = rope else { return Ok((theta, RopeScaling::None)) };
    let scaling = match rope.rope_type.as_deref().or(rope.r#type.as_deref()) {
        None if rope.factor.is_some() => {
            return checks
                .refuse(key, "expected rope_type beside the factor, found no such key".into());
        }
        None | Some("default") => RopeScaling::None,
        Some("linear") => {
            RopeScaling::Linear { factor: above_zero(checks, key, "factor", rope.factor)? }
        }
        Some("llama3") => llama3(rope, key, checks)?,
        Some(other) => {
            return checks.refuse(
                key,
                format!("expected rope_type default, linear or llama3, found {other:?}"),
            );
        }
    };
    Ok((theta, scaling))
}

/// The scaling of LLaMA 3.1.
fn llama3(
    rope: &RopeParameters,
    key: &str,
    checks: &Checks,
) -> Result<RopeScaling, CheckpointError> {
    let low_freq_factor = above_zero(checks, key, "low_freq_factor", rope.low_freq_factor)?;
    let high_freq_factor = above_zero(checks, key, "high_freq_factor", rope.high_freq_factor)?;
    if high_freq_factor <= low_freq_factor {
        let problem =
            format!("expected high_freq_factor above {low_freq_factor}, found {high_freq_factor}");
        return checks.refuse(key, problem);
    }
    let original = match rope.original_max_position_embeddings {
        Some(original @ 1..) => original,
        found => {
            let found = found.map_or("no such key".into(), |n| n.to_string());
            let problem =
                format!("expected original_max_position_embeddings of at least 1, found {found}");
            return checks.refuse(key, problem);
        }
    };
    Ok(RopeScaling::Llama3 {
        factor: above_zero(checks, key, "factor", rope.factor)?,
        low_freq_factor,
        high_freq_factor,
        original_max_position_embeddings: original,
    })
}

/// The value of a key under `rope_scaling` or `rope_parameters`, which has to be there and above 0.
fn above_zero(
    checks: &Checks,
    key: &str,
    name: &str,
    value: Option<f64>,
) -> Result<f64, CheckpointError> {
    match value {
        Some(value) if value > 0.0 && value.is_finite() => Ok(value),
        Some(value) => checks.refuse(key, format!("expected {name} above 0, found {value}")),
        None => checks.refuse(key, format!("expected {name}, found no such key")),
    }
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
    walk.linear("self_attn.o_proj", &mut attention.output)?;
    walk.tensor("post_attention_layernorm.weight", &mut feed_forward_norm.weight)?;
    walk.linear(GATE, &mut swiglu.gate)?;
    walk.linear("mlp.up_proj", &mut swiglu.up)?;
    walk.linear("mlp.down_proj", &mut swiglu.down)
}

/// Writes a model as `config.json` and `model.safetensors`, which other libraries open as LLaMA.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; what was there before stays whole.
pub fn save(model: &Llama, config: &LlamaConfig, folder: &Path) -> Result<(), CheckpointError> {
    files::write_json(&folder.join("config.json"), &published_config(model, config))?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &tensors(model), &[])
}

/// The tensors of a model under LLaMA's names and in its layout.
pub fn tensors(model: &Llama) -> Vec<(String, TensorData)> {
    let mut save = Save::default();
    walk_llama(&mut save, PREFIX, &mut model.clone()).expect("nothing fails where nothing is read");
    save.tensors
}

/// LLaMA's `config.json` in the classic form, which every version reads.
fn published_config(model: &Llama, config: &LlamaConfig) -> Value {
    let scaling = match config.scaling {
        RopeScaling::None => Value::Null,
        RopeScaling::Linear { factor } => {
            json!({"rope_type": "linear", "type": "linear", "factor": factor})
        }
        RopeScaling::Llama3 {
            factor,
            low_freq_factor,
            high_freq_factor,
            original_max_position_embeddings,
        } => json!({
            "rope_type": "llama3", "factor": factor, "low_freq_factor": low_freq_factor,
            "high_freq_factor": high_freq_factor,
            "original_max_position_embeddings": original_max_position_embeddings,
        }),
    };
    let layer = &model.layers[0];
    let mlp_bias =
        matches!(&layer.feed_forward, Transform::SwiGlu(swiglu) if swiglu.down.bias.is_some());
    json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": config.vocab,
        "hidden_size": config.d_model, "intermediate_size": config.d_ff,
        "num_hidden_layers": config.n_layers, "num_attention_heads": config.n_heads,
        "num_key_value_heads": config.n_kv_heads(), "head_dim": config.d_head(),
        "max_position_embeddings": config.max_tokens, "rms_norm_eps": config.epsilon,
        "hidden_act": "silu",
        "rope_theta": config.theta, "rope_scaling": scaling, "tie_word_embeddings": config.tied,
        "attention_bias": layer.attention.output.bias.is_some(), "mlp_bias": mlp_bias,
        "attention_dropout": config.dropout, "initializer_range": decoder::INITIALIZER_STD,
        "bos_token_id": null, "eos_token_id": null, "torch_dtype": "float32",
    })
}

//! The `config.json` of LLaMA, Mistral, Qwen2 and Qwen3, read as transformers 5.24.0 reads it.

use std::path::Path;

use checkpoint::{CheckpointError, Checks};
use layer::Activation;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::rope;
use crate::{LlamaConfig, LlamaKind};

/// What `config.json` calls the architectures that are read here.
pub const MODEL_TYPES: [&str; 4] = ["llama", "mistral", "qwen2", "qwen3"];

/// More layers than any model has; a window is kept for each.
const MOST_LAYERS: usize = 1 << 16;

// What transformers calls a layer with a window, and one without.
const WINDOW: &str = "sliding_attention";
const NO_WINDOW: &str = "full_attention";

impl LlamaKind {
    fn of(model_type: &str) -> Self {
        match model_type {
            "mistral" => Self::Mistral,
            "qwen2" => Self::Qwen2,
            "qwen3" => Self::Qwen3,
            _ => Self::Llama,
        }
    }

    /// `model_type` and `architectures` of the kind.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Llama => ("llama", "LlamaForCausalLM"),
            Self::Mistral => ("mistral", "MistralForCausalLM"),
            Self::Qwen2 => ("qwen2", "Qwen2ForCausalLM"),
            Self::Qwen3 => ("qwen3", "Qwen3ForCausalLM"),
        }
    }

    /// What a key that is missing stands for: the fields of transformers 5.24.0's `LlamaConfig`,
    /// `MistralConfig`, `Qwen2Config` and `Qwen3Config`. A file without a size is refused.
    fn defaults(self) -> Value {
        let (max_tokens, n_kv_heads, d_head) = match self {
            Self::Llama => (2048, None, None),
            Self::Mistral => (131_072, Some(8), None),
            Self::Qwen2 => (32_768, Some(32), None),
            Self::Qwen3 => (32_768, Some(32), Some(128)),
        };
        json!({
            "max_position_embeddings": max_tokens, "num_key_value_heads": n_kv_heads,
            "head_dim": d_head, "rms_norm_eps": 1e-6, "hidden_act": "silu",
            "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false,
            "sliding_window": 4096, "use_sliding_window": false, "max_window_layers": 28,
        })
    }
}

/// The keys of such a `config.json`; those that change nothing here are skipped.
#[derive(Deserialize)]
struct Published {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f64,
    hidden_act: String,
    attention_bias: bool,
    mlp_bias: bool,
    tie_word_embeddings: bool,
    sliding_window: Option<usize>,
    use_sliding_window: bool,
    max_window_layers: usize,
    layer_types: Option<Vec<String>>,
    /// Base and scaling in the form of transformers 5.
    rope_parameters: Option<Map<String, Value>>,
    /// Scaling of RoPE in the classic form, and its base.
    rope_scaling: Option<Map<String, Value>>,
    rope_theta: Option<f64>,
    partial_rotary_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
}

/// Reads and checks the `config.json` of a folder of LLaMA, Mistral, Qwen2 or Qwen3.
///
/// # Errors
///
/// A key that is missing or of another type, a value that no such model can have, or another
/// architecture.
pub fn read_config(folder: &Path) -> Result<LlamaConfig, CheckpointError> {
    config_of(&Checks::of(&folder.join("config.json")))
}

/// The configuration that a file says, in whatever form.
pub(super) fn config_of(checks: &Checks) -> Result<LlamaConfig, CheckpointError> {
    let kind = LlamaKind::of(&checks.architecture(&MODEL_TYPES)?);
    let file: Published = checks.read(kind.defaults(), &[])?;
    check_sizes(&file, checks)?;
    checks.epsilon("rms_norm_eps", file.rms_norm_eps)?;
    if Activation::published(&file.hidden_act) != Some(Activation::Silu) {
        checks.is("hidden_act", file.hidden_act.as_str(), "silu")?;
    }
    let rope = rope::Keys {
        parameters: file.rope_parameters.as_ref(),
        scaling: file.rope_scaling.as_ref(),
        theta: file.rope_theta,
        partial_rotary_factor: file.partial_rotary_factor,
        original_max_tokens: file.original_max_position_embeddings,
        max_tokens: file.max_position_embeddings,
    };
    let (theta, scaling) = rope::read(&rope, checks)?;
    let config = LlamaConfig::new(
        file.vocab_size,
        file.hidden_size,
        file.num_hidden_layers,
        file.num_attention_heads,
        file.intermediate_size,
        file.max_position_embeddings,
    );
    Ok(config
        .with_n_kv_heads(file.num_key_value_heads)
        .with_d_head(file.head_dim)
        .with_epsilon(file.rms_norm_eps)
        .with_theta(theta)
        .with_scaling(scaling)
        .with_tied(file.tie_word_embeddings)
        .with_kind(kind)
        .with_windows(windows(kind, &file, checks)?)
        // Only these classes read the keys.
        .with_attention_bias(
            file.attention_bias && matches!(kind, LlamaKind::Llama | LlamaKind::Qwen3),
        )
        .with_mlp_bias(file.mlp_bias && kind == LlamaKind::Llama))
}

fn check_sizes(file: &Published, checks: &Checks) -> Result<(), CheckpointError> {
    let (heads, kv_heads) = (file.num_attention_heads, file.num_key_value_heads);
    checks.above_zero(&[
        ("vocab_size", file.vocab_size),
        ("hidden_size", file.hidden_size),
        ("intermediate_size", file.intermediate_size),
        ("num_hidden_layers", file.num_hidden_layers),
        ("num_attention_heads", heads),
        ("num_key_value_heads", kv_heads.unwrap_or(heads)),
        ("head_dim", file.head_dim.unwrap_or(1)),
        ("max_position_embeddings", file.max_position_embeddings),
    ])?;
    if file.head_dim.is_none() {
        checks.divides(("num_attention_heads", heads), ("hidden_size", file.hidden_size))?;
    }
    let d_head = file.head_dim.unwrap_or(file.hidden_size / heads);
    if !d_head.is_multiple_of(2) {
        return checks.refuse(
            "head_dim",
            format!("expected an even number (RoPE turns pairs), found {d_head}"),
        );
    }
    checks
        .divides(("num_key_value_heads", kv_heads.unwrap_or(heads)), ("num_attention_heads", heads))
}

/// The window of each layer; empty where no layer has one.
///
/// Mistral has its window in all layers (`MistralModel.forward`). Qwen2 and Qwen3 have one where
/// `use_sliding_window` says so, in the layers that `layer_types` lists or from `max_window_layers`
/// on (`Qwen2Config.__post_init__`). LLaMA reads none of these keys.
fn windows(
    kind: LlamaKind,
    file: &Published,
    checks: &Checks,
) -> Result<Vec<Option<usize>>, CheckpointError> {
    let layers = file.num_hidden_layers;
    let window = match kind {
        LlamaKind::Llama => return Ok(Vec::new()),
        LlamaKind::Mistral => file.sliding_window,
        LlamaKind::Qwen2 | LlamaKind::Qwen3 => {
            file.sliding_window.filter(|_| file.use_sliding_window)
        }
    };
    if let (Some(types), LlamaKind::Qwen2 | LlamaKind::Qwen3) = (&file.layer_types, kind) {
        return listed_windows(types, window, layers, checks);
    }
    let Some(window) = window else { return Ok(Vec::new()) };
    checks.above_zero(&[("sliding_window", window)])?;
    if layers > MOST_LAYERS {
        let problem = format!("expected at most {MOST_LAYERS}, found {layers}");
        return checks.refuse("num_hidden_layers", problem);
    }
    let first = if kind == LlamaKind::Mistral { 0 } else { file.max_window_layers };
    Ok((0..layers).map(|i| (i >= first).then_some(window)).collect())
}

/// The windows of the layers as `layer_types` lists them.
fn listed_windows(
    types: &[String],
    window: Option<usize>,
    layers: usize,
    checks: &Checks,
) -> Result<Vec<Option<usize>>, CheckpointError> {
    let refuse = |problem: String| checks.refuse("layer_types", problem);
    if types.len() != layers {
        return refuse(format!("expected {layers} layers, found {}", types.len()));
    }
    let mut windows = Vec::new();
    for kind in types {
        windows.push(match (kind.as_str(), window) {
            (NO_WINDOW, _) => None,
            (WINDOW, Some(window @ 1..)) => Some(window),
            (WINDOW, _) => {
                let found = window.map_or("none".into(), |tokens| tokens.to_string());
                return refuse(format!(
                    "{WINDOW} expects use_sliding_window and a sliding_window of at least 1, \
                        found {found}"
                ));
            }
            (other, _) => {
                return refuse(format!("expected {NO_WINDOW} or {WINDOW}, found {other:?}"));
            }
        });
    }
    Ok(if windows.iter().any(Option::is_some) { windows } else { Vec::new() })
}

/// The `config.json` of a model in the classic form, which every version reads.
///
/// # Panics
///
/// If its kind has no key for one of the settings.
pub(super) fn published(config: &LlamaConfig) -> Value {
    let (model_type, architecture) = config.kind.names();
    let mut keys = json!({
        "architectures": [architecture], "model_type": model_type, "vocab_size": config.vocab,
        "hidden_size": config.d_model, "intermediate_size": config.d_ff,
        "num_hidden_layers": config.n_layers, "num_attention_heads": config.n_heads,
        "num_key_value_heads": config.n_kv_heads(), "head_dim": config.d_head(),
        "max_position_embeddings": config.max_tokens, "rms_norm_eps": config.epsilon,
        "hidden_act": "silu",
        "rope_theta": config.theta, "rope_scaling": rope::published(config.scaling),
        "tie_word_embeddings": config.tied,
        "attention_bias": config.attention_bias, "mlp_bias": config.mlp_bias,
        "attention_dropout": config.dropout, "initializer_range": decoder::INITIALIZER_STD,
        "bos_token_id": null, "eos_token_id": null, "torch_dtype": "float32",
    });
    for (key, value) in published_windows(config) {
        keys[key] = value;
    }
    keys
}

/// The keys of the windows, which differ by kind.
fn published_windows(config: &LlamaConfig) -> Vec<(&'static str, Value)> {
    let LlamaConfig { kind, attention_bias, mlp_bias, ref windows, n_layers, .. } = *config;
    let window = windows.iter().flatten().next();
    let is_windowed = |i: usize| windows.get(i).is_some_and(Option::is_some);
    let one_size = windows.iter().flatten().all(|other| Some(other) == window);
    let fits = match kind {
        LlamaKind::Llama => window.is_none(),
        LlamaKind::Mistral => {
            let in_all = window.is_none() || (0..n_layers).all(is_windowed);
            in_all && !attention_bias && !mlp_bias
        }
        LlamaKind::Qwen2 => !attention_bias && !mlp_bias,
        LlamaKind::Qwen3 => !mlp_bias,
    };
    assert!(fits && one_size, "a {kind:?} is not published with such windows and biases");
    let types: Vec<&str> =
        (0..n_layers).map(|i| if is_windowed(i) { WINDOW } else { NO_WINDOW }).collect();
    match kind {
        LlamaKind::Llama => Vec::new(),
        LlamaKind::Mistral => vec![("sliding_window", json!(window))],
        LlamaKind::Qwen2 | LlamaKind::Qwen3 => vec![
            ("use_sliding_window", json!(window.is_some())),
            ("sliding_window", json!(window)),
            ("layer_types", json!(types)),
        ],
    }
}

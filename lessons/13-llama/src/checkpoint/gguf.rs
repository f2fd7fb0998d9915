//! LLaMA, Qwen2 and Qwen3 in a GGUF file: llama.cpp's names of their sizes and tensors, and its
//! order of the rows that RoPE turns.

use std::path::Path;

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor};
use checkpoint::gguf::{Gguf, found};
use checkpoint::{CheckpointError, Checks};
use serde_json::{Map, Value, json};

use super::config::config_of;
use super::{LoadedLlama, load_weights};
use crate::LlamaKind;

/// llama.cpp's names of tensors, and those of the published checkpoint (`llama-arch.cpp`,
/// `LLM_TENSOR_NAMES`).
const NAMES: [(&str, &str); 3] =
    [("token_embd.", "embed_tokens."), ("output_norm.", "norm."), ("output.", "lm_head.")];
/// The same within a layer.
const LAYER_NAMES: [(&str, &str); 11] = [
    ("attn_norm.", "input_layernorm."),
    ("attn_q.", "self_attn.q_proj."),
    ("attn_k.", "self_attn.k_proj."),
    ("attn_v.", "self_attn.v_proj."),
    ("attn_output.", "self_attn.o_proj."),
    ("attn_q_norm.", "self_attn.q_norm."),
    ("attn_k_norm.", "self_attn.k_norm."),
    ("ffn_norm.", "post_attention_layernorm."),
    ("ffn_gate.", "mlp.gate_proj."),
    ("ffn_up.", "mlp.up_proj."),
    ("ffn_down.", "mlp.down_proj."),
];
const LAYERS: &str = "blk.";
const OUTPUT: &str = "output.weight";
const TABLE: &str = "token_embd.weight";
/// Key of the architecture, which stands before most other keys.
const ARCHITECTURE: &str = "general.architecture";
/// The architectures that are read.
const ARCHITECTURES: [&str; 3] = ["llama", "qwen2", "qwen3"];
/// Factors of RoPE's frequencies, by which Llama 3.1 and later turn.
const ROPE_FACTORS: &str = "rope_freqs.weight";

/// Sizes: the key behind the architecture's name, and that of a `config.json`.
const SIZES: [(&str, &str); 5] = [
    ("block_count", "num_hidden_layers"),
    ("embedding_length", "hidden_size"),
    ("feed_forward_length", "intermediate_size"),
    ("attention.head_count", "num_attention_heads"),
    ("context_length", "max_position_embeddings"),
];
/// Numbers that may be missing.
const OTHERS: [(&str, &str); 3] = [
    ("attention.head_count_kv", "num_key_value_heads"),
    ("attention.key_length", "head_dim"),
    ("rope.freq_base", "rope_theta"),
];
/// The epsilon of the norms, which must be there (`llama-model.cpp`, `load_hparams`).
const EPSILON: (&str, &str) = ("attention.layer_norm_rms_epsilon", "rms_norm_eps");

/// Loads a GGUF file of a LLaMA, Qwen2 or Qwen3, which was opened at `path`.
///
/// # Errors
///
/// Another architecture, a setting that is not read, weights that are not complete.
pub fn load_gguf(path: &Path, file: Gguf, device: &Device) -> Result<LoadedLlama, CheckpointError> {
    let metadata = Metadata { path, values: &file.metadata };
    let published = published(&metadata, &file)?;
    let config = config_of(&Checks::of_values(path, published))?;
    if file.weights.has(ROPE_FACTORS) {
        return metadata.refuse(&format!(
            "expected RoPE without a table of factors, found {ROPE_FACTORS:?}, which is not read"
        ));
    }
    let weights = file.weights.renamed(published_name)?;
    let mut loaded = load_weights(config, weights, device)?;
    if loaded.config.kind == LlamaKind::Llama {
        let (n_heads, d_head) = (loaded.config.n_heads, loaded.config.d_head());
        let heads = n_heads + loaded.config.n_kv_heads();
        for layer in &mut loaded.model.layers {
            let projection = &mut layer.attention.projection;
            let columns = projection.weight.lazy_shape()[1];
            *projection = reordered(projection, &half_split_columns(heads, d_head, columns));
        }
    }
    Ok(loaded)
}

/// Where in a projection of llama.cpp each column of the published one stands: in the first `heads`
/// heads of `d_head` columns, which RoPE turns, pairs lie side by side, where the published
/// checkpoint has the first numbers of all pairs and then the second ones. The other columns stay.
///
/// llama.cpp's converter brings q and k into this order (`convert_hf_to_gguf.py`,
/// `LlamaModel.permute`), since its RoPE turns neighbours.
// ANCHOR: half_split_columns
pub fn half_split_columns(heads: usize, d_head: usize, columns: usize) -> Vec<usize> {
    let mut places = Vec::with_capacity(columns);
    for head in 0..heads {
        for half in 0..2 {
            for pair in 0..d_head / 2 {
                places.push(head * d_head + 2 * pair + half);
            }
        }
    }
    places.extend(heads * d_head..columns);
    places
}
// ANCHOR_END: half_split_columns

/// A linear map whose columns are those at `places` of another, in this order.
fn reordered(linear: &Linear, places: &[usize]) -> Linear {
    let device = linear.weight.device();
    let places: Vec<i32> = places.iter().map(|&place| place as i32).collect();
    let places = Tensor::<1, Int>::from_data(places.as_slice(), &device);
    let bias = linear.bias.as_ref().map(|bias| bias.val().select(0, places.clone()).detach());
    Linear {
        // A weight is where training begins: it does not come from another one.
        weight: Param::from_tensor(linear.weight.val().select(1, places).detach()),
        bias: bias.map(Param::from_tensor),
    }
}

/// The published name of a tensor that llama.cpp calls `name`.
fn published_name(name: &str) -> String {
    let (prefix, rest, names) =
        match name.strip_prefix(LAYERS).and_then(|rest| rest.split_once('.')) {
            Some((number, rest)) => (format!("layers.{number}."), rest, &LAYER_NAMES[..]),
            None => (String::new(), name, &NAMES[..]),
        };
    for (theirs, published) in names {
        if let Some(end) = rest.strip_prefix(theirs) {
            return format!("{prefix}{published}{end}");
        }
    }
    name.into()
}

/// What a file says beside its tensors.
struct Metadata<'a> {
    path: &'a Path,
    values: &'a Map<String, Value>,
}

impl Metadata<'_> {
    fn refuse<T>(&self, problem: &str) -> Result<T, CheckpointError> {
        Err(CheckpointError::Gguf { path: self.path.into(), problem: problem.into() })
    }

    fn expect<T>(&self, key: &str, expected: &str) -> Result<T, CheckpointError> {
        self.refuse(&format!("expected {expected} at {key}, found {}", found(self.values, key)))
    }
}

/// The `config.json` that says what the file does.
fn published(metadata: &Metadata<'_>, file: &Gguf) -> Result<Map<String, Value>, CheckpointError> {
    let values = metadata.values;
    let Some(architecture) = values.get(ARCHITECTURE).and_then(Value::as_str) else {
        return metadata.expect(ARCHITECTURE, "a name");
    };
    if !ARCHITECTURES.contains(&architecture) {
        return metadata.expect(ARCHITECTURE, "llama, qwen2 or qwen3");
    }
    let mut config = Map::new();
    config.insert("model_type".into(), architecture.into());
    for (key, published) in SIZES {
        let key = format!("{architecture}.{key}");
        match values.get(&key) {
            Some(size) if size.is_u64() => drop(config.insert(published.into(), size.clone())),
            _ => return metadata.expect(&key, "a number"),
        }
    }
    for (key, published) in OTHERS {
        let key = format!("{architecture}.{key}");
        match values.get(&key) {
            Some(number) if number.is_number() => {
                drop(config.insert(published.into(), number.clone()))
            }
            Some(_) => return metadata.expect(&key, "one number for all layers"),
            None => {}
        }
    }
    let key = format!("{architecture}.{}", EPSILON.0);
    match values.get(&key) {
        Some(epsilon) if epsilon.is_f64() => drop(config.insert(EPSILON.1.into(), epsilon.clone())),
        _ => return metadata.expect(&key, "a number"),
    }
    let scaling = scaling(metadata, architecture)?;
    let Some(&[vocab, _]) = file.weights.shape(TABLE) else {
        return metadata.refuse(&format!("expected a matrix called {TABLE:?}, found none"));
    };
    let has_biases = file.weights.has("blk.0.attn_q.bias");
    for (key, value) in [
        ("vocab_size", json!(vocab)),
        ("hidden_act", json!("silu")),
        ("tie_word_embeddings", json!(!file.weights.has(OUTPUT))),
        ("attention_bias", json!(has_biases)),
        ("mlp_bias", json!(file.weights.has("blk.0.ffn_gate.bias"))),
        ("rope_scaling", scaling),
    ] {
        config.insert(key.into(), value);
    }
    Ok(config)
}

/// The width of a head: as the file says it, or an even share of the model's width.
fn d_head(values: &Map<String, Value>, architecture: &str) -> Option<u64> {
    let number = |key: &str| values.get(&format!("{architecture}.{key}"))?.as_u64();
    match number("attention.key_length") {
        Some(d_head) => Some(d_head),
        None => number("embedding_length")?.checked_div(number("attention.head_count")?),
    }
}

/// How RoPE is stretched, as `rope_scaling` has it.
fn scaling(metadata: &Metadata<'_>, architecture: &str) -> Result<Value, CheckpointError> {
    let key = |end: &str| format!("{architecture}.rope.{end}");
    let turned = key("dimension_count");
    if let (Some(turned_numbers), Some(d_head)) =
        (metadata.values.get(&turned), d_head(metadata.values, architecture))
        && turned_numbers.as_u64() != Some(d_head)
    {
        return metadata.expect(&turned, &format!("{d_head}, which turns whole heads,"));
    }
    let kind = key("scaling.type");
    match metadata.values.get(&kind).map(Value::as_str) {
        None | Some(Some("none")) => Ok(Value::Null),
        Some(Some("linear")) => {
            let factor = metadata.values.get(&key("scaling.factor")).cloned();
            Ok(json!({"rope_type": "linear", "factor": factor.unwrap_or_default()}))
        }
        Some(_) => metadata.expect(&kind, "none or linear"),
    }
}

//! RoPE's base and scaling in a `config.json`, in the classic form and in that of transformers 5.

use checkpoint::{CheckpointError, Checks};
use positions::RopeScaling;
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::Published;

/// What `rope_parameters` or `rope_scaling` holds.
#[derive(Deserialize)]
struct RopeParameters {
    rope_type: Option<String>,
    rope_theta: f64,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
    partial_rotary_factor: Option<f64>,
}

/// RoPE's base and scaling, in the order of precedence of transformers 5.24.0
/// (`RotaryEmbeddingConfigMixin.convert_rope_params_to_dict` and `standardize_rope_params`):
/// `rope_scaling`, if it holds anything, stands for `rope_parameters`; its own `rope_theta` goes
/// before the file's, its `rope_type` before `type`; for llama3, the file's
/// `original_max_position_embeddings` goes before its own, and `max_position_embeddings` stands in.
pub(super) fn read(
    file: &Published,
    checks: &Checks,
) -> Result<(f64, RopeScaling), CheckpointError> {
    /// Base of a file that names none (`RotaryEmbeddingConfigMixin.default_theta`).
    const THETA: f64 = 10_000.0;
    let (key, mut rope) = match (&file.rope_scaling, &file.rope_parameters) {
        (Some(scaling), _) if !scaling.is_empty() => ("rope_scaling", scaling.clone()),
        (_, parameters) => ("rope_parameters", parameters.clone().unwrap_or_default()),
    };
    if let Some((part, _)) = rope.iter().find(|(_, value)| value.is_object()) {
        let problem = format!("expected one set of parameters for all layers, found {part:?}");
        return checks.refuse(key, problem);
    }
    if rope.contains_key("factor") && !rope.contains_key("rope_type") && !rope.contains_key("type")
    {
        return checks
            .refuse(key, "expected rope_type beside the factor, found no such key".into());
    }
    rope.entry("rope_theta").or_insert(json!(file.rope_theta.unwrap_or(THETA)));
    let older_name = rope.get("type").cloned().unwrap_or(json!("default"));
    rope.entry("rope_type").or_insert(older_name);
    if let Some(original) = file.original_max_position_embeddings {
        rope.insert("original_max_position_embeddings".into(), json!(original));
    }
    rope.entry("original_max_position_embeddings").or_insert(json!(file.max_position_embeddings));
    let rope: RopeParameters = checks.parse(key, Value::Object(rope))?;
    let theta = rope.rope_theta;
    if !(theta > 1.0 && theta.is_finite()) {
        return checks.refuse("rope_theta", format!("expected a number above 1, found {theta}"));
    }
    let turned = rope.partial_rotary_factor.or(file.partial_rotary_factor).unwrap_or(1.0);
    checks.is("partial_rotary_factor", turned, 1.0)?;
    let scaling = match rope.rope_type.as_deref() {
        Some("default") => RopeScaling::None,
        Some("linear") => {
            RopeScaling::Linear { factor: above_zero(checks, key, "factor", rope.factor)? }
        }
        Some("llama3") => llama3(&rope, key, checks)?,
        other => {
            let found = other.map_or("null".into(), |other| format!("{other:?}"));
            let problem = format!("expected rope_type default, linear or llama3, found {found}");
            return checks.refuse(key, problem);
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

/// A scaling in the classic form, under `rope_scaling`.
pub(super) fn published(scaling: RopeScaling) -> Value {
    match scaling {
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
    }
}

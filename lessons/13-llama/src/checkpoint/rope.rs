//! RoPE's base and scaling in a `config.json`, in the classic form and in that of transformers 5.

use checkpoint::{CheckpointError, Checks};
use positions::RopeScaling;
use serde_json::{Map, Value, json};

/// Base of a file that names none (transformers 5.24.0, `RotaryEmbeddingConfigMixin.default_theta`).
const THETA: f64 = 10_000.0;
const ORIGINAL: &str = "original_max_position_embeddings";
const MISSING: &str = "no such key";

/// What a file says of RoPE, under its own keys.
pub(super) struct Keys<'a> {
    /// `rope_parameters`: base and scaling in the form of transformers 5.
    pub parameters: Option<&'a Map<String, Value>>,
    /// `rope_scaling`, of the classic form.
    pub scaling: Option<&'a Map<String, Value>>,
    /// `rope_theta`, of the classic form.
    pub theta: Option<f64>,
    pub partial_rotary_factor: Option<f64>,
    /// `original_max_position_embeddings`.
    pub original_max_tokens: Option<usize>,
    /// `max_position_embeddings`.
    pub max_tokens: usize,
}

/// RoPE's base and scaling, in the order of precedence of transformers 5.24.0
/// (`RotaryEmbeddingConfigMixin.convert_rope_params_to_dict` and `standardize_rope_params`):
/// `rope_scaling`, if it holds anything, stands for `rope_parameters`; its own `rope_theta` goes
/// before the file's, its `rope_type` before `type`; for llama3, the file's
/// `original_max_position_embeddings` goes before its own, and `max_position_embeddings` stands in.
pub(super) fn read(keys: &Keys, checks: &Checks) -> Result<(f64, RopeScaling), CheckpointError> {
    let (key, mut values) = match (keys.scaling, keys.parameters) {
        (Some(scaling), _) if !scaling.is_empty() => ("rope_scaling", scaling.clone()),
        (_, parameters) => ("rope_parameters", parameters.cloned().unwrap_or_default()),
    };
    if let Some((part, _)) = values.iter().find(|(_, value)| value.is_object()) {
        let problem = format!("expected one set of parameters for all layers, found {part:?}");
        return checks.not_read(key, problem);
    }
    let older_name = values.get("type").cloned();
    if values.contains_key("factor") && older_name.is_none() && !values.contains_key("rope_type") {
        return checks
            .refuse(key, "expected rope_type beside the factor, found no such key".into());
    }
    values.entry("rope_type").or_insert(older_name.unwrap_or(json!("default")));
    values.entry("rope_theta").or_insert(json!(keys.theta.unwrap_or(THETA)));
    values.entry("partial_rotary_factor").or_insert(json!(keys.partial_rotary_factor));
    if let Some(original) = keys.original_max_tokens {
        values.insert(ORIGINAL.into(), json!(original));
    }
    values.entry(ORIGINAL).or_insert(json!(keys.max_tokens));
    let rope = RopeValues { checks, key, values };
    let Some(theta) = rope.values["rope_theta"].as_f64().filter(|theta| *theta > 1.0) else {
        let found = rope.found("rope_theta");
        return checks.refuse("rope_theta", format!("expected a number above 1, found {found}"));
    };
    match &rope.values["partial_rotary_factor"] {
        Value::Null => {}
        turned if turned.as_f64() == Some(1.0) => {}
        turned => {
            let problem = format!("expected 1, which turns whole heads, found {turned}");
            return checks.not_read("partial_rotary_factor", problem);
        }
    }
    Ok((theta, rope.scaling()?))
}

/// What one of the two keys holds, with what stands in for values that are missing.
struct RopeValues<'a> {
    checks: &'a Checks,
    key: &'a str,
    values: Map<String, Value>,
}

impl RopeValues<'_> {
    fn scaling(&self) -> Result<RopeScaling, CheckpointError> {
        match &self.values["rope_type"] {
            kind if kind == "default" => Ok(RopeScaling::None),
            kind if kind == "linear" => {
                Ok(RopeScaling::Linear { factor: self.above_zero("factor")? })
            }
            kind if kind == "llama3" => self.llama3(),
            other => {
                let expected = "expected rope_type default, linear or llama3";
                self.checks.not_read(self.key, format!("{expected}, found {other}"))
            }
        }
    }

    /// The scaling of LLaMA 3.1.
    fn llama3(&self) -> Result<RopeScaling, CheckpointError> {
        let low_freq_factor = self.above_zero("low_freq_factor")?;
        let high_freq_factor = self.above_zero("high_freq_factor")?;
        if high_freq_factor <= low_freq_factor {
            let expected = format!("expected high_freq_factor above {low_freq_factor}");
            return self.checks.refuse(self.key, format!("{expected}, found {high_freq_factor}"));
        }
        let Some(original @ 1..) = self.values[ORIGINAL].as_u64() else {
            let expected = format!("expected {ORIGINAL} of at least 1");
            return self
                .checks
                .refuse(self.key, format!("{expected}, found {}", self.found(ORIGINAL)));
        };
        Ok(RopeScaling::Llama3 {
            factor: self.above_zero("factor")?,
            low_freq_factor,
            high_freq_factor,
            original_max_position_embeddings: original as usize,
        })
    }

    /// The number called `name`, which has to be there and above 0.
    fn above_zero(&self, name: &str) -> Result<f64, CheckpointError> {
        match self.values.get(name).and_then(Value::as_f64) {
            Some(number) if number > 0.0 => Ok(number),
            _ => {
                let above = if self.found(name) == MISSING { "" } else { " above 0" };
                let problem = format!("expected {name}{above}, found {}", self.found(name));
                self.checks.refuse(self.key, problem)
            }
        }
    }

    /// What stands under `name`, for an error.
    fn found(&self, name: &str) -> String {
        match self.values.get(name) {
            None | Some(Value::Null) => MISSING.into(),
            Some(value) => value.to_string(),
        }
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

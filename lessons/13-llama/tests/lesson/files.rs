//! Folders that are not what they say: one clear line each, or the right answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ::checkpoint::gguf::Gguf;
use decoder::checkpoint::parity::answers;
use decoder::{Generation, LanguageModel, Sampling};
use golden::{Folder, Stored};
use half::{bf16, f16};
use llama::checkpoint::{load, load_gguf, read_config, save, tensors};
use llama::{Llama, LlamaConfig, LlamaKind};
use positions::RopeScaling;
use safetensors::Dtype;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::parity::inputs;
use crate::{drawn, ids, small};

/// A copy of the recorded LLaMA with its configuration and weights changed.
fn changed(
    config: impl FnOnce(&mut Value),
    weights: impl FnOnce(&mut BTreeMap<String, Stored>),
) -> TempDir {
    golden::altered("llama", config, weights)
}

fn no_change<T>(_: &mut T) {}

#[track_caller]
fn assert_refused(folder: &Path, needles: &[&str]) {
    let error = load(folder, &backend::from_env()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    for needle in needles {
        assert!(error.contains(needle), "expected {needle:?} in: {error}");
    }
}

/// The largest error of the logits against the record, and what was skipped.
fn error(folder: &Path) -> (f32, Vec<String>) {
    let device = backend::from_env();
    let recorded = Folder::open(folder).unwrap();
    let case = &recorded.cases[0];
    let loaded = load(folder, &device).unwrap();
    let answers = answers(&loaded.model, &inputs(&recorded, case), &device);
    (recorded.error(case, "logits", &answers["logits"]).unwrap(), loaded.skipped)
}

#[track_caller]
fn assert_is_the_recorded_model(folder: &Path, skipped: &[&str]) {
    let (error, found) = error(folder);
    assert!(error <= backend::tolerance(&backend::from_env(), 1e-4), "off by {error:e}");
    assert_eq!(found, skipped);
}

fn floats(numbers: impl IntoIterator<Item = f32>) -> Vec<u8> {
    numbers.into_iter().flat_map(f32::to_le_bytes).collect()
}

const TABLE: &str = "model.embed_tokens.weight";
const OUTPUT: &str = "lm_head.weight";
const QUERY: &str = "model.layers.0.self_attn.q_proj.weight";

#[test]
fn names_without_their_prefix_are_the_same_model() {
    let folder = changed(no_change, |tensors| {
        *tensors = std::mem::take(tensors)
            .into_iter()
            .map(|(name, tensor)| (name.trim_start_matches("model.").to_string(), tensor))
            .collect();
        assert!(tensors.contains_key("norm.weight"));
    });
    assert_is_the_recorded_model(folder.path(), &[]);
}

#[test]
fn half_precision_is_read_to_its_own_precision() {
    // By as much do the same logits of PyTorch change when its weights are rounded to 11 or 8 bits
    // and used as f32.
    for (dtype, rounding) in [(Dtype::F16, 0.0621), (Dtype::BF16, 0.4769)] {
        let folder = changed(no_change, |tensors| {
            for (stored, _, bytes) in tensors.values_mut() {
                *stored = dtype;
                let numbers =
                    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
                *bytes = numbers
                    .flat_map(|x| match dtype {
                        Dtype::F16 => f16::from_f32(x).to_le_bytes(),
                        _ => bf16::from_f32(x).to_le_bytes(),
                    })
                    .collect();
            }
        });
        let (error, _) = error(folder.path());
        let off = (error - rounding).abs();
        assert!(off <= backend::tolerance(&backend::from_env(), 1e-4), "{dtype:?}: {error}");
    }
}

#[test]
fn stored_frequencies_are_skipped_and_reported() {
    let name = |layer: usize| format!("model.layers.{layer}.self_attn.rotary_emb.inv_freq");
    let folder = changed(no_change, |tensors| {
        for layer in 0..2 {
            tensors.insert(name(layer), (Dtype::F32, vec![4], floats([1.0, 0.1, 0.01, 0.001])));
        }
    });
    let skipped = [0, 1].map(|layer| name(layer)["model.".len()..].to_string());
    assert_is_the_recorded_model(folder.path(), &skipped.each_ref().map(String::as_str));
}

#[test]
fn a_tied_output_table_may_be_stored_twice_and_must_be_the_same() {
    let tie = |config: &mut Value| config["tie_word_embeddings"] = json!(true);
    let once = changed(tie, |tensors| drop(tensors.remove(OUTPUT)));
    let twice = changed(tie, |tensors| drop(tensors.insert(OUTPUT.into(), tensors[TABLE].clone())));
    let device = backend::from_env();
    let [once, twice] = [once, twice].map(|folder| load(folder.path(), &device).unwrap());
    assert_eq!(
        (once.skipped.as_slice(), twice.skipped.as_slice()),
        (&[][..], &[OUTPUT.to_string()][..])
    );
    assert_eq!(tensors(&once.model), tensors(&twice.model));
    assert!(once.model.output.is_none());
    let other = changed(tie, no_change);
    assert_refused(
        other.path(),
        &[OUTPUT, "copy of \"embed_tokens.weight\"", "tie_word_embeddings"],
    );
    let none = changed(no_change, |tensors| drop(tensors.remove(OUTPUT)));
    assert_refused(none.path(), &[OUTPUT, "missing"]);
}

/// Biases of every map of attention, or of every map of the feed-forward.
fn with_biases(maps: &[(&str, usize)], value: impl Fn(usize) -> f32) -> BTreeMap<String, Stored> {
    let names = (0..2).flat_map(|layer| {
        maps.iter()
            .map(move |(map, width)| (format!("model.layers.{layer}.{map}_proj.bias"), *width))
    });
    names
        .map(|(name, width)| (name, (Dtype::F32, vec![width], floats((0..width).map(&value)))))
        .collect()
}

const ATTENTION: [(&str, usize); 4] =
    [("self_attn.q", 32), ("self_attn.k", 16), ("self_attn.v", 16), ("self_attn.o", 32)];
const FEED_FORWARD: [(&str, usize); 3] = [("mlp.gate", 64), ("mlp.up", 64), ("mlp.down", 32)];

#[test]
fn biases_are_there_where_the_configuration_says_so() {
    for (key, maps) in [("attention_bias", &ATTENTION[..]), ("mlp_bias", &FEED_FORWARD)] {
        let folder = |said: bool, biases: BTreeMap<String, Stored>| {
            changed(|config| config[key] = json!(said), |tensors| tensors.extend(biases))
        };
        let zero = folder(true, with_biases(maps, |_| 0.0));
        assert_is_the_recorded_model(zero.path(), &[]);
        for map in maps {
            let mut biases = with_biases(maps, |_| 0.0);
            biases.extend(with_biases(&[*map], |i| 0.1 * i as f32));
            let (error, _) = error(folder(true, biases).path());
            assert!(error > 1e-3, "{map:?} has no effect: {error}");
        }
        assert_refused(folder(true, BTreeMap::new()).path(), &["_proj.bias", "missing"]);
        assert_refused(
            folder(false, with_biases(maps, |_| 0.0)).path(),
            &["_proj.bias", "no place"],
        );
    }
}

/// A copy of a recorded model of another kind with its configuration changed.
fn set(name: &str, keys: &[(&str, Value)]) -> TempDir {
    let change = |config: &mut Value| {
        for (key, value) in keys {
            config[key] = value.clone();
        }
    };
    golden::altered(name, change, no_change)
}

/// A copy of a recorded model whose configuration lacks some keys.
fn without(name: &str, keys: &[&str]) -> TempDir {
    let change = |config: &mut Value| {
        for key in keys {
            config.as_object_mut().unwrap().remove(*key);
        }
    };
    golden::altered(name, change, no_change)
}

#[test]
fn a_missing_key_stands_for_what_its_class_says() {
    let config = |name: &str, keys: &[&str]| read_config(without(name, keys).path()).unwrap();
    let keys = ["rms_norm_eps", "max_position_embeddings", "hidden_act", "num_key_value_heads"];
    for (name, max_tokens) in [("llama", 2048), ("mistral", 131_072), ("qwen2", 32_768)] {
        let read = config(name, &keys[..3]);
        assert_eq!((read.epsilon, read.max_tokens), (1e-6, max_tokens), "{name}");
    }
    assert_eq!(config("llama", &keys).n_kv_heads, None);
    assert_refused(without("mistral", &keys).path(), &["num_key_value_heads", "found 8"]);
    assert_refused(without("qwen2", &keys).path(), &["num_key_value_heads", "found 32"]);
    assert_eq!(config("mistral", &["sliding_window"]).windows, [Some(4096); 2]);
    assert_eq!(config("qwen3", &["head_dim"]).d_head, Some(128));
    // layer_types are those of max_window_layers, which is 28, then.
    assert_eq!(config("qwen3", &["layer_types", "max_window_layers"]).windows, [None; 2]);
    let untied = ["tie_word_embeddings"];
    for (name, tied) in [("llama", false), ("mistral", false), ("qwen2", false), ("qwen3", false)] {
        assert_eq!(config(name, &untied).tied, tied, "{name}");
    }
}

#[test]
fn a_window_is_where_its_kind_of_model_has_one() {
    let windows =
        |name: &str, keys: &[(&str, Value)]| read_config(set(name, keys).path()).unwrap().windows;
    assert_eq!(windows("mistral", &[]), [Some(4); 2]);
    assert_eq!(windows("mistral", &[("sliding_window", json!(null))]), [None; 0]);
    // Mistral's class reads no layer_types, and LLaMA's no window at all.
    let types = json!(["full_attention", "sliding_attention"]);
    assert_eq!(windows("mistral", &[("layer_types", types.clone())]), [Some(4); 2]);
    let keys = [("sliding_window", json!(4)), ("use_sliding_window", json!(true))];
    assert_eq!(windows("llama", &keys), [None; 0]);
    assert_eq!(windows("qwen2", &keys[..1]), [None; 0]);
    assert_eq!(windows("qwen2_sliding", &[]), [None, Some(4)]);
    let from_first = [("layer_types", json!(null)), ("max_window_layers", json!(0))];
    assert_eq!(windows("qwen2_sliding", &from_first), [Some(4); 2]);
    assert_eq!(windows("qwen3", &[]), [Some(4), None]);
}

#[test]
fn a_window_that_cannot_be_is_refused_by_its_key() {
    let full = "full_attention";
    for (name, keys, needle) in [
        ("mistral", vec![("sliding_window", json!(0))], "at sliding_window: expected at least 1"),
        ("mistral", vec![("sliding_window", json!(-1))], "sliding_window"),
        ("mistral", vec![("num_hidden_layers", json!(1_000_000_000))], "at num_hidden_layers"),
        ("qwen3", vec![("layer_types", json!([full]))], "at layer_types: expected 2 layers"),
        ("qwen3", vec![("layer_types", json!([full, "chunked_attention"]))], "chunked_attention"),
        ("qwen3", vec![("use_sliding_window", json!(false))], "at layer_types: sliding_attention"),
        ("qwen3", vec![("sliding_window", json!(null))], "at layer_types: sliding_attention"),
    ] {
        assert_refused(set(name, &keys).path(), &[needle]);
    }
}

#[test]
fn the_order_of_two_forms_of_rope_is_that_of_transformers() {
    let linear = json!({"rope_type": "linear", "factor": 4.0});
    let newer = json!({"rope_type": "default", "rope_theta": 5e5});
    let llama3 = |original: Option<usize>| {
        let mut scaling = json!({"type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0});
        if let Some(original) = original {
            scaling["original_max_position_embeddings"] = json!(original);
        }
        scaling
    };
    let scaled_from = |original| RopeScaling::Llama3 {
        factor: 8.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_position_embeddings: original,
    };
    // As printed by transformers 5.24.0 for these files.
    for (keys, theta, scaling) in [
        (
            vec![("rope_parameters", newer.clone()), ("rope_theta", json!(7e4))],
            5e5,
            RopeScaling::None,
        ),
        (
            vec![
                ("rope_parameters", newer.clone()),
                ("rope_scaling", linear.clone()),
                ("rope_theta", json!(7e4)),
            ],
            7e4,
            RopeScaling::Linear { factor: 4.0 },
        ),
        (
            vec![("rope_parameters", newer.clone()), ("rope_scaling", json!({}))],
            5e5,
            RopeScaling::None,
        ),
        (
            vec![("rope_parameters", linear), ("rope_theta", json!(7e4))],
            7e4,
            RopeScaling::Linear { factor: 4.0 },
        ),
        (vec![("rope_scaling", llama3(None)), ("rope_theta", json!(7e4))], 7e4, scaled_from(64)),
        (vec![("rope_scaling", llama3(Some(66)))], 1e4, scaled_from(66)),
        (
            vec![
                ("rope_scaling", llama3(Some(66))),
                ("original_max_position_embeddings", json!(55)),
            ],
            1e4,
            scaled_from(55),
        ),
    ] {
        let read = read_config(set("llama", &keys).path()).unwrap();
        assert_eq!((read.theta, read.scaling), (theta, scaling), "{keys:?}");
    }
    // Without either, and without a base, the base is 10,000 and not that of the other form.
    let keys = ["rope_theta", "rope_scaling"];
    assert_eq!(read_config(without("llama", &keys).path()).unwrap().theta, 1e4);
    let by_layer = json!({"full_attention": {"rope_type": "default", "rope_theta": 5e5}});
    for name in ["llama", "qwen2"] {
        let folder = set(name, &[("rope_parameters", by_layer.clone())]);
        assert_refused(folder.path(), &["at rope_parameters", "one set", "full_attention"]);
    }
}

/// A copy of a recorded folder under another configuration of its own.
fn in_the_form_of_transformers_5(name: &str) -> TempDir {
    let (from, to) = (golden::directory().join(name), tempfile::tempdir().unwrap());
    for file in fs::read_dir(&from).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    fs::copy(from.join("config_transformers5.json"), to.path().join("config.json")).unwrap();
    to
}

#[test]
fn both_forms_of_the_configuration_are_the_same_model() {
    for (name, scaled) in [("llama", false), ("llama_llama3", true)] {
        let (classic, other) =
            (golden::directory().join(name), in_the_form_of_transformers_5(name));
        assert_is_the_recorded_model(other.path(), &[]);
        let [classic, other] = [&classic, other.path()].map(|folder| read_config(folder).unwrap());
        assert_eq!(classic.scaling, other.scaling);
        assert_eq!(classic.scaling != RopeScaling::None, scaled);
        let all =
            |config: &LlamaConfig| config.clone().with_d_head(Some(config.d_head())).to_string();
        assert_eq!(all(&classic), all(&other));
    }
}

#[test]
fn a_scaling_is_read_under_its_older_key_its_newer_or_both() {
    for scaling in [
        json!({"rope_type": "linear", "factor": 4}),
        json!({"type": "linear", "factor": 4.0}),
        // as transformers 4.43 and later wrote it
        json!({"type": "linear", "rope_type": "linear", "factor": 4.0}),
    ] {
        let classic = |config: &mut Value| {
            config.as_object_mut().unwrap().remove("rope_parameters");
            config["rope_theta"] = json!(10_000.0);
            config["rope_scaling"] = scaling;
        };
        let folder = golden::altered("llama_linear", classic, no_change);
        assert_is_the_recorded_model(folder.path(), &[]);
    }
}

#[test]
fn an_unknown_scaling_is_refused_under_either_key() {
    let llama3 = |key: &str, value: Value| {
        let mut scaling = json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 64});
        scaling[key] = value;
        scaling
    };
    for (scaling, needle) in [
        (
            json!({"rope_type": "yarn", "factor": 4.0}),
            "linear or llama3, found \"yarn\"; take a model",
        ),
        (json!({"type": "dynamic", "factor": 4.0}), "linear or llama3, found \"dynamic\"; take a"),
        (json!({"factor": 4.0}), "expected rope_type"),
        (json!({"rope_type": "linear"}), "expected factor, found no such key"),
        (json!({"rope_type": "linear", "factor": 0.0}), "expected factor above 0, found 0"),
        (json!({"rope_type": "linear", "factor": -2.0}), "expected factor above 0, found -2"),
        (json!({"rope_type": "linear", "factor": "4"}), "expected factor above 0, found \"4\""),
        (llama3("factor", json!(0)), "expected factor above 0"),
        (llama3("low_freq_factor", json!(0.0)), "expected low_freq_factor above 0"),
        (llama3("low_freq_factor", json!(null)), "expected low_freq_factor, found no such key"),
        (llama3("high_freq_factor", json!(1.0)), "expected high_freq_factor above 1, found 1"),
        (llama3("original_max_position_embeddings", json!(0)), "of at least 1, found 0"),
        (
            llama3("original_max_position_embeddings", json!(null)),
            "of at least 1, found no such key",
        ),
    ] {
        for key in ["rope_scaling", "rope_parameters"] {
            let folder = changed(|config| config[key] = scaling.clone(), no_change);
            assert_refused(folder.path(), &[key, needle]);
        }
    }
}

#[test]
fn every_impossible_configuration_is_refused_by_its_key() {
    let huge = json!(1u64 << 62); // four of it are more than a machine counts
    let cases = [
        ("model_type", json!("gemma"), "\"qwen2\" or \"qwen3\", found \"gemma\""),
        ("model_type", json!(null), "found no such key"),
        ("num_attention_heads", json!(5), "divisor of hidden_size (32)"),
        ("num_attention_heads", json!(0), "at num_attention_heads: expected at least 1"),
        ("num_key_value_heads", json!(3), "divisor of num_attention_heads (4)"),
        ("num_key_value_heads", json!(0), "at num_key_value_heads: expected at least 1"),
        ("vocab_size", json!(0), "at vocab_size: expected at least 1"),
        ("hidden_size", json!(0), "at hidden_size: expected at least 1"),
        ("intermediate_size", json!(0), "at intermediate_size: expected at least 1"),
        ("num_hidden_layers", json!(0), "at num_hidden_layers: expected at least 1"),
        ("max_position_embeddings", json!(0), "at max_position_embeddings: expected at least 1"),
        ("head_dim", json!(0), "at head_dim: expected at least 1"),
        ("head_dim", json!(7), "at head_dim: expected an even number"),
        ("head_dim", json!(16), "self_attn.q_proj.weight"),
        ("head_dim", huge.clone(), "self_attn.q_proj.weight"),
        ("hidden_size", huge.clone(), "embed_tokens.weight"),
        ("intermediate_size", huge.clone(), "mlp.gate_proj.weight"),
        ("vocab_size", huge, "embed_tokens.weight"),
        ("num_hidden_layers", json!(1_000_000_000), "expected 1000000000 layers"),
        ("num_hidden_layers", json!(4), "expected 4 layers"),
        ("hidden_size", json!("32"), "hidden_size"),
        ("hidden_size", json!(-1), "hidden_size"),
        ("rms_norm_eps", json!(0.0), "above 0"),
        ("rope_theta", json!(1.0), "at rope_theta: expected a number above 1, found 1.0"),
        ("rope_theta", json!(-1e4), "at rope_theta"),
        ("hidden_act", json!("gelu"), "at hidden_act: expected \"silu\", found \"gelu\""),
        (
            "partial_rotary_factor",
            json!(0.5),
            "at partial_rotary_factor: expected 1, which turns whole heads, found 0.5",
        ),
        ("rms_norm_eps", json!(null), "rms_norm_eps"),
        ("tie_word_embeddings", json!(null), "tie_word_embeddings"),
        ("vocab_size", json!(101), "expected shape [101, 32], found [100, 32]"),
    ];
    for (key, value, needle) in cases {
        let folder = changed(|config| config[key] = value, no_change);
        assert_refused(folder.path(), &[needle]);
    }
}

#[test]
fn a_missing_and_a_doubled_key_are_refused() {
    let folder =
        changed(|config| drop(config.as_object_mut().unwrap().remove("hidden_size")), no_change);
    assert_refused(folder.path(), &["hidden_size"]);
    fs::write(
        folder.path().join("config.json"),
        r#"{"model_type": "llama", "model_type": "llama"}"#,
    )
    .unwrap();
    assert_refused(folder.path(), &["model_type", "twice"]);
    fs::write(folder.path().join("config.json"), b"{\"model_type\": \"\xff\"}").unwrap();
    assert_refused(folder.path(), &["UTF-8"]);
}

#[test]
fn room_for_a_billion_tokens_is_not_taken_before_they_come() {
    let folder =
        changed(|config| config["max_position_embeddings"] = json!(1_000_000_000), no_change);
    assert_is_the_recorded_model(folder.path(), &[]);
    let device = backend::from_env();
    let model = load(folder.path(), &device).unwrap().model;
    assert_eq!(model.max_tokens(), 1_000_000_000);
    let mut generation = Generation::new(&model, &[vec![3, 7]], 5, Sampling::GREEDY, 0, &device);
    assert_eq!(generation.by_ref().count(), 5);
    // layers, keys and values, two heads of 8, tokens
    assert_eq!(generation.cache_numbers(), 2 * 2 * 16 * (2 + 5));
}

#[test]
fn a_missing_tensor_is_named() {
    let folder = changed(no_change, |tensors| drop(tensors.remove(QUERY)));
    assert_refused(folder.path(), &["layers.0.self_attn.q_proj.weight", "missing"]);
}

#[test]
fn a_layer_too_many_is_counted() {
    let folder = changed(no_change, |tensors| {
        let copies: Vec<_> = tensors
            .iter()
            .filter(|(name, _)| name.contains("layers.1."))
            .map(|(name, tensor)| (name.replace("layers.1.", "layers.2."), tensor.clone()))
            .collect();
        tensors.extend(copies);
    });
    assert_refused(folder.path(), &["expected 2 layers", "found 3"]);
}

#[test]
fn weights_that_are_nan_or_infinite_are_refused_by_name() {
    for bad in [f32::NAN, f32::NEG_INFINITY] {
        let folder = changed(no_change, |tensors| {
            tensors.get_mut(QUERY).unwrap().2[..4].copy_from_slice(&bad.to_le_bytes());
        });
        assert_refused(folder.path(), &["layers.0.self_attn.q_proj.weight", "finite"]);
    }
}

#[test]
fn another_architecture_is_refused_by_its_name_or_by_its_tensors() {
    for other in ["gpt2", "bloom", "bert"] {
        let folder = golden::directory().join(other);
        assert_refused(&folder, &["expected \"llama\", \"mistral\"", &format!("found {other:?}")]);
        let disguised = changed(no_change, no_change);
        fs::copy(folder.join("model.safetensors"), disguised.path().join("model.safetensors"))
            .unwrap();
        assert_refused(disguised.path(), &["expected 2 layers under \"layers.\"", "found 0"]);
    }
}

/// Saved and read again, it has the same weights, sizes and answers.
fn assert_comes_back(model: &Llama, config: &LlamaConfig) {
    let device = backend::from_env();
    let folder = tempfile::tempdir().unwrap();
    save(model, config, folder.path()).unwrap();
    save(model, config, folder.path()).unwrap(); // over itself
    let loaded = load(folder.path(), &device).unwrap();
    assert_eq!(loaded.skipped, [""; 0]);
    assert_eq!(tensors(&loaded.model), tensors(model));
    let (kv, d_head) = (config.n_kv_heads(), config.d_head());
    let expected =
        config.clone().with_n_kv_heads(Some(kv)).with_d_head(Some(d_head)).with_dropout(0.0);
    assert_eq!(loaded.config.to_string(), expected.to_string());
    let text = ids(&[3, 7, 1, 12, 5], &device);
    let [found, expected] = [&loaded.model, model].map(|model| model.forward(text.clone(), &[]));
    golden::assert_close(&found, &expected, backend::rerun(&device));
}

#[test]
fn a_model_saved_and_loaded_is_the_same_to_the_bit() {
    let device = backend::from_env();
    let llama3 = RopeScaling::Llama3 {
        factor: 8.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_position_embeddings: 64,
    };
    for config in [
        small(),
        small().with_tied(false),
        small().with_n_kv_heads(None).with_dropout(0.1),
        small().with_d_head(Some(6)).with_epsilon(1e-6),
        small().with_scaling(RopeScaling::Linear { factor: 4.0 }),
        small().with_scaling(llama3).with_theta(500_000.0),
        small().with_attention_bias(true).with_mlp_bias(true),
        small().with_kind(LlamaKind::Mistral).with_d_head(Some(6)),
        small().with_kind(LlamaKind::Mistral).with_windows(vec![Some(3); 2]),
        small().with_kind(LlamaKind::Qwen2),
        small().with_kind(LlamaKind::Qwen2).with_windows(vec![None, Some(3)]),
        small().with_kind(LlamaKind::Qwen3).with_windows(vec![Some(3), None]),
        small().with_kind(LlamaKind::Qwen3).with_attention_bias(true),
    ] {
        assert_comes_back(&drawn(&config, &device), &config);
    }
}

#[test]
#[should_panic(expected = "a Mistral is not published with such windows and biases")]
fn a_setting_that_its_kind_has_no_key_for_is_not_written() {
    let config = small().with_kind(LlamaKind::Mistral).with_attention_bias(true);
    let folder = tempfile::tempdir().unwrap();
    let _ = save(&drawn(&config, &backend::from_env()), &config, folder.path());
}

#[test]
fn biases_are_saved_and_loaded_to_the_bit() {
    let said = |config: &mut Value| {
        config["attention_bias"] = json!(true);
        config["mlp_bias"] = json!(true);
    };
    let folder = changed(said, |tensors| {
        tensors.extend(with_biases(&ATTENTION, |i| i as f32));
        tensors.extend(with_biases(&FEED_FORWARD, |i| -(i as f32)));
    });
    let loaded = load(folder.path(), &backend::from_env()).unwrap();
    assert_comes_back(&loaded.model, &loaded.config);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = save(&drawn(&small(), &backend::from_env()), &small(), file.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("config.json") && error.contains("writing failed"), "{error}");
}

/// The error of the recorded GGUF file where one key of its metadata says something else, or nothing.
fn gguf_error(key: &str, value: Option<Value>) -> String {
    let path = golden::directory().join("gguf/llama.gguf");
    let mut file = Gguf::open(&path).unwrap();
    match value {
        Some(value) => drop(file.metadata.insert(key.into(), value)),
        None => drop(file.metadata.remove(key)),
    }
    load_gguf(&path, file, &backend::from_env()).unwrap_err().to_string()
}

#[test]
fn a_gguf_file_that_says_what_is_not_read_is_refused_by_its_key() {
    for (key, value, says) in [
        ("general.architecture", Some(json!("gemma3")), "llama, qwen2 or qwen3"),
        ("general.architecture", None, "no such key"),
        ("llama.block_count", Some(json!("2")), "a number"),
        ("llama.attention.head_count_kv", Some(json!([2, 2])), "one number for all layers"),
        ("llama.attention.layer_norm_rms_epsilon", None, "no such key"),
        ("llama.rope.dimension_count", Some(json!(4)), "which turns whole heads"),
        ("llama.rope.scaling.type", Some(json!("yarn")), "none or linear"),
    ] {
        let error = gguf_error(key, value);
        assert!(error.contains(key) && error.contains(says), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

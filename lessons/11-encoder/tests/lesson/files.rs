//! Folders that are not what they say: one clear line each, or the right answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::tensor::TensorData;
use encoder::checkpoint::{load_bert, read_config};
use encoder::parity::{BertInputs, PublishedBert};
use golden::{Folder, Stored};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::floats;

/// A copy of the recorded BERT with its configuration and weights changed.
fn changed(
    config: impl FnOnce(&mut Value),
    weights: impl FnOnce(&mut BTreeMap<String, Stored>),
) -> TempDir {
    golden::altered("bert", config, weights)
}

fn no_change<T>(_: &mut T) {}

#[track_caller]
fn assert_refused(folder: &TempDir, needles: &[&str]) {
    let error = load_bert(folder.path(), &backend::from_env()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    for needle in needles {
        assert!(error.contains(needle), "expected {needle:?} in: {error}");
    }
}

/// The largest error of the last layer against the record.
fn error(folder: &Path) -> f32 {
    let device = backend::from_env();
    let recorded = Folder::open(folder).unwrap();
    let case = &recorded.cases[0];
    let inputs = BertInputs {
        input_ids: recorded.tensor(case, "input_ids").unwrap(),
        attention_mask: recorded.input(case, "attention_mask").unwrap(),
        token_type_ids: recorded.input(case, "token_type_ids").unwrap(),
        labels: None,
    };
    let answers =
        PublishedBert::open(folder, "BertModel", &device).unwrap().answers(&inputs, &device);
    let expected: TensorData = recorded.tensor(case, "last_hidden_state").unwrap();
    golden::max_abs_error_of_data(&answers["last_hidden_state"], &expected)
}

fn tolerance() -> f32 {
    backend::tolerance(&backend::from_env(), 2e-5)
}

const QUERY: &str = "encoder.layer.0.attention.self.query.weight";

#[test]
fn names_with_a_prefix_and_gamma_and_beta_are_the_same_model() {
    let folder = changed(no_change, |tensors| {
        *tensors = std::mem::take(tensors)
            .into_iter()
            .map(|(name, tensor)| {
                let name = name
                    .replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta");
                (format!("bert.{name}"), tensor)
            })
            .collect();
    });
    assert!(error(folder.path()) <= tolerance());
}

#[test]
fn half_precision_is_read_to_its_own_precision() {
    // 11 and 8 bits of mantissa, through two layers of values about 1
    for (dtype, allowed) in [(Dtype::F16, 2e-2), (Dtype::BF16, 2e-1)] {
        let folder = changed(no_change, |tensors| {
            for (stored, _, bytes) in tensors.values_mut() {
                *stored = dtype;
                *bytes = floats(bytes)
                    .into_iter()
                    .flat_map(|x| match dtype {
                        Dtype::F16 => f16::from_f32(x).to_le_bytes(),
                        _ => bf16::from_f32(x).to_le_bytes(),
                    })
                    .collect();
            }
        });
        let error = error(folder.path());
        assert!(error > 1e-5 && error < allowed, "{dtype:?}: {error}");
    }
}

#[test]
fn shards_with_an_index_are_the_same_model() {
    let folder = changed(no_change, no_change);
    let whole = folder.path().join("model.safetensors");
    let bytes = fs::read(&whole).unwrap();
    let tensors: BTreeMap<String, Stored> = SafeTensors::deserialize(&bytes)
        .unwrap()
        .iter()
        .map(|(name, view)| {
            (name.into(), (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
        })
        .collect();
    let mut map = BTreeMap::new();
    for (i, shard) in ["a.safetensors", "b.safetensors"].into_iter().enumerate() {
        let part = tensors
            .iter()
            .enumerate()
            .filter(|(n, _)| n % 2 == i)
            .map(|(_, (k, v))| (k.clone(), v.clone()));
        let part: BTreeMap<String, Stored> = part.collect();
        map.extend(part.keys().map(|name| (name.clone(), shard)));
        golden::store(&part, &folder.path().join(shard));
    }
    fs::remove_file(whole).unwrap();
    let index = json!({ "metadata": {}, "weight_map": map }).to_string();
    fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
    assert!(error(folder.path()) <= tolerance());
}

#[test]
fn a_transposed_square_matrix_shows_in_the_recorded_forward_pass() {
    let folder = changed(no_change, |tensors| {
        let (_, shape, bytes) = tensors.get_mut(QUERY).unwrap();
        let (n, from) = (shape[0], floats(bytes));
        *bytes = (0..n * n).flat_map(|i| from[i % n * n + i / n].to_le_bytes()).collect();
    });
    assert!(error(folder.path()) > 1e-2);
}

#[test]
fn stored_position_ids_and_a_pretraining_head_are_skipped_and_said() {
    let folder = changed(no_change, |tensors| {
        tensors.insert("embeddings.position_ids".into(), (Dtype::I64, vec![1, 4], vec![0; 32]));
        tensors.insert("cls.predictions.bias".into(), (Dtype::F32, vec![4], vec![0; 16]));
    });
    let loaded = load_bert(folder.path(), &backend::from_env()).unwrap();
    assert_eq!(loaded.skipped, ["cls.predictions.bias", "embeddings.position_ids"]);
}

#[test]
fn a_model_without_a_pooler_is_a_model() {
    let folder =
        changed(no_change, |tensors| tensors.retain(|name, _| !name.starts_with("pooler.")));
    assert!(load_bert(folder.path(), &backend::from_env()).unwrap().model.pooler.is_none());
}

#[test]
fn a_missing_tensor_is_named() {
    let folder = changed(no_change, |tensors| drop(tensors.remove(QUERY)));
    assert_refused(&folder, &[QUERY, "missing"]);
}

#[test]
fn a_layer_too_many_is_counted() {
    let folder = changed(no_change, |tensors| {
        let copies: Vec<_> = tensors
            .iter()
            .filter(|(name, _)| name.starts_with("encoder.layer.1."))
            .map(|(name, tensor)| (name.replace("layer.1.", "layer.2."), tensor.clone()))
            .collect();
        tensors.extend(copies);
    });
    assert_refused(&folder, &["expected 2 layers", "found 3"]);
}

#[test]
fn a_tensor_with_no_place_is_named() {
    let folder = changed(no_change, |tensors| {
        tensors.insert("adapter.weight".into(), (Dtype::F32, vec![1], vec![0; 4]));
    });
    assert_refused(&folder, &["adapter.weight", "no place"]);
}

#[test]
fn numbers_that_are_none_are_refused_by_name() {
    for bad in [f32::NAN, f32::INFINITY] {
        let folder = changed(no_change, |tensors| {
            tensors.get_mut(QUERY).unwrap().2[..4].copy_from_slice(&bad.to_le_bytes());
        });
        assert_refused(&folder, &[QUERY, "finite"]);
    }
}

#[test]
fn a_vocabulary_larger_than_the_table_is_refused() {
    let folder = changed(|config| config["vocab_size"] = json!(101), no_change);
    assert_refused(&folder, &["word_embeddings", "[101, 32]", "[100, 32]"]);
}

#[test]
fn every_impossible_configuration_is_refused_by_its_key() {
    let cases: [(&str, Value, &str); 14] = [
        ("model_type", json!("gpt2"), "found \"gpt2\""),
        ("num_attention_heads", json!(5), "divisor of hidden_size (32)"),
        ("num_attention_heads", json!(0), "at least 1"),
        ("num_hidden_layers", json!(0), "at least 1"),
        ("num_hidden_layers", json!(1_000_000_000), "expected 1000000000 layers"),
        ("num_hidden_layers", json!(4), "expected 4 layers"),
        ("hidden_size", json!("32"), "hidden_size"),
        ("hidden_size", json!(-1), "hidden_size"),
        ("layer_norm_eps", json!(0.0), "above 0"),
        ("hidden_act", json!("swoosh"), "swoosh"),
        ("hidden_dropout_prob", json!(1.5), "probability"),
        ("position_embedding_type", json!("relative_key"), "absolute"),
        ("is_decoder", json!(true), "expected false"),
        ("vocab_size", json!(null), "vocab_size"),
    ];
    for (key, value, needle) in cases {
        let folder = changed(|config| config[key] = value, no_change);
        assert_refused(&folder, &[needle]);
    }
}

#[test]
fn a_missing_and_a_doubled_key_are_refused() {
    let folder =
        changed(|config| drop(config.as_object_mut().unwrap().remove("hidden_size")), no_change);
    assert_refused(&folder, &["hidden_size"]);
    fs::write(folder.path().join("config.json"), r#"{"model_type": "bert", "model_type": "bert"}"#)
        .unwrap();
    assert_refused(&folder, &["model_type", "twice"]);
    fs::write(folder.path().join("config.json"), b"{\"model_type\": \"\xff\"}").unwrap();
    assert_refused(&folder, &["UTF-8"]);
}

#[test]
fn an_untied_output_table_is_refused() {
    let folder = changed(|config| config["tie_word_embeddings"] = json!(false), no_change);
    assert!(read_config(folder.path()).unwrap_err().to_string().contains("tie_word_embeddings"));
}

//! Folders in another form than expected: the right model, or an error of one clear line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use decoder::checkpoint::parity::answers;
use decoder::checkpoint::{load, read_config, save, tensors};
use decoder::{Family, LanguageModel};
use golden::{Folder, Stored};
use layer::Activation;
use safetensors::Dtype;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::parity::inputs;
use crate::{ids, random_model, small};

/// A copy of the recorded GPT-2 with its configuration and weights changed.
fn changed(
    config: impl FnOnce(&mut Value),
    weights: impl FnOnce(&mut BTreeMap<String, Stored>),
) -> TempDir {
    golden::altered("gpt2", config, weights)
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

const TABLE: &str = "transformer.wte.weight";
const PROJECTION: &str = "transformer.h.0.attn.c_proj.weight";
const OUTPUT: &str = "lm_head.weight";

#[test]
fn names_without_their_prefix_are_the_same_model() {
    for model in ["gpt2", "bloom"] {
        let folder = golden::altered(model, no_change, |tensors| {
            assert!(tensors.keys().all(|name| name.starts_with("transformer.")));
            for (name, tensor) in std::mem::take(tensors) {
                tensors.insert(name["transformer.".len()..].to_string(), tensor);
            }
        });
        assert_is_the_recorded_model(folder.path(), &[]);
    }
}

#[test]
fn a_stored_mask_is_skipped_and_reported() {
    let folder = changed(no_change, |tensors| {
        for layer in 0..2 {
            let name = |what: &str| format!("transformer.h.{layer}.attn.{what}");
            tensors.insert(name("bias"), (Dtype::U8, vec![1, 1, 64, 64], vec![1; 64 * 64]));
            tensors.insert(
                name("masked_bias"),
                (Dtype::F32, vec![], (-1e4f32).to_le_bytes().to_vec()),
            );
        }
    });
    let masks = ["h.0.attn.bias", "h.0.attn.masked_bias", "h.1.attn.bias", "h.1.attn.masked_bias"];
    assert_is_the_recorded_model(folder.path(), &masks);
}

#[test]
fn the_token_table_may_be_stored_twice_and_must_be_the_same() {
    let twice =
        changed(no_change, |tensors| drop(tensors.insert(OUTPUT.into(), tensors[TABLE].clone())));
    assert_is_the_recorded_model(twice.path(), &[OUTPUT]);
    let other = changed(no_change, |tensors| {
        let mut copy = tensors[TABLE].clone();
        copy.2[..4].copy_from_slice(&9f32.to_le_bytes());
        tensors.insert(OUTPUT.into(), copy);
    });
    assert_refused(other.path(), &[OUTPUT, "copy of \"wte.weight\""]);
}

#[test]
fn a_d_ff_that_is_not_given_is_four_times_d_model() {
    for inner in [Some(json!(null)), Some(json!(128)), None] {
        let folder = changed(
            |config| match inner {
                Some(inner) => config["n_inner"] = inner,
                None => drop(config.as_object_mut().unwrap().remove("n_inner")),
            },
            no_change,
        );
        assert_is_the_recorded_model(folder.path(), &[]);
    }
    let folder = changed(|config| config["n_inner"] = json!(64), no_change);
    assert_refused(folder.path(), &["mlp.c_fc.weight", "[32, 64]", "[32, 128]"]);
}

#[test]
fn a_transposed_square_matrix_shows_in_the_recorded_forward_pass() {
    let folder = changed(no_change, |tensors| {
        let (_, shape, bytes) = tensors.get_mut(PROJECTION).unwrap();
        let (n, from) = (shape[0], bytes.clone());
        bytes.clear();
        for row in 0..n {
            for column in 0..n {
                let i = 4 * (column * n + row); // f32 has four bytes
                bytes.extend_from_slice(&from[i..i + 4]);
            }
        }
    });
    let (error, _) = error(folder.path());
    assert!(error > 1e-2, "{error}");
}

#[test]
fn bloom_is_read_under_its_older_names() {
    let rename = |config: &mut Value, from: &str, to: &str| {
        let object = config.as_object_mut().unwrap();
        let value = object.remove(from).unwrap();
        object.insert(to.into(), value);
    };
    let folder = golden::altered(
        "bloom",
        |config| {
            rename(config, "hidden_size", "n_embed");
            rename(config, "n_head", "num_attention_heads");
            rename(config, "n_layer", "num_hidden_layers");
            config["seq_length"] = json!(99);
        },
        no_change,
    );
    assert_is_the_recorded_model(folder.path(), &[]);
    let config = read_config(folder.path()).unwrap();
    assert_eq!((config.family, config.max_tokens), (Family::Bloom, 99));
    let silent = golden::altered("bloom", no_change, no_change);
    assert_eq!(read_config(silent.path()).unwrap().max_tokens, 2048);
}

#[test]
fn of_two_spellings_of_a_size_the_newer_one_holds_as_in_transformers() {
    let folder = changed(
        |config| {
            config["n_head"] = json!(2);
            config["num_attention_heads"] = json!(4);
            config["n_positions"] = json!(7);
            config["max_position_embeddings"] = json!(64);
        },
        no_change,
    );
    assert_is_the_recorded_model(folder.path(), &[]);
    let folder = golden::altered(
        "bloom",
        |config| {
            config["n_embed"] = config["hidden_size"].take();
            config["hidden_size"] = json!(64);
            config["num_hidden_layers"] = json!(2);
            config["n_layer"] = json!(3);
        },
        no_change,
    );
    assert_is_the_recorded_model(folder.path(), &[]);
}

#[test]
fn a_missing_key_stands_for_what_its_class_says() {
    for (model, keys) in [
        ("gpt2", ["activation_function", "layer_norm_epsilon", "tie_word_embeddings"]),
        ("bloom", ["layer_norm_epsilon", "tie_word_embeddings", "pretraining_tp"]),
    ] {
        let remove = |config: &mut Value| {
            for key in keys {
                config.as_object_mut().unwrap().remove(key);
            }
        };
        assert_is_the_recorded_model(golden::altered(model, remove, no_change).path(), &[]);
    }
    let folder =
        changed(|config| drop(config.as_object_mut().unwrap().remove("n_positions")), no_change);
    assert_refused(folder.path(), &["expected shape [1024, 32], found [64, 32]"]);
}

#[test]
fn keys_that_change_nothing_in_f32_are_passed_over() {
    let set = |config: &mut Value| config["reorder_and_upcast_attn"] = json!(true);
    assert_is_the_recorded_model(changed(set, no_change).path(), &[]);
    // Only both together change a sum: transformers leaves two biases out then.
    for (exact, parts) in [(true, 1), (false, 4)] {
        let set = |config: &mut Value| {
            config["slow_but_exact"] = json!(exact);
            config["pretraining_tp"] = json!(parts);
        };
        assert_is_the_recorded_model(golden::altered("bloom", set, no_change).path(), &[]);
    }
    let set = |config: &mut Value| {
        config["slow_but_exact"] = json!(true);
        config["pretraining_tp"] = json!(4);
    };
    let folder = golden::altered("bloom", set, no_change);
    assert_refused(folder.path(), &["at slow_but_exact: expected false, found true"]);
}

#[test]
fn an_output_of_its_own_has_to_be_there() {
    let folder = golden::altered("gpt2_untied", no_change, |tensors| drop(tensors.remove(OUTPUT)));
    assert_refused(folder.path(), &[OUTPUT, "missing"]);
}

#[test]
fn a_missing_tensor_is_named() {
    let folder = changed(no_change, |tensors| drop(tensors.remove(PROJECTION)));
    assert_refused(folder.path(), &["h.0.attn.c_proj.weight", "missing"]);
}

#[test]
fn a_layer_too_many_is_counted() {
    let folder = changed(no_change, |tensors| {
        for (name, tensor) in tensors.clone() {
            if name.contains(".h.1.") {
                tensors.insert(name.replace(".h.1.", ".h.2."), tensor);
            }
        }
    });
    assert_refused(folder.path(), &["expected 2 layers", "found 3"]);
}

#[test]
fn a_tensor_with_no_place_is_named() {
    let folder = changed(no_change, |tensors| {
        tensors.insert("transformer.adapter.weight".into(), (Dtype::F32, vec![1], vec![0; 4]));
    });
    assert_refused(folder.path(), &["adapter.weight", "no place"]);
}

#[test]
fn weights_that_are_nan_or_infinite_are_refused_by_name() {
    for bad in [f32::NAN, f32::INFINITY] {
        let folder = changed(no_change, |tensors| {
            tensors.get_mut(PROJECTION).unwrap().2[..4].copy_from_slice(&bad.to_le_bytes());
        });
        assert_refused(folder.path(), &["h.0.attn.c_proj.weight", "finite"]);
    }
}

#[test]
fn every_impossible_configuration_of_gpt2_is_refused_by_its_key() {
    let huge = json!(1u64 << 63); // three of it are more than a machine counts
    let cases = [
        ("model_type", json!("gpt_neo"), "expected \"gpt2\" or \"bloom\", found \"gpt_neo\""),
        ("model_type", json!(null), "found no such key"),
        ("n_head", json!(5), "divisor of n_embd (32)"),
        ("n_head", json!(0), "at n_head: expected at least 1"),
        ("vocab_size", json!(0), "at vocab_size: expected at least 1"),
        ("n_embd", json!(0), "at n_embd: expected at least 1"),
        ("n_layer", json!(0), "at n_layer: expected at least 1"),
        ("n_positions", json!(0), "at n_positions: expected at least 1"),
        ("n_inner", json!(0), "at n_inner: expected at least 1"),
        ("n_layer", json!(1_000_000_000), "expected 1000000000 layers"),
        ("n_layer", json!(4), "expected 4 layers"),
        ("n_embd", json!("32"), "n_embd"),
        ("n_embd", json!(-1), "n_embd"),
        ("n_embd", huge.clone(), "expected shape [100, 9223372036854775808]"),
        ("n_inner", huge, "mlp.c_fc.weight"),
        ("layer_norm_epsilon", json!(0.0), "above 0"),
        ("activation_function", json!("swoosh"), "swoosh"),
        ("scale_attn_by_inverse_layer_idx", json!(1), "scale_attn_by_inverse_layer_idx"),
        ("scale_attn_weights", json!(null), "scale_attn_weights"),
        ("add_cross_attention", json!(true), "at add_cross_attention: expected false"),
        ("tie_word_embeddings", json!(false), "lm_head.weight"),
        ("hidden_size", json!(48), "expected shape [100, 48], found [100, 32]"),
        ("num_attention_heads", json!(5), "at n_head: expected a divisor of n_embd (32), found 5"),
        ("vocab_size", json!(101), "expected shape [101, 32], found [100, 32]"),
        ("n_positions", json!(1_000_000_000), "expected shape [1000000000, 32], found [64, 32]"),
    ];
    for (key, value, needle) in cases {
        let folder = changed(|config| config[key] = value, no_change);
        assert_refused(folder.path(), &[needle]);
    }
}

#[test]
fn every_impossible_configuration_of_bloom_is_refused_by_its_key() {
    let cases = [
        ("n_head", json!(5), "divisor of hidden_size (32)"),
        ("hidden_size", json!(0), "at hidden_size: expected at least 1"),
        ("seq_length", json!(0), "at seq_length: expected at least 1"),
        ("n_layer", json!(1_000_000_000), "expected 1000000000 layers"),
        ("hidden_size", json!(1u64 << 63), "expected shape [100, 9223372036854775808]"),
        ("layer_norm_epsilon", json!(-1.0), "above 0"),
        ("tie_word_embeddings", json!(false), "lm_head.weight"),
        ("n_embed", json!(48), "expected shape [100, 48], found [100, 32]"),
        ("vocab_size", json!(101), "expected shape [101, 32], found [100, 32]"),
    ];
    for (key, value, needle) in cases {
        let folder = golden::altered("bloom", |config| config[key] = value, no_change);
        assert_refused(folder.path(), &[needle]);
    }
}

#[test]
fn a_missing_and_a_doubled_key_are_refused() {
    let folder =
        changed(|config| drop(config.as_object_mut().unwrap().remove("n_embd")), no_change);
    assert_refused(folder.path(), &["n_embd"]);
    fs::write(folder.path().join("config.json"), r#"{"model_type": "gpt2", "model_type": "gpt2"}"#)
        .unwrap();
    assert_refused(folder.path(), &["model_type", "twice"]);
    fs::write(folder.path().join("config.json"), b"{\"model_type\": \"\xff\"}").unwrap();
    assert_refused(folder.path(), &["UTF-8"]);
}

#[test]
fn another_architecture_is_refused_by_its_name_or_by_its_tensors() {
    for other in ["bert", "llama"] {
        let folder = golden::directory().join(other);
        assert_refused(&folder, &["expected \"gpt2\" or \"bloom\"", &format!("found {other:?}")]);
        let disguised = changed(no_change, no_change);
        fs::copy(folder.join("model.safetensors"), disguised.path().join("model.safetensors"))
            .unwrap();
        assert_refused(disguised.path(), &["expected 2 layers under \"h.\"", "found 0"]);
    }
}

#[test]
fn a_model_saved_and_loaded_is_the_same_to_the_bit() {
    let device = backend::from_env();
    let gpt = small(Family::Gpt2);
    for config in [
        gpt.clone(),
        gpt.clone().with_d_ff(Some(40)).with_activation(Activation::Relu).with_epsilon(1e-3),
        gpt.clone().with_activation(Activation::GeluExact).with_dropout(0.1),
        gpt.clone().with_activation(Activation::Silu),
        gpt.clone().with_tied(false).with_scores_by_depth(true),
        gpt.with_scores_by_width(false),
    ] {
        let model = random_model(&config, &device);
        let folder = tempfile::tempdir().unwrap();
        save(&model, &config, folder.path()).unwrap();
        save(&model, &config, folder.path()).unwrap(); // over itself
        let loaded = load(folder.path(), &device).unwrap();
        assert_eq!(loaded.skipped, [""; 0]);
        assert_eq!(tensors(&loaded.model), tensors(&model));
        let expected = config.clone().with_d_ff(Some(config.d_ff())).with_dropout(0.0);
        assert_eq!(loaded.config.to_string(), expected.to_string());
        let text = ids(&[3, 7, 1, 12, 5], &device);
        let [found, expected] =
            [&loaded.model, &model].map(|model| model.forward(text.clone(), &[]));
        golden::assert_close(&found, &expected, backend::rerun(&device));
        let files: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files.len(), 2, "{files:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let device = backend::from_env();
    let config = small(Family::Gpt2);
    let file = tempfile::NamedTempFile::new().unwrap();
    let error =
        save(&random_model(&config, &device), &config, file.path()).unwrap_err().to_string();
    assert!(error.contains("config.json") && error.contains("writing failed"), "{error}");
}

#[test]
#[should_panic(expected = "GPT-2's family")]
fn a_bloom_is_read_and_not_written() {
    let config = small(Family::Bloom);
    let folder = tempfile::tempdir().unwrap();
    let _ = save(&random_model(&config, &backend::from_env()), &config, folder.path());
}

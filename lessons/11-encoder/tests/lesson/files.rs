//! Folders that are not what they say: one clear line each, or the right answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::nn::LinearConfig;
use burn::tensor::TensorData;
use encoder::SequenceClassifier;
use encoder::checkpoint::{
    load_bert, load_masked_language_model, load_sequence_classifier, read_config, save,
    save_sequence_classifier,
};
use encoder::parity::PublishedBert;
use golden::{Folder, Stored};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::floats;
use crate::parity::inputs;

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
    let inputs = inputs(&recorded, case);
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
    let error = load_masked_language_model(folder.path(), &backend::from_env()).unwrap_err();
    assert!(error.to_string().contains("tie_word_embeddings"), "{error}");
}

#[test]
fn an_encoder_whose_head_has_its_own_table_is_read() {
    let folder = changed(|config| config["tie_word_embeddings"] = json!(false), no_change);
    assert!(error(folder.path()) <= tolerance());
}

/// The heads that are recorded, with the tensors that the encoder under them has no use for.
const HEADS: [(&str, &[&str]); 7] = [
    ("bert_masked_lm", &["cls.predictions.bias"]),
    ("bert_sequence_classification", &["classifier.bias", "classifier.weight"]),
    ("bert_token_classification", &["classifier.bias", "classifier.weight"]),
    ("bert_question_answering", &["qa_outputs.bias", "qa_outputs.weight"]),
    ("distilbert", &["vocab_layer_norm.bias", "vocab_projector.bias", "vocab_transform.weight"]),
    ("roberta", &["lm_head.bias", "lm_head.dense.weight", "lm_head.layer_norm.weight"]),
    ("xlm_roberta", &["classifier.dense.weight", "classifier.out_proj.bias"]),
];

#[test]
fn the_encoder_under_every_head_is_read_past_it_and_what_is_skipped_is_said() {
    let device = backend::from_env();
    for (name, heads) in HEADS {
        let recorded = Folder::open(&golden::directory().join(name)).unwrap();
        let loaded = load_bert(&recorded.path, &device).unwrap();
        for head in heads {
            assert!(loaded.skipped.iter().any(|skipped| skipped == head), "{name}: {head}");
        }
        let case = &recorded.cases[0];
        let inputs = inputs(&recorded, case);
        let last = loaded.model.forward(&inputs.batch(&device)).into_data();
        let error = recorded.error(case, "hidden_states.2", &last).unwrap();
        assert!(error <= tolerance(), "{name}: off by {error:e}");
    }
}

#[test]
fn what_is_in_no_head_is_refused_with_its_nearest_name() {
    for (name, _) in HEADS {
        let folder = golden::altered(name, no_change, |tensors| {
            let layers = if name == "distilbert" { "transformer.layer" } else { "encoder.layer" };
            let extra = format!("{layers}.0.adapter.weight");
            tensors.insert(extra, (Dtype::F32, vec![1], vec![0; 4]));
        });
        assert_refused(&folder, &["0.adapter.weight", "no place", "nearest: "]);
    }
}

#[test]
fn another_architecture_is_named_before_anything_else() {
    let folder = changed(no_change, no_change);
    let config = folder.path().join("config.json");
    for other in ["albert", "electra", "mpnet", "modernbert", "deberta-v2", "nomic_bert", "gpt2"] {
        fs::write(&config, json!({"model_type": other, "hidden_size": "no"}).to_string()).unwrap();
        assert_refused(&folder, &[other, "bert, distilbert, roberta, xlm-roberta or camembert"]);
    }
    fs::write(&config, "{}").unwrap();
    assert_refused(&folder, &["model_type", "no such key"]);
}

#[test]
fn camembert_and_xlm_roberta_are_roberta() {
    let device = backend::from_env();
    let recorded = Folder::open(&golden::directory().join("roberta")).unwrap();
    for model_type in ["xlm-roberta", "camembert"] {
        let folder = golden::altered(
            "roberta",
            |config| config["model_type"] = json!(model_type),
            no_change,
        );
        let model = load_bert(folder.path(), &device).unwrap().model;
        for case in &recorded.cases {
            let last = model.forward(&inputs(&recorded, case).batch(&device)).into_data();
            assert!(recorded.error(case, "hidden_states.2", &last).unwrap() <= tolerance());
        }
    }
}

#[test]
fn robertas_longest_text_is_shorter_than_its_position_table() {
    let bert = load_bert(&golden::directory().join("roberta"), &backend::from_env()).unwrap();
    assert_eq!((bert.config.max_tokens, bert.config.padding), (18, Some(1)));
    assert_eq!((bert.model.max_tokens(), bert.model.config()), (18, bert.config));
}

#[test]
fn robertas_id_of_padding_is_one_that_positions_can_count_from() {
    for id in [json!(-1), json!(19), json!(100), json!(null), json!(1_u64 << 40)] {
        let folder = golden::altered("roberta", |config| config["pad_token_id"] = id, no_change);
        assert_refused(&folder, &["pad_token_id", "below 19"]);
    }
    // The library's default is the recorded model's own.
    let silent = golden::altered(
        "roberta",
        |config| drop(config.as_object_mut().unwrap().remove("pad_token_id")),
        no_change,
    );
    assert_eq!(read_config(silent.path()).unwrap().padding, Some(1));
}

#[test]
fn a_size_of_distilbert_may_have_both_its_names_if_they_agree() {
    let both = |size: usize| {
        golden::altered("distilbert", |config| config["hidden_size"] = json!(size), no_change)
    };
    assert_eq!(read_config(both(32).path()).unwrap().d_model, 32);
    assert_refused(&both(48), &["dim", "hidden_size", "32", "48"]);
    let renamed = golden::altered(
        "distilbert",
        |config| {
            let layers = config.as_object_mut().unwrap().remove("n_layers").unwrap();
            config["num_hidden_layers"] = layers;
        },
        no_change,
    );
    assert_eq!(read_config(renamed.path()).unwrap().n_layers, 2);
    let none = golden::altered(
        "distilbert",
        |config| drop(config.as_object_mut().unwrap().remove("n_heads")),
        no_change,
    );
    assert_refused(&none, &["n_heads", "no such key"]);
}

#[test]
fn the_table_of_sines_is_read_from_the_file_like_any_other() {
    let folder = golden::altered(
        "distilbert",
        |config| config["sinusoidal_pos_embds"] = json!(true),
        no_change,
    );
    assert!(load_bert(folder.path(), &backend::from_env()).is_ok());
}

#[test]
fn what_is_read_from_any_family_is_written_as_a_model_with_equal_values() {
    let device = backend::from_env();
    for (name, model_type) in [("distilbert", "bert"), ("roberta", "roberta"), ("bert", "bert")] {
        let recorded = Folder::open(&golden::directory().join(name)).unwrap();
        let written = tempfile::tempdir().unwrap();
        save(&load_bert(&recorded.path, &device).unwrap().model, written.path()).unwrap();
        let config: Value = files::read_json(&written.path().join("config.json")).unwrap();
        assert_eq!(config["model_type"], model_type);
        let again = load_bert(written.path(), &device).unwrap();
        assert_eq!(again.skipped, Vec::<String>::new());
        let case = &recorded.cases[0];
        let last = again.model.forward(&inputs(&recorded, case).batch(&device)).into_data();
        assert!(recorded.error(case, "hidden_states.2", &last).unwrap() <= tolerance(), "{name}");
    }
}

#[test]
fn a_classifier_on_any_family_is_read_back_as_it_was_written() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    for name in ["distilbert", "roberta", "bert"] {
        let recorded = Folder::open(&golden::directory().join(name)).unwrap();
        let mut bert = load_bert(&recorded.path, &device).unwrap().model;
        let (d_model, device) = (bert.d_model(), &device);
        bert.pooler.get_or_insert_with(|| LinearConfig::new(d_model, d_model).init(device));
        let classifier = LinearConfig::new(d_model, 3).init(device);
        let model = SequenceClassifier { bert, classifier };
        let written = tempfile::tempdir().unwrap();
        let labels = ["a", "b", "c"].map(String::from);
        save_sequence_classifier(&model, &labels, written.path()).unwrap();
        let again = load_sequence_classifier(written.path(), device).unwrap().model;
        let batch = inputs(&recorded, &recorded.cases[0]).batch(device);
        let tolerance = backend::rerun(device);
        golden::assert_close(&again.forward(&batch), &model.forward(&batch), tolerance);
    }
}

#[test]
fn a_head_of_distilbert_over_whole_texts_is_refused_by_name() {
    let folder = golden::directory().join("distilbert");
    let error = load_sequence_classifier(&folder, &backend::from_env()).unwrap_err().to_string();
    assert!(error.contains("DistilBERT"), "{error}");
}

#[test]
fn a_model_that_answers_questions_has_two_scores() {
    let folder = golden::altered("bert_question_answering", no_change, |tensors| {
        for name in ["qa_outputs.weight", "qa_outputs.bias"] {
            let (_, shape, bytes) = tensors.get_mut(name).unwrap();
            shape[0] = 1;
            bytes.truncate(bytes.len() / 2);
        }
    });
    let (path, device) = (folder.path(), backend::from_env());
    let error = PublishedBert::open(path, "BertForQuestionAnswering", &device).unwrap_err();
    assert!(error.to_string().contains("qa_outputs"), "{error}");
}

#[test]
fn a_problem_type_that_is_none_is_refused_by_name() {
    let folder = golden::altered(
        "bert_sequence_classification",
        |config| config["problem_type"] = json!("ranking"),
        no_change,
    );
    let (path, device) = (folder.path(), backend::from_env());
    let error = PublishedBert::open(path, "BertForSequenceClassification", &device).unwrap_err();
    assert!(error.to_string().contains("problem_type"), "{error}");
    assert!(error.to_string().contains("ranking"), "{error}");
}

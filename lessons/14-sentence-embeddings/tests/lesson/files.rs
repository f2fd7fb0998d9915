//! Sentence models that are not what they say, or pool in another way.

use std::fs;
use std::path::Path;

use sentences::{Pooling, SentenceEncoder};
use serde_json::Value;
use tempfile::TempDir;
use tokens::Tokenizer;

/// The recorded BERT with a tokenizer, as a folder of a plain encoder.
fn plain() -> TempDir {
    let (from, to) = (golden::directory().join("bert"), tempfile::tempdir().unwrap());
    for file in ["config.json", "model.safetensors"] {
        fs::copy(from.join(file), to.path().join(file)).unwrap();
    }
    let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s"];
    fs::write(to.path().join("vocab.txt"), words.join("\n")).unwrap();
    to
}

/// The same as a sentence model with this pooling.
fn sentence_model(pooling: &str) -> TempDir {
    let folder = plain();
    let module = |kind: &str, path: &str| {
        format!(
            r#"{{"idx": 0, "name": "0", "path": "{path}", "type": "sentence_transformers.models.{kind}"}}"#
        )
    };
    let modules = [
        module("Transformer", ""),
        module("Pooling", "1_Pooling"),
        module("Normalize", "2_Normalize"),
    ];
    fs::write(folder.path().join("modules.json"), format!("[{}]", modules.join(","))).unwrap();
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    fs::write(folder.path().join("1_Pooling/config.json"), pooling).unwrap();
    folder
}

fn open(folder: &Path) -> Result<SentenceEncoder, String> {
    SentenceEncoder::open(folder, &backend::from_env()).map_err(|error| error.to_string())
}

#[track_caller]
fn assert_refused(folder: &TempDir, needles: &[&str]) {
    let error = open(folder.path()).unwrap_err();
    assert!(!error.contains('\n'), "one line: {error}");
    for needle in needles {
        assert!(error.contains(needle), "expected {needle:?} in: {error}");
    }
}

const MEAN: &str = r#"{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}"#;

#[test]
fn a_plain_encoder_pools_by_the_mean_at_any_length() {
    let encoder = open(plain().path()).unwrap();
    let reading = encoder.reading();
    assert_eq!((reading.layers, reading.poolings, encoder.limit()), (2, vec![Pooling::Mean], 32));
    assert!(reading.stages.is_empty());
    assert_eq!(encoder.encode("The cats sat").unwrap().ids, [2, 5, 6, 8, 7, 3]);
}

#[test]
fn pooling_is_read_and_not_assumed() {
    let newer = r#"{"embedding_dimension": 32, "pooling_mode": "cls"}"#;
    let older = r#"{"word_embedding_dimension": 32, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#;
    let max = r#"{"word_embedding_dimension": 32, "pooling_mode_max_tokens": true}"#;
    for (config, pooling) in
        [(MEAN, Pooling::Mean), (newer, Pooling::Cls), (older, Pooling::Cls), (max, Pooling::Max)]
    {
        let encoder = open(sentence_model(config).path()).unwrap();
        let reading = encoder.reading();
        assert_eq!((reading.layers, &reading.poolings[..]), (2, &[pooling][..]));
        assert!(reading.is_unit());
    }
}

#[test]
fn a_pooling_that_is_not_known_is_refused_by_name() {
    for (config, needles) in [
        (r#"{"pooling_mode_first_tokens": true}"#, &["pooling_mode_first_tokens"][..]),
        (r#"{"pooling_mode": "first"}"#, &["first", "weightedmean", "lasttoken"]),
        (r#"{"pooling_mode": ["mean", "first"]}"#, &["first", "pooling_mode"]),
        (r#"{"pooling_mode": []}"#, &["pooling_mode", "found []"]),
        (r#"{"pooling_mode": "mean_tokens"}"#, &["mean_tokens"]),
        (r#"{"pooling_mode": 3}"#, &["found [3]"]),
        (r#"{"include_prompt": null}"#, &["include_prompt"]),
        (r#"{"embedding_dimension": 32, "word_embedding_dimension": 16}"#, &["32", "16"]),
    ] {
        assert_refused(&sentence_model(config), needles);
    }
}

/// As in sentence-transformers 6.2, which lets the newer key count.
#[test]
fn of_two_spellings_of_a_pooling_the_newer_counts() {
    let both = r#"{"pooling_mode": "max", "pooling_mode_cls_token": true}"#;
    let encoder = open(sentence_model(both).path()).unwrap();
    assert_eq!(encoder.reading().poolings, [Pooling::Max]);
}

#[test]
fn a_pooling_of_another_width_is_refused() {
    let wide = r#"{"word_embedding_dimension": 64, "pooling_mode_mean_tokens": true}"#;
    assert_refused(&sentence_model(wide), &["32", "64"]);
}

/// Puts another class or path into `modules.json`.
fn with_modules(change: impl Fn(String) -> String) -> TempDir {
    let folder = sentence_model(MEAN);
    let path = folder.path().join("modules.json");
    let text = change(fs::read_to_string(&path).unwrap());
    fs::write(path, text).unwrap();
    folder
}

#[test]
fn a_module_that_is_not_known_is_refused_by_its_full_name() {
    for kind in [
        "sentence_transformers.models.LSTM",
        "sentence_transformers.models.WeightedLayerPooling",
        "sentence_transformers.sparse_encoder.models.SpladePooling",
        "sentence_transformers.base.modules.router.Router",
        "sentence_transformers.models.Normalize.Other",
        "custom_st.Normalize",
        "Normalize",
    ] {
        let folder =
            with_modules(|text| text.replace("sentence_transformers.models.Normalize", kind));
        assert_refused(&folder, &[&format!("{kind:?}")]);
    }
    let folder = with_modules(|text| {
        text.replace("sentence_transformers.models.Transformer", "custom_st.Transformer")
    });
    assert_refused(&folder, &["\"custom_st.Transformer\""]);
}

#[test]
fn a_class_is_known_by_every_path_that_the_library_finds_it_under() {
    for home in [
        "sentence_transformers.models.",
        "sentence_transformers.models.Normalize.",
        "sentence_transformers.base.modules.",
        "sentence_transformers.base.modules.normalize.",
        "sentence_transformers.sentence_transformer.modules.",
    ] {
        let new = format!("{home}Normalize");
        let folder =
            with_modules(|text| text.replace("sentence_transformers.models.Normalize", &new));
        assert!(open(folder.path()).unwrap().reading().is_unit(), "{home}");
    }
}

#[test]
fn modules_that_the_library_would_not_run_are_refused() {
    let pooling = r#""sentence_transformers.models.Pooling""#;
    let normalize = r#""sentence_transformers.models.Normalize""#;
    let twice = with_modules(|text| text.replace(normalize, pooling).replace("2_N", "1_P"));
    assert_refused(&twice, &["Pooling", "modules.json"]);
    assert_refused(&with_modules(|text| text.replace(pooling, normalize)), &["Pooling"]);
    let dense = r#""sentence_transformers.models.Dense""#;
    assert_refused(&with_modules(|text| text.replace(pooling, dense)), &["Dense"]);
    assert_refused(&with_modules(|_| "[]".into()), &["StaticEmbedding", "found []"]);
    let first = r#""sentence_transformers.models.Transformer""#;
    assert_refused(&with_modules(|text| text.replace(first, pooling)), &["Transformer"]);
}

/// A model with a Dense module of 32 to 8 numbers and this configuration.
fn dense(config: &str) -> TempDir {
    let folder = with_modules(|text| text.replace("Normalize", "Dense"));
    let module = folder.path().join("2_Dense");
    fs::create_dir(&module).unwrap();
    fs::write(module.join("config.json"), config).unwrap();
    folder
}

#[test]
fn a_dense_module_that_does_not_fit_is_refused() {
    let config = |key: &str, value: &str| {
        let mut config = serde_json::json!({
            "in_features": 32, "out_features": 8, "bias": true,
            "activation_function": "torch.nn.modules.activation.Tanh",
        });
        config[key] = serde_json::from_str(value).unwrap();
        config.to_string()
    };
    for (key, value, needles) in [
        ("in_features", "64", &["in_features", "expected 32", "found 64"][..]),
        ("out_features", "0", &["out_features"]),
        ("out_features", "9000000000", &["out_features"]),
        ("activation_function", r#""torch.nn.modules.activation.LeakyReLU""#, &["LeakyReLU"]),
        ("activation_function", r#""my_code.Tanh""#, &["my_code.Tanh"]),
        ("activation_function", "null", &["activation_function"]),
        ("use_residual", "true", &["use_residual"]),
        ("module_input_name", r#""token_embeddings""#, &["module_input_name", "token_embeddings"]),
        ("bias", "false", &["safetensors"]),
    ] {
        assert_refused(&dense(&config(key, value)), needles);
    }
    let pickled = dense(&config("bias", "true"));
    fs::write(pickled.path().join("2_Dense/pytorch_model.bin"), "PK").unwrap();
    assert_refused(&pickled, &["2_Dense", "safetensors"]);
}

#[test]
fn a_module_outside_the_folder_is_refused() {
    let folder = sentence_model(MEAN);
    let path = folder.path().join("modules.json");
    let text = fs::read_to_string(&path).unwrap().replace("1_Pooling", "../elsewhere");
    fs::write(&path, &text).unwrap();
    assert_refused(&folder, &["../elsewhere", "inside"]);
    fs::write(&path, text.replace("../elsewhere", &"elsewhere".repeat(1000))).unwrap();
    assert_refused(&folder, &["modules.json", "at most 255 bytes", "found 9000"]);
}

#[test]
fn the_sentence_models_own_limit_counts_up_to_the_number_of_positions() {
    let folder = sentence_model(MEAN);
    let limit = |json: &str| {
        fs::write(folder.path().join("sentence_bert_config.json"), json).unwrap();
        open(folder.path()).map(|encoder| encoder.limit())
    };
    assert_eq!(limit(r#"{"max_seq_length": 9}"#), Ok(9));
    assert_eq!(limit(r#"{"max_seq_length": 4000}"#), Ok(32));
    assert!(limit(r#"{"max_seq_length": 1}"#).unwrap_err().contains("max_seq_length"));
}

#[test]
fn a_sentence_models_lower_casing_spares_special_tokens_and_is_written_with_it() {
    let folder = sentence_model(MEAN);
    fs::write(folder.path().join("tokenizer_config.json"), r#"{"do_lower_case": false}"#).unwrap();
    let cased = open(folder.path()).unwrap();
    assert_eq!(cased.encode("[MASK] The CAT").unwrap().ids, [2, 4, 1, 1, 3]);
    let config = folder.path().join("sentence_bert_config.json");
    fs::write(config, r#"{"do_lower_case": true}"#).unwrap();
    let lower = open(folder.path()).unwrap();
    let saved = tempfile::tempdir().unwrap();
    lower.save(saved.path()).unwrap();
    for encoder in [lower, open(saved.path()).unwrap()] {
        assert_eq!(encoder.encode("[MASK] The CAT").unwrap().ids, [2, 4, 5, 6, 3]);
    }
}

#[test]
fn a_tokenizer_with_more_words_than_the_table_is_refused() {
    let folder = plain();
    let words: Vec<String> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        .into_iter()
        .map(String::from)
        .chain((0..96).map(|i| format!("word{i}")))
        .collect();
    fs::write(folder.path().join("vocab.txt"), words.join("\n")).unwrap();
    assert_refused(&folder, &["word95", "100"]);
}

/// A tokenizer whose template gives every token this segment.
fn with_segment(folder: &TempDir, segment: u32) {
    Tokenizer::word_level(&["the", "cat"]).unwrap().save(folder.path(), 32).unwrap();
    let path = folder.path().join("tokenizer.json");
    let mut tokenizer: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for part in tokenizer["post_processor"]["single"].as_array_mut().expect("a template") {
        for token in part.as_object_mut().expect("a part").values_mut() {
            token["type_id"] = segment.into();
        }
    }
    fs::write(path, tokenizer.to_string()).unwrap();
    let config = r#"{"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]",
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}"#;
    fs::write(folder.path().join("tokenizer_config.json"), config).unwrap();
}

#[test]
fn a_segment_that_the_model_lacks_is_refused_and_roberta_tells_none_apart() {
    let folder = plain();
    with_segment(&folder, 2);
    let error = open(folder.path()).unwrap().embed(&["the cat"]).unwrap_err().to_string();
    assert!(error.contains("segments below 2") && error.contains("found 2"), "{error}");

    let roberta = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        let from = golden::directory().join("roberta").join(file);
        fs::copy(from, roberta.path().join(file)).unwrap();
    }
    with_segment(&roberta, 1);
    let marked = open(roberta.path()).unwrap().embed(&["the cat"]).unwrap();
    with_segment(&roberta, 0);
    assert_eq!(marked, open(roberta.path()).unwrap().embed(&["the cat"]).unwrap());
}

#[test]
fn a_text_without_a_token_is_refused_and_no_other() {
    let folder = plain();
    with_segment(&folder, 0);
    let path = folder.path().join("tokenizer.json");
    let mut tokenizer: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    tokenizer["post_processor"] = Value::Null;
    let mut added = tokenizer["added_tokens"][0].clone();
    (added["id"], added["content"]) = (7.into(), "<new>".into());
    tokenizer["added_tokens"].as_array_mut().expect("a list").push(added);
    fs::write(&path, tokenizer.to_string()).unwrap();
    let encoder = open(folder.path()).unwrap();
    assert_eq!(encoder.embed(&["the cat <new>"]).unwrap()[0].tokens, 3);
    let error = encoder.embed(&[""]).unwrap_err().to_string();
    assert!(error.contains("leave out what is empty"), "{error}");
}

#[test]
fn settings_that_would_change_vectors_and_are_not_known_are_refused() {
    for (config, needles) in [
        (r#"{"transformer_task": "fill-mask"}"#, &["transformer_task", "fill-mask"][..]),
        (r#"{"module_output_name": "sentence_embedding"}"#, &["module_output_name"]),
        (
            r#"{"modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}}}"#,
            &["modality_config"],
        ),
        (r#"{"modality_config": {"message": {}}}"#, &["modality_config"]),
        (r#"{"model_args": {"add_pooling_layer": true}}"#, &["model_args"]),
        (r#"{"tokenizer_args": {"do_lower_case": true}}"#, &["tokenizer_args"]),
        (r#"{"query_length": 3}"#, &["query_length"]),
        (r#"{"max_length": 3}"#, &["max_length"]),
        (r#"{"max_seq_length": "3"}"#, &["max_seq_length"]),
    ] {
        let folder = sentence_model(MEAN);
        fs::write(folder.path().join("sentence_bert_config.json"), config).unwrap();
        assert_refused(&folder, needles);
    }
    let folder = sentence_model(MEAN);
    let harmless = r#"{"transformer_task": "feature-extraction", "module_output_name": "token_embeddings",
        "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
        "model_args": {"trust_remote_code": true}, "unpad_inputs": null, "max_seq_length": null}"#;
    fs::write(folder.path().join("sentence_bert_config.json"), harmless).unwrap();
    assert_eq!(open(folder.path()).unwrap().limit(), 32);
}

#[test]
fn of_the_files_that_say_lengths_the_first_that_says_something_counts() {
    let folder = sentence_model(MEAN);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("sentence_xlm-roberta_config.json", r#"{"max_seq_length": 9}"#);
    assert_eq!(open(folder.path()).unwrap().limit(), 9);
    write("sentence_roberta_config.json", r#"{"max_seq_length": 7}"#);
    write("sentence_bert_config.json", "{}");
    assert_eq!(open(folder.path()).unwrap().limit(), 7);
    write("sentence_roberta_config.json", r#"{"max_seq_length": 1}"#);
    assert_refused(&folder, &["sentence_roberta_config.json", "max_seq_length"]);
}

/// A sentence model of which `config_sentence_transformers.json` says this.
fn configured(config: &str) -> TempDir {
    let folder = sentence_model(MEAN);
    fs::write(folder.path().join("config_sentence_transformers.json"), config).unwrap();
    folder
}

#[test]
fn a_default_prompt_stands_before_every_text() {
    let folder = configured(r#"{"prompts": {"a": "the "}, "default_prompt_name": "a"}"#);
    let encoder = open(folder.path()).unwrap();
    assert_eq!(encoder.prompt(), "the ");
    assert_eq!(encoder.encode("cat").unwrap().ids, [2, 5, 6, 3]);
    // Queries and passages have a prompt of their own, if an empty one.
    assert_eq!(encoder.for_queries().unwrap().encode("cat").unwrap().ids, [2, 6, 3]);
}

#[test]
fn a_whole_models_settings_that_are_not_known_are_refused() {
    for (config, needles) in [
        (r#"{"default_prompt_name": "a"}"#, &["default_prompt_name", "\"a\""][..]),
        (r#"{"model_type": "SparseEncoder"}"#, &["model_type", "SparseEncoder"]),
        (r#"{"truncate_dim": 0}"#, &["truncate_dim"]),
        (r#"{"truncate_dim": -3}"#, &["truncate_dim"]),
        (r#"{"prompts": ["a"]}"#, &["prompts"]),
    ] {
        assert_refused(&configured(config), needles);
    }
}

#[test]
fn a_model_that_is_not_ranked_by_cosine_is_not_searched_with() {
    for (name, ranks) in [
        ("cosine", true),
        ("dot", true),
        ("maxsim", true),
        ("euclidean", false),
        ("manhattan", false),
    ] {
        let folder = configured(&format!(r#"{{"similarity_fn_name": "{name}"}}"#));
        let ranked = open(folder.path()).unwrap().ranks_by_cosine();
        assert_eq!(ranked.is_ok(), ranks, "{name}");
        if let Err(error) = ranked {
            assert!(error.to_string().contains(name), "{error}");
        }
    }
    // Without Normalize, a dot product ranks otherwise.
    let folder = configured(r#"{"similarity_fn_name": "dot"}"#);
    let path = folder.path().join("modules.json");
    let text = fs::read_to_string(&path).unwrap().replace("Normalize", "Dropout");
    fs::write(path, text).unwrap();
    assert!(open(folder.path()).unwrap().ranks_by_cosine().is_err());
}

#[test]
fn what_is_saved_opens_again_and_gives_the_same_vectors() {
    let folder = tempfile::tempdir().unwrap();
    for config in [MEAN, r#"{"word_embedding_dimension": 32, "pooling_mode": "cls"}"#] {
        let encoder = open(sentence_model(config).path()).unwrap();
        assert!(encoder.reading().is_unit());
        let to = folder.path().join(encoder.reading().poolings[0].name());
        encoder.save(&to).unwrap();
        let again = open(&to).unwrap();
        assert_eq!(again.reading().poolings, encoder.reading().poolings);
        assert_eq!((again.reading().is_unit(), again.limit()), (true, encoder.limit()));
        let texts = ["the cat sat", "The cats", ""];
        assert_eq!(again.embed(&texts).unwrap(), encoder.embed(&texts).unwrap());
    }
}

#[test]
fn a_plain_encoder_that_is_saved_keeps_vectors_of_any_length() {
    let folder = tempfile::tempdir().unwrap();
    open(plain().path()).unwrap().save(folder.path()).unwrap();
    assert!(!open(folder.path()).unwrap().reading().is_unit());
}

#[test]
fn a_model_cannot_be_saved_into_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = open(plain().path()).unwrap().save(file.path()).unwrap_err().to_string();
    assert!(error.contains("making the folder") && !error.contains('\n'), "{error}");
}

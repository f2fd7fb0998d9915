//! Sentence models that are not what they say, or pool in another way.

use std::fs;
use std::path::Path;

use sentences::{Pooling, Reading, SentenceEncoder};
use tempfile::TempDir;

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
    let reading = Reading { layers: 2, pooling: Pooling::Mean, unit: false };
    assert_eq!((encoder.reading(), encoder.limit()), (reading, 32));
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
        assert_eq!(encoder.reading(), Reading { layers: 2, pooling, unit: true });
    }
}

#[test]
fn a_pooling_that_is_not_known_is_refused_by_name() {
    let weighted = r#"{"word_embedding_dimension": 32, "pooling_mode_weightedmean_tokens": true}"#;
    assert_refused(&sentence_model(weighted), &["weightedmean_tokens", "mean, cls and max"]);
    let two = r#"{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true}"#;
    assert_refused(&sentence_model(two), &["pooling_mode"]);
    assert_refused(&sentence_model(r#"{"word_embedding_dimension": 32}"#), &["found []"]);
}

#[test]
fn a_pooling_of_another_width_is_refused() {
    let wide = r#"{"word_embedding_dimension": 64, "pooling_mode_mean_tokens": true}"#;
    assert_refused(&sentence_model(wide), &["32", "64"]);
}

#[test]
fn a_module_that_is_not_known_is_refused_by_name() {
    for kind in ["Dense", "LSTM"] {
        let folder = sentence_model(MEAN);
        let path = folder.path().join("modules.json");
        let text = fs::read_to_string(&path).unwrap().replace("Normalize", kind);
        fs::write(path, text).unwrap();
        assert_refused(&folder, &[kind]);
    }
}

#[test]
fn a_module_outside_the_folder_is_refused() {
    let folder = sentence_model(MEAN);
    let path = folder.path().join("modules.json");
    let text = fs::read_to_string(&path).unwrap().replace("1_Pooling", "../elsewhere");
    fs::write(path, text).unwrap();
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

#[test]
fn a_prompt_that_would_change_every_text_is_refused() {
    let folder = sentence_model(MEAN);
    let prompts = r#"{"prompts": {"query": "query: "}, "default_prompt_name": "query"}"#;
    fs::write(folder.path().join("config_sentence_transformers.json"), prompts).unwrap();
    assert_refused(&folder, &["default_prompt_name"]);
}

#[test]
fn what_is_saved_opens_again_and_gives_the_same_vectors() {
    let folder = tempfile::tempdir().unwrap();
    for config in [MEAN, r#"{"word_embedding_dimension": 32, "pooling_mode": "cls"}"#] {
        let encoder = open(sentence_model(config).path()).unwrap();
        assert!(encoder.reading().unit);
        let to = folder.path().join(format!("{:?}", encoder.reading().pooling));
        encoder.save(&to).unwrap();
        let again = open(&to).unwrap();
        assert_eq!((again.reading(), again.limit()), (encoder.reading(), encoder.limit()));
        let texts = ["the cat sat", "The cats", ""];
        assert_eq!(again.embed(&texts).unwrap(), encoder.embed(&texts).unwrap());
    }
}

#[test]
fn a_plain_encoder_that_is_saved_keeps_vectors_of_any_length() {
    let folder = tempfile::tempdir().unwrap();
    open(plain().path()).unwrap().save(folder.path()).unwrap();
    assert!(!open(folder.path()).unwrap().reading().unit);
}

#[test]
fn a_model_cannot_be_saved_into_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = open(plain().path()).unwrap().save(file.path()).unwrap_err().to_string();
    assert!(error.contains("making the folder") && !error.contains('\n'), "{error}");
}

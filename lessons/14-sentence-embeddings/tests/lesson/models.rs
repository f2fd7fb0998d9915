//! Folders of every kind of sentence model, against the vectors that sentence-transformers gives.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use sentences::{Pooling, SentenceEncoder};
use serde::Deserialize;
use tempfile::TempDir;

/// What `make_sentence_models.py` recorded.
#[derive(Deserialize)]
struct Recorded {
    texts: Vec<String>,
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    /// Folder of the Transformer within the model's; none where the model is a table.
    transformer: Option<String>,
    calls: Vec<Call>,
}

/// A function of sentence-transformers with the name of a prompt, and its vectors of the texts.
#[derive(Deserialize)]
struct Call {
    function: String,
    prompt_name: Option<String>,
    vectors: Vec<Vec<f32>>,
}

fn directory() -> PathBuf {
    golden::directory().join("sentence_models")
}

fn recorded() -> Recorded {
    files::read_json(&directory().join("recorded.json")).unwrap()
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Model {
    fn named(name: &str) -> Model {
        recorded().models.into_iter().find(|model| model.name == name).unwrap()
    }

    /// The model's whole folder: with the encoder of `bert/` and the tokenizer of all of them.
    fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        copy(&directory().join(&self.name), folder.path());
        if let Some(transformer) = &self.transformer {
            let transformer = folder.path().join(transformer);
            for file in ["config.json", "model.safetensors"] {
                fs::create_dir_all(&transformer).unwrap();
                fs::copy(golden::directory().join("bert").join(file), transformer.join(file))
                    .unwrap();
            }
            copy(&directory().join("tokenizer"), &transformer);
        }
        folder
    }
}

impl Call {
    /// The encoder that answers as this call does.
    fn of(&self, encoder: &SentenceEncoder) -> SentenceEncoder {
        match (&self.function[..], &self.prompt_name) {
            ("encode", None) => encoder.clone(),
            ("encode", Some(name)) => {
                let prompt = encoder.prompts().named(name).unwrap().to_string();
                encoder.clone().with_prompt(&prompt).unwrap()
            }
            ("encode_query", None) => encoder.for_queries().unwrap(),
            ("encode_document", None) => encoder.for_passages().unwrap(),
            (function, prompt) => panic!("{function} of {prompt:?}"),
        }
    }
}

#[track_caller]
fn assert_as_recorded(what: &str, encoder: &SentenceEncoder, texts: &[String], model: &Model) {
    let tolerance = backend::tolerance(&backend::from_env(), 1e-5);
    for call in &model.calls {
        let found = call.of(encoder).embed(texts).unwrap();
        for (text, (found, expected)) in texts.iter().zip(found.iter().zip(&call.vectors)) {
            let what = format!(
                "{what} {}, {} {:?}, {text:?}",
                model.name, call.function, call.prompt_name
            );
            assert_eq!(found.vector.len(), expected.len(), "{what}");
            let found = TensorData::new(found.vector.clone(), [found.vector.len()]);
            let expected = TensorData::new(expected.clone(), [expected.len()]);
            golden::assert_data_close(&what, &found, &expected, tolerance);
        }
    }
}

#[test]
fn every_kind_of_model_gives_the_vectors_of_sentence_transformers_in_any_batch() {
    let (device, recorded) = (backend::from_env(), recorded());
    assert!(recorded.models.len() > 20);
    for model in &recorded.models {
        let folder = model.folder();
        let mut encoder = SentenceEncoder::open(folder.path(), &device).unwrap();
        assert_eq!(encoder.width(), model.calls[0].vectors[0].len(), "{}", model.name);
        for batch in [1, 2, 5] {
            encoder = encoder.with_batch(batch);
            assert_as_recorded("opened", &encoder, &recorded.texts, model);
        }
    }
}

#[test]
fn what_is_saved_of_every_kind_that_is_trained_opens_again_and_gives_the_same_vectors() {
    let (device, recorded) = (backend::from_env(), recorded());
    for model in &recorded.models {
        let (folder, to) = (model.folder(), tempfile::tempdir().unwrap());
        let encoder = SentenceEncoder::open(folder.path(), &device).unwrap();
        if encoder.trainable().is_err() {
            assert!(encoder.save(to.path()).is_err(), "{}", model.name);
            assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0);
            continue;
        }
        encoder.save(to.path()).unwrap();
        let again = SentenceEncoder::open(to.path(), &device).unwrap();
        assert_eq!(again.prompts(), encoder.prompts());
        assert_as_recorded("saved", &again, &recorded.texts, model);
    }
}

#[test]
fn the_same_vectors_come_out_on_the_plain_road() {
    let recorded = recorded();
    let _plain = kernels::plain_here();
    for name in ["stages", "pooling_several", "prompts_unpooled"] {
        let model = Model::named(name);
        let encoder = SentenceEncoder::open(model.folder().path(), &backend::from_env()).unwrap();
        assert_as_recorded("plain", &encoder, &recorded.texts, &model);
    }
}

#[test]
fn a_table_has_vectors_of_tokens_and_no_layers() {
    let folder = Model::named("static").folder();
    let encoder = SentenceEncoder::open(folder.path(), &backend::from_env()).unwrap();
    let tokens = encoder.embed_tokens(&["the cat", ""], 0).unwrap();
    assert_eq!(tokens[0].encoding.tokens, ["the", "cat"]);
    let mean = encoder.embed(&["the cat"]).unwrap().remove(0).vector;
    for (i, mean) in mean.iter().enumerate() {
        assert!((mean - (tokens[0].vectors[0][i] + tokens[0].vectors[1][i]) / 2.0).abs() < 1e-6);
    }
    assert!(tokens[1].vectors.is_empty());
    for error in [encoder.bert().unwrap_err(), encoder.trainable().unwrap_err()] {
        assert!(error.to_string().contains("StaticEmbedding"), "{error}");
    }
}

#[test]
fn a_model_with_learned_modules_behind_the_pooling_is_not_trained() {
    let open = |name: &str| {
        let folder = Model::named(name).folder();
        SentenceEncoder::open(folder.path(), &backend::from_env()).unwrap()
    };
    for name in ["dense_tanh", "stages"] {
        let encoder = open(name);
        assert!(encoder.trainable().unwrap_err().to_string().contains("Dense"), "{name}");
        assert!(encoder.bert().is_ok());
    }
    assert!(open("subfolder").trainable().is_ok());
}

#[test]
fn a_search_puts_each_prompt_before_its_own() {
    let folder = Model::named("prompts").folder();
    let encoder = SentenceEncoder::open(folder.path(), &backend::from_env()).unwrap();
    let (queries, passages) = (encoder.for_queries().unwrap(), encoder.for_passages().unwrap());
    assert_eq!((queries.prompt(), passages.prompt()), ("query: ", "passage: "));
    assert_eq!(encoder.prompt(), "");
    let texts = ["the cat", "the moon is red", "small fish"];
    let query = queries.embed_matrix(&["dog"]).unwrap();
    let expected = similarity::nearest(query, passages.embed_matrix(&texts).unwrap(), 3).remove(0);
    assert_eq!(encoder.search("dog", &texts, 3).unwrap(), expected);
}

#[test]
fn the_name_of_a_prompt_that_is_not_there_is_told_with_those_that_are() {
    let folder = Model::named("prompts").folder();
    let encoder = SentenceEncoder::open(folder.path(), &backend::from_env()).unwrap();
    let error = encoder.prompts().named("qeury").unwrap_err().to_string();
    assert!(error.contains("\"qeury\"") && error.contains("document, other, query"), "{error}");
}

#[test]
fn every_pooling_is_found_by_its_name() {
    for (name, pooling) in Pooling::NAMED {
        assert_eq!((Pooling::named(name), pooling.name()), (Some(pooling), name));
    }
    assert_eq!(Pooling::named("mean_tokens"), None);
}

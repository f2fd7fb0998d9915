//! Prompts, and models that are more than an encoder, from the command line.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::{assert_refused, json_lines, model, path, rungs, stdout};

/// The small encoder as a sentence model with these prompts.
fn prompted(prompts: &str) -> TempDir {
    let folder = model();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let modules = r#"[
        {"name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]"#;
    write("modules.json", modules);
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    write("1_Pooling/config.json", r#"{"word_embedding_dimension": 32}"#);
    write("config_sentence_transformers.json", prompts);
    folder
}

const PROMPTS: &str = r#"{"prompts": {"query": "the ", "document": "a "}}"#;

/// The recorded model that is a table of token vectors.
fn table() -> TempDir {
    let (from, to) =
        (golden::directory().join("sentence_models/static"), tempfile::tempdir().unwrap());
    for file in ["modules.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(from.join(file), to.path().join(file)).unwrap();
    }
    to
}

fn vector(model: &TempDir, text: &str, more: &[&str]) -> Value {
    let args = [&["embed", "--model", path(model)], more].concat();
    json_lines(&rungs(&args, text.as_bytes()))[0]["embedding"].clone()
}

fn found(model: &TempDir, more: &[&str]) -> Vec<Value> {
    let args = [&["search", "cat", "--format", "jsonl", "--model", path(model)], more].concat();
    json_lines(&rungs(&args, b"the dog\na cat\nriver\n"))
}

#[test]
fn a_prompt_by_name_or_as_it_stands_is_put_before_each_text() {
    let (plain, prompted) = (model(), prompted(PROMPTS));
    let expected = vector(&plain, "the cat", &[]);
    assert_eq!(vector(&prompted, "cat", &["--prompt", "query"]), expected);
    for model in [&plain, &prompted] {
        assert_eq!(vector(model, "cat", &["--prompt-text", "the "]), expected);
        assert_eq!(vector(model, "cat", &[]), vector(&plain, "cat", &[]));
    }
    let output = rungs(&["embed", "--model", path(&prompted), "--prompt", "qeury"], b"cat");
    assert_refused(&output, &["\"qeury\"", "document, query"]);
    let both = ["embed", "--prompt", "query", "--prompt-text", "the "];
    assert_refused(&rungs(&both, b""), &["--prompt-text"]);
}

#[test]
fn a_default_prompt_is_obeyed() {
    let model = prompted(r#"{"prompts": {"a": "the "}, "default_prompt_name": "a"}"#);
    let expected = vector(&model, "the cat", &["--prompt-text", ""]);
    assert_eq!(vector(&model, "cat", &[]), expected);
}

#[test]
fn a_search_has_a_prompt_for_the_query_and_one_for_the_lines() {
    let (plain, prompted) = (model(), prompted(PROMPTS));
    let own = found(&prompted, &[]);
    assert_ne!(own, found(&plain, &[]));
    let said = ["--prompt-text", "the ", "--passage-prompt-text", "a "];
    assert_eq!(found(&plain, &said), own);
    let turned = ["--prompt", "document", "--passage-prompt", "query"];
    let expected = ["--prompt-text", "a ", "--passage-prompt-text", "the "];
    assert_eq!(found(&prompted, &turned), found(&plain, &expected));
    let none = ["--prompt-text", "", "--passage-prompt-text", ""];
    assert_eq!(found(&prompted, &none), found(&plain, &[]));
}

#[test]
fn a_prompt_of_passages_that_is_called_otherwise_is_told() {
    let model = prompted(r#"{"prompts": {"query": "the ", "passage": "a "}}"#);
    let args = ["search", "cat", "--model", path(&model)];
    let note = |more: &[&str]| {
        let output = rungs(&[&args, more].concat(), b"the dog\n");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(note(&[]).starts_with("note: ") && note(&[]).contains("\"passage\""));
    assert_eq!(note(&["--passage-prompt", "passage"]), "");
}

#[test]
fn an_index_remembers_the_prompt_of_its_passages() {
    let model = prompted(PROMPTS);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (notes, more, index) = (file("notes.txt"), file("more.txt"), file("notes.index"));
    fs::write(&notes, "the dog\na cat\nriver\n").unwrap();
    fs::write(&more, "bank\n").unwrap();
    let build = ["index", "build", &notes, "--out", &index, "--model", path(&model)];
    stdout(&rungs(&build, b""));
    let search = ["search", "cat", "--index", &index, "--format", "jsonl"];
    let scores = |found: &[Value]| -> Vec<(String, f64)> {
        let pair = |row: &Value| {
            let score = row["score"].as_f64().unwrap();
            (row["text"].as_str().unwrap().to_string(), (score * 1e5).round())
        };
        found.iter().map(pair).collect()
    };
    let own = json_lines(&rungs(&search, b""));
    assert_eq!(scores(&own), scores(&found(&model, &[])));
    let other = json_lines(&rungs(&[&search[..], &["--prompt-text", ""]].concat(), b""));
    assert_eq!(scores(&other), scores(&found(&model, &["--prompt-text", ""])));

    // What is added has the same prompt, whatever the model's own is by now.
    fs::write(model.path().join("config_sentence_transformers.json"), "{}").unwrap();
    stdout(&rungs(&["index", "add", &more, "--index", &index], b""));
    let add = ["index", "add", &more, "--index", &index, "--prompt-text", "the "];
    assert_refused(&rungs(&add, b""), &["the prompt \"the \" in place of \"a \""]);
    assert_refused(&rungs(&build, b""), &["the prompt \"\" in place of \"a \""]);
    let with = [&search[..], &["--passage-prompt-text", "a "]].concat();
    assert_refused(&rungs(&with, b""), &["--index", "that of its own"]);
}

#[test]
fn what_is_tuned_keeps_the_prompts_that_it_was_tuned_with() {
    let (model, folder) = (prompted(PROMPTS), tempfile::tempdir().unwrap());
    let pairs = folder.path().join("pairs.tsv");
    fs::write(&pairs, "the cat\ta cat\nthe dog\ta dog\nriver\tbank\n").unwrap();
    let out = folder.path().join("tuned");
    let tune = |out: &Path, more: &[&str]| {
        let (pairs, out) = (pairs.to_str().unwrap(), out.to_str().unwrap());
        let args = ["tune", pairs, "--model", path(&model), "--out", out];
        stdout(&rungs(&[&args, more].concat(), b""));
        let text = fs::read_to_string(Path::new(out).join("config_sentence_transformers.json"));
        serde_json::from_str::<Value>(&text.unwrap()).unwrap()["prompts"].clone()
    };
    let prompts = serde_json::json!({"query": "the ", "document": "a "});
    assert_eq!(tune(&out, &[]), prompts);
    let said = ["--prompt-text", "dog ", "--passage-prompt", "query"];
    let prompts = serde_json::json!({"query": "dog ", "document": "the "});
    assert_eq!(tune(&folder.path().join("other"), &said), prompts);
}

#[test]
fn a_table_of_token_vectors_embeds_and_has_no_layers() {
    let (model, folder) = (table(), tempfile::tempdir().unwrap());
    let lines = json_lines(&rungs(&["embed", "--model", path(&model)], b"the cat\n\n"));
    assert_eq!((&lines[0]["tokens"], &lines[1]["tokens"]), (&2.into(), &0.into()));
    assert_eq!(lines[1]["embedding"], serde_json::json!(vec![0.0; 24]));
    let refused = |args: &[&str]| {
        let output = rungs(&[args, &["--model", path(&model)]].concat(), b"the cat\n");
        assert_refused(&output, &["StaticEmbedding", "another model"]);
    };
    refused(&["embed", "--layer", "0"]);
    refused(&["embed", "--pool", "cls"]);
    let table = folder.path().join("table.tsv");
    fs::write(&table, "the cat\tone\na dog\ttwo\nhello\tone\nriver\ttwo\n").unwrap();
    let (table, out) = (table.to_str().unwrap(), folder.path().join("out"));
    let out_name = out.to_str().unwrap();
    let pairs = folder.path().join("pairs.tsv");
    fs::write(&pairs, "the cat sat on a mat\ta cat sits on it\nhello my dog\tdogs say hello\n")
        .unwrap();
    refused(&["tune", pairs.to_str().unwrap(), "--out", out_name]);
    refused(&["classify", "train", table, "--method", "finetune", "--out", out_name]);
    assert!(!out.exists());
    let train = ["classify", "train", table, "--out", out_name, "--model", path(&model)];
    stdout(&rungs(&train, b""));
    let said = json_lines(&rungs(&["classify", "predict", out_name], b"a cat\n"));
    assert!(["one", "two"].contains(&said[0]["label"].as_str().unwrap()));
}

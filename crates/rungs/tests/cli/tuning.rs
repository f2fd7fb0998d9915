//! Encoders that learn.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{assert_refused, json_lines, model, path, rungs, stdout};

/// A file of pairs in a folder of its own.
fn pairs(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pairs.tsv");
    fs::write(&file, text).unwrap();
    let name = file.to_str().unwrap().to_string();
    (folder, name)
}

const PAIRS: &str = "the cat sat\ta cat sat on a mat\tthe river\nthe dog\ta dog sat\n\nriver\tthe \
    river bank\n\
    bank\ta river bank\nmat\tthe mat\na cat\tthe cat\n";

#[test]
fn what_is_tuned_is_measured_before_and_after_and_embeds_afterwards() {
    let (model, (folder, file)) = (model(), pairs(PAIRS));
    let out = folder.path().join("tuned");
    let out = out.to_str().unwrap();
    let args =
        ["tune", &file, "--model", path(&model), "--out", out, "--epochs", "3", "--batch", "2"];
    let output = rungs(&[&args[..], &["--format", "json"]].concat(), b"");
    let summary: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&summary["pairs"], &summary["held_out"], &summary["steps"]),
        (&5.into(), &1.into(), &9.into())
    );
    for when in ["before", "after"] {
        assert_eq!(summary[when]["recall_at_10"], 1.0);
    }
    let embedded = |model: &str| json_lines(&rungs(&["embed", "--model", model], b"the cat"));
    let (before, after) = (embedded(path(&model)), embedded(out));
    assert_eq!(before[0]["tokens"], after[0]["tokens"]);
    assert_ne!(before[0]["embedding"], after[0]["embedding"]);
    assert_refused(&rungs(&args, b""), &["new folder"]);
}

#[test]
fn pairs_that_are_none_are_refused_by_line() {
    let model = model();
    let refused = |text: &str, needles: &[&str]| {
        let (folder, file) = pairs(text);
        let out = folder.path().join("tuned");
        let output =
            rungs(&["tune", &file, "--model", path(&model), "--out", out.to_str().unwrap()], b"");
        assert_refused(&output, needles);
        assert!(!out.exists());
    };
    refused("", &["pairs.tsv", "no row"]);
    refused("the cat\tthe dog\nalone\n", &["line 2", "1 column"]);
    refused("the cat\t \n", &["line 1", "1 of them empty"]);
    refused("the cat\tthe dog\n", &["at least 2 pairs"]);
    let (_folder, file) = pairs(PAIRS);
    let output = rungs(&["tune", &file, "--temperature", "0", "--out", "/nowhere"], b"");
    assert_refused(&output, &["above 0"]);
}

#[test]
fn without_the_model_it_is_said_how_to_get_it() {
    let (folder, file) = pairs(PAIRS);
    let out = folder.path().join("tuned");
    let output = rungs(&["tune", &file, "--out", out.to_str().unwrap()], b"");
    assert_refused(&output, &["minilm is not fetched", "cargo rungs fetch minilm"]);
}

#[test]
fn scores_and_labels_are_asked_about_and_not_learned() {
    let model = model();
    let tune = |text: &str, columns: &[&str]| {
        let (folder, file) = pairs(text);
        let out = folder.path().join("tuned");
        let args = ["tune", &file, "--model", path(&model), "--out", out.to_str().unwrap()];
        rungs(&[&args[..], columns].concat(), b"")
    };
    let scored = "the cat\ta cat\t4.5\nthe dog\ta dog\t5\nthe mat\triver\t0\n";
    assert_refused(&tune(scored, &[]), &["column 3", "a number", "help: ", "--columns anchor"]);
    let output = tune(scored, &["--columns", "anchor,positive,-"]);
    assert!(stdout(&output).starts_with("2 pairs to learn from"));
    let named = format!("sentence1\tsentence2\tscore\n{scored}");
    assert_refused(&tune(&named, &[]), &["\"score\"", "keep the rows"]);
    let output = tune("anchor\tpositive\nthe cat\ta cat\nthe dog\ta dog\n", &[]);
    assert!(stdout(&output).starts_with("1 pair to learn from, 1 held back"));
    assert_refused(&tune(scored, &["--columns", "a,b"]), &["\"a,b\"", "anchor,positive"]);
}

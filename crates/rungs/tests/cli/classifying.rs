//! A classifier for labels of one's own.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{assert_refused, json_lines, model, path, rungs, stdout};

/// Cats or dogs, three to one; the labels are any strings.
fn animals() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cats =
        ["the cat sat", "a cat on a mat", "cat", "the cat on the mat", "a cat sat", "the cat"];
    let mut rows: Vec<String> =
        cats.iter().chain(&cats).map(|text| format!("{text}\teine Katze")).collect();
    rows.extend(["the dog sat\t1", "a dog on a mat\t1", "dog\t1", "the dog\t1"].map(String::from));
    fs::write(folder.path().join("animals.tsv"), rows.join("\n")).unwrap();
    folder
}

fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_string()
}

fn trained(folder: &TempDir, model: &TempDir, method: &[&str]) -> (String, Value) {
    let (file, out) = (at(folder, "animals.tsv"), at(folder, "out"));
    let args =
        ["classify", "train", &file, "--model", path(model), "--out", &out, "--format", "json"];
    let output = rungs(&[&args[..], method].concat(), b"");
    let summary = stdout(&output);
    let note = "note: measured on 2 rows held back, which is few";
    assert!(String::from_utf8_lossy(&output.stderr).contains(note), "{output:?}");
    (out, serde_json::from_str(&summary).unwrap())
}

#[test]
fn each_method_learns_predicts_and_is_measured() {
    let methods: [&[&str]; 3] = [
        &["--method", "logreg", "--balanced", "--c", "1000"],
        &["--method", "probe", "--balanced", "--c", "1000"],
        &["--method", "finetune", "--epochs", "100", "--learning-rate", "0.003"],
    ];
    for method in methods {
        let (folder, model) = (animals(), model());
        let (out, summary) = trained(&folder, &model, method);
        assert_eq!((&summary["rows"], &summary["held_out"]), (&16.into(), &2.into()));
        assert_eq!(summary["labels"]["eine Katze"], 12);
        let evaluation = rungs(&["classify", "eval", &out, &at(&folder, "animals.tsv")], b"");
        let evaluation: Value = serde_json::from_str(&stdout(&evaluation)).unwrap();
        assert!(evaluation["accuracy"].as_f64().unwrap() > 0.9, "{method:?}: {evaluation}");
        assert_eq!(evaluation["majority"], 0.75);
        assert_eq!(evaluation["labels"]["1"]["support"], 4);
        let said = json_lines(&rungs(&["classify", "predict", &out], b"the dog\n\nthe cat"));
        assert_eq!(said.len(), 3);
        assert_eq!((&said[0]["label"], &said[2]["label"]), (&"1".into(), &"eine Katze".into()));
        let sum: f64 =
            said[1]["probabilities"].as_object().unwrap().values().filter_map(Value::as_f64).sum();
        assert!((sum - 1.0).abs() < 1e-5);
        let head = safetensors_names(&format!("{out}/head.safetensors"));
        assert!(head.contains("eine Katze") && head.contains("classifier.weight"), "{head}");
    }
}

/// The header of a safetensors file.
fn safetensors_names(path: &str) -> String {
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    String::from_utf8(bytes[8..8 + length].to_vec()).unwrap()
}

#[test]
fn a_label_never_seen_in_training_is_wrong_and_said() {
    let (folder, model) = (animals(), model());
    let (out, _) = trained(&folder, &model, &[]);
    fs::write(at(&folder, "more.tsv"), "the cat\teine Katze\nriver\tein Fluss\n").unwrap();
    let evaluation = rungs(&["classify", "eval", &out, &at(&folder, "more.tsv")], b"");
    let evaluation: Value = serde_json::from_str(&stdout(&evaluation)).unwrap();
    assert_eq!(
        (&evaluation["accuracy"], &evaluation["unseen"][0]),
        (&0.5.into(), &"ein Fluss".into())
    );
    assert_eq!(evaluation["labels"]["ein Fluss"]["recall"], 0.0);
    let text =
        rungs(&["classify", "eval", &out, &at(&folder, "more.tsv"), "--format", "text"], b"");
    assert!(stdout(&text).contains("not in training: ein Fluss"));
    let rows: String = (0..101).map(|i| format!("river {i}\tein Fluss {i}\n")).collect();
    fs::write(at(&folder, "more.tsv"), rows).unwrap();
    let many = rungs(&["classify", "eval", &out, &at(&folder, "more.tsv")], b"");
    assert_refused(
        &many,
        &["more.tsv", "(1, eine Katze)", "101 others (ein Fluss 0, ein Fluss 1, ein Fluss 10, ..)"],
    );
}

#[test]
fn a_text_a_line_that_looks_like_a_table_is_asked_about() {
    let (folder, model) = (animals(), model());
    let (out, _) = trained(&folder, &model, &[]);
    let predict = ["classify", "predict", &out];
    let ragged = rungs(&predict, b"1\tthe dog\n2\tthe cat\nthe cat\n");
    assert_refused(&ragged, &["standard input", "line 3", "1 column where most rows have 2"]);
    let bars = rungs(&predict, b"1|the dog\n2|the cat\n");
    assert_eq!(json_lines(&bars)[0]["text"], "1|the dog");
    let note = String::from_utf8(bars.stderr).unwrap();
    assert!(note.contains("note: standard input: `|` stands in every line"), "{note}");
}

#[test]
fn what_cannot_be_learnt_or_read_is_refused() {
    let (folder, model) = (animals(), model());
    let train = |text: &str| {
        fs::write(at(&folder, "bad.tsv"), text).unwrap();
        let (file, out) = (at(&folder, "bad.tsv"), at(&folder, "never"));
        rungs(&["classify", "train", &file, "--model", path(&model), "--out", &out], b"")
    };
    assert_refused(&train(""), &["bad.tsv", "no row"]);
    assert_refused(&train("cat\ta\ndog\ta\n"), &["two labels", "only \"a\""]);
    assert_refused(&train("cat\ta\ndog\t\n"), &["line 2", "empty"]);
    assert_refused(&train("cat\ta\nno label\n"), &["line 2", "1 column"]);
    assert_refused(&train("cat\ndog\n"), &["found 1 column at most", "put a tab between"]);
    let map = ["map", &at(&folder, "animals.tsv"), "--out", &at(&folder, "m.svg")];
    let map = rungs(&[&map[..], &["--label", "kind", "--model", path(&model)]].concat(), b"");
    assert_refused(&map, &["expected a column kind, found 2 columns: ", "name one of them"]);
    assert!(!folder.path().join("never").exists());
    let nothing = rungs(&["classify", "predict", &at(&folder, "never")], b"cat");
    assert_refused(&nothing, &["expected a classifier", "classify train"]);
    let (out, _) = trained(&folder, &model, &[]);
    assert_refused(&rungs(&["classify", "predict", &out], b""), &["found none"]);
    let again =
        ["classify", "train", &at(&folder, "animals.tsv"), "--model", path(&model), "--out", &out];
    assert_refused(&rungs(&again, b""), &["new folder"]);
}

#[test]
fn a_classifier_whose_model_or_description_is_another_now_is_refused() {
    let (folder, model) = (animals(), model());
    let (out, _) = trained(&folder, &model, &[]);
    let about = format!("{out}/classifier.json");
    let written = fs::read_to_string(&about).unwrap();
    let refused = |from: &str, to: &str, needles: &[&str]| {
        assert!(written.contains(from), "{written}");
        fs::write(&about, written.replace(from, to)).unwrap();
        assert_refused(&rungs(&["classify", "predict", &out], b"cat"), needles);
    };
    refused(
        "\"majority\": \"eine Katze\"",
        "\"majority\": \"ein Wal\"",
        &["classifier.json", "majority", "ein Wal"],
    );
    refused("\"layer\": ", "\"layer\": 9", &["layer", "at most"]);
    fs::write(&about, &written).unwrap();
    let random = golden::directory().join("bert_masked_lm");
    for file in ["config.json", "model.safetensors"] {
        fs::copy(random.join(file), model.path().join(file)).unwrap();
    }
    assert_refused(
        &rungs(&["classify", "predict", &out], b"cat"),
        &["as it was in training", "cosine"],
    );
}

#[test]
fn a_label_that_stands_once_is_learnt_from_all_the_same() {
    let (folder, model) = (animals(), model());
    let rows = fs::read_to_string(at(&folder, "animals.tsv")).unwrap() + "\nriver\tein Fluss";
    fs::write(at(&folder, "animals.tsv"), rows).unwrap();
    for seed in ["1", "2", "3"] {
        // so long that a row which is read is known by heart, whatever dropout draws
        let method =
            ["--method", "finetune", "--epochs", "150", "--learning-rate", "0.02", "--seed", seed];
        let (out, _) = trained(&folder, &model, &method);
        let said = json_lines(&rungs(&["classify", "predict", &out], b"river"));
        assert_eq!(said[0]["label"], "ein Fluss", "seed {seed}");
        fs::remove_dir_all(out).unwrap();
    }
}

#[test]
fn a_head_with_other_labels_than_its_model_is_refused() {
    let (two, three, model) = (animals(), animals(), model());
    let rows = fs::read_to_string(at(&three, "animals.tsv")).unwrap() + "\nriver\tein Fluss";
    fs::write(at(&three, "animals.tsv"), rows).unwrap();
    let (out, _) = trained(&two, &model, &["--method", "finetune", "--epochs", "1"]);
    let (other, _) = trained(&three, &model, &[]);
    fs::copy(format!("{other}/head.safetensors"), format!("{out}/head.safetensors")).unwrap();
    let output = rungs(&["classify", "predict", &out], b"cat");
    assert_refused(&output, &["head.safetensors", "labels of 2 columns", "ein Fluss"]);
}

#[test]
fn what_only_a_fine_tuning_takes_is_refused_for_other_methods() {
    let (folder, model) = (animals(), model());
    let (rows, out) = (at(&folder, "animals.tsv"), at(&folder, "never"));
    let train = ["classify", "train", &rows, "--model", path(&model), "--out", &out];
    for option in ["--epochs", "--learning-rate"] {
        let refused = rungs(&[&train[..], &[option, "1"]].concat(), b"");
        assert_refused(&refused, &[option, "expected --method finetune"]);
    }
}

#[test]
fn as_much_of_a_text_is_read_for_an_answer_as_was_in_training() {
    for method in [&["logreg"][..], &["finetune", "--epochs", "1"]] {
        let (folder, model) = (animals(), model());
        fs::write(model.path().join("sentence_bert_config.json"), r#"{"max_seq_length": 4}"#)
            .unwrap();
        let (out, _) = trained(&folder, &model, &[&["--method"], method].concat());
        let said = json_lines(&rungs(
            &["classify", "predict", &out],
            b"the cat\nthe cat sat on a river bank",
        ));
        assert_eq!(said[0]["probabilities"], said[1]["probabilities"], "{method:?}");
    }
}

#[test]
fn a_table_is_read_as_what_it_looks_like_or_asked_about() {
    let (folder, model) = (animals(), model());
    let rows = fs::read_to_string(at(&folder, "animals.tsv")).unwrap();
    fs::write(at(&folder, "animals.tsv"), format!("sentence\tlabel\n{rows}")).unwrap();
    let (out, summary) = trained(&folder, &model, &[]);
    assert_eq!((&summary["rows"], &summary["labels"]["label"]), (&16.into(), &Value::Null));
    let file = |name: &str, text: &str| {
        fs::write(at(&folder, name), text).unwrap();
        at(&folder, name)
    };
    let csv = file("more.csv", "id,label,text\n1,1,\"the dog, sat\"\n2,eine Katze,the cat\n");
    let output = rungs(&["classify", "eval", &out, &csv], b"");
    let evaluation: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&evaluation["rows"], &evaluation["unseen"]), (&2.into(), &Value::Array(vec![])));
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.contains("note: ") && note.contains("passed over: \"id\""), "{note}");
    let said = json_lines(&rungs(&["classify", "predict", &out, &csv], b""));
    assert_eq!((said.len(), &said[0]["text"]), (2, &"the dog, sat".into()));
    let asked = rungs(&["classify", "predict", &out], b"1\tthe dog\n2\tthe cat\n");
    assert_refused(&asked, &["standard input", "2 columns", "--columns"]);
    let told = ["classify", "predict", &out, "-", "--columns", "-,text"];
    assert_eq!(json_lines(&rungs(&told, b"1\tthe dog\n2\tthe cat\n"))[0]["text"], "the dog");
    let swapped = file("swapped.tsv", "1\tthe dog sat\n1\ta dog sat\n2\tthe cat\n2\ta cat\n");
    let never = at(&folder, "never");
    let args = ["classify", "train", &swapped, "--model", path(&model), "--out", &never];
    assert_refused(&rungs(&args, b""), &["column 1", "help: ", "--columns text,label"]);
    assert!(!folder.path().join("never").exists());
    stdout(&rungs(&[&args[..], &["--columns", "label,text"]].concat(), b""));
}

#[test]
fn labels_that_mostly_differ_are_asked_about_and_single_ones_said() {
    let (folder, model) = (animals(), model());
    let train = |text: &str, out: &str| {
        fs::write(at(&folder, "bad.tsv"), text).unwrap();
        let (file, out) = (at(&folder, "bad.tsv"), at(&folder, out));
        rungs(&["classify", "train", &file, "--model", path(&model), "--out", &out], b"")
    };
    let mut rows = String::new();
    for i in 0..10 {
        rows.push_str(&format!("a cat {i}\tlabel {}\n", i.min(8)));
    }
    assert_refused(&train(&rows, "never"), &["9 different ones in 10 rows", "help: "]);
    let output = train("cat\ta\na cat\ta\ndog\tb\n", "out");
    stdout(&output);
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.contains("in one row only: 1, the first \"b\""), "{note}");
}

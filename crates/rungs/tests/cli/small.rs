//! Small data: maps that can be read, and defaults that fit few rows.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{assert_refused, model, path, rungs, stdout};

/// The path of a file in a folder.
fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

/// Different texts of the words that the small model knows.
fn texts(count: usize) -> String {
    let words = ["cat", "dog", "mat", "river", "bank", "sat", "on", "a", "the"];
    let mut texts = String::new();
    for i in 0..count {
        let (first, second, third) = (words[i % 9], words[i / 9 % 9], words[(i + i / 9) % 7]);
        texts.push_str(&format!("the {first} {second} {third} number{i} by the river bank\n"));
    }
    texts
}

#[test]
fn a_map_of_sixty_sentences_says_each_of_them_and_numbers_its_clusters_in_their_order() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (file, out) = (at(&folder, "texts.txt"), at(&folder, "m.svg"));
    let sixty = texts(60);
    fs::write(&file, &sixty).unwrap();
    let map = ["map", &file, "-m", path(&model), "--method", "pca", "--clusters", "4", "-o", &out];
    let labels = |labels: &str| {
        let args = ["--labels", labels, "-f", "json"];
        let found: Value =
            serde_json::from_str(&stdout(&rungs(&[&map[..], &args].concat(), b""))).unwrap();
        (found, fs::read_to_string(&out).unwrap())
    };
    let (found, some) = labels("some");
    let mut next = 1;
    for point in found["points"].as_array().unwrap() {
        let cluster = point["cluster"].as_u64().unwrap();
        assert!(cluster <= next, "cluster {cluster} before {next}");
        next = next.max(cluster + 1);
    }
    for text in sixty.lines() {
        assert!(some.contains(&format!("<title>{text}</title>")), "{text}");
    }
    assert!(some.contains("\n1  the "), "the list begins with 1");
    let (_, all) = labels("all");
    assert_eq!(all.matches("\nthe ").count(), 60);
    let (_, none) = labels("none");
    assert_eq!(none.matches("\nthe ").count(), 0);
    assert_refused(&rungs(&[&map[..], &["--labels", "few"]].concat(), b""), &["few", "some"]);
}

#[test]
fn few_rows_are_read_more_often_unless_a_number_is_given() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let rows = at(&folder, "rows.tsv");
    let mut table = String::new();
    for (i, text) in texts(300).lines().enumerate() {
        table.push_str(&format!("{text}\t{}\n", ["a", "b"][i % 2]));
    }
    fs::write(&rows, &table).unwrap();
    let train = |out: &str, more: &[&str]| {
        let args = ["classify", "train", &rows, "-m", path(&model), "--method", "finetune"];
        let out = at(&folder, out);
        let output = rungs(&[&args[..], &["-o", &out], more].concat(), b"");
        stdout(&output);
        String::from_utf8(output.stderr).unwrap()
    };
    let said = train("many", &[]);
    assert!(said.contains("270 rows to learn from are few: they are read 6 times"), "{said}");
    assert!(said.contains("step   102  loss"), "{said}");
    assert!(train("two", &["--epochs", "2"]).contains("step    34  loss"));
}

#[test]
fn a_tuning_that_could_have_gone_on_says_so() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let pairs = at(&folder, "pairs.tsv");
    let mut table = String::new();
    for words in ["cat mat", "dog river", "bank sat", "mat dog", "river cat"] {
        let (a, b) = words.split_once(' ').unwrap();
        table.push_str(&format!("the {a} sat on a {b}\ta {a} by the {b}\n").repeat(8));
    }
    fs::write(&pairs, &table).unwrap();
    let args = ["tune", &pairs, "-m", path(&model), "--batch", "4", "-o", &at(&folder, "tuned")];
    let output = rungs(&[&args[..], &["--learning-rate", "1e-3"]].concat(), b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut losses: Vec<f64> = Vec::new();
    for line in said.lines().filter(|line| line.starts_with("step")) {
        losses.push(line.split_whitespace().last().unwrap().parse().unwrap());
    }
    let [.., before, last] = losses[..] else { panic!("{said}") };
    assert_eq!(said.contains("was still falling"), last < 0.98 * before, "{said}");
    assert!(losses.len() > 2, "{said}");
}

#[test]
fn a_letter_that_a_model_of_characters_never_saw_is_answered_with_byte_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let (text, out) = (at(&folder, "text.txt"), at(&folder, "gpt"));
    fs::write(&text, texts(40)).unwrap();
    let train = ["train", "gpt", "-c", &text, "--preset", "tiny", "--steps", "1", "-o", &out];
    stdout(&rungs(&train, b""));
    let generate = rungs(&["generate", "-m", &out, "--prompt", "Zebra"], b"");
    assert_refused(&generate, &["'Z'", "--bpe N", "every character"]);
    let perplexity = rungs(&["perplexity", "-m", &out, "-"], b"Zebra\n");
    assert_refused(&perplexity, &["'Z'", "--bpe N"]);
}

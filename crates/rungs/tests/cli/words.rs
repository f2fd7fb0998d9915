//! Corpora, word vectors, analogies and maps.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{assert_refused, path, rungs, stdout};

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&stdout(&rungs(&[args, &["--format", "json"]].concat(), b""))).unwrap()
}

/// The path of a file in a folder.
fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

/// Vectors of the toy world's words, trained for a second or two by one thread, and the folder they
/// lie in.
fn toy() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = at(&folder, "toy.bin");
    let args =
        ["--dim", "50", "--epochs", "10", "--min-count", "1", "--threads", "1", "--out", &file];
    stdout(&rungs(&[&["word2vec", "--corpus", "toy"], &args[..]].concat(), b""));
    (folder, file)
}

#[test]
fn a_corpus_is_described_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = at(&folder, "toy.txt");
    let found = json(&["corpus", "toy", "--words", "1000", "--out", &file]);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(found["words"], 1000);
    assert_eq!(text.split_whitespace().count(), 1000);
    assert_eq!(found["lines"], text.lines().count());
    assert_eq!(found["bytes"], text.len());
    let sum: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(found["sha256"], sum.as_str());
    assert_eq!(found["most_frequent"][0][0], "the");
    let again = json(&["corpus", &file]);
    assert_eq!(
        (&again["sha256"], &again["vocabulary"]),
        (&found["sha256"], &found["vocabulary"]),
        "split twice is split once"
    );
    assert!(text.chars().all(|c| !c.is_uppercase() && c != '.'), "{text}");
}

#[test]
fn a_corpus_may_be_longer_than_its_default_and_written_as_it_stands() {
    assert_eq!(json(&["corpus", "toy", "--words", "400000"])["words"], 400_000);
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (at(&folder, "a.txt"), at(&folder, "b.txt"));
    fs::write(&from, "The Cat sat.\n\n  It purred!\n").unwrap();
    json(&["corpus", &from, "--raw", "--out", &to]);
    assert_eq!(fs::read_to_string(&to).unwrap(), "The Cat sat.\nIt purred!\n");
    let cut = json(&["corpus", &from, "--raw", "--words", "1", "--out", &to, "--force"]);
    assert_eq!((&cut["words"], &cut["lines"]), (&3.into(), &1.into()), "a passage stays whole");
    assert_eq!(fs::read_to_string(&to).unwrap(), "The Cat sat.\n");
}

#[test]
fn a_corpus_that_is_no_text_is_refused_with_its_byte_offset_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (at(&folder, "a.bin"), at(&folder, "b.txt"));
    fs::write(&from, b"words and then \xff\xfe").unwrap();
    fs::write(&to, "as it was").unwrap();
    assert_refused(
        &rungs(&["corpus", &from, "--out", &to, "--force"], b""),
        &["a.bin", "byte offset 15", "0xff"],
    );
    assert_eq!(fs::read_to_string(&to).unwrap(), "as it was");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no part is left");
    fs::write(&from, "").unwrap();
    assert_refused(&rungs(&["corpus", &from], b""), &["expected text", "0 bytes"]);
    assert_refused(
        &rungs(&["corpus", &at(&folder, "missing")], b""),
        &["missing", "check the path"],
    );
    assert_refused(&rungs(&["corpus", "docs", "--questions"], b""), &["expected the corpus toy"]);
}

#[test]
fn words_are_trained_asked_and_scored() {
    let (folder, file) = toy();
    let scored = json(&["analogies", &file, "toy"]);
    assert_eq!(scored["sections"].as_array().unwrap().len(), 5);
    assert_eq!(scored["total"]["covered"], scored["total"]["questions"]);
    // 16 epochs answer 99 %
    assert!(scored["total"]["accuracy"].as_f64().unwrap() > 0.6, "{scored}");
    let questions = at(&folder, "questions.txt");
    stdout(&rungs(&["corpus", "toy", "--questions", "--out", &questions], b""));
    assert_eq!(
        json(&["analogies", &file, &questions]),
        scored,
        "the toy world's questions in a file are the same"
    );
    let none = rungs(&["analogies", &file, "toy", "--words", "1"], b"");
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(said.contains("note: no question has all its words among the 1 word"), "{said}");
    let answers = json(&["analogy", &file, "man", "king", "Woman", "--top", "3"]);
    let answers: Vec<&str> =
        answers.as_array().unwrap().iter().map(|found| found["word"].as_str().unwrap()).collect();
    assert!(answers.contains(&"queen") && answers.len() == 3, "{answers:?}");
    let near = json(&["neighbours", &file, "france", "--top", "4"]);
    let cosines: Vec<f64> =
        near.as_array().unwrap().iter().map(|found| found["cosine"].as_f64().unwrap()).collect();
    assert!(cosines.len() == 4 && cosines.is_sorted_by(|a, b| a >= b), "{near}");
    assert_refused(
        &rungs(&["neighbours", &file, "frnace"], b""),
        &["\"frnace\" has no vector", "help: ", "france"],
    );
    let strange = rungs(&["neighbours", &file, "zzzzzzzzzzzz", "--words", "3"], b"");
    assert_refused(&strange, &["no vector among the 3 words read of"]);
    let said = String::from_utf8_lossy(&strange.stderr).into_owned();
    assert!(!said.contains("help:"), "no word is like it: {said}");
    let unknown = at(&folder, "unknown.txt");
    fs::write(&unknown, ": all unknown\nzeppelin blimp king queen\n").unwrap();
    assert_eq!(json(&["analogies", &file, &unknown])["total"]["accuracy"], Value::Null);
}

#[test]
fn one_thread_and_one_seed_write_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, seed: &str| {
        let file = at(&folder, name);
        let args =
            ["--dim", "8", "--epochs", "1", "--threads", "1", "--seed", seed, "--out", &file];
        stdout(&rungs(&[&["word2vec", "--corpus", "toy"], &args[..]].concat(), b""));
        fs::read(file).unwrap()
    };
    assert_eq!(write("a.txt", "3"), write("b.txt", "3"));
    assert_ne!(write("a.txt", "3"), write("c.txt", "4"));
    assert!(write("d.txt", "3").starts_with(b"351 8\nthe "));
}

#[test]
fn training_that_cannot_end_well_is_refused_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let file = at(&folder, "v.txt");
    let train = |args: &[&str]| rungs(&[&["word2vec"], args].concat(), b"");
    assert_refused(
        &train(&["--corpus", "toy", "--out", &at(&folder, "no/v.txt")]),
        &["expected a folder"],
    );
    assert_refused(&train(&["--corpus", "toy", "--out", path(&folder)]), &["expected a file"]);
    assert_refused(
        &train(&["--corpus", "toy", "--min-count", "1000000", "--out", &file]),
        &["lower --min-count"],
    );
    let words = at(&folder, "words.txt");
    fs::write(&words, "cat\ndog\ncat\n").unwrap();
    let alone = ["--corpus", &words, "--min-count", "1", "--out", &file];
    let untrained = train(&alone);
    let said = String::from_utf8_lossy(&untrained.stderr).into_owned();
    assert!(!untrained.status.success() && said.contains("words.txt: expected lines"), "{said}");
    fs::remove_file(&words).unwrap();
    for wrong in [["--dim", "0"], ["--epochs", "0"], ["--sample", "2"], ["--threads", "0"]] {
        assert_refused(
            &train(&[&wrong[..], &["--corpus", "toy", "--out", &file]].concat()),
            &[wrong[0]],
        );
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn no_corpus_at_all_is_named_by_its_option() {
    for command in [&["word2vec"][..], &["train", "gpt"]] {
        let output = rungs(&[command, &["--corpus", "", "--out", "never"]].concat(), b"");
        assert_refused(&output, &["--corpus"]);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_a_usable_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = at(&folder, "v.bin");
    let text = at(&folder, "text.txt");
    fs::write(&text, "the cat sat on a mat by the river bank\n".repeat(2000)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["word2vec", "--corpus", &text, "--epochs", "1000000", "--out", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let id = child.id().to_string();
    let interrupt = || Command::new("kill").args(["-INT", &id]).status().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).unwrap();
    assert!(said.contains("few to learn from"), "the words are counted: {said}");
    sleep(Duration::from_secs(2)); // training has begun
    assert!(interrupt().success());
    let mut error = String::new();
    stderr.read_to_string(&mut error).unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(60), "it stops");
    assert!(error.starts_with("error: stopped after") && error.contains("v.bin"), "{error}");
    let near = json(&["neighbours", &file, "cat", "--top", "3"]);
    assert_eq!(near.as_array().unwrap().len(), 3);
}

#[test]
fn words_are_drawn_where_their_vectors_lie() {
    let (folder, file) = toy();
    let (lines, out) = (at(&folder, "words.tsv"), at(&folder, "map.svg"));
    let kinds = ["cat dog fish", "apple orange banana", "run walk sprint", "france germany italy"];
    let labelled = kinds.iter().zip(["animal", "fruit", "verb", "country"]);
    let rows: Vec<String> = labelled
        .flat_map(|(words, kind)| words.split(' ').map(move |word| format!("{word}\t{kind}\n")))
        .collect();
    fs::write(&lines, rows.concat() + "zeppelin\tthing\n").unwrap();
    for method in ["tsne", "pca"] {
        let args = [
            "--model",
            &file,
            "--method",
            method,
            "--clusters",
            "4",
            "--label",
            "2",
            "--out",
            &out,
        ];
        let found = json(&[&["map", &lines], &args[..]].concat());
        assert_eq!(found["points"].as_array().unwrap().len(), 12, "the unknown word is left out");
        assert_eq!(found["purity"], 1.0, "{method}: {found}");
        let picture = fs::read_to_string(&out).unwrap();
        for text in ["germany", "country", "sprint", "animal"] {
            assert!(picture.contains(text), "{method}: {text} is drawn");
        }
    }
    let named = at(&folder, "named.tsv");
    fs::write(&named, "kind\tword\n".to_string() + "animal\tcat\nfruit\tapple\nanimal\tdog\n")
        .unwrap();
    let found = json(&["map", &named, "--model", &file, "--label", "kind", "--out", &out]);
    let words: Vec<&str> = found["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["text"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["cat", "apple", "dog"]);
}

#[test]
fn a_map_of_one_or_two_words_is_drawn_and_of_none_refused() {
    let (folder, file) = toy();
    let out = at(&folder, "map.svg");
    let map = |input: &str, more: &[&str]| {
        rungs(&[&["map", "--model", &file, "--out", &out], more].concat(), input.as_bytes())
    };
    for input in ["cat\n", "cat\ndog\n", "cat\ncat\ncat\ncat\n"] {
        for method in ["tsne", "pca"] {
            let text = stdout(&map(input, &["--method", method]));
            assert!(!text.contains("NaN"), "{input:?} {method}: {text}");
        }
    }
    assert_refused(&map("\n \n", &[]), &["expected words or sentences"]);
    assert_refused(&map("zeppelin\n", &[]), &["words of 1 line, found a vector for none"]);
    assert_refused(&map("cat\ndog\n", &["--clusters", "3"]), &["expected at most 2"]);
    assert_refused(
        &map("cat\ndog\n", &["--perplexity", "30"]),
        &["expected a number from 1 to 1.0"],
    );
    assert_refused(&map("cat\ndog\n", &["--label", "2"]), &["line 1", "column 2", "1 column"]);
    assert_refused(&map("cat\tx\ndog\n", &["--label", "2"]), &["line 2", "column 2"]);
}

#[test]
fn vectors_of_others_are_read_or_called_by_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let glove = at(&folder, "glove.txt");
    fs::write(&glove, "cat 1 0 0\ndog 0.9 0.1 0\n. . . 0 0 1\n").unwrap();
    let output = rungs(&["neighbours", &glove, "cat", "--top", "1"], b"");
    assert_eq!(stdout(&output), " 0.9939  dog\n");
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.contains("note: ") && note.contains("no first line"), "{note}");
    let steering = at(&folder, "steering.txt");
    fs::write(&steering, "2 1\ncat 1\ndog\u{1b}[2J 1\n").unwrap();
    let near = rungs(&["neighbours", &steering, "cat"], b"");
    assert_eq!(stdout(&near), " 1.0000  dog\\u{1b}[2J\n");
    let unknown = rungs(&["neighbours", &steering, "dog[2J"], b"");
    assert_refused(&unknown, &["help: ", "dog", "[2J"]);
    assert!(!unknown.stderr.contains(&0x1b));
    let packed = at(&folder, "v.bin");
    fs::write(&packed, b"\x1f\x8b\x08\0\0\0\0\0").unwrap();
    for args in [
        &["neighbours", &packed, "cat"][..],
        &["analogies", &glove, &packed],
        &["corpus", &packed],
        &["map", &packed, "--model", &glove, "--out", &at(&folder, "m.svg")],
    ] {
        assert_refused(&rungs(args, b""), &["a gzip file", "gunzip"]);
    }
}

#[test]
fn a_word_of_any_length_that_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (text, long) = (at(&folder, "a.txt"), "é".repeat(32_000));
    fs::write(&text, format!("{long} cat {long} cat\n").repeat(3)).unwrap();
    for name in ["v.bin", "v.txt"] {
        let file = at(&folder, name);
        let args =
            ["word2vec", "--corpus", &text, "--dim", "4", "--min-count", "1", "--out", &file];
        stdout(&rungs(&[&args[..], &["--sample", "0"]].concat(), b""));
        assert_eq!(json(&["neighbours", &file, "cat"])[0]["word"], long.as_str());
    }
}

#[test]
fn ids_are_no_texts_to_draw() {
    let folder = tempfile::tempdir().unwrap();
    let (vectors, out) = (at(&folder, "v.txt"), at(&folder, "m.svg"));
    fs::write(&vectors, "cat 1 0\ndog 0 1\n").unwrap();
    let map = |input: &str, more: &[&str]| {
        let args = ["map", "--model", &vectors, "--out", &out, "--method", "pca"];
        rungs(&[&args[..], &["--format", "json"], more].concat(), input.as_bytes())
    };
    assert_refused(&map("1\tcat\n2\tdog\n", &[]), &["2 columns", "--columns"]);
    assert_refused(&map("1\tcat\n2\tdog\n", &["--label", "2"]), &["column 1", "a number"]);
    for (input, more) in [
        ("1\tcat\n2\tdog\n", &["--columns", "id,text"][..]),
        ("id\ttext\n1\tcat\n2\tdog\n", &[]),
        ("text\tlabel\ncat\ta\ndog\tb\n", &["--label", "2"]),
    ] {
        let found: Value = serde_json::from_str(&stdout(&map(input, more))).unwrap();
        assert_eq!(found["points"].as_array().unwrap().len(), 2, "{input}");
        assert_eq!(found["points"][0]["text"], "cat");
    }
}

//! The commands as a user runs them: results on standard output, one line of error, an honest exit
//! code.

mod arguments;
mod benching;
#[cfg(unix)] // it makes programs of shell scripts
mod book;
mod chatting;
mod classifying;
mod comparing;
mod fitting;
mod generating;
mod glove;
mod indexing;
mod keeping;
mod paging;
mod prompting;
mod small;
#[cfg(unix)] // it opens a terminal
mod talking;
mod telling;
#[cfg(unix)] // it opens a terminal
mod terminals;
mod tuning;
mod words;
mod writing;

use std::fs;
use std::io::Write;
use std::path::Path;
#[cfg(unix)]
use std::process::ExitStatus;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Runs a command with this standard input and an empty cache.
fn rungs(args: &[&str], input: &[u8]) -> Output {
    rungs_at(tempfile::tempdir().unwrap().path(), args, input)
}

/// Runs a command with this standard input and this cache.
fn rungs_at(home: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(args)
        .env("RUNGS_HOME", home)
        .env_remove("RUNGS_DEVICE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a command that refuses its arguments does not read its input
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// What is seen in a terminal in which this command runs, and this is typed.
#[cfg(target_os = "linux")]
fn in_terminal(command: &str, typed: &[u8]) -> String {
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", command, "/dev/null"])
        .env_remove("RUNGS_DEVICE")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json_lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A failing exit code and an error that holds every needle: one line, perhaps one of help, or
/// clap's own words about arguments that it refuses.
#[track_caller]
fn assert_refused(output: &Output, needles: &[&str]) {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!output.status.success(), "expected a failure, found success");
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[0].starts_with("error: "), "{error}");
    if output.status.code() == Some(WRONG_ARGUMENTS) {
        assert_eq!(lines.last(), Some(&"For more information, try '--help'."), "{error}");
    } else {
        assert!(lines.len() == 1 || lines.len() == 2 && lines[1].starts_with("help: "), "{error}");
    }
    for needle in needles {
        assert!(error.contains(needle), "expected {needle:?} in: {error}");
    }
}

/// The exit code as a shell says it: of a process that a signal ended, 128 more than its number.
#[cfg(unix)]
fn exit_code(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;

    status.code().or(status.signal().map(|signal| 128 + signal))
}

/// The exit codes of commands that Ctrl-C and SIGTERM stopped.
#[cfg(unix)]
const BY_CTRL_C: Option<i32> = Some(130);
#[cfg(unix)]
const BY_SIGTERM: Option<i32> = Some(143);

/// The exit code of a command that was given wrong arguments.
const WRONG_ARGUMENTS: i32 = 2;

/// A small encoder with a tokenizer of whole words.
fn model() -> TempDir {
    let (from, to) = (golden::directory().join("bert"), tempfile::tempdir().unwrap());
    for file in ["config.json", "model.safetensors"] {
        fs::copy(from.join(file), to.path().join(file)).unwrap();
    }
    let words = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat dog sat on a mat river bank";
    fs::write(to.path().join("vocab.txt"), words.replace(' ', "\n")).unwrap();
    to
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().unwrap()
}

#[test]
fn without_a_command_the_lessons_are_listed() {
    let text = stdout(&rungs(&[], b""));
    assert!(text.starts_with("01-lookup-table"));
    assert_eq!(text.lines().filter(|line| !line.starts_with(' ')).count(), rungs::LESSONS.len());
}

#[test]
fn a_lesson_prints_what_it_shows_and_draws_its_figures() {
    let out = tempfile::tempdir().unwrap();
    let text = stdout(&rungs(&["run", "6", "--out", path(&out)], b""));
    assert!(text.contains("06-positions"));
    let figures: Vec<_> =
        fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(
        !figures.is_empty() && figures.iter().all(|figure| figure.extension().unwrap() == "svg")
    );
}

#[test]
fn every_line_is_embedded_in_order_and_the_empty_one_too() {
    let model = model();
    let output = rungs(
        &["embed", "--model", path(&model), "--batch", "2"],
        b"the cat\n\nthe dog sat on a mat\r\ncat",
    );
    let lines = json_lines(&output);
    let texts: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["the cat", "", "the dog sat on a mat", "cat"]);
    let tokens: Vec<u64> = lines.iter().map(|line| line["tokens"].as_u64().unwrap()).collect();
    assert_eq!(tokens, [4, 2, 8, 3]);
    assert!(lines.iter().all(|line| line["embedding"].as_array().unwrap().len() == 32));
}

#[test]
fn unpooled_there_is_one_vector_a_token_with_its_text() {
    let model = model();
    let line =
        &json_lines(&rungs(&["embed", "--model", path(&model), "--pool", "none"], b"river bank"))
            [0];
    let tokens: Vec<&str> = line["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|vector| vector["token"].as_str().unwrap())
        .collect();
    assert_eq!(tokens, ["[CLS]", "river", "bank", "[SEP]"]);
}

#[test]
fn plain_gives_the_same_vectors_on_another_road_wherever_it_stands() {
    let model = model();
    let embed = ["embed", "--model", path(&model)];
    let vector = |args: &[&str]| {
        let lines = json_lines(&rungs(args, b"the dog sat on a mat"));
        serde_json::from_value::<Vec<f32>>(lines[0]["embedding"].clone()).unwrap()
    };
    let fast = vector(&embed);
    let plain = vector(&[&embed[..], &["--plain"]].concat());
    assert_eq!(vector(&[&["--plain"], &embed[..]].concat()), plain);
    assert_ne!(fast, plain, "nothing of the fast road is left out");
    for (fast, plain) in fast.iter().zip(&plain) {
        assert!((fast - plain).abs() < 1e-5, "{fast} and {plain}");
    }
}

#[test]
fn layers_differ_and_one_too_many_is_refused() {
    let model = model();
    let at = |layer: &str| rungs(&["embed", "--model", path(&model), "--layer", layer], b"cat");
    assert_ne!(json_lines(&at("0"))[0]["embedding"], json_lines(&at("2"))[0]["embedding"]);
    assert_refused(&at("3"), &["--layer 3", "at most 2"]);
}

#[test]
fn a_text_longer_than_the_model_is_cut_and_said() {
    let model = model();
    let output = rungs(&["embed", "--model", path(&model)], "cat ".repeat(100).as_bytes());
    assert_eq!(json_lines(&output)[0]["tokens"], 32);
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 text was longer than 32 tokens"));
    let input = format!("dog\n{0}\n{0}", "cat ".repeat(100));
    let output = rungs(&["search", "cat", "--model", path(&model)], input.as_bytes());
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("2 texts were longer than 32 tokens"));
}

#[test]
fn lines_before_a_broken_one_are_not_lost() {
    let model = model();
    let output = rungs(&["embed", "--model", path(&model)], b"cat\ndog\n\xff\nmat");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
    assert_refused(&output, &["line 3", "UTF-8"]);
}

#[test]
fn search_ranks_the_lines_and_passes_blank_ones_over() {
    let model = model();
    let args = ["search", "the cat", "--model", path(&model), "--top", "9", "--format", "jsonl"];
    let hits = json_lines(&rungs(&args, b"river bank\n\n   \nthe cat\na mat"));
    assert_eq!(hits.len(), 3);
    assert_eq!((hits[0]["text"].as_str(), hits[0]["line"].as_u64()), (Some("the cat"), Some(4)));
    let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn the_books_first_page_shows_what_a_search_prints() {
    let book = golden::directory().join("../../book/src");
    let search = ["search", "a loan costs more now", "diary.txt"];
    let output =
        Command::new(env!("CARGO_BIN_EXE_rungs")).args(search).current_dir(&book).output().unwrap();
    assert_eq!(stdout(&output), fs::read_to_string(book.join("output/search.txt")).unwrap());
}

#[test]
fn a_text_that_is_found_cannot_steer_the_terminal() {
    let model = model();
    let text = "the cat\u{1b}[2J \u{202e}tac\u{2066}\u{200f}\n";
    let output = rungs(&["search", "cat", "--model", path(&model)], text.as_bytes());
    let shown = "  the cat\\u{1b}[2J \\u{202e}tac\\u{2066}\\u{200f}\n";
    assert!(stdout(&output).ends_with(shown), "{output:?}");
    let output = rungs(&["run", "no\u{202e}such"], b"");
    assert!(!String::from_utf8(output.stderr).unwrap().contains('\u{202e}'));
}

#[test]
fn a_text_with_other_bytes_is_named_with_its_line() {
    let (model, folder) = (model(), tempfile::tempdir().unwrap());
    let file = folder.path().join("notes.txt");
    let file = file.to_str().unwrap();
    for (bytes, needle) in [
        (&b"cat\ncaf\xe9\n"[..], "0xe9 at column 4"),
        (b"cat\ndog\0\n", "0x00 at column 4"),
        (b"cat\ndog\rriver\r", "a carriage return at column 4"),
    ] {
        fs::write(file, bytes).unwrap();
        for command in [&["embed"][..], &["search", "cat"]] {
            let output = rungs(&[command, &[file, "--model", path(&model)]].concat(), b"");
            assert_refused(&output, &["notes.txt", "line 2", needle]);
        }
    }
}

#[test]
fn a_search_for_nothing_or_in_nothing_is_refused() {
    let model = model();
    let search = |query: &str, top: &str, input: &[u8]| {
        rungs(&["search", query, "--model", path(&model), "--top", top], input)
    };
    assert_refused(&search("cat", "5", b"\n \n"), &["standard input", "found none"]);
    assert_refused(&search(" ", "5", b"cat"), &["query"]);
    assert_refused(&search("cat", "0", b"cat"), &["--top"]);
}

#[test]
fn sts_answers_with_three_numbers_and_names_a_broken_row() {
    let (model, folder) = (model(), tempfile::tempdir().unwrap());
    let file = folder.path().join("pairs.csv");
    let sts = |rows: &str| {
        fs::write(&file, rows).unwrap();
        rungs(&["sts", file.to_str().unwrap(), "--model", path(&model)], b"")
    };
    let scores =
        &json_lines(&sts("the cat,the cat,5\nthe cat,river bank,0\n\"a mat\",a dog,2.5\n"))[0];
    assert_eq!(scores["rows"], 3);
    assert!(scores["spearman"].is_f64() && scores["pearson"].is_f64());
    assert_refused(
        &sts("the cat,the dog,5\nonly one column\n"),
        &["line 2", "sentence1,sentence2,score"],
    );
    assert_refused(&sts("a,b,many\n"), &["line 1", "number"]);
    assert_refused(&sts("a,b,1\na,b,1\n"), &["correlation"]);
}

#[test]
fn parity_holds_for_the_recorded_models_and_refuses_others_by_name() {
    for name in ["bert", "bert_masked_lm", "bert_sequence_classification"] {
        let folder = golden::directory().join(name);
        let rows =
            json_lines(&rungs(&["parity", folder.to_str().unwrap(), "--format", "jsonl"], b""));
        assert!(!rows.is_empty());
    }
    let other = changed("\"BertModel\"", "\"GPT2LMHeadModel\"");
    assert_refused(&rungs(&["parity", path(&other)], b""), &["GPT2LMHeadModel", "BertModel"]);
}

#[test]
fn parity_fails_where_a_model_answers_otherwise() {
    let other = changed("\"gelu\"", "\"relu\"");
    assert_refused(&rungs(&["parity", path(&other)], b""), &["further off", "padded"]);
}

/// A recorded model with its configuration changed.
fn changed(from: &str, to: &str) -> TempDir {
    let (record, folder) = (golden::directory().join("bert"), tempfile::tempdir().unwrap());
    for file in ["cases.json", "expected.safetensors", "model.safetensors"] {
        fs::copy(record.join(file), folder.path().join(file)).unwrap();
    }
    let config = fs::read_to_string(record.join("config.json")).unwrap();
    assert!(config.contains(from));
    fs::write(folder.path().join("config.json"), config.replace(from, to)).unwrap();
    folder
}

#[test]
fn devices_tells_what_works_and_what_this_build_lacks() {
    let output = rungs(&["devices", "--format", "jsonl"], b"");
    let rows = json_lines(&output);
    assert_eq!(rows[0]["device"], "flex");
    assert_eq!(rows[0]["status"], "ok");
    assert!(rows[0]["max_abs_error"].as_f64().unwrap() < 2e-5);
    assert_eq!(rows.len(), 4);
}

#[test]
fn the_encoder_is_timed_on_the_users_own_texts() {
    let (model, folder) = (model(), tempfile::tempdir().unwrap());
    let texts = folder.path().join("texts.txt");
    fs::write(&texts, "the cat\nthe dog sat\n").unwrap();
    let args = [
        "bench",
        "encoder",
        "--model",
        path(&model),
        "--texts",
        texts.to_str().unwrap(),
        "--format",
        "jsonl",
    ];
    let row = &json_lines(&rungs(&args, b""))[0];
    for key in ["sentences_per_s", "one_sentence_ms", "load_s"] {
        assert!(row[key].as_f64().unwrap() > 0.0, "{key}");
    }
}

#[test]
fn a_file_is_fetched_from_a_folder_only_if_it_is_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    let from = folder.path().to_str().unwrap();
    assert_refused(&rungs(&["fetch", "minilm", "--from", from], b""), &["config.json", "612"]);
    assert_refused(&rungs(&["fetch", "shoes"], b""), &["shoes", "minilm"]);
}

#[test]
fn what_is_asked_for_wrongly_is_refused_in_one_line() {
    assert_refused(&rungs(&["embed"], b"cat"), &["not fetched", "cargo rungs fetch minilm"]);
    assert_refused(&rungs(&["run", "99"], b""), &["\"99\"", "01, 02"]);
    assert_refused(
        &rungs(&["run", "6", "--device", "abacus"], b""),
        &["abacus", "flex, ndarray, wgpu, cuda"],
    );
    assert_refused(
        &rungs(&["embed", "--model", "/no/such/model"], b""),
        &["/no/such/model", "found nothing"],
    );
    assert_refused(&rungs(&["embed", "--batch", "0"], b""), &["--batch"]);
    assert_refused(&rungs(&["dance"], b""), &["dance"]);
    assert_refused(&rungs(&["search"], b""), &["QUERY"]);
    assert_refused(&rungs(&["record", "14"], b""), &["cargo rungs fetch minilm"]);
    let model = model();
    assert_refused(
        &rungs(&["embed", "no/such/file", "--model", path(&model)], b""),
        &["no/such/file"],
    );
    assert_refused(&rungs(&["embed", path(&model), "--model", path(&model)], b""), &["directory"]);
}

#[test]
fn help_and_version_are_no_errors() {
    for args in [&["--help"][..], &["--version"], &["embed", "--help"], &["bench", "--help"]] {
        assert!(rungs(args, b"").status.success(), "{args:?}");
    }
}

#[test]
fn no_command_panics_on_a_folder_of_rubbish() {
    let folder = tempfile::tempdir().unwrap();
    for file in
        ["config.json", "model.safetensors", "vocab.txt", "cases.json", "expected.safetensors"]
    {
        fs::write(folder.path().join(file), b"<!DOCTYPE html>\0\xff").unwrap();
    }
    for args in [["embed", "-", "--model"], ["search", "cat", "--model"]] {
        assert_refused(&rungs(&[&args[..], &[path(&folder)]].concat(), b"cat"), &[path(&folder)]);
    }
    assert_refused(&rungs(&["parity", path(&folder)], b""), &["config.json"]);
}

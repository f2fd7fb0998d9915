//! What is timed, from the command line. No test looks at how long anything takes.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use course::Figure;
use serde_json::Value;

use crate::{WRONG_ARGUMENTS, assert_refused, json_lines, model, path, rungs, stdout};

/// A device that this build lacks, if there is one.
fn missing_device() -> Option<&'static str> {
    backend::KINDS.iter().find(|kind| !kind.is_built()).map(|kind| kind.name)
}

/// What `bench` can time, as it says itself when it is asked for something else.
fn known() -> Vec<String> {
    let output = rungs(&["bench", "shoes"], b"");
    assert_refused(&output, &["\"shoes\"", "expected one of"]);
    let error = String::from_utf8(output.stderr).unwrap();
    let list = error.trim().split("expected one of ").nth(1).unwrap();
    list.split(", ").map(String::from).collect()
}

#[test]
fn what_cannot_be_timed_is_refused_with_all_that_can() {
    let known = known();
    let lessons = rungs::LESSONS.map(|(lesson, _)| lesson.number().to_string());
    for what in ["lessons", "encoder", "gpt-train", "generate", "search"] {
        assert!(known.iter().any(|name| name == what), "{what} is not among {known:?}");
    }
    for lesson in lessons.iter().filter(|lesson| !["02", "16"].contains(&lesson.as_str())) {
        assert!(known.contains(lesson), "{lesson} is not among {known:?}");
    }
    for name in ["2", "02-subwords", "subwords"] {
        assert_refused(&rungs(&["bench", name], b""), &["lesson 02 has nothing to time", "bytes"]);
    }
    assert_refused(&rungs(&["bench", "16"], b""), &["lesson 16 has nothing to time", "run 16"]);
    assert_refused(&rungs(&["bench", "8", "--out", "here"], b""), &["--out", "bench lessons"]);
    if let Some(missing) = missing_device() {
        assert_refused(
            &rungs(&["bench", "8", "--device", missing], b""),
            &[missing, "not in this build"],
        );
    }
}

#[test]
fn an_option_that_says_nothing_to_a_bench_is_refused() {
    let options: [&[&str]; 11] = [
        &["--out", "here"],
        &["--texts", "a.txt"],
        &["--model", "minilm"],
        &["--tokens", "9"],
        &["--no-cache"],
        &["--batch", "3"],
        &["--passages", "9"],
        &["--preset", "tiny"],
        &["--dropout", "0.1"],
        &["--profile"],
        &["--device", "flex"],
    ];
    for option in options {
        let (what, other) = match option[0] {
            "--passages" => ("8", "bench search"),
            _ => ("search", "bench"),
        };
        let output = rungs(&[&["bench", what], option].concat(), b"");
        assert_refused(&output, &[&format!("{}: expected", option[0]), other]);
        assert_eq!(output.status.code(), Some(WRONG_ARGUMENTS));
    }
}

#[test]
fn the_help_names_all_that_can_be_timed() {
    let help = stdout(&rungs(&["bench", "--help"], b""));
    let lesson = |name: &&String| name.parse::<u32>().is_ok();
    for name in known().iter().filter(|name| !lesson(name)) {
        assert!(help.contains(&format!("|{name}")), "{name} is not in: {help}");
    }
}

#[test]
fn the_encoder_is_timed_with_and_without_its_fast_versions_in_one_run() {
    let (model, texts) = (model(), tempfile::NamedTempFile::new().unwrap());
    fs::write(texts.path(), "the cat\nthe dog sat on a mat\n").unwrap();
    let args = |format| {
        let texts = texts.path().to_str().unwrap();
        let bench = ["bench", "encoder", "--plain", "--model", path(&model), "--texts", texts];
        [&bench[..], &["--format", format]].concat()
    };
    let rows: Vec<Value> = json_lines(&rungs(&args("jsonl"), b""));
    let [fast, plain] = &rows[..] else { panic!("expected two rows, found {rows:?}") };
    assert_eq!(fast["road"], "fast");
    assert_eq!(plain["road"], "plain");
    let median = |row: &Value| row["seconds"]["median"].as_f64().unwrap();
    let ratio = plain["plain_over_fast"].as_f64().unwrap();
    let expected = median(plain) / median(fast); // of numbers that were written and read again
    assert!((ratio - expected).abs() < 1e-9 * expected, "{ratio} and {expected}");
    assert!(fast.get("plain_over_fast").is_none());
    // Both roads compute the same, and not bit by bit the same: it is another road.
    let difference = plain["max_abs_difference"].as_f64().unwrap();
    assert!(0.0 < difference && difference < 1e-5, "{difference}");
    let text = stdout(&rungs(&args("text"), b""));
    assert!(text.contains("flex, fast") && text.contains("flex: plain takes "), "{text}");
}

#[test]
fn both_roads_are_not_timed_where_the_environment_leaves_only_one() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["bench", "encoder", "--plain"])
        .env("RUNGS_PLAIN", "1")
        .output()
        .unwrap();
    assert_refused(&output, &["the fast road", "RUNGS_PLAIN"]);
}

#[test]
fn only_what_trains_is_timed_backward() {
    for (lesson, trains) in [("4", true), ("05", false), ("8", true), ("15", false)] {
        let text = stdout(&rungs(&["bench", lesson, "--format", "jsonl"], b""));
        let row: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(row["max_abs_difference"], 0.0);
        assert!(row["forward_s"]["median"].as_f64().unwrap() > 0.0);
        assert_eq!(row["backward_s"].is_object(), trains, "{row}");
    }
}

#[test]
fn four_ways_of_positions_are_timed_at_two_lengths_with_what_they_keep_and_make() {
    let rows: Vec<Value> = json_lines(&rungs(&["bench", "6", "--format", "jsonl"], b""));
    let costs = |row: &Value| {
        let number = |key: &str| row[key].as_u64().unwrap();
        assert!(row["text_s"]["median"].as_f64().unwrap() > 0.0, "{row}");
        let [tokens, parameters] = ["tokens", "parameters"].map(number);
        let [kept, made] = ["kept_bytes", "made_bytes"].map(|key| number(key) / 1024);
        (row["way"].as_str().unwrap().to_string(), tokens, parameters, kept, made)
    };
    let found: Vec<_> = rows.iter().map(costs).collect();
    let mut expected = Vec::new();
    for (way, parameters, kept, made) in [
        ("learned", 196_608, 768, [0, 0]),
        ("sinusoidal", 0, 768, [0, 0]),
        ("RoPE", 0, 64, [0, 0]),
        ("ALiBi", 0, 0, [48, 768]),
        ("(six layers)", 10_646_784, 41_589, [0, 0]),
    ] {
        for (tokens, made) in [32, 128].into_iter().zip(made) {
            expected.push((way.to_string(), tokens, parameters, kept, made));
        }
    }
    assert_eq!(found, expected);
    let median = |row: usize| rows[row]["text_s"]["median"].as_f64().unwrap();
    assert!(rows[0].get("over_shorter").is_none());
    let (ratio, expected) = (rows[1]["over_shorter"].as_f64().unwrap(), median(1) / median(0));
    assert!((ratio - expected).abs() < 1e-9 * expected, "{ratio} and {expected}");
}

#[test]
fn all_lessons_are_timed_on_the_devices_that_work_and_kept_as_the_book_shows_them() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("backends");
    let devices = ["flex"].into_iter().chain(missing_device()).collect::<Vec<_>>();
    let args = [
        "bench",
        "lessons",
        "--device",
        &devices.join(","),
        "--out",
        out.to_str().unwrap(),
        "--format",
        "json",
    ];
    let output = rungs(&args, b"");
    let rows: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let passed_over: Vec<&str> = error.lines().collect();
    let mut expected = Vec::new();
    for missing in &devices[1..] {
        expected.push(format!("device {missing} is not in this build"));
    }
    expected.extend(["02", "16"].map(|lesson| format!("lesson {lesson} has nothing to time")));
    assert_eq!(passed_over.len(), expected.len(), "{error}");
    for (line, expected) in passed_over.iter().zip(expected) {
        assert!(line.starts_with(&format!("passed over: {expected}")), "{error}");
    }

    let timed: Vec<&str> = rows.iter().map(|row| row["what"].as_str().unwrap()).collect();
    let known = known();
    let lessons = known.iter().filter(|name| name.parse::<u32>().is_ok()).map(String::as_str);
    assert_eq!(timed, lessons.chain(["encoder", "gpt-train", "generate"]).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row["device"] == "flex"));
    assert_eq!(rows.last().unwrap()["same_tokens"], rows.last().unwrap()["tokens"]);

    let read = |file: &str| fs::read_to_string(out.join(file)).unwrap();
    let record: Value = serde_json::from_str(&read("backends.json")).unwrap();
    assert_eq!(record["rows"], Value::from(rows));
    assert!(record["threads"].as_u64().unwrap() > 0);
    assert!(read("backends.txt").contains("multi-head"));
    let figure: Figure = serde_json::from_str(&read("backends-forward.json")).unwrap();
    assert_eq!(read("backends-forward.svg"), figures::svg(&figure));
    assert_eq!(fs::read_dir(&out).unwrap().count(), 4);
}

#[test]
fn without_a_device_that_works_nothing_is_timed() {
    if let Some(missing) = missing_device() {
        let output = rungs(&["bench", "lessons", "--device", missing], b"");
        assert!(!output.status.success());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with(&format!("passed over: device {missing}")), "{error}");
        assert!(error.contains("error: expected a device that works here"), "{error}");
    }
    assert_refused(&rungs(&["bench", "lessons", "--device", "flex,abacus"], b""), &["abacus"]);
}

#[test]
fn a_copy_of_the_program_tries_devices_without_the_clone() {
    let (place, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = place.path().join("rungs");
    fs::copy(env!("CARGO_BIN_EXE_rungs"), &copy).unwrap();
    let devices = |temporary: &str| loop {
        let output = std::process::Command::new(&copy)
            .args(["devices", "--format", "jsonl"])
            .current_dir(place.path())
            .env("TMPDIR", temporary)
            .env("TMP", temporary)
            .output();
        match output {
            // Another test's child, started while the copy was written, has it open for a moment.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(10));
            }
            output => break output.unwrap(),
        }
    };
    let text = stdout(&devices(path(&temporary)));
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["status"], "ok");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "what was written is removed");
    // It is there that the recorded model is read, and nowhere else.
    let nowhere = place.path().join("nowhere");
    assert_refused(&devices(nowhere.to_str().unwrap()), &["temporary folder", "recorded model"]);
}

#[test]
fn a_profile_shows_every_operation_on_both_roads_with_its_share_of_the_time_and_of_the_roof() {
    let (model, texts) = (model(), tempfile::NamedTempFile::new().unwrap());
    fs::write(texts.path(), "the cat\nthe dog sat on a mat\n").unwrap();
    let args = |format| {
        let texts = texts.path().to_str().unwrap();
        let bench = ["bench", "encoder", "--profile", "--model", path(&model), "--texts", texts];
        [&bench[..], &["--format", format]].concat()
    };
    let rows: Vec<Value> = json_lines(&rungs(&args("jsonl"), b""));
    for road in ["fast", "plain"] {
        let rows: Vec<&Value> = rows.iter().filter(|row| row["road"] == road).collect();
        let names: Vec<&str> = rows.iter().map(|row| row["operation"].as_str().unwrap()).collect();
        for name in ["product", "attention", "norm", "embedding", "rest"] {
            assert!(names.contains(&name), "{road}: {name} is not among {names:?}");
        }
        // The fast road computes it where the product is.
        assert_eq!(names.contains(&"activation"), road == "plain", "{road}: {names:?}");
        let mut sum = 0.0;
        for row in rows {
            sum += row["share"].as_f64().unwrap();
            let of_roof = row["share_of_roof"].as_f64();
            assert_eq!(of_roof.is_none(), row["operation"] == "rest", "{row}");
            assert!(row["roof_gflops_per_s"].as_f64().unwrap() > 0.0, "{row}");
        }
        assert!((sum - 1.0).abs() < 1e-6, "the shares add up to {sum}");
    }
    let text = stdout(&rungs(&args("text"), b""));
    assert!(text.starts_with("roof: ") && text.contains("flex, plain"), "{text}");
    let rows: Vec<Value> = json_lines(&rungs(&[&["--plain"], &args("jsonl")[..]].concat(), b""));
    assert!(rows.iter().all(|row| row["road"] == "plain"), "{rows:?}");
    assert_refused(&rungs(&["bench", "8", "--profile"], b""), &["--profile", "\"8\""]);
}

//! Nothing is lost: outputs over files of others, places that cannot be written to, interrupts.

use std::fs;
#[cfg(unix)]
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
#[cfg(unix)]
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::thread::sleep;
#[cfg(unix)]
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[cfg(unix)]
use crate::{BY_CTRL_C, BY_SIGTERM, exit_code};
use crate::{assert_refused, model, path, rungs, stdout};

/// What a user would not like to lose.
const DIARY: &str = "Monday. We sat by the river bank.\n";

/// The path of a file in a folder.
fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

fn words(folder: &TempDir) -> String {
    let words = at(folder, "words.txt");
    fs::write(&words, "the cat sat\nthe dog sat\nthe bank\n").unwrap();
    words
}

#[test]
fn a_diary_is_written_over_only_where_force_says_so() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let words = words(&folder);
    let commands: [&[&str]; 3] = [
        &["word2vec", "--corpus", &words, "--min-count", "1", "--sample", "0", "--epochs", "1"],
        &["corpus", &words],
        &["map", &words, "--model", path(&model), "--method", "pca"],
    ];
    for command in commands {
        let diary = at(&folder, if command[0] == "map" { "diary.svg" } else { "diary.txt" });
        fs::write(&diary, DIARY).unwrap();
        let refused = rungs(&[command, &["--out", &diary]].concat(), b"");
        assert_refused(&refused, &[&diary, "expected a new file", "--force"]);
        assert_eq!(fs::read_to_string(&diary).unwrap(), DIARY, "{command:?}");
        stdout(&rungs(&[command, &["--out", &diary, "--force"]].concat(), b""));
        assert_ne!(fs::read_to_string(&diary).unwrap(), DIARY, "{command:?}");
    }
}

#[test]
fn a_command_writes_over_what_it_wrote() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let words = words(&folder);
    let vectors =
        ["word2vec", "--corpus", &words, "--min-count", "1", "--sample", "0", "--epochs", "1"];
    for name in ["v.bin", "v.txt"] {
        for _ in 0..2 {
            stdout(&rungs(&[&vectors[..], &["--out", &at(&folder, name)]].concat(), b""));
        }
    }
    let figure = at(&folder, "m.svg");
    for _ in 0..2 {
        let map = ["map", &words, "--model", path(&model), "--method", "pca", "--out", &figure];
        stdout(&rungs(&map, b""));
    }
    fs::write(&figure, "<svg xmlns=\"http://www.w3.org/2000/svg\"><circle r=\"1\"/></svg>")
        .unwrap();
    let map = ["map", &words, "--model", path(&model), "--method", "pca", "--out", &figure];
    assert_refused(&rungs(&map, b""), &["m.svg", "a figure that was drawn here"]);
    let table = at(&folder, "t.txt");
    fs::write(&table, "12 1970\ncat 0.5\n").unwrap();
    assert_refused(
        &rungs(&[&vectors[..], &["--out", &table]].concat(), b""),
        &["t.txt", "word vectors"],
    );
}

#[test]
fn a_lesson_draws_over_its_own_figures_and_over_no_other_file() {
    let out = tempfile::tempdir().unwrap();
    let run = || rungs(&["run", "6", "--out", path(&out)], b"");
    stdout(&run());
    stdout(&run());
    let figure = fs::read_dir(out.path()).unwrap().next().unwrap().unwrap().path();
    fs::write(&figure, DIARY).unwrap();
    let output = run();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(figure.to_str().unwrap()) && said.contains("would be lost"), "{said}");
    assert_eq!(fs::read_to_string(&figure).unwrap(), DIARY);
    stdout(&rungs(&["run", "6", "--out", path(&out), "--force"], b""));
    assert_ne!(fs::read_to_string(&figure).unwrap(), DIARY);
}

#[test]
fn a_folder_with_anything_in_it_is_no_place_for_a_new_model() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (rows, pairs) = (at(&folder, "rows.tsv"), at(&folder, "pairs.tsv"));
    fs::write(&rows, "the cat\ta\nthe dog\tb\nthe bank\ta\na mat\tb\n").unwrap();
    fs::write(&pairs, "the cat sat\ta cat on a mat\nthe dog sat\ta dog on a mat\n").unwrap();
    let out = at(&folder, "out");
    fs::create_dir(&out).unwrap();
    fs::write(Path::new(&out).join("metrics.txt"), DIARY).unwrap();
    let commands: [&[&str]; 3] = [
        &["tune", &pairs, "--model", path(&model)],
        &["classify", "train", &rows, "--model", path(&model)],
        &["train", "gpt", "--preset", "tiny", "--corpus", &rows],
    ];
    for command in commands {
        let refused = rungs(&[command, &["--out", &out]].concat(), b"");
        assert_refused(&refused, &[&out, "expected a new folder", "metrics.txt", "name another"]);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1, "{command:?}");
    }
}

/// A training that waits for its text has its folder already.
#[cfg(unix)]
#[test]
fn a_folder_is_written_into_by_one_training_at_a_time_and_a_killed_one_locks_none() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (pairs, out) = (at(&folder, "pairs.tsv"), at(&folder, "new/out"));
    fs::write(&pairs, "the cat sat\ta cat on a mat\nthe dog sat\ta dog on a mat\n").unwrap();
    let mut first = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["train", "gpt", "--corpus", "-", "--out", &out])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !Path::new(&out).exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not begin");
        sleep(Duration::from_millis(20));
    }
    sleep(Duration::from_millis(100)); // it is made before it is locked
    let tune = ["tune", &pairs, "--model", path(&model), "--out", &out];
    let commands: [&[&str]; 3] =
        [&tune, &["train", "gpt", "--out", &out], &["train", "gpt", "--resume", &out]];
    for command in commands {
        let output = rungs(command, b"");
        assert_refused(&output, &[&out, "no other command", "a training at work in it"]);
    }
    first.kill().unwrap();
    first.wait().unwrap();
    stdout(&rungs(&tune, b""));
}

#[test]
fn a_training_that_is_refused_leaves_no_folder_behind() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (text, pairs) = (at(&folder, "text.txt"), at(&folder, "pairs.tsv"));
    fs::write(&text, "cat").unwrap();
    fs::write(&pairs, "the cat sat\ta cat on a mat\nthe dog sat\ta dog on a mat\n").unwrap();
    let (out, own) = (at(&folder, "new/out"), at(&folder, "own"));
    fs::create_dir(&own).unwrap();
    for out in [&out, &own] {
        let commands: [&[&str]; 2] = [
            &["train", "gpt", "--corpus", &text, "--out", out],
            &["tune", &pairs, "--model", path(&model), "--sts", "no/such.csv", "--out", out],
        ];
        for command in commands {
            assert_refused(&rungs(command, b""), &[]);
        }
    }
    assert!(!folder.path().join("new").exists() && Path::new(&own).exists());
}

#[test]
fn a_file_in_a_folder_that_is_not_there_is_refused_in_the_same_words_everywhere() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (rows, missing) = (at(&folder, "rows.tsv"), at(&folder, "no/such"));
    fs::write(&rows, "the cat\ta\nthe dog\tb\nthe bank\ta\na mat\tb\n").unwrap();
    let commands: [(&[&str], &str); 4] = [
        (&["corpus", "toy"], "x.txt"),
        (&["map", &rows, "--model", path(&model)], "x.svg"),
        (&["word2vec", "--corpus", "toy"], "x.bin"),
        (&["index", "build", &rows, "--model", path(&model)], "x"),
    ];
    for (command, name) in commands {
        let out = at(&folder, &format!("no/such/{name}"));
        let refused = rungs(&[command, &["--out", &out]].concat(), b"");
        let said = format!("error: {out}: expected a folder {missing} to write into, found none");
        assert_refused(&refused, &[&said, "help: make "]);
        assert!(!Path::new(&missing).exists(), "{command:?}");
    }
}

#[test]
fn a_dash_is_standard_output_for_a_text_and_no_file_for_anything_else() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let rows = at(&folder, "rows.tsv");
    fs::write(&rows, "the cat\ta\nthe dog\tb\nthe bank\ta\na mat\tb\n").unwrap();
    let toy = rungs(&["corpus", "toy", "--words", "5", "--out", "-"], b"");
    assert_eq!(stdout(&toy).split_whitespace().count(), 5);
    assert!(String::from_utf8_lossy(&toy.stderr).contains("vocabulary  "));
    let map = ["map", &rows, "--model", path(&model), "--method", "pca", "--label", "2"];
    let map = rungs(&[&map[..], &["--out", "-"]].concat(), b"");
    let drawn = stdout(&map);
    assert!(drawn.starts_with("<svg") && drawn.ends_with("</svg>\n"), "{drawn}");
    assert!(String::from_utf8_lossy(&map.stderr).contains("drawn       standard output"));
    let commands: [&[&str]; 5] = [
        &["word2vec", "--corpus", "toy"],
        &["tune", "feelings", "--model", path(&model)],
        &["train", "gpt", "--preset", "tiny", "--corpus", &rows],
        &["run", "6"],
        &["index", "build", &rows, "--model", path(&model)],
    ];
    for command in commands {
        let refused = rungs(&[command, &["--out", "-"]].concat(), b"");
        assert_refused(&refused, &["error: -: expected the name of a place", "standard output"]);
    }
    assert!(!Path::new("-").exists());
}

/// `/proc` is a folder in which even its owner makes no file.
#[cfg(target_os = "linux")]
#[test]
fn a_place_is_tried_before_the_work_begins() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (rows, pairs) = (at(&folder, "rows.tsv"), at(&folder, "pairs.tsv"));
    fs::write(&rows, "the cat\ta\nthe dog\tb\nthe bank\ta\na mat\tb\n").unwrap();
    fs::write(&pairs, "the cat sat\ta cat on a mat\nthe dog sat\ta dog on a mat\n").unwrap();
    let commands: [&[&str]; 5] = [
        &["word2vec", "--corpus", "docs", "--out", "/proc/v.bin"],
        &["corpus", "docs", "--out", "/proc/docs.txt"],
        &["train", "gpt", "--out", "/proc/gpt"],
        &["tune", &pairs, "--model", path(&model), "--out", "/proc/tuned"],
        &["index", "build", &rows, "--model", path(&model), "--out", "/proc/notes.index"],
    ];
    for command in commands {
        let output = rungs(command, b"");
        assert_refused(&output, &[command.last().unwrap(), "os error", "; "]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.lines().count(), 1, "work that has begun is spoken of: {said}");
    }
    assert_refused(&rungs(&["corpus", "toy", "--out", "/dev/null"], b""), &["a device"]);
}

#[test]
fn a_map_is_drawn_as_svg_and_under_no_other_name() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (words, out) = (words(&folder), at(&folder, "d.png"));
    let map = ["map", &words, "--model", path(&model), "--out", &out];
    assert_refused(&rungs(&map, b""), &["d.png", "ends in .svg", "d.svg"]);
    assert!(!Path::new(&out).exists());
}

#[cfg(unix)]
fn started(args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[cfg(unix)]
fn signal(child: &Child, signal: &str) {
    assert!(
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success()
    );
}

#[cfg(unix)]
#[test]
fn a_termination_while_a_text_is_read_is_obeyed_as_ctrl_c_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let long = at(&folder, "long.txt");
    fs::write(&long, "the cat sat on a mat by the river bank\n".repeat(3_000_000)).unwrap();
    let (vectors, copy) = (at(&folder, "v.bin"), at(&folder, "copy.txt"));
    let commands: [(&[&str], &str); 2] = [
        (&["word2vec", "--corpus", &long, "--out", &vectors], "nothing was learned"),
        (&["corpus", &long, "--out", &copy], "nothing was written"),
    ];
    for (command, said) in commands {
        let child = started(command);
        sleep(Duration::from_millis(500));
        let sent = Instant::now();
        signal(&child, "-TERM");
        let output = child.wait_with_output().unwrap();
        assert!(sent.elapsed() < Duration::from_secs(20), "{command:?} stops");
        assert_refused(&output, &["stopped", said]);
        assert_eq!(exit_code(output.status), BY_SIGTERM, "{command:?}");
    }
    let mut left = Vec::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        left.push(entry.unwrap().file_name().into_string().unwrap());
    }
    left.sort();
    assert_eq!(left, ["long.txt"]);
}

#[cfg(unix)]
#[test]
fn vectors_that_are_finished_stay_when_others_in_their_place_are_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = at(&folder, "v.bin");
    let word2vec = ["word2vec", "--corpus", "toy", "--dim", "8", "--out", &vectors, "--epochs"];
    stdout(&rungs(&[&word2vec[..], &["1"]].concat(), b""));
    let finished = fs::read(&vectors).unwrap();
    let child = started(&[&word2vec[..], &["100000"]].concat());
    sleep(Duration::from_secs(2)); // by then it learns, or on a slow machine it still reads
    signal(&child, "-INT");
    assert_refused(&child.wait_with_output().unwrap(), &["stopped"]);
    assert_eq!(fs::read(&vectors).unwrap(), finished);
    let beside = at(&folder, "v.stopped.bin");
    if Path::new(&beside).exists() {
        // the format goes by the ending
        assert_eq!(fs::metadata(&beside).unwrap().len(), finished.len() as u64);
    }
}

#[cfg(unix)]
#[test]
fn a_stopped_training_on_standard_input_says_that_its_text_is_needed_again() {
    let folder = tempfile::tempdir().unwrap();
    let gpt = at(&folder, "gpt");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["train", "gpt", "--corpus", "-", "--preset", "tiny", "--out", &gpt])
        .args(["--steps", "99999"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = "the cat sat on a mat by the river bank\n".repeat(100);
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let mut words = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(words.any(|line| line.starts_with("step ")), "it begins");
    signal(&child, "-INT");
    let rest = Vec::from_iter(words).join("\n");
    assert_eq!(exit_code(child.wait().unwrap()), BY_CTRL_C);
    assert!(rest.contains("goes on, with the same text on standard input"), "{rest}");
}

#[cfg(unix)]
#[test]
fn an_index_that_is_interrupted_says_what_it_keeps_and_keeps_it() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).unwrap();
    for file in 0..30 {
        let mut text = String::new();
        for line in 0..2000 {
            text.push_str(&format!("the cat sat on mat {file} by river {line}\n"));
        }
        fs::write(notes.join(format!("{file}.txt")), text).unwrap();
    }
    let index = at(&folder, "notes.index");
    let build =
        ["index", "build", notes.to_str().unwrap(), "--out", &index, "--model", path(&model)];
    let child = started(&build);
    let begun = Instant::now();
    while fs::metadata(&index).map_or(0, |file| file.len()) < 2 << 20 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not grow");
        sleep(Duration::from_millis(20));
    }
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_refused(&output, &["stopped", &index, " files, ", "vectors of files", "goes on"]);
    assert_eq!(exit_code(output.status), BY_CTRL_C);
    let info = stdout(&rungs(&["index", "info", &index, "--format", "json"], b""));
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("keeps {} files", info["files"])), "{said} {info}");
    let kept = notes.join("0.txt");
    let add = ["index", "add", kept.to_str().unwrap(), "--index", &index, "--format", "json"];
    let again: serde_json::Value = serde_json::from_str(&stdout(&rungs(&add, b""))).unwrap();
    assert_eq!((&again["unchanged"], &again["embedded"]), (&1.into(), &0.into()), "{said}");
}

/// Signals that come while a training is in its steps, and while another command reads.
#[cfg(unix)]
#[test]
fn every_command_ends_by_the_signal_that_stops_it_with_what_it_has_kept() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (text, pairs) = (at(&folder, "text.txt"), at(&folder, "pairs.tsv"));
    fs::write(&text, "the cat sat on a mat by the river bank\n".repeat(100)).unwrap();
    fs::write(&pairs, "the cat\ta cat sat\nthe dog\ta dog sat\n".repeat(100)).unwrap();
    let (gpt, tuned, rows) = (at(&folder, "gpt"), at(&folder, "tuned"), at(&folder, "rows"));
    let tune = ["tune", &pairs, "--model", path(&model), "--epochs", "9999", "--out", &tuned];
    let train = ["train", "gpt", "--corpus", &text, "--preset", "tiny", "--out", &gpt];
    let classify = ["classify", "train", &pairs, "--method", "finetune", "--epochs", "9999"];
    let classify = [&classify[..], &["--model", path(&model), "--out", &rows]].concat();
    let commands: [(&[&str], &str); 4] = [
        (&[&train[..], &["--steps", "99999"]].concat(), "--resume"),
        (&tune, "the model so far"),
        (&classify, "the classifier so far"),
        (&["embed", "-", "--model", path(&model)], ""),
    ];
    for (command, said) in commands {
        for (name, code) in [("-INT", BY_CTRL_C), ("-TERM", BY_SIGTERM)] {
            if name == "-INT" && said.is_empty() {
                continue; // what runs in the background ignores it, unless it catches it
            }
            let mut child = Command::new(env!("CARGO_BIN_EXE_rungs"))
                .args(command)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut words = BufReader::new(child.stderr.take().unwrap()).lines();
            if !said.is_empty() {
                let begun = words.find(|line| line.as_ref().unwrap().starts_with("step "));
                assert!(begun.is_some(), "{command:?} begins");
            }
            signal(&child, name);
            let rest: Vec<String> = words.map(Result::unwrap).collect();
            assert_eq!(exit_code(child.wait().unwrap()), code, "{command:?}");
            assert!(rest.join("\n").contains(said), "{command:?}: {rest:?}");
            for folder in [&gpt, &tuned, &rows] {
                let _ = fs::remove_dir_all(folder);
            }
        }
    }
}

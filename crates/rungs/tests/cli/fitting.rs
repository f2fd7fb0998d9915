//! Commands fit together: one spelling of names, `-` for standard input, text for people, help with
//! examples, and what lies in the cache.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

#[cfg(target_os = "linux")]
use crate::in_terminal;
use crate::{assert_refused, json_lines, model, path, rungs, rungs_at, stdout};

/// The path of a file in a folder.
fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

/// The commands, or what a command may do, that a help lists.
fn listed(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("Commands:\n") else { return Vec::new() };
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(String::from).collect()
}

#[test]
fn every_help_has_examples_and_every_list_a_format() {
    let mut commands = vec![Vec::new()];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let help = stdout(&rungs(&args, b""));
        assert!(help.contains("Examples:\n"), "{command:?}: {help}");
        for name in listed(&help) {
            commands.push([&command[..], &[name]].concat());
        }
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
    for command in [&["models"][..], &["sts"], &["search"], &["classify", "predict"]] {
        let help = stdout(&rungs(&[command, &["--help"]].concat(), b""));
        assert!(help.contains("-f, --format") && help.contains("jsonl"), "{help}");
    }
}

#[test]
fn a_lesson_goes_by_its_number_its_folder_or_a_part_of_its_name() {
    let out = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for name in ["6", "06", "06-positions", "positions", "Position"] {
        said.push(stdout(&rungs(&["run", name, "--out", path(&out)], b"")));
    }
    assert!(said[0].contains("06-positions"));
    assert!(said.iter().all(|text| *text == said[0]));
    let refused = |name: &str| rungs(&["run", name, "--out", path(&out)], b"");
    assert_refused(&refused("positoins"), &["unknown lesson", "did you mean positions?"]);
    assert_refused(&refused("coder"), &["did you mean 11-encoder or 12-decoder?"]);
    assert_refused(&refused("99"), &["unknown lesson \"99\"", "01, 02"]);
}

#[test]
fn standard_input_is_read_wherever_a_file_is() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let out = |name: &str| at(&folder, name);
    let vectors = out("v.txt");
    fs::write(&vectors, "4 2\ncat 1 0\ndog 0 1\nmat 1 1\nbank -1 0\n").unwrap();
    let rows = "the cat\ta\nthe dog\tb\nthe bank\ta\na mat\tb\n";
    let pairs = "the cat sat\ta cat on a mat\nthe dog sat\ta dog on a mat\n";
    let rated = "the cat,the cat,5\nthe cat,river bank,0\na mat,a dog,2.5\n";
    let text = "the cat sat on a mat\nthe dog sat by the bank\n".repeat(30);
    let (classifier, words) = (out("classifier"), out("words.bin"));
    let commands: [(&[&str], &str); 12] = [
        (&["embed", "-", "-m", path(&model)], "the cat\n"),
        (&["search", "cat", "-", "-m", path(&model)], "the cat\n"),
        (&["sts", "-", "-m", path(&model)], rated),
        (&["tune", "-", "-m", path(&model), "-o", &out("tuned")], pairs),
        (&["classify", "train", "-", "-m", path(&model), "-o", &classifier], rows),
        (&["classify", "eval", &classifier, "-"], rows),
        (&["classify", "predict", &classifier, "-"], "the cat\n"),
        (&["map", "-", "-m", path(&model), "--method", "pca", "-o", &out("m.svg")], "cat\ndog\n"),
        (&["corpus", "-"], &text),
        (&["word2vec", "-c", "-", "--dim", "4", "--min-count", "1", "-o", &words], &text),
        (&["analogies", &vectors, "-"], ": a\ncat dog mat bank\n"),
        (&["train", "gpt", "-c", "-", "--preset", "tiny", "--steps", "2", "-o", &out("g")], &text),
    ];
    for (command, input) in commands {
        let output = rungs(command, input.as_bytes());
        assert!(output.status.success(), "{command:?}: {output:?}");
    }
    let perplexity = rungs(&["perplexity", "-m", &out("g"), "-"], b"the cat sat\n");
    assert!(stdout(&perplexity).contains("nats per token"));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: script, of util-linux"]
fn people_read_text_and_programs_json() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let pairs = at(&folder, "pairs.csv");
    fs::write(&pairs, "the cat,the cat,5\nthe cat,river bank,0\na mat,a dog,2.5\n").unwrap();
    let args = ["sts", &pairs, "--model", path(&model)];
    assert_eq!(json_lines(&rungs(&args, b""))[0]["rows"], 3);
    let screen = in_terminal(&format!("{} {}", env!("CARGO_BIN_EXE_rungs"), args.join(" ")), b"");
    assert!(screen.contains("spearman  "), "{screen}");
    let json = format!("{} {} -f json", env!("CARGO_BIN_EXE_rungs"), args.join(" "));
    assert!(in_terminal(&json, b"").contains("{\"spearman\""));
}

#[test]
fn shells_are_told_what_to_complete() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&rungs(&["completions", shell], b""));
        // fish's completions are of commands and options alone
        let arguments = if shell == "fish" { &[][..] } else { &["08-self-attention", "stsb"] };
        for known in ["word2vec", "min-count", "ndarray"].iter().chain(arguments) {
            assert!(script.contains(known), "{shell} does not complete {known}");
        }
        assert!(!script.contains("cargo rungs"), "it completes the program that is installed");
    }
    assert_refused(&rungs(&["completions", "tcsh"], b""), &["tcsh"]);
}

/// A cache with an encoder of the hub and a file of data.
fn cache() -> TempDir {
    let (home, model) = (tempfile::tempdir().unwrap(), model());
    let folder = home.path().join("models/o--encoder");
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(model.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    fs::create_dir_all(home.path().join("data/stsb")).unwrap();
    fs::write(home.path().join("data/stsb/stsb-en-dev.csv"), "a,b,1\n").unwrap();
    home
}

#[test]
fn what_was_fetched_is_listed_with_its_size_and_removed() {
    let home = cache();
    let listed = json_lines(&rungs_at(home.path(), &["models", "-f", "jsonl"], b""));
    let names: Vec<&str> = listed.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["hf:o/encoder", "stsb"]);
    assert_eq!(listed[1]["bytes"], 6);
    let table = stdout(&rungs_at(home.path(), &["models"], b""));
    assert!(table.contains(" MB") && table.contains("in all"), "{table}");
    let remove =
        |names: &[&str]| rungs_at(home.path(), &[&["models", "remove"], names].concat(), b"");
    assert_refused(&remove(&["stsb", "hf:o/encodr"]), &["nothing was removed", "hf:o/encoder?"]);
    assert!(home.path().join("data/stsb").exists());
    assert!(stdout(&remove(&["stsb", "hf:o/encoder"])).contains("removed hf:o/encoder"));
    assert_eq!(stdout(&rungs_at(home.path(), &["models", "-f", "json"], b"")).trim(), "[]");
    assert!(Path::new(path(&home)).join("models").exists());
}

#[test]
fn a_fetch_that_failed_leaves_the_hint_and_a_mistyped_name_is_guessed() {
    let home = cache();
    let minilm = home.path().join("models/minilm");
    fs::create_dir_all(&minilm).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(home.path().join("models/o--encoder").join(file), minilm.join(file)).unwrap();
    }
    let embed = |model: &str| rungs_at(home.path(), &["embed", "-m", model], b"cat\n");
    assert_refused(&embed("minilm"), &["not fetched whole", "run `cargo rungs fetch minilm`"]);
    assert_refused(&embed("minilmm"), &["did you mean minilm?"]);
    assert_refused(&rungs(&["fetch", "smolm2"], b""), &["did you mean smollm2?"]);
}

#[test]
fn an_index_lists_its_files_and_is_carried_into_other_programs() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (a, b, index) = (at(&folder, "a.txt"), at(&folder, "b.md"), at(&folder, "i.index"));
    fs::write(&a, "the cat\nthe dog\nthe cat\n").unwrap();
    fs::write(&b, "The bank.\n").unwrap();
    stdout(&rungs(&["index", "build", &a, &b, "-o", &index, "-m", path(&model)], b""));
    let files = json_lines(&rungs(&["index", "info", &index, "--files", "-f", "jsonl"], b""));
    assert_eq!(files.len(), 2);
    assert!(files[0]["file"].as_str().unwrap().ends_with("a.txt") && files[0]["passages"] == 3);
    let rows = json_lines(&rungs(&["index", "export", &index], b""));
    assert_eq!(rows.len(), 4);
    let vector: Vec<f64> = serde_json::from_value(rows[1]["embedding"].clone()).unwrap();
    let embedded = &json_lines(&rungs(&["embed", "-m", path(&model)], b"the dog\n"))[0];
    let expected: Vec<f64> = serde_json::from_value(embedded["embedding"].clone()).unwrap();
    let length = expected.iter().map(|x| x * x).sum::<f64>().sqrt();
    for (found, expected) in vector.iter().zip(&expected) {
        assert!((found - expected / length).abs() < 1e-5, "{found} {expected}");
    }
    let array = at(&folder, "i.npy");
    stdout(&rungs(&["index", "export", &index, "-o", &array], b""));
    let bytes = fs::read(&array).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(header.is_multiple_of(64) && bytes[..header].ends_with(b" \n"));
    assert!(String::from_utf8_lossy(&bytes[..header]).contains("'shape': (4, 32)"));
    let first = f32::from_le_bytes(bytes[header + 32 * 4..][..4].try_into().unwrap());
    assert!((f64::from(first) - vector[0]).abs() < 1e-6);
    let beside = fs::read_to_string(at(&folder, "i.jsonl")).unwrap();
    let second: Value = serde_json::from_str(beside.lines().nth(1).unwrap()).unwrap();
    assert_eq!((&second["text"], &second["line"]), (&"the dog".into(), &2.into()));
    let again = rungs(&["index", "export", &index, "-o", &array], b"");
    assert_refused(&again, &["i.npy", "--force"]);
    assert_refused(&rungs(&["index", "export", &index, "-o", "i.txt"], b""), &["ends in .npy"]);
}

#[test]
fn outside_of_the_clone_a_lesson_draws_into_the_folder_where_one_stands() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["run", "6"])
        .current_dir(folder.path())
        .env_remove("RUNGS_DEVICE")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("figure: rungs-figures/06-"));
    assert!(folder.path().join("rungs-figures").is_dir());
}

#[test]
fn devices_are_tried_outside_of_the_clone_and_nothing_is_left_there() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .arg("devices")
        .current_dir(folder.path())
        .env_remove("RUNGS_DEVICE")
        .output()
        .unwrap();
    assert!(stdout(&output).contains("flex"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

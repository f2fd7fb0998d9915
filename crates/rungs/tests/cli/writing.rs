//! Models that write: training, generation, perplexity.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use decoder::{GptConfig, Tokenization, checkpoint};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::generating::{characters, writer};
use crate::{BY_CTRL_C, assert_refused, exit_code, path, rungs, stdout};

/// Of which the small model below knows the characters.
const TEXT: &str = "the cat sat on the mat.\nthe dog sat on the cat.\n";

/// A model of characters that knows nothing, in a folder.
pub fn model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 3);
    let corpus = Tokenization::Characters.split(TEXT).unwrap();
    let config = GptConfig::new(corpus.tokenizer.vocab_size(), 16, 2, 2, 12);
    checkpoint::save(&config.init(&device), &config, folder.path()).unwrap();
    corpus.tokenizer.save(folder.path(), 12).unwrap();
    folder
}

fn generate(model: &TempDir, prompt: &str, more: &[&str]) -> std::process::Output {
    rungs(&[&["generate", "--model", path(model), "--prompt", prompt], more].concat(), b"")
}

#[test]
fn a_seed_writes_the_same_text_with_the_cache_and_without_past_what_the_model_sees() {
    let model = model();
    let write =
        |more: &[&str]| stdout(&generate(&model, "the cat", &[&["--max", "40"], more].concat()));
    let text = write(&[]);
    assert!(text.starts_with("the cat") && text.ends_with('\n'));
    assert_eq!(
        text.trim_end_matches('\n').chars().count().max(46),
        "the cat".len() + 40,
        "{text:?}"
    );
    assert_eq!(text, write(&[]));
    assert_eq!(text, write(&["--no-cache"]));
    assert_ne!(text, write(&["--seed", "8"]));
}

#[test]
fn what_cannot_be_sampled_is_refused_in_one_line() {
    let model = model();
    let cases: [(&[&str], &str); 7] = [
        (&["--temperature", "-1"], "'-1' for '--temperature <T>': expected a number of 0 or more"),
        (&["--temperature", "NaN"], "--temperature"),
        (&["--top-k", "0"], "'0' for '--top-k <K>'"),
        (&["--top-p", "0"], "'0' for '--top-p <P>': expected a share above 0"),
        (&["--top-p", "1.5"], "1.5"),
        (&["--max", "0"], "--max"),
        (&["--device", "abacus"], "abacus"),
    ];
    for (more, needle) in cases {
        assert_refused(&generate(&model, "the", more), &[needle]);
    }
    assert_refused(
        &generate(&model, "the ZEBRA", &[]),
        &["'Z'", "byte 4", "train on a text that has it"],
    );
    assert_refused(&generate(&model, "", &[]), &["--prompt", "expected text to go on from"]);
}

#[test]
fn an_odd_request_that_has_an_answer_is_answered() {
    let model = model();
    let greedy = stdout(&generate(&model, "the", &["--temperature", "0", "--max", "5"]));
    assert_eq!(greedy, stdout(&generate(&model, "the", &["--top-k", "1", "--max", "5"])));
    assert!(
        generate(&model, "the", &["--top-k", "1000"]).status.success(),
        "more than there are: all"
    );
    let long = generate(&model, &"the cat sat ".repeat(9), &["--max", "3"]);
    assert!(long.status.success());
    assert!(String::from_utf8_lossy(&long.stderr).contains("has 108 tokens and the model sees 12"));
    let stats = generate(&model, "the", &["--stats", "--max", "4"]);
    assert!(String::from_utf8_lossy(&stats.stderr).contains("tokens/s, 4 tokens"));
}

#[test]
fn perplexity_is_said_for_tokens_and_characters() {
    let model = model();
    let text = model.path().join("text.txt");
    fs::write(&text, TEXT).unwrap();
    let run = |more: &[&str]| {
        rungs(
            &[&["perplexity", "--model", path(&model), text.to_str().unwrap()], more].concat(),
            b"",
        )
    };
    let value: Value = serde_json::from_str(&stdout(&run(&["--format", "json"]))).unwrap();
    let number = |key: &str| value[key].as_f64().unwrap();
    assert_eq!((number("tokens"), number("characters")), (47.0, 47.0));
    // A model that knows nothing: about ln(characters of the alphabet).
    assert!((number("nats_per_token") - 14f64.ln()).abs() < 0.1, "{value}");
    assert!((number("perplexity") - number("nats_per_token").exp()).abs() < 1e-9);
    assert!((number("bits_per_token") - number("bits_per_character")).abs() < 1e-9);
    assert!(stdout(&run(&["--block", "4"])).contains("block               4"));
    fs::write(&text, "t").unwrap();
    assert_refused(&run(&[]), &["at least 2 tokens", "found 1"]);
    fs::write(&text, "the sphinx").unwrap();
    assert_refused(&run(&[]), &["'p'"]);
    assert_refused(
        &rungs(&["perplexity", "--model", path(&model), "/nowhere"], b""),
        &["/nowhere"],
    );
}

#[test]
fn a_folder_that_holds_no_writer_is_refused_by_name() {
    let empty = tempfile::tempdir().unwrap();
    assert_refused(&generate(&empty, "the", &[]), &["config.json"]);
    let bert = tempfile::tempdir().unwrap();
    fs::copy(golden::directory().join("bert/config.json"), bert.path().join("config.json"))
        .unwrap();
    assert_refused(
        &generate(&bert, "the", &[]),
        &["\"gpt2\", \"bloom\"", "found \"bert\"", "others are not read"],
    );
    let nowhere = rungs(&["generate", "--model", "/nowhere", "--prompt", "the"], b"");
    assert_refused(&nowhere, &["/nowhere", "cargo rungs train gpt"]);
}

/// A text that a model can learn something from, in a folder of its own.
fn corpus() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text.txt");
    fs::write(&file, TEXT.repeat(40)).unwrap();
    (folder, file)
}

fn train(more: &[&str]) -> std::process::Output {
    rungs(&[&["train"], more].concat(), b"")
}

/// Losses of `metrics.jsonl` by step; every step stands once.
fn losses(folder: &Path) -> Vec<(u64, f64)> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let steps: Vec<(u64, f64)> =
        lines.filter_map(|line| Some((line["step"].as_u64()?, line["loss"].as_f64()?))).collect();
    assert!(
        steps.iter().zip(0..).all(|(step, i)| step.0 == i),
        "a step is missing or stands twice: {steps:?}"
    );
    steps
}

#[test]
fn both_architectures_are_trained_and_go_on_writing() {
    let (folder, text) = corpus();
    for (architecture, bpe) in [("gpt", &["--bpe", "300"][..]), ("llama", &[])] {
        let out = folder.path().join(architecture);
        let (text, out) = (text.to_str().unwrap(), out.to_str().unwrap());
        let common =
            [architecture, "--corpus", text, "--preset", "tiny", "--steps", "25", "--out", out];
        let output = train(&[&common, bpe].concat());
        let said = stdout(&output);
        assert!(said.contains("steps       25\n") && said.contains("nats a token"), "{said}");
        let aside = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            aside.contains("left for 25 steps"),
            "after 20 steps it says how long the rest takes: {aside}"
        );
        let steps = losses(Path::new(out));
        assert_eq!(steps.len(), 25);
        assert!(
            steps[24].1 < steps[0].1 - 0.5,
            "25 steps teach the few words of this text: {steps:?}"
        );
        let written =
            stdout(&rungs(&["generate", "--model", out, "--prompt", "the ", "--max", "9"], b""));
        assert!(written.starts_with("the "));
        assert!(rungs(&["perplexity", "--model", out, text], b"").status.success());
        assert_refused(&train(&common), &[out, "expected a new folder", "resume"]);
    }
}

#[test]
fn ctrl_c_saves_and_says_how_to_go_on_and_the_losses_are_those_of_one_run() {
    let (folder, text) = corpus();
    let (whole, halved) = (folder.path().join("whole"), folder.path().join("halved"));
    let begin = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rungs"));
        command.args([
            "train",
            "gpt",
            "--preset",
            "tiny",
            "--steps",
            "60",
            "--dropout",
            "0.1",
            "--corpus",
        ]);
        command
            .arg(&text)
            .arg("--out")
            .arg(out)
            .env_remove("RUNGS_DEVICE")
            .env("RAYON_NUM_THREADS", "1");
        command
    };
    assert!(begin(&whole).output().unwrap().status.success());
    let mut child = begin(&halved).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    stderr
        .find(|line| line.contains("about"))
        .expect("after 20 steps it says how long the rest takes");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let said: Vec<String> = stderr.collect();
    assert!(!child.wait().unwrap().success());
    let said = said.join("\n");
    assert!(said.contains("error: stopped after") && said.contains("of 60 steps"), "{said}");
    let resume = format!("cargo rungs train gpt --resume {}", halved.display());
    assert!(said.contains(&resume), "{said}");
    assert!(losses(&halved).len() < 60);
    let newest = halved.join("newest");
    let args = ["generate", "--model", newest.to_str().unwrap(), "--prompt", "t"];
    assert!(!stdout(&rungs(&args, b"")).is_empty(), "the model as it was");
    let output = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["train", "gpt", "--resume", halved.to_str().unwrap()])
        .env_remove("RUNGS_DEVICE")
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(losses(&halved), losses(&whole));
    assert_refused(
        &train(&["llama", "--resume", halved.to_str().unwrap()]),
        &["expected a llama", "a gpt", "cargo rungs train gpt --resume"],
    );
    let fewer = train(&["gpt", "--resume", halved.to_str().unwrap(), "--steps", "20"]);
    assert_refused(&fewer, &["expected at least the 60 steps that are done, found 20"]);
    assert!(!newest.exists(), "a training that was finished has one model");
    fs::write(&text, TEXT).unwrap();
    let changed = train(&["gpt", "--resume", halved.to_str().unwrap()]);
    assert_refused(&changed, &["expected the text that this training began with"]);
}

/// A step of the largest preset takes many seconds on a processor.
#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_a_training_in_the_middle_of_a_step() {
    let (folder, text) = corpus();
    let out = folder.path().join("gpt");
    let mut child = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["train", "gpt", "--preset", "gpu", "--corpus"])
        .arg(&text)
        .arg("--out")
        .arg(&out)
        .env_remove("RUNGS_DEVICE")
        .spawn()
        .unwrap();
    let id = child.id().to_string();
    while !out.join("training.safetensors").exists() {
        sleep(Duration::from_millis(10));
    }
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        sleep(Duration::from_millis(500));
    }
    assert_eq!(
        exit_code(child.wait().unwrap()),
        BY_CTRL_C,
        "as a shell reports Ctrl-C, and not after saving"
    );
}

#[test]
fn a_budget_ends_a_training_in_time_with_a_model_that_writes() {
    let (folder, text) = corpus();
    let out = folder.path().join("gpt");
    let (text, out) = (text.to_str().unwrap(), out.to_str().unwrap());
    let steps = ["--steps", "100000", "--budget", "2s"];
    let said = stdout(&train(
        &[&["gpt", "--corpus", text, "--preset", "tiny", "--out", out], &steps[..]].concat(),
    ));
    assert!(losses(Path::new(out)).len() < 100_000, "{said}");
    assert!(
        rungs(&["generate", "--model", out, "--prompt", "the ", "--max", "3"], b"")
            .status
            .success()
    );
}

#[test]
fn what_cannot_be_trained_is_refused_in_one_line() {
    let (folder, text) = corpus();
    let (text, out) = (text.to_str().unwrap(), folder.path().join("out"));
    let out = out.to_str().unwrap();
    fs::write(folder.path().join("short.txt"), "too short").unwrap();
    let short = folder.path().join("short.txt");
    let with = |more: &[&str]| train(&[&["gpt", "--preset", "tiny", "--out", out], more].concat());
    assert_refused(
        &with(&["--corpus", short.to_str().unwrap()]),
        &["too short", "expected at least 33 tokens", "found 8"],
    );
    assert_refused(&with(&["--corpus", "/nowhere/text.txt"]), &["/nowhere/text.txt"]);
    assert_refused(
        &with(&["--corpus", text, "--dropout", "1"]),
        &["'1' for '--dropout <P>'", "below 1"],
    );
    assert_refused(
        &with(&["--corpus", text, "--budget", "soon"]),
        &["expected a time like 90s, 3m or 2h"],
    );
    assert_refused(&with(&["--corpus", text, "--bpe", "100"]), &["--bpe"]);
    assert_refused(&train(&["gpt", "--corpus", text]), &["--out <DIR>", "--resume <DIR>"]);
    assert_refused(&train(&["gpt", "--resume", out]), &[out]);
    assert_refused(&train(&["mamba", "--out", out]), &["mamba", "gpt", "llama"]);
    assert!(!Path::new(out).join("model.safetensors").exists());
}

/// A training on a disk of its own that runs full, then may not be written to, then has room again.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: leave to mount a file system, by unshare"]
fn a_training_whose_disk_runs_full_says_so_and_goes_on_when_there_is_room() {
    const SCRIPT: &str = r#"
        set -e
        mount -t tmpfs -o size=2m none "$DISK"
        if "$RUNGS" train gpt --preset tiny --steps 40 --corpus "$TEXT" --out "$DISK/gpt"; then exit 9; fi
        mount -o remount,ro "$DISK"
        if "$RUNGS" train gpt --resume "$DISK/gpt"; then exit 9; fi
        "$RUNGS" generate --model "$DISK/gpt" --prompt 'the ' --max 3
        mount -o remount,rw,size=64m "$DISK"
        "$RUNGS" train gpt --resume "$DISK/gpt"
        ls "$DISK/gpt"
    "#;
    let (folder, text) = corpus();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", SCRIPT])
        .env("RUNGS", env!("CARGO_BIN_EXE_rungs"))
        .env("TEXT", &text)
        .env("DISK", &disk)
        .env_remove("RUNGS_DEVICE")
        .output()
        .unwrap();
    let (files, said) = (stdout(&output), String::from_utf8(output.stderr).unwrap());
    let refused: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(refused.len(), 2, "{said}");
    assert!(refused[0].contains("No space left") && refused[0].contains("free space"), "{said}");
    assert!(refused[1].contains("Read-only file system"), "{said}");
    assert!(files.contains("model.safetensors") && !files.contains("-part"), "{files}");
    assert!(files.contains("steps       40"), "{files}");
}

#[test]
fn a_model_in_a_folder_is_not_trained_over_whatever_form_it_has() {
    let (folder, text) = corpus();
    for file in ["config.json", "model.safetensors", "model.safetensors.index.json"] {
        let out = folder.path().join(file.replace('.', "_"));
        fs::create_dir(&out).unwrap();
        fs::write(out.join(file), "of great worth").unwrap();
        let out = out.to_str().unwrap();
        let args = ["gpt", "--preset", "tiny", "--steps", "1", "--out", out, "--corpus"];
        let output = train(&[&args[..], &[text.to_str().unwrap()]].concat());
        assert_refused(&output, &[out, "expected a new folder", file]);
        let kept = fs::read_to_string(Path::new(out).join(file)).unwrap();
        assert_eq!(kept, "of great worth");
    }
}

#[test]
fn a_trained_model_is_gone_on_from_with_its_own_tokenizer_and_template() {
    let start = writer(&characters(), &json!({"eos_token_id": 7}));
    fs::write(start.path().join("chat_template.jinja"), "{{ messages[0].content }}").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (text, out) = (folder.path().join("text.txt"), folder.path().join("my gpt"));
    fs::write(&text, "abcabcabc".repeat(200)).unwrap();
    let names = [&text, &out].map(|path| path.to_str().unwrap());
    let more = ["--corpus", names[0], "--out", names[1], "--preset", "tiny"];
    let from = ["train", "gpt", "--from", path(&start), "--steps", "12"];
    stdout(&rungs(&[&from[..], &more].concat(), b""));
    let losses = losses(&out);
    assert!(losses.last().unwrap().1 < losses[0].1, "{losses:?}");
    for file in ["chat_template.jinja", "loss.svg", "tokenizer.json"] {
        assert!(out.join(file).exists(), "{file}");
    }
    let eos: Value = files::read_json(&out.join("generation_config.json")).unwrap();
    assert_eq!(eos["eos_token_id"], json!([7]));
    // for longer than was planned, from the folder alone
    drop(start);
    let more = stdout(&rungs(&["train", "gpt", "--resume", names[1], "--steps", "16"], b""));
    assert!(more.contains("steps       16\n"), "{more}");
    let number = |unit: &str| {
        let (before, _) = more.split_once(unit).unwrap();
        before.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    // of characters as tokens each has the nats of one, to the digits that are printed
    let bits = number(" nats a token") / std::f64::consts::LN_2;
    assert!((number(" bits a character") - bits).abs() < 2e-4, "{more}");
    assert_refused(
        &rungs(&["train", "gpt", "--resume", names[1], "--steps", "3"], b""),
        &["expected at least the 16 steps that are done, found 3"],
    );
    let no_more = stdout(&rungs(&["train", "gpt", "--resume", names[1]], b""));
    assert!(no_more.contains("steps       16, all of them done before\n"), "{no_more}");
    let pasted = format!("--resume '{}' --steps 32\n", names[1]);
    assert!(no_more.ends_with(&pasted), "what is pasted into a shell is one word: {no_more}");
    // as a kill before the first evaluation leaves it
    fs::rename(out.join("config.json"), folder.path().join("config.json")).unwrap();
    let killed = rungs(&["train", "gpt", "--resume", names[1], "--steps", "20"], b"");
    assert_refused(&killed, &[names[1], "first evaluation", "begin again"]);
    fs::rename(folder.path().join("config.json"), out.join("config.json")).unwrap();
    let llama = ["train", "llama", "--from", names[1], "--corpus", names[0], "--out", "x"];
    assert_refused(&rungs(&llama, b""), &["expected a llama, found a gpt", "`train gpt`"]);
}

//! Pages that commands write: one file each, which asks for nothing and which no text gets out of.
//! That the script in it computes what the model computes is tried in a browser, by `.ci/run`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use decoder::{GptConfig, Tokenization, checkpoint};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokens::Tokenizer;

use crate::{assert_refused, path, rungs, stdout};

/// A text that means to leave its place in a page.
const HOSTILE: &str =
    "</script><script>alert(1)</script>\u{1b}<!--\u{0}\u{2028}\"'&amp;{style}\r\n";

/// The sizes of a small model.
fn small(vocab: usize) -> GptConfig {
    GptConfig::new(vocab, 16, 2, 2, 12)
}

/// A model that knows nothing, in a folder, with a vocabulary of its own.
fn model(tokenization: Tokenization, change: impl FnOnce(GptConfig) -> GptConfig) -> TempDir {
    let text = format!("The cat sat on the mat. {HOSTILE}").repeat(3);
    model_of(&text, tokenization, change)
}

/// A model that knows nothing, with the vocabulary of a text.
fn model_of(
    text: &str,
    tokenization: Tokenization,
    change: impl FnOnce(GptConfig) -> GptConfig,
) -> TempDir {
    let tokenizer = tokenization.split(text).unwrap().tokenizer;
    let folder = tempfile::tempdir().unwrap();
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 3);
    let config = change(small(tokenizer.vocab_size()));
    checkpoint::save(&config.init(&device), &config, folder.path()).unwrap();
    tokenizer.save(folder.path(), 12).unwrap();
    folder
}

fn write_page(model: &Path, out: &Path, more: &[&str]) -> Output {
    let args = ["page", "-m", model.to_str().unwrap(), "-o", out.to_str().unwrap()];
    rungs(&[&args[..], more].concat(), b"")
}

/// What stands between two texts, the first time.
#[track_caller]
fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let (_, rest) = text.split_once(open).unwrap_or_else(|| panic!("no {open}"));
    rest.split_once(close).unwrap_or_else(|| panic!("no {close} after {open}")).0
}

fn digest(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

#[test]
fn a_page_is_one_file_whose_policy_names_its_own_style_and_script_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("my.html");
    let output = write_page(model(Tokenization::Characters, |config| config).path(), &file, &[]);
    assert!(stdout(&output).contains("my.html: 0.1 MB"), "{output:?}");
    let page = fs::read_to_string(&file).unwrap();
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">");
    let style = digest(between(&page, "<style>", "</style>"));
    let script = digest(between(&page, "<script>", "</script>"));
    assert_eq!(policy, format!("default-src 'none'; style-src {style}; script-src {script}"));
    for outside in ["http:", "https:", " src=", "href=", "url(", "@import", "fetch(", "style=\""] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("prefers-color-scheme: dark"));
}

#[test]
fn no_text_of_a_model_gets_out_of_its_place() {
    for tokenization in [Tokenization::Characters, Tokenization::BytePairs(270)] {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("<b>&amp;.html");
        let model = model(tokenization, |config| config);
        let hostile = HOSTILE.replace('\0', ""); // which no argument can have
        stdout(&write_page(model.path(), &file, &[&format!("--prompt={hostile}")]));
        let page = fs::read_to_string(&file).unwrap();
        assert_eq!(page.matches("<script").count(), 3, "model, weights, script");
        assert_eq!(page.matches("</script").count(), 3);
        assert!(!page.contains("<!--"));
        assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
        let about: Value =
            serde_json::from_str(between(&page, "id=\"model\">", "</script>")).unwrap();
        assert_eq!(about["prompt"], hostile);
    }
}

#[test]
fn a_page_begins_with_what_can_be_seen() {
    for (text, prompt) in [
        ("\n\tThe cat, sat", "The "),
        ("\n\t a dog, sat: 12", "a"),
        ("\n\t 12: 21\n", "1"),
        ("\n \t \n \t \n", "\t"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("my.html");
        let model = model_of(text, Tokenization::Characters, |config| config);
        stdout(&write_page(model.path(), &file, &[]));
        let page = fs::read_to_string(&file).unwrap();
        let about: Value =
            serde_json::from_str(between(&page, "id=\"model\">", "</script>")).unwrap();
        assert_eq!(about["prompt"], prompt);
    }
}

#[test]
fn the_weights_in_a_page_are_the_models_to_the_sixteenth_bit() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("my.html");
    let model = model(Tokenization::Characters, |config| config);
    stdout(&write_page(model.path(), &file, &[]));
    let page = fs::read_to_string(&file).unwrap();
    let bytes = STANDARD.decode(between(&page, "id=\"weights\">", "</script>")).unwrap();
    let (mut found, mut coarsest): (Vec<f32>, f32) = (Vec::new(), 0.0);
    for block in bytes.chunks(4 + 2 * 64) {
        let scale = f32::from_le_bytes(block[..4].try_into().unwrap());
        for steps in block[4..].chunks_exact(2) {
            found.push(scale * f32::from(i16::from_le_bytes([steps[0], steps[1]])));
        }
        coarsest = coarsest.max(scale);
    }
    let loaded = checkpoint::load(model.path(), &backend::from_env()).unwrap().model;
    let mut expected: Vec<f32> = Vec::new();
    for (_, tensor) in checkpoint::tensors(&loaded) {
        expected.extend(tensor.iter::<f32>());
    }
    assert_eq!(found.len(), expected.len());
    assert!(coarsest < 4e-5, "a norm's ones are the largest weights: {coarsest}");
    found.sort_unstable_by(f32::total_cmp);
    expected.sort_unstable_by(f32::total_cmp);
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= coarsest, "{found} and {expected}");
    }
}

#[test]
fn what_is_no_model_for_a_page_is_refused_with_what_to_do() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("my.html");
    let refused = |model: &Path, needles: &[&str]| {
        let output = write_page(model, &file, &[]);
        assert_refused(&output, needles);
        assert_refused(&output, &["cargo rungs train gpt"]);
        assert!(!file.exists());
    };
    let golden = golden::directory();
    refused(out.path(), &["neither config.json"]);
    refused(&golden.join("llama"), &["expected a GPT of lesson 12", "found llama"]);
    refused(&golden.join("bert"), &["found bert"]);
    refused(&golden.join("gpt2_unscaled"), &["found the activation relu"]);
    let large =
        model(Tokenization::Characters, |config| GptConfig { d_model: 256, n_layers: 6, ..config });
    refused(large.path(), &["at most 4000000 parameters", "found 47"]);
    let words = model(Tokenization::Characters, |config| config);
    Tokenizer::word_level(&["the", "cat"]).unwrap().save(words.path(), 12).unwrap();
    refused(words.path(), &["other tokens than characters or bytes"]);
    let fewer = model(Tokenization::Characters, |config| config);
    Tokenizer::characters(&['a', 'b']).unwrap().save(fewer.path(), 12).unwrap();
    refused(fewer.path(), &["a tokenizer of 2 tokens beside a table of"]);
}

#[test]
fn no_other_file_is_written_over() {
    let out = tempfile::tempdir().unwrap();
    let model = model(Tokenization::Characters, |config| config);
    let file = out.path().join("letter.html");
    fs::write(&file, "<p>Dear reader").unwrap();
    assert_refused(&write_page(model.path(), &file, &[]), &["letter.html", "--force"]);
    stdout(&write_page(model.path(), &file, &["--force"]));
    stdout(&write_page(model.path(), &file, &["--prompt", "the cat"])); // its own
    assert_refused(
        &write_page(model.path(), &out.path().join("no/such.html"), &[]),
        &["expected a folder"],
    );
    assert_refused(
        &write_page(model.path(), &file, &["--prompt", "ZEBRA"]),
        &["'Z'", "train on a text that has it"],
    );
    assert_refused(&write_page(model.path(), &file, &["--prompt="]), &["--prompt"]);
}

/// Runs demos with this program for a browser.
#[cfg(unix)]
fn run_open(lessons: &[&str], out: &Path, browser: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rungs"))
        .arg("run")
        .args(lessons)
        .args(["--open", "--out"])
        .arg(out)
        .env("BROWSER", browser)
        .env("RUNGS_HOME", out)
        .env_remove("RUNGS_DEVICE")
        .output()
        .unwrap()
}

#[cfg(unix)]
#[test]
fn demos_are_opened_as_one_page_of_what_they_print_and_draw() {
    use std::os::unix::fs::PermissionsExt;
    let out = tempfile::tempdir().unwrap();
    let (browser, opened) = (out.path().join("browser"), out.path().join("opened"));
    let script =
        format!("#!/bin/sh\necho \"$1\" > '{0}.part'\nmv '{0}.part' '{0}'\n", opened.display());
    fs::write(&browser, script).unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let output = run_open(&["06", "08"], out.path(), &browser);
    let printed = stdout(&output);
    let file = out.path().join("index.html");
    let page = fs::read_to_string(&file).unwrap();
    let texts = page.replace("&lt;", "<").replace("&quot;", "\"").replace("&amp;", "&");
    for line in printed.lines() {
        assert!(texts.contains(line.trim_start_matches("## ")), "{line}");
    }
    let figures = fs::read_dir(out.path()).unwrap().filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "svg")
    });
    assert_eq!(page.matches("<img src=\"data:image/svg+xml;base64,").count(), figures.count());
    assert!(!page.contains("alt=\"\"") && !page.contains("<script") && !page.contains("https:"));
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">");
    let style = digest(between(&page, "<style>", "</style>"));
    assert_eq!(policy, format!("default-src 'none'; style-src {style}; img-src data:"));
    while !opened.exists() {
        std::thread::sleep(std::time::Duration::from_millis(20)); // it is not waited for
    }
    assert_eq!(fs::read_to_string(&opened).unwrap().trim(), path(&out).to_string() + "/index.html");
}

#[cfg(unix)]
#[test]
fn without_a_browser_the_page_is_written_and_named() {
    let out = tempfile::tempdir().unwrap();
    let output = run_open(&["06"], out.path(), Path::new("/no/such/browser"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("error: expected a browser to open: ") && said.contains("help: open "));
    assert!(out.path().join("index.html").exists());

    fs::write(out.path().join("index.html"), "<p>Dear reader").unwrap();
    assert_refused(&run_open(&["06"], out.path(), Path::new("true")), &["index.html", "--force"]);
    assert_refused(
        &run_open(&["06"], &out.path().join("index.html"), Path::new("true")),
        &["index.html: expected a folder to write into, found a file; name a folder"],
    );
}

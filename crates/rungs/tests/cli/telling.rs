//! Nothing is silent: what goes on, what is waited for, what is not as it was asked for.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use tempfile::TempDir;

#[cfg(target_os = "linux")]
use crate::in_terminal;
use crate::{assert_refused, model, path, rungs, stdout};

/// The path of a file in a folder.
fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

/// What a command that succeeds says on standard error.
#[track_caller]
fn said(args: &[&str], input: &[u8]) -> String {
    let output = rungs(args, input);
    stdout(&output);
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_demo_prints_what_it_says_before_it_has_said_all() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["run", "1", "--out"])
        .arg(tempfile::tempdir().unwrap().path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.by_ref().filter(|line| !line.is_empty()).nth(2).unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it goes on after {said:?}");
    assert!(lines.count() > 5);
    assert!(child.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: script, of util-linux"]
fn a_spinner_says_what_goes_on_and_leaves_nothing_beside_results() {
    let (program, out) = (env!("CARGO_BIN_EXE_rungs"), tempfile::tempdir().unwrap());
    let screen = in_terminal(&format!("{program} run 6 --out {}", path(&out)), b"");
    assert!(screen.contains("running 06-positions"), "{screen}");
    assert!(!screen.contains("0/0"), "{screen}");
    for line in stdout(&rungs(&["run", "6", "--out", path(&out)], b"")).lines() {
        assert!(screen.contains(&format!("{line}\r\n")), "{line:?} in {screen}");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: script, of util-linux"]
fn vectors_that_go_into_a_file_are_counted_in_the_terminal_and_in_a_pipe_nothing_is() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (texts, out) = (at(&folder, "texts.txt"), at(&folder, "vectors.jsonl"));
    fs::write(&texts, "the cat sat on a mat\n".repeat(20_000)).unwrap();
    let embed = format!("{} embed {texts} --model {}", env!("CARGO_BIN_EXE_rungs"), path(&model));
    let screen = in_terminal(&format!("{embed} > {out}"), b"");
    assert!(screen.contains(" texts embedded"), "{screen}");
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 20_000);
    let screen = in_terminal(&format!("{embed} | tail -n 1 > {out}"), b"");
    assert_eq!(screen, "");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: script, of util-linux"]
fn a_terminal_that_is_waited_for_is_told_so() {
    let model = model();
    let embed = format!("{} embed --model {}", env!("CARGO_BIN_EXE_rungs"), path(&model));
    let screen = in_terminal(&embed, b"the cat\n\x04");
    assert!(screen.contains("reading what you type") && screen.contains("Ctrl-D"), "{screen}");
    assert!(!said(&["embed", "--model", path(&model)], b"the cat\n").contains("Ctrl-D"));
}

#[test]
fn a_text_too_short_to_learn_from_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (text, vectors) = (at(&folder, "diary.txt"), at(&folder, "v.txt"));
    fs::write(&text, "We sat by the river bank.\nThe bank raised its rates.\n".repeat(30)).unwrap();
    let word2vec = ["word2vec", "--corpus", &text, "--dim", "8", "--out", &vectors];
    let few = said(&word2vec, b"");
    assert!(few.contains("diary.txt has 330 words, few to learn from"), "{few}");
    let out = at(&folder, "gpt");
    let train = ["train", "gpt", "--preset", "tiny", "--steps", "300", "--corpus", &text];
    let few = said(&[&train[..], &["--out", &out]].concat(), b"");
    assert!(few.contains("tokens, few to learn from") && few.contains("by heart"), "{few}");
    let on = said(&["train", "gpt", "--resume", &out, "--steps", "305"], b"");
    assert!(on.contains("goes on after step 300, up to step 305"), "{on}");
}

#[test]
fn what_is_answered_in_place_of_what_was_asked_is_said() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (vectors, texts) = (at(&folder, "v.txt"), at(&folder, "texts.txt"));
    fs::write(&vectors, "3 2\ncat 1 0\ndog 0 1\nmat 1 1\n").unwrap();
    assert!(said(&["neighbours", &vectors, "Cat"], b"").contains("the answer is \"cat\"'s"));
    assert_eq!(said(&["neighbours", &vectors, "cat"], b""), "");
    fs::write(&texts, "the cat\nthe cat\na mat\n").unwrap();
    let long = "cat ".repeat(99);
    let query = said(&["search", &long, &texts, "--model", path(&model)], b"");
    assert!(query.contains("the query is longer than 32 tokens"), "{query}");
    let map = ["map", &texts, "--model", path(&model), "--method", "pca", "--clusters", "3"];
    let fewer = said(&[&map[..], &["--out", &at(&folder, "m.svg")]].concat(), b"");
    assert!(fewer.contains("--clusters 3: found 2"), "{fewer}");
    let fewer = said(&["corpus", &texts, "--words", "9"], b"");
    assert!(fewer.contains("has 6 words, fewer than 9"), "{fewer}");
}

#[test]
fn ratings_that_do_not_differ_are_named_with_their_file() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let pairs = at(&folder, "pairs.csv");
    fs::write(&pairs, "the cat,the cat,1\na mat,the dog,1\n").unwrap();
    let sts = ["sts", &pairs, "--model", path(&model)];
    assert_refused(&rungs(&sts, b""), &["pairs.csv", "different ratings"]);
}

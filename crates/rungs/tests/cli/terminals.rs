//! What a person sees: lines that fit the terminal, bars that say what is known, colours.

use std::fs;
use std::io::Read;
use std::process::ExitStatus;

use pty_process::Size;
use pty_process::blocking::Command;
use tempfile::TempDir;

use crate::{model, path, rungs};

/// Columns of a small window.
const COLUMNS: u16 = 60;

/// What a command writes to a terminal of [`COLUMNS`] columns, and how it ends.
fn seen(args: &[&str], variables: &[(&str, &str)]) -> (String, ExitStatus) {
    let (mut pty, pts) = pty_process::blocking::open().unwrap();
    pty.resize(Size::new(24, COLUMNS)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rungs")).args(args);
    for name in ["RUNGS_DEVICE", "NO_COLOR"] {
        command = command.env_remove(name);
    }
    command = command.env("TERM", "xterm").envs(variables.iter().copied());
    let mut child = command.spawn(pts).unwrap();
    let (mut screen, mut bytes) = (Vec::new(), [0; 4096]);
    // It fails when the program has ended.
    while let Ok(count @ 1..) = pty.read(&mut bytes) {
        screen.extend(&bytes[..count]);
    }
    (String::from_utf8_lossy(&screen).into_owned(), child.wait().unwrap())
}

/// What stands in each line that was drawn, those that were drawn over among them, without colours
/// and without the blanks that fill a line up.
fn lines(screen: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in screen.split(['\r', '\n']) {
        let mut plain = String::new();
        let mut parts = line.split("\u{1b}[");
        plain.extend(parts.next());
        for part in parts {
            plain.push_str(
                part.split_once(|c: char| c.is_alphabetic()).map_or("", |(_, text)| text),
            );
        }
        lines.push(plain.trim_end().to_string());
    }
    lines
}

fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

#[test]
fn a_bar_fits_the_terminal_and_says_nothing_that_is_not_known() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (text, pairs) = (at(&folder, "text.txt"), at(&folder, "pairs.tsv"));
    fs::write(&text, "the cat sat on a mat by the river bank\n".repeat(4000)).unwrap();
    fs::write(&pairs, "the cat\ta cat sat\nthe dog\ta dog sat\n".repeat(200)).unwrap();
    let tune = ["tune", &pairs, "--model", path(&model), "--out", &at(&folder, "tuned")];
    let word2vec = ["word2vec", "--corpus", &text, "--out", &at(&folder, "v.bin")];
    let index = ["index", "build", &text, "--model", path(&model), "--out", &at(&folder, "index")];
    let train = ["train", "gpt", "--corpus", &text, "--preset", "tiny", "--steps", "30"];
    let gpt = at(&folder, "gpt");
    let train = [&train[..], &["--out", &gpt]].concat();
    let commands: [(&[&str], &[&str]); 4] = [
        (&tune, &[" steps"]),
        (&word2vec, &[" words"]),
        (&index, &[" files read", " texts embedded"]),
        (&train, &[" steps"]),
    ];
    for (command, units) in commands {
        let (screen, status) = seen(command, &[]);
        assert!(status.success(), "{screen}");
        let lines = lines(&screen);
        let is_bar = |line: &&String| line.contains(['█', '░']);
        let bars: Vec<&String> = lines.iter().filter(is_bar).collect();
        assert!(!bars.is_empty(), "{command:?} draws none: {screen}");
        for bar in bars {
            assert!(units.iter().any(|unit| bar.contains(unit)), "{bar:?}");
            assert!(bar.chars().count() <= COLUMNS.into(), "{bar:?}");
            assert!(!bar.contains(", ,") && !bar.contains("NaN"), "{bar:?}");
            assert!(!bar.contains(" 0/") || !bar.contains("left"), "{bar:?}");
        }
    }
}

#[test]
fn a_chart_and_a_table_fit_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let text = at(&folder, "text.txt");
    fs::write(&text, "the cat sat on a mat by the river bank\n".repeat(100)).unwrap();
    let (gpt, devices) = (at(&folder, "gpt"), ["devices"]);
    let train = ["train", "gpt", "--corpus", &text, "--preset", "tiny", "--steps", "3", "-o", &gpt];
    let commands: [(&[&str], &str); 2] =
        [(&train, "⠁"), (&devices, "  note           build it in")];
    for (command, part) in commands {
        let (screen, status) = seen(command, &[]);
        assert!(status.success() && screen.contains(part), "{screen}");
        let (_, shown) = screen.split_at(screen.rfind("\u{1b}[2K").unwrap_or_default());
        let (shown, _) = shown.split_once("\nsteps").unwrap_or((shown, ""));
        for line in lines(shown) {
            assert!(line.chars().count() <= COLUMNS.into(), "{line:?} in {screen}");
        }
    }
}

#[test]
fn work_that_takes_a_while_says_what_it_is() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let (gpt, text) = (crate::writing::model(), at(&folder, "text.txt"));
    fs::write(&text, "the cat\n").unwrap();
    let loading = format!("loading {}", path(&gpt));
    let commands: [(&[&str], &[&str]); 4] = [
        (&["perplexity", "--model", path(&gpt), &text], &[&loading]),
        (
            &["bench", "generate", "--model", path(&gpt), "--tokens", "6"],
            &["timing writing, token "],
        ),
        (&["bench", "gpt-train", "--preset", "tiny"], &["timing training, step "]),
        (
            &["bench", "encoder", "--model", path(&model), "--texts", &text],
            &["timing 1 texts, run 1 of 7", "timing texts one by one"],
        ),
    ];
    for (command, parts) in commands {
        let (screen, status) = seen(command, &[]);
        assert!(status.success(), "{screen}");
        for part in parts {
            assert!(screen.contains(&part[..part.len().min(40)]), "{part:?} is not in {screen}");
        }
        let bare = rungs(command, b"");
        assert_eq!(String::from_utf8_lossy(&bare.stderr), "", "{command:?}");
    }
}

#[test]
fn errors_have_the_colours_of_wrong_arguments_on_a_terminal_that_shows_any() {
    let unknown = ["generate", "--model", "smollm", "--prompt", "a"];
    let wrong = ["generate", "--model", "smollm", "--promt", "a"];
    let red = "\u{1b}[1m\u{1b}[31merror:";
    for command in [unknown, wrong] {
        assert!(seen(&command, &[]).0.contains(red), "{command:?}: {:?}", seen(&command, &[]).0);
        let plain = seen(&command, &[("NO_COLOR", "1")]).0;
        assert!(plain.contains("error: ") && !plain.contains("\u{1b}[3"), "{plain:?}");
        assert!(!rungs(&command, b"").stderr.contains(&0x1b), "{command:?}");
    }
    assert!(seen(&unknown, &[]).0.contains("\u{1b}[32mhelp:"));
}

#[test]
fn errors_and_notes_are_folded_between_words_on_a_terminal_and_stay_one_line_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let text = at(&folder, "few.txt");
    fs::write(&text, "cat\n").unwrap();
    let word2vec = ["word2vec", "--corpus", &text, "--out", &at(&folder, "v.bin")];
    let (screen, status) = seen(&word2vec, &[("NO_COLOR", "1")]);
    assert!(!status.success());
    let (_, error) = screen.split_once("error: ").unwrap();
    for line in error.lines() {
        assert!(line.chars().count() <= COLUMNS.into(), "{line:?} in {screen}");
    }
    let folded: Vec<&str> = error.split_whitespace().collect();
    let piped = rungs(&word2vec, b"");
    let piped = String::from_utf8_lossy(&piped.stderr).into_owned();
    let line = piped.lines().find_map(|line| line.strip_prefix("error: ")).unwrap();
    assert_eq!(folded, Vec::from_iter(line.split_whitespace()));
    assert!(!folder.path().join("v.bin").exists());
}

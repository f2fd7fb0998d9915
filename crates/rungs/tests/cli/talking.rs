//! Talking with a model in a terminal.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use decoder::{GptConfig, checkpoint};
use pty_process::Size;
use pty_process::blocking::{Command, Pty};
use serde_json::json;
use tempfile::TempDir;
use tokens::{Message, Tokenizer};

use crate::{BY_CTRL_C, exit_code, path};

/// How long something may take to appear, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Columns of a small window and of a wide one.
const COLUMNS: [u16; 2] = [60, 200];

/// The characters of the model: Latin ones, some of right to left, and pictures, one of which is made
/// of several. The last one ends a text.
const ALPHABET: &str = "ab שלום👋🏽😀👩\u{200d}é.";

/// Tokens that the model sees: more than it writes before anybody has had enough.
const SEEN: usize = 1 << 15;

/// A model of characters that knows nothing, and a template of nothing but messages.
fn model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 3);
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    let config = GptConfig::new(alphabet.len(), 8, 1, 2, SEEN);
    checkpoint::save(&config.init(&device), &config, folder.path()).unwrap();
    Tokenizer::characters(&alphabet).unwrap().save(folder.path(), SEEN).unwrap();
    let template = "{% for message in messages %}{{ message.content }}{% endfor %}";
    fs::write(folder.path().join("chat_template.jinja"), template).unwrap();
    folder
}

/// A model that ends its texts itself, sooner or later.
fn model_that_ends() -> TempDir {
    let folder = model();
    let settings = json!({"eos_token_id": ALPHABET.chars().count() - 1});
    files::write_json(&folder.path().join("generation_config.json"), &settings).unwrap();
    folder
}

/// `cargo rungs chat` in a terminal.
struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    screen: Arc<Mutex<Vec<u8>>>,
    seen: usize,
}

impl Terminal {
    /// Starts in the model's folder, to which it saves.
    fn start(model: &TempDir, columns: u16, more: &[&str]) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(24, columns)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rungs"));
        command = command.args(["chat", "--model", path(model)]).args(more);
        command = command.current_dir(model.path()).env_remove("RUNGS_DEVICE").env("NO_COLOR", "1");
        let child = command.spawn(pts).unwrap();
        let (pty, screen) = (Arc::new(pty), Arc::new(Mutex::new(Vec::new())));
        let (reader, written) = (pty.clone(), screen.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It fails when the program has ended.
            while let Ok(count @ 1..) = (&*reader).read(&mut bytes) {
                written.lock().unwrap().extend(&bytes[..count]);
            }
        });
        Self { pty, child, screen, seen: 0 }
    }

    fn press(&self, keys: &[u8]) {
        (&*self.pty).write_all(keys).unwrap();
    }

    /// Types a line, and waits until the terminal has shown it.
    #[track_caller]
    fn line(&mut self, text: &str) {
        self.press(format!("{text}\n").as_bytes());
        self.expect(&format!("{text}\r\n"));
    }

    /// What appears before `words`, after all that was waited for before.
    #[track_caller]
    fn expect(&mut self, words: &str) -> String {
        let began = Instant::now();
        loop {
            let screen = String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned();
            let new = &screen[self.seen..];
            if let Some(at) = new.find(words) {
                self.seen += at + words.len();
                return new[..at].to_string();
            }
            assert!(began.elapsed() < PATIENCE, "{words:?} does not appear in\n{screen}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Exit code of the program once it has ended.
    #[track_caller]
    fn ends(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return exit_code(status);
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks for the conversation as a file; returns its messages.
    #[track_caller]
    fn saved(&mut self, model: &TempDir) -> Vec<Message> {
        self.line("/save talk.jsonl");
        self.expect(" in talk.jsonl\r\n> ");
        messages(&model.path().join("talk.jsonl"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn messages(file: &Path) -> Vec<Message> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn pictures_and_letters_from_right_to_left_go_in_and_come_out_in_any_width() {
    for columns in COLUMNS {
        let model = model_that_ends();
        let more = ["--temperature", "1", "--max", "300"];
        let mut terminal = Terminal::start(&model, columns, &more);
        terminal.expect("Ctrl-C ends an answer");
        terminal.expect("> ");
        let mut expected = Vec::new();
        for typed in ["שלום 👋🏽", "a 👩\u{200d}👩 é ab"] {
            terminal.line(typed);
            let answer = terminal.expect("\r\n> ");
            assert!(answer.contains(|c| "שלום😀👋👩".contains(c)), "{answer:?}");
            expected.extend([Message::new("user", typed), Message::new("assistant", &answer)]);
        }
        assert_eq!(terminal.saved(&model), expected);
        terminal.press(b"\x04");
        assert_eq!(terminal.ends(), Some(0));
    }
}

#[test]
fn ctrl_c_ends_an_answer_and_the_conversation_goes_on_until_ctrl_d() {
    for columns in COLUMNS {
        let model = model();
        let more = ["--temperature", "1", "--max", "30000"];
        let mut terminal = Terminal::start(&model, columns, &more);
        terminal.expect("> ");
        for typed in ["ab ab", "שלום"] {
            terminal.line(typed);
            for _ in 0..10 {
                terminal.expect("a"); // one of a few characters, so it comes again and again
            }
            terminal.press(b"\x03");
            terminal.expect("\r\n> ");
        }
        let saved = terminal.saved(&model);
        assert_eq!(saved.len(), 4);
        for answer in [&saved[1], &saved[3]] {
            assert_eq!(answer.role, "assistant");
            let tokens = answer.content.chars().count();
            assert!((10..30_000).contains(&tokens), "{tokens} tokens");
        }
        terminal.press(b"\x04");
        assert_eq!(terminal.ends(), Some(0));
    }
}

#[test]
fn one_ctrl_c_between_answers_is_forgiven_and_a_second_ends_the_program() {
    let model = model_that_ends();
    let mut terminal = Terminal::start(&model, 60, &["--max", "5"]);
    terminal.expect("> ");
    terminal.line("ab");
    terminal.expect("\r\n> ");
    terminal.press(b"half a question\x03");
    terminal.expect("Ctrl-C once more, or Ctrl-D, ends the conversation\r\n> ");
    terminal.line("ab");
    terminal.expect("\r\n> ");
    assert_eq!(terminal.saved(&model).len(), 4, "what was half typed is asked of nobody");
    terminal.press(b"\x03");
    terminal.expect("ends the conversation\r\n> ");
    terminal.press(b"\x03");
    assert_eq!(terminal.ends(), BY_CTRL_C);
}

#[test]
fn commands_forget_say_who_answers_and_are_explained() {
    let model = model_that_ends();
    let mut terminal = Terminal::start(&model, 60, &["--max", "5"]);
    terminal.expect("> ");
    terminal.line("ab");
    terminal.expect("\r\n> ");
    assert_eq!(terminal.saved(&model).len(), 2);
    terminal.line("/reset");
    terminal.expect("the conversation begins anew\r\n> ");
    assert!(terminal.saved(&model).is_empty());
    terminal.line("/system שלום ab");
    terminal.expect("the conversation begins anew\r\n> ");
    assert_eq!(terminal.saved(&model), [Message::new("system", "שלום ab")]);
    terminal.line("a");
    terminal.expect("\r\n> ");
    assert_eq!(terminal.saved(&model).len(), 3);
    terminal.line("/reset");
    terminal.expect("> ");
    assert_eq!(terminal.saved(&model).len(), 1, "who answers is no part of what was said");
    for unknown in ["/nope", "/reset all"] {
        terminal.line(unknown);
        terminal.expect(&format!("{unknown} is no command that is known here: /reset forgets"));
        terminal.expect("> ");
    }
    terminal.line("/save /no/such/folder/talk.jsonl");
    terminal.expect("error: \"/no/such/folder/talk.jsonl\": writing failed");
    terminal.expect("> ");
    terminal.line("/quit");
    assert_eq!(terminal.ends(), Some(0));
}

#[test]
fn a_character_that_is_half_deleted_is_typed_again() {
    let model = model_that_ends();
    let mut terminal = Terminal::start(&model, 60, &["--max", "5"]);
    terminal.expect("> ");
    terminal.press(b"a\xf0\x9f\n");
    terminal.expect("error: line 1: expected UTF-8");
    terminal.expect("> ");
    terminal.line("ab");
    terminal.expect("\r\n> ");
    assert_eq!(terminal.saved(&model)[0], Message::new("user", "ab"));
    terminal.press(b"\x04");
    assert_eq!(terminal.ends(), Some(0));
}

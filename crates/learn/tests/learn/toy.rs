//! A clone with one lesson of three functions, under git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const LIB: &str = r#"//! A lesson.

/// Twice a number.
pub fn double(x: i64) -> i64 {
    x * 2
}

/// A counter.
pub struct Counter(pub i64);

impl Counter {
    /// One more.
    pub fn more(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}

/// Half a number: é.
pub fn half(x: f64) -> f64 {
    x / 2.0
}
"#;

/// The lesson's test binary: what the crate `exercise` hands over, in a few lines.
const EXERCISES: &str = r#"use std::panic::catch_unwind;

fn check(id: &str, right: i64, wrong: i64, ask: fn() -> i64) {
    if let Ok(seconds) = std::env::var("TOY_SLEEPS") {
        std::thread::sleep(std::time::Duration::from_secs_f64(seconds.parse().unwrap()));
    }
    let (verdict, looks_like) = match catch_unwind(ask) {
        Err(_) => ("not begun", "null"),
        Ok(found) if found == right => ("right", "null"),
        Ok(found) if found == wrong => ("wrong", "\"added and not multiplied\""),
        Ok(_) => ("wrong", "null"),
    };
    let path = std::env::var("RUNGS_LEARN_VERDICT").unwrap();
    let json = format!(
        "{{\"id\":\"{id}\",\"verdict\":\"{verdict}\",\"looks_like\":{looks_like},\"expected\":\"6\",\
         \"found\":\"5\",\"says\":\"{id} is {verdict}\"}}"
    );
    std::fs::write(path, json).unwrap();
}

#[test]
fn exercise_01_1() {
    check("01.1", 6, 5, || toy::double(3));
}

#[test]
fn exercise_01_2() {
    check("01.2", 5, 3, || toy::Counter(4).more());
}

#[test]
fn exercise_01_3() {
    check("01.3", 3, 4, || toy::half(6.0) as i64);
}
"#;

const MISTAKES: &str = r#"//! Mistakes in `double`.

/// It shows at 3 and not at 2.
pub fn added_and_not_multiplied(x: i64) -> i64 {
    x + 2
}
"#;

const MISTAKES_OF_MORE: &str = r#"//! Mistakes in `Counter::more`.

/// It goes the other way.
pub fn added_and_not_multiplied(this: &mut Counter) -> i64 {
    this.0 -= 1;
    this.0
}
"#;

/// The small workspace, thrown away with this.
pub struct Toy {
    folder: TempDir,
}

impl Toy {
    /// A fresh clone.
    pub fn new() -> Self {
        let toy = Self { folder: tempfile::tempdir().unwrap() };
        let exercise = |number: u32, item: &str| {
            format!(
                "[[exercise]]\nid = \"01.{number}\"\ntitle = \"Number {number}\"\nitem = \
                 \"{item}\"\ntask = \"Write it.\"\ndifficulty = 1\nminutes = 5\npaths = \
                 [\"evening\"]\nhints = [\"first nudge\", \"second nudge\", \"third \
                 nudge\"]\nbefore = {{ question = \"What is 2 times 3?\", answer = \"It is six.\" \
                 }}\nafter = {{ question = \"Why twice?\", answer = \"Because of two.\" }}\n\n"
            )
        };
        let bug = "[[bug]]\nexercise = \"01.1\"\nmistake = \
                   \"added_and_not_multiplied\"\nsymptom = \"Small numbers are right.\"\n";
        let exercises = exercise(1, "double") + &exercise(2, "Counter::more");
        let files = [
            (".gitignore", "/target\n/.learn\n".to_string()),
            ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"lessons/*\"]\n".into()),
            (
                "lessons/01-toy/Cargo.toml",
                "[package]\nname = \"lesson-01\"\nversion = \"0.1.0\"\nedition = \
                 \"2024\"\n[lib]\nname = \"toy\"\n"
                    .into(),
            ),
            ("lessons/01-toy/exercises.toml", exercises + &exercise(3, "half") + bug),
            ("lessons/01-toy/src/lib.rs", LIB.into()),
            ("lessons/01-toy/tests/lesson/main.rs", "mod exercises;\n".into()),
            ("lessons/01-toy/tests/lesson/exercises.rs", EXERCISES.into()),
            ("lessons/01-toy/tests/lesson/mistakes/01.1.rs", MISTAKES.into()),
            ("lessons/01-toy/tests/lesson/mistakes/01.2.rs", MISTAKES_OF_MORE.into()),
        ];
        for (name, text) in files {
            let path = toy.root().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        toy.commit();
        toy
    }

    /// Commits all that stands there.
    pub fn commit(&self) {
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .args(["-c", "user.name=toy", "-c", "user.email=toy@example.org"])
                .args(["-c", "init.defaultBranch=main", "-c", "core.autocrlf=false"])
                .args(arguments)
                .current_dir(self.root())
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
        };
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "lesson"]);
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn source(&self) -> PathBuf {
        self.root().join("lessons/01-toy/src/lib.rs")
    }

    pub fn text(&self) -> String {
        fs::read_to_string(self.source()).unwrap()
    }

    /// Replaces a part of the source that stands there once, as an editor saves it.
    pub fn edit(&self, old: &str, new: &str) {
        let text = self.text();
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {text}");
        fs::write(self.source(), text.replace(old, new)).unwrap();
    }

    /// `cargo learn` with these arguments, without a terminal.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_learn"));
        command.args(arguments).current_dir(self.root());
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command
    }

    /// The toy builds into its own folder, whatever built this test.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![("CARGO_TARGET_DIR", self.root().join("target"))]
    }

    /// Runs `cargo learn`.
    pub fn learn(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// The verdict of `check --format json`.
    pub fn verdict(&self, id: &str) -> Value {
        serde_json::from_str(&self.learn(&["check", id, "--format", "json"]).out).unwrap()
    }

    /// The state that `list` gives an exercise.
    pub fn state(&self, id: &str) -> String {
        let said = self.learn(&["list", "--format", "json"]).out;
        let list: Vec<Value> = serde_json::from_str(&said).unwrap();
        let found = list.iter().find(|exercise| exercise["id"] == id).unwrap();
        found["state"].as_str().unwrap().to_string()
    }
}

/// What a command said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

impl Said {
    fn of(output: Output) -> Self {
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

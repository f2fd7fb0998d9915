//! From what stands in the source to a verdict: cargo builds the lesson's tests, one of them is
//! run.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::Exercise;

/// Name of the environment variable with the file for the verdict, as the crate `exercise` has it.
const VERDICT_VARIABLE: &str = "RUNGS_LEARN_VERDICT";

/// How long a check may run: a probe ends itself after ten seconds, and there are several.
const LONGEST: Duration = Duration::from_secs(60);

/// How long what cargo said at its end may take to arrive.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How often what a child does is looked at.
const TICK: Duration = Duration::from_millis(20);

/// Lines of a program's output that are kept, and that may wait to be read.
const LINES: usize = 200;

/// Errors of the compiler that are shown.
const ERRORS: usize = 3;

/// What a check says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verdict {
    /// The exercise's number.
    pub id: String,
    /// `right`, `wrong`, `does not compile`, `panics`, `too slow` or `not begun`.
    pub verdict: String,
    /// The mistake that answers alike.
    pub looks_like: Option<String>,
    /// The right answer, drawn.
    pub expected: Option<String>,
    /// What came, drawn.
    pub found: Option<String>,
    /// All of it in words.
    pub says: String,
}

impl Verdict {
    fn new(id: &str, verdict: &str, says: String) -> Self {
        let (looks_like, expected, found) = (None, None, None);
        Self { id: id.into(), verdict: verdict.into(), looks_like, expected, found, says }
    }

    /// Whether the function is right.
    pub fn is_right(&self) -> bool {
        self.verdict == "right"
    }
}

/// Whoever waits for a check: hears what cargo does, and may end it.
pub trait Waiting {
    /// One line of what cargo says.
    fn hears(&mut self, line: &str);
    /// Asked some fifty times a second: whether to go on.
    fn goes_on(&mut self) -> bool;
}

/// Checks an exercise: `None` where the waiting was ended.
///
/// # Errors
///
/// If cargo cannot be run, or its answer is none.
pub fn check(
    root: &Path,
    exercise: &Exercise,
    verdict: &Path,
    waiting: &mut dyn Waiting,
) -> Result<Option<Verdict>> {
    let Some(built) = build(root, exercise, waiting)? else { return Ok(None) };
    match built {
        Built::Program(program) => run(root, exercise, &program, verdict, waiting),
        Built::Refused(errors) => {
            let says = format!("{} does not compile\n{errors}", exercise.id);
            Ok(Some(Verdict::new(&exercise.id, "does not compile", says)))
        }
    }
}

/// What came of building a lesson's tests.
#[derive(Debug)]
pub enum Built {
    /// The program of the tests.
    Program(PathBuf),
    /// What the compiler says.
    Refused(String),
}

/// Builds the tests that check an exercise: `None` where the waiting was ended.
///
/// # Errors
///
/// If cargo cannot be run, or fails without an error of the compiler.
pub fn build(root: &Path, exercise: &Exercise, waiting: &mut dyn Waiting) -> Result<Option<Built>> {
    let (package, tests) = (exercise.package_name(), exercise.tests());
    let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--package", &package, "--test", &tests, "--no-run"])
        .args(["--message-format", "json-diagnostic-rendered-ansi"])
        .current_dir(root)
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo could not be run")?;
    let messages = lines(child.stdout.take().context("cargo has no output")?);
    let said = lines(child.stderr.take().context("cargo has no output")?);
    let (mut program, mut errors, mut last) = (None, Vec::new(), String::new());
    loop {
        let ended = child.try_wait()?;
        for line in messages.try_iter() {
            take(message(&line, &tests), &mut program, &mut errors);
        }
        for line in said.try_iter() {
            waiting.hears(&line);
            note(&mut last, line);
        }
        if !waiting.goes_on() {
            end(&mut child);
            return Ok(None);
        }
        let Some(status) = ended else {
            sleep(TICK);
            continue;
        };
        // What was still on its way.
        while let Ok(line) = messages.recv_timeout(LAST_WORDS) {
            take(message(&line, &tests), &mut program, &mut errors);
        }
        return match program {
            Some(program) if status.success() => Ok(Some(Built::Program(program))),
            _ if !errors.is_empty() => Ok(Some(Built::Refused(shown(&errors)))),
            _ => {
                while let Ok(line) = said.recv_timeout(LAST_WORDS) {
                    note(&mut last, line);
                }
                Err(anyhow!("cargo could not build the tests of {package}: {last}"))
            }
        };
    }
}

/// Keeps what a message says.
fn take(message: Option<Message>, program: &mut Option<PathBuf>, errors: &mut Vec<String>) {
    match message {
        Some(Message::Program(path)) => *program = Some(path),
        Some(Message::Error(text)) => errors.push(text),
        None => {}
    }
}

/// Keeps the first line that begins with "error", and the last line as long as none does.
fn note(last: &mut String, line: String) {
    if !last.starts_with("error") {
        *last = line;
    }
}

/// The first errors, with how many there are.
fn shown(errors: &[String]) -> String {
    let mut text = errors.iter().take(ERRORS).cloned().collect::<Vec<_>>().join("\n");
    if errors.len() > ERRORS {
        text.push_str(&format!("\nand {} errors more", errors.len() - ERRORS));
    }
    text
}

enum Message {
    Program(PathBuf),
    Error(String),
}

/// What matters of one of cargo's JSON messages. Warnings do not: a hole leaves its parameters
/// unused.
fn message(line: &str, tests: &str) -> Option<Message> {
    let value: Value = serde_json::from_str(line).ok()?;
    match value["reason"].as_str()? {
        "compiler-artifact" if value["target"]["name"] == tests => {
            Some(Message::Program(value["executable"].as_str()?.into()))
        }
        "compiler-message" if value["message"]["level"] == "error" => {
            // "aborting due to .. errors" points at nothing.
            if value["message"]["spans"].as_array()?.is_empty() {
                return None;
            }
            Some(Message::Error(value["message"]["rendered"].as_str()?.trim_end().to_string()))
        }
        _ => None,
    }
}

/// Runs one exercise's test, and reads the verdict that it leaves.
fn run(
    root: &Path,
    exercise: &Exercise,
    program: &Path,
    verdict: &Path,
    waiting: &mut dyn Waiting,
) -> Result<Option<Verdict>> {
    let (folder, test) = (root.join(&exercise.package), exercise.test());
    let ended = match run_test(program, &folder, &[&test], verdict, waiting)? {
        Ran::Ended(ended) => ended,
        Ran::Stopped => return Ok(None),
        Ran::TooSlow => {
            let says = format!("{} takes longer than {} s", exercise.id, LONGEST.as_secs());
            return Ok(Some(Verdict::new(&exercise.id, "too slow", says)));
        }
    };
    if let Some(text) = &ended.handed_over {
        return Ok(Some(serde_json::from_str(text).context("the check left no whole verdict")?));
    }
    if ended.said.iter().any(|line| line.contains("running 0 tests")) {
        bail!("{} has no test {test}", exercise.package_name());
    }
    Ok(Some(without_verdict(exercise, &ended)))
}

/// What became of a program of tests.
pub enum Ran {
    /// It ended by itself.
    Ended(Ended),
    /// Whoever waited wants no more.
    Stopped,
    /// It was ended.
    TooSlow,
}

/// What a program of tests left.
pub struct Ended {
    /// What it wrote into the file for its verdict.
    pub handed_over: Option<String>,
    /// The first lines that it said, on both of its outputs.
    pub said: Vec<String>,
    status: ExitStatus,
}

/// Runs tests of a program by their exact names, or with further arguments of the test runner.
///
/// # Errors
///
/// If the program cannot be run.
pub fn run_test(
    program: &Path,
    folder: &Path,
    arguments: &[&str],
    verdict: &Path,
    waiting: &mut dyn Waiting,
) -> Result<Ran> {
    let _ = fs::remove_file(verdict);
    // Uncaptured, since what the runner keeps of an endless loop that prints would fill the memory.
    let mut child = Command::new(program)
        .args(["--exact", "--nocapture"])
        .args(arguments)
        .current_dir(folder)
        .env(VERDICT_VARIABLE, verdict)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} could not be run", program.display()))?;
    let pipes = [
        lines(child.stdout.take().context("a test has no output")?),
        lines(child.stderr.take().context("a test has no output")?),
    ];
    let (began, mut said) = (Instant::now(), Vec::new());
    let status = loop {
        let ended = child.try_wait()?;
        for pipe in &pipes {
            hear(pipe, &mut said);
        }
        if let Some(status) = ended {
            break status;
        }
        if !waiting.goes_on() {
            end(&mut child);
            return Ok(Ran::Stopped);
        }
        if began.elapsed() > LONGEST {
            end(&mut child);
            return Ok(Ran::TooSlow);
        }
        sleep(TICK);
    };
    // What is still on its way; a process that the test has left behind may hold the pipe open.
    sleep(TICK);
    for pipe in &pipes {
        hear(pipe, &mut said);
    }
    let handed_over = fs::read_to_string(verdict).ok();
    let _ = fs::remove_file(verdict);
    Ok(Ran::Ended(Ended { handed_over, said, status }))
}

/// Empties a pipe, and keeps its first lines.
fn hear(pipe: &Receiver<String>, said: &mut Vec<String>) {
    for line in pipe.try_iter() {
        if said.len() < LINES {
            said.push(line);
        }
    }
}

/// What ended the whole program, such as a stack that overflowed.
fn without_verdict(exercise: &Exercise, ended: &Ended) -> Verdict {
    let telling =
        |line: &&String| ["overflow", "panicked", "abort"].iter().any(|w| line.contains(w));
    let words = match ended.said.iter().find(telling) {
        Some(line) => line.trim().to_string(),
        None => ended.status.to_string(),
    };
    let says = format!("{} ends the whole program: {words}", exercise.id);
    Verdict::new(&exercise.id, "panics", says)
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The lines of a pipe, read on a thread of their own so that it never fills.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = mpsc::sync_channel(LINES);
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

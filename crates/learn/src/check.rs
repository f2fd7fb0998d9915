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
pub const VERDICT_VARIABLE: &str = "RUNGS_LEARN_VERDICT";

/// How long a check may run: a probe ends itself after ten seconds, and there are several.
const LONGEST: Duration = Duration::from_secs(60);

/// How often what a child does is looked at.
const TICK: Duration = Duration::from_millis(20);

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
        Built::Program(program) => run(root, exercise, &program, &[], verdict, waiting),
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
            match message(&line, &tests) {
                Some(Message::Program(path)) => program = Some(path),
                Some(Message::Error(text)) => errors.push(text),
                None => {}
            }
        }
        for line in said.try_iter() {
            waiting.hears(&line);
            last = line;
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
        for line in messages.iter() {
            match message(&line, &tests) {
                Some(Message::Program(path)) => program = Some(path),
                Some(Message::Error(text)) => errors.push(text),
                None => {}
            }
        }
        return match program {
            Some(program) if status.success() => Ok(Some(Built::Program(program))),
            _ if !errors.is_empty() => Ok(Some(Built::Refused(shown(&errors)))),
            _ => {
                last = said.iter().last().unwrap_or(last);
                Err(anyhow!("cargo could not build the tests of {package}: {last}"))
            }
        };
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
///
/// # Errors
///
/// If the program cannot be run or has no such test.
pub fn run(
    root: &Path,
    exercise: &Exercise,
    program: &Path,
    environment: &[(&str, &str)],
    verdict: &Path,
    waiting: &mut dyn Waiting,
) -> Result<Option<Verdict>> {
    let _ = fs::remove_file(verdict);
    let mut child = Command::new(program)
        .args(["--exact", &exercise.test()])
        .current_dir(root.join(&exercise.package))
        .env(VERDICT_VARIABLE, verdict)
        .env_remove("RUST_BACKTRACE")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} could not be run", program.display()))?;
    let output = lines(child.stdout.take().context("a test has no output")?);
    let errors = lines(child.stderr.take().context("a test has no output")?);
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if !waiting.goes_on() || began.elapsed() > LONGEST {
            end(&mut child);
            if began.elapsed() <= LONGEST {
                return Ok(None);
            }
            let says = format!("{} takes longer than {} s", exercise.id, LONGEST.as_secs());
            return Ok(Some(Verdict::new(&exercise.id, "too slow", says)));
        }
        sleep(TICK);
    };
    if let Ok(text) = fs::read_to_string(verdict) {
        let _ = fs::remove_file(verdict);
        return Ok(Some(serde_json::from_str(&text).context("the check left no verdict")?));
    }
    let output: Vec<String> = output.iter().collect();
    if output.iter().any(|line| line.contains("running 0 tests")) {
        bail!("{} has no test {}", exercise.package_name(), exercise.test());
    }
    Ok(Some(without_verdict(exercise, status, errors)))
}

/// What ended the whole program, such as a stack that overflowed.
fn without_verdict(exercise: &Exercise, status: ExitStatus, errors: Receiver<String>) -> Verdict {
    let words = errors.iter().find(|line| !line.trim().is_empty());
    let words = words.unwrap_or_else(|| status.to_string());
    let says = format!("{} ends the whole program: {words}", exercise.id);
    Verdict::new(&exercise.id, "panics", says)
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The lines of a pipe, read on a thread of their own so that it never fills.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = mpsc::channel();
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

//! The process that starts the readers, sees them end, and says what came of the changes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::child::{LINE, TASK, processor_seconds_of};
use super::{CHANGES, FORMATS, MOST_RESERVED, MOST_SECONDS};

/// Most breaches that are listed; a reader that breaks more often is broken enough.
const MOST_LISTED: usize = 40;
/// The longest that a line of the child may be awaited, in seconds of the clock: one that sleeps
/// spends no processor's time.
const MOST_WAITED: u32 = 120;

/// What came of the changes of a format.
#[derive(Default)]
struct Report {
    outcomes: BTreeMap<String, usize>,
    /// Milliseconds of the slowest change, and its number.
    slowest: (u64, u64),
    /// Bytes held by the change that held most, and its number.
    largest: (u64, u64),
    /// The largest share of the allowed memory, in percent.
    share: f64,
    breaches: Vec<String>,
}

/// Changes the files of a format and fails with all changes that break a reader.
#[track_caller]
pub fn survives(name: &str) {
    let changes = match std::env::var("RUNGS_MUTATIONS") {
        Ok(number) => number.parse().expect("RUNGS_MUTATIONS: a number of changes"),
        Err(_) => CHANGES as u64,
    };
    assert!(FORMATS.iter().any(|format| format.name == name), "{name:?} is one of the formats");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutation").join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder for the changed files");
    let mut report = Report::default();
    let mut next = 0;
    while next < changes && report.breaches.len() < MOST_LISTED {
        next = run(name, next, changes, &folder, &mut report);
    }
    println!("{}", report.summary(name));
    let remedy = format!(
        "changed files that break a reader, by number; each lies in {} under its number",
        folder.display()
    );
    crate::none(report.breaches, &remedy);
}

/// Runs a child from a change on, to the end or to its own; returns the change to go on with.
fn run(name: &str, first: u64, end: u64, folder: &Path, report: &mut Report) -> u64 {
    let said = folder.join("stderr");
    let mut child = start(name, first, end, folder, &said);
    let process = child.id().to_string();
    let lines = lines_of(&mut child);
    let (mut next, mut spent) = (first, 0.0);
    let mut waited = 0;
    let why = loop {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => {
                (next, waited) = (report.take(&line).unwrap_or(next), 0);
                spent = processor_seconds_of(&process).unwrap_or(spent);
            }
            Err(RecvTimeoutError::Disconnected) => break "it ended",
            Err(RecvTimeoutError::Timeout) => {
                waited += 1;
                let now = processor_seconds_of(&process).unwrap_or(spent);
                let begun = next > first || spent > 0.0; // before, it makes its samples
                if (begun && now - spent > MOST_SECONDS) || waited > MOST_WAITED {
                    break "it hangs";
                }
            }
        }
    };
    drop(child.kill());
    let status = child.wait().expect("a process of our own");
    if next < end {
        let text = fs::read_to_string(said).unwrap_or_default();
        let last = text.trim_end().lines().rev().take(3).collect::<Vec<_>>().join(" | ");
        report.breaches.push(format!("{next}: {why} ({status}): {last}"));
        next += 1;
    }
    next
}

/// Starts this test's program again, with bounded memory, as a child that reads changed files.
fn start(name: &str, first: u64, end: u64, folder: &Path, said: &PathBuf) -> Child {
    let program = std::env::current_exe().expect("the path of this program");
    Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {} && exec \"$0\" \"$@\"", MOST_RESERVED >> 10))
        .arg(program)
        .args(["--exact", "mutation::child", "--nocapture", "--test-threads=1"])
        .env(TASK, format!("{name}|{first}|{end}|{}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(File::create(said).expect("a file for what the child says"))
        .spawn()
        .expect("a shell that starts this program")
}

/// The lines that a child prints, read on a thread of their own so that they can be awaited for a
/// while.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let (send, receive) = channel();
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}

impl Report {
    /// Takes over a line of the child; returns the number of the change after it.
    fn take(&mut self, line: &str) -> Option<u64> {
        let fields: Vec<&str> = line.splitn(7, '\t').collect();
        let [LINE, number, outcome, milliseconds, held, share, said] = fields[..] else {
            return None;
        };
        let number: u64 = number.parse().ok()?;
        *self.outcomes.entry(outcome.into()).or_default() += 1;
        self.slowest = self.slowest.max((milliseconds.parse().ok()?, number));
        self.largest = self.largest.max((held.parse().ok()?, number));
        self.share = self.share.max(share.parse().ok()?);
        if outcome == "broke" {
            self.breaches.push(format!("{number}: {said}"));
        }
        Some(number + 1)
    }

    /// What came of all changes, in one line.
    fn summary(&self, name: &str) -> String {
        let (milliseconds, slowest) = self.slowest;
        let (held, largest) = self.largest;
        format!(
            "{name}: {:?}, slowest {milliseconds} ms (change {slowest}), most memory {:.1} MB \
                (change {largest}), at most {:.0} % of what is allowed",
            self.outcomes,
            held as f64 / 1e6,
            self.share
        )
    }
}

//! The process in which readers meet changed files. It prints a line for each.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::formats::{FORMATS, Format, mutated};
use super::samples::{Files, Read, lay_out};
use super::{ALLOWANCE, MOST_SECONDS};

/// The environment variable by which the parent says what to do: a format, the number of the first
/// change, the number after the last, and the folder to work in.
pub const TASK: &str = "RUNGS_MUTATION_TASK";
/// What a line of this process begins with.
pub const LINE: &str = "change";

/// The longest error that is one line, in bytes.
const LONGEST: usize = 2000;
/// Characters of an outcome that are shown.
const LONGEST_SHOWN: usize = 400;

/// Does what the parent asks for, if it asks.
pub fn run() {
    let Ok(task) = std::env::var(TASK) else { return };
    let [name, first, end, folder] = task.split('|').collect::<Vec<_>>()[..] else {
        panic!("{TASK}: expected four parts, found {task:?}");
    };
    let (first, end): (u64, u64) = (first.parse().unwrap(), end.parse().unwrap());
    let format = FORMATS.iter().find(|format| format.name == name).expect("one of the formats");
    let samples = (format.samples)();
    println!();
    for number in first..end {
        let mut rng = StdRng::seed_from_u64(seed(format, number));
        let sample = &samples[rng.random_range(0..samples.len())];
        let files = mutated(format, sample, &samples, &mut rng);
        let folder = Path::new(folder).join(number.to_string());
        lay_out(&files, &folder);
        let (outcome, words) = outcome(sample.read, &files, &folder);
        if outcome != "broke" {
            fs::remove_dir_all(&folder).expect("a folder of our own");
        }
        println!("{LINE}\t{number}\t{outcome}\t{words}");
    }
}

fn seed(format: &Format, number: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (format.name, number).hash(&mut hasher);
    hasher.finish()
}

/// What came of reading: `opened`, `refused` or `broke`; then the milliseconds, the bytes held, what
/// share of the allowed ones they are, in percent, and what was said.
fn outcome(read: Read, files: &Files, folder: &Path) -> (&'static str, String) {
    let size: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
    forget_peak();
    let (before, began) = (memory("VmRSS:"), processor_seconds());
    let result = guard::caught(|| read(folder).map_err(|error| error.to_string()));
    let seconds = processor_seconds() - began;
    let held = memory("VmHWM:").saturating_sub(before);
    let allowed = 2 * size + ALLOWANCE;
    let (mut outcome, mut said) = match result {
        Ok(Ok(())) => ("opened", String::new()),
        Ok(Err(error)) if tells(&error, folder) => ("refused", error),
        Ok(Err(error)) => ("broke", format!("not one line with the path: {error:?}")),
        Err(panic) => ("broke", format!("panicked: {} ({})", panic.message, panic.place)),
    };
    if seconds > MOST_SECONDS {
        (outcome, said) = ("broke", format!("slow; {said}"));
    } else if held > allowed {
        (outcome, said) = ("broke", format!("held {held} bytes over {size} of files; {said}"));
    }
    let share = 100.0 * held as f64 / allowed as f64;
    let said: String = said.chars().take(LONGEST_SHOWN).collect();
    (outcome, format!("{:.0}\t{held}\t{share:.1}\t{said}", seconds * 1000.0))
}

/// Whether an error is one line that names the path.
fn tells(error: &str, folder: &Path) -> bool {
    error.contains(&*folder.to_string_lossy())
        && !error.contains(char::is_control)
        && error.len() < LONGEST
}

/// Lets the system count the largest memory of this process anew.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux counts a process's memory");
}

/// A line of what Linux says of this process's memory, in bytes.
fn memory(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells a process's memory");
    let (_, rest) = status.split_once(key).expect("a line of that name");
    let kilobytes = rest.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
    kilobytes.expect("a number of kilobytes") << 10
}

/// Seconds that this process has spent on processors.
fn processor_seconds() -> f64 {
    processor_seconds_of("self").expect("Linux tells a process's time")
}

/// Seconds that a process has spent on processors; Linux counts hundredths.
pub fn processor_seconds_of(process: &str) -> Option<f64> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = line.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let (user, system): (f64, f64) = (fields.get(11)?.parse().ok()?, fields.get(12)?.parse().ok()?);
    Some((user + system) / 100.0)
}

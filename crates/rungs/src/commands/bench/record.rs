//! What `bench lessons` leaves behind: a table, its rows as data, and a figure of them, as the book
//! shows them.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use course::{Axis, Bar, Figure, Marks, Panel, SEED, Table};
use serde::Serialize;

use super::row::{Row, table};
use super::timing::RUNS;
use crate::shell::output;

/// Training steps that are counted, after the warm-up.
pub const STEPS: usize = 10;
/// Tokens that are generated: as many as fit into the model after its prompt.
pub const WRITTEN: usize = 32;

/// Band of the figure: a fresh run's milliseconds may lie any distance from the recorded ones,
/// which are another machine's.
const ANY: f64 = 1e9;

/// All rows, and what they were measured on.
#[derive(Debug, Serialize)]
pub struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<String>,
    threads: usize,
    seed: u64,
    runs: usize,
    training_steps: usize,
    tokens: usize,
    devices: Vec<NamedDevice>,
    /// Rows, those of an operation's devices beneath each other.
    pub rows: Vec<Row>,
}

/// A device of the record.
#[derive(Debug, Serialize)]
struct NamedDevice {
    name: String,
    what: String,
}

impl Record {
    /// The record of rows that were measured here.
    pub fn new(devices: &[(String, Device)], rows: Vec<Row>) -> Self {
        let mut named = Vec::new();
        for (name, device) in devices {
            named.push(NamedDevice { name: name.clone(), what: backend::describe(name, device) });
        }
        Self {
            cpu: cpu(),
            threads: threads(),
            seed: SEED,
            runs: RUNS,
            training_steps: STEPS,
            tokens: WRITTEN - 1, // the first waits for the prompt
            devices: named,
            rows,
        }
    }

    /// The record for people, with the table of its rows as it is written.
    pub fn for_people(&self, write: fn(&Table) -> String) -> String {
        let mut text = format!(
            "{}, seed {}. Medians, least and most of {} runs,\n{} training steps and {} tokens; \
                the warm-up is the first of each.\n\n",
            named(self.cpu.as_deref(), self.threads),
            self.seed,
            self.runs,
            self.training_steps,
            self.tokens
        );
        for device in &self.devices {
            text.push_str(&format!("  {:8} {}\n", device.name, device.what));
        }
        format!("{text}\n{}", write(&table(&self.rows)))
    }

    /// Writes `backends.txt`, `backends.json` and the figure with its data.
    pub fn write(&self, folder: &Path) -> Result<()> {
        output::write_text(&folder.join("backends.txt"), &self.for_people(Table::to_string))?;
        let data = serde_json::to_string_pretty(self)?;
        output::write_text(&folder.join("backends.json"), &format!("{data}\n"))?;
        output::write_figure(folder, &self.figure())
    }

    /// The forward times as bars.
    fn figure(&self) -> Figure {
        let mut bars = Vec::new();
        for row in &self.rows {
            if let Some(seconds) = row.forward_s {
                bars.push(Bar {
                    label: label(row),
                    group: row.device.clone(),
                    value: seconds.median * 1e3,
                });
            }
        }
        let names: Vec<&str> = self.devices.iter().map(|device| device.name.as_str()).collect();
        let panel = Panel {
            title: String::new(),
            x: Axis::linear("operation"),
            y: Axis::log("milliseconds forward, median"),
            marks: Marks::Bars(bars),
        };
        Figure {
            name: "backends-forward".into(),
            title: "The same operations on each device".into(),
            alt: format!("{} on {}.", spread(&self.rows), names.join(", ")),
            band: ANY,
            panels: vec![panel],
        }
    }
}

/// A lesson's number with its operation, or what the whole model does.
fn label(row: &Row) -> String {
    let is_lesson = row.what.starts_with(|c: char| c.is_ascii_digit());
    if is_lesson { format!("{} {}", row.what, row.operation) } else { row.what.to_string() }
}

/// The spread of the forward times in words, from the quickest to the slowest.
fn spread(rows: &[Row]) -> String {
    let mut timed: Vec<(f64, &Row)> = Vec::new();
    for row in rows {
        if let Some(seconds) = row.forward_s {
            timed.push((seconds.median * 1e3, row));
        }
    }
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (quickest, slowest) = (timed[0], timed[timed.len() - 1]);
    format!(
        "Forward times by operation, logarithmic: from {} to {},",
        milliseconds(quickest),
        milliseconds(slowest)
    )
}

/// A forward time in words, with its operation and its device.
fn milliseconds((ms, row): (f64, &Row)) -> String {
    format!("{ms:.2} ms ({}, {})", label(row), row.device)
}

/// What the processor calls itself, where the operating system says so (Linux).
fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

/// How many threads this program may run at once.
fn threads() -> usize {
    match std::thread::available_parallelism() {
        Ok(threads) => threads.get(),
        Err(_) => 1,
    }
}

/// This machine's processor and threads, for people.
pub fn machine() -> String {
    named(cpu().as_deref(), threads())
}

/// A processor and its threads, for people.
fn named(cpu: Option<&str>, threads: usize) -> String {
    let cpu = cpu.unwrap_or("a processor that does not say its name");
    format!("{cpu}, {threads} threads")
}

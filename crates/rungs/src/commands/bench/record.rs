//! What `bench lessons` leaves behind: a table, its rows as data, and a figure of them, as the book
//! shows them.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use course::{Axis, Bar, Figure, Marks, Panel, SEED};
use serde::Serialize;

use super::row::{Row, table};
use super::timing::RUNS;
use crate::shell::output;

/// Training steps that are counted.
pub const STEPS: usize = 10;
/// Tokens that are written: as many as fit into the model after its prompt.
pub const WRITTEN: usize = 32;

/// How far a fresh run's milliseconds may lie from the recorded ones: any way at all, they are
/// another machine's.
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
    devices: Vec<Named>,
    /// An operation's devices stand beneath each other.
    pub rows: Vec<Row>,
}

/// A device of the record.
#[derive(Debug, Serialize)]
struct Named {
    name: String,
    what: String,
}

impl Record {
    /// The record of rows that were measured here.
    pub fn new(devices: &[(String, Device)], rows: Vec<Row>) -> Self {
        let mut named = Vec::new();
        for (name, device) in devices {
            named.push(Named { name: name.clone(), what: backend::describe(name, device) });
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cpu: cpu(),
            threads,
            seed: SEED,
            runs: RUNS,
            training_steps: STEPS,
            tokens: WRITTEN - 1, // the first waits for the prompt
            devices: named,
            rows,
        }
    }

    /// The record for people.
    pub fn text(&self) -> String {
        let cpu = self.cpu.as_deref().unwrap_or("a processor that does not say its name");
        let mut text = format!(
            "{cpu}, {} threads, seed {}. Medians, least and most of {} runs,\n{} training steps \
                and {} tokens; the warm-up is the first of each.\n\n",
            self.threads, self.seed, self.runs, self.training_steps, self.tokens
        );
        for device in &self.devices {
            text.push_str(&format!("  {:8} {}\n", device.name, device.what));
        }
        format!("{text}\n{}", table(&self.rows))
    }

    /// Writes `backends.txt`, `backends.json` and the figure with its data.
    pub fn write(&self, folder: &Path) -> Result<()> {
        output::text(&folder.join("backends.txt"), &self.text())?;
        let data = serde_json::to_string_pretty(self)?;
        output::text(&folder.join("backends.json"), &format!("{data}\n"))?;
        output::figure(folder, &self.figure())
    }

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

/// In words, from the quickest to the slowest.
fn spread(rows: &[Row]) -> String {
    let mut timed: Vec<(f64, &Row)> = Vec::new();
    for row in rows {
        if let Some(seconds) = row.forward_s {
            timed.push((seconds.median * 1e3, row));
        }
    }
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let said = |(ms, row): &(f64, &Row)| format!("{ms:.2} ms ({}, {})", label(row), row.device);
    let (quickest, slowest) = (&timed[0], &timed[timed.len() - 1]);
    format!(
        "Forward times by operation, logarithmic: from {} to {},",
        said(quickest),
        said(slowest)
    )
}

/// What the processor calls itself, where the operating system says so (Linux).
fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

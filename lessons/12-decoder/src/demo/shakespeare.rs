//! The laptop preset on tinyshakespeare beside PyTorch: recorded, because it takes minutes.

use anyhow::{Context, Result};
use course::{Axis, Figure, Line, Panel, Report, Table};
use lookup::bits_per_character;
use serde::Deserialize;

use super::panel;

/// Trainings of the same recipe in this course and in PyTorch, one per seed.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedTraining {
    /// Command that was run.
    pub command: String,
    /// Trainings in this course.
    pub ours: Vec<Curve>,
    /// Trainings in PyTorch.
    pub pytorch: Vec<Curve>,
}

/// Losses of one training.
#[derive(Debug, Clone, Deserialize)]
pub struct Curve {
    /// Seed that everything random in the training follows from.
    pub seed: u64,
    /// Pairs of (steps taken, nats per character on the held-back text).
    pub validation: Vec<(f64, f64)>,
}

impl Curve {
    /// Nats per character after the last step.
    ///
    /// # Panics
    ///
    /// If nothing was measured.
    pub fn last(&self) -> f64 {
        self.validation[self.validation.len() - 1].1
    }
}

/// Reads the recorded trainings.
///
/// # Errors
///
/// A record of another form.
pub fn recorded() -> Result<RecordedTraining> {
    serde_json::from_str(include_str!("../shakespeare.json")).context("src/shakespeare.json")
}

/// Reports the recorded curves of both libraries, and where they end.
pub(super) fn beside_pytorch(report: &mut Report) -> Result<()> {
    let RecordedTraining { command, ours, pytorch } = recorded()?;
    report.say(
        "The laptop preset on tinyshakespeare beside PyTorch with the same recipe; recorded, by",
    );
    report.say(format!("  {command}"));
    report.say("Characters held back, after the last step:");
    let libraries = [("this course", &ours[..]), ("PyTorch", &pytorch[..])];
    let mut table = Table::new(["library", "seed", "nats per character", "bits per character"]);
    for (library, curves) in libraries {
        let mut sum = 0.0;
        for curve in curves {
            row(&mut table, library, &curve.seed.to_string(), curve.last());
            sum += curve.last();
        }
        row(&mut table, library, "mean", sum / curves.len() as f64);
    }
    report.table(&table);
    report.figure(shakespeare_figure(libraries));
    Ok(())
}

fn row(table: &mut Table, library: &str, seed: &str, nats: f64) {
    let bits = bits_per_character(nats, 1, 1);
    table.row([library, seed, &format!("{nats:.4}"), &format!("{bits:.4}")]);
}

fn shakespeare_figure(libraries: [(&str, &[Curve]); 2]) -> Figure {
    let [(_, ours), _] = libraries;
    let (steps, _) = ours[0].validation[ours[0].validation.len() - 1];
    Figure {
        name: "12-shakespeare".into(),
        title: "One recipe, two libraries, three seeds each: tinyshakespeare".into(),
        alt: "Held-back loss of a GPT on tinyshakespeare over 2,000 steps, the highest and the \
            lowest of three seeds of this course and of PyTorch. Over the whole training the four \
            curves are one; in the second half, drawn larger, the bands of the two libraries \
            overlap."
            .into(),
        band: 0.0, // recorded
        panels: vec![
            edges_panel("whole training", libraries, 0.0),
            edges_panel("second half", libraries, steps / 2.0),
        ],
    }
}

/// The highest and the lowest curve of each library from a step on.
fn edges_panel(title: &str, libraries: [(&str, &[Curve]); 2], from: f64) -> Panel {
    let mut lines = Vec::new();
    for (library, curves) in libraries {
        let (highest, lowest) = edges(curves, from);
        lines.push(Line::new(&format!("{library}, highest"), highest));
        lines.push(Line::new(&format!("{library}, lowest"), lowest));
    }
    let y = "nats per character, held back";
    panel(title, Axis::linear("training step"), y, lines)
}

/// Points of a curve: (steps taken, nats per character).
type Points = Vec<(f64, f64)>;

/// The highest and the lowest of several curves at each step from `from` on.
fn edges(curves: &[Curve], from: f64) -> (Points, Points) {
    let (mut highest, mut lowest) = (Vec::new(), Vec::new());
    for (i, &(step, nats)) in curves[0].validation.iter().enumerate() {
        if step < from {
            continue;
        }
        let (mut most, mut least) = (nats, nats);
        for curve in curves {
            most = most.max(curve.validation[i].1);
            least = least.min(curve.validation[i].1);
        }
        highest.push((step, most));
        lowest.push((step, least));
    }
    (highest, lowest)
}

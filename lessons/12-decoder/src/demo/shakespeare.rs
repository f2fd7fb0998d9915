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
        alt:
            "Held-back loss of a GPT on tinyshakespeare over 2,000 steps, the mean of three seeds \
            of this course and of PyTorch, each with the band from the lowest to the highest. Over \
            the whole training the two are one; in the second half, drawn larger, the bands \
            overlap."
                .into(),
        band: 1e-9, // recorded; a mean may lose its last digit in the file
        panels: vec![
            bands_panel("whole training", libraries, 0.0, "nats per character, held back"),
            bands_panel("second half", libraries, steps / 2.0, "nats per character, drawn larger"),
        ],
    }
}

/// The mean of each library's curves from a step on, with the band from the lowest to the highest.
fn bands_panel(title: &str, libraries: [(&str, &[Curve]); 2], from: f64, y: &str) -> Panel {
    let mut lines = Vec::new();
    for (library, curves) in libraries {
        let mut runs = Vec::new();
        for curve in curves {
            runs.push(curve.validation.iter().copied().filter(|&(step, _)| step >= from).collect());
        }
        lines.push(Line::over_runs(library, &runs));
    }
    panel(title, Axis::linear("training step"), y, lines)
}

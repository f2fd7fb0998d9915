//! The laptop preset on tinyshakespeare beside PyTorch: recorded, because it takes minutes.

use anyhow::{Context, Result};
use course::{Axis, Figure, Line, Marks, Panel, Report, Table};
use lookup::bits_per_character;
use serde::Deserialize;

/// Trainings of the same recipe here and in PyTorch, one a seed.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedTraining {
    /// What was run.
    pub command: String,
    /// Of this course.
    pub ours: Vec<Curve>,
    /// Of PyTorch.
    pub pytorch: Vec<Curve>,
}

/// A training.
#[derive(Debug, Clone, Deserialize)]
pub struct Curve {
    /// Everything random in it follows from this.
    pub seed: u64,
    /// (steps taken, nats a character on the text held back).
    pub validation: Vec<(f64, f64)>,
}

impl Curve {
    /// Nats a character after the last step.
    ///
    /// # Panics
    ///
    /// If nothing was measured.
    pub fn last(&self) -> f64 {
        self.validation[self.validation.len() - 1].1
    }
}

/// What was recorded.
///
/// # Errors
///
/// A record of another form.
pub fn recorded() -> Result<RecordedTraining> {
    serde_json::from_str(include_str!("../shakespeare.json")).context("src/shakespeare.json")
}

/// The curves, and where they end.
pub(super) fn beside_pytorch(report: &mut Report) -> Result<()> {
    let RecordedTraining { command, ours, pytorch } = recorded()?;
    report.say(
        "The laptop preset on tinyshakespeare beside PyTorch with the same recipe; recorded, by",
    );
    report.say(format!("  {command}"));
    report.say("Characters held back, after the last step:");
    let libraries = [("this course", &ours), ("PyTorch", &pytorch)];
    let mut table = Table::new(["library", "seed", "nats a character", "bits a character"]);
    for (library, curves) in libraries {
        for curve in curves {
            let cells = [curve.last(), bits_per_character(curve.last(), 1, 1)]
                .map(|number| format!("{number:.4}"));
            table.row([library.to_string(), curve.seed.to_string()].into_iter().chain(cells));
        }
        let mean = curves.iter().map(Curve::last).sum::<f64>() / curves.len() as f64;
        let cells = [mean, bits_per_character(mean, 1, 1)].map(|number| format!("{number:.4}"));
        table.row([library.to_string(), "mean".into()].into_iter().chain(cells));
    }
    report.table(&table);
    report.figure(figure(libraries));
    Ok(())
}

fn figure(libraries: [(&str, &Vec<Curve>); 2]) -> Figure {
    let steps = libraries[0].1[0].validation[libraries[0].1[0].validation.len() - 1].0;
    let panel = |title: &str, from: f64| {
        let edges = libraries.into_iter().flat_map(|(library, curves)| {
            [("highest", f64::max as fn(f64, f64) -> f64), ("lowest", f64::min)].map(
                |(which, of)| {
                    Line::new(
                        &format!("{library}, {which}"),
                        edge(curves, of).filter(|point| point.0 >= from),
                    )
                },
            )
        });
        Panel {
            title: title.into(),
            x: Axis::linear("training step"),
            y: Axis::linear("nats per character, held back"),
            marks: Marks::Lines(edges.collect()),
        }
    };
    Figure {
        name: "12-shakespeare".into(),
        title: "One recipe, two libraries, three seeds each: tinyshakespeare".into(),
        alt: "Held-back loss of a GPT on tinyshakespeare over 2,000 steps, the highest and the \
            lowest of three seeds of this course and of PyTorch. Over the whole training the four \
            curves are one; in the second half, drawn larger, the bands of the two libraries \
            overlap."
            .into(),
        band: 0.0, // recorded
        panels: vec![panel("whole training", 0.0), panel("second half", steps / 2.0)],
    }
}

/// The highest or lowest value at each step.
fn edge(curves: &[Curve], of: fn(f64, f64) -> f64) -> impl Iterator<Item = (f64, f64)> {
    let start = curves[0].validation.clone();
    curves[1..]
        .iter()
        .fold(start, |edge, curve| {
            edge.iter().zip(&curve.validation).map(|(a, b)| (a.0, of(a.1, b.1))).collect()
        })
        .into_iter()
}

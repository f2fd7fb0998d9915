//! What was recorded on sentences of film reviews (SST-2), with all-MiniLM-L6-v2.

use anyhow::Result;
use course::{Axis, Figure, Line, Marks, Panel, Report, Table};
use serde::{Deserialize, Serialize};

use crate::calibration::Bin;

const RECORDED: &str = include_str!("../sst2.json");

#[derive(Deserialize)]
struct Recorded {
    commands: Vec<String>,
    /// Accuracy of each classifier on the 872 dev sentences, by name.
    accuracy: Vec<(String, f64)>,
    /// The textbook's review and this book's.
    reviews: [String; 2],
    /// Probability that each of them is praise, by name of the classifier.
    praise: Vec<(String, [f64; 2])>,
    /// Accuracy by layer on the 692 rows held back from the training's 6920.
    sentiment_by_layer: Vec<f64>,
    /// Spearman's correlation by layer, on the STS benchmark's test pairs.
    sts_by_layer: Vec<f64>,
    calibration: Vec<Calibration>,
    /// Probability of praise that the head on frozen vectors gives each dev sentence: `cargo rungs
    /// classify predict frozen dev.tsv --columns text,-`, to four decimals, the least first.
    dev: Dev,
}

/// Probabilities of praise, by what the sentences are.
#[derive(Serialize, Deserialize)]
struct Dev {
    complaint: Vec<f64>,
    praise: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
struct Calibration {
    name: String,
    error: f64,
    bins: Vec<Bin>,
}

/// Shows the recorded runs.
pub(super) fn recorded(report: &mut Report) -> Result<()> {
    let recorded: Recorded = serde_json::from_str(RECORDED)?;
    report.say("Recorded on film reviews (SST-2, 872 dev sentences) with all-MiniLM-L6-v2, by");
    for command in &recorded.commands {
        report.say(format!("  {command}"));
    }
    report.say("");
    let mut table = Table::new(["classifier", "accuracy"]);
    for (name, accuracy) in &recorded.accuracy {
        table.row([name.clone(), format!("{:.2}%", 100.0 * accuracy)]);
    }
    report.keyed_table("reviews", &table);
    report.say("How likely it is that a review is praise:");
    let [one, other] = &recorded.reviews;
    let mut table = Table::new(["classifier", one, other]);
    for (name, praise) in &recorded.praise {
        table.row([name.clone(), format!("{:.4}", praise[0]), format!("{:.4}", praise[1])]);
    }
    report.keyed_table("praise", &table);
    let mut table = Table::new(["layer", "sentiment, % right", "STS-B, Spearman"]);
    for (layer, sts) in recorded.sts_by_layer.iter().enumerate() {
        let right = 100.0 * recorded.sentiment_by_layer[layer];
        table.row([layer.to_string(), format!("{right:.1}"), format!("{sts:.4}")]);
    }
    report.keyed_table("by-layer", &table);
    let mut table = Table::new(["classifier", "calibration error"]);
    for Calibration { name, error, .. } in &recorded.calibration {
        table.row([name.clone(), format!("{error:.3}")]);
    }
    report.keyed_table("off", &table);
    report.figure(by_layer(&recorded));
    report.figure(calibration(&recorded.calibration));
    report.data(
        "dev",
        "dev sentences: probabilities of praise, and calibration by bin",
        &(&recorded.dev, &recorded.calibration),
    );
    Ok(())
}

fn by_layer(recorded: &Recorded) -> Figure {
    Figure {
        name: "15-reviews".into(),
        title: "Which layer is best depends on the question".into(),
        alt: "By layer of all-MiniLM-L6-v2: accuracy of a linear head on film reviews and \
            Spearman's correlation on the STS benchmark. Both rise from layer 0; STS rises most \
            at the end."
            .into(),
        band: 0.0,
        panels: vec![
            by_layer_panel("sentiment: right answers (%)", &recorded.sentiment_by_layer),
            by_layer_panel("STS-B: Spearman times 100", &recorded.sts_by_layer),
        ],
    }
}

/// A panel of shares by layer, times 100.
fn by_layer_panel(name: &str, shares: &[f64]) -> Panel {
    let mut points = Vec::new();
    for (layer, share) in shares.iter().enumerate() {
        points.push((layer as f64, 100.0 * share));
    }
    Panel {
        title: name.into(),
        x: Axis::linear("layer"),
        y: Axis::linear("score (100 is best)"),
        marks: Marks::Lines(vec![Line::new(name, points)]),
    }
}

fn calibration(recorded: &[Calibration]) -> Figure {
    let mut lines = vec![Line::new("calibrated", [(0.5, 0.5), (1.0, 1.0)]).as_guide()];
    for Calibration { name, bins, .. } in recorded {
        lines.push(Line::new(name, bins.iter().map(|bin| (bin.confidence, bin.accuracy))));
    }
    Figure {
        name: "15-calibration".into(),
        title: "Is it right as often as it is sure?".into(),
        alt: "Share of right answers over the probability that the classifier gave them, on film \
            reviews. The head on frozen vectors lies near the diagonal, the fine-tuned model \
            below it wherever it is more than 70 % sure."
            .into(),
        band: 0.0,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("probability of the answer"),
            y: Axis::linear("share that is right"),
            marks: Marks::Lines(lines),
        }],
    }
}

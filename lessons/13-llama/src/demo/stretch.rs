//! A model read at lengths that it was not trained at.

use anyhow::Result;
use burn::module::Module;
use burn::tensor::Device;
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Table};
use decoder::{TokenizedCorpus, nats_per_token};
use positions::RopeScaling;
use training::Preset;

use super::{LONGER, SIZE, trained};
use crate::{Llama, LlamaConfig};

/// Lengths of the texts that are measured, as multiples of the length of training.
const TIMES: [usize; 3] = [1, 2, LONGER];

/// Steps of the training at the longest of them, on as many characters per step as before.
const MORE: Preset =
    Preset { block: LONGER * SIZE.block, batch: SIZE.batch / LONGER, steps: 60, ..SIZE };

/// Turns within the length of training below which a frequency counts as slow, and above which it
/// counts as fast: those of LLaMA 3.1.
const LOW_FREQ_FACTOR: f64 = 1.0;
const HIGH_FREQ_FACTOR: f64 = 4.0;

/// How far a loss may lie from the recorded one on another processor, as a share of it: at lengths
/// that the model was not trained at, trainings part further.
const UNSEEN: f64 = 0.2;

/// The scalings by name, for texts that are `times` as long as those of the training.
fn scalings(times: usize) -> [(&'static str, RopeScaling); 3] {
    let factor = times as f64;
    let llama3 = RopeScaling::Llama3 {
        factor,
        low_freq_factor: LOW_FREQ_FACTOR,
        high_freq_factor: HIGH_FREQ_FACTOR,
        original_max_position_embeddings: SIZE.block,
    };
    [("none", RopeScaling::None), ("linear", RopeScaling::Linear { factor }), ("llama3", llama3)]
}

/// The same model with RoPE scaled: the same weights, queries and keys turned at other speeds.
// ANCHOR: stretched
fn stretched(config: &LlamaConfig, model: &Llama, scaling: RopeScaling, device: &Device) -> Llama {
    let scaled = config.clone().with_scaling(scaling).init(device);
    scaled.load_record(model.clone().into_record())
}
// ANCHOR_END: stretched

/// Reports the loss at one, two and four times the length of training by how RoPE is scaled
/// afterwards, and then the loss at the longest of them as the model is trained there.
pub(super) fn after_the_fact(
    config: &LlamaConfig,
    model: &Llama,
    corpus: &TokenizedCorpus,
    run: &Run,
    report: &mut Report,
) -> Result<()> {
    let mut by_length = scalings(1).map(|(name, _)| Line::new(name, []));
    for times in TIMES {
        let length = times * SIZE.block;
        for (line, (_, scaling)) in by_length.iter_mut().zip(scalings(times)) {
            let model = stretched(config, model, scaling, run.device);
            let nats = nats_per_token(&model, &corpus.validation, length, run.device);
            line.points.push((length as f64, nats));
        }
    }
    let mut by_step = Vec::new();
    for (name, scaling) in scalings(LONGER) {
        let model = stretched(config, model, scaling, &run.device.clone().autodiff());
        let (_, curve) = trained(model, corpus, &MORE, run.seed, run.device)?;
        by_step.push(Line::new(name, curve));
    }
    say(&by_length, &by_step, report);
    report.figure(figure(by_length.to_vec(), by_step));
    Ok(())
}

fn say(by_length: &[Line], by_step: &[Line], report: &mut Report) {
    let (block, longest, steps) = (SIZE.block, MORE.block, MORE.steps);
    report.say(format!(
        "Trained on {block} characters, RoPE scaled for the length at hand; nats per character \
            held back."
    ));
    report.say(format!(
        "Last column: scaled for {longest} and trained for {steps} more steps at that length."
    ));
    let [one, two, four] = TIMES.map(|times| format!("{} characters", times * block));
    let mut table = Table::new(["scaling", &one, &two, &four, &format!("after {steps} steps")]);
    for (length, step) in by_length.iter().zip(by_step) {
        let mut row = vec![length.name.clone()];
        for (_, nats) in length.points.iter().chain(step.points.last()) {
            row.push(format!("{nats:.3}"));
        }
        table.row(row);
    }
    report.band(UNSEEN);
    report.keyed_table("stretch", &table);
    report.band(0.0);
}

fn figure(by_length: Vec<Line>, by_step: Vec<Line>) -> Figure {
    Figure {
        name: "13-stretch".into(),
        title: "Trained on 32 characters, read at 128".into(),
        alt: "Two panels, three ways to scale RoPE. Loss by length of text, without further \
            training: all the same at 32 characters; at 128 linear scaling has lost most, no \
            scaling and llama3 less than half of that. Loss at 128 characters over 60 steps of \
            training there: all three fall at once, linear scaling from the highest start and to \
            the highest end."
            .into(),
        band: 0.4, // trainings part between processors; linear scaling loses more
        panels: vec![
            panel("read longer", "length of the text (characters)", by_length),
            panel("trained on at 128", "further training step", by_step),
        ],
    }
}

fn panel(title: &str, x: &str, lines: Vec<Line>) -> Panel {
    Panel {
        title: title.into(),
        x: Axis::linear(x),
        y: Axis::linear("held-back loss (nats per character)"),
        marks: Marks::Lines(lines),
    }
}

//! Everything the course computes, side by side on every device.

use anyhow::Result;
use burn::tensor::Device;
use decoder::GptConfig;
use indicatif::ProgressBar;
use training::Preset;

use super::operation::{ENCODER, OPERATIONS, Operation};
use super::record::{Record, STEPS, WRITTEN};
use super::row::{Deviation, Row};
use super::{Args, CHARACTERS, Seconds, UNTIMED, generate, gpt_train, placed, timing};
use crate::shell::{output, place};

/// Size of the model that is trained and of the one that generates text.
const PRESET: Preset = Preset::LAPTOP;

/// Times every lesson's operation, an encoder, a training step and writing on the devices that work
/// here.
pub fn run(args: &Args, progress: &ProgressBar) -> Result<()> {
    let devices = super::devices_that_work(args)?;
    if let Some(folder) = &args.out {
        place::folder(folder)?;
    }
    for (_, why) in UNTIMED {
        note!("passed over: {why}");
    }
    let mut rows = Vec::new();
    let mut operations: Vec<&Operation> = Vec::from_iter(&OPERATIONS);
    operations.push(&ENCODER);
    for operation in operations {
        progress.set_message(format!("timing {} {}", operation.what, operation.name));
        rows.extend(timing::time(operation, &devices)?);
    }
    rows.extend(training(&devices, progress)?);
    rows.extend(writing(&devices, progress));
    let record = Record::new(&devices, rows);
    if let Some(folder) = &args.out {
        record.write(folder)?;
    }
    output::rows(args.format, &record.rows, || record.for_people(output::fitted))
}

/// A training step's row for each device.
fn training(devices: &[(String, Device)], progress: &ProgressBar) -> Result<Vec<Row>> {
    let mut reference: Option<Vec<f64>> = None;
    let mut rows = Vec::new();
    for (name, device) in devices {
        let trained = gpt_train::train(&PRESET, STEPS, device, progress)?;
        let expected = reference.get_or_insert_with(|| trained.losses.clone());
        rows.push(Row {
            what: "gpt-train",
            operation: "a training step",
            device: name.clone(),
            deviation: Deviation::Difference { max_abs_difference: trained.difference(expected) },
            warm_up_s: trained.seconds[0],
            forward_s: None,
            backward_s: Some(Seconds::of(trained.counted().to_vec())),
        });
    }
    Ok(rows)
}

/// A generated token's row for each device.
fn writing(devices: &[(String, Device)], progress: &ProgressBar) -> Vec<Row> {
    let config = GptConfig::preset(&PRESET, CHARACTERS);
    let mut reference: Option<Vec<u32>> = None;
    let mut rows = Vec::new();
    for (name, device) in devices {
        let model = placed(device, |device| config.init(device));
        let written = generate::write(&model, WRITTEN, true, device, progress);
        let same_tokens =
            written.same_tokens(reference.get_or_insert_with(|| written.tokens.clone()));
        rows.push(Row {
            what: "generate",
            operation: "a token written",
            device: name.clone(),
            deviation: Deviation::Tokens { same_tokens, tokens: written.tokens.len() },
            warm_up_s: written.warm_up_s,
            forward_s: Some(Seconds::of(written.after_first().to_vec())),
            backward_s: None,
        });
    }
    rows
}

//! `cargo rungs devices`

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use burn::tensor::Device;
use course::Table;
use encoder::parity::{BertInputs, PublishedBert};
use golden::Folder;
use serde::Serialize;

use crate::shell::options::Format;
use crate::shell::{failure, output};

/// List the devices, with a recorded forward pass on each
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs devices
  cargo rungs-all devices         the portable backends, all built in")]
pub struct Args {
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// A kind of device, and how it did.
#[derive(Serialize)]
struct Row {
    device: &'static str,
    what: &'static str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_abs_error: Option<f32>,
    note: String,
}

/// How a device did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    NotBuilt,
    Failed,
}

/// Tries every device of this build on a recorded BERT and names those that are not in it.
pub fn run(args: &Args) -> Result<()> {
    let bert = golden::carried_bert()
        .map_err(|error| anyhow!("expected a temporary folder for the recorded model: {error}"))?;
    let mut rows = Vec::new();
    for kind in &backend::KINDS {
        rows.push(row(kind, bert.path()));
    }
    output::rows(args.format, &rows, || table(&rows))?;
    let mut failed = Vec::new();
    for row in &rows {
        if row.status == Status::Failed {
            failed.push(row.device);
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("these devices do not work here: {}", failed.join(", "))
    }
}

/// Tries one kind of device.
fn row(kind: &backend::Kind, bert: &Path) -> Row {
    let (status, max_abs_error, note) = if kind.is_built() {
        match guarded_forward(kind.name, bert) {
            Ok((error, allowed)) if error <= allowed => (Status::Ok, Some(error), String::new()),
            Ok((error, allowed)) => {
                (Status::Failed, Some(error), format!("expected at most {allowed:e}"))
            }
            Err(problem) => (Status::Failed, None, failure::printable(&problem)),
        }
    } else {
        let build = "build it in: cargo run --package rungs --features";
        (Status::NotBuilt, None, format!("{build} {} -- devices", kind.name))
    };
    Row { device: kind.name, what: kind.what, status, max_abs_error, note }
}

/// [`forward`] on the device called `name`, with a panic of its library as an error.
fn guarded_forward(name: &str, bert: &Path) -> Result<(f32, f32), String> {
    let device = backend::open(name).map_err(|error| error.to_string())?;
    let outcome = guard::guarded_everywhere(|| forward(bert, &device))?;
    outcome.map_err(|error| error.to_string())
}

/// The largest error over every recorded output of a BERT, and the most it may be.
fn forward(bert: &Path, device: &Device) -> Result<(f32, f32)> {
    let folder = Folder::open(bert)?;
    let case = &folder.cases[0];
    let inputs = BertInputs {
        input_ids: folder.tensor(case, "input_ids")?,
        attention_mask: folder.input(case, "attention_mask")?,
        token_type_ids: folder.input(case, "token_type_ids")?,
        labels: None,
        answers: None,
    };
    let answers = PublishedBert::open(&folder.path, "BertModel", device)?.answers(&inputs, device);
    let mut worst: f32 = 0.0;
    for (name, actual) in answers {
        worst = worst.max(golden::max_abs_error_of_data(&actual, &folder.tensor(case, &name)?));
    }
    Ok((worst, backend::tolerance(device, folder.tolerance)))
}

/// The rows as a table for people.
fn table(rows: &[Row]) -> String {
    let mut table = Table::new(["device", "runs on", "status", "max abs error", "note"]);
    for row in rows {
        let status = match row.status {
            Status::Ok => "ok",
            Status::NotBuilt => "not built",
            Status::Failed => "FAILED",
        };
        let error = match row.max_abs_error {
            Some(error) => format!("{error:.1e}"),
            None => "-".into(),
        };
        table.row([row.device, row.what, status, &error, &row.note]);
    }
    output::fitted(&table)
}

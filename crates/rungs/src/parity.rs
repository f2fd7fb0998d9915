//! `cargo rungs parity`

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use burn::tensor::{Device, Tensor, TensorData};
use course::Table;
use encoder::parity::{Inputs, Published};
use golden::{Case, Folder};
use sentences::Pooling;
use serde::{Deserialize, Serialize};
use similarity::normalise;

use crate::cli::ParityArgs;
use crate::{model, output};

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    architectures: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    case: String,
    tensor: String,
    max_abs_error: f32,
    tolerance: f32,
}

/// Runs every recorded case and fails where a tensor is further off than the folder allows.
pub fn run(args: &ParityArgs) -> Result<()> {
    let device = model::device(&args.device.device)?;
    let config: Config = zoo::read_json(&args.folder.join("config.json"))?;
    let folder = Folder::open(&args.folder)?;
    let architecture = config.architectures.first().map_or("BertModel", String::as_str);
    let tolerance = backend::tolerance(&device, folder.tolerance);
    let published = Published::open(&args.folder, architecture, &device)?;
    let mut rows = Vec::new();
    for case in &folder.cases {
        for (tensor, max_abs_error) in errors(&folder, case, &published, &device)? {
            rows.push(Row { case: case.case.clone(), tensor, max_abs_error, tolerance });
        }
    }
    output::rows(args.format, &rows, || table(&rows))?;
    let off: Vec<&Row> = rows.iter().filter(|row| row.max_abs_error > tolerance).collect();
    match off[..] {
        [] if rows.is_empty() => bail!("{}: expected recorded cases, found none", args.folder.display()),
        [] => Ok(()),
        [first, ..] => bail!(
            "{} of {} tensors are further off than {tolerance:e}; the first is {}.{} by {:e}",
            off.len(),
            rows.len(),
            first.case,
            first.tensor,
            first.max_abs_error
        ),
    }
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new(["case", "tensor", "max abs error", "allowed"]);
    for row in rows {
        let numbers = [format!("{:.1e}", row.max_abs_error), format!("{:.0e}", row.tolerance)];
        table.row([row.case.clone(), row.tensor.clone()].into_iter().chain(numbers));
    }
    table.to_string()
}

/// The largest error of each recorded output of a case.
fn errors(
    folder: &Folder,
    case: &Case,
    published: &Published,
    device: &Device,
) -> Result<Vec<(String, f32)>> {
    let Some(input_ids) = folder.input(case, "input_ids")? else {
        bail!("{}: case {:?} records no input_ids", folder.path.display(), case.case);
    };
    let inputs = Inputs {
        input_ids,
        attention_mask: folder.input(case, "attention_mask")?,
        token_type_ids: folder.input(case, "token_type_ids")?,
        labels: folder.input(case, "labels")?,
    };
    let mut answers = published.answers(&inputs, device);
    add_pooled(&mut answers, &inputs, device);
    let compare = |output: &String| {
        let expected = folder.tensor(case, output)?;
        let Some(actual) = answers.get(output) else {
            bail!("expected a tensor that this model answers, found {output:?} in case {:?}", case.case);
        };
        if actual.shape() != expected.shape() {
            let (expected, found) = (expected.shape(), actual.shape());
            bail!("case {:?}, {output}: expected shape {expected:?}, found {found:?}", case.case);
        }
        Ok((output.clone(), golden::max_abs_error_of_data(actual, &expected)))
    };
    case.outputs.keys().map(compare).collect()
}

/// The sentence vectors that lesson 14 makes of the last layer.
fn add_pooled(answers: &mut BTreeMap<String, TensorData>, inputs: &Inputs, device: &Device) {
    let Some(last) = answers.get("last_hidden_state") else { return };
    let last = Tensor::<3>::from_data(last.clone(), device);
    let pooled = Pooling::Mean.pool(last, inputs.batch(device).hidden);
    answers.insert("mean_pooled".into(), pooled.to_data());
    answers.insert("mean_pooled_normalised".into(), normalise(pooled).into_data());
}

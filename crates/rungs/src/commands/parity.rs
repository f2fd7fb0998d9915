//! `cargo rungs parity`

mod inputs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use burn::tensor::{Device, Tensor, TensorData};
use course::Table;
use decoder::LanguageModel;
use encoder::parity::PublishedBert;
use golden::{Case, Folder};
use sentences::Pooling;
use serde::{Deserialize, Serialize};
use similarity::normalise;

use crate::shell::failure::Helpful;
use crate::shell::options::{DeviceArg, Format};
use crate::shell::writers::Loaded;
use crate::shell::{names, output};

/// Compare a model with what another library recorded of it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs parity tests/golden/bert
  cargo rungs parity tests/golden/gpt2

DIR holds config.json, the weights, cases.json and expected.safetensors.")]
pub struct Args {
    /// The recorded model
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// The part of a `config.json` that names the architecture.
#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    #[serde(default)]
    architectures: Vec<String>,
}

/// How far one tensor of a case is from the recorded one.
#[derive(Serialize)]
struct Row {
    case: String,
    tensor: String,
    max_abs_error: f32,
    tolerance: f32,
}

/// A recorded model, opened.
enum Recorded {
    Bert(Box<PublishedBert>),
    LanguageModel(Box<dyn LanguageModel>),
}

/// Runs every recorded case and fails where a tensor is further off than the folder allows.
pub fn run(args: &Args) -> Result<()> {
    let device = names::device(&args.device.device)?;
    check_is_recorded(&args.folder)?;
    let config: Config = files::read_json(&args.folder.join("config.json"))?;
    let folder = Folder::open(&args.folder)?;
    let tolerance = backend::tolerance(&device, folder.tolerance);
    let recorded = open(&args.folder, &config, &device)?;
    let mut rows = Vec::new();
    for case in &folder.cases {
        let tolerance = folder.allowed(case, tolerance);
        for (tensor, max_abs_error) in errors(&folder, case, &recorded, &device)? {
            rows.push(Row { case: case.case.clone(), tensor, max_abs_error, tolerance });
        }
    }
    for (tensor, max_abs_error) in gradients(&folder, &config, &device)? {
        rows.push(Row { case: "gradients".into(), tensor, max_abs_error, tolerance });
    }
    output::rows(args.format, &rows, || table(&rows))?;
    let mut off = Vec::new();
    for row in &rows {
        if row.max_abs_error > row.tolerance {
            off.push(row);
        }
    }
    match off[..] {
        [] if rows.is_empty() => {
            bail!("{}: expected recorded cases, found none", args.folder.display())
        }
        [] => Ok(()),
        [first, ..] => bail!(
            "{} of {} tensors are further off than {:e}; the first is {}.{} by {:e}",
            off.len(),
            rows.len(),
            first.tolerance,
            first.case,
            first.tensor,
            first.max_abs_error
        ),
    }
}

/// Refuses a folder without one of the files that a record has, and says where records come from.
fn check_is_recorded(folder: &Path) -> Result<()> {
    for file in ["config.json", "cases.json", "expected.safetensors"] {
        if !folder.join(file).exists() {
            let error =
                format!("{}: expected a recorded model, found no {file} in it", folder.display());
            let help = "name a folder under tests/golden/, or write one as the scripts there do, \
                        with what transformers answers (CONTRIBUTING.md, \"Add an architecture\")";
            return Err(Helpful { error, help: help.into() }.into());
        }
    }
    Ok(())
}

/// Opens a recorded model as the architecture that its configuration names.
fn open(folder: &Path, config: &Config, device: &Device) -> Result<Recorded> {
    match config.model_type.as_deref() {
        Some(model_type) if !encoder::checkpoint::is_read(model_type) => {
            let model = Loaded::open(folder, Some(model_type), device)?.into_model();
            Ok(Recorded::LanguageModel(model))
        }
        _ => {
            let architecture = config.architectures.first().map_or("BertModel", String::as_str);
            Ok(Recorded::Bert(Box::new(PublishedBert::open(folder, architecture, device)?)))
        }
    }
}

/// The rows as a table for people.
fn table(rows: &[Row]) -> String {
    let mut table = Table::new(["case", "tensor", "max abs error", "allowed"]);
    for Row { case, tensor, max_abs_error, tolerance } in rows {
        table.row([
            case.clone(),
            tensor.clone(),
            format!("{max_abs_error:.1e}"),
            format!("{tolerance:.0e}"),
        ]);
    }
    output::fitted(&table)
}

/// The largest error of each recorded output of a case.
fn errors(
    folder: &Folder,
    case: &Case,
    recorded: &Recorded,
    device: &Device,
) -> Result<Vec<(String, f32)>> {
    let answers = match recorded {
        Recorded::Bert(model) => bert_answers(model, &inputs::bert(folder, case, model)?, device),
        Recorded::LanguageModel(model) => decoder_answers(&**model, folder, case, device)?,
    };
    let mut errors = Vec::new();
    for output in case.outputs.keys() {
        let Some(answer) = answers.get(output) else {
            bail!(
                "expected a tensor that this model answers, found {output:?} in case {:?}",
                case.case
            );
        };
        errors.push((output.clone(), folder.error(case, output, answer)?));
    }
    Ok(errors)
}

/// What the class answers for a case, and the sentence vectors that lesson 14 makes of the last
/// layer.
fn bert_answers(
    published: &PublishedBert,
    inputs: &encoder::parity::BertInputs,
    device: &Device,
) -> BTreeMap<String, TensorData> {
    let mut answers = published.answers(inputs, device);
    if let Some(last) = answers.get("last_hidden_state") {
        let last = Tensor::<3>::from_data(last.clone(), device);
        let pooled = Pooling::Mean.pool(last, inputs.batch(device).padding_mask);
        answers.insert("mean_pooled".into(), pooled.to_data());
        answers.insert("mean_pooled_normalised".into(), normalise(pooled).into_data());
    }
    answers
}

/// What the class answers for a case, its loss and the tokens that it writes where these were
/// recorded.
fn decoder_answers(
    model: &dyn LanguageModel,
    folder: &Folder,
    case: &Case,
    device: &Device,
) -> Result<BTreeMap<String, TensorData>> {
    let inputs = inputs::decoder(folder, case, model)?;
    let mut answers = decoder::checkpoint::parity::answers(model, &inputs, device);
    if case.outputs.contains_key("loss") {
        let loss = decoder::checkpoint::parity::next_token_loss(model, &inputs, device);
        answers.insert("loss".into(), loss.into_data());
    }
    if let Some([batch, tokens]) = case.outputs.get("generated_ids").map(Vec::as_slice) {
        folder.tensor(case, "generated_ids")?; // so many tokens are recorded, not only claimed
        let ids = decoder::checkpoint::parity::continued(model, &inputs, *tokens, true, device);
        answers.insert("generated_ids".into(), TensorData::new(ids, [*batch, *tokens]));
    }
    Ok(answers)
}

/// The largest error of each weight's gradient of the case `loss`, where the folder records
/// gradients.
fn gradients(folder: &Folder, config: &Config, device: &Device) -> Result<Vec<(String, f32)>> {
    use decoder::checkpoint::parity::{gradient_of, next_token_loss};
    let path = &folder.path;
    if !path.join("gradients.safetensors").exists() {
        return Ok(Vec::new());
    }
    let Some(case) = folder.cases.iter().find(|case| case.case == "loss") else {
        bail!(
            "{}: expected a case \"loss\", whose gradients gradients.safetensors holds, found none",
            path.display()
        );
    };
    let device = device.clone().autodiff();
    let answers = match (open(path, config, &device)?, config.model_type.as_deref()) {
        (Recorded::Bert(model), _) => {
            let inputs = inputs::bert(folder, case, &model)?;
            let Some(gradients) = model.gradients(&inputs, &device) else {
                bail!(
                    "{}: expected labels in case \"loss\" and a class with a loss, whose gradients \
                     gradients.safetensors holds",
                    path.display()
                );
            };
            gradients.tensors(path)?
        }
        (Recorded::LanguageModel(model), Some("gpt2")) => {
            let inputs = inputs::decoder(folder, case, &*model)?;
            let gpt = decoder::checkpoint::load(path, &device)?.model;
            let loss = next_token_loss(&gpt, &inputs, &device);
            decoder::checkpoint::tensors(&gradient_of(loss, gpt))
        }
        (Recorded::LanguageModel(model), Some(name))
            if llama::checkpoint::MODEL_TYPES.contains(&name) =>
        {
            let inputs = inputs::decoder(folder, case, &*model)?;
            let llama = llama::checkpoint::load(path, &device)?.model;
            let loss = next_token_loss(&llama, &inputs, &device);
            llama::checkpoint::tensors(&gradient_of(loss, llama))
        }
        (_, model_type) => bail!(
            "{}: expected a gpt2 or one of LLaMA's kind, whose gradients can be compared, found \
                {model_type:?} with recorded ones",
            path.display()
        ),
    };
    Ok(folder.gradient_errors(&answers)?.unwrap_or_default())
}

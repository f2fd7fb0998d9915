//! BERT as published: the keys of its `config.json` and the names of its tensors.
//!
//! A folder is read in three steps, and each can refuse it: the configuration, the header against
//! the configuration, and only then the numbers. DistilBERT, RoBERTa, XLM-RoBERTa and CamemBERT are
//! read as the BERT that they are.

pub(crate) mod config;
pub(crate) mod names;

use std::path::Path;

use burn::module::Param;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use checkpoint::{CheckpointError, Checks, Expect, Load, Save, Weights};
use layer::Activation;

use self::config::{Published, published};
use self::names::{Family, POOLER, STORED_CONSTANTS, TOKENS};
use crate::{Bert, BertConfig, MaskedLanguageModel, SequenceClassifier, TokenClassifier};

/// Name of a token classifier's map to its labels.
pub const TOKEN_LABELS: &str = "classifier";
/// Name of the map to the scores of an answer's first and last token.
pub const ANSWER: &str = "qa_outputs";

/// A model read from a folder.
#[derive(Debug)]
pub struct LoadedBert<M> {
    /// The model with the weights of the file.
    pub model: M,
    /// The model's configuration.
    pub config: BertConfig,
    /// Tensors of the file that this model has no use for.
    pub skipped: Vec<String>,
}

/// Loads the encoder of a published folder; a head over it is passed over.
///
/// # Errors
///
/// Anything of `config.json` or the weights that is not a BERT, or not whole.
// ANCHOR: load_bert
pub fn load_bert(folder: &Path, device: &Device) -> Result<LoadedBert<Bert>, CheckpointError> {
    let Opened { weights, family, config, .. } = open(folder)?;
    let mut model = config.init(device);
    let mut expect = Expect::default();
    names::encoder(&mut expect, family, &mut model)?;
    let allowed = [&[STORED_CONSTANTS], family.names().heads].concat();
    let skipped = weights.matches(&expect.tensors, &allowed)?;
    names::encoder(&mut Load::new(&weights, device), family, &mut model)?;
    complete(&mut model, family, device);
    Ok(LoadedBert { model, config, skipped })
}
// ANCHOR_END: load_bert

/// Loads an encoder with its masked-language head.
///
/// # Errors
///
/// As [`load_bert`], and an output table of its own instead of the token table.
pub fn load_masked_language_model(
    folder: &Path,
    device: &Device,
) -> Result<LoadedBert<MaskedLanguageModel>, CheckpointError> {
    let Opened { weights, family, config, tied } = open(folder)?;
    Checks::of(&folder.join("config.json")).is("tie_word_embeddings", tied, true)?;
    let mut model = MaskedLanguageModel::random(&config, device);
    if family == Family::Roberta {
        model.activation = Activation::GeluExact; // whatever stands in its layers
    }
    let mut expect = Expect::default();
    names::masked_language_model(&mut expect, "", family, &mut model)?;
    let guess = &family.names().guess;
    let allowed = [STORED_CONSTANTS, guess.table_copy, guess.bias_copy, "cls.seq_relationship.*"];
    let skipped = weights.matches(&expect.tensors, &allowed)?;
    weights.expect_tied(guess.table_copy, TOKENS)?;
    weights.expect_tied(guess.bias_copy, guess.bias)?;
    names::masked_language_model(&mut Load::new(&weights, device), "", family, &mut model)?;
    complete(&mut model.bert, family, device);
    Ok(LoadedBert { model, config, skipped })
}

/// Loads an encoder with its sequence-classification head; the number of labels is the file's own.
///
/// # Errors
///
/// As [`load_bert`], a missing pooler, and a DistilBERT, whose head bends otherwise.
pub fn load_sequence_classifier(
    folder: &Path,
    device: &Device,
) -> Result<LoadedBert<SequenceClassifier>, CheckpointError> {
    let Opened { weights, family, mut config, .. } = open(folder)?;
    if family == Family::DistilBert {
        let problem = "expected a BERT's or a RoBERTa's head over the pooler, found a DistilBERT's";
        return Checks::of(&folder.join("config.json")).refuse("architectures", problem.into());
    }
    config.pooler = true;
    let classifier = head(&weights, names::labels(family), &config, device);
    let mut model = SequenceClassifier { bert: config.init(device), classifier };
    let mut expect = Expect::default();
    names::sequence_classifier(&mut expect, "", family, &mut model)?;
    let skipped = weights.matches(&expect.tensors, &[STORED_CONSTANTS])?;
    names::sequence_classifier(&mut Load::new(&weights, device), "", family, &mut model)?;
    Ok(LoadedBert { model, config, skipped })
}

/// Loads an encoder with the linear map over every token that the file calls `name`:
/// [`TOKEN_LABELS`] or [`ANSWER`].
///
/// # Errors
///
/// As [`load_bert`].
pub fn load_token_classifier(
    folder: &Path,
    name: &str,
    device: &Device,
) -> Result<LoadedBert<TokenClassifier>, CheckpointError> {
    let Opened { weights, family, config, .. } = open(folder)?;
    let classifier = head(&weights, name, &config, device);
    let mut model = TokenClassifier { bert: config.init(device), classifier };
    let mut expect = Expect::default();
    names::token_classifier(&mut expect, "", family, name, &mut model)?;
    let skipped = weights.matches(&expect.tensors, &[STORED_CONSTANTS])?;
    names::token_classifier(&mut Load::new(&weights, device), "", family, name, &mut model)?;
    complete(&mut model.bert, family, device);
    Ok(LoadedBert { model, config, skipped })
}

/// A linear map to as many numbers as the bias called `{name}.bias` has; [`ANSWER`] has two. One
/// that is missing or empty is named by the check that follows.
fn head(weights: &Weights, name: &str, config: &BertConfig, device: &Device) -> Linear {
    let found = weights.shape(&format!("{name}.bias")).and_then(<[usize]>::first).copied();
    let labels = if name == ANSWER { 2 } else { found.unwrap_or(2).max(1) };
    LinearConfig::new(config.d_model, labels).init(device)
}

/// What a family does not store: DistilBERT has no segments, so that each is a row of zeros.
fn complete(bert: &mut Bert, family: Family, device: &Device) {
    if family == Family::DistilBert {
        let shape: [usize; 2] = bert.embeddings.segments.weight.lazy_shape().dims();
        bert.embeddings.segments.weight = Param::from_tensor(Tensor::zeros(shape, device));
    }
}

/// Reads only the token table, `[vocab, d_model]`: the static vectors a trained model starts from.
///
/// # Errors
///
/// As [`load_bert`], as far as the table is concerned.
pub fn load_token_table(folder: &Path, device: &Device) -> Result<Tensor<2>, CheckpointError> {
    let Opened { weights, config, .. } = open(folder)?;
    weights.tensor(TOKENS, [config.vocab, config.d_model], device)
}

/// Reads and checks the `config.json` of an encoder's folder. [`BertConfig::pooler`] is left at its
/// default: only the weights know.
///
/// # Errors
///
/// A key that is missing or of another type, a value no BERT can have, or another architecture,
/// which is named before anything else.
pub fn read_config(folder: &Path) -> Result<BertConfig, CheckpointError> {
    Ok(config::read(folder)?.config)
}

/// Whether a `model_type` is that of an encoder that is read here.
pub fn is_read(model_type: &str) -> bool {
    Family::of(model_type).is_some()
}

/// A folder whose configuration and header agree.
struct Opened {
    weights: Weights,
    family: Family,
    config: BertConfig,
    /// Whether the output table of a masked-language head is the token table.
    tied: bool,
}

/// Reads configuration and header, and brings the two to one size before anything is listed or
/// allocated.
// ANCHOR: open
fn open(folder: &Path) -> Result<Opened, CheckpointError> {
    let Published { family, mut config, tied } = config::read(folder)?;
    let names = family.names();
    let weights = Weights::open(folder)?.strip_prefix(names.prefix)?;
    weights.expect_layers(names.layers, config.n_layers)?;
    weights.expect(TOKENS, &[config.vocab, config.d_model])?;
    let up = format!("{}0.{}.weight", names.layers, names.up);
    weights.expect(&up, &[config.d_ff, config.d_model])?;
    config.pooler = weights.has(&format!("{POOLER}.weight"));
    Ok(Opened { weights, family, config, tied })
}
// ANCHOR_END: open

/// The family by whose names a model is written: RoBERTa's where positions count from padding, else
/// BERT's. A DistilBERT is written as the BERT it is here, zeros for its segments.
fn written_as(config: &BertConfig) -> Family {
    if config.padding.is_some() { Family::Roberta } else { Family::Bert }
}

/// Writes an encoder as `config.json` and `model.safetensors`, which other libraries open as a
/// BERT, or as a RoBERTa where positions count from padding.
///
/// # Errors
///
/// If the folder cannot be written to, or is full; what was there before stays whole.
pub fn save(bert: &Bert, folder: &Path) -> Result<(), CheckpointError> {
    let config = bert.config();
    files::write_json(&folder.join("config.json"), &published(&config, "Model", &[]))?;
    let mut save = Save::default();
    names::encoder(&mut save, written_as(&config), &mut bert.clone())?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &save.tensors, &[])
}

/// Writes an encoder and its head with the names of its labels, which other libraries open as a
/// sequence classifier.
///
/// # Errors
///
/// The same as those of [`save`].
pub fn save_sequence_classifier(
    model: &SequenceClassifier,
    labels: &[String],
    folder: &Path,
) -> Result<(), CheckpointError> {
    let config = model.bert.config();
    let json = published(&config, "ForSequenceClassification", labels);
    files::write_json(&folder.join("config.json"), &json)?;
    let (mut save, family) = (Save::default(), written_as(&config));
    names::sequence_classifier(&mut save, family.names().prefix, family, &mut model.clone())?;
    checkpoint::write_weights(&folder.join(checkpoint::SINGLE_FILE), &save.tensors, &[])
}

//! Everything that the libraries' own BERT classes answer, under the names they give it.

use std::collections::BTreeMap;
use std::path::Path;

use burn::prelude::*;
use burn::tensor::TensorData;
use burn::tensor::activation::softmax;
use checkpoint::CheckpointError;
use files::FilesError;
use lookup::cross_entropy;

use crate::checkpoint::{load_bert, load_masked_language_model, load_sequence_classifier};
use crate::{Batch, Bert, MaskedLanguageModel, SequenceClassifier, Trace};

/// The classes known here, as `architectures` of a `config.json` names them.
pub const ARCHITECTURES: [&str; 3] =
    ["BertModel", "BertForMaskedLM", "BertForSequenceClassification"];

/// Positions whose label is this are not scored (PyTorch's `ignore_index`).
const UNLABELLED: i64 = -100;

/// What goes in, as those classes take it.
#[derive(Debug, Clone)]
pub struct BertInputs {
    /// `[batch, tokens]`.
    pub input_ids: TensorData,
    /// `[batch, tokens]`, 1 = keep.
    pub attention_mask: Option<TensorData>,
    /// `[batch, tokens]`.
    pub token_type_ids: Option<TensorData>,
    /// `[batch, tokens]` for a masked-language model, `[batch]` for a classifier.
    pub labels: Option<TensorData>,
}

impl BertInputs {
    /// The inputs as a batch on `device`.
    pub fn batch(&self, device: &Device) -> Batch {
        let tensor = |data: &TensorData| Tensor::<2, Int>::from_data(data.clone(), device);
        let [segments, keep] =
            [&self.token_type_ids, &self.attention_mask].map(|data| data.as_ref().map(tensor));
        Batch::from_tensors(tensor(&self.input_ids), segments, keep)
    }
}

/// A published model, read as one of [`ARCHITECTURES`].
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is held at a time, and never in a collection")]
pub enum PublishedBert {
    /// `BertModel`.
    Encoder(Bert),
    /// `BertForMaskedLM`.
    MaskedLanguage(MaskedLanguageModel),
    /// `BertForSequenceClassification`.
    Classifier(SequenceClassifier),
}

impl PublishedBert {
    /// Reads the model in `folder` as the class `architecture`.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read as that class, or a class not in [`ARCHITECTURES`].
    pub fn open(
        folder: &Path,
        architecture: &str,
        device: &Device,
    ) -> Result<Self, CheckpointError> {
        Ok(match architecture {
            "BertModel" => PublishedBert::Encoder(load_bert(folder, device)?.model),
            "BertForMaskedLM" => {
                PublishedBert::MaskedLanguage(load_masked_language_model(folder, device)?.model)
            }
            "BertForSequenceClassification" => {
                PublishedBert::Classifier(load_sequence_classifier(folder, device)?.model)
            }
            other => return Err(unknown(other, folder)),
        })
    }

    /// All that the class answers, by name: `hidden_states.N`, `attentions.N`, `last_hidden_state`
    /// and `pooler_output`, or `logits`, `loss` and `probabilities`.
    pub fn answers(&self, inputs: &BertInputs, device: &Device) -> BTreeMap<String, TensorData> {
        let batch = inputs.batch(device);
        let mut answers = Answers::default();
        match self {
            PublishedBert::Encoder(model) => {
                let last = answers.trace(model.trace(&batch));
                answers.add("last_hidden_state", last.clone());
                if let Some(pooled) = model.pool(last) {
                    answers.add("pooler_output", pooled);
                }
            }
            PublishedBert::MaskedLanguage(model) => {
                let logits = model.logits(answers.trace(model.bert.trace(&batch)));
                answers.add("logits", logits.clone());
                let [texts, tokens, vocab] = logits.dims();
                answers.loss(logits.reshape([texts * tokens, vocab]), inputs.labels.as_ref());
            }
            PublishedBert::Classifier(model) => {
                let logits = model.logits(answers.trace(model.bert.trace(&batch)));
                answers.add("logits", logits.clone());
                answers.add("probabilities", softmax(logits.clone(), 1));
                answers.loss(logits, inputs.labels.as_ref());
            }
        }
        answers.0
    }
}

fn unknown(architecture: &str, folder: &Path) -> CheckpointError {
    let problem = format!("expected one of {}, found {architecture:?}", ARCHITECTURES.join(", "));
    FilesError::Json { path: folder.join("config.json"), key: "architectures".into(), problem }
        .into()
}

#[derive(Default)]
struct Answers(BTreeMap<String, TensorData>);

impl Answers {
    fn add<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        self.0.insert(name.into(), tensor.into_data());
    }

    /// Adds all of a trace; returns the last layer's vectors.
    fn trace(&mut self, trace: Trace) -> Tensor<3> {
        let last =
            trace.hidden_states.last().expect("a trace holds the embeddings at least").clone();
        for (i, states) in trace.hidden_states.into_iter().enumerate() {
            self.add(&format!("hidden_states.{i}"), states);
        }
        for (i, weights) in trace.attentions.into_iter().enumerate() {
            self.add(&format!("attentions.{i}"), weights);
        }
        last
    }

    /// The mean cross entropy over labelled rows of `[rows, classes]`.
    fn loss(&mut self, logits: Tensor<2>, labels: Option<&TensorData>) {
        let Some(labels) = labels else { return };
        let (rows, targets): (Vec<i64>, Vec<i64>) =
            (0..).zip(labels.iter::<i64>()).filter(|&(_, label)| label != UNLABELLED).unzip();
        let device = logits.device();
        let ints = |v: Vec<i64>| Tensor::<1, Int>::from_data(&v[..], &device);
        self.add("loss", cross_entropy(logits.select(0, ints(rows)), ints(targets)));
    }
}

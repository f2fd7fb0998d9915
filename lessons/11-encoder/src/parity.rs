//! Everything that the libraries' own BERT classes answer, under the names they give it.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use checkpoint::CheckpointError;
use files::FilesError;

use crate::checkpoint::{load_bert, load_masked_language_model, load_sequence_classifier};
use crate::pretraining::masked_loss;
use crate::{Batch, Bert, MaskedLanguageModel, SequenceClassifier, Trace};

/// The classes known here, as `architectures` of a `config.json` names them.
pub const ARCHITECTURES: [&str; 3] =
    ["BertModel", "BertForMaskedLM", "BertForSequenceClassification"];

/// Positions whose label is this are not scored (PyTorch's `ignore_index`).
const UNLABELLED: i64 = -100;

/// Axis of the classes in a classifier's logits, `[batch, classes]`.
const CLASSES: usize = 1;

/// Inputs of a BERT as those classes take them.
#[derive(Debug, Clone)]
pub struct BertInputs {
    /// Token ids, `[batch, tokens]`.
    pub input_ids: TensorData,
    /// 1 where a token counts and 0 for padding, `[batch, tokens]`.
    pub attention_mask: Option<TensorData>,
    /// Segment of each token, `[batch, tokens]`.
    pub token_type_ids: Option<TensorData>,
    /// Labels, `[batch, tokens]` for a masked-language model, `[batch]` for a classifier.
    pub labels: Option<TensorData>,
}

impl BertInputs {
    /// The inputs as a batch on `device`.
    pub fn batch(&self, device: &Device) -> Batch {
        let ids = Tensor::from_data(self.input_ids.clone(), device);
        let segments = optional(&self.token_type_ids, device);
        let keep = optional(&self.attention_mask, device);
        Batch::from_tensors(ids, segments, keep)
    }
}

/// Data that may be missing, as a tensor on `device`.
fn optional(data: &Option<TensorData>, device: &Device) -> Option<Tensor<2, Int>> {
    data.as_ref().map(|data| Tensor::from_data(data.clone(), device))
}

/// A published model, read as one of [`ARCHITECTURES`].
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is held at a time, and never in a collection")]
pub enum PublishedBert {
    /// The encoder alone: `BertModel`.
    Encoder(Bert),
    /// The encoder with its masked-language head: `BertForMaskedLM`.
    MaskedLanguage(MaskedLanguageModel),
    /// The encoder with its classification head: `BertForSequenceClassification`.
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
                answers.loss(logits, inputs.labels.as_ref());
            }
            PublishedBert::Classifier(model) => {
                let logits = model.logits(answers.trace(model.bert.trace(&batch)));
                answers.add("logits", logits.clone());
                answers.add("probabilities", softmax(logits.clone(), CLASSES));
                let [batch, classes] = logits.dims();
                answers.loss(logits.reshape([batch, 1, classes]), inputs.labels.as_ref());
            }
        }
        answers.0
    }
}

/// The error for a class that is not in [`ARCHITECTURES`].
fn unknown(architecture: &str, folder: &Path) -> CheckpointError {
    let problem = format!("expected one of {}, found {architecture:?}", ARCHITECTURES.join(", "));
    FilesError::Json { path: folder.join("config.json"), key: "architectures".into(), problem }
        .into()
}

/// Answers by the names that the libraries give them.
#[derive(Default)]
struct Answers(BTreeMap<String, TensorData>);

impl Answers {
    /// Adds one answer under its name.
    fn add<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        self.0.insert(name.into(), tensor.into_data());
    }

    /// Adds all hidden states and attention weights; returns the last layer's vectors.
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

    /// Adds the mean cross entropy of the labelled places of logits, `[batch, tokens, classes]`.
    fn loss(&mut self, logits: Tensor<3>, labels: Option<&TensorData>) {
        let Some(labels) = labels else { return };
        let [batch, tokens, _] = logits.dims();
        let mut targets = vec![Vec::new(); batch];
        for (place, label) in labels.iter::<i64>().enumerate() {
            if label != UNLABELLED {
                targets[place / tokens].push((place % tokens, label as u32));
            }
        }
        self.add("loss", masked_loss(logits, &targets));
    }
}

//! Everything that the libraries' own classes of encoders answer, under the names they give it.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use checkpoint::{CheckpointError, Checks, Save};
use serde::Deserialize;

use crate::checkpoint::{
    ANSWER, TOKEN_LABELS, config, load_bert, load_masked_language_model, load_sequence_classifier,
    load_token_classifier, names,
};
use crate::pretraining::masked_loss;
use crate::{Batch, Bert, MaskedLanguageModel, SequenceClassifier, TokenClassifier, Trace};

/// The classes known here, as `architectures` of a `config.json` names them, without the name of
/// the family before them.
const CLASSES: [&str; 5] = [
    "Model",
    "ForMaskedLM",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForQuestionAnswering",
];

/// The families before those names; DistilBERT's classifier of whole texts is not read.
const FAMILIES: [&str; 5] = ["Bert", "DistilBert", "Roberta", "XLMRoberta", "Camembert"];

/// Positions whose label is this are not scored (PyTorch's `ignore_index`).
pub const UNLABELLED: i64 = -100;

/// Axis of the labels in a classifier's logits, `[batch, labels]`.
const LABELS: usize = 1;

/// Axis of the two scores in the logits of a model that answers questions, `[batch, tokens, 2]`.
const START_AND_END: usize = 2;

/// Inputs of an encoder as those classes take them.
#[derive(Debug, Clone)]
pub struct BertInputs {
    /// Token ids, `[batch, tokens]`.
    pub input_ids: TensorData,
    /// 1 where a token counts and 0 for padding, `[batch, tokens]`.
    pub attention_mask: Option<TensorData>,
    /// Segment of each token, `[batch, tokens]`.
    pub token_type_ids: Option<TensorData>,
    /// Labels, `[batch, tokens]` for a score over tokens; for a whole text `[batch]`, or
    /// `[batch, labels]` where each label has a number of its own.
    pub labels: Option<TensorData>,
    /// The tokens at which the answers begin and end, `[batch]` each.
    pub answers: Option<[TensorData; 2]>,
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

/// What the labels of whole texts are (`problem_type` of a `config.json`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A number, or several: the loss is the mean square error.
    Regression,
    /// One of the labels: the loss is the cross entropy.
    SingleLabel,
    /// A yes or no for each label: the loss is the mean binary cross entropy.
    MultiLabel,
}

/// A published model, read as one of the classes that are known here.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is held at a time, and never in a collection")]
pub enum PublishedBert {
    /// The encoder alone: `BertModel`.
    Encoder(Bert),
    /// The encoder with its masked-language head: `BertForMaskedLM`.
    MaskedLanguage(MaskedLanguageModel),
    /// The encoder with a head for whole texts: `BertForSequenceClassification`; and what its
    /// labels are, where the configuration says.
    Classifier(SequenceClassifier, Option<Problem>),
    /// The encoder with a head for each token: `BertForTokenClassification`.
    Tokens(TokenClassifier),
    /// The encoder with a score for the first and the last token of an answer:
    /// `BertForQuestionAnswering`.
    Question(TokenClassifier),
}

impl PublishedBert {
    /// Reads the model in `folder` as the class `architecture`. It drops nothing, on whatever device,
    /// as what is recorded was run.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read as that class, or a class that is not known here.
    pub fn open(
        folder: &Path,
        architecture: &str,
        device: &Device,
    ) -> Result<Self, CheckpointError> {
        let class = FAMILIES.iter().find_map(|family| {
            architecture.strip_prefix(family).filter(|class| CLASSES.contains(class))
        });
        let mut model = match class {
            Some("Model") => Self::Encoder(load_bert(folder, device)?.model),
            Some("ForMaskedLM") => {
                Self::MaskedLanguage(load_masked_language_model(folder, device)?.model)
            }
            Some("ForSequenceClassification") => {
                let problem = problem(folder)?;
                Self::Classifier(load_sequence_classifier(folder, device)?.model, problem)
            }
            Some("ForTokenClassification") => {
                Self::Tokens(load_token_classifier(folder, TOKEN_LABELS, device)?.model)
            }
            Some("ForQuestionAnswering") => {
                Self::Question(load_token_classifier(folder, ANSWER, device)?.model)
            }
            _ => return unknown(architecture, folder),
        };
        let bert = model.bert_mut();
        bert.embeddings.dropout.prob = 0.0;
        for layer in &mut bert.layers {
            layer.dropout.prob = 0.0;
            layer.attention.dropout.prob = 0.0;
        }
        Ok(model)
    }

    /// The encoder under the head.
    pub fn bert(&self) -> &Bert {
        match self {
            Self::Encoder(bert) => bert,
            Self::MaskedLanguage(model) => &model.bert,
            Self::Classifier(model, _) => &model.bert,
            Self::Tokens(model) | Self::Question(model) => &model.bert,
        }
    }

    /// The encoder under the head, to change.
    fn bert_mut(&mut self) -> &mut Bert {
        match self {
            Self::Encoder(bert) => bert,
            Self::MaskedLanguage(model) => &mut model.bert,
            Self::Classifier(model, _) => &mut model.bert,
            Self::Tokens(model) | Self::Question(model) => &mut model.bert,
        }
    }

    /// All that the class answers, by name: `hidden_states.N`, `attentions.N`, `last_hidden_state`
    /// and `pooler_output`, or `logits`, `loss` and `probabilities`, or `start_logits` and
    /// `end_logits`.
    ///
    /// # Panics
    ///
    /// If the inputs do not fit the model: ids beyond its tables, more tokens than it has positions
    /// for, labels of another kind or shape.
    pub fn answers(&self, inputs: &BertInputs, device: &Device) -> BTreeMap<String, TensorData> {
        let (answers, _) = self.run(inputs, device);
        answers.named
    }

    /// The gradient of the loss by every weight, in the weight's place, or `None` where the class
    /// has no loss or the inputs no labels. A weight that is not in the loss has zeros. The model
    /// must be on a device that computes gradients.
    ///
    /// # Panics
    ///
    /// As [`PublishedBert::answers`].
    pub fn gradients(self, inputs: &BertInputs, device: &Device) -> Option<Self> {
        let (_, loss) = self.run(inputs, device);
        let mut swap = Swap(loss?.backward());
        Some(match self {
            Self::Encoder(model) => Self::Encoder(model.map(&mut swap)),
            Self::MaskedLanguage(model) => Self::MaskedLanguage(model.map(&mut swap)),
            Self::Classifier(model, problem) => Self::Classifier(model.map(&mut swap), problem),
            Self::Tokens(model) => Self::Tokens(model.map(&mut swap)),
            Self::Question(model) => Self::Question(model.map(&mut swap)),
        })
    }

    /// The tensors of the model as they are called in `folder`, which it was read from: weights, or
    /// gradients in their places.
    ///
    /// # Errors
    ///
    /// A `config.json` that is no encoder's.
    pub fn tensors(&self, folder: &Path) -> Result<Vec<(String, TensorData)>, CheckpointError> {
        let (mut save, family) = (Save::default(), config::read(folder)?.family);
        let (walk, prefix) = (&mut save, family.names().prefix);
        match self {
            Self::Encoder(model) => names::encoder(walk, family, &mut model.clone()),
            Self::MaskedLanguage(model) => {
                names::masked_language_model(walk, prefix, family, &mut model.clone())
            }
            Self::Classifier(model, _) => {
                names::sequence_classifier(walk, prefix, family, &mut model.clone())
            }
            Self::Tokens(model) => {
                names::token_classifier(walk, prefix, family, TOKEN_LABELS, &mut model.clone())
            }
            Self::Question(model) => {
                names::token_classifier(walk, prefix, family, ANSWER, &mut model.clone())
            }
        }?;
        Ok(save.tensors)
    }

    /// The answers, and the loss where there are labels.
    fn run(&self, inputs: &BertInputs, device: &Device) -> (Answers, Option<Tensor<1>>) {
        let mut answers = Answers::default();
        let last = answers.trace(self.bert().trace(&inputs.batch(device)));
        let labels = inputs.labels.as_ref();
        let loss = match self {
            Self::Encoder(model) => {
                answers.add("last_hidden_state", last.clone());
                if let Some(pooled) = model.pool(last) {
                    answers.add("pooler_output", pooled);
                }
                None
            }
            Self::MaskedLanguage(model) => {
                let logits = model.logits(last);
                answers.add("logits", logits.clone());
                labels.map(|labels| token_loss(logits, labels))
            }
            Self::Classifier(model, problem) => {
                let logits = model.logits(last);
                answers.add("logits", logits.clone());
                answers.add("probabilities", softmax(logits.clone(), LABELS));
                labels.map(|labels| text_loss(logits, labels, *problem))
            }
            Self::Tokens(model) => {
                let logits = model.classifier.forward(last);
                answers.add("logits", logits.clone());
                labels.map(|labels| token_loss(logits, labels))
            }
            Self::Question(model) => {
                let logits = model.classifier.forward(last);
                let [start, end] = [0, 1].map(|i| -> Tensor<2> {
                    logits.clone().narrow(START_AND_END, i, 1).squeeze_dim(START_AND_END)
                });
                answers.add("start_logits", start.clone());
                answers.add("end_logits", end.clone());
                let places = inputs.answers.as_ref();
                places.map(|[first, last]| (place_loss(start, first) + place_loss(end, last)) / 2.0)
            }
        };
        if let Some(loss) = &loss {
            answers.add("loss", loss.clone());
        }
        (answers, loss)
    }
}

/// The error for a class that is not known here.
fn unknown<T>(architecture: &str, folder: &Path) -> Result<T, CheckpointError> {
    let mut known = Vec::new();
    for class in CLASSES {
        known.push(format!("Bert{class}"));
    }
    let problem = format!(
        "expected one of {}, or the same of {}, found {architecture:?}",
        known.join(", "),
        FAMILIES[1..].join(", ")
    );
    Checks::of(&folder.join("config.json")).refuse("architectures", problem)
}

/// What a `config.json` says that the labels of whole texts are.
fn problem(folder: &Path) -> Result<Option<Problem>, CheckpointError> {
    #[derive(Deserialize)]
    struct Config {
        problem_type: Option<String>,
    }
    let path = folder.join("config.json");
    let Config { problem_type } = files::read_json(&path)?;
    match problem_type.as_deref() {
        None => Ok(None),
        Some("regression") => Ok(Some(Problem::Regression)),
        Some("single_label_classification") => Ok(Some(Problem::SingleLabel)),
        Some("multi_label_classification") => Ok(Some(Problem::MultiLabel)),
        Some(other) => {
            let problem = format!(
                "expected regression, single_label_classification or multi_label_classification, \
                 found {other:?}"
            );
            Checks::of(&path).refuse("problem_type", problem)
        }
    }
}

impl Problem {
    /// What the labels of whole texts are where the configuration does not say: by how many there
    /// are and how they are stored (`ForSequenceClassificationLoss` of transformers 5.24).
    pub fn of(labels: usize, given: &TensorData) -> Self {
        match labels {
            1 => Self::Regression,
            _ if given.dtype().is_float() => Self::MultiLabel,
            _ => Self::SingleLabel,
        }
    }
}

/// Answers by the names that the libraries give them.
#[derive(Default)]
struct Answers {
    named: BTreeMap<String, TensorData>,
}

impl Answers {
    /// Adds one answer under its name.
    fn add<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        self.named.insert(name.into(), tensor.into_data());
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
}

/// The mean cross entropy of the labelled places of logits, `[batch, tokens, classes]`.
fn token_loss(logits: Tensor<3>, labels: &TensorData) -> Tensor<1> {
    let [batch, tokens, _] = logits.dims();
    let mut targets = vec![Vec::new(); batch];
    for (place, label) in labels.iter::<i64>().enumerate() {
        if label != UNLABELLED {
            targets[place / tokens].push((place % tokens, label as u32));
        }
    }
    masked_loss(logits, &targets)
}

/// The mean cross entropy of the places where something begins or ends; one beyond the text is not
/// scored, one before it is its first token (`ForQuestionAnsweringLoss` of transformers 5.24).
///
/// # Shapes
///
/// - logits: `[batch, tokens]`
/// - places: `[batch]`
/// - output: `[1]`, nats
fn place_loss(logits: Tensor<2>, places: &TensorData) -> Tensor<1> {
    let [batch, tokens] = logits.dims();
    let mut labels = Vec::with_capacity(batch);
    for place in places.iter::<i64>() {
        let inside = place < tokens as i64;
        labels.push(if inside { place.max(0) } else { UNLABELLED });
    }
    token_loss(logits.reshape([batch, 1, tokens]), &TensorData::new(labels, [batch, 1]))
}

/// The loss of a classifier of whole texts, by what its labels are.
///
/// # Shapes
///
/// - logits: `[batch, labels]`
/// - labels: `[batch]`, or `[batch, labels]` where each has a number of its own
/// - output: `[1]`
fn text_loss(logits: Tensor<2>, labels: &TensorData, problem: Option<Problem>) -> Tensor<1> {
    let [batch, n_labels] = logits.dims();
    let problem = problem.unwrap_or_else(|| Problem::of(n_labels, labels));
    if problem == Problem::SingleLabel {
        return token_loss(logits.reshape([batch, 1, n_labels]), labels);
    }
    let numbers: Vec<f32> = labels.iter().collect();
    let labels = Tensor::from_data(TensorData::new(numbers, [batch, n_labels]), &logits.device());
    match problem {
        Problem::Regression => (logits - labels).square().mean(),
        // -y ln s(x) - (1 - y) ln(1 - s(x)), with s the sigmoid, where neither can overflow
        _ => {
            let magnitude = logits.clone().abs();
            let rest = ((-magnitude).exp() + 1.0).log();
            (logits.clone().clamp_min(0.0) - logits * labels + rest).mean()
        }
    }
}

/// Replaces every weight by its gradient.
struct Swap(Gradients);

impl ModuleMapper for Swap {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let weight = param.val();
        let gradient = weight.grad(&self.0);
        Param::from_tensor(gradient.unwrap_or_else(|| weight.inner().zeros_like()))
    }
}

//! Fine-tuning: the encoder learns too.

use burn::config::Config;
use burn::module::Module;
use burn::nn::LinearConfig;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData, assert_shape};
use encoder::{Batch, Bert, SequenceClassifier, TokenClassifier};
use lookup::cross_entropy;
use training::{Draw, Recipe, Task, items_of_draw, on_all_cores, parallel_gradients, parts};

use crate::{LABELS, Labels, ROWS, log_softmax, probabilities};

/// Number of texts that are predicted together. It bounds the memory; the answers do not depend on
/// it.
const PREDICT_BATCH: usize = 32;

/// A text as token ids, with what is to be learned of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example<T> {
    /// Token ids, the special ones among them.
    pub ids: Vec<u32>,
    /// The answer that is to be learned.
    pub target: T,
}

/// How to fine-tune; the defaults are within what BERT's authors tried (Devlin et al. 2019, section
/// A.3).
#[derive(Config, Debug, Copy, PartialEq)]
pub struct FineTuning {
    /// Texts that a step learns from.
    #[config(default = 16)]
    pub batch: usize,
    /// Times that training goes through the texts.
    #[config(default = 2)]
    pub epochs: usize,
    /// Learning rate of AdamW after the warm-up.
    #[config(default = 5e-5)]
    pub learning_rate: f64,
    /// Seed that the order of the texts and dropout follow from.
    pub seed: u64,
}

impl FineTuning {
    /// The recipe for this many texts.
    pub fn recipe(&self, texts: usize) -> Recipe {
        let steps = (self.epochs * texts.div_ceil(self.batch)).max(1);
        Recipe::fine_tuning(steps, self.learning_rate, self.seed)
    }
}

/// A new head on an encoder's pooler, lesson 11's reading of `[CLS]`; an encoder without a pooler
/// gets a new one.
pub fn sequence_classifier(mut bert: Bert, n_labels: usize, device: &Device) -> SequenceClassifier {
    let d_model = bert.d_model();
    bert.pooler.get_or_insert_with(|| LinearConfig::new(d_model, d_model).init(device));
    SequenceClassifier { bert, classifier: LinearConfig::new(d_model, n_labels).init(device) }
}

/// The probabilities of texts, in their order. The model must be without autodiff (`.valid()`):
/// under autodiff it still drops numbers, and answers differ from call to call.
///
/// # Shapes
///
/// - texts: token ids of each text, special tokens included
/// - output: `[texts, labels]`, rows that sum to 1
///
/// # Panics
///
/// If there is no text.
pub fn predict(
    model: &SequenceClassifier,
    texts: &[&[u32]],
    pad: u32,
    device: &Device,
) -> Tensor<2> {
    // Texts of one length share a batch, so that little is padded.
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&text| texts[text].len());
    let mut logits = Vec::new();
    for part in order.chunks(PREDICT_BATCH) {
        let mut together = Vec::with_capacity(part.len());
        for &text in part {
            together.push(texts[text]);
        }
        logits.push(model.forward(&Batch::of_one_segment(&together, pad, device)));
    }
    let logits = Tensor::cat(logits, ROWS);
    probabilities(logits.select(ROWS, ints(&inverse(&order), device)), Labels::One)
}

/// The place of each number in an order: `inverse(order)[order[i]] = i`.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, &number) in order.iter().enumerate() {
        places[number] = place;
    }
    places
}

/// Whole numbers as a tensor: `[numbers]`.
fn ints(numbers: &[usize], device: &Device) -> Tensor<1, Int> {
    let mut data = Vec::with_capacity(numbers.len());
    for &number in numbers {
        data.push(number as i64);
    }
    Tensor::from_data(TensorData::new(data, [numbers.len()]), device)
}

/// A model that can be fine-tuned on examples. It says what is learned from one text (a label, or
/// labels of its tokens), and how wrong it is about a batch of them.
pub trait Learner: Module + Sync {
    /// What is to be learned from one text.
    type Target: Sync;

    /// The mean loss in nats over all answers of these examples, each weighted by its label's
    /// weight.
    ///
    /// # Shapes
    ///
    /// - batch.ids: `[batch, tokens]`, one row for each target
    /// - label_weights: `[labels]`
    /// - output: `[1]`
    fn loss(&self, batch: &Batch, targets: &[&Self::Target], label_weights: &[f32]) -> Tensor<1>;

    /// The weight of all answers of one text together.
    fn weight(target: &Self::Target, label_weights: &[f32]) -> f32;
}

impl Learner for SequenceClassifier {
    type Target = usize;

    fn loss(&self, batch: &Batch, targets: &[&usize], label_weights: &[f32]) -> Tensor<1> {
        let mut answers = Vec::with_capacity(targets.len());
        for (row, &&label) in targets.iter().enumerate() {
            answers.push(LabelledRow { row, label });
        }
        weighted_cross_entropy(self.forward(batch), &answers, label_weights)
    }

    fn weight(&label: &usize, label_weights: &[f32]) -> f32 {
        label_weights[label]
    }
}

/// A token that has a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelledToken {
    /// Place of the token in its text, special tokens counted.
    pub token: usize,
    /// Number of its label.
    pub label: usize,
}

impl Learner for TokenClassifier {
    /// Tokens that have a label; the others are not learned from.
    type Target = Vec<LabelledToken>;

    fn loss(
        &self,
        batch: &Batch,
        targets: &[&Vec<LabelledToken>],
        label_weights: &[f32],
    ) -> Tensor<1> {
        let logits = self.forward(batch);
        let [texts, tokens, n_labels] = logits.dims();
        let mut answers = Vec::new();
        for (text, labelled) in targets.iter().enumerate() {
            for &LabelledToken { token, label } in *labelled {
                answers.push(LabelledRow { row: text * tokens + token, label });
            }
        }
        weighted_cross_entropy(logits.reshape([texts * tokens, n_labels]), &answers, label_weights)
    }

    fn weight(target: &Vec<LabelledToken>, label_weights: &[f32]) -> f32 {
        let mut weight = 0.0;
        for token in target {
            weight += label_weights[token.label];
        }
        weight
    }
}

/// A row of logits that has a right label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelledRow {
    /// Number of the row.
    pub row: usize,
    /// Number of its label.
    pub label: usize,
}

/// Cross entropy in which an answer counts as much as its label weighs:
/// sum_i w(y_i) (-log p_i(y_i)) / sum_i w(y_i) over the rows that have an answer.
///
/// # Shapes
///
/// - logits: `[rows, labels]`
/// - label_weights: `[labels]`
/// - output: `[1]`, nats
///
/// # Panics
///
/// If there is no answer, or not one weight per label.
// ANCHOR: weighted
pub fn weighted_cross_entropy(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let (n, device) = (answers.len(), logits.device());
    assert_shape!(logits, [_, label_weights.len()]);
    let (mut rows, mut labels, mut answer_weights) = (Vec::new(), Vec::new(), Vec::new());
    let mut sum = 0.0;
    for answer in answers {
        rows.push(answer.row);
        labels.push(answer.label);
        answer_weights.push(label_weights[answer.label]);
        sum += label_weights[answer.label];
    }
    let logits = logits.select(ROWS, ints(&rows, &device));
    let labels = ints(&labels, &device);
    if label_weights.iter().all(|&weight| weight == label_weights[0]) {
        return cross_entropy(logits, labels); // equal weights cancel: lesson 01's loss
    }
    let answer_weights = TensorData::new(answer_weights, [n]);
    let answer_weights = Tensor::<1>::from_data(answer_weights, &device);
    let log_p = log_softmax(logits).gather(LABELS, labels.reshape([n, 1]));
    -(log_p.reshape([n]) * answer_weights).sum() / sum
}
// ANCHOR_END: weighted

/// Examples as a task of [`training::train`].
#[derive(Debug)]
pub struct Examples<'a, M: Learner> {
    /// Examples to learn from.
    pub training: &'a [Example<M::Target>],
    /// Examples to measure with, held back from the training.
    pub held_out: &'a [Example<M::Target>],
    /// Weight of each label in the loss, in the order of the labels.
    pub label_weights: Vec<f32>,
    /// Id of the padding token, `[PAD]`.
    pub pad: u32,
    /// Settings of the training.
    pub how: FineTuning,
    /// Device that trains, with autodiff.
    pub device: &'a Device,
}

/// The texts of examples, padded to the longest.
pub fn padded<T>(examples: &[&Example<T>], pad: u32, device: &Device) -> Batch {
    let mut texts = Vec::with_capacity(examples.len());
    for example in examples {
        texts.push(&example.ids[..]);
    }
    Batch::of_one_segment(&texts, pad, device)
}

/// The answers of examples.
fn targets<'a, T>(examples: &[&'a Example<T>]) -> Vec<&'a T> {
    let mut targets = Vec::with_capacity(examples.len());
    for example in examples {
        targets.push(&example.target);
    }
    targets
}

impl<M: Learner> Examples<'_, M> {
    /// The weight of all answers of these examples together.
    fn weight(&self, examples: &[&Example<M::Target>]) -> f64 {
        let mut weight = 0.0;
        for example in examples {
            weight += f64::from(M::weight(&example.target, &self.label_weights));
        }
        weight
    }
}

impl<M: Learner> Task for Examples<'_, M> {
    type Model = M;

    fn loss(&self, model: &M, draw: Draw) -> Tensor<1> {
        let examples = items_of_draw(self.training, self.how.batch, draw);
        let batch = padded(&examples, self.pad, self.device);
        model.loss(&batch, &targets(&examples), &self.label_weights)
    }

    /// The gradients of [`Examples::loss`], by parts of the batch. Texts of one length share a part,
    /// so that little is padded.
    fn gradients(&self, model: &M, draw: Draw) -> (Tensor<1>, GradientsParams) {
        let mut examples = items_of_draw(self.training, self.how.batch, draw);
        examples.sort_by_key(|example| example.ids.len());
        let whole = self.weight(&examples);
        let size = examples.len().div_ceil(parts(self.device, true));
        let mut parts = Vec::new();
        for part in examples.chunks(size) {
            let share = self.weight(part) / whole;
            if share != 0.0 {
                parts.push((part, share)); // a part without an answer has no loss
            }
        }
        let (device, pad, label_weights) = (self.device, self.pad, &self.label_weights[..]);
        parallel_gradients(model, device, parts, |model, part| {
            model.loss(&padded(part, pad, device), &targets(part), label_weights)
        })
    }

    fn tokens(&self) -> usize {
        let mut all = 0;
        for example in self.training {
            all += example.ids.len();
        }
        self.how.batch * all / self.training.len()
    }

    /// The loss over the examples held back: the mean of the batches' losses, each counting as many
    /// times as it has texts. Where every text has one answer and all labels weigh the same, that
    /// is the mean over all answers. Otherwise [`Learner::loss`] divides each batch by its own
    /// answers' weights, and this mean is only near the mean over all: good enough to compare steps
    /// by.
    fn evaluate(&self, model: &M) -> f64 {
        let device = &self.device.clone().inner();
        let mut examples: Vec<&Example<M::Target>> = self.held_out.iter().collect();
        examples.sort_by_key(|example| example.ids.len()); // so that little is padded
        let parts = examples.chunks(self.how.batch).collect();
        let (pad, label_weights) = (self.pad, &self.label_weights[..]);
        let losses = on_all_cores(device, parts, |part: &[&Example<M::Target>]| {
            let loss = model.loss(&padded(part, pad, device), &targets(part), label_weights);
            loss.into_scalar::<f64>() * part.len() as f64
        });
        losses.iter().sum::<f64>() / examples.len() as f64
    }
}

//! Fine-tuning: the encoder learns too.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::{TensorData, assert_shape};
use encoder::{Batch, Bert, SequenceClassifier};
use lookup::cross_entropy;
use training::{Draw, Recipe, Task, batch_of_epoch};

use crate::{Labels, probabilities};

/// Texts that are predicted together.
const TOGETHER: usize = 32;

/// A text as token ids, with what is to be learnt of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example<T> {
    /// Token ids, the special ones among them.
    pub ids: Vec<u32>,
    /// The answer.
    pub target: T,
}

/// How to fine-tune; the defaults are within what BERT's authors tried (Devlin et al. 2019, section
/// A.3).
#[derive(Config, Debug, Copy, PartialEq)]
pub struct FineTuning {
    /// Texts a step.
    #[config(default = 16)]
    pub batch: usize,
    /// Times through the texts.
    #[config(default = 2)]
    pub epochs: usize,
    /// AdamW's, after the warm-up.
    #[config(default = 5e-5)]
    pub learning_rate: f64,
    /// The order of the texts, and dropout, follow from it.
    pub seed: u64,
}

impl FineTuning {
    /// The recipe for this many texts.
    pub fn recipe(&self, texts: usize) -> Recipe {
        let steps = (self.epochs * texts.div_ceil(self.batch)).max(1);
        Recipe::fine_tuning(steps, self.learning_rate, self.seed)
    }
}

/// A new head on an encoder; a pooler of its own where it has none.
pub fn sequence_classifier(mut bert: Bert, labels: usize, device: &Device) -> SequenceClassifier {
    let d_model = bert.d_model();
    bert.pooler.get_or_insert_with(|| LinearConfig::new(d_model, d_model).init(device));
    SequenceClassifier { bert, classifier: LinearConfig::new(d_model, labels).init(device) }
}

/// The probabilities of texts, in their order, without dropout.
///
/// # Shapes
///
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
    let mut order: Vec<usize> = (0..texts.len()).collect();
    // texts of one length share a batch, and little is padded
    order.sort_by_key(|&text| texts[text].len());
    let logits = order.chunks(TOGETHER).map(|part| {
        let segments: Vec<Vec<u32>> = part.iter().map(|&text| vec![0; texts[text].len()]).collect();
        let texts =
            part.iter().zip(&segments).map(|(&text, segments)| (texts[text], &segments[..]));
        model.forward(&Batch::new(texts, pad, device))
    });
    let logits = Tensor::cat(logits.collect(), 0);
    let mut back = vec![0; texts.len()];
    order.iter().enumerate().for_each(|(place, &text)| back[text] = place as i64);
    let back = Tensor::<1, Int>::from_data(TensorData::new(back, [texts.len()]), device);
    probabilities(logits.select(0, back), Labels::One)
}

/// BERT with a score for every label of every token (Devlin et al. 2019, section 5.3, without its
/// CRF either).
#[derive(Module, Debug)]
pub struct TokenClassifier {
    /// The encoder under the head.
    pub bert: Bert,
    /// `[d_model, labels]`.
    pub classifier: Linear,
}

impl TokenClassifier {
    /// A new head on an encoder.
    pub fn new(bert: Bert, labels: usize, device: &Device) -> Self {
        let classifier = LinearConfig::new(bert.d_model(), labels).init(device);
        Self { bert, classifier }
    }

    // ANCHOR: token_classifier
    /// The logits of every token.
    ///
    /// # Shapes
    ///
    /// - output: `[batch, tokens, labels]`, logits
    pub fn forward(&self, batch: &Batch) -> Tensor<3> {
        self.classifier.forward(self.bert.forward(batch))
    }
    // ANCHOR_END: token_classifier
}

/// Something that learns from examples: what is asked of a batch, and the answers.
pub trait Learner: Module {
    /// Of one text.
    type Target;

    /// The mean loss in nats over all answers of these examples, `[1]`; an answer weighs what its
    /// label does.
    fn loss(&self, batch: &Batch, targets: &[&Self::Target], weights: &[f32]) -> Tensor<1>;
}

impl Learner for SequenceClassifier {
    type Target = usize;

    fn loss(&self, batch: &Batch, targets: &[&usize], weights: &[f32]) -> Tensor<1> {
        let answers: Vec<(usize, usize)> =
            targets.iter().enumerate().map(|(row, &&label)| (row, label)).collect();
        weighted(self.forward(batch), &answers, weights)
    }
}

impl Learner for TokenClassifier {
    /// Tokens that have a label, and which.
    type Target = Vec<(usize, usize)>;

    fn loss(&self, batch: &Batch, targets: &[&Vec<(usize, usize)>], weights: &[f32]) -> Tensor<1> {
        let logits = self.forward(batch);
        let [rows, tokens, labels] = logits.dims();
        let place = |(row, answers): (usize, &&Vec<(usize, usize)>)| {
            answers
                .iter()
                .map(move |&(token, label)| (row * tokens + token, label))
                .collect::<Vec<_>>()
        };
        let answers: Vec<(usize, usize)> = targets.iter().enumerate().flat_map(place).collect();
        weighted(logits.reshape([rows * tokens, labels]), &answers, weights)
    }
}

// ANCHOR: weighted
/// sum_i w[y_i] (-log p_i[y_i]) / sum_i w[y_i] over rows that have an answer, `[1]`.
///
/// # Shapes
///
/// - logits: `[rows, labels]`
///
/// # Panics
///
/// If there is no answer, or not a weight for each label.
fn weighted(logits: Tensor<2>, answers: &[(usize, usize)], weights: &[f32]) -> Tensor<1> {
    let (n, device) = (answers.len(), logits.device());
    assert_shape!(logits, [_, weights.len()]);
    let ints = |of: fn(&(usize, usize)) -> usize| {
        let numbers: Vec<i64> = answers.iter().map(|answer| of(answer) as i64).collect();
        Tensor::<1, Int>::from_data(TensorData::new(numbers, [n]), &device)
    };
    let logits = logits.select(0, ints(|answer| answer.0));
    if weights.iter().all(|&weight| weight == weights[0]) {
        return cross_entropy(logits, ints(|answer| answer.1));
    }
    let of_answers: Vec<f32> = answers.iter().map(|&(_, label)| weights[label]).collect();
    let sum: f32 = of_answers.iter().sum();
    let of_answers = Tensor::<1>::from_data(TensorData::new(of_answers, [n]), &device);
    let log = burn::tensor::activation::log_softmax(logits, 1);
    let own: Tensor<1> = log.gather(1, ints(|answer| answer.1).unsqueeze_dim(1)).squeeze_dim(1);
    -(own * of_answers).sum() / sum
}
// ANCHOR_END: weighted

/// Examples as a task of [`training::train`].
#[derive(Debug)]
pub struct Examples<'a, M: Learner> {
    /// To learn from.
    pub training: &'a [Example<M::Target>],
    /// To measure with.
    pub held_out: &'a [Example<M::Target>],
    /// What an answer of each label weighs.
    pub weights: Vec<f32>,
    /// The id of `[PAD]`.
    pub pad: u32,
    /// How to train.
    pub how: FineTuning,
    /// One that trains.
    pub device: &'a Device,
}

/// The texts of examples, padded to the longest.
pub fn padded<T>(examples: &[&Example<T>], pad: u32, device: &Device) -> Batch {
    let segments: Vec<Vec<u32>> =
        examples.iter().map(|example| vec![0; example.ids.len()]).collect();
    Batch::new(
        examples.iter().zip(&segments).map(|(example, s)| (&example.ids[..], &s[..])),
        pad,
        device,
    )
}

impl<M: Learner> Task for Examples<'_, M> {
    type Model = M;

    fn loss(&self, model: &M, draw: Draw) -> Tensor<1> {
        let drawn = batch_of_epoch(self.training.len(), self.how.batch, draw.step, draw.seed);
        let examples: Vec<&Example<M::Target>> =
            drawn.into_iter().map(|i| &self.training[i]).collect();
        let targets: Vec<&M::Target> = examples.iter().map(|example| &example.target).collect();
        model.loss(&padded(&examples, self.pad, self.device), &targets, &self.weights)
    }

    fn tokens(&self) -> usize {
        let all: usize = self.training.iter().map(|example| example.ids.len()).sum();
        self.how.batch * all / self.training.len()
    }

    fn evaluate(&self, model: &M) -> f64 {
        let plain = self.device.clone().inner();
        let examples: Vec<&Example<M::Target>> = self.held_out.iter().collect();
        let losses = examples.chunks(self.how.batch).map(|examples| {
            let targets: Vec<&M::Target> = examples.iter().map(|example| &example.target).collect();
            let loss = model.loss(&padded(examples, self.pad, &plain), &targets, &self.weights);
            loss.into_scalar::<f64>() * examples.len() as f64
        });
        losses.sum::<f64>() / examples.len() as f64
    }
}

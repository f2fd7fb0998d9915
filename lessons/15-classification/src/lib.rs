//! # 15 Classification
//!
//! **Question.** A sentence has become a vector. What is the vector good for?
//!
//! **Equation.** Logistic regression on vectors `x` that stay as they are (Hastie, Tibshirani and
//! Friedman 2009, "The Elements of Statistical Learning", section 4.4), with the penalty of ridge
//! regression:
//!
//! ```text
//! p = softmax(x W + b)
//! L = sum_i w_i (-log p_i[y_i]) / sum_i w_i + l2 |W|^2 / 2
//! dL/dW = x^T (w (p - y)) / sum_i w_i + l2 W
//! ```
//!
//! **Builds on.**
//! - `sentences::SentenceEncoder::embed_matrix_with(texts, reading) -> [texts, d_model]` (lesson
//!   14)
//! - `encoder::SequenceClassifier::forward(&batch) -> [batch, labels]`,
//!   `encoder::TokenClassifier::forward(&batch) -> [batch, tokens, labels]`, `encoder::Bert` and
//!   `encoder::Batch` (lesson 11)
//! - `lookup::cross_entropy(logits, targets)` in nats (lesson 01)
//!
//! **Leaves you with.** A classifier for your own labels: on frozen vectors in seconds, fine-tuned
//! in minutes.
//!
//! **Try.** `cargo test -p lesson-15`, then
//! `cargo rungs classify train reviews.tsv --out my_classifier`.

pub mod baseline;
pub mod calibration;
pub mod checkpoint;
pub mod demo;
pub mod finetune;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::optim::{GradientsParams, LBFGSConfig, LineSearchFn};
use burn::tensor::{Device, Tensor, TensorData, activation, assert_shape};
use course::Lesson;
use serde::{Deserialize, Serialize};

/// What the list of lessons says about this one.
pub const LESSON: Lesson = Lesson {
    stem: "15-classification",
    question: "What are the vectors good for?",
    leaves_you_with: "classifiers for your own labels, on frozen vectors and fine-tuned",
    minilm: true,
};

/// The rows' axis of `[rows, labels]`.
const ROWS: usize = 0;

/// The labels' axis of `[rows, labels]`.
const LABELS: usize = 1;

/// The largest entry of a gradient that counts as nothing: f32 sums thousands of rows no better.
const FLAT: f64 = 1e-6;

/// Steps back that the search keeps to know the curvature by: as many as scipy's L-BFGS, which
/// scikit-learn calls.
const HISTORY: usize = 10;

/// Learning rate of the search, where each line search begins: at 1 it first tries the step that
/// the curvature suggests.
const WHOLE_STEPS: f64 = 1.0;

/// How many labels a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Labels {
    /// One of the labels: probabilities by softmax, which sum to 1.
    One,
    /// Any number of the labels: a probability of its own for each, by the sigmoid.
    Any,
}

/// Logistic regression.
#[derive(Config, Debug, Copy, PartialEq)]
pub struct LogisticRegression {
    /// Strength of the penalty: times half the square of the weights, beside the mean loss; biases
    /// cost nothing. The default is what scikit-learn's `C = 1` comes to for 1000 rows of
    /// three labels or more.
    #[config(default = 1e-3)]
    pub l2: f64,
    /// Whether rare labels weigh as much as common ones, all rows of a label together.
    #[config(default = false)]
    pub balanced: bool,
    /// How many labels a text has.
    #[config(default = "Labels::One")]
    pub kind: Labels,
    /// Steps of the search at most: it ends earlier where the gradient is nothing.
    #[config(default = 500)]
    pub steps: usize,
}

impl LogisticRegression {
    /// The penalty that scikit-learn means by `C`: `C` times the sum of the losses beside half the
    /// square of the weights. For two labels it keeps one column, whose weights are the difference
    /// of the two here: each has half, both together half the square.
    pub fn as_scikit_learn(c: f64, rows: usize, n_labels: usize) -> Self {
        let columns = if n_labels == 2 { 2.0 } else { 1.0 };
        Self::new().with_l2(columns / (c * rows as f64))
    }
}

impl LogisticRegression {
    /// The head that fits best: the minimum of [`LogisticRegression::loss`], which has no local
    /// minimum besides the lowest, by L-BFGS (Nocedal and Wright 2006, "Numerical Optimization",
    /// algorithm 7.5).
    ///
    /// # Shapes
    ///
    /// - x: `[rows, d_model]`, without autodiff
    /// - y: `[rows, labels]`, 1 where a row has the label, else 0
    ///
    /// # Panics
    ///
    /// If there is no row, or `x` and `y` have different numbers of rows.
    // ANCHOR: fit
    pub fn fit(&self, x: Tensor<2>, y: Tensor<2>) -> Linear {
        let ([rows, d_model], [_, n_labels]) = (x.dims(), y.dims());
        assert!(rows > 0, "a head is fitted to at least one row");
        assert_shape!(y, [rows, n_labels]);
        let row_weights = self.row_weights(&y);
        let zeros = Linear {
            weight: Param::from_tensor(Tensor::zeros([d_model, n_labels], &x.device())),
            bias: Some(Param::from_tensor(Tensor::zeros([n_labels], &x.device()))),
        };
        let mut search = LBFGSConfig::new()
            .with_max_iter(self.steps)
            .with_history_size(HISTORY)
            .with_tolerance_grad(FLAT)
            .with_line_search_fn(LineSearchFn::StrongWolfe)
            .init();
        // burn's search steps a model under autodiff; the gradients are made by hand,
        // without.
        let (best, _loss) = search.step(WHOLE_STEPS, zeros.train(), |head| {
            let head = head.valid();
            self.loss(&head, &x, &y, &row_weights)
        });
        best.valid()
    }
    // ANCHOR_END: fit

    /// The loss in nats per row, and its gradient by weight and bias, by hand.
    ///
    /// # Shapes
    ///
    /// - x: `[rows, d_model]`, without autodiff
    /// - y: `[rows, labels]`, 1 where a row has the label, else 0
    /// - row_weights: `[rows, 1]`, what each row counts
    /// - output: the loss; the gradients `[d_model, labels]` of the weight and `[labels]` of the
    ///   bias
    // ANCHOR: logistic
    pub fn loss(
        &self,
        head: &Linear,
        x: &Tensor<2>,
        y: &Tensor<2>,
        row_weights: &Tensor<2>,
    ) -> (f64, GradientsParams) {
        let logits = head.forward(x.clone());
        let all = row_weights.clone().sum().into_scalar::<f64>();
        let losses = match self.kind {
            Labels::One => -(log_softmax(logits.clone()) * y.clone()),
            Labels::Any => binary_cross_entropy(logits.clone(), y.clone()),
        };
        let row_losses = losses.sum_dim(LABELS); // [rows, 1]
        let weight = head.weight.val();
        let penalty = weight.clone().square().sum().into_scalar::<f64>() * self.l2 / 2.0;
        let paid = (row_losses * row_weights.clone()).sum().into_scalar::<f64>();
        let p = probabilities(logits, self.kind);
        let error = (p - y.clone()) * row_weights.clone() / all;
        let mut gradients = GradientsParams::new();
        gradients.register(
            head.weight.id,
            x.clone().transpose().matmul(error.clone()) + weight * self.l2,
        );
        if let Some(bias) = &head.bias {
            gradients.register(bias.id, error.sum_dim(ROWS).squeeze_dim::<1>(ROWS));
        }
        (paid / all + penalty, gradients)
    }
    // ANCHOR_END: logistic

    /// What each row weighs: 1, or what makes every label weigh the same, which is rows / (labels
    /// times rows of the label), as scikit-learn's `balanced`.
    ///
    /// # Shapes
    ///
    /// - y: `[rows, labels]`, 1 where a row has the label, else 0
    /// - output: `[rows, 1]`
    ///
    /// # Panics
    ///
    /// If rows with any number of labels are to be balanced: a row would weigh several things.
    pub fn row_weights(&self, y: &Tensor<2>) -> Tensor<2> {
        let [rows, n_labels] = y.dims();
        if !self.balanced {
            return Tensor::ones([rows, 1], &y.device());
        }
        assert_eq!(self.kind, Labels::One, "only rows of one label each can be balanced");
        // [1, labels]; at least 1, so that a label without rows divides by no 0
        let rows_of_label = y.clone().sum_dim(ROWS).clamp_min(1.0);
        (y.clone() * rows_of_label.recip() * (rows as f64 / n_labels as f64)).sum_dim(LABELS)
    }
}

/// The probability of each label, by softmax where a row has one label, by the sigmoid where it has
/// any number of them; in burn's fused form unless [`kernels::plain`].
///
/// # Shapes
///
/// - logits: `[rows, labels]`
/// - output: the same, probabilities; the rows sum to 1 where a row has one label
// ANCHOR: probabilities
pub fn probabilities(logits: Tensor<2>, kind: Labels) -> Tensor<2> {
    match kind {
        Labels::One if kernels::plain() => lookup::log_softmax(logits).exp(),
        Labels::One => activation::softmax(logits, LABELS),
        Labels::Any if kernels::plain() => sigmoid(logits),
        Labels::Any => activation::sigmoid(logits),
    }
}

/// A number squeezed into 0..1: 1 / (1 + e^-z).
///
/// # Shapes
///
/// - z: `[rows, labels]`, logits
/// - output: the same, probabilities
pub fn sigmoid(z: Tensor<2>) -> Tensor<2> {
    ((-z).exp() + 1.0).recip()
}
// ANCHOR_END: probabilities

/// Lesson 01's log-softmax over the labels, in burn's fused form unless [`kernels::plain`].
fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    if kernels::plain() {
        return lookup::log_softmax(logits);
    }
    activation::log_softmax(logits, LABELS)
}

/// Binary cross entropy, -log p of what is the case for each label by itself: log(1 + e^z) - y z.
/// Right for every logit, though e^z itself is infinite from 89 on.
///
/// # Shapes
///
/// - z: `[rows, labels]`, logits
/// - y: `[rows, labels]`, 1 where a row has the label, else 0
/// - output: the same, nats
pub fn binary_cross_entropy(z: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    // 1 + e^z = e^z (1 + e^-z), so log(1 + e^z) = z + log(1 + e^-z): of the two forms the one whose
    // exponent is not above 0
    z.clone().clamp_min(0.0) - z.clone() * y + (-z.abs()).exp().log1p()
}

/// Label numbers as rows of one 1 each.
///
/// # Shapes
///
/// - numbers: `[rows]`, label numbers in `0..n_labels`
/// - output: `[rows, labels]`
///
/// # Panics
///
/// If a number is no label.
pub fn one_hot(numbers: &[usize], n_labels: usize, device: &Device) -> Tensor<2> {
    let mut rows = vec![0.0_f32; numbers.len() * n_labels];
    for (row, &number) in numbers.iter().enumerate() {
        assert!(number < n_labels, "label numbers lie in 0..{n_labels}");
        rows[row * n_labels + number] = 1.0;
    }
    Tensor::from_data(TensorData::new(rows, [numbers.len(), n_labels]), device)
}

/// The likeliest label of each row.
///
/// # Shapes
///
/// - scores: `[rows, labels]`, logits or probabilities
/// - output: `[rows]`, label numbers
pub fn likeliest(scores: Tensor<2>) -> Vec<usize> {
    let mut numbers = Vec::new();
    for number in scores.argmax(LABELS).into_data().iter::<i64>() {
        numbers.push(number as usize);
    }
    numbers
}

//! Mistakes in `LogisticRegression::loss`.

use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use classify::{Labels, LogisticRegression, binary_cross_entropy, probabilities};

/// The more rows, the less the penalty counts, and it has to be chosen anew for every table.
pub fn the_sums_over_the_rows_and_not_the_means(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = 1.0;
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, this.kind) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// Balanced weights add up to the number of rows, so there it does not show; with others the
/// penalty counts for more or less than it says.
pub fn divided_by_the_number_of_rows_and_not_by_what_they_weigh(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = x.dims()[0] as f64;
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, this.kind) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// The gradient points downhill and the search steps against it: uphill, from the first step on.
pub fn truth_minus_probability(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (y.clone() - probabilities(logits, this.kind)) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// The loss has another slope than its gradient says, and a line search that compares the two ends
/// beside the minimum.
pub fn the_half_of_the_penalty_forgotten_in_the_loss(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, this.kind) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// Large weights are charged for and nothing makes them smaller.
pub fn no_penalty_in_the_gradient(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, this.kind) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone());
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// Weights of both signs cancel, and a head as steep as you like costs nothing.
pub fn the_penalty_squares_the_sum_and_not_each_weight(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = {
        let sum = weight.clone().sum().into_scalar::<f64>();
        sum * sum * this.l2 / 2.0
    };
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, this.kind) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// The rare label is paid for and not learned: the head is that of rows which all weigh the same.
pub fn the_rows_weigh_in_the_loss_and_not_in_the_gradient(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, this.kind) - y.clone()) / x.dims()[0] as f64;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// A text with two labels has to divide one certainty between them, and one without any has to
/// have some.
pub fn a_softmax_whatever_the_kind(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1);
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, Labels::One) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// Probabilities of labels that exclude each other no longer sum to 1.
pub fn a_sigmoid_whatever_the_kind(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = head.forward(x.clone());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1);
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, Labels::Any) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

/// All labels seem equally common as long as the vector is 0.
pub fn the_bias_left_out_of_the_logits(
    this: &LogisticRegression,
    head: &Linear,
    x: &Tensor<2>,
    y: &Tensor<2>,
    row_weights: &Tensor<2>,
) -> (f64, GradientsParams) {
    let logits = x.clone().matmul(head.weight.val());
    let all = row_weights.clone().sum().into_scalar::<f64>();
    let row_losses = match this.kind {
        Labels::One => -(lookup::log_softmax(logits.clone()) * y.clone()).sum_dim(1),
        Labels::Any => binary_cross_entropy(logits.clone(), y.clone()).sum_dim(1),
    };
    let weight = head.weight.val();
    let penalty = weight.clone().square().sum().into_scalar::<f64>() * this.l2 / 2.0;
    let loss = (row_losses * row_weights.clone()).sum().into_scalar::<f64>() / all + penalty;
    let error = (probabilities(logits, this.kind) - y.clone()) * row_weights.clone() / all;
    let mut gradients = GradientsParams::new();
    let by_weight = x.clone().transpose().matmul(error.clone()) + weight * this.l2;
    gradients.register(head.weight.id, by_weight);
    if let Some(bias) = &head.bias {
        gradients.register(bias.id, error.sum_dim(0).squeeze_dim::<1>(0));
    }
    (loss, gradients)
}

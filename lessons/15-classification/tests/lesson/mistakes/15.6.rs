//! Mistakes in `weighted_cross_entropy`.

use burn::tensor::{Tensor, TensorData};
use classify::finetune::LabelledRow;

/// A label of one row in a hundred is left to one hundredth of the loss.
pub fn every_answer_counts_the_same(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let _ = label_weights;
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for &LabelledRow { row, label } in answers {
        of_answers[row * labels + label] += 1.0;
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    let sum = of_answers.clone().sum();
    -(lookup::log_softmax(logits) * of_answers).sum() / sum
}

/// A batch that happens to hold the heavy labels takes a larger step than another.
pub fn divided_by_the_number_of_answers_and_not_by_what_they_weigh(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for &LabelledRow { row, label } in answers {
        of_answers[row * labels + label] += label_weights[label];
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    -(lookup::log_softmax(logits) * of_answers).sum() / answers.len() as f32
}

/// The loss, and with it the step, grows with the batch.
pub fn the_sum_and_not_the_mean(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for &LabelledRow { row, label } in answers {
        of_answers[row * labels + label] += label_weights[label];
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    -(lookup::log_softmax(logits) * of_answers).sum()
}

/// The weights are added up over the labels and not over the answers: the more answers, the larger
/// the loss.
pub fn divided_by_the_weights_of_all_labels_once(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for &LabelledRow { row, label } in answers {
        of_answers[row * labels + label] += label_weights[label];
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    -(lookup::log_softmax(logits) * of_answers).sum() / label_weights.iter().sum::<f32>()
}

/// That changes what the model says and not what it pays for: rare labels are shouted, not learned.
pub fn the_logits_weighed_and_not_the_losses(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for &LabelledRow { row, label } in answers {
        of_answers[row * labels + label] += 1.0;
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    let weights = Tensor::<1>::from_floats(label_weights, &device).unsqueeze::<2>();
    let sum = of_answers.clone().sum();
    -(lookup::log_softmax(logits * weights) * of_answers).sum() / sum
}

/// Padding, [CLS] and [SEP] have no label, and are taught one.
pub fn rows_without_an_answer_count_as_label_0(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for row in 0..rows {
        let label =
            answers.iter().find(|answer| answer.row == row).map_or(0, |answer| answer.label);
        of_answers[row * labels + label] += label_weights[label];
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    let sum = of_answers.clone().sum();
    -(lookup::log_softmax(logits) * of_answers).sum() / sum
}

/// Where [CLS] has no label, every label slips by one token.
pub fn the_first_answer_taken_for_that_of_the_first_row(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for (row, answer) in answers.iter().enumerate() {
        of_answers[row * labels + answer.label] += label_weights[answer.label];
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    let sum = of_answers.clone().sum();
    -(lookup::log_softmax(logits) * of_answers).sum() / sum
}

/// Each label asks which row it belongs to: the rows' probabilities no longer sum to 1.
pub fn a_softmax_over_the_rows_and_not_over_the_labels(
    logits: Tensor<2>,
    answers: &[LabelledRow],
    label_weights: &[f32],
) -> Tensor<1> {
    let device = logits.device();
    let [rows, labels] = logits.dims();
    let mut of_answers = vec![0.0_f32; rows * labels];
    for &LabelledRow { row, label } in answers {
        of_answers[row * labels + label] += label_weights[label];
    }
    let of_answers = TensorData::new(of_answers, [rows, labels]);
    let of_answers = Tensor::<2>::from_data(of_answers, &device);
    let sum = of_answers.clone().sum();
    let log_p = lookup::log_softmax(logits.transpose()).transpose();
    -(log_p * of_answers).sum() / sum
}

//! The chapter's own small numbers: two texts of two numbers each, one of either label.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use classify::baseline::{BagOfWords, majority};
use classify::calibration::{calibration_error, reliability};
use classify::{Labels, LogisticRegression, likeliest, one_hot, probabilities};
use golden::assert_close;

fn texts(device: &Device) -> Tensor<2> {
    Tensor::from_floats([[1.0, 0.0], [1.0, 2.0]], device)
}

/// Nothing learned but that the second number speaks for the second label, by 1.
fn head(device: &Device) -> Linear {
    Linear {
        weight: Param::from_tensor(Tensor::from_floats([[0.0, 0.0], [0.0, 1.0]], device)),
        bias: Some(Param::from_tensor(Tensor::zeros([2], device))),
    }
}

#[test]
fn probabilities_of_two_texts() {
    let device = backend::from_env();
    let p = probabilities(head(&device).forward(texts(&device)), Labels::One);
    // Logits (0, 0) and (0, 2): e^2 / (1 + e^2) = 0.8808.
    let expected = Tensor::from_floats([[0.5, 0.5], [0.119_202_9, 0.880_797_1]], &device);
    assert_close(&p, &expected, backend::tolerance(&device, 1e-6));
    assert_eq!(likeliest(p), [0, 1]);
}

#[test]
fn loss_and_gradient_of_two_texts() {
    let device = backend::from_env();
    let (x, y, head) = (texts(&device), one_hot(&[0, 1], 2, &device), head(&device));
    let weight_id = head.weight.id;
    let bias_id = head.bias.as_ref().unwrap().id;
    let tolerance = backend::tolerance(&device, 1e-6);
    // Mean of the errors p - y, which are (-0.5, 0.5) and (0.1192, -0.1192); no penalty on biases.
    let bias = Tensor::from_floats([-0.190_398_6, 0.190_398_6], &device);

    let on_the_page = LogisticRegression::new().with_l2(0.0);
    let row_weights = on_the_page.row_weights(&y);
    let (loss, gradients) = on_the_page.loss(&head, &x, &y, &row_weights);
    // ln 2 and -ln 0.8808 = 0.1269, on average 0.4100.
    assert!((loss - 0.410_037_6).abs() < 1e-6);
    // x^T times the errors, by two.
    let weight =
        Tensor::from_floats([[-0.190_398_6, 0.190_398_6], [0.119_202_9, -0.119_202_9]], &device);
    assert_close(&gradients.get::<2>(weight_id).unwrap(), &weight, tolerance);
    assert_close(&gradients.get::<1>(bias_id).unwrap(), &bias, tolerance);

    let penalised = LogisticRegression::new().with_l2(0.1);
    let (loss, gradients) = penalised.loss(&head, &x, &y, &row_weights);
    // Half of 0.1 times 1 squared beside the loss, 0.1 times 1 beside the last entry.
    assert!((loss - (0.410_037_6 + 0.05)).abs() < 1e-6);
    let weight =
        Tensor::from_floats([[-0.190_398_6, 0.190_398_6], [0.119_202_9, -0.019_202_9]], &device);
    assert_close(&gradients.get::<2>(weight_id).unwrap(), &weight, tolerance);
    assert_close(&gradients.get::<1>(bias_id).unwrap(), &bias, tolerance);
}

#[test]
fn naive_bayes_scores_are_smoothed_counts_by_hand() {
    let texts = ["good film", "good good plot", "bad film"];
    let bag = BagOfWords::fit(&texts, &[1, 1, 0], 2);
    assert_eq!(majority(&[1, 1, 0], 2), 1);
    // "bad": (1 + 1) / (2 + 4) for label 0, (0 + 1) / (5 + 4) for 1; priors 2/5 and 3/5: 0.133 to
    // 0.067.
    assert_eq!(bag.predict("bad"), 0);
    // "bad good": 0.133 / 6 to 0.067 * 4 / 9: 0.022 to 0.030.
    assert_eq!(bag.predict("bad good"), 1);
    assert_eq!(bag.predict("never heard"), 1);
    let probabilities = [
        ("bad", [2.0 / 5.0 * 2.0 / 6.0, 3.0 / 5.0 * 1.0 / 9.0]),
        ("bad good", [2.0 / 5.0 * 2.0 / 6.0 / 6.0, 3.0 / 5.0 * 1.0 / 9.0 * 4.0 / 9.0]),
        ("never heard", [2.0 / 5.0, 3.0 / 5.0]),
    ];
    for (text, expected) in probabilities {
        for (score, expected) in bag.scores(text).into_iter().zip(expected) {
            assert!((score.exp() - expected).abs() < 1e-12, "{text}: {} {expected}", score.exp());
        }
    }
}

#[test]
fn of_labels_that_tie_the_first_is_the_majority_and_the_naive_bayes_answer() {
    assert_eq!(majority(&[2, 1, 2, 1, 0], 3), 1);
    assert_eq!(majority(&[2, 2, 1], 4), 2);
    let bag = BagOfWords::fit(&["good film", "bad film"], &[0, 1], 2);
    assert_eq!(bag.predict("film"), 0);
}

/// Three bins of five are filled, by one, two and four answers; signs do not cancel, bins do not
/// count alike, and certainty lies in the last bin.
#[test]
fn seven_answers_in_five_bins_are_off_by_0_43() {
    let answers = [
        (0.95, true),
        (0.85, false),
        (0.92, true),
        (0.65, true),
        (0.55, false),
        (0.61, true),
        (1.0, false),
    ];
    let bins = reliability(&answers, 5);
    let counts: Vec<usize> = bins.iter().map(|bin| bin.answers).collect();
    assert_eq!(counts, [1, 2, 4]);
    assert!((bins[2].confidence - 0.93).abs() < 1e-12, "{:?}", bins[2]);
    // 1 x 0.55 and 2 x 0.37 and 4 x 0.43, of 7 answers
    assert!((calibration_error(&bins) - 0.43).abs() < 1e-4, "{}", calibration_error(&bins));
}

#[test]
fn two_answers_too_sure_and_two_too_modest_are_off_by_0_4() {
    let bins = reliability(&[(0.9, true), (0.9, false), (0.6, true), (0.6, true)], 5);
    let seen: Vec<(usize, f64)> = bins.iter().map(|bin| (bin.answers, bin.accuracy)).collect();
    assert_eq!(seen, [(2, 1.0), (2, 0.5)]);
    // Half of the answers are off by 0.4, half by 0.4 the other way.
    assert!((calibration_error(&bins) - 0.4).abs() < 1e-12);
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn no_answers_have_no_calibration_error() {
    calibration_error(&reliability(&[], 5));
}

//! What holds for every classifier.

use burn::module::Module;
use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Distribution, Tensor};
use classify::calibration::{calibration_error, reliability};
use classify::finetune::{predict, sequence_classifier};
use classify::{Labels, LogisticRegression, one_hot, probabilities};
use encoder::BertConfig;
use golden::{assert_close, max_abs_error};
use serde_json::Value;

const ROWS: usize = 30;
const LABELS: usize = 3;

/// Rows around one place per label, and their labels: 0, 1, 2, 0, 1, 2 ..
fn rows(device: &Device) -> (Tensor<2>, Vec<usize>) {
    let numbers: Vec<usize> = (0..ROWS).map(|row| row % LABELS).collect();
    let places = Tensor::<2>::random([LABELS, 4], Distribution::Normal(0.0, 1.0), device);
    let noise = Tensor::<2>::random([ROWS, 4], Distribution::Normal(0.0, 0.8), device);
    (one_hot(&numbers, LABELS, device).matmul(places) + noise, numbers)
}

fn answers(head: &Linear, x: &Tensor<2>) -> Tensor<2> {
    probabilities(head.forward(x.clone()), Labels::One)
}

/// Rows that weigh 1, 2, 3, 4, 1, 2 ..: out of step with their three labels.
fn unequal_weights(device: &Device) -> Tensor<2> {
    let weights: Vec<f32> = (0..ROWS).map(|row| (1 + row % 4) as f32).collect();
    Tensor::<1>::from_floats(&weights[..], device).reshape([ROWS, 1])
}

#[test]
fn the_gradient_by_hand_is_that_of_autodiff() {
    const L2: f64 = 0.3;
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (x, numbers) = rows(&device);
    let y = one_hot(&numbers, LABELS, &device);
    let row_weights = unequal_weights(&device);
    let all = row_weights.clone().sum().into_scalar::<f64>();
    for kind in [Labels::One, Labels::Any] {
        let regression = LogisticRegression::new().with_l2(L2).with_kind(kind);
        let head = burn::nn::LinearConfig::new(4, LABELS).init(&device);
        let (loss, by_hand) = regression.loss(&head, &x, &y, &row_weights);
        let head = head.train();
        let logits = head.forward(x.clone().autodiff());
        let y = y.clone().autodiff();
        let p = probabilities(logits, kind);
        let surprise = match kind {
            Labels::One => -(p.log() * y),
            Labels::Any => -(p.clone().log() * y.clone() + (-p + 1.0).log() * (-y + 1.0)),
        };
        let mean = (surprise * row_weights.clone().autodiff()).sum() / all;
        let expected = mean + head.weight.val().square().sum() * (L2 / 2.0);
        let tolerance = backend::tolerance(&device, 1e-5);
        assert!((expected.clone().into_scalar::<f64>() - loss).abs() < f64::from(tolerance));
        let by_autodiff = GradientsParams::from_grads(expected.backward(), &head);
        let weight = |of: &GradientsParams| of.get::<2>(head.weight.id).unwrap();
        let bias = |of: &GradientsParams| of.get::<1>(head.bias.as_ref().unwrap().id).unwrap();
        assert_close(&weight(&by_hand), &weight(&by_autodiff), tolerance);
        assert_close(&bias(&by_hand), &bias(&by_autodiff), tolerance);
    }
}

#[test]
fn labels_in_another_order_get_the_same_probabilities() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (x, numbers) = rows(&device);
    let turned: Vec<usize> = numbers.iter().map(|number| (number + 1) % LABELS).collect();
    let fit = |numbers: &[usize]| {
        answers(&LogisticRegression::new().fit(x.clone(), one_hot(numbers, LABELS, &device)), &x)
    };
    let (as_it_was, turned) = (fit(&numbers), fit(&turned));
    let back = Tensor::cat(vec![turned.clone().narrow(1, 1, 2), turned.narrow(1, 0, 1)], 1);
    // where a search in f32 ends
    assert_close(&as_it_was, &back, backend::tolerance(&device, 2e-3));
}

#[test]
fn under_a_heavy_penalty_only_the_shares_of_the_labels_remain() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (x, _) = rows(&device);
    let numbers: Vec<usize> = (0..ROWS).map(|row| usize::from(row % 3 == 0)).collect();
    let head = LogisticRegression::new().with_l2(1e4).fit(x.clone(), one_hot(&numbers, 2, &device));
    let shares = Tensor::<2>::from_floats([[2.0 / 3.0, 1.0 / 3.0]], &device).repeat_dim(0, ROWS);
    assert_close(&answers(&head, &x), &shares, backend::tolerance(&device, 2e-3));
}

#[test]
fn balanced_weights_are_the_same_as_repeating_the_rare_rows() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (x, _) = rows(&device);
    let numbers: Vec<usize> = (0..ROWS).map(|row| usize::from(row < 6)).collect(); // 24 and 6
    let y = one_hot(&numbers, 2, &device);
    let balanced = LogisticRegression::new().with_balanced(true).fit(x.clone(), y.clone());
    let rare = |table: &Tensor<2>| table.clone().narrow(0, 0, 6);
    let often = |table: &Tensor<2>| {
        Tensor::cat(vec![table.clone(), rare(table), rare(table), rare(table)], 0)
    };
    let repeated = LogisticRegression::new().fit(often(&x), often(&y));
    assert_close(
        &answers(&balanced, &x),
        &answers(&repeated, &x),
        backend::tolerance(&device, 2e-3),
    );
}

#[test]
fn fitting_many_labels_together_is_fitting_each_alone() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (x, numbers) = rows(&device);
    let y = one_hot(&numbers, LABELS, &device);
    let regression = LogisticRegression::new().with_l2(0.05).with_kind(Labels::Any);
    let together =
        probabilities(regression.fit(x.clone(), y.clone()).forward(x.clone()), Labels::Any);
    for label in 0..LABELS {
        let alone = regression.fit(x.clone(), y.clone().narrow(1, label, 1));
        let alone = probabilities(alone.forward(x.clone()), Labels::Any);
        assert_close(
            &together.clone().narrow(1, label, 1),
            &alone,
            backend::tolerance(&device, 2e-3),
        );
    }
}

#[test]
fn a_single_label_has_probability_one() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (x, _) = rows(&device);
    let head = LogisticRegression::new().fit(x.clone(), one_hot(&[0; ROWS], 1, &device));
    assert_close(&answers(&head, &x), &Tensor::ones([ROWS, 1], &device), 0.0);
}

#[test]
fn answers_right_as_often_as_their_probability_says_are_calibrated() {
    let answers: Vec<(f64, bool)> = (0..100).map(|i| (0.75, i % 4 != 0)).collect();
    assert!(calibration_error(&reliability(&answers, 10)) < 1e-12);
    assert_eq!(reliability(&[(0.0, false), (1.0, true)], 10).len(), 2);
}

#[test]
fn a_text_gets_the_same_answer_alone_in_a_batch_and_twice() {
    const PAD: u32 = 0;
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let bert = BertConfig::new(11, 8, 2, 2, 12, 6).with_epsilon(1e-5).with_dropout(0.1);
    let model = sequence_classifier(bert.init(&device), 3, &device);
    let texts: [&[u32]; 3] = [&[1, 5, 2, 9, 4], &[7, 3], &[8, 6, 10, 2]]; // no two of one length
    let together = predict(&model, &texts, PAD, &device);
    let tolerance = backend::tolerance(&device, 1e-5);
    assert_close(&predict(&model, &texts, PAD, &device), &together, 0.0);
    for (row, text) in texts.into_iter().enumerate() {
        let alone = predict(&model, &[text], PAD, &device);
        assert_close(&alone, &together.clone().narrow(0, row, 1), tolerance);
    }
    // The same model under autodiff still drops numbers: this is what `.valid()` is for.
    let training_device = device.clone().autodiff();
    let dropping = predict(&model.train(), &texts, PAD, &training_device).inner();
    assert!(max_abs_error(&dropping, &together) > 1e-3);
}

/// The recorded probabilities of praise give the recorded accuracy and the recorded bins: what the
/// chapter's widget counts is what the chapter's table and figure say.
#[test]
fn recorded_probabilities_of_praise_have_the_recorded_accuracy_and_bins() {
    let recorded: Value = serde_json::from_str(include_str!("../../src/sst2.json")).unwrap();
    let mut answers = Vec::new();
    for (of, is_praise) in [("complaint", false), ("praise", true)] {
        for p in recorded["dev"][of].as_array().unwrap() {
            let p = p.as_f64().unwrap();
            answers.push((p.max(1.0 - p), (p >= 0.5) == is_praise));
        }
    }
    let right = answers.iter().filter(|(_, is_right)| *is_right).count() as f64;
    let accuracy = recorded["accuracy"][2][1].as_f64().unwrap();
    assert!((right / answers.len() as f64 - accuracy).abs() < 1e-9, "{right}");
    let bins = reliability(&answers, 10);
    let recorded = recorded["calibration"][0]["bins"].as_array().unwrap();
    assert_eq!(bins.len(), recorded.len());
    for (bin, recorded) in bins.iter().zip(recorded) {
        // One answer close to an edge may lie on its other side: another run rounds otherwise.
        let answers = recorded["answers"].as_u64().unwrap() as usize;
        assert!(bin.answers.abs_diff(answers) <= 1, "{bin:?}, recorded {recorded}");
        assert!((bin.confidence - recorded["confidence"].as_f64().unwrap()).abs() < 1e-3);
        assert!((bin.accuracy - recorded["accuracy"].as_f64().unwrap()).abs() < 2e-3);
    }
}

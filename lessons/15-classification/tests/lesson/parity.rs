//! Against scikit-learn, and the plain road against the fused one.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use classify::finetune::{Example, Learner, padded, sequence_classifier};
use classify::{Labels, LogisticRegression, one_hot, probabilities};
use encoder::BertConfig;
use golden::{Part, assert_close};

fn numbers(part: &Part, pointer: &str) -> Vec<usize> {
    part.at(pointer)
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_u64().unwrap() as usize)
        .collect()
}

/// Probabilities of the rows they were fitted to.
fn fitted(c: f64, x: &Tensor<2>, numbers: &[usize], n_labels: usize, device: &Device) -> Tensor<2> {
    let regression = LogisticRegression::as_scikit_learn(c, numbers.len(), n_labels);
    let head = regression.fit(x.clone(), one_hot(numbers, n_labels, device));
    probabilities(head.forward(x.clone()), Labels::One)
}

/// The plain road is the one of lessons 01 and 15, the fused one burn's: both within the rounding
/// of a few operations in f32.
#[test]
fn plain_and_fused_losses_and_gradients_are_one() {
    let device = backend::from_env();
    let tolerance = backend::tolerance(&device, 1e-6);
    let x = Tensor::<2>::from_floats([[1.0, 0.5], [-2.0, 3.0], [0.25, -1.0]], &device);
    let head = Linear {
        weight: Param::from_tensor(Tensor::from_floats(
            [[0.5, -1.0, 2.0, 0.1], [1.5, 0.3, -0.7, 0.9]],
            &device,
        )),
        bias: Some(Param::from_tensor(Tensor::from_floats([0.1, -0.2, 0.3, 0.4], &device))),
    };
    let y = one_hot(&[3, 0, 2], 4, &device);
    for kind in [Labels::One, Labels::Any] {
        let regression = LogisticRegression::new().with_l2(0.3).with_kind(kind);
        let row_weights = regression.row_weights(&y);
        let (fused_loss, fused) = regression.loss(&head, &x, &y, &row_weights);
        let fused_p = probabilities(head.forward(x.clone()), kind);
        let _plain = kernels::plain_here();
        let (plain_loss, plain) = regression.loss(&head, &x, &y, &row_weights);
        assert!((plain_loss - fused_loss).abs() < f64::from(tolerance), "{kind:?}");
        assert_close(&probabilities(head.forward(x.clone()), kind), &fused_p, tolerance);
        let id = head.weight.id;
        assert_close(&plain.get::<2>(id).unwrap(), &fused.get::<2>(id).unwrap(), tolerance);
        let id = head.bias.as_ref().unwrap().id;
        assert_close(&plain.get::<1>(id).unwrap(), &fused.get::<1>(id).unwrap(), tolerance);
    }
}

/// What a fine-tuning step descends along, by autodiff on either road.
#[test]
fn plain_and_fused_fine_tuning_have_one_gradient() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 15);
    let bert = BertConfig::new(11, 8, 1, 2, 12, 6).with_epsilon(1e-5).init(&device);
    let model = sequence_classifier(bert, 3, &device);
    let examples =
        [Example { ids: vec![1, 5, 2], target: 2 }, Example { ids: vec![7, 3], target: 0 }];
    let batch = padded(&[&examples[0], &examples[1]], 0, &device);
    let label_weights = [0.5, 1.0, 2.0];
    let loss = || Learner::loss(&model, &batch, &[&2, &0], &label_weights);
    let gradient = |loss: Tensor<1>| {
        let gradients = loss.backward();
        let table = &model.bert.embeddings.tokens.weight;
        (table.grad(&gradients).unwrap(), model.classifier.weight.grad(&gradients).unwrap())
    };
    let fused_loss = loss();
    let fused = gradient(fused_loss.clone());
    let _plain = kernels::plain_here();
    let plain_loss = loss();
    let plain = gradient(plain_loss.clone());
    // A whole encoder layer's rounding lies between the two.
    let tolerance = backend::tolerance(&device, 1e-5);
    assert_close(&plain_loss, &fused_loss, tolerance);
    assert_close(&plain.0, &fused.0, tolerance);
    assert_close(&plain.1, &fused.1, tolerance);
}

#[test]
fn two_labels_are_those_of_scikit_learn() {
    let device = backend::from_env();
    let part = golden::part("logistic_regression");
    let x: Tensor<2> = part.tensor("x", &device);
    for run in 0..2 {
        let p = fitted(part.number(&format!("runs/{run}/C")), &x, &numbers(&part, "y"), 2, &device);
        let expected: Tensor<1> = part.tensor(&format!("runs/{run}/probability_of_1"), &device);
        let of_one: Tensor<1> = p.narrow(1, 1, 1).squeeze_dim(1);
        assert_close(&of_one, &expected, backend::tolerance(&device, part.tolerance()));
    }
}

#[test]
fn one_column_and_the_sigmoid_are_scikit_learns_two_labels() {
    let device = backend::from_env();
    let part = golden::part("logistic_regression");
    let x: Tensor<2> = part.tensor("x", &device);
    let y = one_hot(&numbers(&part, "y"), 2, &device).narrow(1, 1, 1);
    for run in 0..2 {
        let l2 = part.number(&format!("runs/{run}/l2_on_mean_loss"));
        let head =
            LogisticRegression::new().with_l2(l2).with_kind(Labels::Any).fit(x.clone(), y.clone());
        let coef: Tensor<1> = part.tensor(&format!("runs/{run}/coef"), &device);
        let tolerance = backend::tolerance(&device, part.tolerance());
        assert_close(&head.weight.val().squeeze_dim::<1>(1), &coef, tolerance);
        let bias = head.bias.unwrap().val().into_scalar::<f64>();
        assert!(
            (bias - part.number(&format!("runs/{run}/intercept"))).abs() < f64::from(tolerance)
        );
    }
}

#[test]
fn three_labels_are_those_of_scikit_learn() {
    let device = backend::from_env();
    let part = golden::part("logistic_regression");
    let x: Tensor<2> = part.tensor("three_classes/x", &device);
    let y = numbers(&part, "three_classes/y");
    let c = part.number("three_classes/C");
    let expected: Tensor<2> = part.tensor("three_classes/probabilities", &device);
    assert_close(
        &fitted(c, &x, &y, 3, &device),
        &expected,
        backend::tolerance(&device, part.tolerance()),
    );
}

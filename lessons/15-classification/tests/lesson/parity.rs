//! Against scikit-learn.

use burn::tensor::{Device, Tensor};
use classify::{Labels, LogisticRegression, one_hot, probabilities};
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
fn fitted(c: f64, x: &Tensor<2>, numbers: &[usize], labels: usize, device: &Device) -> Tensor<2> {
    let regression = LogisticRegression::as_scikit_learn(c, numbers.len(), labels);
    let head = regression.fit(x.clone(), one_hot(numbers, labels, device));
    probabilities(head.forward(x.clone()), Labels::One)
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
        let head = LogisticRegression::new()
            .with_l2(l2)
            .with_labels(Labels::Any)
            .fit(x.clone(), y.clone());
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

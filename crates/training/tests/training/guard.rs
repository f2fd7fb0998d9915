//! Numbers that are none.

use burn::tensor::TensorData;
use training::{Event, Recipe, TrainingRun};

use crate::{Pairs, Spoilt, assert_says, fresh, into, losses_of, never, on, recipe};

#[test]
fn a_gradient_that_is_no_number_names_its_weight_and_its_step() {
    let (device, _seed, model) = fresh(0.0);
    let task = Pairs { spoilt: Some((5, Spoilt::Gradient)), ..Pairs::new(&device) };
    let (trained, losses) = losses_of(&task, model, &recipe(20), TrainingRun::on(&device), never);
    assert_says(trained, &["step 5: the gradient of output.bias", "NaN", "learning rate"]);
    assert_eq!(losses.len(), 5, "no step is taken with it");
}

#[test]
fn a_loss_that_is_no_number_is_told_from_a_gradient() {
    let (device, _seed, model) = fresh(0.0);
    let task = Pairs { spoilt: Some((0, Spoilt::Loss)), ..Pairs::new(&device) };
    let trained = losses_of(&task, model, &recipe(20), TrainingRun::on(&device), never).0;
    // The gradients are none either then; the first weight's is named.
    assert_says(trained, &["step 0", "table.weight", "NaN"]);
}

#[test]
fn a_weight_that_is_no_number_is_named() {
    let (device, _seed, mut model) = fresh(0.0);
    let broken = TensorData::new([vec![1.0; 10], vec![f32::INFINITY]].concat(), [crate::VOCAB]);
    let bias = model.output.bias.take().unwrap();
    let device_of = bias.device();
    model.output.bias =
        Some(bias.map(|_| burn::tensor::Tensor::from_data(broken, &device_of).require_grad()));
    let folder = tempfile::tempdir().unwrap();
    let trained =
        losses_of(&Pairs::new(&device), model, &recipe(20), into(&device, folder.path()), never).0;
    assert_says(trained, &["step 0", "value of output.bias", "inf"]);
}

#[test]
fn a_training_that_diverges_keeps_the_state_before() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let task = Pairs { spoilt: Some((25, Spoilt::Gradient)), ..Pairs::new(&device) };
    let trained = losses_of(&task, model, &recipe(40), into(&device, folder.path()), never).0;
    assert_says(trained, &["step 25"]);
    drop(seed);
    let (device, _seed, model) = fresh(0.0);
    let (trained, losses) =
        losses_of(&Pairs::new(&device), model, &recipe(40), on(&device, folder.path()), never);
    assert_eq!((trained.unwrap().step, losses[0].0), (40, 20));
}

#[test]
fn weights_that_are_no_numbers_are_not_saved() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let task = Pairs { answers: vec![2.0, 1.0], ..Pairs::new(&device) };
    // infinite in f32
    let recipe = Recipe { learning_rate: 1e39, warm_up: 0, evaluate_every: 1, ..recipe(40) };
    let trained = losses_of(&task, model, &recipe, into(&device, folder.path()), never).0;
    assert_says(trained, &["step 1", "value of table.weight"]);
    drop(seed);
    let (device, _seed, model) = fresh(0.0);
    let (trained, _) = losses_of(&task, model, &recipe, on(&device, folder.path()), |event| {
        matches!(event, Event::Step { .. })
    });
    // from the state before, to the same end
    assert_says(trained, &["step 1", "value of table.weight"]);
}

#[test]
fn an_evaluation_that_is_no_number_stops_it() {
    let (device, _seed, model) = fresh(0.0);
    let task = Pairs { answers: vec![2.0, f64::NAN], ..Pairs::new(&device) };
    let trained = losses_of(&task, model, &recipe(40), TrainingRun::on(&device), never).0;
    assert_says(trained, &["step 20", "validation loss", "NaN"]);
}

#[test]
fn a_learning_rate_far_too_high_ends_in_a_clear_error_or_in_numbers() {
    let (device, _seed, model) = fresh(0.0);
    let recipe = Recipe { learning_rate: 1e38, clip: None, warm_up: 0, ..recipe(40) };
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    let (trained, _) =
        losses_of(&Pairs::new(&device), model, &recipe, into(&device, folder.path()), |event| {
            if let Event::Step { loss, gradient_norm, .. } = *event {
                seen.push(loss.is_finite() && gradient_norm.is_finite());
            }
            false
        });
    assert_says(trained, &["step", "became"]);
    assert!(seen.iter().all(|&finite| finite));
}

//! What holds of every training.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use kernels::dropout::with_seed;
use training::{
    Event, Recipe, Stop, TrainingRun, curve, gradients_of, joined_gradients, parallel_gradients,
    parts,
};

use crate::{Pairs, Small, fresh, into, losses_of, metrics, never, recipe, weights};

#[test]
fn the_loss_falls() {
    let (device, _seed, model) = fresh(0.0);
    let (_, losses) =
        losses_of(&Pairs::new(&device), model, &recipe(100), TrainingRun::on(&device), never);
    // ln 11 = 2.4 is what a model that knows nothing has
    assert!(losses[0].1 > 2.0 && losses[99].1 < 1.0, "{losses:?}");
}

#[test]
fn three_micro_batches_of_four_are_one_batch_of_twelve() {
    let trained = |batch, accumulation| {
        let (device, _seed, model) = fresh(0.0);
        let task = Pairs { batch, accumulation, ..Pairs::new(&device) };
        // AdamW forgets how long a gradient is, but for this epsilon.
        let recipe = Recipe { accumulation, epsilon: 0.1, clip: None, ..recipe(15) };
        let (trained, losses) = losses_of(&task, model, &recipe, TrainingRun::on(&device), never);
        (weights(&trained.unwrap().model), losses)
    };
    let (whole, whole_losses) = trained(12, 1);
    let (parts, parts_losses) = trained(4, 3);
    let device = backend::from_env();
    // Sums of another order: a rounding of 2^-24 a step of 1e-2 / sqrt(v), fifteen times.
    let tolerance = backend::tolerance(&device, 1e-5);
    for (a, b) in whole.iter().zip(&parts) {
        assert!((a - b).abs() < tolerance, "{a} and {b}");
    }
    for ((_, a), (_, b)) in whole_losses.iter().zip(&parts_losses) {
        assert!((a - b).abs() < f64::from(tolerance), "{a} and {b}");
    }
}

#[test]
fn parts_side_by_side_are_the_whole() {
    let (device, _seed, model) = fresh(0.0);
    let device = device.autodiff();
    let loss = |model: &Small, pairs: &[usize]| model.loss(pairs, &device);
    let all: Vec<usize> = (0..12).collect();
    let split = || vec![(&all[..4], 4.0 / 12.0), (&all[4..], 8.0 / 12.0)];
    let whole = parallel_gradients(&model, &device, vec![(&all[..], 1.0)], loss);
    let parts = parallel_gradients(&model, &device, split(), loss);
    let again = parallel_gradients(&model, &device, split(), loss);
    assert_same(&model, &whole, &parts);
    if !backend::is_gpu(&device) {
        assert_eq!(numbers(&model, &parts), numbers(&model, &again)); // whichever ends first
    }
}

#[test]
fn rows_joined_for_one_loss_are_the_whole() {
    let (device, _seed, model) = fresh(0.0);
    let device = device.autodiff();
    // Every row counts with every other, so that no part has a loss of its own.
    let loss = |rows: Tensor<2>| rows.clone().matmul(rows.transpose()).square().mean();
    let all: Vec<usize> = (0..12).collect();
    let rows = |model: &Small, pairs: &[usize]| model.logits(pairs, &device);
    let whole = gradients_of(&model, loss(rows(&model, &all)));
    let split = || vec![&all[..4], &all[4..]];
    let parts = joined_gradients(&model, &device, split(), rows, loss);
    assert_same(&model, &whole, &parts);
    if !backend::is_gpu(&device) {
        let again = joined_gradients(&model, &device, split(), rows, loss);
        assert_eq!(numbers(&model, &parts), numbers(&model, &again));
    }
}

#[test]
fn parts_side_by_side_drop_the_same_numbers_in_every_run() {
    let (device, _seed, model) = fresh(0.5);
    let device = device.autodiff();
    if with_seed(Some(1), || parts(&device, true)) == 1 || kernels::plain() {
        return; // parts are not computed side by side there
    }
    let all: Vec<usize> = (0..12).collect();
    let gradients = |seed| {
        with_seed(Some(seed), || {
            let halves = vec![(&all[..6], 0.5), (&all[6..], 0.5)];
            let loss = |model: &Small, pairs: &[usize]| model.loss(pairs, &device);
            numbers(&model, &parallel_gradients(&model, &device, halves, loss))
        })
    };
    let first = gradients(1);
    assert_ne!(first, gradients(2));
    for _ in 0..20 {
        assert_eq!(first, gradients(1));
    }
    assert_eq!(parts(&device, true), 1, "one generator is not shared");
}

/// A loss and the gradients of both tables.
fn numbers(model: &Small, (mean, gradients): &(Tensor<1>, GradientsParams)) -> Vec<f32> {
    let mut numbers = vec![mean.clone().into_scalar::<f32>()];
    for table in [model.table.weight.id, model.output.weight.id] {
        let gradient = gradients.get::<2>(table).unwrap().into_data();
        numbers.extend(gradient.iter::<f32>());
    }
    numbers
}

/// Asserts that two ways to the same gradients differ by no more than roundings.
#[track_caller]
fn assert_same(
    model: &Small,
    whole: &(Tensor<1>, GradientsParams),
    parts: &(Tensor<1>, GradientsParams),
) {
    // of a loss of about 2 and slopes below 1
    let tolerance = backend::tolerance(&backend::from_env(), 1e-6);
    for (a, b) in numbers(model, whole).iter().zip(numbers(model, parts)) {
        assert!((a - b).abs() < tolerance, "{a} and {b}");
    }
}

#[test]
fn a_step_in_place_is_burns_to_the_bit() {
    let trained = |plain: bool| {
        let _plain = plain.then(kernels::plain_here);
        let device = backend::from_env();
        let _seed = backend::seeded(&device, crate::SEED);
        let device = device.autodiff();
        // So wide that the table is worked on by several cores.
        let model = Small::new(3001, 0.0, &device).map(&mut crate::Drawn);
        // No clipping: the length of the gradient is added up in another order.
        let recipe = Recipe { accumulation: 3, clip: None, ..recipe(9) };
        let task = Pairs { batch: 4, accumulation: 3, ..Pairs::new(&device) };
        let (trained, losses) = losses_of(&task, model, &recipe, TrainingRun::on(&device), never);
        (weights(&trained.unwrap().model), losses)
    };
    let ((plain, plain_losses), (fast, fast_losses)) = (trained(true), trained(false));
    if backend::rerun(&backend::from_env()) == 0.0 {
        assert!(plain == fast, "weights differ");
        assert_eq!(plain_losses, fast_losses);
    }
}

#[test]
fn it_is_measured_at_the_beginning_at_each_interval_and_at_the_end() {
    let (device, _seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let run = into(&device, folder.path());
    losses_of(&Pairs::new(&device), model, &recipe(50), run, never).0.unwrap();
    let (steps, evaluations) = metrics(folder.path());
    assert_eq!(evaluations, [0, 20, 40, 50]);
    assert_eq!(steps.iter().map(|step| step.0).collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
}

#[test]
fn it_stops_after_as_many_evaluations_without_a_better_one_as_its_patience_has() {
    let (device, _seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let task =
        Pairs { answers: vec![3.0, 2.0, 2.5, 2.0, 1.0, 1.5, 1.2, 1.1, 0.1], ..Pairs::new(&device) };
    let recipe = Recipe { patience: Some(3), ..recipe(1000) };
    let mut best_file = None;
    let run = into(&device, folder.path());
    let (trained, _) = losses_of(&task, model, &recipe, run, |event| {
        if matches!(event, Event::Evaluated { step: 80, .. }) {
            best_file = std::fs::read(folder.path().join("model.safetensors")).ok();
        }
        false
    });
    let trained = trained.unwrap();
    assert_eq!((trained.stop, trained.step, trained.best), (Stop::NoBetter, 140, Some((80, 1.0))));
    assert_eq!(
        std::fs::read(folder.path().join("model.safetensors")).ok(),
        best_file,
        "the best is kept"
    );
}

#[test]
fn vectors_are_not_decayed_and_matrices_are() {
    let trained = |weight_decay| {
        let (device, _seed, model) = fresh(0.0);
        // A GPU adds up in any order, and Adam makes whole steps of what is left of a gradient that
        // is nearly 0; not so with a large epsilon.
        let recipe = Recipe { weight_decay, epsilon: 1.0, ..recipe(1) };
        let (trained, _) =
            losses_of(&Pairs::new(&device), model, &recipe, TrainingRun::on(&device), never);
        weights(&trained.unwrap().model)
    };
    let (kept, decayed) = (trained(0.0), trained(0.5));
    let bias = kept.len() - crate::VOCAB;
    // x (1 - rate decay), the rate of the first of 5 + 1 steps of the rise
    let (device, _seed, before) = fresh(0.0);
    let rate = 1e-2 / 6.0;
    let tolerance = backend::tolerance(&device, 1e-6); // weights of order 1 in f32
    for (i, before) in weights(&before).into_iter().enumerate() {
        let decay = if i < bias { before * rate * 0.5 } else { 0.0 };
        let (kept, decayed) = (kept[i], decayed[i]);
        assert!((kept - decayed - decay).abs() < tolerance, "{before}: {kept} and {decayed}");
    }
}

#[test]
fn the_curve_falls_as_its_points_do() {
    let falling: Vec<(f64, f64)> = (0..100).map(|x| (f64::from(x), f64::from(100 - x))).collect();
    let drawn = curve(&falling, 10, 3);
    assert_eq!(
        drawn.replace('\u{2800}', " "),
        "100.0000 ⠙⠢⣄⡀\n            ⠉⠓⢤⣀\n  1.0000       ⠈⠙⠢⣄\n"
    );
    assert_eq!(curve(&falling[..1], 10, 3), "");
    let level = curve(&[(0.0, 2.0), (1.0, 2.0)], 4, 2);
    assert_eq!(level.lines().count(), 2, "{level}");
}

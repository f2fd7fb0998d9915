//! A training that was killed goes on as if it had not been.

use std::fs;
use std::process::Command;

use burn::module::Module;
use training::{Event, Recipe, Stop, begun_with};

use crate::{Pairs, fresh, into, losses_of, metrics, never, on, recipe, weights};

/// Where a child process trains until it dies.
const FOLDER: &str = "RUNGS_TEST_DIES_IN";

/// Two hundred steps, saved after each hundred. A hundred are 33 epochs and a third.
fn two_hundred() -> Recipe {
    Recipe { evaluate_every: 100, ..recipe(200) }
}

#[test]
fn two_hundred_steps_are_a_hundred_a_kill_and_a_hundred() {
    let (device, seed, model) = fresh(0.1);
    let task = Pairs::new(&device);
    let straight = tempfile::tempdir().unwrap();
    let (whole, expected) =
        losses_of(&task, model, &two_hundred(), into(&device, straight.path()), never);
    drop(seed); // the child takes its own

    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "resume::dies_at_step_130", "--ignored"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(!child.status.success(), "it was to die: {}", String::from_utf8_lossy(&child.stdout));
    let (before, _) = metrics(folder.path());
    assert_eq!(before.len(), 131, "thirty-one steps were taken that no state knows of");

    let (device, _seed, model) = fresh(0.1);
    let (resumed, after) =
        losses_of(&task, model, &two_hundred(), on(&device, folder.path()), never);
    let expected_after = &expected[100..];
    let tolerance = f64::from(backend::rerun(&device));
    let same = |a: &[(usize, f64)], b: &[(usize, f64)]| {
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() <= tolerance)
    };
    assert!(same(&before[..100], &expected[..100]));
    assert!(same(&after, expected_after), "{after:?}\n{expected_after:?}");
    let (written, evaluations) = metrics(folder.path());
    assert!(same(&written, &expected));
    assert_eq!(evaluations, [0, 100, 200]);
    let (whole, resumed) = (whole.unwrap(), resumed.unwrap());
    let pairs = weights(&whole.model).into_iter().zip(weights(&resumed.model));
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() <= tolerance as f32));
    if tolerance == 0.0 {
        assert_eq!(whole.best, resumed.best);
    }
}

/// The child of the test above.
#[test]
#[ignore = "ends the process"]
fn dies_at_step_130() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (device, _seed, model) = fresh(0.1);
    let run = into(&device, folder.as_ref());
    let _ = losses_of(&Pairs::new(&device), model, &two_hundred(), run, |event| {
        if matches!(event, Event::Step { step: 130, .. }) {
            std::process::abort();
        }
        false
    });
}

#[test]
fn who_asks_to_stop_loses_no_step() {
    let (device, seed, model) = fresh(0.1);
    let task = Pairs::new(&device);
    let (_, expected) =
        losses_of(&task, model, &recipe(50), training::TrainingRun::on(&device), never);
    drop(seed);
    let (device, seed, model) = fresh(0.1);
    let folder = tempfile::tempdir().unwrap();
    let (trained, before) =
        losses_of(&task, model, &recipe(50), into(&device, folder.path()), |event| {
            matches!(event, Event::Step { step: 26, .. })
        });
    let trained = trained.unwrap();
    assert_eq!((trained.stop, trained.step), (Stop::Interrupted, 27));
    drop(seed);
    let (device, _seed, model) = fresh(0.1);
    let (_, after) = losses_of(&task, model, &recipe(50), on(&device, folder.path()), never);
    if backend::rerun(&device) == 0.0 {
        assert_eq!([before, after].concat(), expected);
    }
    let (steps, evaluations) = metrics(folder.path());
    assert_eq!(steps.len(), 50);
    assert_eq!(evaluations, [0, 20, 40, 50], "stopping is no reason to measure");
}

#[test]
fn who_asks_to_stop_at_the_last_step_has_a_finished_training() {
    let last: [fn(&Event) -> bool; 2] = [
        |event| matches!(event, Event::Step { step: 19, .. }),
        |event| matches!(event, Event::Evaluated { step: 20, .. }),
    ];
    for asks in last {
        let (device, _seed, model) = fresh(0.0);
        let folder = tempfile::tempdir().unwrap();
        let run = into(&device, folder.path());
        let (trained, _) = losses_of(&Pairs::new(&device), model, &recipe(20), run, asks);
        let trained = trained.unwrap();
        assert_eq!((trained.stop, trained.step), (Stop::Done, 20));
        assert_eq!(metrics(folder.path()).1, [0, 20], "what it became is measured");
    }
}

#[test]
fn what_is_done_stays_done() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let task = Pairs::new(&device);
    let (first, _) = losses_of(&task, model, &recipe(20), into(&device, folder.path()), never);
    drop(seed);
    let written = fs::read(folder.path().join("metrics.jsonl")).unwrap();
    let (device, _seed, model) = fresh(0.0);
    let (again, losses) = losses_of(&task, model, &recipe(20), on(&device, folder.path()), never);
    let (first, again) = (first.unwrap(), again.unwrap());
    assert_eq!((again.stop, losses.len(), again.best), (Stop::Done, 0, first.best));
    assert_eq!(weights(&first.model), weights(&again.model));
    assert_eq!(fs::read(folder.path().join("metrics.jsonl")).unwrap(), written);
}

#[test]
fn a_training_may_be_made_longer_and_keeps_its_best() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let task = Pairs { answers: vec![2.0, 0.001], ..Pairs::new(&device) };
    losses_of(&task, model, &recipe(20), into(&device, folder.path()), never).0.unwrap();
    drop(seed);
    let (device, _seed, model) = fresh(0.0);
    let (trained, losses) = losses_of(&task, model, &recipe(30), on(&device, folder.path()), never);
    let trained = trained.unwrap();
    assert_eq!(
        (trained.stop, losses.len(), trained.best),
        (Stop::Done, 10, Some((20, f64::from(0.001_f32))))
    );
    assert_eq!(begun_with(folder.path()).unwrap().0.steps, 30);
}

#[test]
fn a_weight_that_is_not_trained_stays_so() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let freeze = |mut model: crate::Small| {
        model.table = model.table.no_grad();
        model
    };
    let before = weights(&model);
    losses_of(
        &Pairs::new(&device),
        freeze(model),
        &recipe(20),
        into(&device, folder.path()),
        never,
    )
    .0
    .unwrap();
    drop(seed);
    let (device, _seed, model) = fresh(0.0);
    let (trained, _) = losses_of(
        &Pairs::new(&device),
        freeze(model),
        &recipe(40),
        on(&device, folder.path()),
        never,
    );
    let after = weights(&trained.unwrap().model);
    let of_table = crate::VOCAB * 8;
    assert_eq!(before[..of_table], after[..of_table]);
    assert_ne!(before[of_table..], after[of_table..]);
}

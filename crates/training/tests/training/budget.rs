//! A training that has only so much time.

use std::time::Duration;

use training::{Event, Recipe, Stop, TrainingRun};

use crate::{Pairs, fresh, into, losses_of, never, on, recipe};

#[test]
fn a_budget_that_is_spent_takes_no_step_and_loses_nothing() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let run = TrainingRun { budget: Some(Duration::ZERO), ..into(&device, folder.path()) };
    let (trained, losses) = losses_of(&Pairs::new(&device), model, &recipe(30), run, never);
    assert_eq!((trained.unwrap().stop, losses.len()), (Stop::Budget, 0));
    drop(seed);
    let (device, _seed, model) = fresh(0.0);
    let (trained, losses) =
        losses_of(&Pairs::new(&device), model, &recipe(30), on(&device, folder.path()), never);
    assert_eq!((trained.unwrap().stop, losses.len()), (Stop::Done, 30));
}

#[test]
fn a_budget_shortens_the_schedule_to_the_steps_that_fit() {
    let (device, seed, model) = fresh(0.0);
    let folder = tempfile::tempdir().unwrap();
    let task = Pairs { pause: Duration::from_millis(5), ..Pairs::new(&device) };
    let recipe = Recipe { warm_up: 100_000, evaluate_every: 1_000_000, ..recipe(1_000_000) };
    let run = TrainingRun { budget: Some(Duration::from_secs(2)), ..into(&device, folder.path()) };
    let mut rates = Vec::new();
    let mut planned = 0;
    let (trained, _) = losses_of(&task, model, &recipe, run, |event| {
        if let Event::Step { learning_rate, steps, .. } = *event {
            rates.push(learning_rate);
            planned = steps;
        }
        false
    });
    let trained = trained.unwrap();
    assert_eq!(trained.stop, Stop::Budget);
    assert!(planned <= 20 + 2000 / 5, "a step takes 5 ms, so {planned} do not fit into 2 s");
    // The rise of 100,000 steps is cut to a tenth of what fits, and the fall begins.
    let highest = rates.iter().copied().fold(0.0, f64::max);
    assert!(highest > 0.9 * recipe.learning_rate, "{highest}");
    assert!(*rates.last().unwrap() < highest);
    drop(seed);

    let (device, _seed, model) = fresh(0.0);
    let done = trained.step;
    let (trained, _) = losses_of(
        &task,
        model,
        &recipe,
        on(&device, folder.path()),
        |event| matches!(event, Event::Step { step, .. } if *step == done + 3),
    );
    assert_eq!(
        trained.unwrap().stop,
        Stop::Interrupted,
        "without a budget it goes on towards all its steps"
    );
}

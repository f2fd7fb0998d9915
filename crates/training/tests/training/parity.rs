//! PyTorch's AdamW and clipping, nanoGPT's schedule: recorded in
//! `tests/golden/parts/optimizers.json`.

use std::ops::ControlFlow;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use serde_json::Value;
use training::{Draw, Event, Recipe, Task, TrainingRun, train};

/// x in a row: a matrix, so that it is decayed.
#[derive(Module, Debug)]
struct Point {
    x: Param<Tensor<2>>,
}

/// f(x) = x'Ax / 2 - b'x.
struct Bowl {
    a: Tensor<2>,
    b: Tensor<2>,
}

impl Task for Bowl {
    type Model = Point;

    fn loss(&self, point: &Point, _draw: Draw) -> Tensor<1> {
        let x = point.x.val();
        (x.clone().matmul(self.a.clone()) * x.clone() / 2.0 - self.b.clone() * x).sum()
    }

    fn tokens(&self) -> usize {
        1
    }

    fn evaluate(&self, _point: &Point) -> f64 {
        0.0
    }
}

fn device() -> Device {
    backend::from_env().autodiff()
}

#[test]
fn five_steps_of_adamw_are_pytorchs() {
    let golden = golden::part("optimizers");
    let device = device();
    let tolerance = backend::tolerance(&device, golden.tolerance());
    for run in 0..2 {
        let number = |key: &str| golden.number(&format!("adamw/{run}/{key}"));
        let rate = number("lr");
        let recipe = Recipe {
            steps: 5,
            learning_rate: rate,
            minimum_learning_rate: rate,
            warm_up: 0,
            weight_decay: number("weight_decay") as f32,
            beta_1: number("betas/0") as f32,
            beta_2: number("betas/1") as f32,
            epsilon: number("eps") as f32,
            clip: None,
            ..Recipe::default()
        };
        for steps in 1..=5 {
            let x = golden.tensor::<1>("x0", &device).unsqueeze();
            let bowl = Bowl {
                a: golden.tensor("A", &device),
                b: golden.tensor::<1>("b", &device).unsqueeze(),
            };
            let recipe = Recipe { steps, ..recipe.clone() };
            let mut losses = Vec::new();
            let point = Point { x: Param::from_tensor(x) };
            let trained =
                train(&bowl, point, &recipe, TrainingRun::on(&device), &mut |event: &Event| {
                    if let Event::Step { loss, .. } = event {
                        losses.push(*loss);
                    }
                    ControlFlow::Continue(())
                });
            let at = |key: &str| format!("adamw/{run}/steps/{}/{key}", steps - 1);
            let expected = golden.tensor::<1>(&at("x_after"), &device.clone().inner()).unsqueeze();
            golden::assert_close(&trained.unwrap().model.x.val().inner(), &expected, tolerance);
            let loss = golden.number(&at("loss_before"));
            assert!(
                (losses[steps - 1] - loss).abs() < f64::from(tolerance),
                "{losses:?}, expected {loss}"
            );
        }
    }
}

#[test]
fn the_schedule_is_nanogpts() {
    let golden = golden::part("optimizers");
    let number = |key: &str| golden.number(&format!("cosine_schedule_nanogpt/{key}"));
    let recipe = Recipe {
        steps: number("lr_decay_iters") as usize,
        learning_rate: number("lr"),
        minimum_learning_rate: number("min_lr"),
        warm_up: number("warmup_iters") as usize,
        ..Recipe::default()
    };
    let Value::Object(values) = golden.at("cosine_schedule_nanogpt/values") else {
        panic!("no values")
    };
    assert_eq!(values.len(), 10);
    for (step, value) in values {
        let (rate, value) =
            (recipe.learning_rate_at(step.parse().unwrap(), recipe.steps), value.as_f64().unwrap());
        // both in f64
        assert!((rate - value).abs() < 1e-15, "step {step}: {rate}, expected {value}");
    }
}

/// Two weights whose gradients are given.
#[derive(Module, Debug)]
struct Two {
    vector: Param<Tensor<1>>,
    matrix: Param<Tensor<2>>,
}

struct Slope {
    vector: Tensor<1>,
    matrix: Tensor<2>,
}

impl Task for Slope {
    type Model = Two;

    fn loss(&self, two: &Two, _draw: Draw) -> Tensor<1> {
        (two.vector.val() * self.vector.clone()).sum()
            + (two.matrix.val() * self.matrix.clone()).sum()
    }

    fn tokens(&self) -> usize {
        1
    }

    fn evaluate(&self, _two: &Two) -> f64 {
        0.0
    }
}

#[test]
fn gradients_are_clipped_by_the_length_of_all_together() {
    let golden = golden::part("optimizers");
    let device = device();
    let tolerance = backend::tolerance(&device, golden.tolerance());
    let slope = Slope {
        vector: golden.tensor("clip_global_norm/gradients/0", &device),
        matrix: golden.tensor("clip_global_norm/gradients/1", &device),
    };
    let two = Two {
        vector: Param::from_tensor(Tensor::zeros([3], &device)),
        matrix: Param::from_tensor(Tensor::zeros([2, 2], &device)),
    };
    // Without memory the first moment is the gradient that the step was given.
    let recipe = Recipe {
        steps: 1,
        beta_1: 0.0,
        clip: Some(golden.number("clip_global_norm/max_norm")),
        ..Recipe::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let run = TrainingRun { folder: Some(folder.path()), ..TrainingRun::on(&device) };
    let mut norm = 0.0;
    train(&slope, two, &recipe, run, &mut |event: &Event| {
        if let Event::Step { gradient_norm, .. } = event {
            norm = *gradient_norm;
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!((norm - golden.number("clip_global_norm/global_norm")).abs() < f64::from(tolerance));
    let state = checkpoint::Weights::open(&folder.path().join("training.safetensors")).unwrap();
    let device = device.inner();
    let vector = state.tensor::<1>("first.vector", [3], &device).unwrap();
    golden::assert_close(&vector, &golden.tensor("clip_global_norm/clipped/0", &device), tolerance);
    let matrix = state.tensor::<1>("first.matrix", [4], &device).unwrap().reshape([2, 2]);
    golden::assert_close(
        &matrix,
        &golden.tensor::<2>("clip_global_norm/clipped/1", &device),
        tolerance,
    );
}

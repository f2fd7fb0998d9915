//! Against values recorded from PyTorch and transformers.

use std::ops::ControlFlow;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use decoder::checkpoint::parity::{
    DecoderInputs, Given, answers, continued, gradient_of, next_token_loss,
};
use decoder::{Family, Gpt, LanguageModel, checkpoint};
use golden::{Case, Folder, assert_close, assert_data_close};
use training::{Event, Recipe, TrainingRun, train};

use crate::{VOCAB, random_model, small};

/// The tokens' axis of `[batch, tokens]`.
const TOKENS: usize = 1;

/// Recorded models of other settings than GPT-2's and BLOOM's own.
const VARIANTS: [&str; 3] = ["gpt2_untied", "gpt2_unscaled", "bloom_post_norm"];

pub fn inputs(folder: &Folder, case: &Case) -> DecoderInputs {
    let input = |name| folder.input(case, name).unwrap();
    DecoderInputs {
        input_ids: input("input_ids").unwrap(),
        attention_mask: input("attention_mask"),
    }
}

fn opened(name: &str) -> (Folder, Gpt) {
    let folder = Folder::open(&golden::directory().join(name)).unwrap();
    let model = checkpoint::load(&folder.path, &backend::from_env()).unwrap().model;
    (folder, model)
}

/// Every recorded output of every case of a folder.
fn assert_answers_as_recorded(name: &str) {
    let device = backend::from_env();
    let (folder, model) = opened(name);
    let tolerance = backend::tolerance(&device, folder.tolerance);
    for case in &folder.cases {
        let inputs = inputs(&folder, case);
        let mut found = answers(&model, &inputs, &device);
        found.insert("loss".into(), next_token_loss(&model, &inputs, &device).into_data());
        for output in case.outputs.keys().filter(|&output| output != "generated_ids") {
            let worst = folder.error(case, output, &found[output]).unwrap();
            assert!(worst <= tolerance, "{name}, {}, {output}: off by {worst:e}", case.case);
        }
    }
}

#[test]
fn gpt2_answers_as_in_pytorch_at_every_layer() {
    assert_answers_as_recorded("gpt2");
}

#[test]
fn bloom_answers_as_in_pytorch_at_every_layer_left_padding_included() {
    assert_answers_as_recorded("bloom");
}

#[test]
fn an_output_of_its_own_and_scores_divided_by_the_layer_answer_as_in_pytorch() {
    assert_answers_as_recorded("gpt2_untied");
}

#[test]
fn scores_that_are_not_divided_by_the_width_answer_as_in_pytorch() {
    assert_answers_as_recorded("gpt2_unscaled");
}

#[test]
fn a_bloom_whose_residuals_keep_the_norms_answers_as_in_pytorch() {
    assert_answers_as_recorded("bloom_post_norm");
}

#[test]
fn greedy_text_is_pytorchs_with_the_cache_and_without() {
    let device = backend::from_env();
    for name in ["gpt2", "bloom"].iter().chain(&VARIANTS) {
        let (folder, model) = opened(name);
        let case = folder.cases.iter().find(|case| case.case == "greedy").unwrap();
        let expected: TensorData = folder.tensor(case, "generated_ids").unwrap();
        let expected: Vec<i64> = expected.iter().collect();
        for with_cache in [true, false] {
            let found =
                continued(&model, &inputs(&folder, case), expected.len(), with_cache, &device);
            assert_eq!(found, expected, "{name}, with cache: {with_cache}");
        }
    }
}

#[test]
fn four_prompts_of_different_lengths_go_on_as_in_pytorch() {
    let device = backend::from_env();
    let recorded = golden::file("greedy_batch.json");
    for name in ["gpt2", "bloom"] {
        let table =
            |what: &str| recorded.ids::<2>(&format!("models/{name}/{what}"), &device).into_data();
        let inputs = DecoderInputs {
            input_ids: table("input_ids"),
            attention_mask: Some(table("attention_mask")),
        };
        let expected = table("generated_ids");
        let (tokens, expected) = (expected.shape()[1], expected.iter::<i64>().collect::<Vec<_>>());
        let (_, model) = opened(name);
        for with_cache in [true, false] {
            let found = continued(&model, &inputs, tokens, with_cache, &device);
            assert_eq!(found, expected, "{name}, with cache: {with_cache}");
        }
    }
}

#[test]
fn four_prompts_go_on_as_in_pytorch_in_models_of_other_settings() {
    let device = backend::from_env();
    for name in VARIANTS {
        let (folder, model) = opened(name);
        let case = folder.cases.iter().find(|case| case.case == "greedy_batch").unwrap();
        let expected = folder.tensor(case, "generated_ids").unwrap();
        let (tokens, expected) = (expected.shape()[1], expected.iter::<i64>().collect::<Vec<_>>());
        for with_cache in [true, false] {
            let found = continued(&model, &inputs(&folder, case), tokens, with_cache, &device);
            assert_eq!(found, expected, "{name}, with cache: {with_cache}");
        }
    }
}

#[test]
fn gradients_are_pytorchs_for_every_weight() {
    for name in ["gpt2", "gpt2_untied", "gpt2_unscaled"] {
        assert_gradients_as_recorded(name);
    }
}

fn assert_gradients_as_recorded(name: &str) {
    let device = backend::from_env().autodiff();
    let folder = Folder::open(&golden::directory().join(name)).unwrap();
    let model = checkpoint::load(&folder.path, &device).unwrap().model;
    let case = folder.cases.iter().find(|case| case.case == "loss").unwrap();
    let ids = Tensor::<2, Int>::from_data(inputs(&folder, case).input_ids, &device);
    let predicted = ids.dims()[TOKENS] - 1;
    let targets = ids.clone().narrow(TOKENS, 1, predicted);
    let loss = model.loss(ids.narrow(TOKENS, 0, predicted), targets);
    let gradients = checkpoint::tensors(&gradient_of(loss, model));
    let errors = folder.gradient_errors(&gradients).unwrap().expect("gradients were recorded");
    assert_eq!(errors.len(), gradients.len());
    let tolerance = backend::tolerance(&backend::from_env(), folder.tolerance);
    for (tensor, error) in errors {
        assert!(error <= tolerance, "{name}, {tensor}: off by {error:e}");
    }
}

/// Logits, loss and the gradient of every weight of a small GPT.
fn computed(device: &Device) -> (Tensor<3>, Vec<(String, TensorData)>) {
    let model = random_model(&small(Family::Gpt2), device);
    let text = Tensor::<2, Int>::from_ints(
        [[3, 7, 1, 12, 5], [5, 9, 20, 2, 8], [14, 6, 23, 0, 11]],
        device,
    );
    let logits = model.forward(text.clone(), &[]);
    let loss = model.loss(text.clone(), (text + 1).remainder_scalar(VOCAB as i64));
    let mut computed = vec![("loss".to_string(), loss.to_data())];
    computed.extend(checkpoint::tensors(&gradient_of(loss, model)));
    (logits, computed)
}

#[test]
fn a_gpt_of_the_plain_functions_is_that_of_the_fused_ones_gradients_included() {
    let device = backend::from_env().autodiff();
    let (fused_logits, fused) = computed(&device);
    let (plain_logits, plain) = {
        let _plain = kernels::plain_here();
        computed(&device)
    };
    // The same f32 maths in another order: logits of up to 6 and gradients of up to 1 are 1.5e-6 off
    // at most on flex.
    let tolerance = backend::tolerance(&backend::from_env(), 1e-5);
    assert_close(&plain_logits, &fused_logits, tolerance);
    assert_eq!(plain.len(), fused.len());
    for ((name, plain), (_, fused)) in plain.iter().zip(&fused) {
        assert_data_close(name, plain, fused, tolerance);
    }
}

/// Ten recorded steps of AdamW in PyTorch: the loss, the length of the gradient and the learning rate
/// of each, and the length of each tensor of weights at the end.
#[test]
fn ten_steps_of_adamw_follow_pytorch_with_and_without_a_schedule() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let steps = golden::file("steps.json");
    let mut batches = Vec::new();
    for i in 0..steps.at("ids").as_array().unwrap().len() {
        batches.push(steps.ids::<2>(&format!("ids/{i}"), &device).into_data());
    }
    let task = Given::new(batches, &device);
    let usual = Recipe { minimum_learning_rate: 1e-3, ..Recipe::default() };
    let constant = Recipe { steps: 10, warm_up: 0, ..usual.clone() };
    let falling = Recipe { steps: 9, learning_rate: 1e-2, warm_up: 3, ..usual };
    for (kind, recipe) in [("constant", constant), ("warmup_cosine", falling)] {
        let model = checkpoint::load(&golden::directory().join("gpt2"), &device).unwrap().model;
        let recorded = |step: usize, key: &str| {
            steps.number(&format!("models/gpt2/{kind}/steps/{step}/{key}"))
        };
        // f32 against f32 after up to ten steps of AdamW, which divides by the size of the
        // gradient.
        let tolerance = f64::from(backend::tolerance(&backend::from_env(), 1e-4));
        let trained =
            train(&task, model, &recipe, TrainingRun::on(&device), &mut |event: &Event| {
                if let Event::Step { step, loss, gradient_norm, learning_rate, .. } = *event {
                    assert!(
                        (loss - recorded(step, "loss")).abs() < tolerance,
                        "{kind}, step {step}: {loss}"
                    );
                    assert!(
                        (gradient_norm / recorded(step, "gradient_norm") - 1.0).abs() < tolerance,
                        "{kind}, step {step}"
                    );
                    assert!(
                        (learning_rate - recorded(step, "learning_rate")).abs() < 1e-12,
                        "{kind}, step {step}"
                    );
                }
                ControlFlow::Continue(())
            });
        let trained = trained.unwrap();
        assert_eq!(trained.step, recipe.steps);
        if kind == "constant" {
            // The bias of the keys moves all scores of a query alike, so its gradient is 0 but for
            // rounding, and AdamW, which divides by the gradient's size, steps along the rounding.
            let weights = checkpoint::tensors(&trained.model.valid());
            for (name, data) in weights {
                if name.ends_with("c_attn.bias") {
                    continue;
                }
                let squares: f64 = data.iter::<f64>().map(|x| x * x).sum();
                let length = squares.sqrt();
                let expected = steps.at("models/gpt2/constant/parameters")[&name].as_f64().unwrap();
                assert!(
                    (length / expected - 1.0).abs() < tolerance,
                    "{name}: {length}, expected {expected}"
                );
            }
        }
    }
}

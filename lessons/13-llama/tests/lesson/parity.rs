//! Against values recorded from PyTorch and transformers.

use std::ops::ControlFlow;

use ::checkpoint::gguf::Gguf;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use decoder::LanguageModel;
use decoder::checkpoint::parity::{
    DecoderInputs, Given, answers, continued, gradient_of, next_token_loss,
};
use golden::{Case, Folder, assert_close, assert_data_close};
use llama::{Llama, checkpoint};
use training::{Event, Recipe, TrainingRun, train};

use crate::{VOCAB, drawn, small};

/// Recorded models with what others have besides LLaMA's parts.
const VARIANTS: [&str; 4] = ["mistral", "qwen2", "qwen2_sliding", "qwen3"];

pub fn inputs(folder: &Folder, case: &Case) -> DecoderInputs {
    let input = |name| folder.input(case, name).unwrap();
    DecoderInputs {
        input_ids: input("input_ids").unwrap(),
        attention_mask: input("attention_mask"),
    }
}

fn opened(name: &str) -> (Folder, Llama) {
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
        let mut answers = answers(&model, &inputs, &device);
        answers.insert("loss".into(), next_token_loss(&model, &inputs, &device).into_data());
        for output in case.outputs.keys().filter(|&output| output != "generated_ids") {
            let worst = folder.error(case, output, &answers[output]).unwrap();
            assert!(worst <= tolerance, "{name}, {}, {output}: off by {worst:e}", case.case);
        }
    }
}

#[test]
fn llama_answers_as_in_pytorch_at_every_layer() {
    assert_answers_as_recorded("llama");
}

#[test]
fn llama_in_a_gguf_file_is_the_same_model_to_the_bit() {
    let device = backend::from_env();
    let (_, model) = opened("llama");
    let path = golden::directory().join("gguf/llama.gguf");
    let loaded = checkpoint::load_gguf(&path, Gguf::open(&path).unwrap(), &device).unwrap();
    let (expected, found) = (checkpoint::tensors(&model), checkpoint::tensors(&loaded.model));
    assert_eq!(found, expected);
}

#[test]
fn llama3s_scaling_wide_heads_biases_and_shards_of_bf16_answer_as_in_pytorch() {
    assert_answers_as_recorded("llama_llama3");
}

#[test]
fn linear_scaling_and_a_head_of_keys_for_each_of_queries_answer_as_in_pytorch() {
    assert_answers_as_recorded("llama_linear");
}

#[test]
fn a_window_of_four_tokens_and_wide_heads_answer_as_in_pytorch() {
    assert_answers_as_recorded("mistral");
}

#[test]
fn biases_of_queries_keys_and_values_alone_answer_as_in_pytorch() {
    assert_answers_as_recorded("qwen2");
}

#[test]
fn a_window_in_the_second_layer_alone_answers_as_in_pytorch() {
    assert_answers_as_recorded("qwen2_sliding");
}

#[test]
fn norms_of_queries_and_keys_answer_as_in_pytorch() {
    assert_answers_as_recorded("qwen3");
}

#[test]
fn greedy_text_is_pytorchs_with_the_cache_and_without() {
    let device = backend::from_env();
    let names = ["llama", "llama_llama3", "llama_linear"].iter().chain(&VARIANTS);
    for name in names {
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
    for name in ["llama", "llama_llama3", "llama_linear"] {
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
fn four_prompts_go_on_as_in_pytorch_under_windows_biases_and_norms() {
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
    for name in ["llama"].iter().chain(&VARIANTS) {
        assert_gradients_as_recorded(name);
    }
}

fn assert_gradients_as_recorded(name: &str) {
    let device = backend::from_env().autodiff();
    let folder = Folder::open(&golden::directory().join(name)).unwrap();
    let model = checkpoint::load(&folder.path, &device).unwrap().model;
    let case = folder.cases.iter().find(|case| case.case == "loss").unwrap();
    let loss = next_token_loss(&model, &inputs(&folder, case), &device);
    let gradients = checkpoint::tensors(&gradient_of(loss, model));
    let errors = folder.gradient_errors(&gradients).unwrap().expect("gradients were recorded");
    assert_eq!(errors.len(), gradients.len());
    let tolerance = backend::tolerance(&backend::from_env(), folder.tolerance);
    for (tensor, error) in errors {
        assert!(error <= tolerance, "{name}, {tensor}: off by {error:e}");
    }
}

/// Logits, loss and the gradient of every weight of a small LLaMA.
fn computed(device: &Device) -> (Tensor<3>, Vec<(String, TensorData)>) {
    let model = drawn(&small(), device);
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
fn a_llama_of_the_plain_functions_is_that_of_the_fused_ones_gradients_included() {
    let device = backend::from_env().autodiff();
    let (fused_logits, fused) = computed(&device);
    let (plain_logits, plain) = {
        let _plain = kernels::plain_here();
        computed(&device)
    };
    // The same f32 maths in another order: logits of up to 4 and gradients of up to 0.8 are 1e-6 off
    // at most on flex.
    let tolerance = backend::tolerance(&backend::from_env(), 1e-5);
    assert_close(&plain_logits, &fused_logits, tolerance);
    assert_eq!(plain.len(), fused.len());
    for ((name, plain), (_, fused)) in plain.iter().zip(&fused) {
        assert_data_close(name, plain, fused, tolerance);
    }
}

/// The ten recorded AdamW steps of PyTorch: losses and lengths of the gradient as they go, weights
/// at the end.
#[test]
fn ten_steps_of_adamw_follow_pytorch_with_and_without_a_schedule() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let steps = golden::file("steps.json");
    let ids = steps.at("ids").as_array().unwrap().len();
    let batch = |i| steps.ids::<2>(&format!("ids/{i}"), &device).into_data();
    let task = Given::new((0..ids).map(batch).collect(), &device);
    let usual = Recipe { minimum_learning_rate: 1e-3, ..Recipe::default() };
    let constant = Recipe { steps: 10, warm_up: 0, ..usual.clone() };
    let falling = Recipe { steps: 9, learning_rate: 1e-2, warm_up: 3, ..usual };
    for (kind, recipe) in [("constant", constant), ("warmup_cosine", falling)] {
        let model = checkpoint::load(&golden::directory().join("llama"), &device).unwrap().model;
        let at = |step: usize, key: &str| {
            steps.number(&format!("models/llama/{kind}/steps/{step}/{key}"))
        };
        // f32 against f32 after up to ten steps of AdamW, which divides by the size of the
        // gradient.
        let tolerance = f64::from(backend::tolerance(&backend::from_env(), 1e-4));
        let trained =
            train(&task, model, &recipe, TrainingRun::on(&device), &mut |event: &Event| {
                if let Event::Step { step, loss, gradient_norm, learning_rate, .. } = *event {
                    assert!(
                        (loss - at(step, "loss")).abs() < tolerance,
                        "{kind}, step {step}: {loss}"
                    );
                    assert!(
                        (gradient_norm / at(step, "gradient_norm") - 1.0).abs() < tolerance,
                        "{kind}, step {step}"
                    );
                    assert!(
                        (learning_rate - at(step, "learning_rate")).abs() < 1e-12,
                        "{kind}, step {step}"
                    );
                }
                ControlFlow::Continue(())
            });
        let trained = trained.unwrap();
        assert_eq!(trained.step, recipe.steps);
        if kind == "constant" {
            for (name, data) in checkpoint::tensors(&trained.model.valid()) {
                let length = data.iter::<f64>().map(|x| x * x).sum::<f64>().sqrt();
                let expected =
                    steps.at("models/llama/constant/parameters")[&name].as_f64().unwrap();
                assert!(
                    (length / expected - 1.0).abs() < tolerance,
                    "{name}: {length}, expected {expected}"
                );
            }
        }
    }
}

/// Real weights in blocks of four bits against transformers, which reads the same file.
mod smollm2 {
    use ::checkpoint::gguf::Gguf;
    use burn::tensor::{Device, Int, Tensor};
    use decoder::{Generation, LanguageModel, Sampling, nats_per_token};
    use llama::{Llama, checkpoint};
    use serde_json::Value;
    use tokens::{Chat, Message, Tokenizer};

    /// The model and what belongs to it, with what was recorded of it.
    struct Smollm2 {
        device: Device,
        model: Llama,
        tokenizer: Tokenizer,
        chat: Chat,
        recorded: Value,
    }

    fn open() -> Smollm2 {
        let device = backend::from_env();
        let path = golden::smollm2();
        let file = Gguf::open(&path).unwrap_or_else(|error| panic!("{error}"));
        let tokenizer = Tokenizer::from_gguf(&path, &file.metadata).unwrap();
        let chat = Chat::of_gguf(&path, &file.metadata, &tokenizer).unwrap().unwrap();
        let model = checkpoint::load_gguf(&path, file, &device).unwrap().model;
        let recorded = golden::directory().join("smollm2/answers.json");
        let recorded = files::read_json(&recorded).unwrap();
        Smollm2 { device, model, tokenizer, chat, recorded }
    }

    fn ids(value: &Value) -> Vec<u32> {
        serde_json::from_value(value.clone()).unwrap()
    }

    impl Smollm2 {
        fn list(&self, key: &str) -> &[Value] {
            self.recorded[key].as_array().unwrap()
        }

        fn ids_of(&self, text: &Value) -> Vec<u32> {
            self.tokenizer.encode_whole(text.as_str().unwrap()).unwrap()
        }

        fn last_logits(&self, ids: &[u32]) -> Vec<f32> {
            let ids: Tensor<1, Int> = Tensor::from_data(ids, &self.device);
            let logits = self.model.next_logits(ids.unsqueeze(), &[0]);
            logits.into_data().iter().collect()
        }
    }

    #[test]
    #[ignore = "needs: cargo rungs fetch smollm2"]
    fn smollm2_has_transformers_tokens_templates_logits_and_texts() {
        let smollm2 = open();
        for one in smollm2.list("ids") {
            assert_eq!(smollm2.ids_of(&one["text"]), ids(&one["ids"]), "{}", one["text"]);
        }
        for one in smollm2.list("chats") {
            let messages: Vec<Message> = serde_json::from_value(one["messages"].clone()).unwrap();
            assert_eq!(smollm2.chat.render(&messages, true).unwrap(), one["text"]);
            assert_eq!(smollm2.chat.encode(&messages, true).unwrap(), ids(&one["ids"]));
        }
        let tolerance = backend::tolerance(&smollm2.device, 1e-4);
        for one in smollm2.list("logits") {
            let found = smollm2.last_logits(&smollm2.ids_of(&one["text"]));
            let likeliest = decoder::top_k(&found, 1)[0];
            assert_eq!(u64::from(likeliest), one["likeliest"].as_u64().unwrap());
            let every: Vec<f32> = serde_json::from_value(one["every_1000th"].clone()).unwrap();
            for (i, expected) in every.iter().enumerate() {
                let off = (found[i * 1000] - expected).abs();
                assert!(off <= tolerance, "{}, token {}: off by {off:e}", one["text"], i * 1000);
            }
        }
        let one = &smollm2.recorded["perplexity"];
        let text = smollm2.ids_of(&one["text"]);
        let nats = nats_per_token(&smollm2.model, &text, text.len() - 1, &smollm2.device);
        let off = (nats - one["loss"].as_f64().unwrap()).abs();
        assert!(off <= f64::from(tolerance), "perplexity is off by {off:e} nats");
        for one in smollm2.list("greedy") {
            let prompt = [smollm2.ids_of(&one["prompt"])];
            let drawn =
                Generation::new(&smollm2.model, &prompt, 64, Sampling::GREEDY, 1, &smollm2.device);
            assert_eq!(
                drawn.flatten().collect::<Vec<u32>>(),
                ids(&one["ids"]),
                "{}",
                one["prompt"]
            );
        }
    }
}

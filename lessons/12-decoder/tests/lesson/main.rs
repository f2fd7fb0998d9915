//! The tests of lesson 12, in one binary.

mod by_hand;
mod exercises;
mod files;
mod laws;
mod learns;
mod parity;
mod sampling;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use decoder::{Family, Generation, Gpt, GptConfig, LanguageModel, Sampling};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Learned positions, and ALiBi.
const FAMILIES: [Family; 2] = [Family::Gpt2, Family::Bloom];

/// Token IDs of [`small`].
const VOCAB: usize = 24;

/// The longest text that [`small`] sees.
const MAX_TOKENS: usize = 12;

/// A configuration small enough for every device.
fn small(family: Family) -> GptConfig {
    GptConfig::new(VOCAB, 16, 2, 2, MAX_TOKENS).with_family(family)
}

/// A model whose every weight, bias and norm is a number of -1..1, the same on every device: far
/// enough apart that nothing which is left out or swapped stays hidden.
fn random_model(config: &GptConfig, device: &Device) -> Gpt {
    struct Draw(StdRng);
    impl ModuleMapper for Draw {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let shape = param.val().dims();
            let count: usize = shape.iter().product();
            let mut numbers = Vec::<f32>::with_capacity(count);
            for _ in 0..count {
                numbers.push(self.0.random_range(-1.0..1.0));
            }
            let data = TensorData::new(numbers, shape);
            Param::from_tensor(Tensor::from_data(data, &param.val().device()))
        }
    }
    let _seed = backend::seeded(device, 7);
    config.init(device).map(&mut Draw(StdRng::seed_from_u64(3)))
}

/// Token IDs of one text, `[1, tokens]`.
fn ids(text: &[u32], device: &Device) -> Tensor<2, Int> {
    let text: Vec<i64> = text.iter().map(|&id| i64::from(id)).collect();
    let tokens = text.len();
    Tensor::from_data(TensorData::new(text, [1, tokens]), device)
}

/// Greedy generation: the tokens that follow each prompt, prompts left out.
fn written(
    model: &Gpt,
    prompts: &[Vec<u32>],
    max_new_tokens: usize,
    with_cache: bool,
    device: &Device,
) -> Vec<Vec<u32>> {
    let generation = Generation::new(model, prompts, max_new_tokens, Sampling::GREEDY, 0, device);
    let steps: Vec<Vec<u32>> =
        if with_cache { generation.collect() } else { generation.without_cache().collect() };
    assert_eq!(steps.len(), max_new_tokens);
    let mut texts = vec![Vec::new(); prompts.len()];
    for step in steps {
        for (text, token) in texts.iter_mut().zip(step) {
            text.push(token);
        }
    }
    texts
}

/// The smallest difference between the two highest logits, over all tokens of `text` after its first
/// `prompt`.
fn smallest_lead(model: &Gpt, text: &[u32], prompt: usize, device: &Device) -> f32 {
    let logits: Vec<f32> = model.forward(ids(text, device), &[]).into_data().iter().collect();
    let mut smallest = f32::INFINITY;
    for logits in logits.chunks(VOCAB).skip(prompt - 1) {
        let mut sorted = logits.to_vec();
        sorted.sort_by(f32::total_cmp);
        smallest = smallest.min(sorted[VOCAB - 1] - sorted[VOCAB - 2]);
    }
    smallest
}

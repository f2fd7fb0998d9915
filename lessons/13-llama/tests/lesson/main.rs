//! The tests of lesson 13, in one binary.

mod by_hand;
mod exercises;
mod files;
mod laws;
mod learns;
mod parity;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use decoder::{Generation, LanguageModel, Sampling};
use llama::{Llama, LlamaConfig};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Token IDs of [`small`].
const VOCAB: usize = 24;

/// The longest text that [`small`] sees.
const MAX_TOKENS: usize = 12;

/// A configuration small enough for every device: 4 heads of 4, of which two share a key/value head.
fn small() -> LlamaConfig {
    LlamaConfig::new(VOCAB, 16, 2, 4, 24, MAX_TOKENS).with_n_kv_heads(Some(2))
}

/// A model whose every weight, norms included, is a number of -1..1, the same on every device: far
/// enough apart that nothing which is left out or swapped stays hidden.
fn drawn(config: &LlamaConfig, device: &Device) -> Llama {
    struct Draw(StdRng);
    impl ModuleMapper for Draw {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let shape = param.val().dims();
            let numbers = (0..shape.iter().product()).map(|_| self.0.random_range(-1.0..1.0));
            let data = TensorData::new(numbers.collect::<Vec<f32>>(), shape);
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
    model: &Llama,
    prompts: &[Vec<u32>],
    most: usize,
    with_cache: bool,
    device: &Device,
) -> Vec<Vec<u32>> {
    let generation = Generation::new(model, prompts, most, Sampling::GREEDY, 0, device);
    let steps: Vec<Vec<u32>> =
        if with_cache { generation.collect() } else { generation.without_cache().collect() };
    (0..prompts.len()).map(|text| steps.iter().map(|step| step[text]).collect()).collect()
}

/// The smallest difference between the two highest logits, over all tokens of `text` after its first
/// `prompt`.
fn smallest_lead(model: &Llama, text: &[u32], prompt: usize, device: &Device) -> f32 {
    let logits: Vec<f32> = model.forward(ids(text, device), &[]).into_data().iter().collect();
    let leads = logits.chunks(VOCAB).skip(prompt - 1).map(|logits| {
        let mut logits = logits.to_vec();
        logits.sort_by(f32::total_cmp);
        logits[VOCAB - 1] - logits[VOCAB - 2]
    });
    leads.fold(f32::INFINITY, f32::min)
}

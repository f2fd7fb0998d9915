//! The outputs of transformers' model classes, computed here for any [`LanguageModel`] and named as
//! there, so that recorded values can be compared one by one.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use lookup::cross_entropy;
use training::{Draw, Task};

use crate::language_model::left_padding_mask;
use crate::{Generation, LanguageModel, Sampling};

/// The tokens' axis of `[batch, tokens]`.
const TOKENS: usize = 1;

/// Inputs of a decoder in the form that transformers' classes take.
#[derive(Debug, Clone)]
pub struct DecoderInputs {
    /// Token IDs, `[batch, tokens]`.
    pub input_ids: TensorData,
    /// Attention mask, `[batch, tokens]`, 1 = keep. Padding at the right may be left out of it: no
    /// token before the padding sees it.
    pub attention_mask: Option<TensorData>,
}

impl DecoderInputs {
    /// The token IDs as a tensor: `[batch, tokens]`.
    fn ids(&self, device: &Device) -> Tensor<2, Int> {
        Tensor::from_data(self.input_ids.clone(), device)
    }

    /// How many padding tokens stand at the left of each text; empty where there is no mask.
    fn padding(&self) -> Vec<usize> {
        let mut padding = Vec::new();
        if let Some(mask) = &self.attention_mask {
            let keep: Vec<i64> = mask.iter().collect();
            for text in keep.chunks(mask.shape()[TOKENS]) {
                padding.push(text.iter().take_while(|&&kept| kept == 0).count());
            }
        }
        padding
    }
}

/// The intermediate results of a forward pass.
#[derive(Debug, Clone)]
pub struct DecoderTrace {
    /// Hidden states: what goes into the first layer, then the output of each layer, the last of
    /// them after the final norm: n_layers + 1 of `[batch, tokens, d_model]`.
    pub hidden_states: Vec<Tensor<3>>,
    /// Attention weights, one tensor per layer: `[batch, heads, queries, keys]`, rows sum to 1.
    pub attentions: Vec<Tensor<4>>,
}

/// Runs a forward pass that keeps every layer's hidden states and attention weights; slower than
/// [`LanguageModel::forward`], which keeps neither.
///
/// # Panics
///
/// As [`LanguageModel::forward`].
pub fn trace(model: &dyn LanguageModel, ids: Tensor<2, Int>, padding: &[usize]) -> DecoderTrace {
    let mask = left_padding_mask(padding, ids.dims()[TOKENS], &ids.device());
    let mut x = model.embed(ids, 0, padding);
    let (mut hidden_states, mut attentions) = (Vec::new(), Vec::new());
    for layer in model.layers() {
        hidden_states.push(x.clone());
        let (after, weights) = layer.forward_with_weights(x, mask.clone());
        x = after;
        attentions.push(weights);
    }
    hidden_states.push(model.final_norm(x));
    DecoderTrace { hidden_states, attentions }
}

/// The outputs that transformers' class has for these inputs, by its names: `hidden_states.N`,
/// `attentions.N` and `logits`.
///
/// # Panics
///
/// As [`LanguageModel::forward`], and for an ID beyond the model's table.
pub fn answers(
    model: &dyn LanguageModel,
    inputs: &DecoderInputs,
    device: &Device,
) -> BTreeMap<String, TensorData> {
    let DecoderTrace { hidden_states, attentions } =
        trace(model, inputs.ids(device), &inputs.padding());
    let last = hidden_states[hidden_states.len() - 1].clone();
    let mut outputs = BTreeMap::from([("logits".to_string(), model.unembed(last).into_data())]);
    for (i, states) in hidden_states.into_iter().enumerate() {
        outputs.insert(format!("hidden_states.{i}"), states.into_data());
    }
    for (i, weights) in attentions.into_iter().enumerate() {
        outputs.insert(format!("attentions.{i}"), weights.into_data());
    }
    outputs
}

/// The loss as transformers computes it from one tensor of token IDs: every token but the first of a
/// text is a target, predicted from those before it; in nats per token, `[1]`. A mask is not
/// looked at.
///
/// # Panics
///
/// If there are no two tokens a text, more than the model has positions for, or an ID beyond its
/// table.
pub fn next_token_loss(
    model: &dyn LanguageModel,
    inputs: &DecoderInputs,
    device: &Device,
) -> Tensor<1> {
    let ids = inputs.ids(device);
    let [batch, tokens] = ids.dims();
    let predicted = tokens - 1;
    let logits = model.forward(ids.clone(), &[]).narrow(TOKENS, 0, predicted);
    let targets = ids.narrow(TOKENS, 1, predicted);
    let rows = batch * predicted;
    cross_entropy(logits.reshape([rows, model.vocab()]), targets.reshape([rows]))
}

/// Greedy generation: `tokens` more IDs for each text, the likeliest each time. The output is
/// `[batch * tokens]` IDs, text by text, prompts left out.
///
/// # Panics
///
/// As [`answers`], and if a text is nothing but padding.
pub fn continued(
    model: &dyn LanguageModel,
    inputs: &DecoderInputs,
    tokens: usize,
    with_cache: bool,
    device: &Device,
) -> Vec<i64> {
    let ids: Vec<u32> = inputs.input_ids.iter().collect();
    let padding = inputs.padding();
    let mut prompts = Vec::new();
    for (i, text) in ids.chunks(inputs.input_ids.shape()[TOKENS]).enumerate() {
        let pad_count = if padding.is_empty() { 0 } else { padding[i] };
        prompts.push(text[pad_count..].to_vec());
    }
    let generation = Generation::new(model, &prompts, tokens, Sampling::GREEDY, 0, device);
    let generation = if with_cache { generation } else { generation.without_cache() };
    let steps: Vec<Vec<u32>> = generation.collect();
    let mut new_ids = Vec::with_capacity(prompts.len() * tokens);
    for text in 0..prompts.len() {
        for step in &steps {
            new_ids.push(i64::from(step[text]));
        }
    }
    new_ids
}

/// A training task whose batches are given, one per step, so that another library can train on the
/// same ones.
#[derive(Debug, Clone)]
pub struct Given<M> {
    /// Batches of token IDs, one per step, `[batch, tokens]` each.
    pub batches: Vec<TensorData>,
    /// Device that computes gradients.
    pub device: Device,
    model: PhantomData<M>,
}

impl<M> Given<M> {
    /// The task of these batches, on a device that computes gradients.
    pub fn new(batches: Vec<TensorData>, device: &Device) -> Self {
        Self { batches, device: device.clone(), model: PhantomData }
    }
}

impl<M: Module + LanguageModel> Task for Given<M> {
    type Model = M;

    fn loss(&self, model: &M, draw: Draw) -> Tensor<1> {
        let inputs =
            DecoderInputs { input_ids: self.batches[draw.step].clone(), attention_mask: None };
        next_token_loss(model, &inputs, &self.device)
    }

    fn tokens(&self) -> usize {
        self.batches[0].num_elements()
    }

    fn evaluate(&self, model: &M) -> f64 {
        let inputs = DecoderInputs { input_ids: self.batches[0].clone(), attention_mask: None };
        next_token_loss(model, &inputs, &self.device.clone().inner()).into_scalar::<f32>().into()
    }
}

/// The gradient of a loss as a model of the same shape: every weight is replaced by its gradient,
/// which is how the loss changes with it.
///
/// # Panics
///
/// If the loss does not depend on a weight.
pub fn gradient_of<M: Module>(loss: Tensor<1>, model: M) -> M {
    struct Swap(Gradients);
    impl ModuleMapper for Swap {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let gradient = param.val().grad(&self.0).expect("the loss depends on every weight");
            Param::from_tensor(gradient)
        }
    }
    model.map(&mut Swap(loss.backward()))
}

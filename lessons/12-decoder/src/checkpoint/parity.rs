//! Everything that the libraries' own classes answer, under the names they give it, for any
//! [`LanguageModel`].

use std::collections::BTreeMap;
use std::marker::PhantomData;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use lookup::cross_entropy;
use training::{Draw, Task};

use crate::language_model::left_padding_mask;
use crate::{Generation, LanguageModel, Sampling};

/// What goes in, as those classes take it.
#[derive(Debug, Clone)]
pub struct DecoderInputs {
    /// `[batch, tokens]`.
    pub input_ids: TensorData,
    /// `[batch, tokens]`, 1 = keep. What is padded at the right is seen by nothing before it and
    /// may be left out.
    pub attention_mask: Option<TensorData>,
}

impl DecoderInputs {
    fn ids(&self, device: &Device) -> Tensor<2, Int> {
        Tensor::from_data(self.input_ids.clone(), device)
    }

    /// Fillers at the left of each text.
    fn padding(&self) -> Vec<usize> {
        let Some(mask) = &self.attention_mask else { return Vec::new() };
        let keep: Vec<i64> = mask.iter().collect();
        keep.chunks(mask.shape()[1])
            .map(|row| row.iter().take_while(|&&kept| kept == 0).count())
            .collect()
    }
}

/// Everything a forward pass can tell.
#[derive(Debug, Clone)]
pub struct DecoderTrace {
    /// The embeddings' output, then one a layer, the last of them after the final norm: n_layers +
    /// 1 of `[batch, tokens, d_model]`.
    pub hidden_states: Vec<Tensor<3>>,
    /// One a layer: `[batch, heads, queries, keys]`, rows sum to 1.
    pub attentions: Vec<Tensor<4>>,
}

/// Every layer's vectors and attention weights; slower than [`LanguageModel::forward`], which keeps
/// neither.
///
/// # Panics
///
/// As [`LanguageModel::forward`].
pub fn trace(model: &dyn LanguageModel, ids: Tensor<2, Int>, padding: &[usize]) -> DecoderTrace {
    let mask = left_padding_mask(padding, ids.dims()[1], &ids.device());
    let mut hidden_states = vec![model.embed(ids, 0, padding)];
    let mut attentions = Vec::new();
    for layer in model.layers() {
        let x = hidden_states[attentions.len()].clone();
        let (x, weights) = layer.forward_with_weights(x, mask.clone());
        hidden_states.push(x);
        attentions.push(weights);
    }
    let last = hidden_states.pop().expect("a model has layers");
    hidden_states.push(model.finish(last));
    DecoderTrace { hidden_states, attentions }
}

/// All that the class answers, by name: `hidden_states.N`, `attentions.N` and `logits`.
pub fn answers(
    model: &dyn LanguageModel,
    inputs: &DecoderInputs,
    device: &Device,
) -> BTreeMap<String, TensorData> {
    let trace = trace(model, inputs.ids(device), &inputs.padding());
    let last = trace.hidden_states.last().expect("a trace holds the embeddings at least").clone();
    let mut answers = BTreeMap::from([("logits".to_string(), model.unembed(last).into_data())]);
    let mask = trace.hidden_states.into_iter().map(Tensor::into_data).enumerate();
    answers.extend(mask.map(|(i, data)| (format!("hidden_states.{i}"), data)));
    let attentions = trace.attentions.into_iter().map(Tensor::into_data).enumerate();
    answers.extend(attentions.map(|(i, data)| (format!("attentions.{i}"), data)));
    answers
}

/// The loss of a text whose every token is predicted from those before it, in nats a token: `[1]`.
pub fn next_token_loss(
    model: &dyn LanguageModel,
    inputs: &DecoderInputs,
    device: &Device,
) -> Tensor<1> {
    let ids = inputs.ids(device);
    let [batch, tokens] = ids.dims();
    let logits = model.forward(ids.clone(), &[]).narrow(1, 0, tokens - 1);
    let rows = batch * (tokens - 1);
    cross_entropy(
        logits.reshape([rows, model.vocab()]),
        ids.narrow(1, 1, tokens - 1).reshape([rows]),
    )
}

/// What the likeliest token each time makes of the texts, fillers at their left and prompts left
/// out: `batch * tokens` IDs.
pub fn continued(
    model: &dyn LanguageModel,
    inputs: &DecoderInputs,
    tokens: usize,
    with_cache: bool,
    device: &Device,
) -> Vec<i64> {
    let ids: Vec<u32> = inputs.input_ids.iter().collect();
    let fillers = inputs.padding().into_iter().chain(std::iter::repeat(0));
    let texts: Vec<Vec<u32>> = ids
        .chunks(inputs.input_ids.shape()[1])
        .zip(fillers)
        .map(|(text, fillers)| text[fillers..].to_vec())
        .collect();
    let drawn = Generation::new(model, &texts, tokens, Sampling::GREEDY, 0, device);
    let steps: Vec<Vec<u32>> =
        if with_cache { drawn.collect() } else { drawn.without_cache().collect() };
    let of_text = |text: usize| steps.iter().map(move |step| i64::from(step[text]));
    (0..texts.len()).flat_map(of_text).collect()
}

/// A training whose batches are given, one a step: the same for us and for another library.
#[derive(Debug, Clone)]
pub struct Given<M> {
    /// One a step, `[batch, tokens]` each.
    pub batches: Vec<TensorData>,
    /// A device that trains.
    pub device: Device,
    model: PhantomData<M>,
}

impl<M> Given<M> {
    /// These batches on a device that trains.
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

/// The gradient of a loss as a model of the same shape: every weight replaced by how the loss
/// changes with it.
///
/// # Panics
///
/// If the loss does not depend on one of them.
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

//! Attention that is trained through, on flex.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Bool, Shape, Tensor};
use pulp::Arch;
use rayon::prelude::*;

use super::{tensor, whole};
use crate::dropout::{Dropout, Kept, next_seed};
use crate::head_gradients::{self, Hidden, Settings, Text};
use crate::tally::{self, Operation, Timer};

/// Axis of the keys in `[batch, heads, queries, keys]`.
const KEYS: usize = 3;

/// [`crate::trained_attention::attention`] where it computes it.
pub(crate) fn attend(
    all: Tensor<3>,
    n_heads: usize,
    mask: Option<Tensor<4, Bool>>,
    dropout: &Dropout,
) -> Tensor<3> {
    let [batch, tokens, _] = all.dims();
    let hidden = mask.map(|mask| hidden(&mask, [batch, n_heads, tokens, tokens]));
    let seed = dropout.drops(&all).then(next_seed).flatten();
    let kept = seed.map(|seed| Kept { seed, share: 1.0 - dropout.prob });
    let settings = Arc::new(Settings { heads: n_heads, hidden, kept });
    let heads = <Dispatch as TrainedAttention>::attend(all.into_dispatch(), settings);
    Tensor::from_dispatch(heads)
}

/// The mask of these scores, with a flag for each key.
fn hidden(mask: &Tensor<4, Bool>, scores: [usize; 4]) -> Hidden {
    let mut sizes = mask.dims();
    let fits = sizes.iter().zip(scores).all(|(&size, score)| size == 1 || size == score);
    assert!(fits, "a mask of {sizes:?} does not fit scores of {scores:?}");
    let mut flags: Vec<bool> = mask.to_data().iter().collect();
    if sizes[KEYS] < scores[KEYS] {
        flags = flags.into_iter().flat_map(|flag| vec![flag; scores[KEYS]]).collect();
        sizes[KEYS] = scores[KEYS];
    }
    Hidden::new(flags, sizes)
}

/// Attention from queries, keys and values side by side, and its gradient.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait TrainedAttention: Backend {
    /// What the heads see, side by side.
    fn attend(all: FloatTensor<Self>, settings: Arc<Settings>) -> FloatTensor<Self>;

    /// The same, and the logarithm of each query's sum of exponentials.
    fn attend_and_log_sums(
        all: FloatTensor<Self>,
        settings: Arc<Settings>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The gradient of queries, keys and values, of that of what the heads see.
    fn attend_backward(
        all: FloatTensor<Self>,
        log_sums: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        settings: Arc<Settings>,
    ) -> FloatTensor<Self>;
}

impl TrainedAttention for Flex {
    fn attend(all: FlexTensor, settings: Arc<Settings>) -> FlexTensor {
        <Flex as TrainedAttention>::attend_and_log_sums(all, settings).0
    }

    fn attend_and_log_sums(all: FlexTensor, settings: Arc<Settings>) -> (FlexTensor, FlexTensor) {
        let _timer = timer(&all, 2, 4);
        let all = whole(all);
        let [batch, tokens, width] = all.shape().dims();
        let mut out = vec![0.0; batch * tokens * width / 3];
        let mut log_sums = vec![0.0; batch * settings.heads * tokens];
        let arch = Arch::new();
        let texts = all.storage::<f32>().par_chunks(tokens * width).enumerate();
        let outputs = out.par_chunks_mut(tokens * width / 3);
        let log_sums_of_texts = log_sums.par_chunks_mut(settings.heads * tokens);
        texts.zip(outputs).zip(log_sums_of_texts).for_each(|(((place, all), out), log_sums)| {
            let text = Text { settings: &settings, place, all, tokens };
            arch.dispatch(head_gradients::Forward { text, out, log_sums });
        });
        let log_sums = tensor(log_sums, Shape::new([batch, settings.heads, tokens]));
        (tensor(out, Shape::new([batch, tokens, width / 3])), log_sums)
    }

    fn attend_backward(
        all: FlexTensor,
        log_sums: FlexTensor,
        gradient: FlexTensor,
        settings: Arc<Settings>,
    ) -> FlexTensor {
        let _timer = timer(&all, 5, 7); // the scores again, and a product for each factor
        let (all, log_sums, gradient) = (whole(all), whole(log_sums), whole(gradient));
        let shape = all.shape();
        let [_, tokens, width] = shape.dims();
        let mut out = vec![0.0; shape.num_elements()];
        let arch = Arch::new();
        let texts = all.storage::<f32>().par_chunks(tokens * width).enumerate();
        let log_sums = log_sums.storage::<f32>().par_chunks(settings.heads * tokens);
        let gradients = gradient.storage::<f32>().par_chunks(tokens * width / 3);
        let kept = texts.zip(log_sums).zip(gradients);
        kept.zip(out.par_chunks_mut(tokens * width)).for_each(
            |((((place, all), log_sums), gradient), out)| {
                let text = Text { settings: &settings, place, all, tokens };
                arch.dispatch(head_gradients::Backward { text, log_sums, gradient, out });
            },
        );
        tensor(out, shape)
    }
}

/// Counts so many products of queries and keys, and so many of the arrays that are as large as the
/// queries.
fn timer(all: &FlexTensor, products: u64, arrays: u64) -> Timer {
    tally::timer(Operation::Attention, || {
        let [batch, tokens, width] = all.shape().dims::<3>().map(|size| size as u64);
        let numbers = batch * tokens * width / 3;
        [products * 2 * tokens * numbers, arrays * size_of::<f32>() as u64 * numbers]
    })
}

/// The backward step of attention.
#[derive(Debug)]
struct AttentionStep;

/// What [`AttentionStep`] keeps.
#[derive(Debug, Clone)]
struct Attended<B: Backend> {
    all: FloatTensor<B>,
    log_sums: FloatTensor<B>,
    settings: Arc<Settings>,
}

impl<B: TrainedAttention> Backward<B, 1> for AttentionStep {
    type State = Attended<B>;

    fn backward(self, ops: Ops<Attended<B>, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let Attended { all, log_sums, settings } = ops.state;
        let up = gradients.consume::<B>(&ops.node);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            let gradient = B::attend_backward(all, log_sums, up, settings);
            gradients.register::<B>(parent.id, gradient);
        }
    }
}

impl<B: TrainedAttention, C: CheckpointStrategy> TrainedAttention for Autodiff<B, C> {
    fn attend(all: FloatTensor<Self>, settings: Arc<Settings>) -> FloatTensor<Self> {
        let (all, node) = all.into_parts();
        match AttentionStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let (heads, log_sums) = B::attend_and_log_sums(all.clone(), settings.clone());
                step.finish(Attended { all, log_sums, settings }, heads)
            }
            OpsKind::UnTracked(step) => step.finish(B::attend(all, settings)),
        }
    }

    fn attend_and_log_sums(
        _: FloatTensor<Self>,
        _: Arc<Settings>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("the sums are asked for inside the graph alone")
    }

    fn attend_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: Arc<Settings>,
    ) -> FloatTensor<Self> {
        unreachable!("a gradient is asked for inside the graph alone")
    }
}

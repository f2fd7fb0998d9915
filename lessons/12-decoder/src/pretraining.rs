//! Causal pretraining: to predict the token that follows each token of a text.

use std::iter::zip;
use std::marker::PhantomData;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use training::{Blocks, Draw, Preset, Task, TrainingError, parallel_gradients, parts};

use crate::{LanguageModel, TokenizedCorpus, nats_per_token};

/// The shortest corpus whose last tenth holds a token to predict from and one to predict.
const SHORTEST_CORPUS: usize = 20;

/// The texts' axis of `[batch, tokens]`.
const BATCH: usize = 0;

/// The training task of causal language models: to predict the next token of blocks of a
/// [`TokenizedCorpus`]. Any [`LanguageModel`] can be trained by it.
// ANCHOR: pretraining
#[derive(Debug)]
pub struct CausalPretraining<'a, M> {
    corpus: &'a TokenizedCorpus,
    blocks: Blocks<'a>,
    block: usize,
    batch: usize,
    /// Whether the model drops numbers.
    dropout: bool,
    device: Device,
    model: PhantomData<M>,
}

impl<M: Module + LanguageModel> Task for CausalPretraining<'_, M> {
    type Model = M;

    fn loss(&self, model: &M, draw: Draw) -> Tensor<1> {
        let (ids, targets) = self.blocks.draw(draw, &self.device);
        model.loss(ids, targets)
    }

    fn gradients(&self, model: &M, draw: Draw) -> (Tensor<1>, GradientsParams) {
        let (ids, targets) = self.blocks.draw(draw, &self.device);
        let parts = parts(&self.device, self.dropout);
        let parts = if self.batch.is_multiple_of(parts) { parts } else { 1 };
        let share = 1.0 / parts as f64;
        let parts = zip(ids.chunk(parts, BATCH), targets.chunk(parts, BATCH));
        let parts = parts.map(|part| (part, share)).collect();
        parallel_gradients(model, &self.device, parts, |model, (ids, targets)| {
            model.loss(ids, targets)
        })
    }

    fn tokens(&self) -> usize {
        self.blocks.tokens()
    }

    fn evaluate(&self, model: &M) -> f64 {
        nats_per_token(model, &self.corpus.validation, self.block, &self.device.clone().inner())
    }
}
// ANCHOR_END: pretraining

impl<'a, M> CausalPretraining<'a, M> {
    /// The task in blocks and batches of `preset`'s size, on a device that computes gradients.
    ///
    /// # Errors
    ///
    /// A corpus whose first nine tenths do not fill a block, or whose last tenth holds fewer than
    /// two tokens.
    pub fn new(
        corpus: &'a TokenizedCorpus,
        preset: &Preset,
        device: &Device,
    ) -> Result<Self, TrainingError> {
        let blocks = Blocks::new(&corpus.training, preset.block, preset.batch)?;
        if corpus.validation.len() < 2 {
            let found = corpus.training.len() + corpus.validation.len();
            return Err(TrainingError::ShortCorpus { needed: SHORTEST_CORPUS, found });
        }
        Ok(Self {
            corpus,
            blocks,
            block: preset.block,
            batch: preset.batch,
            dropout: preset.dropout > 0.0,
            device: device.clone(),
            model: PhantomData,
        })
    }
}

//! Learning to write: the next token of every token of a text, again and again.

use std::marker::PhantomData;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use training::{Blocks, Draw, Preset, Task, TrainingError, parallel_gradients};

use crate::{LanguageModel, TokenizedCorpus, nats_per_token};

/// Tokens whose last tenth has one to predict from and one to predict.
const LEAST_HELD_BACK: usize = 20;

// ANCHOR: pretraining
/// The task of writing on: of any [`LanguageModel`], from a [`TokenizedCorpus`].
#[derive(Debug)]
pub struct CausalPretraining<'a, M> {
    corpus: &'a TokenizedCorpus,
    blocks: Blocks<'a>,
    block: usize,
    /// Of a batch, computed at the same time.
    parts: usize,
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
        let parts =
            ids.chunk(self.parts, 0).into_iter().zip(targets.chunk(self.parts, 0)).collect();
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
    /// Writing on from blocks of `preset`'s size on a device that trains.
    ///
    /// # Errors
    ///
    /// A corpus whose nine tenths do not fill a block, or whose last tenth holds less than two
    /// tokens.
    pub fn new(
        corpus: &'a TokenizedCorpus,
        preset: &Preset,
        device: &Device,
    ) -> Result<Self, TrainingError> {
        let blocks = Blocks::new(&corpus.training, preset.block, preset.batch)?;
        if corpus.validation.len() < 2 {
            let found = corpus.training.len() + corpus.validation.len();
            return Err(TrainingError::ShortCorpus { needed: LEAST_HELD_BACK, found });
        }
        // A GPU is kept busy by one part; dropout draws from what is one for all.
        let halves =
            !backend::is_gpu(device) && preset.dropout == 0.0 && preset.batch.is_multiple_of(2);
        let parts = if halves { 2 } else { 1 };
        Ok(Self {
            corpus,
            blocks,
            block: preset.block,
            parts,
            device: device.clone(),
            model: PhantomData,
        })
    }
}

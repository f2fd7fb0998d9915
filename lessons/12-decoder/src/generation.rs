//! Text, a token at a time.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::{LanguageModel, ModelCache, Sampling};

// ANCHOR: generation
/// Draws the next token of every text, again and again.
///
/// When a text outgrows what the model sees, its older half is forgotten and the newer half read
/// again, at the same token with the cache and without.
#[derive(Debug)]
pub struct Generation<'a, M: ?Sized> {
    model: &'a M,
    device: Device,
    sampling: Sampling,
    rng: StdRng,
    /// Token IDs of the texts, all of one length, padding included.
    texts: Vec<Vec<u32>>,
    /// Padding tokens at the left of each text.
    padding: Vec<usize>,
    /// The first column that the model still sees, and how many it can see.
    start: usize,
    window: usize,
    /// Tokens still to draw.
    left: usize,
    /// `None`: everything is computed anew for every token.
    cache: Option<ModelCache>,
}

impl<M: LanguageModel + ?Sized> Iterator for Generation<'_, M> {
    /// One token a text.
    type Item = Vec<u32>;

    fn next(&mut self) -> Option<Vec<u32>> {
        self.left = self.left.checked_sub(1)?;
        let logits: Vec<f32> = self.logits().into_data().iter().collect();
        let texts = logits.chunks_exact(self.model.vocab());
        let drawn: Vec<u32> =
            texts.map(|logits| self.sampling.draw(logits, &mut self.rng)).collect();
        self.texts.iter_mut().zip(&drawn).for_each(|(text, &token)| text.push(token));
        Some(drawn)
    }
}

impl<M: LanguageModel + ?Sized> Generation<'_, M> {
    /// What the model says of the next tokens: `[batch, vocab]`.
    fn logits(&mut self) -> Tensor<2> {
        let columns = self.texts[0].len();
        if columns - self.start > self.window {
            self.start = columns - self.window.div_ceil(2);
            self.cache = self.cache.take().map(|_| self.fresh_cache());
        }
        match self.cache.take() {
            Some(mut cache) => {
                let logits =
                    self.model.forward_cached(self.ids(self.start + cache.tokens()), &mut cache);
                self.cache = Some(cache);
                logits
            }
            None => {
                let states = self.model.states(self.ids(self.start), &self.visible_padding());
                let last = states.narrow(1, columns - self.start - 1, 1); // [batch, 1, d_model]
                self.model.unembed(last).squeeze_dim(1)
            }
        }
    }
    // ANCHOR_END: generation

    /// The texts from a column on: `[batch, tokens]`.
    fn ids(&self, first: usize) -> Tensor<2, Int> {
        let tokens = self.texts[0].len() - first;
        let ids = self.texts.iter().flat_map(|text| text[first..].iter().map(|&id| i64::from(id)));
        let ids = TensorData::new(ids.collect::<Vec<_>>(), [self.texts.len(), tokens]);
        Tensor::from_data(ids, &self.device)
    }

    fn visible_padding(&self) -> Vec<usize> {
        self.padding.iter().map(|padded| padded.saturating_sub(self.start)).collect()
    }

    fn fresh_cache(&self) -> ModelCache {
        ModelCache::new(self.model.layers().len(), self.window, &self.visible_padding())
    }
}

impl<'a, M: LanguageModel + ?Sized> Generation<'a, M> {
    /// Goes on from `prompts` for `most` tokens each, shorter ones filled up at their left so that
    /// all end in one column. Room is taken for all that, or for what the model can see if that is
    /// less.
    ///
    /// # Panics
    ///
    /// If there is no prompt, or one without a token.
    pub fn new(
        model: &'a M,
        prompts: &[Vec<u32>],
        most: usize,
        sampling: Sampling,
        seed: u64,
        device: &Device,
    ) -> Self {
        let longest = prompts
            .iter()
            .map(Vec::len)
            .max()
            .expect("generation goes on from at least one prompt");
        assert!(
            prompts.iter().all(|prompt| !prompt.is_empty()),
            "a prompt needs at least one token"
        );
        let padding: Vec<usize> = prompts.iter().map(|prompt| longest - prompt.len()).collect();
        let filled =
            |(prompt, &padded): (&Vec<u32>, &usize)| [vec![0; padded], prompt.clone()].concat();
        let mut generation = Self {
            model,
            device: device.clone(),
            sampling,
            rng: StdRng::seed_from_u64(seed),
            texts: prompts.iter().zip(&padding).map(filled).collect(),
            padding,
            start: 0,
            window: model.max_tokens().min(longest + most),
            left: most,
            cache: None,
        };
        generation.cache = Some(generation.fresh_cache());
        generation
    }

    /// The same tokens with everything computed anew for each: what the cache saves.
    pub fn without_cache(mut self) -> Self {
        self.cache = None;
        self
    }

    /// Numbers that the cache has taken room for.
    pub fn cache_numbers(&self) -> usize {
        self.cache.as_ref().map_or(0, ModelCache::numbers)
    }
}

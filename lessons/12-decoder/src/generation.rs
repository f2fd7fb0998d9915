//! Generation: text, one token at a time.

use burn::tensor::{Device, Int, Tensor};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::language_model::token_ids;
use crate::{LanguageModel, ModelCache, Sampling};

/// Token ID that stands for padding: any would do, since padding is hidden.
const PADDING_ID: u32 = 0;

/// Draws the next token of every text, again and again.
///
/// When a text outgrows what the model sees, its older half is forgotten and the newer half read
/// again, at the same token with the cache and without.
// ANCHOR: generation
#[derive(Debug)]
pub struct Generation<'a, M: ?Sized> {
    model: &'a M,
    device: Device,
    sampling: Sampling,
    rng: StdRng,
    /// Token IDs of the texts, all of one length, padding included.
    texts: Vec<Vec<u32>>,
    /// How many padding tokens stand at the left of each text.
    padding: Vec<usize>,
    /// How many tokens of each text were given, padding included.
    given: usize,
    /// IDs of the tokens that end a text.
    stops: Vec<u32>,
    /// The first column of the texts that the model still sees.
    window_start: usize,
    /// How many columns it can see.
    window: usize,
    /// How many tokens are still to be drawn for each text.
    remaining: usize,
    /// The key-value cache; `None` computes everything anew for every token.
    cache: Option<ModelCache>,
}

impl<M: LanguageModel + ?Sized> Iterator for Generation<'_, M> {
    /// The next token of each text. One that has ended repeats the token that ended it
    /// while the others go on.
    type Item = Vec<u32>;

    fn next(&mut self) -> Option<Vec<u32>> {
        if self.remaining == 0 || self.has_ended() {
            return None;
        }
        self.remaining -= 1;
        self.forget();
        let logits: Vec<f32> = self.next_logits().into_data().iter().collect();
        let mut drawn = Vec::with_capacity(self.texts.len());
        for (text, logits) in self.texts.iter_mut().zip(logits.chunks_exact(self.model.vocab())) {
            let token = match end_of_text(text, self.given, &self.stops) {
                Some(end) => text[end],
                None => self.sampling.draw(logits, &mut self.rng),
            };
            text.push(token);
            drawn.push(token);
        }
        Some(drawn)
    }
}

impl<M: LanguageModel + ?Sized> Generation<'_, M> {
    /// Forgets the older half of what the model sees where the texts have outgrown it.
    fn forget(&mut self) {
        let start = first_visible(self.window_start, self.texts[0].len(), self.window);
        if start > self.window_start {
            self.window_start = start;
            if self.cache.is_some() {
                // All positions moved: nothing in the cache is right any more.
                self.cache = Some(self.fresh_cache());
            }
        }
    }

    /// The logits of the next token of each text: `[batch, vocab]`.
    fn next_logits(&mut self) -> Tensor<2> {
        let cached = match &self.cache {
            Some(cache) => cache.tokens(),
            None => 0,
        };
        let ids = self.ids(self.window_start + cached);
        match &mut self.cache {
            Some(cache) => self.model.forward_cached(ids, cache),
            None => self.model.next_logits(ids, &self.visible_padding()),
        }
    }
}

/// Where what a model sees of a text of `tokens` tokens begins, if it began at token
/// `start` before.
///
/// A window of at most `window` tokens stays where it is. When a token more is there,
/// only the newer half of the window is kept: `window / 2`, rounded up.
///
/// # Panics
///
/// If `start` is beyond the text.
pub fn first_visible(start: usize, tokens: usize, window: usize) -> usize {
    if tokens - start > window { tokens - window.div_ceil(2) } else { start }
}

/// Where a model has ended a text of its own: the place of the first token that is one of
/// `stops`, the tokens that end a text. The first `given` tokens are the prompt, which
/// may have such tokens and ends nothing.
///
/// # Panics
///
/// If fewer than `given` tokens are there.
pub fn end_of_text(text: &[u32], given: usize, stops: &[u32]) -> Option<usize> {
    let drawn = &text[given..];
    let end = drawn.iter().position(|token| stops.contains(token))?;
    Some(given + end)
}
// ANCHOR_END: generation

impl<M: LanguageModel + ?Sized> Generation<'_, M> {
    /// The texts from a column on: `[batch, tokens]`.
    fn ids(&self, first: usize) -> Tensor<2, Int> {
        let mut ids = Vec::new();
        for text in &self.texts {
            ids.extend_from_slice(&text[first..]);
        }
        let tokens = self.texts[0].len() - first;
        token_ids(&ids, [self.texts.len(), tokens], &self.device)
    }

    /// How many padding tokens of each text stand in columns that the model still sees.
    fn visible_padding(&self) -> Vec<usize> {
        let mut visible = Vec::with_capacity(self.padding.len());
        for pad_count in &self.padding {
            visible.push(pad_count.saturating_sub(self.window_start));
        }
        visible
    }

    /// An empty cache with room for all that the model can see.
    fn fresh_cache(&self) -> ModelCache {
        ModelCache::new(self.model.layers().len(), self.window, &self.visible_padding())
    }
}

impl<'a, M: LanguageModel + ?Sized> Generation<'a, M> {
    /// Continues each of `prompts` by `max_new_tokens` tokens.
    ///
    /// Shorter prompts get padding at their left, so that all end in the same column. The cache
    /// takes room for prompt and new tokens together, or for what the model can see if that is
    /// less.
    ///
    /// # Panics
    ///
    /// If there is no prompt, or one without a token.
    pub fn new(
        model: &'a M,
        prompts: &[Vec<u32>],
        max_new_tokens: usize,
        sampling: Sampling,
        seed: u64,
        device: &Device,
    ) -> Self {
        assert!(!prompts.is_empty(), "generation goes on from at least one prompt");
        let mut longest = 0;
        for prompt in prompts {
            assert!(!prompt.is_empty(), "a prompt needs at least one token");
            longest = longest.max(prompt.len());
        }
        let mut texts = Vec::with_capacity(prompts.len());
        let mut padding = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            let pad_count = longest - prompt.len();
            let mut text = vec![PADDING_ID; pad_count];
            text.extend_from_slice(prompt);
            texts.push(text);
            padding.push(pad_count);
        }
        let mut generation = Self {
            model,
            device: device.clone(),
            sampling,
            rng: StdRng::seed_from_u64(seed),
            texts,
            padding,
            given: longest,
            stops: Vec::new(),
            window_start: 0,
            window: model.max_tokens().min(longest + max_new_tokens),
            remaining: max_new_tokens,
            cache: None,
        };
        generation.cache = Some(generation.fresh_cache());
        generation
    }

    /// Ends each text after the first token drawn that is one of `stops`.
    pub fn stopping_at(mut self, stops: &[u32]) -> Self {
        self.stops = stops.to_vec();
        self
    }

    /// Whether the model has ended every text of its own.
    pub fn has_ended(&self) -> bool {
        self.texts.iter().all(|text| end_of_text(text, self.given, &self.stops).is_some())
    }

    /// Draws the same tokens with everything computed anew for each, which shows what the
    /// key-value cache saves.
    pub fn without_cache(mut self) -> Self {
        self.cache = None;
        self
    }

    /// Numbers that the cache has taken room for.
    pub fn cache_numbers(&self) -> usize {
        match &self.cache {
            Some(cache) => cache.numbers(),
            None => 0,
        }
    }
}

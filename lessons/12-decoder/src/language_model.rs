//! What all causal language models have in common, whatever stands inside their layers.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData, assert_shape};
use heads::padding_mask_from_keep;
use layer::DecoderLayer;
use lookup::cross_entropy;

use crate::ModelCache;

/// The tokens' axis of `[batch, tokens, d_model]`.
const TOKENS: usize = 1;

/// Tokens whose logits [`nats_of_text`] holds at the same time, or one block if that is more.
const TOKENS_AT_ONCE: usize = 1024;

// ANCHOR: trait
/// A causal language model: p(token | tokens before it), for every token of a text.
///
/// It is a stack of decoder layers with something before and something after it. All
/// texts of a batch end in the same column. `padding` says how many columns at the left
/// of each text are padding, which no token sees; an empty slice means that there is
/// none.
pub trait LanguageModel {
    /// The vectors that go into the first layer.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`; the first column is column
    ///   `first` of the text
    /// - output: `[batch, tokens, d_model]`
    fn embed(&self, ids: Tensor<2, Int>, first: usize, padding: &[usize]) -> Tensor<3>;

    /// The layers in the order they run.
    fn layers(&self) -> &[DecoderLayer];

    /// The norm after the last layer.
    ///
    /// # Shapes
    ///
    /// - x, output: `[batch, tokens, d_model]`
    fn final_norm(&self, x: Tensor<3>) -> Tensor<3>;

    /// Normed vectors to logits, a score for every token that could come next.
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - output: `[batch, tokens, vocab]`, logits
    fn unembed(&self, x: Tensor<3>) -> Tensor<3>;

    /// The longest text that the model sees, in tokens.
    fn max_tokens(&self) -> usize;

    /// How many token IDs there are.
    fn vocab(&self) -> usize;

    /// How many parameters the model has: the numbers that training sets.
    fn parameters(&self) -> usize;

    /// The hidden states after the last layer and its norm: one vector for each token,
    /// made from that token and all before it.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If there are more tokens than [`LanguageModel::max_tokens`].
    fn hidden_states(&self, ids: Tensor<2, Int>, padding: &[usize]) -> Tensor<3> {
        let [_, tokens] = ids.dims();
        assert_fits(tokens, self.max_tokens());
        let mask = left_padding_mask(padding, tokens, &ids.device());
        let mut x = self.embed(ids, 0, padding);
        for layer in self.layers() {
            x = layer.forward(x, mask.clone());
        }
        self.final_norm(x)
    }

    /// For each token of a text, the logits of the token that follows it.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`
    /// - output: `[batch, tokens, vocab]`, logits
    ///
    /// # Panics
    ///
    /// As [`LanguageModel::hidden_states`].
    fn forward(&self, ids: Tensor<2, Int>, padding: &[usize]) -> Tensor<3> {
        self.unembed(self.hidden_states(ids, padding))
    }

    /// The mean cross-entropy of the tokens that followed, in nats per token.
    ///
    /// # Shapes
    ///
    /// - ids, targets: `[batch, tokens]`; the target of a token is the one that follows
    ///   it
    /// - output: `[1]`
    ///
    /// # Panics
    ///
    /// As [`LanguageModel::forward`], or if the shapes differ.
    fn loss(&self, ids: Tensor<2, Int>, targets: Tensor<2, Int>) -> Tensor<1> {
        let [batch, tokens] = ids.dims();
        assert_shape!(targets, [batch, tokens]);
        let rows = batch * tokens;
        let logits = self.forward(ids, &[]).reshape([rows, self.vocab()]);
        cross_entropy(logits, targets.reshape([rows]))
    }
    // ANCHOR_END: trait

    // ANCHOR: next_logits
    /// The logits of the token that follows the last one, everything computed anew.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, the whole text
    /// - output: `[batch, vocab]`, logits
    ///
    /// # Panics
    ///
    /// As [`LanguageModel::hidden_states`].
    fn next_logits(&self, ids: Tensor<2, Int>, padding: &[usize]) -> Tensor<2> {
        let x = last_token(self.hidden_states(ids, padding));
        self.unembed(x).squeeze_dim(TOKENS)
    }

    /// The logits of the token that follows the last one, where all tokens but the newest
    /// are in the key-value cache. Those of `ids` are in it afterwards.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, the new tokens only
    /// - output: `[batch, vocab]`, logits
    ///
    /// # Panics
    ///
    /// If the cache or the model has no room for so many tokens.
    fn forward_cached(&self, ids: Tensor<2, Int>, cache: &mut ModelCache) -> Tensor<2> {
        let first = cache.tokens();
        let tokens = first + ids.dims()[TOKENS];
        assert_fits(tokens, self.max_tokens());
        let mask = left_padding_mask(cache.padding(), tokens, &ids.device());
        let mut x = self.embed(ids, first, cache.padding());
        for (layer, layer_cache) in self.layers().iter().zip(cache.layers()) {
            x = layer.forward_cached(x, mask.clone(), layer_cache);
        }
        self.unembed(self.final_norm(last_token(x))).squeeze_dim(TOKENS)
    }
    // ANCHOR_END: next_logits
}

/// The vectors of the last token: `[batch, tokens, d_model]` to `[batch, 1, d_model]`. Only its
/// logits are asked for, and each token has `vocab` of them.
fn last_token(x: Tensor<3>) -> Tensor<3> {
    let [_, tokens, _] = x.dims();
    x.narrow(TOKENS, tokens - 1, 1)
}

/// How surprised a model is by a text, in nats per token: [`nats_of_text`] over the tokens that
/// are predicted, which are all but the first.
///
/// # Panics
///
/// As [`nats_of_text`].
pub fn nats_per_token(
    model: &dyn LanguageModel,
    ids: &[u32],
    block: usize,
    device: &Device,
) -> f64 {
    let nats = nats_of_text(model, ids, block, device, |_| ());
    nats / (ids.len() - 1) as f64
}

/// How surprised a model is by a text, in nats: the sum over every token but the first.
///
/// The text is read in blocks, one after the other, and a token is predicted from those before it
/// in its block. `progress` is called with how many tokens were predicted since its last call.
///
/// # Panics
///
/// If `block` is 0 or more than the model sees, or there are fewer than two tokens.
pub fn nats_of_text(
    model: &dyn LanguageModel,
    ids: &[u32],
    block: usize,
    device: &Device,
    mut progress: impl FnMut(usize),
) -> f64 {
    assert!(
        ids.len() > 1,
        "expected a token to predict from and one to predict, found {}",
        ids.len()
    );
    let predicted = ids.len() - 1;
    let in_whole_blocks = predicted / block * block;
    let at_once = (TOKENS_AT_ONCE / block).max(1) * block;
    let mut nats = 0.0;
    for first in (0..in_whole_blocks).step_by(at_once) {
        let end = in_whole_blocks.min(first + at_once);
        nats += nats_of_blocks(model, &ids[first..=end], block, device);
        progress(end - first);
    }
    let shorter_block = predicted - in_whole_blocks;
    if shorter_block > 0 {
        nats += nats_of_blocks(model, &ids[in_whole_blocks..], shorter_block, device);
        progress(shorter_block);
    }
    nats
}

/// The nats of some blocks of `block` tokens, one after the other: `ids` are their tokens and the one
/// after them.
fn nats_of_blocks(model: &dyn LanguageModel, ids: &[u32], block: usize, device: &Device) -> f64 {
    let predicted = ids.len() - 1;
    let shape = [predicted / block, block];
    let inputs = token_ids(&ids[..predicted], shape, device);
    let targets = token_ids(&ids[1..], shape, device);
    let loss = model.loss(inputs, targets).into_scalar::<f32>();
    f64::from(loss) * predicted as f64
}

/// Token IDs, row by row, as a tensor of this shape: `[batch, tokens]`.
pub(crate) fn token_ids(ids: &[u32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let ids: Vec<i64> = ids.iter().map(|&id| i64::from(id)).collect();
    Tensor::from_data(TensorData::new(ids, shape), device)
}

/// Panics if a text is longer than the model sees: a model of learned positions has no vector for a
/// later token, and no other model has seen so long a text in training.
fn assert_fits(tokens: usize, max_tokens: usize) {
    assert!(
        tokens <= max_tokens,
        "{tokens} tokens are more than the {max_tokens} that the model sees"
    );
}

/// The padding mask of texts with padding at their left: `[batch, 1, 1, keys]`; **`true` =
/// hidden**. `None` where no text has padding.
pub(crate) fn left_padding_mask(
    padding: &[usize],
    keys: usize,
    device: &Device,
) -> Option<Tensor<4, Bool>> {
    if padding.iter().all(|&pad_count| pad_count == 0) {
        return None;
    }
    let mut keep = Vec::with_capacity(padding.len() * keys);
    for &pad_count in padding {
        for key in 0..keys {
            keep.push(i64::from(key >= pad_count));
        }
    }
    let keep = TensorData::new(keep, [padding.len(), keys]);
    Some(padding_mask_from_keep(Tensor::from_data(keep, device)))
}

//! What is common to everything that writes, whatever stands inside its layers.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData, assert_shape};
use heads::padding_mask_from_keep;
use layer::DecoderLayer;
use lookup::cross_entropy;

use crate::ModelCache;

/// The tokens' axis of `[batch, tokens, d_model]`.
const TOKENS: usize = 1;

// ANCHOR: trait
/// A model of p(token | tokens before it): decoder layers, with something before and something
/// after them.
///
/// Texts of a batch end in one column. `padding` says how many columns at the left of each are
/// padding that nobody sees; empty means none anywhere.
pub trait LanguageModel {
    /// What the first layer is given.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`; the first column is column `first` of the
    ///   text
    /// - output: `[batch, tokens, d_model]`
    fn embed(&self, ids: Tensor<2, Int>, first: usize, padding: &[usize]) -> Tensor<3>;

    /// The layers in the order they run.
    fn layers(&self) -> &[DecoderLayer];

    /// The norm after the last layer: `[batch, tokens, d_model]` both.
    fn finish(&self, x: Tensor<3>) -> Tensor<3>;

    /// Finished vectors to a score for every token that could come next: `[batch, tokens, vocab]`,
    /// logits.
    fn unembed(&self, x: Tensor<3>) -> Tensor<3>;

    /// The longest text it sees, in tokens.
    fn max_tokens(&self) -> usize;

    /// Token IDs there are.
    fn vocab(&self) -> usize;

    /// Numbers that training sets.
    fn parameters(&self) -> usize;

    /// What it makes of each token, from all before it.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`
    /// - output: `[batch, tokens, d_model]`, finished
    ///
    /// # Panics
    ///
    /// If there are more tokens than [`LanguageModel::max_tokens`].
    fn states(&self, ids: Tensor<2, Int>, padding: &[usize]) -> Tensor<3> {
        assert_seen(ids.dims()[TOKENS], self.max_tokens());
        let mask = left_padding_mask(padding, ids.dims()[TOKENS], &ids.device());
        let embedded = self.embed(ids, 0, padding);
        self.finish(self.layers().iter().fold(embedded, |x, layer| layer.forward(x, mask.clone())))
    }

    /// For each token of a text, the logits of the one that follows it.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, token IDs in `0..vocab`
    /// - output: `[batch, tokens, vocab]`, logits
    ///
    /// # Panics
    ///
    /// As [`LanguageModel::states`].
    fn forward(&self, ids: Tensor<2, Int>, padding: &[usize]) -> Tensor<3> {
        self.unembed(self.states(ids, padding))
    }

    /// How surprised it is by what followed, in nats a token.
    ///
    /// # Shapes
    ///
    /// - ids, targets: `[batch, tokens]`; a target is the token after the one of its place
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

    /// The logits of what follows the last of the new tokens, which follow those in the cache.
    ///
    /// # Shapes
    ///
    /// - ids: `[batch, tokens]`, the new tokens only
    /// - output: `[batch, vocab]`, logits
    ///
    /// # Panics
    ///
    /// If the tokens do not fit into the cache, or into what the model can place.
    fn forward_cached(&self, ids: Tensor<2, Int>, cache: &mut ModelCache) -> Tensor<2> {
        let (first, tokens) = (cache.tokens(), ids.dims()[TOKENS]);
        assert_seen(first + tokens, self.max_tokens());
        let mask = left_padding_mask(cache.padding(), first + tokens, &ids.device());
        let mut x = self.embed(ids, first, cache.padding());
        for (layer, layer_cache) in self.layers().iter().zip(cache.caches()) {
            x = layer.forward_cached(x, mask.clone(), layer_cache);
        }
        let last = x.narrow(TOKENS, tokens - 1, 1); // the others' logits are nobody's question
        self.unembed(self.finish(last)).squeeze_dim(TOKENS)
    }
}

/// How surprised a model is by a text read in blocks, one after the other: every token but the
/// first is predicted from those before it in its block. Part by part, its tokens and the sum of
/// their nats.
///
/// # Panics
///
/// If `block` is 0 or more than the model sees, or there are fewer than two tokens.
pub fn nats_by_part<'a>(
    model: &'a dyn LanguageModel,
    ids: &'a [u32],
    block: usize,
    device: &'a Device,
) -> impl Iterator<Item = (usize, f64)> + 'a {
    /// Tokens whose logits are held at once, or one block if that is more.
    const AT_ONCE: usize = 1024;
    assert!(
        ids.len() > 1,
        "expected a token to predict from and one to predict, found {}",
        ids.len()
    );
    let predicted = ids.len() - 1;
    let whole = predicted / block * block;
    let step = (AT_ONCE / block).max(1) * block;
    let parts = (0..whole).step_by(step).map(move |at| at..(at + step).min(whole));
    let rest = (whole < predicted).then_some(whole..predicted);
    parts.chain(rest).map(move |part| {
        let shape = [part.len() / part.len().min(block), part.len().min(block)];
        let table = |ids: &[u32]| {
            let ids: Vec<i64> = ids[part.clone()].iter().map(|&id| i64::from(id)).collect();
            Tensor::from_data(TensorData::new(ids, shape), device)
        };
        let loss = model.loss(table(ids), table(&ids[1..])).into_scalar::<f32>();
        (part.len(), f64::from(loss) * part.len() as f64)
    })
}

/// [`nats_by_part`], all of it: nats a token.
///
/// # Panics
///
/// As there.
pub fn nats_per_token(
    model: &dyn LanguageModel,
    ids: &[u32],
    block: usize,
    device: &Device,
) -> f64 {
    nats_by_part(model, ids, block, device).map(|(_, nats)| nats).sum::<f64>()
        / (ids.len() - 1) as f64
}

/// A model of learned positions has no vector for a later one, and none has seen one in training.
fn assert_seen(tokens: usize, max_tokens: usize) {
    assert!(
        tokens <= max_tokens,
        "{tokens} tokens are more than the {max_tokens} that the model sees"
    );
}

/// The padding at the left of each text: `[batch, 1, 1, keys]`; **`true` = hidden**. `None` where
/// there are none.
pub(crate) fn left_padding_mask(
    padding: &[usize],
    keys: usize,
    device: &Device,
) -> Option<Tensor<4, Bool>> {
    if padding.iter().all(|&padded| padded == 0) {
        return None;
    }
    let row = |&padded: &usize| (0..keys).map(move |key| i64::from(key >= padded));
    let keep: Vec<i64> = padding.iter().flat_map(row).collect();
    Some(padding_mask_from_keep(Tensor::from_data(
        TensorData::new(keep, [padding.len(), keys]),
        device,
    )))
}
